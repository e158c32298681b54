//! Lines of which a window is shown and moved. How many there are is learnt when they are drawn, because they are broken to
//! the width of the screen then.

use std::cell::Cell;

use ratatui::layout::Rect;

use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::keymap::Action;

use super::cursor::Cursor;
use super::marks;

/// Which lines are shown.
#[derive(Debug, Clone, Default)]
pub struct Pager {
    top: Cursor,
    /// Places that the window can be at.
    places: Cell<usize>,
}

impl Pager {
    /// Moves the window as a key asks.
    pub fn moved(&mut self, action: Action) {
        self.top.moved(action, self.places.get().max(1));
    }

    /// Draws the lines that the window shows, and says how many lie outside of it on the lines above and below.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, lines: &[Vec<Phrase>]) {
        let places = lines.len().saturating_sub(usize::from(area.height)) + 1;
        self.places.set(places);
        self.top.window(places.max(usize::from(area.height)), area.height); // a page is what is seen
        let top = self.top.among(places);
        for (y, line) in (area.y..area.bottom()).zip(lines.iter().skip(top)) {
            canvas.phrases(area.x, y, area.width, line);
        }
        let below = lines.len().saturating_sub(top + usize::from(area.height));
        marks::draw(canvas, area, top, below);
    }
}
