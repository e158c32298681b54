//! A run as the screen tells it: the fold over its events, with the times and the lines that views show beside it.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use crate::model::run::{Ending, Entry, Errand, Next, Run, RunEvent};
use crate::model::trouble::Trouble;

/// Lines of output that are kept; the journal has them all.
const MOST_LINES: usize = 2000;

/// A run and what there is to tell of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// The run as it stands.
    pub run: Run,
    /// What its commands printed, oldest first, each line with whose it is.
    pub lines: VecDeque<(Errand, String)>,
    times: BTreeMap<Errand, Times>,
    seen: BTreeMap<Errand, String>,
}

/// Moments of an errand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When it was last begun.
    pub began: Timestamp,
    /// When its command had ended, so that what it waits for counts from there.
    pub acted: Option<Timestamp>,
    /// When nothing more was to be done for it.
    pub ended: Option<Timestamp>,
}

impl Story {
    /// The story of a run that has just been begun, or taken up, as far as it is told.
    pub fn of(run: Run, entries: &[Entry]) -> Self {
        let mut story = Self { run, lines: VecDeque::new(), times: BTreeMap::new(), seen: BTreeMap::new() };
        for entry in entries {
            story.note(entry);
        }
        story
    }

    /// Takes in what happened.
    pub fn take(&mut self, entry: &Entry) {
        self.run.apply(entry);
        self.note(entry);
    }

    /// Moments of an errand, once it has begun.
    pub fn times(&self, errand: &Errand) -> Option<Times> {
        self.times.get(errand).copied()
    }

    /// What was seen when that which an errand waits for or asserts came to hold.
    pub fn seen(&self, errand: &Errand) -> Option<&str> {
        self.seen.get(errand).map(String::as_str).filter(|seen| !seen.is_empty())
    }

    /// What has begun and not ended, or is waited for, or waits for a word; at the end what was asserted and does not hold; the
    /// next to come where nothing is.
    pub fn current(&self) -> Option<usize> {
        let errand = match self.run.next() {
            Next::Execute { errands } | Next::Verify { errands } | Next::Wait { errands, .. } => {
                errands.into_iter().next()
            }
            Next::Ended { .. } => self.run.unmet().next().map(|(errand, ..)| errand.clone()),
            Next::Decide { errand, .. } | Next::Undo { errand } | Next::Recall { errand, .. } => Some(errand),
            _ => None,
        };
        let index = |errand: Errand| self.run.errands().iter().position(|known| *known == errand);
        errand.and_then(index).or_else(|| self.latest())
    }

    /// Whether it does not go on without the operator.
    pub fn rests(&self) -> bool {
        matches!(
            self.run.next(),
            Next::Ask { .. }
                | Next::Confirm { .. }
                | Next::Decide { .. }
                | Next::Paused { .. }
                | Next::Ended { .. }
        )
    }

    /// Why it stands still, where it does.
    pub fn trouble(&self) -> Option<Trouble> {
        match self.run.next() {
            Next::Decide { trouble, .. } => Some(trouble),
            Next::Paused { because } => Some(because),
            Next::Ended { ending: Ending::Failed } => self.run.objection(),
            _ => None,
        }
    }

    /// Errands that are settled, and all that apply as far as is known.
    pub fn count(&self) -> (usize, usize) {
        let applying = self.run.errands().iter().filter(|errand| {
            self.run.applies(errand) || *self.run.progress(errand) != crate::model::run::Progress::Pending
        });
        let (mut done, mut all) = (0, 0);
        for errand in applying {
            all += 1;
            done += usize::from(self.run.progress(errand).is_settled());
        }
        (done, all)
    }

    fn latest(&self) -> Option<usize> {
        let begun = self.run.errands().iter().enumerate();
        let begun = begun.filter_map(|(index, errand)| Some((self.times(errand)?.began, index)));
        begun.max().map(|(_, index)| index)
    }

    fn note(&mut self, entry: &Entry) {
        if let RunEvent::Reached { errand, told } = &entry.event {
            self.seen.insert(errand.clone(), told.clone());
        }
        match &entry.event {
            RunEvent::Started { errand, .. } | RunEvent::UndoStarted { errand, .. } => {
                let times = Times { began: entry.at, acted: None, ended: None };
                self.times.insert(errand.clone(), times);
            }
            RunEvent::Output { errand, line } => self.note_line(errand, line),
            RunEvent::Finished { errand, .. } => {
                let waits = self.run.step(errand).is_some_and(|step| step.awaited().is_some());
                if let Some(times) = self.times.get_mut(errand) {
                    times.acted = Some(entry.at);
                    times.ended = (!waits).then_some(entry.at);
                }
            }
            RunEvent::Reached { errand, .. }
            | RunEvent::Failed { errand, .. }
            | RunEvent::Verified { errand, .. }
            | RunEvent::UndoFinished { errand, .. }
            | RunEvent::UndoFailed { errand, .. } => {
                if let Some(times) = self.times.get_mut(errand) {
                    times.ended = Some(entry.at);
                }
            }
            _ => {}
        }
    }

    fn note_line(&mut self, errand: &Errand, line: &str) {
        if self.lines.len() == MOST_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back((errand.clone(), line.to_owned()));
    }
}
