//! The logs there are to choose from: every container of every host that is known.

use ratatui::layout::Rect;

use crate::tui::app::App;
use crate::tui::canvas::Canvas;
use crate::tui::theme::Role;
use crate::tui::widgets::cursor::Cursor;

use super::logs;

/// Draws the list over a view.
pub(super) fn draw(app: &App, cursor: &Cursor, canvas: &mut Canvas<'_>, body: Rect) {
    let choices = logs::choices(app);
    let width = body.width.min(72);
    let rows = u16::try_from(choices.len().max(1)).unwrap_or(u16::MAX);
    let height = rows.saturating_add(2).min(body.height);
    let area = Rect { x: (body.width - width) / 2, y: body.y + (body.height - height) / 3, width, height };
    let inside = canvas.window(area, "which log", Role::Border);
    if choices.is_empty() {
        let words = "no container is known yet: no host has answered through docker";
        canvas.put(inside.x + 1, inside.y, inside.width - 2, words, Role::Muted);
    }
    let host_width =
        choices.iter().map(|(host, _)| crate::tui::text::width(host)).max().unwrap_or(0).min(width / 2);
    let selected = cursor.among(choices.len());
    for (y, index) in (inside.y..).zip(cursor.window(choices.len(), inside.height)) {
        let (host, container) = &choices[index];
        canvas.row(Rect { y, height: 1, ..inside }, index, None);
        if index == selected {
            canvas.lay(Rect { y, height: 1, ..inside }, Role::Selected);
            canvas.put(inside.x, y, 1, "▌", Role::Accent);
        }
        canvas.put(inside.x + 2, y, host_width, host, Role::Text);
        canvas.put(
            inside.x + 4 + host_width,
            y,
            inside.width.saturating_sub(host_width + 5),
            container,
            Role::Muted,
        );
    }
}
