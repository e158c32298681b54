//! The operator's own token: dead, hidden by another, about to end, too mighty; and whether it may do what is asked.

use jiff::Timestamp;

use super::sight::{Sight, finding};
use super::{Finding, Rule, Severity, Signal};
use crate::model::facts::{TokenFacts, TokenSource};
use crate::model::fleet::{Fleet, Seen};
use crate::model::span;
use crate::model::subject::Subject;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::model::verdict::Evidence;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "TOK-DEAD",
        severity: Severity::Critical,
        title: "your token is not accepted",
        about: "vault refuses the token itself, not what it may do: nothing behind vault can be measured until you log in",
        reads: &[Signal::Token],
        judge: dead,
    },
    Rule {
        id: "TOK-SHADOW",
        severity: Severity::High,
        title: "one token hides another",
        about: "VAULT_TOKEN and BAO_TOKEN beat the token file: logging in stores a token that the next command does not use",
        reads: &[Signal::Token],
        judge: shadow,
    },
    Rule {
        id: "TOK-EXPIRING",
        severity: Severity::Critical,
        title: "your token is about to end",
        about: "a run that lasts longer than the token stops half-way",
        reads: &[Signal::Token],
        judge: expiring,
    },
    Rule {
        id: "TOK-ROOT",
        severity: Severity::High,
        title: "you work with a root token",
        about: "a root token is allowed everything, never ends and names nobody in the audit log",
        reads: &[Signal::Token],
        judge: root,
    },
    Rule {
        id: "ACL-MISSING",
        severity: Severity::High,
        title: "your token lacks a right that an action needs",
        about: "the action would fail half-way with 403; a changed policy applies to existing tokens at once",
        reads: &[Signal::Access],
        judge: missing_rights,
    },
];

fn dead(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(fleet.token(now).map(|token| {
        let said = token.dead.as_ref()?;
        let headline = format!("the token of {} is dead: {said}; log in again", token.source);
        Some(
            finding(Severity::Critical, Subject::Token, headline)
                .because(Evidence::at(token.at, "vault", said)),
        )
    }))
}

fn shadow(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(fleet.token(now).map(|token| {
        let hidden = token.shadows.as_ref().filter(|hidden| hidden.differs)?;
        let (severity, headline) = match &token.source {
            TokenSource::Profile(_) => (
                Severity::Info,
                format!(
                    "you are logged in here only: the vault CLI still has the token of {}",
                    hidden.source
                ),
            ),
            source => {
                (Severity::High, format!("{source} hides the token of {}, and they differ", hidden.source))
            }
        };
        let used = format!("in use: {} ({})", token.source, name_or_unknown(&token.display_name));
        Some(
            finding(severity, Subject::Token, headline)
                .because(Evidence::at(token.at, "env", used))
                .because(Evidence::at(token.at, "file", format!("not in use: {}", hidden.source))),
        )
    }))
}

fn name_or_unknown(name: &str) -> &str {
    if name.is_empty() { "name not known" } else { name }
}

fn expiring(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(alive(fleet, now).map(|token| {
        let expires = token.expires?;
        let left = span::seconds(now, expires);
        let thresholds = &fleet.deployment.thresholds;
        let severity = match left {
            _ if left < thresholds.token_critical_seconds => Severity::Critical,
            _ if left < thresholds.token_warn_seconds => Severity::Warning,
            _ => return None,
        };
        let way_out =
            if token.can_outlive(expires) { "renew it" } else { "it cannot be renewed, log in again" };
        let headline = format!("your token ends at {}: {way_out}", span::clock(expires, now));
        let told = format!(
            "{} left, {}",
            span::words(left),
            if token.renewable { "renewable" } else { "not renewable" }
        );
        Some(finding(severity, Subject::Token, headline).because(Evidence::at(token.at, "vault", told)))
    }))
}

fn root(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(alive(fleet, now).map(|token| {
        let by_policy = token.policies.contains("root");
        if !by_policy && token.expires.is_some() {
            return None;
        }
        let why = if by_policy { "its policies contain root" } else { "it never expires" };
        let headline = format!("{} is a root token: {why}; work with a personal login", token.source);
        let told = format!("display name {}", name_or_unknown(&token.display_name));
        Some(finding(Severity::High, Subject::Token, headline).because(Evidence::at(token.at, "vault", told)))
    }))
}

/// The facts of a token that can speak for itself.
fn alive(fleet: &Fleet, now: Timestamp) -> Result<Seen<'_, TokenFacts>, Trouble> {
    let token = fleet.token(now)?;
    if let Some(said) = &token.dead {
        return Err(Trouble::new("the token is dead").because(said).kind(TroubleKind::Credentials));
    }
    if token.blind {
        return Err(Trouble::new("the token may not look itself up")
            .because("it lacks the default policy")
            .kind(TroubleKind::Denied));
    }
    Ok(token)
}

fn missing_rights(fleet: &Fleet, now: Timestamp) -> Sight {
    if fleet.deployment.needs.is_empty() {
        return Sight::exempt("no action needs a right");
    }
    Sight::of(fleet.access(now).and_then(|access| {
        let mut findings: Vec<Finding> = Vec::new();
        let mut not_asked = Vec::new();
        for need in &fleet.deployment.needs {
            let allows = |capability: &String| access.allows(&need.path, capability);
            let lacks: Vec<_> = need.capabilities.iter().filter(|one| allows(one) == Some(false)).collect();
            if need.capabilities.iter().any(|one| allows(one).is_none()) {
                not_asked.push(need.path.clone());
            }
            if lacks.is_empty() {
                continue;
            }
            let lacks = lacks.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(", ");
            let headline =
                format!("{} needs {lacks} on {}, your token has it not", need.wanted_by, need.path);
            let granted =
                access.granted.get(&need.path).into_iter().flatten().cloned().collect::<Vec<_>>().join(", ");
            let evidence = Evidence::at(access.at, "vault", format!("{}: {granted}", need.path));
            findings.push(
                finding(Severity::High, Subject::Access, headline).because(evidence).fix("console-policy"),
            );
        }
        if findings.is_empty() && !not_asked.is_empty() {
            return Err(Trouble::new("rights were not asked for").because(not_asked.join(", ")));
        }
        Ok(findings)
    }))
}
