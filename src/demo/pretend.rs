//! The pretend system as one plain value, and the one way in which its time passes: [`Pretend::advance`] lets
//! everything that is due happen, in order, each at its own moment.
//!
//! ```text
//! advance(to): while something is due ≤ to: now = its moment, it happens ─▶ now = to
//! ```
//! So it makes no difference in how many steps a moment is reached, and only changes from outside need saving.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::agent::Versions;
use super::agent_words::ReadFailure;
use super::approle::Role;
use super::database::Database;
use super::dice::{Dice, after};
use super::happening::Happening;
use super::host::Host;
use super::kv::{CONFIG, DATABASE, Kv};

/// Everything there is: the systems, not what is seen of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pretend {
    /// Scenario it began with.
    pub(super) scenario: String,
    /// Source of all chance.
    pub(super) dice: Dice,
    /// The moment it has been advanced to.
    pub(super) now: Timestamp,
    /// The Vault server.
    pub(super) vault: Vault,
    /// The KV engine.
    pub(super) kv: Kv,
    /// The agents' policy.
    pub(super) policy: Policy,
    /// The AppRole role; `None` where the method is not enabled or the role not written.
    pub(super) role: Option<Role>,
    /// Whether the AppRole method is enabled.
    pub(super) approle_enabled: bool,
    /// The operator at the control host.
    pub(super) operator: Operator,
    /// The RDS instance.
    pub(super) database: Database,
    /// Hosts in order.
    pub(super) hosts: Vec<Host>,
    /// What will happen by itself.
    pub(super) script: VecDeque<(Timestamp, Happening)>,
    /// Texts of secrets that were written, by the number that stands for each.
    #[serde(default)]
    pub(super) texts: BTreeMap<u64, String>,
    /// Other policies than the agents', by name.
    #[serde(default)]
    pub(super) policies: BTreeMap<String, String>,
    /// Tokens that runs have issued.
    #[serde(default)]
    pub(super) tokens: Vec<Token>,
    /// Counts what was made, so that each thing has its own name.
    pub(super) made: u64,
}

/// The Vault server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Vault {
    /// Whether it listens.
    pub(super) up: bool,
    /// Whether it is sealed.
    pub(super) sealed: bool,
    /// Its clock minus the control host's, in seconds.
    pub(super) clock_offset: f64,
}

/// The agents' policy on the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Policy {
    /// There is none.
    Absent,
    /// As documented.
    Documented,
    /// Another text.
    Other(String),
}

/// A token that a run has issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Token {
    /// Its accessor.
    pub(super) accessor: String,
    /// The token.
    pub(super) text: String,
    /// Names of its policies.
    pub(super) policies: Vec<String>,
    /// When it dies.
    pub(super) expires: Timestamp,
}

/// The operator and their token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Operator {
    /// Login name.
    pub(super) name: String,
    /// When the token was issued.
    pub(super) issued: Timestamp,
    /// When it dies.
    pub(super) expires: Timestamp,
    /// How long after its death the operator logs in again.
    pub(super) returns: Option<SignedDuration>,
    /// Paths that the operator's policies do not grant.
    pub(super) lacks: Vec<String>,
}

/// Who has something due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Script,
    Operator,
    Database,
    Host(usize),
}

/// Hosts by what is due first.
type HostsDue = BinaryHeap<Reverse<(Timestamp, Due)>>;

/// What a read of each of the template's secrets would give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) database: Result<u64, ReadFailure>,
    pub(super) config: Result<u64, ReadFailure>,
}

impl Reading {
    /// Versions, when every secret can be read.
    pub(super) fn versions(self) -> Option<Versions> {
        Some(Versions { database: self.database.ok()?, config: self.config.ok()? })
    }

    /// Paths that cannot be read, as the agent asks for them.
    pub(super) fn failures(self) -> impl Iterator<Item = (String, ReadFailure)> {
        [(DATABASE, self.database), (CONFIG, self.config)]
            .into_iter()
            .filter_map(|(path, reading)| Some((format!("secret/data/{path}"), reading.err()?)))
    }

    /// The same failure for every secret.
    pub(super) fn all(failure: ReadFailure) -> Self {
        Self { database: Err(failure), config: Err(failure) }
    }
}

impl Pretend {
    /// The moment it has been advanced to.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Scenario it began with.
    pub fn scenario(&self) -> &str {
        &self.scenario
    }

    /// Names of its hosts, in order.
    pub fn host_names(&self) -> Vec<String> {
        self.hosts.iter().map(|host| host.name.clone()).collect()
    }

    /// Lets time pass until a moment; a moment that has passed already changes nothing.
    pub fn advance(&mut self, to: Timestamp) {
        let mut hosts = self.hosts_due();
        while let Some((at, due)) = self.next_due(&hosts).filter(|(at, _)| *at <= to) {
            self.now = self.now.max(at);
            match due {
                Due::Host(index) => {
                    hosts.pop();
                    self.host_turn(index);
                    hosts.extend(self.host_due(index, self.reading()));
                    continue;
                }
                Due::Script => self.next_of_script(),
                Due::Operator => self.operator_logs_in(SignedDuration::from_hours(1)),
                Due::Database => self.database.go_on(self.now),
            }
            hosts = self.hosts_due();
        }
        self.pass(to);
    }

    /// Lets time pass until a moment before which nothing is due.
    pub(super) fn pass(&mut self, to: Timestamp) {
        self.now = self.now.max(to);
    }

    /// When something is due by itself, anywhere.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.next_due(&self.hosts_due()).map(|(at, _)| at)
    }

    /// When something on this host is due by itself.
    pub(super) fn due_on(&self, name: &str) -> Option<Timestamp> {
        let index = self.hosts.iter().position(|host| host.name == name)?;
        self.turn_of(index, self.reading()).map(|(at, _)| at)
    }

    /// A host by its name.
    pub(super) fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.iter().find(|host| host.name == name)
    }

    /// What an agent with a living token reads now.
    pub(super) fn reading(&self) -> Reading {
        if !self.vault.up {
            return Reading::all(ReadFailure::Unreachable);
        }
        if self.vault.sealed {
            return Reading::all(ReadFailure::Sealed);
        }
        if !self.policy.grants_reading() {
            return Reading::all(ReadFailure::Denied);
        }
        let version = |path| {
            let secret = self.kv.secret(path).and_then(|secret| secret.readable());
            secret.map(|(number, _)| number).ok_or(ReadFailure::Missing)
        };
        Reading { database: version(DATABASE), config: version(CONFIG) }
    }

    /// A new name for something that is made.
    pub(super) fn new_name(&mut self, kind: &str) -> Dice {
        self.made += 1;
        self.dice.about(kind).number(self.made)
    }

    fn next_due(&self, hosts: &HostsDue) -> Option<(Timestamp, Due)> {
        let script = self.script.front().map(|(at, _)| (*at, Due::Script));
        let operator = self.operator.returns_at().map(|at| (at, Due::Operator));
        let database = self.database.due().map(|at| (at, Due::Database));
        let host = hosts.peek().map(|Reverse(due)| *due);
        [script, operator, database, host].into_iter().flatten().min()
    }

    /// When each host has something due. What happens on one host changes nothing on this calendar for another; what
    /// happens elsewhere may change it all.
    fn hosts_due(&self) -> HostsDue {
        let reading = self.reading();
        (0..self.hosts.len()).filter_map(|index| self.host_due(index, reading)).collect()
    }

    fn host_due(&self, index: usize, reading: Reading) -> Option<Reverse<(Timestamp, Due)>> {
        self.turn_of(index, reading).map(|(at, _)| Reverse((at, Due::Host(index))))
    }

    fn next_of_script(&mut self) {
        if let Some((_, happening)) = self.script.pop_front() {
            self.happen(happening);
        }
    }
}

impl Policy {
    /// Whether tokens that carry it may read the two secrets.
    fn grants_reading(&self) -> bool {
        match self {
            Self::Absent => false,
            Self::Documented => true,
            Self::Other(text) => text.contains("secret/data/cwiq/shared/authentik"),
        }
    }
}

impl Operator {
    /// Whether the token is taken at a moment.
    pub(super) fn token_alive(&self, at: Timestamp) -> bool {
        at < self.expires
    }

    fn returns_at(&self) -> Option<Timestamp> {
        self.returns.map(|pause| after(self.expires, pause))
    }
}
