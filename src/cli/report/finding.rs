//! What the rules say, in the report.

use jiff::civil::Date;
use serde::Serialize;

use crate::model::deployment::Acknowledgement;
use crate::model::finding::{self, Judgement, Severity, State, Unseen};
use crate::model::trouble::TroubleKind;
use crate::model::verdict::Evidence;

/// What one rule says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's fixed name: `AG-HEALTHY-DEAD`.
    pub id: &'static str,
    /// What is wrong when it fires, in a few words.
    pub title: &'static str,
    /// `info`, `warning`, `high` or `critical`: the worst of what it found, else what the rule matters at its worst.
    pub severity: Severity,
    /// `firing`, `ok` or `unknown`.
    pub state: State,
    /// Why it is unknown, what it could not see beside what it found, or why it does not apply.
    pub why: Option<String>,
    /// Whether all that it lacks is a look that is made only when somebody asks (`check --verify`).
    pub not_asked: bool,
    /// Set when the profile takes on that it cannot see everything.
    pub acknowledged: Option<Acknowledged>,
    /// What it found, worst first; empty unless it fires.
    pub subjects: Vec<Found>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// What it is about: `authentik-3 agent`.
    pub subject: String,
    /// How much this one matters.
    pub severity: Severity,
    /// One line for a person.
    pub headline: String,
    /// Why it is said, newest first.
    pub evidence: Vec<Evidence>,
    /// The guided action that helps.
    pub fix: Option<&'static str>,
    /// Set when the profile takes it on.
    pub acknowledged: Option<Acknowledged>,
}

/// Taken on by somebody, until a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Acknowledged {
    /// Why it may wait.
    pub reason: String,
    /// Last day on which it may.
    pub until: Date,
}

impl Finding {
    pub(super) fn of(judgement: Judgement) -> Self {
        let not_asked = |unseen: &Unseen| unseen.trouble.kind == TroubleKind::NotAsked;
        Self {
            not_asked: !judgement.unseen.is_empty() && judgement.unseen.iter().all(not_asked),
            id: judgement.rule,
            title: judgement.title,
            severity: judgement.severity,
            state: judgement.state,
            why: judgement.why,
            acknowledged: judgement.acknowledged.map(Acknowledged::of),
            subjects: judgement.findings.into_iter().map(Found::of).collect(),
        }
    }
}

impl Finding {
    /// What it found that nobody has taken on.
    pub fn open(&self) -> impl Iterator<Item = &Found> {
        self.subjects.iter().filter(|found| found.acknowledged.is_none())
    }

    /// Whether something that it needs could not be seen, whatever it found beside that.
    pub fn is_blind(&self) -> bool {
        match self.state {
            State::Ok => false,
            State::Unknown => true,
            State::Firing => self.why.is_some(),
        }
    }
}

impl Found {
    fn of(finding: finding::Finding) -> Self {
        Self {
            subject: finding.subject.to_string(),
            severity: finding.severity,
            headline: finding.headline,
            evidence: finding.evidence,
            fix: finding.fix,
            acknowledged: finding.acknowledged.map(Acknowledged::of),
        }
    }
}

impl Acknowledged {
    fn of(acknowledgement: Acknowledgement) -> Self {
        Self { reason: acknowledgement.reason, until: acknowledgement.until }
    }
}
