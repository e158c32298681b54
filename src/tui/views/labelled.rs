//! Words behind a label, broken to a width: how plans and runs are written on a page.

use crate::model::command::Template;
use crate::tui::canvas::Phrase;
use crate::tui::text;
use crate::tui::theme::Role;

/// One line of phrases.
pub(super) type Line = Vec<Phrase>;

/// Cells of a label with the space behind it.
pub(super) const LABEL: u16 = 13;

/// Words with those slots filled that have a value.
pub(super) fn filled<'v>(words: &str, value: &impl Fn(&str) -> Option<&'v str>) -> String {
    Template::from(words).known(value).to_string()
}

/// Prose behind a label.
pub(super) fn prose(indent: u16, label: &str, words: &str, role: Role, width: u16) -> Vec<Line> {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    behind(indent, label, text::wrap(&words, width.saturating_sub(indent + LABEL)), role)
}

/// Text that is kept line for line behind a label; a line that is too long goes on below, set in.
pub(super) fn verbatim(indent: u16, label: &str, words: &str, role: Role, width: u16) -> Vec<Line> {
    let room = width.saturating_sub(indent + LABEL);
    let lines = words.lines().flat_map(|line| {
        let mut parts = text::wrap(line, room.saturating_sub(2).max(1)).into_iter();
        let first = parts.next().into_iter();
        first.chain(parts.map(|part| format!("  {part}"))).collect::<Vec<_>>()
    });
    behind(indent, label, lines.collect(), role)
}

fn behind(indent: u16, label: &str, lines: Vec<String>, role: Role) -> Vec<Line> {
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    let line = |(label, line): (&str, String)| {
        let before = format!(
            "{:indent$}{label:<width$}",
            "",
            indent = usize::from(indent),
            width = usize::from(LABEL)
        );
        vec![Phrase::new(before, Role::Label), Phrase::new(line, role)]
    };
    labels.zip(lines).map(line).collect()
}
