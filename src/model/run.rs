//! One run of a runbook: a fold over what happened. Live run, resume after a crash, replay and picture all call [`Run::apply`],
//! so what the journal tells is all there is to know.
//!
//! ```text
//! Planned ─▶ asked, answered ─▶ Confirmed ─▶ per errand (one step, for one host):
//!
//!   pending ──Started──▶ in hand ──Finished──▶ acted ──Reached──▶ done        UndoStarted ─▶ undoing ─UndoFinished─▶ undone
//!      ▲                  │   └────Failed─────▶ failed ──Decided──▶ pending │ skipped │ back │ stopped
//!      └──Verified undone─┘  in hand and nobody there: next() is Verify, never Execute
//!                            an assertion that failed is unmet: settled, and the run fails at its end
//! ```
//! Nothing here holds a secret: events tell which secrets are in hand by name, and [`Next::Recall`] says how one that is not
//! is brought back.

mod assertions;
mod event;
mod next;
mod order;
mod plan;
mod progress;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::runbook::{Runbook, Step};
use super::trouble::Trouble;

pub use assertions::Tally;
pub use event::*;
pub use next::{Choice, Next};
pub use plan::{Plan, Precondition, Right, tame};
pub use progress::Progress;

/// Where a run stands, and all that it has learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// What was planned.
    pub plan: Plan,
    /// When the run was planned.
    pub planned_at: Timestamp,
    /// When the latest event happened.
    pub latest_at: Timestamp,
    /// Every errand of the plan, in order.
    order: Vec<Errand>,
    progress: BTreeMap<Errand, Progress>,
    /// Moments at which errands were last started.
    started: BTreeMap<Errand, Timestamp>,
    attempts: BTreeMap<Errand, u32>,
    /// Plain values by slot, of the whole run and of one host.
    values: BTreeMap<(Option<String>, String), String>,
    /// Questions that have an answer, secrets included.
    answered: BTreeSet<String>,
    /// Secrets in hand, of the whole run and of one host.
    secrets: BTreeSet<(Option<String>, String)>,
    confirmed: bool,
    confirmed_steps: BTreeSet<String>,
    direction: Direction,
    paused: Option<Trouble>,
    ended: Option<Ending>,
}

/// Which way a run goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Direction {
    /// Step after step.
    Forward,
    /// Undoing these errands, last one first.
    Back {
        /// Ids of the steps to undo; every one when empty.
        steps: Vec<String>,
        /// How the run ends when they are undone.
        ending: Ending,
    },
}

impl Run {
    /// A run that has just been planned.
    pub fn planned(at: Timestamp, plan: Plan) -> Self {
        let plan = plan.of_chosen_hosts();
        Self {
            order: order::errands(&plan),
            values: plan.values(),
            answered: plan.inputs.keys().cloned().collect(),
            plan,
            planned_at: at,
            latest_at: at,
            progress: BTreeMap::new(),
            started: BTreeMap::new(),
            attempts: BTreeMap::new(),
            secrets: BTreeSet::new(),
            confirmed: false,
            confirmed_steps: BTreeSet::new(),
            direction: Direction::Forward,
            paused: None,
            ended: None,
        }
    }

    /// The run that a journal tells of.
    ///
    /// # Errors
    /// Trouble when the journal does not begin with a plan.
    pub fn replay<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Self, Trouble> {
        let mut entries = entries.into_iter();
        let Some(Entry { at, event: RunEvent::Planned { plan } }) = entries.next() else {
            return Err(Trouble::new("the journal does not begin with a plan"));
        };
        let mut run = Self::planned(*at, (**plan).clone());
        entries.for_each(|entry| run.apply(entry));
        Ok(run)
    }

    /// Takes in what happened. An event that says nothing about this run changes nothing.
    pub fn apply(&mut self, entry: &Entry) {
        self.latest_at = self.latest_at.max(entry.at);
        match &entry.event {
            RunEvent::Planned { .. } | RunEvent::Asked { .. } | RunEvent::Output { .. } => {}
            RunEvent::Answered { slot, answer } => self.answer(slot, answer),
            RunEvent::Confirmed { step, .. } => self.confirm(step.as_ref()),
            RunEvent::Started { errand, attempt } => self.start(errand, *attempt, entry.at),
            RunEvent::Finished { errand, outcome } => self.finish(errand, outcome),
            RunEvent::Reached { errand, .. } => self.set(errand, Progress::Done),
            RunEvent::Failed { errand, trouble, definite } => self.fail(errand, trouble, *definite),
            RunEvent::Verified { errand, verdict } => self.verified(errand, verdict),
            RunEvent::Decided { errand, choice } => self.decided(errand, *choice),
            RunEvent::Recalled { errand, secret } => self.hold(errand.host.as_ref(), secret),
            RunEvent::Skipped { errand, because } => {
                self.set(errand, Progress::Skipped { because: because.clone() });
            }
            RunEvent::Paused { because } => self.paused = Some(because.clone()),
            RunEvent::Resumed { fresh, .. } => self.resume(*fresh),
            RunEvent::TurnedBack { steps, ending } => {
                self.direction = Direction::Back { steps: steps.clone(), ending: *ending };
            }
            RunEvent::UndoStarted { errand, .. } => self.set(errand, Progress::Undoing),
            RunEvent::UndoFinished { errand, .. } => self.undone(errand),
            RunEvent::UndoFailed { errand, trouble } => {
                self.set(errand, Progress::UndoFailed { trouble: trouble.clone() });
            }
            RunEvent::Ended { ending } => self.ended = Some(*ending),
        }
    }

    /// The runbook that is run, as it was when the run was planned.
    pub fn runbook(&self) -> &Runbook {
        &self.plan.runbook
    }

    /// Every errand of the plan, in the order in which they are done.
    pub fn errands(&self) -> &[Errand] {
        &self.order
    }

    /// The step of an errand.
    pub fn step(&self, errand: &Errand) -> Option<&Step> {
        self.plan.runbook.step(&errand.step)
    }

    /// How far an errand is.
    pub fn progress(&self, errand: &Errand) -> &Progress {
        self.progress.get(errand).unwrap_or(&Progress::Pending)
    }

    /// Whether an errand's step applies, by what is known now.
    pub fn applies(&self, errand: &Errand) -> bool {
        let value = |slot: &str| self.value(errand.host.as_deref(), slot);
        self.step(errand).is_some_and(|step| step.when.iter().all(|when| when.holds(&value)))
    }

    /// A plain value, for an errand on a host or for none. `{file}` is known only to whoever makes the file.
    pub fn value(&self, host: Option<&str>, slot: &str) -> Option<&str> {
        if slot == "host" && host.is_some() {
            return self.plan.hosts.iter().map(String::as_str).find(|name| Some(*name) == host);
        }
        let of = |host: Option<&str>| self.values.get(&(host.map(str::to_owned), slot.to_owned()));
        host.and_then(|host| of(Some(host))).or_else(|| of(None)).map(String::as_str)
    }

    /// When an errand was last started.
    pub fn started_at(&self, errand: &Errand) -> Option<Timestamp> {
        self.started.get(errand).copied()
    }

    /// When a step was last started, for a host or at all; the earliest of its hosts when none is named.
    pub fn step_started_at(&self, step: &str, host: Option<&str>) -> Option<Timestamp> {
        let of_step = self.started.iter().filter(|(errand, _)| errand.step == step);
        let on_host =
            |errand: &Errand| host.is_none() || errand.host.is_none() || errand.host.as_deref() == host;
        of_step.filter(|(errand, _)| on_host(errand)).map(|(_, at)| *at).min()
    }

    /// The number that the errand's next attempt has, from 1.
    pub fn next_attempt(&self, errand: &Errand) -> u32 {
        self.attempts.get(errand).copied().unwrap_or_default() + 1
    }

    /// Whether the operator has confirmed the run.
    pub fn is_confirmed(&self) -> bool {
        self.confirmed
    }

    /// Which way it goes.
    pub fn direction(&self) -> &Direction {
        &self.direction
    }

    /// How it ended, when it has.
    pub fn ended(&self) -> Option<Ending> {
        self.ended
    }

    /// Why it stands still, when it does.
    pub fn paused(&self) -> Option<&Trouble> {
        self.paused.as_ref()
    }

    fn set(&mut self, errand: &Errand, progress: Progress) {
        if self.order.contains(errand) {
            self.progress.insert(errand.clone(), progress);
        }
    }

    fn answer(&mut self, slot: &str, answer: &Answered) {
        self.answered.insert(slot.to_owned());
        match answer {
            Answered::Plain(value) => {
                self.values.insert((None, slot.to_owned()), value.clone());
            }
            Answered::Secret => self.hold(None, slot),
        }
        if self.started.is_empty() {
            self.plan.inputs.insert(slot.to_owned(), answer.clone());
            self.plan = self.plan.clone().of_chosen_hosts();
            self.order = order::errands(&self.plan);
        }
    }

    fn confirm(&mut self, step: Option<&String>) {
        match step {
            Some(step) => {
                self.confirmed_steps.insert(step.clone());
            }
            None => self.confirmed = true,
        }
    }

    fn start(&mut self, errand: &Errand, attempt: u32, at: Timestamp) {
        self.started.insert(errand.clone(), at);
        self.attempts.insert(errand.clone(), attempt);
        let made: Vec<String> =
            self.step(errand).map(|step| step.generate.keys().cloned().collect()).unwrap_or_default();
        for secret in &made {
            self.hold(errand.host.as_ref(), secret);
        }
        self.set(errand, Progress::InHand);
    }

    fn finish(&mut self, errand: &Errand, outcome: &Outcome) {
        for (slot, value) in &outcome.captures {
            self.values.insert((errand.host.clone(), slot.clone()), value.clone());
        }
        for secret in &outcome.secrets {
            self.hold(errand.host.as_ref(), secret);
        }
        let waits = self.step(errand).is_some_and(|step| step.awaited().is_some());
        self.set(errand, if waits { Progress::Acted } else { Progress::Done });
    }

    fn fail(&mut self, errand: &Errand, trouble: &Trouble, definite: bool) {
        let acted = matches!(self.progress(errand), Progress::Acted);
        let asserts = self.step(errand).is_some_and(|step| step.asserts.is_some());
        let failed = match (acted, definite) {
            (true, known) if asserts => Progress::Unmet { trouble: trouble.clone(), known },
            (true, _) => Progress::Unreached { trouble: trouble.clone() },
            (false, true) => Progress::Refused { trouble: trouble.clone() },
            // it may have happened: the step's check tells
            (false, false) => Progress::Lost { trouble: trouble.clone() },
        };
        self.set(errand, failed);
        let rolled_back = self.step(errand).map(|step| step.on_refusal.clone()).unwrap_or_default();
        if definite && !acted && !rolled_back.is_empty() && self.direction == Direction::Forward {
            self.direction = Direction::Back { steps: rolled_back, ending: Ending::Failed };
        }
    }

    fn verified(&mut self, errand: &Errand, verdict: &Verdict) {
        match verdict {
            Verdict::Done { outcome } => self.finish(errand, outcome),
            Verdict::Undone => self.set(errand, Progress::Pending),
            Verdict::Doubt { trouble } => self.set(errand, Progress::Doubt { trouble: trouble.clone() }),
        }
    }

    fn decided(&mut self, errand: &Errand, choice: Choice) {
        match choice {
            Choice::Retry => self.retry(errand),
            Choice::Skip => {
                let because = self.step(errand).and_then(|step| step.skippable.clone()).unwrap_or_default();
                self.set(errand, Progress::Skipped { because });
            }
            Choice::Undo => self.direction = Direction::Back { steps: Vec::new(), ending: Ending::Undone },
            Choice::Stop => self.ended = Some(Ending::Stopped),
        }
    }

    /// What is tried again depends on what failed: the wait, the undo, the act itself, or the question whether it happened.
    fn retry(&mut self, errand: &Errand) {
        let again = match self.progress(errand) {
            Progress::Unreached { .. } => Progress::Acted,
            Progress::UndoFailed { .. } => Progress::Done,
            Progress::Refused { .. } => Progress::Pending,
            _ => Progress::InHand,
        };
        self.set(errand, again);
    }

    fn undone(&mut self, errand: &Errand) {
        self.set(errand, Progress::Undone);
        let secrets: Vec<String> = self.step(errand).map(secrets::captured).unwrap_or_default();
        for secret in secrets {
            self.secrets.remove(&(errand.host.clone(), secret));
        }
    }

    fn resume(&mut self, fresh: bool) {
        self.paused = None;
        if fresh {
            self.secrets.clear();
        }
    }

    fn hold(&mut self, host: Option<&String>, secret: &str) {
        self.secrets.insert((host.cloned(), secret.to_owned()));
    }
}
