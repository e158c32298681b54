//! The columns of a table, in a window before it: which are shown.

use ratatui::layout::Rect;

use crate::tui::app::{App, Chooser};
use crate::tui::canvas::Canvas;
use crate::tui::keymap::Action;
use crate::tui::theme::Role;
use crate::tui::widgets::rows;

/// Draws the list over a view.
pub(super) fn draw(app: &App, chooser: &Chooser, canvas: &mut Canvas<'_>, body: Rect) {
    let width = body.width.min(40);
    let rows = u16::try_from(chooser.columns.len()).unwrap_or(u16::MAX);
    let height = rows.saturating_add(3).min(body.height);
    let area = Rect { x: body.width - width - 1, y: body.y + 1, width, height };
    let inside = canvas.window(area, "columns", Role::Border);
    let list = Rect { height: inside.height.saturating_sub(1), ..inside };
    let hidden = app.hidden(&chooser.table);
    rows::draw(canvas, list, &chooser.cursor, chooser.columns.len(), |canvas, line, index| {
        let column = chooser.columns[index];
        let cramped = canvas.leaves_out(column);
        let (sign, role) = match (hidden.contains(column), cramped) {
            (true, _) => ("·", Role::Muted),
            (false, true) => ("–", Role::Muted),
            (false, false) => ("✓", Role::Text),
        };
        canvas.put(line.x + 2, line.y, 1, sign, role);
        canvas.put(line.x + 4, line.y, line.width - 5, column, role);
        let words = if cramped { "no room" } else { "" };
        canvas.put_right(line.right() - 1, line.y, line.width / 2, words, Role::Muted);
    });
    let words = format!("{} shows or hides   esc closes", app.key_of(Action::Mark));
    canvas.put(inside.x + 1, inside.bottom() - 1, inside.width - 1, &words, Role::Muted);
}
