//! What we believe about every subject right now, and how fresh that belief is. A failed look ages the picture and
//! never empties it: the last good facts stay beside the latest trouble.
//!
//! ```text
//! Observation ──record──▶ Look { facts, trouble } ──seen(now)──▶ facts | why not
//! ```

use std::collections::BTreeMap;
use std::ops::Deref;
use std::time::Duration;

use jiff::Timestamp;

use super::deployment::Deployment;
use super::facts::{
    AccessFacts, AccountFacts, AgentFacts, ContainersFacts, Facts, HostFacts, LoginFacts, MountsFacts,
    PolicyFacts, RdsFacts, RoleFacts, SecretFacts, StationFacts, TokenFacts, VaultFacts,
};
use super::subject::Subject;
use super::trouble::{Trouble, TroubleKind};

/// The outcome of one look.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// What was looked at.
    pub subject: Subject,
    /// When the look ended.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What it found.
    pub facts: Result<Facts, Trouble>,
}

/// What is held about one subject.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Look {
    /// Last good facts and when they were seen.
    pub facts: Option<(Timestamp, Facts)>,
    /// Trouble of the latest look; cleared by a good one.
    pub trouble: Option<(Timestamp, Trouble)>,
    /// How long the latest look took.
    pub took: Duration,
    /// Looks that failed since the last good one.
    pub failures: u32,
}

/// Everything that is believed about one deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    /// What the operator says the deployment is.
    pub deployment: Deployment,
    looks: BTreeMap<Subject, Look>,
}

/// Facts with the moment they were seen.
#[derive(Debug)]
pub struct Seen<'a, T> {
    /// When.
    pub at: Timestamp,
    /// What.
    pub facts: &'a T,
}

impl<T> Deref for Seen<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.facts
    }
}

impl<T> Clone for Seen<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Seen<'_, T> {}

impl Fleet {
    /// A fleet of which nothing has been seen yet.
    pub fn new(deployment: Deployment) -> Self {
        Self { deployment, looks: BTreeMap::new() }
    }

    /// Takes in the outcome of one look.
    pub fn record(&mut self, observation: Observation) {
        let look = self.looks.entry(observation.subject).or_default();
        look.took = observation.took;
        match observation.facts {
            Ok(facts) => {
                look.facts = Some((observation.at, facts));
                look.trouble = None;
                look.failures = 0;
            }
            Err(trouble) => {
                look.trouble = Some((observation.at, trouble));
                look.failures += 1;
            }
        }
    }

    /// What is held about a subject; `None` when it was never looked at.
    pub fn look(&self, subject: &Subject) -> Option<&Look> {
        self.looks.get(subject)
    }

    /// Everything that was ever looked at, in the order of subjects.
    pub fn looks(&self) -> impl Iterator<Item = (&Subject, &Look)> {
        self.looks.iter()
    }

    /// The last good facts of a subject however old, for showing.
    pub fn last<T: Kind>(&self, subject: &Subject) -> Option<Seen<'_, T>> {
        let (at, facts) = self.looks.get(subject)?.facts.as_ref()?;
        Some(Seen { at: *at, facts: T::of(facts)? })
    }

    /// The facts of a subject as a signal to judge by: the last good ones while they are fresh, else why there are none.
    pub fn seen<T: Kind>(&self, subject: &Subject, now: Timestamp) -> Result<Seen<'_, T>, Trouble> {
        let Some(look) = self.looks.get(subject) else { return Err(never_asked(subject)) };
        let stale = self.deployment.thresholds.stale_seconds;
        match (self.last::<T>(subject), &look.trouble) {
            (Some(seen), None) => Ok(seen),
            (Some(seen), Some(_)) if now.as_second() - seen.at.as_second() <= stale => Ok(seen),
            (_, Some((_, trouble))) => Err(trouble.clone()),
            (None, None) => Err(never_asked(subject)),
        }
    }

    /// The facts of a subject as a sign of life: as [`Self::seen`], but no longer once a second look in a row has failed.
    /// One may be a hiccup.
    pub fn reached<T: Kind>(&self, subject: &Subject, now: Timestamp) -> Result<Seen<'_, T>, Trouble> {
        let seen = self.seen(subject, now)?;
        match self.looks.get(subject) {
            Some(Look { trouble: Some((_, trouble)), failures: 2.., .. }) => Err(trouble.clone()),
            _ => Ok(seen),
        }
    }

    /// Whether there are facts of a subject that a second look in a row could not confirm.
    pub fn is_lost(&self, subject: &Subject) -> bool {
        self.looks.get(subject).is_some_and(|look| look.trouble.is_some() && look.failures > 1)
    }

    /// [`Subject::Vault`].
    pub fn vault(&self, now: Timestamp) -> Result<Seen<'_, VaultFacts>, Trouble> {
        self.seen(&Subject::Vault, now)
    }

    /// [`Subject::Token`].
    pub fn token(&self, now: Timestamp) -> Result<Seen<'_, TokenFacts>, Trouble> {
        self.seen(&Subject::Token, now)
    }

    /// [`Subject::Access`].
    pub fn access(&self, now: Timestamp) -> Result<Seen<'_, AccessFacts>, Trouble> {
        self.seen(&Subject::Access, now)
    }

    /// [`Subject::Mounts`].
    pub fn mounts(&self, now: Timestamp) -> Result<Seen<'_, MountsFacts>, Trouble> {
        self.seen(&Subject::Mounts, now)
    }

    /// [`Subject::Policy`].
    pub fn policy(&self, now: Timestamp) -> Result<Seen<'_, PolicyFacts>, Trouble> {
        self.seen(&Subject::Policy, now)
    }

    /// [`Subject::Role`].
    pub fn role(&self, now: Timestamp) -> Result<Seen<'_, RoleFacts>, Trouble> {
        self.seen(&Subject::Role, now)
    }

    /// [`Subject::Secret`].
    pub fn secret(&self, path: &str, now: Timestamp) -> Result<Seen<'_, SecretFacts>, Trouble> {
        self.seen(&Subject::Secret(path.to_owned()), now)
    }

    /// [`Subject::Host`].
    pub fn host(&self, host: &str, now: Timestamp) -> Result<Seen<'_, HostFacts>, Trouble> {
        self.seen(&Subject::Host(host.to_owned()), now)
    }

    /// [`Subject::Containers`].
    pub fn containers(&self, host: &str, now: Timestamp) -> Result<Seen<'_, ContainersFacts>, Trouble> {
        self.seen(&Subject::Containers(host.to_owned()), now)
    }

    /// [`Subject::Agent`].
    pub fn agent(&self, host: &str, now: Timestamp) -> Result<Seen<'_, AgentFacts>, Trouble> {
        self.seen(&Subject::Agent(host.to_owned()), now)
    }

    /// [`Subject::Rds`].
    pub fn rds(&self, now: Timestamp) -> Result<Seen<'_, RdsFacts>, Trouble> {
        self.seen(&Subject::Rds, now)
    }

    /// [`Subject::Account`].
    pub fn account(&self, now: Timestamp) -> Result<Seen<'_, AccountFacts>, Trouble> {
        self.seen(&Subject::Account, now)
    }

    /// [`Subject::Login`], as long as what was tried is what KV holds: of a newer version nobody has asked yet.
    pub fn login(&self, now: Timestamp) -> Result<Seen<'_, LoginFacts>, Trouble> {
        let login: Seen<'_, LoginFacts> = self.seen(&Subject::Login, now)?;
        let database = self.deployment.database_secret();
        let current = database.and_then(|secret| Some(self.secret(&secret.path, now).ok()?.facts.current));
        match current.filter(|current| *current > login.secret_version) {
            Some(current) => Err(never_asked(&Subject::Login)
                .because(format!("version {current} is newer than the one that was tried"))),
            None => Ok(login),
        }
    }

    /// [`Subject::Station`].
    pub fn station(&self, now: Timestamp) -> Result<Seen<'_, StationFacts>, Trouble> {
        self.seen(&Subject::Station, now)
    }
}

fn never_asked(subject: &Subject) -> Trouble {
    match subject {
        Subject::Login => Trouble::new("not asked")
            .kind(TroubleKind::NotAsked)
            .hint("press v on the database, or run `vaultdeck check --verify`"),
        _ => Trouble::new("not looked yet").kind(TroubleKind::NotLooked),
    }
}

/// Facts of one kind, found inside [`Facts`].
pub trait Kind: Sized {
    /// The facts, when they are of this kind.
    fn of(facts: &Facts) -> Option<&Self>;
}

macro_rules! kinds {
    ($($variant:ident $facts:ty;)*) => {$(
        impl Kind for $facts {
            fn of(facts: &Facts) -> Option<&Self> {
                if let Facts::$variant(facts) = facts { Some(facts) } else { None }
            }
        }
    )*};
}

kinds! {
    Vault VaultFacts;
    Token TokenFacts;
    Access AccessFacts;
    Mounts MountsFacts;
    Policy PolicyFacts;
    Role RoleFacts;
    Secret SecretFacts;
    Host HostFacts;
    Containers ContainersFacts;
    Agent AgentFacts;
    Rds RdsFacts;
    Account AccountFacts;
    Login LoginFacts;
    Station StationFacts;
}
