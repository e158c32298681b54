//! The pretend fleet while it runs: one value behind a lock, brought to the present whenever somebody looks. Where it is kept,
//! another process may act on it too: what that has kept is taken over at the next look.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::dice::{after, scaled};
use super::pretend::Pretend;
use super::store::{FileStamp, Store};
use crate::model::deployment::Deployment;
use crate::model::trouble::Trouble;
use crate::probe::Clock;

/// Longest sleep until something is due; what is due may change meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// How long a command takes where pretend time runs: as over a short line, so that one sees a run go on and can pause it.
const COMMAND_TAKES: Duration = Duration::from_millis(150);

/// Shortest sleep, however fast the clock runs.
const SHORTEST_SLEEP: Duration = Duration::from_millis(50);

/// A running pretend fleet.
pub(super) struct Stage {
    running: Mutex<Running>,
    store: Option<Store>,
    /// What the operator says it is.
    pub(super) deployment: Deployment,
    /// How its time follows ours.
    pub(super) pace: Pace,
}

/// The fleet, and until when nothing is due in it.
struct Running {
    pretend: Pretend,
    quiet_until: Timestamp,
    /// The file that it was read from or written to last.
    stamp: Option<FileStamp>,
}

/// How pretend time follows real time.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    beat: Arc<Mutex<Beat>>,
    /// Milliseconds that were skipped.
    skipped: Arc<AtomicI64>,
}

/// From a moment on, so many pretend seconds for each real one.
#[derive(Debug, Clone, Copy)]
struct Beat {
    began: Instant,
    moment: Timestamp,
    rate: f64,
}

impl Beat {
    fn from(moment: Timestamp, rate: f64) -> Self {
        Self { began: Instant::now(), moment, rate }
    }

    fn now(self) -> Timestamp {
        let passed = SignedDuration::try_from(self.began.elapsed()).unwrap_or(SignedDuration::MAX);
        after(self.moment, scaled(passed, self.rate))
    }
}

impl Pace {
    /// From this moment on, so many seconds for each real one.
    pub(super) fn from(moment: Timestamp, rate: f64) -> Self {
        Self { beat: Arc::new(Mutex::new(Beat::from(moment, rate))), skipped: Arc::default() }
    }

    fn now(&self) -> Timestamp {
        let skipped = SignedDuration::from_millis(self.skipped.load(Ordering::SeqCst));
        after(self.beat().now(), skipped)
    }

    /// Pretend seconds for each real one.
    pub(super) fn rate(&self) -> f64 {
        self.beat().rate
    }

    /// Whether it is later there than here.
    pub(super) fn is_ahead(&self) -> bool {
        self.now() > Timestamp::now()
    }

    /// Goes on to a moment, unless it is there already.
    fn reach(&self, moment: Timestamp) {
        let ahead = i64::try_from(moment.duration_since(self.now()).as_millis()).unwrap_or_default();
        self.skipped.fetch_add(ahead.max(0), Ordering::SeqCst);
    }

    /// Runs so fast from now on.
    pub(super) fn run_at(&self, rate: f64) {
        let mut beat = self.beat.lock().unwrap_or_else(PoisonError::into_inner);
        *beat = Beat::from(beat.now(), rate);
    }

    fn beat(&self) -> Beat {
        *self.beat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Real time until a pretend moment; `None` when the clock stands still.
    fn until(&self, moment: Timestamp) -> Option<Duration> {
        let rate = self.rate();
        let left = moment.duration_since(self.now()).as_secs_f64() / rate;
        (rate > 0.0).then(|| Duration::try_from_secs_f64(left.max(0.0)).unwrap_or(LONGEST_SLEEP))
    }
}

impl Stage {
    /// Lets a fleet run.
    pub(super) fn new(
        pretend: Pretend,
        deployment: Deployment,
        pace: Pace,
        store: Option<Store>,
    ) -> Arc<Self> {
        let quiet_until = pretend.due().unwrap_or(Timestamp::MAX);
        let stamp = store.as_ref().and_then(Store::stamp);
        let running = Mutex::new(Running { pretend, quiet_until, stamp });
        Arc::new(Self { running, store, deployment, pace })
    }

    /// Returns when a command has been on its way for as long as commands are; at once where the clock stands still.
    pub(super) async fn on_its_way(&self) {
        if self.pace.rate() > 0.0 {
            tokio::time::sleep(COMMAND_TAKES).await;
        }
    }

    /// The fleet's clock.
    pub(super) fn clock(&self) -> Clock {
        let pace = self.pace.clone();
        Arc::new(move || pace.now())
    }

    /// Something seen of the fleet at present.
    pub(super) fn see<T>(&self, see: impl FnOnce(&Pretend) -> T) -> T {
        see(&self.at_present().pretend)
    }

    /// Does something to the fleet at present, and keeps it.
    ///
    /// # Errors
    /// Trouble when the fleet cannot be kept; what was done to it is done all the same.
    pub(super) fn act<T>(&self, act: impl FnOnce(&mut Pretend) -> T) -> Result<T, Trouble> {
        let mut running = self.at_present();
        let done = act(&mut running.pretend);
        running.quiet_until = Timestamp::MIN; // what was due before may be due at another moment now
        if let Some(store) = &self.store {
            store.save(&running.pretend)?;
            running.stamp = store.stamp();
        }
        Ok(done)
    }

    /// The fleet at present, as it is kept now.
    fn at_present(&self) -> MutexGuard<'_, Running> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = self.store.as_ref().and_then(Store::stamp);
        if stamp.is_some() && stamp != running.stamp {
            running.stamp = stamp;
            // what cannot be understood leaves the fleet as it is known here
            if let Some(Ok(Some(kept))) = self.store.as_ref().map(Store::load) {
                self.pace.reach(kept.now());
                running.pretend = kept;
                running.quiet_until = Timestamp::MIN;
            }
        }
        running.catch_up(self.pace.now());
        running
    }

    /// Lets so much time pass at once, and keeps it: whoever waits here need not wait as long as in earnest.
    ///
    /// # Errors
    /// Trouble when the fleet cannot be kept.
    pub(super) fn skip(&self, by: SignedDuration) -> Result<(), Trouble> {
        let millis = i64::try_from(by.as_millis()).unwrap_or_default();
        self.pace.skipped.fetch_add(millis, Ordering::SeqCst);
        self.act(|_| ())
    }

    /// Sleeps until something may have happened on a host by itself.
    pub(super) async fn sleep_until_due(&self, host: &str) {
        let due = self.see(|pretend| pretend.due_on(host));
        match due.and_then(|due| self.pace.until(due)) {
            Some(left) => tokio::time::sleep(left.clamp(SHORTEST_SLEEP, LONGEST_SLEEP)).await,
            None => tokio::time::sleep(LONGEST_SLEEP).await,
        }
    }
}

impl Running {
    fn catch_up(&mut self, now: Timestamp) {
        if now < self.quiet_until {
            return self.pretend.pass(now);
        }
        self.pretend.advance(now);
        self.quiet_until = self.pretend.due().unwrap_or(Timestamp::MAX);
    }
}
