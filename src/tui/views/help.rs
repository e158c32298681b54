//! Every key with what it does, as the keymap has them.

use ratatui::layout::Rect;

use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::keymap::{Context, Keymap};
use crate::tui::theme::Role;
use crate::tui::widgets::cursor::Cursor;

/// Draws the keys over a view.
pub fn draw(keymap: &Keymap, cursor: &Cursor, canvas: &mut Canvas<'_>, body: Rect) {
    let width = body.width.min(96) - 2;
    let lines = lines(keymap);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2).min(body.height);
    let area = Rect { x: (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height };
    let inside = canvas.window(area, "keys", Role::Border);
    let shown = usize::from(inside.height);
    let top = cursor.among(lines.len()).min(lines.len().saturating_sub(shown));
    for (y, line) in (inside.y..inside.bottom()).zip(lines.iter().skip(top)) {
        canvas.phrases(inside.x + 1, y, inside.width - 2, line);
    }
    if lines.len() > top + shown {
        canvas.put_right(area.right() - 2, area.bottom() - 1, 10, " ↓ more ", Role::Muted);
    }
}

fn lines(keymap: &Keymap) -> Vec<Vec<Phrase>> {
    let mut lines = Vec::new();
    for context in [Context::Global, Context::Table, Context::Logs] {
        if !lines.is_empty() {
            lines.push(Vec::new());
        }
        lines.push(vec![Phrase::new(context.title(), Role::Title)]);
        for binding in keymap.bindings().iter().filter(|binding| binding.context == context) {
            let keys: Vec<_> = binding.keys.iter().map(ToString::to_string).collect();
            let keys = format!("  {:<18}", keys.join(" "));
            lines.push(vec![Phrase::new(keys, Role::Key), Phrase::new(binding.doc.clone(), Role::Text)]);
        }
    }
    lines
}
