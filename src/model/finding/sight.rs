//! What a rule saw while it looked over the fleet: findings, and what it could not look at.

use serde::Serialize;

use super::{Finding, Severity};
use crate::model::deployment::SecretSpec;
use crate::model::fleet::Fleet;
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;

/// The outcome of one rule: `Ok` parts without a finding leave no trace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sight {
    /// What it found.
    pub findings: Vec<Finding>,
    /// What it could not look at.
    pub unseen: Vec<Unseen>,
    /// Why there is nothing to look at.
    pub exempt: Option<&'static str>,
}

/// Something a rule could not look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unseen {
    /// The host or secret, where the rule looks at several.
    pub subject: Option<Subject>,
    /// Why.
    #[serde(flatten)]
    pub trouble: Trouble,
}

impl Sight {
    /// Of a rule that looks at one thing.
    pub(super) fn of<F: IntoIterator<Item = Finding>>(outcome: Result<F, Trouble>) -> Self {
        let mut sight = Self::default();
        sight.take(None, outcome);
        sight
    }

    /// Of a rule that has nothing to look at, and why.
    pub(super) fn exempt(why: &'static str) -> Self {
        Self { exempt: Some(why), ..Self::default() }
    }

    /// Of a rule that looks at every host.
    pub(super) fn each_host<F: IntoIterator<Item = Finding>>(
        fleet: &Fleet,
        look: impl Fn(&str) -> Result<F, Trouble>,
    ) -> Self {
        if fleet.deployment.hosts.is_empty() {
            return Self::exempt("no hosts in the profile");
        }
        let mut sight = Self::default();
        for host in &fleet.deployment.hosts {
            sight.take(Some(Subject::Host(host.clone())), look(host));
        }
        sight
    }

    /// Of a rule that looks at every secret.
    pub(super) fn each_secret<F: IntoIterator<Item = Finding>>(
        fleet: &Fleet,
        look: impl Fn(&SecretSpec) -> Result<F, Trouble>,
    ) -> Self {
        if fleet.deployment.secrets.is_empty() {
            return Self::exempt("no secrets in the profile");
        }
        let mut sight = Self::default();
        for secret in &fleet.deployment.secrets {
            sight.take(Some(Subject::Secret(secret.path.clone())), look(secret));
        }
        sight
    }

    /// The same sight with what another look adds; exempt only when both are.
    #[must_use]
    pub(super) fn and(mut self, other: Self) -> Self {
        self.findings.extend(other.findings);
        self.unseen.extend(other.unseen);
        self.exempt = self.exempt.and(other.exempt);
        self
    }

    fn take<F: IntoIterator<Item = Finding>>(
        &mut self,
        subject: Option<Subject>,
        outcome: Result<F, Trouble>,
    ) {
        match outcome {
            Ok(findings) => self.findings.extend(findings),
            Err(trouble) => self.unseen.push(Unseen { subject, trouble }),
        }
    }
}

/// A finding without evidence yet; the rule's id is put in when judgement is pronounced.
pub(super) fn finding(severity: Severity, subject: Subject, headline: impl Into<String>) -> Finding {
    Finding {
        id: "",
        severity,
        subject,
        headline: headline.into(),
        evidence: Vec::new(),
        fix: None,
        acknowledged: None,
    }
}

/// All that was not seen in one line: the same trouble of several hosts is told once.
pub(super) fn in_one_line(unseen: &[Unseen]) -> Option<String> {
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for Unseen { subject, trouble } in unseen {
        let sentence = trouble.sentence();
        let names = subject.iter().map(Subject::to_string);
        match told.iter_mut().find(|(known, _)| *known == sentence) {
            Some((_, subjects)) => subjects.extend(names),
            None => told.push((sentence, names.collect())),
        }
    }
    let line = |(sentence, subjects): (String, Vec<String>)| {
        if subjects.is_empty() { sentence } else { format!("{}: {sentence}", subjects.join(", ")) }
    };
    (!told.is_empty()).then(|| told.into_iter().map(line).collect::<Vec<_>>().join("; "))
}
