//! `vaultdeck runbook list`: every procedure in a line, or as JSON.

use serde::Serialize;

use crate::cli::paint::{Field, Paint, columns};
use crate::config::Shelved;
use crate::model::runbook::{Confirm, Runbook};

/// One procedure, as `list --json` tells it.
#[derive(Debug, Serialize)]
struct Line<'a> {
    id: &'a str,
    title: &'a str,
    section: Option<&'a str>,
    writes: bool,
    confirm: Confirm,
    steps: usize,
    irreversible: Vec<&'a str>,
    file: Option<String>,
}

/// Every procedure in a line, ending with a line break.
pub fn text(shelf: &[Shelved], paint: Paint) -> String {
    let row = |Shelved { runbook, file }: &Shelved| {
        let own = if file.is_some() { "your own" } else { "" };
        [runbook.id.as_str(), &runbook.title, nature(runbook), own].map(Field::plain).to_vec()
    };
    columns(&shelf.iter().map(row).collect::<Vec<_>>(), paint)
}

fn nature(runbook: &Runbook) -> &'static str {
    match (runbook.writes, runbook.confirm) {
        (false, _) => "reads only",
        (true, Confirm::None | Confirm::Yes) => "confirmed by yes",
        (true, Confirm::Typed) => "confirmed by name",
    }
}

/// Every procedure as one JSON array, ending with a line break.
pub fn json(shelf: &[Shelved]) -> String {
    let lines: Vec<_> = shelf.iter().map(line).collect();
    serde_json::to_string_pretty(&lines).unwrap_or_default() + "\n"
}

fn line(shelved: &Shelved) -> Line<'_> {
    let Shelved { runbook, file } = shelved;
    Line {
        id: &runbook.id,
        title: &runbook.title,
        section: runbook.section.as_deref(),
        writes: runbook.writes,
        confirm: runbook.confirm,
        steps: runbook.steps.len(),
        irreversible: runbook.irreversible().map(|(step, _)| step.id.as_str()).collect(),
        file: file.as_ref().map(|file| file.display().to_string()),
    }
}
