//! How many lines lie above and below a window. It is said where no text stands: on the line over the window and on the one
//! under it, which are a heading, a rule or a border.

use ratatui::layout::Rect;

use crate::tui::canvas::Canvas;
use crate::tui::theme::Role;

/// Cells of one mark with its spaces.
pub const CELLS: u16 = 8;

/// Marks what a window leaves out.
pub fn draw(canvas: &mut Canvas<'_>, window: Rect, above: usize, below: usize) {
    if above > 0 {
        let y = window.y.saturating_sub(1);
        canvas.put_right(window.right(), y, CELLS, &format!(" ↑ {above} "), Role::Muted);
    }
    if below > 0 {
        canvas.put_right(window.right(), window.bottom(), CELLS, &format!(" ↓ {below} "), Role::Muted);
    }
}

/// The same in a few words, for a line that both stand on.
pub fn words(above: usize, below: usize) -> String {
    let mark = |sign: &str, count: usize| if count > 0 { format!("{sign} {count}") } else { String::new() };
    let marks = [mark("↑", above), mark("↓", below)];
    marks.iter().filter(|mark| !mark.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}
