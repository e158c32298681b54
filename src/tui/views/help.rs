//! Every key with what it does, as the keymap has them.

use ratatui::layout::Rect;

use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::keymap::{Context, Keymap};
use crate::tui::theme::Role;
use crate::tui::widgets::cursor::Cursor;

/// From here on the keys stand in two columns.
const TWO_COLUMNS: u16 = 116;
/// Cells of the keys before what they do.
const KEYS: usize = 16;

/// Draws the keys over a view.
pub fn draw(keymap: &Keymap, cursor: &Cursor, canvas: &mut Canvas<'_>, body: Rect) {
    let columns = columns(keymap, body.width);
    let count = u16::try_from(columns.len()).unwrap_or(1);
    let width = (body.width - 2).min(if count > 1 { 150 } else { 94 });
    let lines = columns.iter().map(Vec::len).max().unwrap_or(0);
    let height = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2).min(body.height);
    let area = Rect { x: (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height };
    let inside = canvas.window(area, "keys", Role::Border);
    let shown = usize::from(inside.height);
    let top = cursor.among(lines).min(lines.saturating_sub(shown));
    let each = inside.width / count;
    for (x, column) in (inside.x + 1..).step_by(usize::from(each)).zip(&columns) {
        for (y, line) in (inside.y..inside.bottom()).zip(column.iter().skip(top)) {
            canvas.phrases(x, y, each - 2, line);
        }
    }
    if lines > top + shown {
        canvas.put_right(area.right() - 2, area.bottom() - 1, 10, " ↓ more ", Role::Muted);
    }
}

fn columns(keymap: &Keymap, width: u16) -> Vec<Vec<Vec<Phrase>>> {
    if width >= TWO_COLUMNS {
        return vec![
            lines(keymap, &[Context::Global, Context::Logs]),
            lines(keymap, &[Context::Table, Context::List, Context::Plan, Context::Run, Context::Secret]),
        ];
    }
    vec![lines(
        keymap,
        &[
            Context::Global,
            Context::Table,
            Context::List,
            Context::Plan,
            Context::Run,
            Context::Secret,
            Context::Logs,
        ],
    )]
}

fn lines(keymap: &Keymap, contexts: &[Context]) -> Vec<Vec<Phrase>> {
    let mut lines = Vec::new();
    for context in contexts {
        if !lines.is_empty() {
            lines.push(Vec::new());
        }
        lines.push(vec![Phrase::new(context.title(), Role::Title)]);
        for binding in keymap.bindings().iter().filter(|binding| binding.context == *context) {
            let keys: Vec<_> = binding.keys.iter().map(ToString::to_string).collect();
            let keys = format!("  {:<KEYS$}", keys.join(" "));
            lines.push(vec![Phrase::new(keys, Role::Key), Phrase::new(binding.doc.clone(), Role::Text)]);
        }
    }
    lines
}
