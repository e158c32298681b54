//! The one handle both faces hold: it keeps a watcher per subject, hands over what they observe, and opens logs.
//!
//! ```text
//! Probe ──look──▶ watcher ──Observation──▶ Deck::observed ──▶ face ──▶ Fleet::record
//!                    ▲ every / stirred / refresh
//! ```

mod glance;
mod hand;
mod hook;
mod live;
mod memory;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use jiff::Timestamp;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::demo;
use crate::model::deployment::Deployment;
use crate::model::fleet::Observation;
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::probe::Probe;

pub use self::hand::{Asked, Hand};
pub use self::hook::Hook;
pub use self::memory::Memory;
pub use crate::demo::{Drill, Options as PretendOptions, Time as PretendTime};
pub use crate::engine::{Carrier, Listed, Owner, Recovered, Runs, State as RunState, Switch};
pub use crate::exec::{Prompt, Prompts};
pub use crate::probe::versions::ReadVersion;
pub use crate::probe::{Clock, Follow, LogLine, LogRequest, SignIn};

/// Observations that may wait for a busy face before the watchers wait too.
const WAITING_OBSERVATIONS: usize = 1024;

/// Where it is kept what was seen of the pretend fleet last, in its folder.
const LAST_LOOK: &str = "last-look.json";

/// A deployment that has been opened.
pub struct Opened {
    /// What the operator says it is.
    pub deployment: Deployment,
    /// What watches it.
    pub deck: Deck,
    /// What acts on it, or why nothing can.
    pub hand: Result<Hand, Trouble>,
    /// What programs and logins ask in the middle of a run; dropped, each is refused.
    pub prompts: Option<mpsc::UnboundedReceiver<Prompt>>,
    /// Where it is kept what was seen of it last.
    pub memory: Memory,
}

/// Watchers over one deployment, live or pretend. Dropping it ends them.
pub struct Deck {
    observations: mpsc::Receiver<Observation>,
    told: mpsc::WeakSender<Observation>,
    nudges: BTreeMap<Subject, Arc<Notify>>,
    periodic: Vec<Subject>,
    logs: Arc<dyn Follow>,
    sign_in: Arc<dyn SignIn>,
    versions: Option<Arc<dyn ReadVersion>>,
    drill: Option<Drill>,
    clock: Clock,
    stop: CancellationToken,
}

impl Deck {
    /// Starts a watcher for each probe. Must be called inside a tokio runtime.
    pub fn watch(
        probes: Vec<Arc<dyn Probe>>,
        logs: Arc<dyn Follow>,
        sign_in: Arc<dyn SignIn>,
        clock: Clock,
    ) -> Self {
        let (sender, observations) = mpsc::channel(WAITING_OBSERVATIONS);
        let stop = CancellationToken::new();
        let told = sender.downgrade();
        let mut nudges = BTreeMap::new();
        let mut periodic = Vec::new();
        for probe in probes {
            let nudge = Arc::new(Notify::new());
            nudges.insert(probe.subject(), Arc::clone(&nudge));
            if probe.every().is_some() {
                periodic.push(probe.subject());
            }
            let watcher = watch::Watcher { probe, nudge, sender: sender.clone(), clock: Arc::clone(&clock) };
            let stop = stop.clone();
            tokio::spawn(async move { stop.run_until_cancelled(watcher.run()).await });
        }
        Self { observations, told, nudges, periodic, logs, sign_in, versions: None, drill: None, clock, stop }
    }

    /// The same with a way to read versions of secrets when the operator asks.
    #[must_use]
    pub fn reading(mut self, versions: Arc<dyn ReadVersion>) -> Self {
        self.versions = Some(versions);
        self
    }

    /// Opens a pretend fleet. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// Trouble when the pretend fleet that is kept cannot be understood or written.
    pub fn pretend(options: demo::Options) -> Result<Opened, Trouble> {
        let folder = options.folder.clone();
        let memory = Memory::new(folder.as_ref().map(|folder| folder.join(LAST_LOOK)), "demo");
        if options.reset {
            memory.forget();
        }
        let parts = demo::fleet(options)?;
        let probes = parts.probes.clone();
        let clock = Arc::clone(&parts.clock);
        let mut deck = Self::watch(probes, Arc::clone(&parts.logs), Arc::clone(&parts.sign_in), clock)
            .reading(Arc::clone(&parts.versions));
        deck.drill = Some(parts.drill.clone());
        let hand = Hand::over_pretend(&parts, folder, deck.told.upgrade());
        Ok(Opened { deployment: parts.deployment, deck, hand, prompts: None, memory })
    }

    /// The next observation, when there is one.
    pub async fn observed(&mut self) -> Option<Observation> {
        self.observations.recv().await
    }

    /// An observation that already waits.
    pub fn observed_already(&mut self) -> Option<Observation> {
        self.observations.try_recv().ok()
    }

    /// Looks at a subject now, or as soon as the look in hand has ended.
    pub fn refresh(&self, subject: &Subject) {
        if let Some(nudge) = self.nudges.get(subject) {
            nudge.notify_one();
        }
    }

    /// Looks now at every subject that is looked at by the clock.
    pub fn refresh_all(&self) {
        for subject in &self.periodic {
            self.refresh(subject);
        }
    }

    /// Subjects that are looked at by the clock; the others wait to be asked.
    pub fn periodic(&self) -> &[Subject] {
        &self.periodic
    }

    /// Subjects that are looked at only when somebody asks.
    pub fn on_demand(&self) -> Vec<Subject> {
        self.nudges.keys().filter(|subject| !self.periodic.contains(subject)).cloned().collect()
    }

    /// The moment it is for this deployment; a pretend fleet has its own time.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The deployment's clock itself.
    pub fn clock(&self) -> Clock {
        Arc::clone(&self.clock)
    }

    /// The port for logs.
    pub fn logs(&self) -> Arc<dyn Follow> {
        Arc::clone(&self.logs)
    }

    /// The port for logging in to Vault again.
    pub fn sign_in(&self) -> Arc<dyn SignIn> {
        Arc::clone(&self.sign_in)
    }

    /// The port for reading versions of secrets, where there is one.
    pub fn versions(&self) -> Option<Arc<dyn ReadVersion>> {
        self.versions.clone()
    }

    /// What breaks the fleet for a game day, where it is a pretend one.
    pub fn drill(&self) -> Option<Drill> {
        self.drill.clone()
    }

    /// Opens a container's log.
    ///
    /// # Errors
    /// Trouble when host, Docker or container cannot be reached.
    pub async fn follow(
        &self,
        request: LogRequest,
    ) -> Result<BoxStream<'static, Result<LogLine, Trouble>>, Trouble> {
        self.logs.follow(request).await
    }
}

impl Drop for Deck {
    fn drop(&mut self) {
        self.stop.cancel();
        // nobody is there any more to hear that it failed
        self.drill.iter().for_each(|drill| drop(drill.keeps_time()));
    }
}
