//! What somebody saw who looked at a deployment last, kept so that the next look can say what has changed since. It holds
//! names, versions and sentences that the screen shows, and never a secret.
//!
//! ```text
//! Fleet, judgements ──▶ Picture ──kept──▶ … ──▶ changes(before, after, now) ──▶ Change, each a sentence
//! ```

mod changes;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::expiry::Expiry;
use super::facts::SecretFacts;
use super::finding::{Finding, Judgement, Severity};
use super::fleet::Fleet;
use super::span;
use super::subject::Subject;
use super::verdict::Health;

pub use changes::{Change, Kind, changes};

/// Stands in place of a rule's id where a clock is near its end.
pub const EXPIRES: &str = "EXPIRES";

/// What tells one thing that is wrong from another: rule and subject. Its sentence may change with the time of day.
pub type Key = (String, String);

/// All that is kept of a deployment between two evenings at the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastLook {
    /// The deployment's name.
    pub deployment: String,
    /// What was seen, once everything had been.
    pub looked: Option<Looked>,
    /// Where the console stood when it lost its terminal; `None` when it was left.
    pub place: Option<Place>,
}

/// A picture, and when somebody saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// When.
    pub at: Timestamp,
    /// What.
    pub picture: Picture,
}

/// Where the console stood.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// The view, as the keymap names it: `hosts`.
    pub view: String,
    /// The row under the cursor.
    pub row: Option<String>,
    /// The host whose page was open.
    pub host: Option<String>,
    /// The log that was open.
    pub log: Option<OpenLog>,
}

/// A log that was open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenLog {
    /// Host.
    pub host: String,
    /// Container there.
    pub container: String,
    /// How far around it logs were merged, as the view names it: `service`.
    #[serde(default)]
    pub reach: String,
}

/// What there was to see.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Picture {
    /// What was wrong, and the clocks near their end; one for each rule and subject, worst first.
    pub standing: Vec<Standing>,
    /// Rules that could not see all they need, each with the host or secret that it could not see, where it looks at several.
    #[serde(skip)]
    pub unsure: BTreeSet<(String, Option<String>)>,
    /// Current version of each secret by its path.
    pub secrets: BTreeMap<String, u64>,
    /// Live secret-ids by the start of their accessor; `None` when the ledger cannot be read.
    pub secret_ids: Option<BTreeMap<String, Issued>>,
}

/// One thing that is wrong, or a clock near its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The rule's id; [`EXPIRES`] for a clock.
    pub rule: String,
    /// What it is about.
    pub subject: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is said.
    pub sentence: String,
    /// Whether somebody has taken it on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub acknowledged: bool,
}

/// A live secret-id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// The host it was issued for.
    pub host: Option<String>,
    /// When it ends.
    pub expires: Option<Timestamp>,
}

impl Standing {
    /// What tells it from others.
    pub fn name(&self) -> (&str, &str) {
        (&self.rule, &self.subject)
    }

    /// The same, to be kept.
    pub fn key(&self) -> Key {
        (self.rule.clone(), self.subject.clone())
    }

    fn of_finding(finding: &Finding) -> Self {
        Self {
            rule: finding.id.to_owned(),
            subject: finding.subject.to_string(),
            severity: finding.severity,
            sentence: finding.headline.clone(),
            acknowledged: finding.acknowledged.is_some(),
        }
    }

    fn of_expiry(expiry: &Expiry, now: Timestamp) -> Option<Self> {
        let severity = match expiry.health {
            Health::Bad => Severity::Critical,
            Health::Warn => Severity::Warning,
            _ => return None,
        };
        let sentence = format!("{}, {}: {}", expiry.what, span::clock(expiry.at, now), expiry.consequence);
        Some(Self {
            rule: EXPIRES.to_owned(),
            subject: expiry.what.clone(),
            severity,
            sentence,
            acknowledged: false,
        })
    }
}

impl Picture {
    /// What there is to see of a fleet at a moment.
    pub fn of(fleet: &Fleet, judgements: &[Judgement], expiries: &[Expiry], now: Timestamp) -> Self {
        let findings: Vec<_> = judgements.iter().flat_map(|judgement| &judgement.findings).collect();
        let near = expiries.iter().filter_map(|expiry| Some((expiry, Standing::of_expiry(expiry, now)?)));
        let near =
            near.filter(|(expiry, clock)| !findings.iter().any(|finding| says(finding, expiry, clock)));
        let mut standing: Vec<_> = findings.iter().map(|finding| Standing::of_finding(finding)).collect();
        standing.extend(near.map(|(_, clock)| clock));
        standing.sort_by_key(|standing| std::cmp::Reverse(standing.severity));
        let mut keys = BTreeSet::new();
        standing.retain(|standing| keys.insert(standing.key()));
        let unsure = judgements.iter().flat_map(|judgement| {
            let subjects =
                judgement.unseen.iter().map(|unseen| unseen.subject.as_ref().map(ToString::to_string));
            subjects.map(|subject| (judgement.rule.to_owned(), subject))
        });
        Self {
            standing,
            unsure: unsure.collect(),
            secrets: secrets(fleet, now),
            secret_ids: secret_ids(fleet, now),
        }
    }

    /// What stands, by what tells it from others.
    pub fn by_key(&self) -> BTreeMap<(&str, &str), &Standing> {
        self.standing.iter().map(|standing| (standing.name(), standing)).collect()
    }

    /// Whether a rule could not see a subject, so that what it does not say of it may still hold.
    pub fn is_unsure(&self, rule: &str, subject: &str) -> bool {
        let of_rule = self.unsure.iter().filter(|(unsure, _)| unsure == rule);
        let mut unseen = of_rule.map(|(_, unseen)| unseen.as_deref());
        unseen.any(|unseen| unseen.is_none_or(|unseen| is_part(subject, unseen)))
    }

    /// The same picture with what an earlier one had where this one cannot tell.
    #[must_use]
    pub fn over(mut self, before: &Self) -> Self {
        let present = self.by_key();
        let hidden = before.by_key().into_iter().filter(|((rule, subject), _)| {
            !present.contains_key(&(*rule, *subject)) && self.is_unsure(rule, subject)
        });
        let hidden: Vec<_> = hidden.map(|(_, standing)| standing.clone()).collect();
        self.standing.extend(hidden);
        for (path, version) in &before.secrets {
            self.secrets.entry(path.clone()).or_insert(*version);
        }
        self.secret_ids = self.secret_ids.or_else(|| before.secret_ids.clone());
        self
    }
}

/// Whether a subject is another one or a part of it: `authentik-3 agent` of `authentik-3`.
fn is_part(subject: &str, whole: &str) -> bool {
    subject.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Whether a finding says already what a clock would.
fn says(finding: &Finding, expiry: &Expiry, clock: &Standing) -> bool {
    let rules: &[&str] = match expiry.subject {
        Subject::Token => &["TOK-EXPIRING"],
        Subject::Role => &["SID-EXPIRING"],
        Subject::Rds if expiry.what.starts_with("rds certificate") => &["RDS-CERT"],
        Subject::Rds => &["RDS-MAINT"],
        _ => return false,
    };
    let concerns = finding.subject == expiry.subject
        || finding.subject.host().is_some_and(|host| expiry.what.split([' ', ',']).any(|word| word == host));
    finding.severity >= clock.severity && rules.contains(&finding.id) && concerns
}

fn secrets(fleet: &Fleet, now: Timestamp) -> BTreeMap<String, u64> {
    let version = |path: &String| {
        let seen = fleet.seen::<SecretFacts>(&Subject::Secret(path.clone()), now).ok()?;
        Some((path.clone(), seen.current))
    };
    fleet.deployment.secrets.iter().filter_map(|secret| version(&secret.path)).collect()
}

fn secret_ids(fleet: &Fleet, now: Timestamp) -> Option<BTreeMap<String, Issued>> {
    let role = fleet.role(now).ok()?;
    let ledger = role.facts.ledger.as_ref().ok()?;
    let live = ledger.iter().filter(|secret_id| secret_id.live(now));
    let issued = live.map(|secret_id| {
        let issued = Issued { host: secret_id.host.clone(), expires: secret_id.expires };
        (secret_id.short(), issued)
    });
    Some(issued.collect())
}
