//! One look at everything, all at once: as long as the slowest source takes and no longer. Each probe's deadline bounds
//! its part.

use std::collections::BTreeSet;

use crate::deck::Deck;
use crate::model::fleet::Fleet;
use crate::model::subject::Subject;

/// Whether what is looked at only on demand is asked for too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// What is looked at by the clock.
    Periodic,
    /// Also the proof of a database login.
    Everything,
}

/// Records the first answer of every subject, facts or trouble. What comes in twice meanwhile is recorded twice.
pub async fn sweep(deck: &mut Deck, fleet: &mut Fleet, reach: Reach) {
    let mut awaited: BTreeSet<Subject> = deck.periodic().iter().cloned().collect();
    if reach == Reach::Everything {
        for subject in deck.on_demand() {
            deck.refresh(&subject);
            awaited.insert(subject);
        }
    }
    while !awaited.is_empty()
        && let Some(observation) = deck.observed().await
    {
        awaited.remove(&observation.subject);
        fleet.record(observation);
    }
}
