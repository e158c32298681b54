//! What is on the screen when nobody has pressed a key for a while: nothing that is known.

use ratatui::layout::Rect;

use crate::tui::app::App;
use crate::tui::canvas::Canvas;
use crate::tui::text;
use crate::tui::theme::Role;

/// Covers the screen.
pub(super) fn draw(app: &App, canvas: &mut Canvas<'_>, area: Rect) {
    let (word, role) = super::dress(app.environment, app.is_locked());
    let lines = [
        (format!("vaultdeck  {}", app.name), Role::Title),
        (word.to_owned(), role),
        (String::new(), Role::Text),
        ("covered: no key was pressed for a while".to_owned(), Role::Text),
        ("any key shows it again, and does nothing else".to_owned(), Role::Muted),
    ];
    let first = area.y + area.height.saturating_sub(5) / 2;
    for (y, (words, role)) in (first..area.bottom()).zip(lines) {
        let x = area.x + area.width.saturating_sub(text::width(&words)) / 2;
        canvas.put(x, y, area.width, &words, role);
    }
}
