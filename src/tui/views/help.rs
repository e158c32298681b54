//! Every key with what it does, as the keymap has them, and what of the operator's own keys cannot be followed.

use ratatui::layout::Rect;

use crate::tui::app::{App, Help};
use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::filter::Filter;
use crate::tui::keymap::{Binding, Context, Keymap};
use crate::tui::text;
use crate::tui::theme::Role;

use super::labelled::Line;

/// From here on the keys stand in two columns.
const TWO_COLUMNS: u16 = 116;
/// Cells of the keys before what they do.
const KEYS: usize = 16;
/// Cells between two columns.
const BETWEEN: u16 = 2;
/// Lines longer than in a window of this width are hard to read.
const WIDEST: u16 = 170;

/// Every part, in the order in which they stand below what is nearest.
const CONTEXTS: [Context; 8] = [
    Context::Global,
    Context::Table,
    Context::List,
    Context::Plan,
    Context::Run,
    Context::Secret,
    Context::Logs,
    Context::Tour,
];

/// Draws the keys over a view.
pub fn draw(app: &App, help: &Help, canvas: &mut Canvas<'_>, body: Rect) {
    let count = if body.width >= TWO_COLUMNS { 2 } else { 1 };
    let width = (body.width - 2).min(if count > 1 { WIDEST } else { 94 });
    let each = (width - 4 - (count - 1) * BETWEEN) / count;
    let columns = columns(app, help, usize::from(count), each);
    let lines = columns.iter().map(Vec::len).max().unwrap_or(0);
    let height = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2).min(body.height);
    let area = Rect { x: (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height };
    let inside = canvas.window(area, &title(&help.filter), Role::Border);
    let inside = Rect { x: inside.x + 1, width: inside.width - 2, ..inside };
    help.pager.draw(canvas, inside, &beside(columns, each));
}

/// Columns as lines of one, the same line of each beside the other.
fn beside(columns: Vec<Vec<Line>>, each: u16) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (index, column) in columns.into_iter().enumerate() {
        let start = u16::try_from(index).unwrap_or(0) * (each + BETWEEN);
        for (row, line) in column.into_iter().enumerate() {
            if lines.len() <= row {
                lines.push(Line::new());
            }
            let taken: u16 = lines[row].iter().map(|phrase| text::width(&phrase.text)).sum();
            let fill = " ".repeat(usize::from(start.saturating_sub(taken)));
            lines[row].push(Phrase::new(fill, Role::Text));
            lines[row].extend(line);
        }
    }
    lines
}

fn title(filter: &Filter) -> String {
    if filter.is_empty() { "keys · / finds one".to_owned() } else { format!("keys /{}", filter.typed()) }
}

/// The parts, what has its meaning where the help was opened first, in columns of about the same length.
fn columns(app: &App, help: &Help, count: usize, width: u16) -> Vec<Vec<Line>> {
    let others = CONTEXTS.iter().filter(|context| !help.nearest.contains(context));
    let contexts = help.nearest.iter().chain(others);
    let parts = contexts.map(|context| part(&app.keymap, &help.filter, *context, width));
    let mut parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        parts.push(vec![vec![Phrase::new("no key has these words", Role::Muted)]]);
    }
    let faults = app.key_faults.iter().flat_map(|trouble| text::wrap(&trouble.in_one_line(), width));
    let faults: Vec<_> = faults.map(|line| vec![Phrase::new(line, Role::Warn)]).collect();
    parts[0].splice(0..0, faults);
    let all: usize = parts.iter().map(Vec::len).sum();
    let mut columns = vec![Vec::new()];
    for part in parts {
        let here = columns.last().map_or(0, Vec::len);
        if columns.len() < count && here + part.len() / 2 > all / count {
            columns.push(Vec::new());
        }
        let Some(column) = columns.last_mut() else { continue };
        if !column.is_empty() {
            column.push(Line::new());
        }
        column.extend(part);
    }
    columns
}

/// The keys of one part under its heading; nothing where none is wanted.
fn part(keymap: &Keymap, filter: &Filter, context: Context, width: u16) -> Vec<Line> {
    let bindings = keymap.bindings().iter().filter(|binding| binding.context == context);
    let wanted = bindings.filter(|binding| wanted(binding, filter));
    let keys: Vec<_> = wanted.flat_map(|binding| lines(binding, width)).collect();
    if keys.is_empty() {
        return keys;
    }
    std::iter::once(vec![Phrase::new(context.title(), Role::Title)]).chain(keys).collect()
}

/// Words are looked for in what a key does, in its name and among the keys.
fn wanted(binding: &Binding, filter: &Filter) -> bool {
    filter.keeps([binding.doc.as_str(), &binding.action.to_string(), &keys(binding)])
}

/// The keys, and what they do beside them, in as many lines as it takes.
fn lines(binding: &Binding, width: u16) -> Vec<Line> {
    let keys = format!("  {:<KEYS$}", keys(binding));
    let indent = text::width(&keys);
    let befores = std::iter::once(keys).chain(std::iter::repeat(" ".repeat(usize::from(indent))));
    let doc = text::wrap(&binding.doc, width.saturating_sub(indent));
    let line = |(before, line)| vec![Phrase::new(before, Role::Key), Phrase::new(line, Role::Text)];
    befores.zip(doc).map(line).collect()
}

fn keys(binding: &Binding) -> String {
    binding.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
