//! The logs there are to choose from: all of them, a service on every host, all of a host, and every single one.

use ratatui::layout::Rect;

use crate::tui::app::App;
use crate::tui::canvas::Canvas;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::cursor::Cursor;
use crate::tui::widgets::rows;

use super::logs::{self, Reach};

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
    let hosts = choices.iter().map(|wanted| text::width(&wanted.host)).chain([text::width(logs::EVERY_HOST)]);
    let host_width = hosts.max().unwrap_or(0).min(width / 2);
    rows::draw(canvas, inside, cursor, choices.len(), |canvas, line, index| {
        let (host, container) = choices[index].words(app.fleet.as_ref());
        let role = if choices[index].reach == Reach::Container { Role::Muted } else { Role::Accent };
        canvas.put(line.x + 2, line.y, host_width, &host, Role::Text);
        let room = line.width.saturating_sub(host_width + 5);
        canvas.put(line.x + 4 + host_width, line.y, room, &container, role);
    });
}
