//! What of the fleet stands beside a page: the same verdicts and findings as everywhere, with the same reasons.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::expiry;
use crate::model::finding::{self, Rule, Sight};
use crate::model::fleet::Fleet;
use crate::model::health;
use crate::model::span;
use crate::model::subject::Subject;
use crate::model::verdict::{Evidence, Health, Verdict};

/// Hosts that are shown at most, worst first: a page teaches, and home shows all.
const MOST_HOSTS: usize = 3;

/// Something of the fleet.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exhibit {
    /// A station of the injection flow, by the start of its name.
    Station(String),
    /// What a rule says, by its id.
    Rule(String),
    /// A cell of each host, as home calls it.
    Cell(String),
    /// The operator's token.
    YourToken,
    /// What ends next.
    NextToExpire,
}

/// What is seen of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// What it is: `AppRole`, `authentik-3 · agent`.
    pub name: String,
    /// What is said about it, and why.
    pub verdict: Verdict,
    /// Where to look again.
    #[serde(skip)]
    pub subject: Subject,
}

/// The cell of a host.
type Cell = fn(&Fleet, &str, Timestamp) -> Verdict;

impl Exhibit {
    /// Whether what it names is there.
    pub fn is_known(&self) -> bool {
        match self {
            Self::Station(name) => STATIONS.contains(&name.as_str()),
            Self::Rule(id) => rule(id).is_some(),
            Self::Cell(name) => cell(name).is_some(),
            Self::YourToken | Self::NextToExpire => true,
        }
    }

    /// What is seen of it now; nothing of what is not there.
    pub fn shown(&self, fleet: &Fleet, now: Timestamp) -> Vec<Shown> {
        match self {
            Self::Station(name) => station(fleet, name, now).into_iter().collect(),
            Self::Rule(id) => rule(id).map(|rule| said(rule, fleet, now)).into_iter().collect(),
            Self::Cell(name) => cell(name).map_or_else(Vec::new, |cell| cells(fleet, name, cell, now)),
            Self::YourToken => vec![Shown {
                name: "your token".to_owned(),
                verdict: health::token(fleet, now),
                subject: Subject::Token,
            }],
            Self::NextToExpire => next_to_expire(fleet, now).into_iter().collect(),
        }
    }
}

/// How the names of the stations begin.
const STATIONS: [&str; 7] = ["ansible", "AppRole", "token", "secrets", ".env", "server, worker", "database"];

fn station(fleet: &Fleet, name: &str, now: Timestamp) -> Option<Shown> {
    let step = health::flow(fleet, now).into_iter().find(|step| step.name.starts_with(name))?;
    Some(Shown { name: step.name.to_owned(), verdict: step.verdict, subject: step.subject })
}

fn cell(name: &str) -> Option<Cell> {
    Some(match name {
        "ssh" => health::ssh,
        "agent" => health::agent,
        "secret-id" => health::secret_id,
        ".env" => health::env,
        "server" => health::server,
        "worker" => health::worker,
        _ => return None,
    })
}

fn cells(fleet: &Fleet, name: &str, cell: Cell, now: Timestamp) -> Vec<Shown> {
    let hosts = fleet.deployment.hosts.iter();
    let mut all: Vec<_> = hosts
        .map(|host| Shown {
            name: format!("{host} · {name}"),
            verdict: cell(fleet, host, now),
            subject: Subject::Host(host.clone()),
        })
        .collect();
    if all.len() > MOST_HOSTS {
        all.sort_by_key(|shown| std::cmp::Reverse(shown.verdict.health));
        all.truncate(MOST_HOSTS);
    }
    all
}

fn rule(id: &str) -> Option<&'static Rule> {
    finding::rules().find(|rule| rule.id == id)
}

fn said(rule: &Rule, fleet: &Fleet, now: Timestamp) -> Shown {
    let Sight { findings, unseen, exempt } = (rule.judge)(fleet, now);
    let worst = findings.into_iter().max_by_key(|finding| finding.severity);
    let subject = worst.as_ref().map(|finding| finding.subject.clone());
    let subject = subject.or_else(|| unseen.iter().find_map(|unseen| unseen.subject.clone()));
    let verdict = match (worst, unseen.first()) {
        (Some(finding), _) => Verdict {
            health: finding.severity.health(),
            words: finding.headline,
            because: finding.evidence,
            so: String::new(),
            fix: finding.fix,
            changes: None,
        },
        (None, Some(unseen)) => {
            Verdict::new(Health::Unknown, format!("cannot be told: {}", unseen.trouble.what))
                .because(Evidence::of("vaultdeck", unseen.trouble.sentence()))
        }
        (None, None) => {
            let why = exempt.map_or_else(
                || format!("quiet; it would say: {}", rule.title),
                |why| format!("does not apply: {why}"),
            );
            Verdict::new(Health::Ok, why)
        }
    };
    Shown {
        name: rule.id.to_owned(),
        verdict: verdict.so(rule.about).in_order(),
        subject: subject.unwrap_or(Subject::Station),
    }
}

fn next_to_expire(fleet: &Fleet, now: Timestamp) -> Option<Shown> {
    let next = expiry::expiries(fleet, now).into_iter().next()?;
    let words = format!("{} in {}", next.what, span::between(next.at, now));
    let verdict = Verdict::new(next.health, words).so(next.consequence).counting(next.at, now);
    Some(Shown { name: "next to expire".to_owned(), verdict, subject: next.subject })
}
