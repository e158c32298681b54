//! What somebody saw who looked at a deployment last, kept so that the next look can say what has changed since. It holds
//! names, versions and sentences that the screen shows, and never a secret.
//!
//! ```text
//! Fleet, judgements ──▶ Picture ──kept──▶ … ──▶ changes(before, after, now) ──▶ Change, each a sentence
//! ```

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
    /// Host and container whose log was open.
    pub log: Option<(String, String)>,
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

/// One thing that is otherwise than it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What kind it is of.
    pub kind: Kind,
    /// How it is now.
    pub health: Health,
    /// What has changed, in a sentence.
    pub words: String,
}

/// Kinds of changes, in the order in which they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Something is wrong that was not.
    New,
    /// Something is worse than it was.
    Worse,
    /// Something is not wrong any more.
    Ended,
    /// A secret has another version.
    Version,
    /// A secret-id was issued, or is none any more.
    SecretId,
}

impl Kind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Worse => "worse",
            Self::Ended => "ended",
            Self::Version => "version",
            Self::SecretId => "approle",
        }
    }
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

/// What is otherwise in one picture than in an earlier one, worst first. What cannot be seen now is not said to have ended.
pub fn changes(before: &Picture, after: &Picture, now: Timestamp) -> Vec<Change> {
    let mut changes = came(before, after);
    changes.extend(ended(before, after));
    changes.extend(versions(before, after));
    changes.extend(issued(before, after, now));
    changes.sort_by_key(|change| change.kind);
    changes
}

fn came(before: &Picture, after: &Picture) -> Vec<Change> {
    let earlier = before.by_key();
    let open = after.standing.iter().filter(|standing| !standing.acknowledged);
    let changed = open.filter_map(|standing| {
        let kind = match earlier.get(&standing.name()) {
            None => Kind::New,
            Some(earlier) if earlier.severity < standing.severity => Kind::Worse,
            Some(_) => return None,
        };
        let words = format!("{}: {}", standing.severity.name(), standing.sentence);
        Some(Change { kind, health: standing.severity.health(), words })
    });
    changed.collect()
}

fn ended(before: &Picture, after: &Picture) -> Vec<Change> {
    let present = after.by_key();
    let gone = before.standing.iter().filter(|standing| {
        let key = standing.name();
        // a clock that has run out is told by what follows from it
        standing.rule != EXPIRES
            && !standing.acknowledged
            && !present.contains_key(&key)
            && !after.is_unsure(key.0, key.1)
    });
    let change = |standing: &Standing| Change {
        kind: Kind::Ended,
        health: Health::Ok,
        words: format!("no longer: {}", standing.sentence),
    };
    gone.map(change).collect()
}

fn versions<'a>(before: &'a Picture, after: &'a Picture) -> impl Iterator<Item = Change> + 'a {
    let moved = after.secrets.iter().filter_map(|(path, version)| {
        let earlier = before.secrets.get(path).filter(|earlier| *earlier != version)?;
        Some(Change {
            kind: Kind::Version,
            health: Health::Ok,
            words: format!("{} {earlier} → {version}", path.rsplit('/').next().unwrap_or(path)),
        })
    });
    moved
}

fn issued(before: &Picture, after: &Picture, now: Timestamp) -> Vec<Change> {
    let (Some(earlier), Some(present)) = (&before.secret_ids, &after.secret_ids) else { return Vec::new() };
    let change = |health, words| Change { kind: Kind::SecretId, health, words };
    let gone = earlier.iter().filter(|(accessor, _)| !present.contains_key(*accessor));
    let gone = gone.map(|(accessor, issued)| match issued.expires.filter(|expires| *expires <= now) {
        Some(at) => {
            change(Health::Warn, format!("{} has expired, {}", name(accessor, issued), span::clock(at, now)))
        }
        None => change(Health::Ok, format!("{} was destroyed", name(accessor, issued))),
    });
    let fresh = present.iter().filter(|(accessor, _)| !earlier.contains_key(*accessor));
    let fresh =
        fresh.map(|(accessor, issued)| change(Health::Ok, format!("{} was issued", name(accessor, issued))));
    gone.chain(fresh).collect()
}

fn name(accessor: &str, issued: &Issued) -> String {
    match &issued.host {
        Some(host) => format!("secret-id {accessor}… of {host}"),
        None => format!("secret-id {accessor}…"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(rule: &str, severity: Severity) -> Standing {
        Standing {
            rule: rule.to_owned(),
            subject: "authentik-3".to_owned(),
            severity,
            sentence: format!("authentik-3 has {rule}"),
            acknowledged: false,
        }
    }

    fn picture(standing: Vec<Standing>, database: u64, secret_ids: &[(&str, &str)]) -> Picture {
        let issued = secret_ids.iter().map(|(accessor, expires)| {
            let host = Some("authentik-1".to_owned());
            ((*accessor).to_owned(), Issued { host, expires: Some(expires.parse().unwrap()) })
        });
        Picture {
            standing,
            secrets: [("cwiq/shared/authentik/database".to_owned(), database)].into(),
            secret_ids: Some(issued.collect()),
            ..Picture::default()
        }
    }

    fn words(before: &Picture, after: &Picture) -> Vec<String> {
        let changes = changes(before, after, "2026-11-22T14:00:00Z".parse().unwrap());
        changes.into_iter().map(|change| format!("{} | {}", change.kind.name(), change.words)).collect()
    }

    #[test]
    fn every_kind_of_change_is_told_in_a_sentence() {
        let before = picture(
            vec![standing("SEALED", Severity::Critical), standing("SID-EXPIRING", Severity::Warning)],
            7,
            &[("a1b2c3d4", "2026-11-22T09:41:00Z"), ("b2c3d4e5", "2026-12-24T00:00:00Z")],
        );
        let after = picture(
            vec![standing("SID-EXPIRING", Severity::High), standing("AG-AUTH-LOOP", Severity::Critical)],
            8,
            &[("c3d4e5f6", "2026-12-24T00:00:00Z")],
        );
        assert_eq!(
            words(&before, &after),
            [
                "new | critical: authentik-3 has AG-AUTH-LOOP",
                "worse | high: authentik-3 has SID-EXPIRING",
                "ended | no longer: authentik-3 has SEALED",
                "version | database 7 → 8",
                "approle | secret-id a1b2c3d4… of authentik-1 has expired, 09:41",
                "approle | secret-id b2c3d4e5… of authentik-1 was destroyed",
                "approle | secret-id c3d4e5f6… of authentik-1 was issued",
            ]
        );
        assert_eq!(words(&after, &after), Vec::<String>::new());
    }

    #[test]
    fn what_cannot_be_seen_is_not_said_to_have_ended_and_is_kept() {
        let before = picture(vec![standing("SEALED", Severity::Critical)], 7, &[]);
        let unseen = |subject: &str| ("SEALED".to_owned(), Some(subject.to_owned()));
        let elsewhere = Picture { unsure: [unseen("authentik-30")].into(), ..Picture::default() };
        assert_eq!(words(&before, &elsewhere), ["ended | no longer: authentik-3 has SEALED"]);
        let after = Picture { unsure: [unseen("authentik-3")].into(), ..Picture::default() };
        assert_eq!(words(&before, &after), Vec::<String>::new());
        let kept = after.over(&before);
        assert_eq!(kept.standing, before.standing);
        assert_eq!((kept.secrets, kept.secret_ids), (before.secrets, before.secret_ids));
    }

    #[test]
    fn what_somebody_has_taken_on_is_neither_new_nor_ended() {
        let taken_on = Standing { acknowledged: true, ..standing("SEALED", Severity::Critical) };
        let (with, without) = (picture(vec![taken_on], 7, &[]), picture(vec![], 7, &[]));
        assert_eq!(words(&without, &with), Vec::<String>::new());
        assert_eq!(words(&with, &without), Vec::<String>::new());
    }
}
