//! `run`, `runs resume` and `runs undo`: a run carried on without a screen. Plan and events go to the output as they come; what
//! the operator has to say comes from the command line, or from the terminal where there is one.

pub(super) mod telling;
mod terminal;

use std::io::{self, IsTerminal as _, Write};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::args::{Consent, RunArguments};
use super::exit::Exit;
use super::runbook::find;
use crate::config::{runbook_folder, runbooks};
use crate::deck::{Asked, Carrier, Hand, Switch};
use crate::model::run::{Choice, Ending, Entry, Next, Plan};
use crate::model::runbook::{Confirm, Input, Runbook};
use crate::model::trouble::Trouble;

use terminal::Said;

pub use terminal::answer_at_the_terminal;

/// A run that did not come about, with the exit code that says so.
pub type Refused = (Exit, Trouble);

/// Plans a run, has it confirmed, and carries it.
///
/// # Errors
/// Trouble when the run did not come about, or its journal could not be written.
pub async fn run(hand: &Hand, arguments: &RunArguments, out: &mut dyn Write) -> Result<Exit, Refused> {
    let runbook = runbook(&arguments.id)?;
    let asked = Asked { answers: answers(&arguments.answers)?, ticket: arguments.ticket.clone() };
    let plan = hand.plan(&runbook, &asked).await.map_err(usage)?;
    let consent = &arguments.consent;
    if !consent.json || arguments.dry_run {
        telling::plan(&plan, consent.json, out).map_err(cannot_print)?;
    }
    let obstacle = plan.obstacle();
    if arguments.dry_run {
        return Ok(if obstacle.is_some() { Exit::Critical } else { Exit::Ok });
    }
    if let Some(trouble) = obstacle {
        let what = format!("{} cannot begin: {}", runbook.id, trouble.what);
        return Err((Exit::Critical, Trouble { what, ..trouble.clone() }));
    }
    unlock(hand, &plan, consent)?;
    agreed(&plan, consent)?;
    let mut carrier = hand.begin(plan).map_err(failed)?;
    carry(hand, &mut carrier, consent, None, out).await
}

/// Goes on with a run; a step that had failed is tried again, or left out.
///
/// # Errors
/// Trouble when it cannot be taken up, when the step may not be left out, or when its journal could not be written.
pub async fn resume(
    hand: &Hand,
    id: &str,
    choice: Choice,
    consent: &Consent,
    out: &mut dyn Write,
) -> Result<Exit, Refused> {
    if choice == Choice::Skip {
        offered(hand, id, choice)?;
    }
    let mut carrier = taken_up(hand, id, consent, out)?;
    carry(hand, &mut carrier, consent, Some(choice), out).await
}

/// Ends a run whose step has failed where it stands.
///
/// # Errors
/// Trouble when it waits for no decision, when it cannot be taken up, or when its journal could not be written.
pub fn stop(hand: &Hand, id: &str, out: &mut dyn Write) -> Result<Exit, Refused> {
    offered(hand, id, Choice::Stop)?;
    let (mut carrier, _) = hand.take_up(id).map_err(failed)?;
    carrier.decide(Choice::Stop).map_err(failed)?;
    telling::end(carrier.run(), out).map_err(cannot_print)?;
    Ok(Exit::Ok)
}

/// Whether a run waits for a decision that can be this one.
fn offered(hand: &Hand, id: &str, choice: Choice) -> Result<(), Refused> {
    let (run, _) = hand.runs().read(id).map_err(failed)?;
    let trouble = match run.next() {
        Next::Decide { choices, .. } if choices.contains(&choice) => return Ok(()),
        Next::Decide { errand, .. } => {
            let title = run.step(&errand).map_or_else(|| errand.step.clone(), |step| step.title.clone());
            Trouble::new(format!("`{title}` may not be left out"))
                .because("what comes after it rests on it")
                .hint(format!(
                    "vaultdeck runs resume {id} tries it again, vaultdeck runs undo {id} takes back"
                ))
        }
        _ => Trouble::new(format!("run {id} waits for no decision"))
            .because("no step of it has failed")
            .hint(format!("vaultdeck runs show {id}")),
    };
    Err(usage(trouble))
}

/// Undoes what a run has done so far.
///
/// # Errors
/// As [`resume`].
pub async fn undo(hand: &Hand, id: &str, consent: &Consent, out: &mut dyn Write) -> Result<Exit, Refused> {
    let (run, _) = hand.runs().read(id).map_err(failed)?;
    agreed(&run.plan, consent)?;
    let mut carrier = taken_up(hand, id, consent, out)?;
    carrier.turn_back().map_err(failed)?;
    carry(hand, &mut carrier, consent, Some(Choice::Retry), out).await
}

fn taken_up(hand: &Hand, id: &str, consent: &Consent, out: &mut dyn Write) -> Result<Carrier, Refused> {
    let (run, _) = hand.runs().read(id).map_err(failed)?;
    unlock(hand, &run.plan, consent)?;
    let (carrier, torn) = hand.take_up(id).map_err(failed)?;
    if let Some(torn) = torn.filter(|_| !consent.json) {
        writeln!(out, "{torn}").map_err(cannot_print)?;
    }
    Ok(carrier)
}

/// Carries a run until it ends, pauses, or needs what nobody here can say. A failure that is met first is decided as given,
/// once.
async fn carry(
    hand: &Hand,
    carrier: &mut Carrier,
    consent: &Consent,
    mut first: Option<Choice>,
    out: &mut dyn Write,
) -> Result<Exit, Refused> {
    let switch = Switch::default();
    let signals = tokio::spawn(pause_on_signals(switch.clone()));
    let mut entries = carrier.watch();
    let ended = loop {
        let next = told(carrier, &switch, &mut entries, consent, out).await?;
        match next {
            Next::Ask { slot } => answer(carrier, &slot, &switch).await?,
            Next::Confirm { level, .. } => confirm(carrier, level, consent, &switch).await?,
            Next::Decide { choices, .. } if first.is_some_and(|choice| choices.contains(&choice)) => {
                first.take().map_or(Ok(()), |choice| carrier.decide(choice)).map_err(failed)?;
            }
            next => break next,
        }
        first = None;
    };
    signals.abort();
    let id = carrier.run().plan.run.clone();
    let tally = carrier.run().assertions();
    let exit = match &ended {
        Next::Ended { ending: Ending::Done | Ending::Undone } => Exit::Ok,
        // nothing is known to fail, and not everything to hold
        Next::Ended { ending: Ending::Failed } if tally.unknown > 0 && tally.fail == 0 => Exit::Unknown,
        Next::Ended { .. } | Next::Decide { .. } => Exit::Critical,
        _ => Exit::Unknown,
    };
    if consent.json {
        let listed = hand.runs().list().map_err(failed)?.into_iter().find(|listed| listed.id == id);
        let text = serde_json::to_string_pretty(&listed).unwrap_or_default();
        writeln!(out, "{text}").map_err(cannot_print)?;
    } else {
        telling::end(carrier.run(), out).map_err(cannot_print)?;
    }
    Ok(exit)
}

async fn told(
    carrier: &mut Carrier,
    switch: &Switch,
    entries: &mut mpsc::UnboundedReceiver<Entry>,
    consent: &Consent,
    out: &mut dyn Write,
) -> Result<Next, Refused> {
    let plan = carrier.run().plan.clone();
    let mut tell = |entry: &Entry| if consent.json { Ok(()) } else { telling::event(&plan, entry, out) };
    let next = {
        let mut proceeding = std::pin::pin!(carrier.proceed(switch));
        loop {
            tokio::select! {
                biased;
                Some(entry) = entries.recv() => {
                    // a reader who has gone keeps no step from being finished
                    let _ = tell(&entry);
                }
                next = &mut proceeding => break next,
            }
        }
    };
    while let Ok(entry) = entries.try_recv() {
        let _ = tell(&entry);
    }
    next.map_err(failed)
}

async fn pause_on_signals(switch: Switch) {
    let one_of = |kind: SignalKind| async move {
        match signal(kind) {
            Ok(mut signals) => drop(signals.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    let because = tokio::select! {
        () = one_of(SignalKind::interrupt()) => "the operator interrupted it",
        () = one_of(SignalKind::terminate()) => "the process was told to end",
        () = one_of(SignalKind::hangup()) => "the session was lost",
    };
    switch.pause(Trouble::new(because));
}

fn runbook(id: &str) -> Result<Runbook, Refused> {
    let shelf = runbooks(runbook_folder().as_deref());
    let found = find(&shelf, id).map_err(|(exit, troubles)| {
        let first = troubles.into_iter().next().unwrap_or_else(|| Trouble::new("a runbook has faults"));
        (
            exit,
            if exit == Exit::Configuration {
                first.hint("vaultdeck runbook list tells every fault")
            } else {
                first
            },
        )
    })?;
    Ok(found.runbook.clone())
}

fn answers(pairs: &[String]) -> Result<std::collections::BTreeMap<String, String>, Refused> {
    let pair = |pair: &String| {
        let parts = pair.split_once('=');
        let parts = parts.map(|(name, value)| (name.to_owned(), value.to_owned()));
        parts.ok_or_else(|| usage(Trouble::new(format!("`{pair}` is no answer")).hint("--set NAME=VALUE")))
    };
    pairs.iter().map(pair).collect()
}

fn unlock(hand: &Hand, plan: &Plan, consent: &Consent) -> Result<(), Refused> {
    if consent.unlock {
        hand.unlock();
    } else if hand.is_read_only() && plan.runbook.writes {
        let trouble = Trouble::new(format!("{} is read-only", plan.deployment));
        return Err(usage(
            trouble.because("its environment is prod").hint("--unlock allows this run to write"),
        ));
    }
    Ok(())
}

/// What would stop the run at its first question is said before it begins.
fn agreed(plan: &Plan, consent: &Consent) -> Result<(), Refused> {
    let asks = io::stdin().is_terminal();
    let lacking = match plan.runbook.confirm {
        Confirm::Typed if consent.confirm.as_ref().is_some_and(|name| *name != plan.deployment) => {
            Some("the name that was typed is another one".to_owned())
        }
        Confirm::Typed if consent.confirm.is_none() && !asks => {
            Some(format!("--confirm {}", plan.deployment))
        }
        Confirm::Yes if !consent.yes && consent.confirm.is_none() && !asks => Some("--yes".to_owned()),
        _ => None,
    };
    let lacking =
        lacking.map(|hint| usage(Trouble::new(format!("{} is not confirmed", plan.runbook.id)).hint(hint)));
    lacking.map_or(Ok(()), Err)
}

async fn confirm(
    carrier: &mut Carrier,
    level: Confirm,
    consent: &Consent,
    switch: &Switch,
) -> Result<(), Refused> {
    let typed = match level {
        Confirm::Typed if consent.confirm.is_some() => consent.confirm.clone().map(Zeroizing::new),
        Confirm::Typed => {
            let question = format!("type {} to go on: ", carrier.run().plan.deployment);
            let Some(name) = line(&question, false, switch).await? else { return Ok(()) };
            Some(name)
        }
        _ if consent.yes || consent.confirm.is_some() => None,
        _ => {
            let Some(said) = line("go on? [y/N] ", false, switch).await? else { return Ok(()) };
            if !matches!(said.as_str(), "y" | "yes") {
                return Err((Exit::Unknown, Trouble::new("it was not confirmed")));
            }
            None
        }
    };
    carrier.confirm(typed.as_ref().map(|name| name.as_str())).map_err(|trouble| (Exit::Unknown, trouble))
}

async fn answer(carrier: &mut Carrier, slot: &str, switch: &Switch) -> Result<(), Refused> {
    let question = carrier.run().runbook().questions().find(|input| input.name == slot);
    let (question, secret) =
        question.map_or((slot.to_owned(), true), |input| (asked(input), input.is_secret()));
    let Some(said) = line(&format!("{question}: "), secret, switch).await? else { return Ok(()) };
    carrier.answer(slot, said).map_err(|trouble| (Exit::Unknown, trouble))
}

/// `which password? (password_source: present, generate)`
fn asked(input: &Input) -> String {
    let choices =
        if input.choices.is_empty() { String::new() } else { format!(": {}", input.choices.join(", ")) };
    format!("{} ({}{choices})", input.title, input.name)
}

/// A line, or `None` when the run is to pause.
async fn line(question: &str, secret: bool, switch: &Switch) -> Result<Option<Zeroizing<String>>, Refused> {
    match terminal::asked(question, secret, switch).await {
        Said::Line(line) => Ok(Some(line)),
        Said::Interrupted => Ok(None),
        Said::Nothing => Err((
            Exit::Unknown,
            Trouble::new("nobody answers")
                .because(format!("it was asked: {}", question.trim().trim_end_matches(':')))
                .hint("resume the run where somebody can answer; what a plan asks is answered beforehand with --set NAME=VALUE"),
        )),
    }
}

fn usage(trouble: Trouble) -> Refused {
    (Exit::Usage, trouble)
}

fn failed(trouble: Trouble) -> Refused {
    (Exit::Critical, trouble)
}

fn cannot_print(error: io::Error) -> Refused {
    failed(Trouble::new("cannot print").because(error))
}
