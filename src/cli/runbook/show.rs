//! `vaultdeck runbook show`: the plan as a person reads it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::cli::paint::Paint;
use crate::model::runbook::{Row, Runbook};

/// Width of a page; commands are never broken.
const WIDTH: usize = 120;
/// Where texts begin, behind their labels.
const INDENT: usize = 16;

/// The plan, ending with a line break.
pub fn show(runbook: &Runbook, slots: &BTreeMap<String, String>, paint: Paint) -> String {
    // the operator's home is not what is read here
    let value = |slot: &str| slots.get(slot).filter(|_| slot != "home").map(String::as_str);
    let mut page = format!("{}   {}\n", paint.heading(&runbook.id), runbook.title);
    page.push_str(&rows(&runbook.rows(&value), paint));
    for (number, step) in (1..).zip(&runbook.steps) {
        let _ = writeln!(page, "\n{number:>2}  {}   {}", paint.heading(&step.id), step.title);
        page.push_str(&rows(&step.rows(&value), paint));
    }
    let differently: Vec<_> = runbook.ends_differently.iter().map(|text| told("differs", text)).collect();
    if !differently.is_empty() {
        let _ =
            writeln!(page, "\n    {}", paint.heading("The end differs from that of the documented commands"));
        page.push_str(&rows(&differently, paint));
    }
    page
}

fn told(label: &'static str, text: &str) -> Row {
    Row { label, text: text.to_owned(), verbatim: false }
}

/// Rows one below the other; a label that repeats is told once.
fn rows(rows: &[Row], paint: Paint) -> String {
    let mut text = String::new();
    let mut before = "";
    for row in rows {
        let label = if row.label == before { "" } else { row.label };
        before = row.label;
        let lines =
            if row.verbatim { row.text.lines().map(str::to_owned).collect() } else { wrapped(&row.text) };
        for (index, line) in lines.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let padding = " ".repeat(INDENT.saturating_sub(4 + label.len()));
            let _ = writeln!(text, "    {}{padding}{line}", paint.faint(label));
        }
    }
    text
}

/// A text in lines that fit, broken between words.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { continue };
        if !line.is_empty() && INDENT + line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_broken_between_words_and_commands_never() {
        let long = "word ".repeat(60);
        let page = rows(
            &[told("why", &long), Row { label: "runs", text: long.clone(), verbatim: true }],
            Paint::Plain,
        );
        let lines: Vec<_> = page.lines().collect();
        assert!(lines.len() > 3 && lines[0].len() <= WIDTH, "{page}");
        assert_eq!(lines.iter().filter(|line| line.len() > WIDTH).count(), 1);
        assert!(lines.last().unwrap().starts_with("    runs        word"));
    }
}
