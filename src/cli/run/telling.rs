//! Plan, events and end of a run in words.

use std::io::{self, Write};

use crate::model::run::{Choice, Entry, Errand, Next, Plan, Run, RunEvent, Verdict};
use crate::model::runbook::{Origin, Runbook, Standing};

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
    let title = |errand: &Errand| title(&plan.runbook, errand);
    let asserts =
        |errand: &Errand| plan.runbook.step(&errand.step).is_some_and(|step| step.asserts.is_some());
    let words = match &entry.event {
        RunEvent::Started { errand, .. } | RunEvent::Finished { errand, .. } if asserts(errand) => {
            return Ok(());
        }
        RunEvent::Reached { errand, told } if asserts(errand) => {
            format!("holds    {}: {told}", title(errand))
        }
        RunEvent::Failed { errand, trouble, definite } if asserts(errand) => {
            format!("{} {}: {}", sign(*definite), title(errand), trouble.in_one_line())
        }
        RunEvent::Started { errand, attempt: 1 } => format!("begins   {}", title(errand)),
        RunEvent::Started { errand, attempt } => format!("begins   {} (attempt {attempt})", title(errand)),
        RunEvent::Output { line, .. } => format!("         | {line}"),
        RunEvent::Finished { errand, .. } => format!("done     {}", title(errand)),
        RunEvent::Reached { errand, .. } => format!("reached  {}", title(errand)),
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
pub(in crate::cli) fn end(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    unmet(run, out)?;
    let id = &run.plan.run;
    match run.next() {
        Next::Ended { ending } => writeln!(out, "run {id}: {ending}"),
        Next::Decide { errand, trouble, choices } => {
            writeln!(out, "run {id} waits for a decision: {}", trouble.in_one_line())?;
            let without = run.step(&errand).and_then(|step| step.skippable.clone()).unwrap_or_default();
            choices
                .into_iter()
                .try_for_each(|choice| writeln!(out, "hint: `vaultdeck runs {}", way(id, choice, &without)))
        }
        Next::Paused { because } => {
            writeln!(out, "run {id} is paused: {}", because.in_one_line())?;
            on_its_way(id, out)
        }
        Next::Ask { slot } => {
            writeln!(out, "run {id} waits for an answer: {slot}")?;
            on_its_way(id, out)
        }
        _ => {
            writeln!(out, "run {id} is left where it stood")?;
            on_its_way(id, out)
        }
    }
}

fn on_its_way(id: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "hint: `vaultdeck runs resume {id}` goes on, `vaultdeck runs undo {id}` takes back")
}

/// The command behind a choice, and what it does.
fn way(id: &str, choice: Choice, without: &str) -> String {
    match choice {
        Choice::Retry => format!("resume {id}` tries again"),
        Choice::Skip => format!("resume {id} --skip` leaves the step out: {without}"),
        Choice::Undo => format!("undo {id}` takes back what is done so far"),
        Choice::Stop => format!("stop {id}` ends it where it stands, and takes nothing back"),
    }
}

/// Everything that was asserted and does not hold, together, and how many do.
fn unmet(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    if run.assertions().all() == 0 {
        return Ok(());
    }
    for (errand, _, trouble, known) in run.unmet() {
        let title = title(run.runbook(), errand);
        writeln!(out, "  {} {title}: {}", sign(known), trouble.in_one_line())?;
    }
    writeln!(out, "{}", run.assertions())
}

/// An assertion that does not hold, or of which that cannot be told.
fn sign(known: bool) -> &'static str {
    if known { "FAILS   " } else { "unknown " }
}

fn title(runbook: &Runbook, errand: &Errand) -> String {
    let step = runbook.step(&errand.step).map_or(errand.step.as_str(), |step| step.title.as_str());
    errand.host.as_ref().map_or_else(|| step.to_owned(), |host| format!("{step}, {host}"))
}
