//! A judgement with its reasons: what a cell shows, and what stands behind it when somebody asks "why do you say so?".

use jiff::Timestamp;
use serde::Serialize;

use super::span;

/// How bad something is, worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// As it should be.
    Ok,
    /// On its way; look again later.
    Busy,
    /// Could not be measured, or nobody has asked yet.
    Unknown,
    /// Will hurt later.
    Warn,
    /// Hurts now.
    Bad,
}

impl Health {
    /// The sign that says it without colour.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Ok => " ",
            Self::Busy => "~",
            Self::Unknown => "?",
            Self::Warn => "!",
            Self::Bad => "✗",
        }
    }

    /// Of something with so many seconds left: warn and bad at or below these many.
    pub fn of_nearness(left: i64, warn: i64, bad: i64) -> Self {
        match left {
            _ if left <= bad => Self::Bad,
            _ if left <= warn => Self::Warn,
            _ => Self::Ok,
        }
    }

    /// The worse of two, where unknown yields to anything worse than ok.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

/// What a cell says, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// How bad.
    pub health: Health,
    /// The few words of the cell: `no secret-id, looping since 09:41`.
    pub words: String,
    /// Why, newest first.
    pub because: Vec<Evidence>,
    /// What follows, in one sentence; empty when nothing does.
    pub so: String,
    /// The action that helps: `fix-agent-auth`.
    pub fix: Option<&'static str>,
    /// When the words change by the passing of time alone; `None` while they stand still.
    #[serde(skip)]
    pub changes: Option<Timestamp>,
}

impl Verdict {
    /// A verdict without evidence yet.
    pub fn new(health: Health, words: impl Into<String>) -> Self {
        Self { health, words: words.into(), because: Vec::new(), so: String::new(), fix: None, changes: None }
    }

    /// The same verdict resting on one more piece of evidence.
    #[must_use]
    pub fn because(mut self, evidence: Evidence) -> Self {
        self.because.push(evidence);
        self
    }

    /// The same verdict resting on more pieces of evidence.
    #[must_use]
    pub fn because_all(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.because.extend(evidence);
        self
    }

    /// The same verdict with its consequence.
    #[must_use]
    pub fn so(mut self, so: impl Into<String>) -> Self {
        self.so = so.into();
        self
    }

    /// The same verdict with the action that helps.
    #[must_use]
    pub fn fix(mut self, fix: &'static str) -> Self {
        self.fix = Some(fix);
        self
    }

    /// The same verdict, whose words count the time to or from a moment.
    #[must_use]
    pub fn counting(mut self, moment: Timestamp, now: Timestamp) -> Self {
        let changes = span::changes_at(moment, now);
        self.changes = Some(self.changes.map_or(changes, |earlier| earlier.min(changes)));
        self
    }

    /// The same verdict with its reasons in order, newest first, those without a time last.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.because.sort_by_key(|evidence| std::cmp::Reverse(evidence.at));
        self
    }
}

/// One reason: who said it, when, and what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// When it was seen or happened; `None` for what holds without a time.
    pub at: Option<Timestamp>,
    /// Who says so: `docker`, `log`, `file`, `vault`, `rds`.
    pub source: String,
    /// What was seen.
    pub text: String,
}

impl Evidence {
    /// Evidence seen at a moment.
    pub fn at(at: Timestamp, source: &str, text: impl Into<String>) -> Self {
        Self { at: Some(at), source: source.to_owned(), text: text.into() }
    }

    /// Evidence that has no moment.
    pub fn of(source: &str, text: impl Into<String>) -> Self {
        Self { at: None, source: source.to_owned(), text: text.into() }
    }
}
