//! How far a secret's newest version has come: written in KV, rendered on each host, loaded by server and worker.
//!
//! ```text
//! KV version N ──≤ interval──▶ .env on the host ──restart──▶ environment of server and worker
//! ```
//! A process's environment never changes: a container started before the last change of `.env` runs on the old values
//! until it is restarted.

use jiff::Timestamp;
use serde::Serialize;

use super::deployment::SecretSpec;
use super::facts::{EnvFacts, HostFacts, SecretFacts, Service};
use super::fleet::Fleet;
use super::span;
use super::trouble::Trouble;

/// An agent reads again after 0.85 to 0.95 of its interval; what is late by this much more is behind.
const PATIENCE_PERCENT: i64 = 110;

/// A file's time is told in whole seconds, by a clock that is not Vault's: what was rendered at once may look older than what
/// it was rendered from by so many seconds, and would be believed to lag for ever where the next version has the same values.
const CLOCKS_AGREE_SECONDS: i64 = 2;

/// Which version of a secret a host's `.env` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum Rendered {
    /// The template writes the version into the file.
    Marked {
        /// That version.
        version: u64,
    },
    /// Concluded from times, because the template writes no version.
    Inferred {
        /// The likely version.
        version: u64,
        /// From what.
        because: String,
    },
    /// Not to be told.
    Unknown {
        /// Why.
        why: String,
    },
}

impl Rendered {
    /// The version, where there is one.
    pub fn version(&self) -> Option<u64> {
        match self {
            Self::Marked { version } | Self::Inferred { version, .. } => Some(*version),
            Self::Unknown { .. } => None,
        }
    }

    /// The version as cells show it: `8`, `~8` where it is inferred, `?`.
    pub fn sign(&self) -> String {
        match self {
            Self::Marked { version } => version.to_string(),
            Self::Inferred { version, .. } => format!("~{version}"),
            Self::Unknown { .. } => "?".to_owned(),
        }
    }
}

/// How one secret stands on one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Arrival {
    /// The secret's path below the mount.
    pub path: String,
    /// The secret's name: `database`.
    pub name: String,
    /// What the host holds.
    pub rendered: Rendered,
    /// What KV holds; 0 when it holds nothing.
    pub current: u64,
    /// When the first version that the host lacks was written; `None` when it lacks none.
    pub lacks_since: Option<Timestamp>,
    /// Whether the host had time enough to render it.
    pub overdue: bool,
}

/// How every secret of the deployment stands on a host, in the profile's order.
///
/// # Errors
/// Why host, `.env` or one of the secrets could not be looked at.
pub fn arrivals(fleet: &Fleet, host: &str, now: Timestamp) -> Result<Vec<Arrival>, Trouble> {
    fleet.deployment.secrets.iter().map(|secret| arrival(fleet, host, secret, now)).collect()
}

/// How one secret stands on a host.
///
/// # Errors
/// Why host, `.env` or secret could not be looked at.
pub fn arrival(fleet: &Fleet, host: &str, secret: &SecretSpec, now: Timestamp) -> Result<Arrival, Trouble> {
    let seen = fleet.host(host, now)?;
    let env = seen.facts.env.as_ref().map_err(Trouble::clone)?;
    let versions = fleet.secret(&secret.path, now)?;
    let rendered = rendered(fleet, host, secret, env, versions.facts, now);
    let lacks_since = rendered.version().and_then(|version| first_after(versions.facts, version));
    let patience = patience_seconds(seen.facts);
    Ok(Arrival {
        path: secret.path.clone(),
        name: secret.name().to_owned(),
        overdue: lacks_since.is_some_and(|since| span::seconds(since, now) > patience),
        rendered,
        current: versions.current,
        lacks_since,
    })
}

/// Seconds within which a host must have rendered a new version: 1.1 times its own interval.
pub fn patience_seconds(host: &HostFacts) -> i64 {
    let interval =
        host.agent_config.as_ref().map_or(DEFAULT_INTERVAL, |config| config.render_interval_seconds);
    interval * PATIENCE_PERCENT / 100
}

/// `static_secret_render_interval` unless the configuration says otherwise, in seconds.
const DEFAULT_INTERVAL: i64 = 300;

/// A container that runs on values older than the `.env` beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale {
    /// When the container started, and read `.env`.
    pub started: Timestamp,
    /// When `.env` last changed.
    pub changed: Timestamp,
}

/// Whether a container has not loaded what its host's `.env` holds.
///
/// # Errors
/// Why host, `.env` or containers could not be looked at.
pub fn stale(fleet: &Fleet, host: &str, service: Service, now: Timestamp) -> Result<Option<Stale>, Trouble> {
    let seen = fleet.host(host, now)?;
    let env = seen.facts.env.as_ref().map_err(Trouble::clone)?;
    let containers = fleet.containers(host, now)?;
    let running = containers.facts.of(service).filter(|container| container.running());
    let (Some(stat), Some(started)) = (&env.file.stat, running.and_then(|container| container.started))
    else {
        return Ok(None);
    };
    let changed = stat.modified;
    Ok((changed > started).then_some(Stale { started, changed }))
}

fn rendered(
    fleet: &Fleet,
    host: &str,
    secret: &SecretSpec,
    env: &EnvFacts,
    versions: &SecretFacts,
    now: Timestamp,
) -> Rendered {
    if let Some(version) = env.markers.get(secret.name()) {
        return Rendered::Marked { version: *version };
    }
    let Some(stat) = &env.file.stat else { return Rendered::Unknown { why: ".env is not there".to_owned() } };
    if let Some(twin) = up_to_date_twin(fleet, host, secret, env, versions, now) {
        let because = format!("its values equal those of {twin}, which holds {}", versions.current);
        return Rendered::Inferred { version: versions.current, because };
    }
    match versions.version_at(span::after(stat.modified, CLOCKS_AGREE_SECONDS)) {
        Some(version) => Rendered::Inferred { version, because: from_times(version, stat.modified, now) },
        None => Rendered::Unknown { why: ".env is older than every version that KV keeps".to_owned() },
    }
}

fn from_times(version: u64, changed: Timestamp, now: Timestamp) -> String {
    format!("version {version} was the newest when .env last changed, {}", span::clock(changed, now))
}

/// Another host with the same values whose file is known to hold the current version.
fn up_to_date_twin<'a>(
    fleet: &'a Fleet,
    host: &str,
    secret: &SecretSpec,
    env: &EnvFacts,
    versions: &SecretFacts,
    now: Timestamp,
) -> Option<&'a str> {
    let written = versions.current_version()?.created?;
    let is_twin = |other: &&String| {
        let Ok(seen) = fleet.host(other, now) else { return false };
        let Ok(its) = &seen.facts.env else { return false };
        let after = its
            .file
            .stat
            .as_ref()
            .is_some_and(|stat| span::after(stat.modified, CLOCKS_AGREE_SECONDS) >= written);
        let marked = its.markers.get(secret.name()).map(|version| *version == versions.current);
        marked.unwrap_or(after) && !env.digests.is_empty() && its.digests == env.digests
    };
    let others = fleet.deployment.hosts.iter().filter(|other| *other != host);
    others.into_iter().find(is_twin).map(String::as_str)
}

/// When the first version after this one was written.
fn first_after(versions: &SecretFacts, version: u64) -> Option<Timestamp> {
    if version >= versions.current {
        return None;
    }
    let later = versions.versions.range(version + 1..=versions.current);
    let first = later.filter_map(|(_, dates)| dates.created).min();
    first.or(versions.updated)
}
