//! What is wrong: rules over the fleet, each with what it found, or why it could not tell.
//!
//! ```text
//! Rule ──judge(fleet, now)──▶ Sight { findings, unseen } ──acknowledgements──▶ Judgement: firing │ ok │ unknown (why)
//! ```
//! A rule that sees one host and not another can fire for the first and say that it does not know about the second:
//! firing wins as state, and what was not seen is listed. A rule that has nothing to look at (no RDS in the profile)
//! is `ok` and says that it does not apply.

mod agent;
mod approle;
mod container;
mod database;
mod host;
mod render;
mod secret;
mod sight;
mod token;
mod vault;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::deployment::{Acknowledgement, Deployment};
use super::fleet::Fleet;
use super::subject::Subject;
use super::trouble::TroubleKind;
use super::verdict::{Evidence, Health};

pub(super) use agent::secret_id_trap;
pub(super) use database::is_grave;
pub use sight::{Sight, Unseen};

/// How much a finding matters, worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nobody needs to act.
    Info,
    /// Will hurt later, or weakens a guard.
    Warning,
    /// Hurts somebody soon, or hides something that hurts.
    High,
    /// Hurts now.
    Critical,
}

impl Severity {
    /// The health that a cell with this finding has.
    pub fn health(self) -> Health {
        match self {
            Self::Info => Health::Ok,
            Self::Warning | Self::High => Health::Warn,
            Self::Critical => Health::Bad,
        }
    }

    /// The word for it: `critical`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It found something.
    Firing,
    /// It saw all it needs and found nothing.
    Ok,
    /// A signal is missing and nothing was found without it.
    Unknown,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its fixed name: `AG-HEALTHY-DEAD`.
    pub id: &'static str,
    /// How much it matters at its worst.
    pub severity: Severity,
    /// What is wrong when it fires, in a few words.
    pub title: &'static str,
    /// Why that matters and what follows from it.
    pub about: &'static str,
    /// What it looks at.
    pub reads: &'static [Signal],
    /// The rule itself.
    pub judge: fn(&Fleet, Timestamp) -> Sight,
}

/// What a rule looks at and cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// [`Subject::Vault`].
    Vault,
    /// [`Subject::Token`].
    Token,
    /// [`Subject::Access`].
    Access,
    /// [`Subject::Mounts`].
    Mounts,
    /// [`Subject::Policy`].
    Policy,
    /// [`Subject::Role`].
    Role,
    /// [`Subject::Secret`], each.
    Secrets,
    /// [`Subject::Host`], each.
    Hosts,
    /// [`Subject::Containers`] of each host.
    Containers,
    /// [`Subject::Agent`] of each host.
    Agents,
    /// [`Subject::Rds`].
    Rds,
    /// [`Subject::Account`].
    Account,
    /// [`Subject::Login`], only on demand.
    Login,
    /// [`Subject::Station`].
    Station,
}

impl Signal {
    /// The subjects behind it, on these hosts.
    pub fn subjects(self, deployment: &Deployment, hosts: &[String]) -> Vec<Subject> {
        let on_hosts = |subject: fn(String) -> Subject| hosts.iter().cloned().map(subject).collect();
        match self {
            Self::Vault => vec![Subject::Vault],
            Self::Token => vec![Subject::Token],
            Self::Access => vec![Subject::Access],
            Self::Mounts => vec![Subject::Mounts],
            Self::Policy => vec![Subject::Policy],
            Self::Role => vec![Subject::Role],
            Self::Secrets => {
                deployment.secrets.iter().map(|secret| Subject::Secret(secret.path.clone())).collect()
            }
            Self::Hosts => on_hosts(Subject::Host),
            Self::Containers => on_hosts(Subject::Containers),
            Self::Agents => on_hosts(Subject::Agent),
            Self::Rds => vec![Subject::Rds],
            Self::Account => vec![Subject::Account],
            Self::Login => vec![Subject::Login],
            Self::Station => vec![Subject::Station],
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's id.
    pub id: &'static str,
    /// How much this one matters.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// One line for a person: names the host and the cause.
    pub headline: String,
    /// Why it is said, newest first.
    pub evidence: Vec<Evidence>,
    /// The guided action that helps.
    pub fix: Option<&'static str>,
    /// Set when somebody has taken it on.
    pub acknowledged: Option<Acknowledgement>,
}

impl Finding {
    /// The same finding resting on one more piece of evidence.
    #[must_use]
    pub fn because(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// The same finding resting on more pieces of evidence.
    #[must_use]
    pub fn because_all(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    /// The same finding with the action that helps.
    #[must_use]
    pub fn fix(mut self, action: &'static str) -> Self {
        self.fix = Some(action);
        self
    }
}

/// What one rule says about one fleet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judgement {
    /// The rule's id.
    pub rule: &'static str,
    /// The rule's title.
    pub title: &'static str,
    /// What it says.
    pub state: State,
    /// The worst of its findings; the rule's own severity without findings.
    pub severity: Severity,
    /// What it found, worst first.
    pub findings: Vec<Finding>,
    /// What it could not look at.
    pub unseen: Vec<Unseen>,
    /// Why it is unknown, what it could not see beside its findings, or why it does not apply; one line.
    pub why: Option<String>,
    /// Set when somebody has taken on that it cannot see everything.
    pub acknowledged: Option<Acknowledgement>,
}

impl Judgement {
    /// Findings that nobody has taken on.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.acknowledged.is_none())
    }

    /// Whether all that keeps it from an answer is that nobody has asked for the look it needs.
    pub fn only_not_asked(&self) -> bool {
        self.state == State::Unknown
            && self.unseen.iter().all(|unseen| unseen.trouble.kind == TroubleKind::NotAsked)
    }
}

/// Every rule, by family.
static FAMILIES: &[&[Rule]] = &[
    token::RULES,
    vault::RULES,
    approle::RULES,
    agent::RULES,
    render::RULES,
    container::RULES,
    secret::RULES,
    database::RULES,
    host::RULES,
];

/// Every rule, in a fixed order.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().copied().flatten()
}

/// What every rule says about a fleet, in the order of [`rules`].
pub fn judge(fleet: &Fleet, now: Timestamp) -> Vec<Judgement> {
    rules().map(|rule| pronounce(rule, (rule.judge)(fleet, now), fleet, now)).collect()
}

fn pronounce(rule: &Rule, sight: Sight, fleet: &Fleet, now: Timestamp) -> Judgement {
    let Sight { mut findings, unseen, exempt } = sight;
    for finding in &mut findings {
        finding.id = rule.id;
        finding.acknowledged = acknowledgement(fleet, now, finding);
        finding.evidence.sort_by_key(|evidence| std::cmp::Reverse(evidence.at));
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let state = match (findings.is_empty(), unseen.is_empty()) {
        (false, _) => State::Firing,
        (true, true) => State::Ok,
        (true, false) => State::Unknown,
    };
    Judgement {
        rule: rule.id,
        title: rule.title,
        state,
        severity: findings.first().map_or(rule.severity, |worst| worst.severity),
        findings,
        why: exempt.map(|why| format!("does not apply: {why}")).or_else(|| sight::in_one_line(&unseen)),
        acknowledged: (!unseen.is_empty()).then(|| acknowledged_unknown(fleet, now, rule.id)).flatten(),
        unseen,
    }
}

fn acknowledgement(fleet: &Fleet, now: Timestamp, finding: &Finding) -> Option<Acknowledgement> {
    let concerns = |subject: &str| {
        finding.subject.to_string() == subject || finding.subject.host().is_some_and(|host| host == subject)
    };
    in_force(fleet, now, finding.id)
        .find(|acknowledgement| acknowledgement.subject.as_deref().is_none_or(concerns))
        .cloned()
}

fn acknowledged_unknown(fleet: &Fleet, now: Timestamp, rule: &str) -> Option<Acknowledgement> {
    in_force(fleet, now, rule).find(|acknowledgement| acknowledgement.unknown).cloned()
}

/// Acknowledgements of a rule whose last day, in UTC, has not passed.
fn in_force<'a>(
    fleet: &'a Fleet,
    now: Timestamp,
    rule: &'a str,
) -> impl Iterator<Item = &'a Acknowledgement> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let acknowledgements = fleet.deployment.acknowledgements.iter();
    acknowledgements
        .filter(move |acknowledgement| acknowledgement.rule == rule && acknowledgement.until >= today)
}
