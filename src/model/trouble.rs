//! What failed, why, and what to try: the one shape in which every room reports bad news, worded the same on screen
//! and headless.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Bad news for an operator: lower case, no full stop, no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What could not be done, in a few words: `cannot reach authentik-2`.
    pub what: String,
    /// What the other side or the system said: `ssh: connection timed out`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub because: Option<String>,
    /// What to try next: `ssh authentik-2 true`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
    /// What kind of trouble it is, for rules that judge the trouble itself.
    #[serde(skip, default)]
    pub kind: TroubleKind,
}

/// Kinds of trouble that a rule tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TroubleKind {
    /// Nothing that a rule asks for.
    #[default]
    Other,
    /// Nobody has asked for a look that happens only on demand.
    NotAsked,
    /// The first look has not come back yet.
    NotLooked,
    /// Refused connection, name that does not resolve, no answer in time.
    Unreachable,
    /// The two ends disagree on TLS: plain HTTP against HTTPS, an unknown CA, a name the certificate does not carry.
    Tls,
    /// No credentials, or ones that are no longer accepted: an SSO session has ended, a profile is missing.
    Credentials,
    /// Known to the other side and not allowed.
    Denied,
    /// Nothing of the kind is there: it was not made yet, or the profile names another place.
    NotThere,
}

impl Trouble {
    /// Trouble with only its headline.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), because: None, hint: None, kind: TroubleKind::Other }
    }

    /// The same trouble, of a kind.
    #[must_use]
    pub fn kind(mut self, kind: TroubleKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same trouble with its cause.
    #[must_use]
    pub fn because(mut self, because: impl fmt::Display) -> Self {
        self.because = Some(because.to_string());
        self
    }

    /// The same trouble with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// All of it in one line, for an error that is told inside another.
    pub fn in_one_line(&self) -> String {
        match &self.hint {
            Some(hint) => one_line(format!("{} ({hint})", self.sentence())),
            None => self.sentence(),
        }
    }

    /// What and because in one line, for tables and `unknown (why)`.
    pub fn sentence(&self) -> String {
        one_line(match &self.because {
            Some(because) => format!("{}: {because}", self.what),
            None => self.what.clone(),
        })
    }
}

fn one_line(told: String) -> String {
    if told.contains('\n') { told.split_whitespace().collect::<Vec<_>>().join(" ") } else { told }
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)?;
        if let Some(because) = &self.because {
            write!(formatter, "\nbecause: {because}")?;
        }
        if let Some(hint) = &self.hint {
            write!(formatter, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Trouble {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_reads_as_what_because_hint() {
        let trouble = Trouble::new("cannot reach db-2").because("host key changed").hint("ssh db-2 true");
        assert_eq!(trouble.to_string(), "cannot reach db-2\nbecause: host key changed\nhint: ssh db-2 true");
        assert_eq!(trouble.sentence(), "cannot reach db-2: host key changed");
    }
}
