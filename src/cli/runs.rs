//! `runs list`, `show` and `verify`: what was done, without doing anything.

use std::io::{self, Write};

use super::run::telling;
use crate::deck::Runs;
use crate::model::trouble::Trouble;

/// Prints all runs, newest first.
///
/// # Errors
/// Trouble when the folder of runs cannot be read.
pub fn list(runs: &Runs, json: bool, out: &mut dyn Write) -> Result<(), Trouble> {
    let listed = runs.list()?;
    if json {
        let text = serde_json::to_string_pretty(&listed).unwrap_or_default();
        return writeln!(out, "{text}").map_err(|error| cannot_print(&error));
    }
    if listed.is_empty() {
        return writeln!(out, "no runs yet").map_err(|error| cannot_print(&error));
    }
    for run in listed {
        let started = run.started.map(|at| format!("{at:.0}")).unwrap_or_default();
        let line = writeln!(
            out,
            "{:<20}  {:<22}  {:<9}  {started}  {}",
            run.id, run.runbook, run.state, run.operator
        );
        line.map_err(|error| cannot_print(&error))?;
        if let Some(trouble) = run.trouble {
            writeln!(out, "{:22}{}", "", trouble.in_one_line()).map_err(|error| cannot_print(&error))?;
        }
    }
    Ok(())
}

/// Tells all that happened in a run.
///
/// # Errors
/// Trouble when there is no such run, or its journal is broken.
pub fn show(runs: &Runs, id: &str, json: bool, out: &mut dyn Write) -> Result<(), Trouble> {
    let (run, recovered) = runs.read(id)?;
    if json {
        let text = serde_json::to_string_pretty(&recovered.entries).unwrap_or_default();
        return writeln!(out, "{text}").map_err(|error| cannot_print(&error));
    }
    telling::plan(&run.plan, false, out).map_err(|error| cannot_print(&error))?;
    for entry in &recovered.entries {
        telling::event(&run.plan, entry, out).map_err(|error| cannot_print(&error))?;
    }
    telling::end(&run, out).map_err(|error| cannot_print(&error))
}

/// Proves that nobody has changed the journal of a run.
///
/// # Errors
/// Trouble when there is no such run, or its journal is broken.
pub fn verify(runs: &Runs, id: &str, out: &mut dyn Write) -> Result<(), Trouble> {
    let (_, recovered) = runs.read(id)?;
    let count = recovered.entries.len();
    let torn = recovered.torn.map(|torn| format!(", {}", torn.what)).unwrap_or_default();
    writeln!(out, "the journal of run {id} is whole: {count} events{torn}")
        .map_err(|error| cannot_print(&error))
}

/// Proves the same of every run.
///
/// # Errors
/// Trouble that names the runs whose journals are broken.
pub fn verify_all(runs: &Runs, out: &mut dyn Write) -> Result<(), Trouble> {
    let mut broken = Vec::new();
    let listed = runs.list()?;
    for run in &listed {
        if let Err(trouble) = verify(runs, &run.id, out) {
            writeln!(out, "{}", trouble.in_one_line()).map_err(|error| cannot_print(&error))?;
            broken.push(run.id.as_str());
        }
    }
    if broken.is_empty() {
        return writeln!(out, "runs verified: {}", listed.len()).map_err(|error| cannot_print(&error));
    }
    let trouble = Trouble::new(format!("{} of {} journals cannot be trusted", broken.len(), listed.len()));
    Err(trouble.because(broken.join(", ")).hint("look at them before anything is done"))
}

fn cannot_print(error: &io::Error) -> Trouble {
    Trouble::new("cannot print").because(error)
}
