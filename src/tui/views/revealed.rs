//! A value that somebody asked to see, for as long as that lasts.

use ratatui::layout::Rect;
use secrecy::ExposeSecret;

use crate::tui::app::Revealed;
use crate::tui::canvas::Canvas;
use crate::tui::text;
use crate::tui::theme::Role;

/// Draws it over a view.
pub(super) fn draw(revealed: &Revealed, canvas: &mut Canvas<'_>, body: Rect) {
    canvas.wake(revealed.until);
    let width = body.width.min(84) - 2;
    let lines = text::wrap(revealed.value.expose_secret(), width - 4);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(4).min(body.height);
    let area = Rect { x: (body.width - width) / 2, y: body.y + (body.height - height) / 3, width, height };
    let inside = canvas.window(area, &revealed.title, Role::Bad);
    for (y, line) in (inside.y..inside.bottom()).zip(&lines) {
        canvas.put(inside.x + 1, y, inside.width.saturating_sub(2), line, Role::Title);
    }
    let left = format!("gone in {}   esc hides it now   y copies it", canvas.span(revealed.until));
    canvas.put(inside.x + 1, inside.bottom() - 1, inside.width.saturating_sub(2), &left, Role::Muted);
}
