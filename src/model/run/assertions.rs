//! What a run has found of that which its steps assert: how much holds, what does not, and what could not be told.

use std::fmt;

use super::{Errand, Progress, Run};
use crate::model::runbook::Step;
use crate::model::trouble::Trouble;

/// How many assertions hold, do not hold, and cannot be told. One that asks every host counts once, by the worst of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Those that hold.
    pub hold: usize,
    /// Those that do not.
    pub fail: usize,
    /// Those of which that cannot be told.
    pub unknown: usize,
}

impl Tally {
    /// All of them.
    pub fn all(self) -> usize {
        self.hold + self.fail + self.unknown
    }

    /// Whether none fails and none is unknown.
    pub fn all_hold(self) -> bool {
        self.hold == self.all()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hold, fail, unknown } = self;
        write!(formatter, "of {} assertions {hold} hold, {fail} fail, {unknown} are unknown", self.all())
    }
}

impl Run {
    /// How its assertions stand, those apart that it has not come to.
    pub fn assertions(&self) -> Tally {
        let mut tally = Tally::default();
        for step in self.runbook().steps.iter().filter(|step| step.asserts.is_some()) {
            match self.worst(step) {
                Some(Progress::Unmet { known: true, .. }) => tally.fail += 1,
                Some(Progress::Unmet { known: false, .. }) => tally.unknown += 1,
                Some(Progress::Done) => tally.hold += 1,
                _ => {}
            }
        }
        tally
    }

    /// Errands whose assertion does not hold, and those of which that cannot be told, in order.
    pub fn unmet(&self) -> impl Iterator<Item = (&Errand, &Step, &Trouble, bool)> {
        self.errands().iter().filter_map(|errand| match self.progress(errand) {
            Progress::Unmet { trouble, known } => Some((errand, self.step(errand)?, trouble, *known)),
            _ => None,
        })
    }

    /// All that does not hold, in short; `None` while nothing is known that does not.
    pub fn objection(&self) -> Option<Trouble> {
        let mut titles: Vec<&str> = self.unmet().map(|(_, step, ..)| step.title.as_str()).collect();
        titles.dedup();
        let trouble = Trouble::new(self.assertions().to_string())
            .because(format!("not known to hold: {}", titles.join("; ")));
        (!titles.is_empty()).then_some(trouble)
    }

    /// The state of an assertion over all hosts that it asks: what certainly fails before what is unknown before what holds.
    fn worst(&self, step: &Step) -> Option<&Progress> {
        let rank = |progress: &&Progress| match progress {
            Progress::Unmet { known: true, .. } => 0,
            Progress::Unmet { known: false, .. } => 1,
            Progress::Done => 3,
            _ => 2,
        };
        let of_step = self.errands().iter().filter(|errand| errand.step == step.id);
        of_step.map(|errand| self.progress(errand)).min_by_key(rank)
    }
}
