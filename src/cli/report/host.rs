//! Hosts in the report: a cell per column of the matrix, and the numbers behind them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use super::last;
use crate::model::agent_log::{self, Class};
use crate::model::facts::{
    self, AgentFacts, ContainerHealth, ContainerState, ContainersFacts, EnvFacts, HostFacts, Service,
};
use crate::model::fleet::Fleet;
use crate::model::health;
use crate::model::propagation::{self, Arrival, Rendered};
use crate::model::subject::Subject;
use crate::model::verdict::Verdict;

/// One host.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Host {
    /// Its name in the profile or inventory.
    pub name: String,
    /// How it does as a whole: the worst of its cells.
    pub verdict: Verdict,
    /// Its row of the matrix.
    pub cells: Cells,
    /// Round trip of one command over the open ssh session, in milliseconds.
    pub round_trip_ms: Option<u64>,
    /// Host clock minus our clock in seconds.
    pub clock_offset_seconds: Option<f64>,
    /// Whether the secret-id file is there.
    pub secret_id_file: Option<bool>,
    /// What the Vault Agent's log says.
    pub agent: Option<Agent>,
    /// The rendered `.env`, by names and times.
    pub env: Option<EnvFile>,
    /// Which version of each secret the `.env` holds.
    pub versions: Option<Vec<Version>>,
    /// Containers of the compose project.
    pub containers: Option<Vec<Container>>,
}

/// A host's row of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cells {
    /// The ssh session.
    pub ssh: Verdict,
    /// The agent's login.
    pub agent: Verdict,
    /// The host's secret-id.
    pub secret_id: Verdict,
    /// The rendered `.env` against KV.
    pub env: Verdict,
    /// authentik server.
    pub server: Verdict,
    /// authentik worker.
    pub worker: Verdict,
}

/// What a Vault Agent's log says, as `explain` does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Agent {
    /// Container whose log was read.
    pub container: String,
    /// `ok`, `starting`, `looping`, `stopped` or `failed`.
    pub state: agent_log::State,
    /// The problem in force; `none` without one.
    pub class: Class,
    /// First moment of the problem's present run, UTC.
    pub since: Option<Timestamp>,
    /// Failures in this run, as far as the log shows them.
    pub attempts: u32,
    /// The deciding line, without secrets.
    pub evidence: String,
    /// What to do.
    pub remedy: String,
    /// When the agent tries again, UTC.
    pub next_attempt: Option<Timestamp>,
    /// The latest login, UTC.
    pub last_login: Option<Timestamp>,
    /// The latest renewal of its token, UTC.
    pub last_renewal: Option<Timestamp>,
}

/// The rendered `.env`: names, times and flags; values never leave the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnvFile {
    /// Path.
    pub path: String,
    /// Last change of its content, UTC; `null` when it is not there.
    pub modified: Option<Timestamp>,
    /// Permission bits in octal: `0640`.
    pub mode: Option<String>,
    /// Whether it lies in RAM.
    pub on_ram: Option<bool>,
    /// Key names in the order of the file.
    pub keys: Vec<String>,
    /// Keys that hold `<no value>`.
    pub no_value: BTreeSet<String>,
}

/// Which version of a secret a host's `.env` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Path of the secret below the KV mount.
    pub secret: String,
    /// Version in the `.env`.
    pub version: Option<u64>,
    /// Version in KV.
    pub current: u64,
    /// `marker` where the template writes the version down, `inferred` where it follows from times, `unknown`.
    pub from: &'static str,
    /// From what it was inferred, or why it is unknown.
    pub because: Option<String>,
}

/// One container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// `agent`, `server`, `worker` or `other`.
    pub service: Service,
    /// Docker's `State.Status`.
    pub state: ContainerState,
    /// Docker's `State.Health.Status`; `null` without a health check.
    pub health: Option<ContainerHealth>,
    /// `RestartCount`.
    pub restarts: u64,
    /// When it started, UTC.
    pub started: Option<Timestamp>,
    /// Image as it was asked for.
    pub image: String,
}

impl Host {
    pub(super) fn of(fleet: &Fleet, name: &str, now: Timestamp) -> Self {
        let facts = last::<HostFacts>(fleet, &Subject::Host(name.to_owned()));
        let agent = last::<AgentFacts>(fleet, &Subject::Agent(name.to_owned()));
        let containers = last::<ContainersFacts>(fleet, &Subject::Containers(name.to_owned()));
        Self {
            name: name.to_owned(),
            verdict: health::host(fleet, name, now),
            cells: Cells::of(fleet, name, now),
            round_trip_ms: facts.map(|facts| facts.round_trip_millis),
            clock_offset_seconds: facts.map(|facts| facts.clock_offset_seconds),
            secret_id_file: facts.and_then(|facts| Some(facts.secret_id_file.as_ref().ok()?.present())),
            agent: agent.map(Agent::of),
            env: facts.and_then(|facts| facts.env.as_ref().ok()).map(EnvFile::of),
            versions: propagation::arrivals(fleet, name, now)
                .ok()
                .map(|arrivals| arrivals.into_iter().map(Version::of).collect()),
            containers: containers.map(|facts| facts.containers.iter().map(Container::of).collect()),
        }
    }
}

impl Cells {
    fn of(fleet: &Fleet, name: &str, now: Timestamp) -> Self {
        Self {
            ssh: health::ssh(fleet, name, now),
            agent: health::agent(fleet, name, now),
            secret_id: health::secret_id(fleet, name, now),
            env: health::env(fleet, name, now),
            server: health::server(fleet, name, now),
            worker: health::worker(fleet, name, now),
        }
    }
}

impl Agent {
    fn of(facts: &AgentFacts) -> Self {
        let reading = &facts.reading;
        Self {
            container: facts.container.clone(),
            state: reading.state,
            class: reading.class,
            since: reading.since,
            attempts: reading.attempts,
            evidence: reading.evidence.clone(),
            remedy: reading.remedy.clone(),
            next_attempt: reading.next_attempt,
            last_login: reading.last_login,
            last_renewal: reading.last_renewal,
        }
    }
}

impl EnvFile {
    fn of(facts: &EnvFacts) -> Self {
        let stat = facts.file.stat.as_ref();
        Self {
            path: facts.file.path.clone(),
            modified: stat.map(|stat| stat.modified),
            mode: stat.map(|stat| format!("{:04o}", stat.mode)),
            on_ram: facts.on_ram,
            keys: facts.keys.clone(),
            no_value: facts.no_value.clone(),
        }
    }
}

impl Version {
    fn of(arrival: Arrival) -> Self {
        let version = arrival.rendered.version();
        let (from, because) = match arrival.rendered {
            Rendered::Marked { .. } => ("marker", None),
            Rendered::Inferred { because, .. } => ("inferred", Some(because)),
            Rendered::Unknown { why } => ("unknown", Some(why)),
        };
        Self { secret: arrival.path, version, current: arrival.current, from, because }
    }
}

impl Container {
    fn of(container: &facts::Container) -> Self {
        Self {
            name: container.name.clone(),
            service: container.service,
            state: container.state,
            health: container.health,
            restarts: container.restarts,
            started: container.started,
            image: container.image.clone(),
        }
    }
}
