//! Where on the last frame something was drawn that a pointer can choose. A window covers what lies under it.

use ratatui::layout::{Position, Rect};

use super::keymap::Action;

/// A place on the screen that stands for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// Its cells.
    pub area: Rect,
    /// What it stands for.
    pub what: What,
}

/// What a place stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A row of the list in front.
    Row {
        /// Which part of the view it stands in, where there are several.
        part: usize,
        /// The row, counted from the top of the list.
        row: usize,
        /// The cell of the row, where cells are chosen.
        column: Option<usize>,
    },
    /// What a key asks for.
    Ask(Action),
}

/// What stands at a position: what was drawn there last.
pub fn at(spots: &[Spot], x: u16, y: u16) -> Option<What> {
    spots.iter().rev().find(|spot| spot.area.contains(Position { x, y })).map(|spot| spot.what)
}
