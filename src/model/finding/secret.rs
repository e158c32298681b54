//! The KV secrets: deleted, incomplete, half rotated, or kept in a way that breaks the documented commands.

use jiff::{SignedDuration, Timestamp};

use super::sight::{Sight, finding};
use super::{Finding, Rule, Severity, Signal};
use crate::model::deployment::SecretSpec;
use crate::model::facts::{LoginOutcome, RdsFacts, RefusalClass, SecretFacts};
use crate::model::fleet::{Fleet, Seen};
use crate::model::span::{self, DAY};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::model::verdict::Evidence;

/// Fewer kept versions than this leave too little to roll back to.
const FEW_VERSIONS: u64 = 5;

/// RDS tells of a reset within so many seconds of the write that caused it.
const RESET_SECONDS: i64 = 900;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "ROT-HALF",
        severity: Severity::Critical,
        title: "a rotation stopped half-way",
        about: "KV and the database may disagree on the password: the next restart of server or worker would fail",
        reads: &[Signal::Secrets],
        judge: half_rotated,
    },
    Rule {
        id: "KV-DELETED",
        severity: Severity::Critical,
        title: "a secret is deleted or was never written",
        about: "agents keep the old .env and log `no secret exists`; a host that starts anew gets nothing",
        reads: &[Signal::Secrets],
        judge: deleted,
    },
    Rule {
        id: "KV-KEY-MISSING",
        severity: Severity::Critical,
        title: "a secret lacks a key",
        about: "`kv put` replaces the whole secret and drops the keys it does not name; the template renders <no value>",
        reads: &[Signal::Secrets],
        judge: key_missing,
    },
    Rule {
        id: "CAS-REQUIRED-BREAKS-RUNBOOK",
        severity: Severity::Warning,
        title: "a secret requires check-and-set",
        about: "the documented `vault kv patch` and `kv put` carry none and are refused with 400",
        reads: &[Signal::Secrets],
        judge: cas_required,
    },
    Rule {
        id: "MAX-VERSIONS-LOW",
        severity: Severity::Warning,
        title: "few versions of a secret are kept",
        about: "a rotation and its retries can push the last good value out of reach",
        reads: &[Signal::Secrets],
        judge: few_versions,
    },
];

fn subject(secret: &SecretSpec) -> Subject {
    Subject::Secret(secret.path.clone())
}

fn half_rotated(fleet: &Fleet, now: Timestamp) -> Sight {
    let started = Sight::each_secret(fleet, |secret| {
        Ok(rotation_started(fleet, secret, &fleet.secret(&secret.path, now)?, now))
    });
    match fleet.deployment.database_secret() {
        Some(secret) if fleet.deployment.rds_instance.is_some() => {
            started.and(Sight::of(password_without_reset(fleet, secret, now)))
        }
        _ => started,
    }
}

/// The console marks a secret before it rotates it, and again when it has.
fn rotation_started(
    fleet: &Fleet,
    secret: &SecretSpec,
    seen: &Seen<'_, SecretFacts>,
    now: Timestamp,
) -> Option<Finding> {
    let metadata = &seen.facts.custom_metadata;
    if !seen.facts.is_rotating() {
        return None;
    }
    let began = metadata.get("rotation_started").and_then(|at| at.parse().ok()).or(seen.updated);
    let threshold = fleet.deployment.thresholds.rotation_seconds;
    if began.is_some_and(|began| span::seconds(began, now) <= threshold) {
        return None;
    }
    let since = began.map(|began| format!(" since {}", span::clock(began, now))).unwrap_or_default();
    let who = metadata.get("rotated_by").map(|who| format!(" by {who}")).unwrap_or_default();
    let headline = format!("a rotation of {}{who} is half done{since}", secret.name());
    let told = format!("custom metadata says rotation_state = started{who}");
    let evidence = Evidence { at: began.or(Some(seen.at)), source: "vault".to_owned(), text: told };
    let finding = finding(Severity::Critical, subject(secret), headline).because(evidence);
    Some(finding.fix(rotation_of(secret)))
}

/// The action that ends a rotation which a secret is marked with, however long it has been: until then its new values are not
/// to be loaded.
pub(super) fn rotation_in_hand(fleet: &Fleet, now: Timestamp) -> Option<&'static str> {
    let marked =
        |secret: &&SecretSpec| fleet.secret(&secret.path, now).is_ok_and(|seen| seen.facts.is_rotating());
    fleet.deployment.secrets.iter().find(marked).map(rotation_of)
}

fn rotation_of(secret: &SecretSpec) -> &'static str {
    let holds_key = secret.keys.iter().any(|key| key == "secret_key");
    if holds_key { "rotate-secret-key" } else { "rotate-rds-password" }
}

/// A new password in KV that RDS never heard of, and that the database refuses.
fn password_without_reset(
    fleet: &Fleet,
    secret: &SecretSpec,
    now: Timestamp,
) -> Result<Option<Finding>, Trouble> {
    let seen = fleet.secret(&secret.path, now)?;
    let written = seen.facts.current_version().and_then(|version| version.created);
    let Some(written) = written.filter(|written| span::seconds(*written, now) < DAY) else {
        return Ok(None); // older than a day: no rotation in hand
    };
    let rds = fleet.rds(now)?;
    if reset_near(rds.facts, written)? {
        return Ok(None);
    }
    let login = fleet.login(now)?;
    let LoginOutcome::Refused { class: RefusalClass::WrongPassword, sqlstate, .. } = &login.facts.outcome
    else {
        return Ok(None);
    };
    let headline =
        format!("{} holds a password that the database refuses and rds never reset", secret.name());
    let finding = finding(Severity::Critical, subject(secret), headline)
        .because(Evidence::at(
            login.at,
            "database",
            format!("login with version {} refused: {sqlstate}", login.secret_version),
        ))
        .because(Evidence::at(rds.at, "rds", "no event of a reset master password around that time"))
        .because(Evidence::at(written, "vault", format!("version {} written", seen.current)));
    Ok(Some(finding.fix("rotate-rds-password")))
}

fn reset_near(rds: &RdsFacts, written: Timestamp) -> Result<bool, Trouble> {
    let events = rds.events.as_ref().map_err(Trouble::clone)?;
    let near = |at: Timestamp| at.duration_since(written).abs() <= SignedDuration::from_secs(RESET_SECONDS);
    Ok(events.iter().any(|event| event.resets_master_password() && near(event.at)))
}

fn deleted(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_secret(fleet, |secret| {
        let seen = fleet.secret(&secret.path, now)?;
        let latest = seen.facts.current_version().or_else(|| seen.facts.versions.values().next_back());
        let (what, at, fix) = match latest {
            None => ("was never written", None, "seed-secrets"),
            Some(version) if version.destroyed => ("is destroyed", version.deleted, "rollback-secret"),
            Some(version) if version.deleted.is_some_and(|deleted| deleted <= now) => {
                ("is deleted", version.deleted, "undelete-secret")
            }
            Some(_) => return Ok(None),
        };
        let headline = format!("{} {what}: agents cannot read it", secret.path);
        let told = format!("version {} {what}", seen.current);
        let evidence = Evidence { at: at.or(Some(seen.at)), source: "vault".to_owned(), text: told };
        Ok(Some(finding(Severity::Critical, subject(secret), headline).because(evidence).fix(fix)))
    })
}

fn key_missing(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_secret(fleet, |secret| {
        let seen = fleet.secret(&secret.path, now)?;
        if seen.current == 0 {
            return Err(Trouble::new("there is no version whose keys could be looked at"));
        }
        let keys = seen.facts.keys.as_ref().map_err(Trouble::clone)?;
        let missing: Vec<_> = secret.keys.iter().filter(|key| !keys.contains(*key)).cloned().collect();
        if missing.is_empty() {
            return Ok(None);
        }
        let headline = format!("{} lacks {}", secret.path, missing.join(", "));
        let told =
            format!("version {} has {}", seen.current, keys.iter().cloned().collect::<Vec<_>>().join(", "));
        let finding = finding(Severity::Critical, subject(secret), headline);
        Ok(Some(finding.because(Evidence::at(seen.at, "vault", told)).fix("seed-secrets")))
    })
}

fn cas_required(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_secret(fleet, |secret| {
        let seen = fleet.secret(&secret.path, now)?;
        let headline =
            format!("{} requires check-and-set: the documented kv patch is refused with 400", secret.path);
        let evidence = Evidence::at(seen.at, "vault", "cas_required = true");
        Ok(seen.cas_required.then(|| finding(Severity::Warning, subject(secret), headline).because(evidence)))
    })
}

fn few_versions(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_secret(fleet, |secret| {
        let seen = fleet.secret(&secret.path, now)?;
        let kept = seen.max_versions;
        let headline = format!("only {kept} versions of {} are kept to roll back to", secret.path);
        let evidence = Evidence::at(seen.at, "vault", format!("max_versions = {kept}"));
        let few = kept > 0 && kept < FEW_VERSIONS;
        Ok(few.then(|| finding(Severity::Warning, subject(secret), headline).because(evidence)))
    })
}
