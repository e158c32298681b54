//! One run in hand: its journal, its lock, its secrets, and the loop that carries it from one need of the operator to the next.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::errands::{self, Bench};
use super::journal::Journal;
use super::lookout::Lookout;
use super::owner::Lock;
use crate::exec::{Executor, Failure, Lines, Reply, Secrets};
use crate::model::finding::Signal;
use crate::model::run::{
    Answered, Choice, Direction, Ending, Entry, Errand, Next, Outcome, Progress, Run, RunEvent,
};
use crate::model::runbook::{Act, Condition, Confirm, Recall, Scene, Standing, Step, Wait};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;

/// The outside that a run is carried through.
#[derive(Clone)]
pub struct Ports {
    /// Carries commands out.
    pub executor: Arc<dyn Executor>,
    /// Looks at the deployment.
    pub lookout: Arc<dyn Lookout>,
}

/// Asks a run that is being carried to pause at the next place where it can.
#[derive(Clone, Default)]
pub struct Switch {
    token: CancellationToken,
    because: Arc<OnceLock<Trouble>>,
}

impl Switch {
    /// Asks for a pause; the first reason counts.
    pub fn pause(&self, because: Trouble) {
        let _ = self.because.set(because);
        self.token.cancel();
    }

    /// Waits until somebody asks for a pause.
    pub async fn flipped(&self) {
        self.token.cancelled().await;
    }

    fn asked(&self) -> Option<Trouble> {
        let because = || self.because.get().cloned().unwrap_or_else(|| Trouble::new("a pause was asked for"));
        self.token.is_cancelled().then(because)
    }
}

/// One run in hand.
pub struct Carrier {
    run: Run,
    journal: Journal,
    _lock: Lock,
    secrets: Secrets,
    ports: Ports,
    watchers: Vec<mpsc::UnboundedSender<Entry>>,
}

impl Carrier {
    pub(super) fn new(run: Run, journal: Journal, lock: Lock, ports: Ports) -> Self {
        Self { run, journal, _lock: lock, secrets: Secrets::default(), ports, watchers: Vec::new() }
    }

    /// The run as it stands.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Every event from now on, as it is written down.
    pub fn watch(&mut self) -> mpsc::UnboundedReceiver<Entry> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.watchers.push(sender);
        receiver
    }

    /// Carries the run on until it needs the operator, pauses or ends; tells what it needs.
    ///
    /// # Errors
    /// Trouble when the journal cannot be written: what was to come did not happen.
    pub async fn proceed(&mut self, switch: &Switch) -> Result<Next, Trouble> {
        loop {
            let next = self.run.next();
            if let Some(because) = switch.asked()
                && !matches!(next, Next::End { .. } | Next::Ended { .. } | Next::Paused { .. })
            {
                self.tell(RunEvent::Paused { because })?;
                continue;
            }
            match next {
                Next::Execute { errands } => self.execute(&errands, switch).await?,
                Next::Verify { errands } => self.verify(errands).await?,
                Next::Wait { errands, condition, deadline_seconds } => {
                    self.wait(errands, &condition, deadline_seconds, switch).await?;
                }
                Next::Recall { errand, secret, .. } => self.recall(errand, secret).await?,
                Next::Undo { errand } => self.undo(errand).await?,
                Next::End { ending } => self.tell(RunEvent::Ended { ending })?,
                next => return Ok(next),
            }
        }
    }

    /// Answers a question.
    ///
    /// # Errors
    /// Trouble when the answer is not accepted, or the journal cannot be written.
    pub fn answer(&mut self, slot: &str, answer: Zeroizing<String>) -> Result<(), Trouble> {
        let input = self.run.runbook().questions().find(|input| input.name == slot);
        let Some(input) = input else { return Err(Trouble::new(format!("nobody asks for {slot}"))) };
        input.check(&answer, &self.run.plan.hosts)?;
        let answered = if input.is_secret() {
            self.secrets.keep(None, slot, answer);
            Answered::Secret
        } else {
            Answered::Plain(answer.to_string())
        };
        self.tell(RunEvent::Answered { slot: slot.to_owned(), answer: answered })
    }

    /// Confirms what the run waits to be confirmed.
    ///
    /// # Errors
    /// Trouble when the deployment's name had to be typed and was not, or the journal cannot be written.
    pub fn confirm(&mut self, typed: Option<&str>) -> Result<(), Trouble> {
        let Next::Confirm { level, step } = self.run.next() else { return Ok(()) };
        if level == Confirm::Typed && typed != Some(self.run.plan.deployment.as_str()) {
            return Err(Trouble::new("it is not confirmed")
                .because("it disturbs or destroys")
                .hint(format!("type the deployment's name: {}", self.run.plan.deployment)));
        }
        self.tell(RunEvent::Confirmed { level, step })
    }

    /// Says how to go on after a failure.
    ///
    /// # Errors
    /// Trouble when there is nothing to decide or the choice is not offered, or the journal cannot be written.
    pub fn decide(&mut self, choice: Choice) -> Result<(), Trouble> {
        match self.run.next() {
            Next::Decide { errand, choices, .. } if choices.contains(&choice) => {
                self.tell(RunEvent::Decided { errand, choice })
            }
            _ => Err(Trouble::new("that cannot be chosen now")),
        }
    }

    /// Lets a paused run go on.
    ///
    /// # Errors
    /// Trouble when the journal cannot be written.
    pub fn resume(&mut self, by: &str) -> Result<(), Trouble> {
        self.tell(RunEvent::Resumed { by: by.to_owned(), fresh: false })
    }

    /// Turns the run back: everything so far is undone from now on.
    ///
    /// # Errors
    /// Trouble when it has ended already, or the journal cannot be written.
    pub fn turn_back(&mut self) -> Result<(), Trouble> {
        if self.run.ended().is_some() {
            return Err(Trouble::new("the run has ended").hint("a run is undone before its end"));
        }
        self.tell(RunEvent::TurnedBack { steps: Vec::new(), ending: Ending::Undone })
    }

    /// The value that a finished errand was asked to show: what it is, the value, and for how many seconds.
    pub fn revealed(&self, errand: &Errand) -> Option<(String, Zeroizing<String>, u64)> {
        let reveal = self.run.step(errand)?.reveal.as_ref()?;
        if *self.run.progress(errand) != Progress::Done {
            return None;
        }
        let held = self.secrets.held_for(errand.host.as_deref(), [reveal.secret.as_str()]);
        let value = Zeroizing::new(held.get(&reveal.secret)?.to_owned());
        Some((self.run.step(errand)?.title.clone(), value, reveal.seconds))
    }

    /// Writes an event down, then takes it in.
    pub(super) fn tell(&mut self, event: RunEvent) -> Result<(), Trouble> {
        let entry = Entry { at: self.ports.lookout.now(), event };
        self.journal.write(&entry)?;
        self.run.apply(&entry);
        self.watchers.retain(|watcher| watcher.send(entry.clone()).is_ok());
        Ok(())
    }

    /// Carries one act out on its own; nothing of what it prints is kept.
    pub(super) async fn carry_out(
        &self,
        errand: &Errand,
        act: &Act<'_>,
        hides: bool,
    ) -> Result<Reply, Failure> {
        let (lines, _) = Lines::new(0);
        self.bench().carried_out(errand, act, hides, &lines).await
    }

    pub(super) fn bench(&self) -> Bench<'_> {
        Bench { run: &self.run, ports: &self.ports, secrets: &self.secrets }
    }

    async fn execute(&mut self, errands: &[Errand], switch: &Switch) -> Result<(), Trouble> {
        if let Some(because) = self.drift_with_a_live_token(errands).await? {
            return self.tell(RunEvent::Paused { because });
        }
        for errand in errands {
            if let Some(step) = self.run.step(errand) {
                self.bench().generate(step, errand);
            }
            let attempt = self.run.next_attempt(errand);
            self.tell(RunEvent::Started { errand: errand.clone(), attempt })?;
        }
        self.act(errands, switch).await
    }

    /// All at the same time. Whatever goes wrong with the journal meanwhile, an act that changes something is not broken off.
    async fn act(&mut self, errands: &[Errand], switch: &Switch) -> Result<(), Trouble> {
        let (run, ports, secrets) = (self.run.clone(), self.ports.clone(), self.secrets.clone());
        let (first, mut printed) = Lines::new(0);
        let bench = Bench { run: &run, ports: &ports, secrets: &secrets };
        let mut acts: FuturesUnordered<_> = errands
            .iter()
            .enumerate()
            .map(|(index, errand)| {
                let lines = first.tagged(index);
                async move { (errand, bench.outcome(errand, &lines).await) }
            })
            .collect();
        let may_stop = errands.iter().filter_map(|errand| run.step(errand)).all(|step| !step.writes);
        let mut unwritten = None;
        loop {
            let told = tokio::select! {
                biased;
                Some((index, line)) = printed.recv() => self.output(errands.get(index), &line),
                ended = acts.next() => match ended {
                    Some((errand, outcome)) => {
                        let said = self.all_output(errands, &mut printed);
                        said.and(self.tell(ended_as(&bench, errand, outcome)))
                    }
                    None => break,
                },
                () = switch.token.cancelled(), if may_stop => break,
            };
            unwritten = unwritten.or(told.err());
        }
        unwritten.map_or(Ok(()), Err)
    }

    /// What was printed before an errand ended is told before its end.
    fn all_output(
        &mut self,
        errands: &[Errand],
        printed: &mut mpsc::UnboundedReceiver<(usize, String)>,
    ) -> Result<(), Trouble> {
        let mut told = Ok(());
        while let Ok((index, line)) = printed.try_recv() {
            told = told.and(self.output(errands.get(index), &line));
        }
        told
    }

    fn output(&mut self, errand: Option<&Errand>, line: &str) -> Result<(), Trouble> {
        let Some(errand) = errand.cloned() else { return Ok(()) };
        let line = self.secrets.redacted(line);
        self.tell(RunEvent::Output { errand, line })
    }

    async fn verify(&mut self, errands: Vec<Errand>) -> Result<(), Trouble> {
        for errand in errands {
            let verdict = self.verdict(&errand).await;
            self.tell(RunEvent::Verified { errand, verdict })?;
        }
        Ok(())
    }

    /// The deadline counts from here: a wait that is tried again has its whole time again.
    async fn wait(
        &mut self,
        mut errands: Vec<Errand>,
        condition: &Condition,
        deadline_seconds: u64,
        switch: &Switch,
    ) -> Result<(), Trouble> {
        let patience = errands::seconds(deadline_seconds);
        let began = self.ports.lookout.now();
        loop {
            let mut waiting = Vec::new();
            for errand in errands {
                let asserts = self.run.step(&errand).is_some_and(|step| step.asserts.is_some());
                let (trouble, definite) = match self.standing(condition, &errand).await {
                    Standing::Holds { told, .. } => {
                        self.tell(RunEvent::Reached { errand, told })?;
                        continue;
                    }
                    Standing::Fails { trouble } => (trouble, true),
                    Standing::Unknown { trouble } => (trouble, false),
                };
                if asserts {
                    self.tell(RunEvent::Failed { errand, trouble, definite })?;
                } else if self.ports.lookout.now().duration_since(began) >= patience {
                    let sentence = self.bench().told(&condition.sentence(), &errand);
                    let trouble = late(&trouble, &sentence, deadline_seconds);
                    self.tell(RunEvent::Failed { errand, trouble, definite: true })?;
                } else {
                    waiting.push(errand);
                }
            }
            if waiting.is_empty() || switch.asked().is_some() {
                return Ok(());
            }
            errands = waiting;
            let subjects = self.subjects(condition, &self.run.plan.hosts);
            tokio::select! {
                () = self.ports.lookout.stirred(&subjects) => {}
                () = switch.token.cancelled() => {}
            }
        }
    }

    async fn recall(&mut self, errand: Errand, secret: String) -> Result<(), Trouble> {
        let recalled = match self.run.step(&errand).and_then(|step| Some((step, recall_of(step, &secret)?))) {
            Some((step, recall)) => self.carry_out(&errand, &step.recall_act(recall), true).await,
            None => Err(Failure::before_the_act(Trouble::new("nothing says how it is brought back"))),
        };
        let because = match recalled {
            Ok(reply) if reply.answer.status == 0 => {
                let value = reply.answer.output.trim_end_matches(['\n', '\r']).to_owned();
                self.secrets.keep(errand.host.as_deref(), &secret, Zeroizing::new(value));
                return self.tell(RunEvent::Recalled { errand, secret });
            }
            Ok(reply) => self.bench().refusal("the reading command", &reply.answer).sentence(),
            Err(failure) => failure.trouble.sentence(),
        };
        let because = Trouble::new(format!("the secret {secret} could not be brought back")).because(because);
        self.tell(RunEvent::Paused { because })
    }

    async fn undo(&mut self, errand: Errand) -> Result<(), Trouble> {
        let attempt = self.run.next_attempt(&errand);
        self.tell(RunEvent::UndoStarted { errand: errand.clone(), attempt })?;
        match self.undone(&errand).await {
            Ok(request_ids) => self.tell(RunEvent::UndoFinished { errand, request_ids }),
            Err(trouble) => {
                let trouble = self.bench().redacted(&trouble);
                self.tell(RunEvent::UndoFailed { errand, trouble })
            }
        }
    }

    async fn undone(&self, errand: &Errand) -> Result<Vec<String>, Trouble> {
        let Some(step) = self.run.step(errand) else { return Ok(Vec::new()) };
        let mut request_ids = Vec::new();
        for undo in self.run.undoing(errand) {
            let reply = self.carry_out(errand, &step.undo_act(undo), false).await;
            let reply = reply.map_err(|failure| failure.trouble)?;
            if reply.answer.status != 0 && !errands::is_gone(undo.gone.as_ref(), &reply.answer) {
                return Err(self.bench().refusal(&format!("undoing `{}`", step.title), &reply.answer));
            }
            request_ids.extend(reply.request_ids);
            if let Some(wait) = &undo.waits_for {
                self.awaited(errand, wait).await?;
            }
        }
        Ok(request_ids)
    }

    /// What an undoing command waits for.
    async fn awaited(&self, errand: &Errand, wait: &Wait) -> Result<(), Trouble> {
        let began = self.ports.lookout.now();
        loop {
            let standing = self.standing(&wait.condition, errand).await;
            let Some(trouble) = standing.trouble() else { return Ok(()) };
            if self.ports.lookout.now().duration_since(began) >= errands::seconds(wait.deadline_seconds) {
                let sentence = self.bench().told(&wait.condition.sentence(), errand);
                return Err(late(trouble, &sentence, wait.deadline_seconds));
            }
            self.ports.lookout.stirred(&self.subjects(&wait.condition, &self.run.plan.hosts)).await;
        }
    }

    /// A token that died meanwhile is no drift when the operator can log in again.
    async fn drift_with_a_live_token(&mut self, errands: &[Errand]) -> Result<Option<Trouble>, Trouble> {
        let Some(because) = self.drift(errands).await else { return Ok(None) };
        let (lines, mut said) = Lines::new(0);
        let executor = Arc::clone(&self.ports.executor);
        let anew = executor.logged_in_anew(&lines).await;
        self.all_output(errands, &mut said)?;
        match anew {
            Ok(false) => Ok(Some(because)),
            Ok(true) => Ok(self.drift(errands).await),
            Err(trouble) => Ok(Some(trouble)),
        }
    }

    /// What has changed since the plan was made, where the plan rests on it and the next step writes.
    async fn drift(&self, errands: &[Errand]) -> Option<Trouble> {
        let writes = errands.iter().filter_map(|errand| self.run.step(errand)).any(|step| step.writes);
        if !writes || *self.run.direction() != Direction::Forward {
            return None;
        }
        for requirement in &self.run.runbook().requires {
            let began = |step: &String| self.run.step_started_at(step, None).is_some();
            let over = requirement.until.as_ref().is_some_and(began);
            let value = |slot: &str| self.run.value(None, slot);
            let applies = requirement.when.iter().all(|when| when.holds(&value));
            if over || !applies || errands::unfilled(&self.run, None, &requirement.condition.slots()) {
                continue;
            }
            let whole = Errand { step: String::new(), host: None };
            let standing = self.standing(&requirement.condition, &whole).await;
            let planned = self.run.plan.preconditions.iter().find(|known| known.requirement == *requirement);
            let was_unknown =
                planned.is_some_and(|planned| matches!(planned.standing, Standing::Unknown { .. }));
            match standing {
                Standing::Holds { .. } => {}
                Standing::Unknown { .. } if was_unknown => {}
                Standing::Fails { trouble } | Standing::Unknown { trouble } => {
                    let what = format!("what the plan rests on has changed: {}", trouble.what);
                    return Some(Trouble { what, ..trouble });
                }
            }
        }
        None
    }

    /// How a condition stands for an errand, by what is seen now.
    pub(super) async fn standing(&self, condition: &Condition, errand: &Errand) -> Standing {
        let hosts = errands::hosts(&self.run, errand);
        let fleet = self.ports.lookout.look(&self.subjects(condition, &hosts)).await;
        let value = |slot: &str| self.run.value(errand.host.as_deref(), slot).map(str::to_owned);
        let started = |step: &str, host: Option<&str>| self.run.step_started_at(step, host);
        let now = self.ports.lookout.now();
        condition.judge(&Scene { fleet: &fleet, now, hosts: &hosts, value: &value, started: &started })
    }

    fn subjects(&self, condition: &Condition, hosts: &[String]) -> Vec<Subject> {
        let deployment = self.ports.lookout.deployment();
        let of = |signal: Signal| signal.subjects(deployment, hosts);
        let subjects: BTreeSet<Subject> = condition.reads().into_iter().flat_map(of).collect();
        subjects.into_iter().collect()
    }
}

fn ended_as(bench: &Bench<'_>, errand: &Errand, outcome: Result<Outcome, Failure>) -> RunEvent {
    let errand = errand.clone();
    match outcome {
        Ok(outcome) => RunEvent::Finished { errand, outcome },
        Err(Failure { trouble, definite }) => {
            let step = bench.run.step(&errand);
            let writes = step.is_some_and(|step| step.writes);
            // that this attempt was refused does not tell that an earlier one never arrived
            let earlier = bench.run.next_attempt(&errand) > 2;
            let takes_back = step.is_some_and(|step| !step.on_refusal.is_empty());
            let definite = if earlier && takes_back { false } else { definite || !writes };
            RunEvent::Failed { errand, trouble: bench.redacted(&trouble), definite }
        }
    }
}

fn recall_of<'a>(step: &'a Step, secret: &str) -> Option<&'a Recall> {
    match step.generate.get(secret) {
        Some(generate) => generate.recall.as_ref(),
        None => step.capture.get(secret)?.recall.as_ref(),
    }
}

fn late(trouble: &Trouble, sentence: &str, seconds: u64) -> Trouble {
    let what = format!("it did not come within {seconds} s that {sentence}");
    Trouble { what, because: Some(trouble.sentence()), ..trouble.clone() }
}
