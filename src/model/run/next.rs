//! What a run needs next. The engine asks, does that one thing, writes the event and asks again; both faces show the answer.

use serde::{Deserialize, Serialize};

use super::{Direction, Ending, Errand, Progress, Run};
use crate::model::command::CommandLine;
use crate::model::runbook::{Condition, Confirm, Input, Pace, Step, Undo};
use crate::model::trouble::Trouble;

/// What a run needs next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// An answer to a question. Then `Answered`.
    Ask {
        /// The slot that the answer fills.
        slot: String,
    },
    /// The operator's confirmation, of the run or of one step. Then `Confirmed`.
    Confirm {
        /// How.
        level: Confirm,
        /// The step, when it is one step that is to be confirmed.
        step: Option<String>,
    },
    /// These errands carried out, several at the same time. For each `Started`, synced; then the act; then `Finished` or
    /// `Failed`.
    Execute {
        /// Which.
        errands: Vec<Errand>,
    },
    /// The check of these errands: they have started, and nobody has seen them end. For each `Verified`.
    Verify {
        /// Which.
        errands: Vec<Errand>,
    },
    /// The moment when a condition comes to hold. For each `Reached`, or `Failed` at the deadline.
    Wait {
        /// Who waits.
        errands: Vec<Errand>,
        /// For what.
        condition: Condition,
        /// For how long, in seconds from the errand's start.
        deadline_seconds: u64,
    },
    /// A secret brought back by a reading command. Then `Recalled`.
    Recall {
        /// The errand that first had it.
        errand: Errand,
        /// Its name.
        secret: String,
        /// The command; the secret is all of its output.
        command: CommandLine,
    },
    /// An errand taken back. `UndoStarted`, synced; then [`Run::undoing`], in order, each with what it waits for; then
    /// `UndoFinished` or `UndoFailed`.
    Undo {
        /// Which.
        errand: Errand,
    },
    /// The operator's word on a failure. Then `Decided`.
    Decide {
        /// What failed.
        errand: Errand,
        /// How.
        trouble: Trouble,
        /// What can be chosen.
        choices: Vec<Choice>,
    },
    /// Nothing until somebody resumes it. Then `Resumed`.
    Paused {
        /// Why.
        because: Trouble,
    },
    /// The end written down. Then `Ended`.
    End {
        /// How.
        ending: Ending,
    },
    /// Nothing ever.
    Ended {
        /// How it ended.
        ending: Ending,
    },
}

/// How to go on after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Try again what failed.
    Retry,
    /// Leave it out.
    Skip,
    /// Undo everything so far.
    Undo,
    /// Stop where it stands.
    Stop,
}

impl Run {
    /// What the run needs next.
    pub fn next(&self) -> Next {
        if let Some(ending) = self.ended {
            return Next::Ended { ending };
        }
        if let Some(because) = &self.paused {
            return Next::Paused { because: because.clone() };
        }
        if let Direction::Back { steps, ending } = &self.direction {
            return self.next_back(steps, *ending);
        }
        if let Some(slot) = self.unanswered(&self.runbook().inputs, None) {
            return Next::Ask { slot };
        }
        if !self.confirmed && self.runbook().confirm != Confirm::None {
            return Next::Confirm { level: self.runbook().confirm, step: None };
        }
        self.next_forward()
    }

    fn next_forward(&self) -> Next {
        let unsettled = |errand: &&Errand| !self.progress(errand).is_settled();
        // what has begun is looked after even where its step would not apply any more
        let matters = |errand: &&Errand| *self.progress(errand) != Progress::Pending || self.applies(errand);
        let Some(errand) = self.order.iter().filter(unsettled).find(matters) else {
            let ending = if self.assertions().all_hold() { Ending::Done } else { Ending::Failed };
            return Next::End { ending };
        };
        let Some(step) = self.step(errand) else { return Next::End { ending: Ending::Stopped } };
        let progress = self.progress(errand);
        if let Some(trouble) = progress.trouble() {
            return self.decide(errand, step, trouble);
        }
        match progress {
            Progress::InHand | Progress::Lost { .. } => self.verify(errand, step),
            Progress::Acted => self.wait(errand, step),
            Progress::Undoing => Next::Undo { errand: errand.clone() },
            _ => self.execute(errand, step),
        }
    }

    fn execute(&self, errand: &Errand, step: &Step) -> Next {
        if let Some(slot) = self.unanswered(&step.inputs, errand.host.as_deref()) {
            return Next::Ask { slot };
        }
        if step.confirm != Confirm::None && !self.confirmed_steps.contains(&step.id) {
            return Next::Confirm { level: step.confirm, step: Some(step.id.clone()) };
        }
        let can_begin = |progress: &Progress| matches!(progress, Progress::Pending | Progress::Undone);
        let errands = self.beside(errand, step, can_begin);
        // a secret that the step itself generates comes with its start
        let first = errands.iter().find_map(|errand| {
            let act = step
                .act()
                .filter(|act| act.secrets().iter().any(|name| !step.generate.contains_key(*name)))?;
            self.before(errand, &act)
        });
        first.unwrap_or(Next::Execute { errands })
    }

    fn verify(&self, errand: &Errand, step: &Step) -> Next {
        let errands = self.beside(errand, step, Progress::is_open);
        let first = errands.iter().find_map(|errand| self.before(errand, &step.check_act()?));
        first.unwrap_or(Next::Verify { errands })
    }

    fn wait(&self, errand: &Errand, step: &Step) -> Next {
        let errands = self.beside(errand, step, |progress| *progress == Progress::Acted);
        match step.awaited() {
            Some((condition, deadline_seconds)) => {
                Next::Wait { errands, condition: condition.clone(), deadline_seconds }
            }
            None => Next::Verify { errands },
        }
    }

    fn decide(&self, errand: &Errand, step: &Step, trouble: &Trouble) -> Next {
        let skip = step.skippable.is_some().then_some(Choice::Skip);
        let going_back = matches!(self.direction, Direction::Back { .. });
        let undo = (!going_back).then_some(Choice::Undo);
        let choices = std::iter::once(Choice::Retry).chain(skip).chain(undo).chain([Choice::Stop]).collect();
        Next::Decide { errand: errand.clone(), trouble: trouble.clone(), choices }
    }

    /// The errand and, where the step is done on all hosts together, those of the other hosts that are as far.
    fn beside(&self, errand: &Errand, step: &Step, alike: impl Fn(&Progress) -> bool) -> Vec<Errand> {
        if step.pace() != Pace::Together {
            return vec![errand.clone()];
        }
        let of_step = self.order.iter().filter(|other| other.step == step.id && alike(self.progress(other)));
        of_step
            .filter(|other| *self.progress(other) != Progress::Pending || self.applies(other))
            .cloned()
            .collect()
    }

    /// Last errand first. What may have happened is verified before it is undone; what cannot be undone is passed over.
    fn next_back(&self, steps: &[String], ending: Ending) -> Next {
        let meant = |errand: &&Errand| steps.is_empty() || steps.contains(&errand.step);
        for errand in self.order.iter().rev().filter(meant) {
            let Some(step) = self.step(errand) else { continue };
            match self.progress(errand) {
                Progress::InHand | Progress::Lost { .. } => return self.verify(errand, step),
                Progress::UndoFailed { trouble } | Progress::Doubt { trouble } => {
                    return self.decide(errand, step, trouble);
                }
                progress if *progress == Progress::Undoing || progress.has_acted() => {
                    if let Some(next) = self.undo(errand, step) {
                        return next;
                    }
                }
                _ => {}
            }
        }
        Next::End { ending }
    }

    fn undo(&self, errand: &Errand, step: &Step) -> Option<Next> {
        let undoing = self.undoing(errand);
        undoing.first()?;
        let first = undoing.into_iter().find_map(|undo| self.before(errand, &step.undo_act(undo)));
        Some(first.unwrap_or(Next::Undo { errand: errand.clone() }))
    }

    /// The undoing commands of an errand that apply, in order. What would be taken away from under a later step that has
    /// begun stays, except where that step is about to be done anew; what a later step's undoing has done is not done twice.
    pub fn undoing(&self, errand: &Errand) -> Vec<&Undo> {
        let Some(step) = self.step(errand) else { return Vec::new() };
        let host = errand.host.as_deref();
        let value = |slot: &str| self.value(host, slot);
        let in_use =
            |undo: &Undo| undo.until.as_ref().is_some_and(|step| self.step_started_at(step, host).is_some());
        let back = self.direction != Direction::Forward;
        let is_undone = |step: &String| {
            let errand = Errand { step: step.clone(), host: errand.host.clone() };
            *self.progress(&errand) == Progress::Undone
        };
        let passed_over = |undo: &Undo| in_use(undo) || undo.undone_with.as_ref().is_some_and(is_undone);
        let applies =
            |undo: &&Undo| undo.when.iter().all(|when| when.holds(&value)) && !(back && passed_over(undo));
        step.undo.iter().filter(applies).collect()
    }

    /// The first question that must be answered before it can go on.
    fn unanswered(&self, inputs: &[Input], host: Option<&str>) -> Option<String> {
        let value = |slot: &str| self.value(host, slot);
        let asked = |input: &&Input| input.when.iter().all(|when| when.holds(&value));
        let open = |input: &&Input| !self.answered.contains(&input.name) && input.default.is_none();
        inputs.iter().filter(asked).find(open).map(|input| input.name.clone())
    }
}
