//! What `status --json` says: the contract with scripts, schema `vaultdeck.status/1`. Each field is described here and
//! in `status.schema.json`, and a test holds the two together. What is not known is `null`, never left out.

mod finding;
mod host;
mod rds;
mod vault;

use jiff::Timestamp;
use serde::Serialize;

use crate::model::deployment::{self, Environment};
use crate::model::expiry::{self, Expiry};
use crate::model::fleet::{Fleet, Kind, Look};
use crate::model::span;
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::model::verdict::Health;

pub use finding::{Acknowledged, Finding, Found};
pub use host::{Agent, Cells, Container, EnvFile, Host, Version};
pub use rds::{Database, Identity};
pub use vault::{Approle, Secret, Token, Vault};

/// Name and version of the contract.
pub const SCHEMA: &str = "vaultdeck.status/1";

/// Everything that is seen of one deployment at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `vaultdeck.status/1`.
    pub schema: &'static str,
    /// Which deployment.
    pub deployment: Deployment,
    /// The moment this was put together, UTC; ages and countdowns are counted from it.
    pub at: Timestamp,
    /// The Vault server.
    pub vault: Vault,
    /// The operator's own token.
    pub token: Token,
    /// The agents' AppRole role with its ledger of secret-ids.
    pub approle: Approle,
    /// KV secrets in the order of the profile. Their values are never read.
    pub secrets: Vec<Secret>,
    /// Hosts in the order of the profile or inventory.
    pub hosts: Vec<Host>,
    /// The RDS instance; `null` where the profile watches none.
    pub rds: Option<Database>,
    /// Everything that ends or happens by itself, next first.
    pub expiries: Vec<Ending>,
    /// What every rule says, also those that are ok.
    pub findings: Vec<Finding>,
    /// How fresh each source is.
    pub sources: Vec<Source>,
}

/// Which deployment it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deployment {
    /// The profile's name.
    pub name: String,
    /// `prod`, `staging`, `dev` or `demo`.
    pub environment: Environment,
}

/// Something that ends, or happens by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ending {
    /// When, UTC.
    pub at: Timestamp,
    /// Seconds until then; negative once it has passed.
    pub seconds: i64,
    /// What ends or happens.
    pub what: String,
    /// What follows.
    pub consequence: String,
    /// How near it is, by the thresholds of the profile.
    pub health: Health,
    /// Where to look.
    pub subject: String,
}

/// One thing that is looked at on its own, and how fresh what is known of it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// What is looked at: `vault`, `authentik-1 agent`.
    pub subject: String,
    /// Age of the last good look in seconds; `null` when there was none.
    pub age_seconds: Option<i64>,
    /// How long the latest look took, in milliseconds.
    pub took_ms: u64,
    /// Looks that failed since the last good one.
    pub failures: u32,
    /// Why the latest look failed; `null` when it did not.
    pub last_error: Option<Trouble>,
}

impl Report {
    /// What is believed about a fleet, as of now.
    pub fn of(fleet: &Fleet, now: Timestamp) -> Self {
        Self {
            schema: SCHEMA,
            deployment: Deployment::of(&fleet.deployment),
            at: now,
            vault: Vault::of(fleet, now),
            token: Token::of(fleet, now),
            approle: Approle::of(fleet, now),
            secrets: fleet
                .deployment
                .secrets
                .iter()
                .map(|secret| Secret::of(fleet, &secret.path, now))
                .collect(),
            hosts: fleet.deployment.hosts.iter().map(|name| Host::of(fleet, name, now)).collect(),
            rds: fleet.deployment.rds_instance.as_deref().map(|instance| Database::of(fleet, instance, now)),
            expiries: expiry::expiries(fleet, now)
                .into_iter()
                .map(|expiry| Ending::of(expiry, now))
                .collect(),
            findings: crate::model::finding::judge(fleet, now).into_iter().map(Finding::of).collect(),
            sources: fleet.looks().map(|(subject, look)| Source::of(subject, look, now)).collect(),
        }
    }
}

impl Deployment {
    fn of(deployment: &deployment::Deployment) -> Self {
        Self { name: deployment.name.clone(), environment: deployment.environment }
    }
}

impl Ending {
    fn of(expiry: Expiry, now: Timestamp) -> Self {
        Self {
            at: expiry.at,
            seconds: span::seconds(now, expiry.at),
            what: expiry.what,
            consequence: expiry.consequence,
            health: expiry.health,
            subject: expiry.subject.to_string(),
        }
    }
}

impl Source {
    fn of(subject: &Subject, look: &Look, now: Timestamp) -> Self {
        Self {
            subject: subject.to_string(),
            age_seconds: look.facts.as_ref().map(|(at, _)| span::seconds(*at, now)),
            took_ms: u64::try_from(look.took.as_millis()).unwrap_or(u64::MAX),
            failures: look.failures,
            last_error: look.trouble.as_ref().map(|(_, trouble)| trouble.clone()),
        }
    }
}

/// The last good facts of a subject however old: `sources` says how old they are and what is wrong since.
fn last<'a, T: Kind + 'a>(fleet: &'a Fleet, subject: &Subject) -> Option<&'a T> {
    fleet.last::<T>(subject).map(|seen| seen.facts)
}
