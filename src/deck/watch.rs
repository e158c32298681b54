//! One subject's watcher: looks, waits, looks again. It never overlaps itself, gives up at the deadline and backs off
//! while looks fail.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc};

use crate::model::facts::Facts;
use crate::model::fleet::Observation;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::probe::{Clock, Probe};

/// Longest wait between two looks that keep failing.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);

/// A look that fails for the first time is soon tried again: the second tells a loss from a hiccup.
const SECOND_TRY: Duration = Duration::from_secs(3);

/// Shortest time between two looks, however often the outside stirs.
const SHORTEST_REST: Duration = Duration::from_millis(250);

pub(super) struct Watcher {
    pub(super) probe: Arc<dyn Probe>,
    pub(super) nudge: Arc<Notify>,
    pub(super) sender: mpsc::Sender<Observation>,
    pub(super) clock: Clock,
}

impl Watcher {
    pub(super) async fn run(self) {
        if self.probe.every().is_none() {
            self.nudge.notified().await;
        }
        let mut failures = 0;
        loop {
            let observation = self.look_once().await;
            failures = if observation.facts.is_ok() { 0 } else { failures + 1 };
            if self.sender.send(observation).await.is_err() {
                return;
            }
            self.rest(failures).await;
        }
    }

    async fn look_once(&self) -> Observation {
        let began = Instant::now();
        let facts = self.look_within_deadline().await;
        Observation { subject: self.probe.subject(), at: (self.clock)(), took: began.elapsed(), facts }
    }

    async fn look_within_deadline(&self) -> Result<Facts, Trouble> {
        let deadline = self.probe.deadline();
        match tokio::time::timeout(deadline, self.probe.look()).await {
            Ok(facts) => facts,
            Err(_) => Err(no_answer(self.probe.as_ref(), deadline)),
        }
    }

    async fn rest(&self, failures: u32) {
        let Some(every) = self.probe.every() else { return self.nudge.notified().await };
        let stirred = async {
            tokio::time::sleep(SHORTEST_REST).await;
            self.probe.stirred().await;
        };
        tokio::select! {
            () = tokio::time::sleep(wait_after(every, failures)) => {}
            () = self.nudge.notified() => {}
            () = stirred => {}
        }
    }
}

fn wait_after(every: Duration, failures: u32) -> Duration {
    if failures == 1 {
        return SECOND_TRY.min(every);
    }
    let doubled = every.saturating_mul(1 << failures.min(6));
    doubled.min(LONGEST_BACK_OFF.max(every))
}

fn no_answer(probe: &dyn Probe, deadline: Duration) -> Trouble {
    Trouble::new(format!("no answer about {}", probe.subject()))
        .kind(TroubleKind::Unreachable)
        .because(format!("nothing came back within {} s", deadline.as_secs_f32()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_that_keeps_failing_is_tried_ever_more_rarely_but_never_less_than_once_a_minute() {
        let every = Duration::from_secs(5);
        assert_eq!(wait_after(every, 0), every);
        assert_eq!(wait_after(every, 1), SECOND_TRY);
        assert_eq!(wait_after(every, 2), Duration::from_secs(20));
        assert_eq!(wait_after(every, 30), LONGEST_BACK_OFF);
        assert_eq!(wait_after(Duration::from_secs(300), 3), Duration::from_secs(300));
    }
}
