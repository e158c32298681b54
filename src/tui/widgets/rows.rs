//! The rows of a list in a window: the one under the cursor is marked, and each can be clicked.

use ratatui::layout::Rect;

use crate::tui::canvas::Canvas;
use crate::tui::theme::Role;

use super::cursor::Cursor;

/// Draws the rows that the area has room for, each by `row` with its line and its place in the list.
pub fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    cursor: &Cursor,
    count: usize,
    mut row: impl FnMut(&mut Canvas<'_>, Rect, usize),
) {
    let selected = cursor.among(count);
    for (y, index) in (area.y..).zip(cursor.window(count, area.height)) {
        let line = Rect { y, height: 1, ..area };
        canvas.row(line, index, None);
        if index == selected {
            canvas.lay(line, Role::Selected);
            canvas.put(line.x, y, 1, "▌", Role::Accent);
        }
        row(canvas, line, index);
    }
}
