//! Every key with what it does, as the keymap has them, and what of the operator's own keys cannot be followed.

use ratatui::layout::Rect;

use crate::tui::app::{App, Help};
use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::filter::Filter;
use crate::tui::keymap::{Binding, Context, Keymap};
use crate::tui::theme::Role;

/// From here on the keys stand in two columns.
const TWO_COLUMNS: u16 = 116;
/// Cells of the keys before what they do.
const KEYS: usize = 16;

/// Draws the keys over a view.
pub fn draw(app: &App, help: &Help, canvas: &mut Canvas<'_>, body: Rect) {
    let columns = columns(app, &help.filter, body.width);
    let count = u16::try_from(columns.len()).unwrap_or(1);
    let width = (body.width - 2).min(if count > 1 { 150 } else { 94 });
    let lines = columns.iter().map(Vec::len).max().unwrap_or(0);
    let height = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2).min(body.height);
    let area = Rect { x: (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height };
    let inside = canvas.window(area, &title(&help.filter), Role::Border);
    let shown = usize::from(inside.height);
    let top = help.cursor.among(lines).min(lines.saturating_sub(shown));
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

fn title(filter: &Filter) -> String {
    if filter.is_empty() { "keys · / finds one".to_owned() } else { format!("keys /{}", filter.typed()) }
}

fn columns(app: &App, filter: &Filter, width: u16) -> Vec<Vec<Vec<Phrase>>> {
    let keymap = &app.keymap;
    let mut columns = if width >= TWO_COLUMNS {
        vec![
            lines(keymap, filter, &[Context::Global, Context::Logs, Context::Tour]),
            lines(
                keymap,
                filter,
                &[Context::Table, Context::List, Context::Plan, Context::Run, Context::Secret],
            ),
        ]
    } else {
        vec![lines(
            keymap,
            filter,
            &[
                Context::Global,
                Context::Table,
                Context::List,
                Context::Plan,
                Context::Run,
                Context::Secret,
                Context::Logs,
                Context::Tour,
            ],
        )]
    };
    if columns.iter().all(Vec::is_empty) {
        columns[0].push(vec![Phrase::new("no key has these words", Role::Muted)]);
    }
    let faults = app.key_faults.iter().map(|trouble| vec![Phrase::new(trouble.in_one_line(), Role::Warn)]);
    columns[0].splice(0..0, faults);
    columns
}

fn lines(keymap: &Keymap, filter: &Filter, contexts: &[Context]) -> Vec<Vec<Phrase>> {
    let mut lines = Vec::new();
    for context in contexts {
        let bindings = keymap.bindings().iter().filter(|binding| binding.context == *context);
        let wanted: Vec<_> = bindings.filter(|binding| wanted(binding, filter)).map(line).collect();
        if wanted.is_empty() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(Vec::new());
        }
        lines.push(vec![Phrase::new(context.title(), Role::Title)]);
        lines.extend(wanted);
    }
    lines
}

/// Words are looked for in what a key does, in its name and among the keys.
fn wanted(binding: &Binding, filter: &Filter) -> bool {
    filter.keeps([binding.doc.as_str(), &binding.action.to_string(), &keys(binding)])
}

fn line(binding: &Binding) -> Vec<Phrase> {
    let keys = format!("  {:<KEYS$}", keys(binding));
    vec![Phrase::new(keys, Role::Key), Phrase::new(binding.doc.clone(), Role::Text)]
}

fn keys(binding: &Binding) -> String {
    binding.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
