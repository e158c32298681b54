//! A place among many rows of which a window is shown: the place moves, and the window follows it.

use std::cell::Cell;
use std::ops::Range;

use crate::tui::keymap::Action;

/// A place, and the window around it. The window's size is learnt when it is drawn.
#[derive(Debug, Clone, Default)]
pub struct Cursor {
    at: usize,
    top: Cell<usize>,
    page: Cell<usize>,
}

impl Cursor {
    /// A cursor at a row.
    pub fn at(at: usize) -> Self {
        Self { at, ..Self::default() }
    }

    /// The row it stands on, among so many.
    pub fn among(&self, rows: usize) -> usize {
        self.at.min(rows.saturating_sub(1))
    }

    /// Puts it on a row.
    pub fn set(&mut self, at: usize) {
        self.at = at;
    }

    /// Moves it as a key asks, among so many rows; says whether the key was one that moves it.
    pub fn moved(&mut self, action: Action, rows: usize) -> bool {
        let page = self.page.get().max(1);
        let at = self.among(rows);
        self.at = match action {
            Action::Down => at + 1,
            Action::Up => at.saturating_sub(1),
            Action::First => 0,
            Action::Last => rows,
            Action::HalfPageDown => at + page.div_ceil(2),
            Action::HalfPageUp => at.saturating_sub(page.div_ceil(2)),
            Action::PageDown => at + page,
            Action::PageUp => at.saturating_sub(page),
            _ => return false,
        }
        .min(rows.saturating_sub(1));
        true
    }

    /// The rows to draw in a window of a height, the cursor's among them.
    pub fn window(&self, rows: usize, height: u16) -> Range<usize> {
        let height = usize::from(height);
        let at = self.among(rows);
        self.page.set(height);
        if height == 0 {
            return at..at;
        }
        let top = self.top.get().clamp((at + 1).saturating_sub(height), at).min(rows.saturating_sub(height));
        self.top.set(top);
        top..rows.min(top + height)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_window_moves_only_when_the_cursor_would_leave_it() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.window(100, 10), 0..10);
        for _ in 0..10 {
            cursor.moved(Action::Down, 100);
        }
        assert_eq!(cursor.window(100, 10), 1..11);
        cursor.moved(Action::Up, 100);
        assert_eq!(cursor.window(100, 10), 1..11);
        cursor.moved(Action::Last, 100);
        assert_eq!(cursor.window(100, 10), 90..100);
    }

    #[test]
    fn where_there_is_no_line_to_draw_on_there_is_no_row_to_draw() {
        let mut cursor = Cursor::at(3);
        assert!(cursor.window(7, 0).is_empty());
        cursor.moved(Action::PageDown, 7);
        assert_eq!(cursor.among(7), 4);
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_in_its_window(at in 0_usize..300, rows in 1_usize..250, height in 1_u16..60, top in 0_usize..300) {
            let cursor = Cursor { at, top: Cell::new(top), page: Cell::default() };
            let window = cursor.window(rows, height);
            prop_assert!(window.contains(&cursor.among(rows)));
            prop_assert!(window.end <= rows && window.len() <= usize::from(height));
        }
    }
}
