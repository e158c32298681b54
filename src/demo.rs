//! A pretend fleet that answers the same ports as the real systems, so that the whole console can be seen, learned and
//! tested with nothing installed.
//!
//! ```text
//! scenario ─▶ Pretend (the systems' state, a plain value) ─advance(now)─▶ look ─▶ Facts ─▶ Probe
//!                 ▲ what happens to it changes the state              └─▶ words ─▶ lines ─▶ Follow
//! ```
//! Facts are worked out from the state and never set: what is done to the pretend systems is seen by the probes. Its
//! agent logs are text in the words of real agents, read by the reader of real logs.

mod acts;
mod agent;
mod agent_words;
mod app_words;
mod approle;
mod carry;
mod database;
mod dice;
mod drill;
mod happening;
mod host;
mod kv;
mod logs;
mod look;
mod ports;
mod pretend;
mod rights;
mod scenario;
mod serve;
mod sign_in;
mod stage;
mod store;
mod turns;
mod values;
mod versions;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use self::drill::Drill;
pub use self::pretend::Pretend;
pub use self::scenario::Scenario;
pub use self::store::Store;

use self::dice::after;
use self::stage::{Pace, Stage};
use crate::exec::Executor;
use crate::model::deployment::{Deployment, Environment};
use crate::model::trouble::Trouble;
use crate::probe::versions::ReadVersion;
use crate::probe::{Clock, Follow, Probe, Rights, SignIn};

/// Scenario of a fleet that nobody chose one for.
const DEFAULT_SCENARIO: &str = "trouble";

/// Hosts of a fleet that nobody chose a number for.
const DEFAULT_HOSTS: usize = 3;

/// How much pretend time passes at each glance of somebody who waits.
const HASTE: SignedDuration = SignedDuration::from_secs(15);

/// Where all chance comes from; fleets differ by scenario and moment.
const SEED: u64 = 41;

/// AWS account of the pretend deployment.
const ACCOUNT: &str = "210987654321";

/// A fleet that is loaded later than this after it was saved is saved again, so that no start has much to catch up on.
const SAVED_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// What pretend fleet is wanted.
#[derive(Debug, Clone)]
pub struct Options {
    /// The deployment as documented: what the pretend one is called by, apart from name, environment and hosts.
    pub documented: Deployment,
    /// Where the fleet lives between commands; `None` for one that ends with the process.
    pub folder: Option<PathBuf>,
    /// Start anew, whatever is kept.
    pub reset: bool,
    /// How it starts. A kept fleet that began otherwise makes way for a new one; `None` takes the kept one as it is.
    pub scenario: Option<String>,
    /// How many hosts it has; as with the scenario.
    pub hosts: Option<usize>,
    /// What time it is there.
    pub time: Time,
}

/// What time it is in the pretend fleet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Time {
    /// As here, running so many times as fast from now on.
    Running(f64),
    /// Always the same moment.
    Still(Timestamp),
}

/// A pretend deployment and its ports.
pub struct DemoParts {
    /// What the operator says it is.
    pub deployment: Deployment,
    /// A probe per subject.
    pub probes: Vec<Arc<dyn Probe>>,
    /// The logs.
    pub logs: Arc<dyn Follow>,
    /// The way back into Vault.
    pub sign_in: Arc<dyn SignIn>,
    /// Reads versions of secrets when the operator asks.
    pub versions: Arc<dyn ReadVersion>,
    /// What the operator's token may do.
    pub rights: Arc<dyn Rights>,
    /// What carries commands out.
    pub executor: Arc<dyn Executor>,
    /// Lets pretend time pass quickly while somebody waits.
    pub hasten: Hasten,
    /// Breaks it for a game day.
    pub drill: Drill,
    /// Its time.
    pub clock: Clock,
    /// Whether it has just begun, in place of whatever was kept before.
    pub anew: bool,
}

/// Lets pretend time pass quickly while somebody waits.
pub type Hasten = Arc<dyn Fn() + Send + Sync>;

/// Opens a pretend fleet: the kept one, or a new one.
///
/// # Errors
/// Trouble when there is no such scenario, or the kept fleet cannot be understood or written.
pub fn fleet(options: Options) -> Result<DemoParts, Trouble> {
    let (pretend, anew) = kept_or_new(&options)?;
    let rate = match options.time {
        Time::Running(rate) => rate,
        Time::Still(_) => 0.0,
    };
    let pace = Pace::from(pretend.now(), rate);
    let deployment = pretended(options.documented, pretend.host_names());
    let stage = Stage::new(pretend, deployment, pace, options.folder.map(Store::new));
    Ok(DemoParts {
        deployment: stage.deployment.clone(),
        probes: ports::probes(&stage),
        logs: logs::PretendLogs::of(&stage),
        sign_in: sign_in::PretendSignIn::of(&stage),
        versions: versions::PretendVersions::of(&stage),
        rights: rights::PretendRights::of(&stage),
        executor: carry::PretendExecutor::of(&stage),
        hasten: hasten(&stage),
        drill: Drill::of(&stage),
        clock: stage.clock(),
        anew,
    })
}

/// A fleet that cannot be kept goes on in memory; the next act on it says so.
fn hasten(stage: &Arc<Stage>) -> Hasten {
    let stage = Arc::clone(stage);
    Arc::new(move || drop(stage.skip(HASTE)))
}

/// The kept fleet, or a new one, and whether it is new.
fn kept_or_new(options: &Options) -> Result<(Pretend, bool), Trouble> {
    let store = options.folder.as_ref().map(Store::new);
    let moment = match options.time {
        Time::Running(_) => Timestamp::now(),
        Time::Still(moment) => moment,
    };
    let kept = match &store {
        Some(store) if !options.reset => store.load()?.filter(|kept| is_wanted(kept, options)),
        _ => None,
    };
    let saved = kept.as_ref().map(Pretend::now);
    let pretend = match kept {
        Some(mut kept) => {
            kept.advance(moment);
            kept
        }
        None => begun(options, moment)?,
    };
    let is_recent = saved.is_some_and(|saved| moment <= after(saved, SAVED_AGAIN_AFTER));
    if let Some(store) = store.filter(|_| !is_recent) {
        store.save(&pretend)?;
    }
    Ok((pretend, saved.is_none()))
}

fn is_wanted(kept: &Pretend, options: &Options) -> bool {
    options.scenario.as_ref().is_none_or(|wanted| wanted == kept.scenario())
        && options.hosts.is_none_or(|wanted| wanted == kept.host_names().len())
}

fn begun(options: &Options, moment: Timestamp) -> Result<Pretend, Trouble> {
    let scenario = Scenario::named(options.scenario.as_deref().unwrap_or(DEFAULT_SCENARIO))?;
    Ok(Pretend::at(moment, &scenario, options.hosts.unwrap_or(DEFAULT_HOSTS), SEED))
}

fn pretended(documented: Deployment, hosts: Vec<String>) -> Deployment {
    Deployment {
        name: "demo".to_owned(),
        environment: Environment::Demo,
        hosts,
        aws_account: Some(ACCOUNT.to_owned()),
        login: Some(sign_in::way()),
        ..documented
    }
}
