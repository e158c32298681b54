//! Plan, events and end of a run in words.

use std::io::{self, Write};

use crate::model::run::{Entry, Errand, Next, Plan, Run, RunEvent, Verdict};
use crate::model::runbook::{Origin, Standing};
use crate::model::trouble::Trouble;

/// Everything that the operator confirms.
pub(in crate::cli) fn plan(plan: &Plan, json: bool, out: &mut dyn Write) -> io::Result<()> {
    if json {
        let text = serde_json::to_string_pretty(plan).unwrap_or_default();
        return writeln!(out, "{text}");
    }
    let run = Run::planned(jiff::Timestamp::UNIX_EPOCH, plan.clone());
    let value = |slot: &str| run.value(None, slot);
    writeln!(
        out,
        "{}: {} on {} ({})",
        plan.runbook.id, plan.runbook.title, plan.deployment, plan.environment
    )?;
    writeln!(out, "run {} by {}", plan.run, plan.operator)?;
    let blast = plan.runbook.blast_radius.fill(&value).and_then(|text| text.plain());
    writeln!(out, "hits: {}", blast.unwrap_or_else(|_| plan.runbook.blast_radius.to_string()))?;
    for (sentence, standing) in plan.foundations() {
        match standing {
            Standing::Holds { told, .. } => writeln!(out, "  ok       {sentence}: {told}")?,
            Standing::Fails { trouble } => writeln!(out, "  FAILS    {sentence}: {}", trouble.in_one_line())?,
            Standing::Unknown { trouble } => writeln!(out, "  unknown  {sentence}: {}", trouble.sentence())?,
        }
    }
    for (index, step) in plan.runbook.steps.iter().enumerate() {
        let origin = match step.origin() {
            Origin::Documented(documented) => format!("documented: {}", documented.section),
            Origin::Added(reason) => format!("added by vaultdeck: {reason}"),
            Origin::Own => "your own".to_owned(),
        };
        writeln!(out, "{:>3}. {}  [{origin}]", index + 1, step.title)?;
        if let Some(command) = &step.command {
            writeln!(out, "       {}", command.known(&value))?;
        }
        if let Some(why) = &step.irreversible {
            writeln!(out, "       cannot be undone: {why}")?;
        }
    }
    Ok(())
}

/// One event, in one line.
pub(in crate::cli) fn event(plan: &Plan, entry: &Entry, out: &mut dyn Write) -> io::Result<()> {
    let time = entry.at.to_string();
    let time = time.get(11..19).unwrap_or_default();
    let title = |errand: &Errand| {
        let step = plan.runbook.step(&errand.step).map_or(errand.step.as_str(), |step| step.title.as_str());
        errand.host.as_ref().map_or_else(|| step.to_owned(), |host| format!("{step}, {host}"))
    };
    let words = match &entry.event {
        RunEvent::Started { errand, attempt: 1 } => format!("begins   {}", title(errand)),
        RunEvent::Started { errand, attempt } => format!("begins   {} (attempt {attempt})", title(errand)),
        RunEvent::Output { line, .. } => format!("         | {line}"),
        RunEvent::Finished { errand, .. } => format!("done     {}", title(errand)),
        RunEvent::Reached { errand } => format!("reached  {}", title(errand)),
        RunEvent::Failed { errand, trouble, .. } => {
            format!("FAILED   {}: {}", title(errand), trouble.in_one_line())
        }
        RunEvent::Verified { errand, verdict } => match verdict {
            Verdict::Done { .. } => format!("verified {}: it had happened", title(errand)),
            Verdict::Undone => format!("verified {}: it is done again", title(errand)),
            Verdict::Doubt { trouble } => format!("DOUBT    {}: {}", title(errand), trouble.in_one_line()),
        },
        RunEvent::Recalled { secret, .. } => format!("recalled {secret}"),
        RunEvent::Skipped { errand, because } => format!("skipped  {}: {because}", title(errand)),
        RunEvent::UndoStarted { errand, .. } => format!("undoing  {}", title(errand)),
        RunEvent::UndoFinished { errand, .. } => format!("undone   {}", title(errand)),
        RunEvent::UndoFailed { errand, trouble } => {
            format!("FAILED   undoing {}: {}", title(errand), trouble.in_one_line())
        }
        RunEvent::Paused { because } => format!("paused   {}", because.in_one_line()),
        RunEvent::Resumed { by, .. } => format!("resumed  by {by}"),
        RunEvent::TurnedBack { .. } => "turns back".to_owned(),
        RunEvent::Planned { .. }
        | RunEvent::Asked { .. }
        | RunEvent::Answered { .. }
        | RunEvent::Confirmed { .. }
        | RunEvent::Decided { .. }
        | RunEvent::Ended { .. } => return Ok(()),
    };
    writeln!(out, "{time} {words}")
}

/// How it ended, and what can be done now.
pub(in crate::cli) fn end(
    id: &str,
    next: &Next,
    because: Option<&Trouble>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match next {
        Next::Ended { ending } => writeln!(out, "run {id}: {ending}"),
        Next::Decide { .. } => {
            let why = because.map(Trouble::in_one_line).unwrap_or_default();
            writeln!(out, "run {id} waits for a decision: {why}")?;
            writeln!(
                out,
                "hint: `vaultdeck runs resume {id}` tries again, `vaultdeck runs undo {id}` takes back"
            )
        }
        _ => {
            let why = because.map(Trouble::in_one_line).unwrap_or_default();
            writeln!(out, "run {id} is paused: {why}")?;
            writeln!(out, "hint: `vaultdeck runs resume {id}` goes on, `vaultdeck runs undo {id}` takes back")
        }
    }
}
