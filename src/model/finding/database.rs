//! RDS, the AWS identity, and the database login that is tried only when somebody asks.

use jiff::Timestamp;

use super::sight::{Sight, finding};
use super::{Finding, Rule, Severity, Signal};
use crate::model::facts::{
    AccountFacts, LoginFacts, LoginOutcome, Maintenance, RdsFacts, RefusalClass, ValueShape,
};
use crate::model::fleet::{Fleet, Seen};
use crate::model::span::{self, DAY};
use crate::model::subject::Subject;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::model::verdict::Evidence;

/// authentik's key is documented to have at least so many characters.
const SHORTEST_SECRET_KEY: usize = 50;
/// RDS for PostgreSQL takes master passwords of this many characters.
const PASSWORD_LENGTHS: std::ops::RangeInclusive<usize> = 8..=128;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "DB-AUTH-FAIL",
        severity: Severity::Critical,
        title: "the database refuses the password in KV",
        about: "what runs keeps running until its next restart, and then cannot start",
        reads: &[Signal::Login],
        judge: login_refused,
    },
    Rule {
        id: "AWS-CREDS",
        severity: Severity::High,
        title: "AWS credentials do not work",
        about: "rds cannot be looked at and no password can be rotated",
        reads: &[Signal::Account],
        judge: aws_credentials,
    },
    Rule {
        id: "AWS-WRONG-ACCT",
        severity: Severity::Critical,
        title: "the wrong AWS identity is in use",
        about: "an action would change another account's database, or act as the instance role",
        reads: &[Signal::Account],
        judge: wrong_account,
    },
    Rule {
        id: "RDS-PENDING-PW",
        severity: Severity::High,
        title: "a new master password is still pending",
        about: "rds applies passwords by itself within minutes; until then the old one is the one that works",
        reads: &[Signal::Rds],
        judge: password_pending,
    },
    Rule {
        id: "RDS-NOT-AVAIL",
        severity: Severity::Critical,
        title: "rds is not available",
        about: "a rotation must wait until the instance is available",
        reads: &[Signal::Rds],
        judge: not_available,
    },
    Rule {
        id: "RDS-USER-MISMATCH",
        severity: Severity::High,
        title: "pg_user is not the master user",
        about: "ModifyDBInstance changes the master user's password only: the documented rotation would break the login",
        reads: &[Signal::Rds, Signal::Login],
        judge: other_user,
    },
    Rule {
        id: "RDS-HOST-MISMATCH",
        severity: Severity::High,
        title: "pg_host is not the rds endpoint",
        about: "authentik talks to another server than the one that is rotated",
        reads: &[Signal::Rds, Signal::Login],
        judge: other_host,
    },
    Rule {
        id: "RDS-CERT",
        severity: Severity::Critical,
        title: "the rds certificate is about to expire",
        about: "clients that verify the certificate cannot connect any more",
        reads: &[Signal::Rds],
        judge: certificate,
    },
    Rule {
        id: "RDS-MAINT",
        severity: Severity::Warning,
        title: "rds maintenance is planned",
        about: "the instance may restart in its window; no rotation should overlap it",
        reads: &[Signal::Rds],
        judge: maintenance,
    },
    Rule {
        id: "RDS-MANAGED-PW",
        severity: Severity::High,
        title: "AWS manages the master password",
        about: "ModifyDBInstance refuses a password of ours, and AWS rotates it without telling KV",
        reads: &[Signal::Rds],
        judge: managed_password,
    },
    Rule {
        id: "SECRET-SHAPE",
        severity: Severity::Warning,
        title: "a secret value has a shape that breaks something",
        about: "too short, forbidden by rds, or unsafe in a sourced .env; only properties are told, never the value",
        reads: &[Signal::Login],
        judge: shape,
    },
];

/// A rule over RDS; without an instance in the profile there is nothing to look at.
fn on_rds<F: IntoIterator<Item = Finding>>(fleet: &Fleet, look: impl Fn() -> Result<F, Trouble>) -> Sight {
    match fleet.deployment.rds_instance {
        Some(_) => Sight::of(look()),
        None => Sight::exempt("no rds instance in the profile"),
    }
}

fn login_refused(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(fleet.login(now).and_then(|login| {
        let (severity, headline, told) = match &login.facts.outcome {
            LoginOutcome::Ok { .. } => return Ok(None),
            LoginOutcome::Unreachable { because } => {
                return Err(Trouble::new("the database did not answer").because(because));
            }
            LoginOutcome::Refused { class: RefusalClass::WrongPassword, sqlstate, message } => (
                Severity::Critical,
                format!("the database refuses the password of version {}", login.secret_version),
                format!("{sqlstate}: {message}"),
            ),
            LoginOutcome::Refused { class, sqlstate, message } => (
                Severity::High,
                format!("the database refuses the login of {}: {class}", login.user),
                format!("{sqlstate}: {message}"),
            ),
        };
        let finding =
            finding(severity, Subject::Login, headline).because(Evidence::at(login.at, "database", told));
        Ok(Some(finding.fix("rotate-rds-password")))
    }))
}

fn aws_credentials(fleet: &Fleet, now: Timestamp) -> Sight {
    on_rds(fleet, || {
        let look = fleet.look(&Subject::Account).and_then(|look| look.trouble.as_ref());
        let Some((at, trouble)) = look.filter(|(_, trouble)| trouble.kind == TroubleKind::Credentials) else {
            return fleet.account(now).map(|_| None);
        };
        let headline = format!("AWS credentials do not work: {}", trouble.sentence());
        let told = trouble.hint.clone().unwrap_or_else(|| trouble.sentence());
        Ok(Some(finding(Severity::High, Subject::Account, headline).because(Evidence::at(*at, "aws", told))))
    })
}

fn wrong_account(fleet: &Fleet, now: Timestamp) -> Sight {
    on_rds(fleet, || {
        let account = fleet.account(now)?;
        let expected = fleet.deployment.aws_account.as_deref();
        let other = expected.filter(|expected| **expected != account.account);
        let headline = match (other, not_the_profile(fleet, account.facts)) {
            (Some(expected), _) => {
                format!("AWS account {} is in use, the profile says {expected}", account.account)
            }
            (None, Some(profile)) => {
                format!("AWS credentials come from {}, not from profile {profile}", account.provider)
            }
            (None, None) => return Ok(None),
        };
        let told = format!("{} through {}", account.arn, account.provider);
        let finding = finding(Severity::Critical, Subject::Account, headline)
            .because(Evidence::at(account.at, "aws", told));
        let set = (!account.shadowed_by.is_empty())
            .then(|| Evidence::at(account.at, "env", format!("set: {}", account.shadowed_by.join(", "))));
        Ok(Some(finding.because_all(set)))
    })
}

/// The profile that should have given the credentials and did not.
fn not_the_profile<'a>(fleet: &'a Fleet, account: &AccountFacts) -> Option<&'a str> {
    let profile = fleet.deployment.aws_profile.as_deref()?;
    (!account.provider.starts_with("profile")).then_some(profile)
}

fn password_pending(fleet: &Fleet, now: Timestamp) -> Sight {
    on_rds(fleet, || {
        let rds = fleet.rds(now)?;
        if !rds.pending_password {
            return Ok(None);
        }
        let Some(since) = pending_since(fleet, &rds, now) else {
            return Err(Trouble::new("a password is pending").because("since when is not known yet"));
        };
        let limit = fleet.deployment.thresholds.pending_password_seconds;
        if span::seconds(since, now) <= limit {
            return Ok(None);
        }
        let headline =
            format!("rds has not applied its new master password since {}", span::clock(since, now));
        let told = format!("{} is {}, MasterUserPassword pending", rds.identifier, rds.status);
        let finding =
            finding(Severity::High, Subject::Rds, headline).because(Evidence::at(rds.at, "rds", told));
        Ok(Some(finding.fix("rotate-rds-password")))
    })
}

/// RDS does not tell: the first look that saw it, or the write of the password to KV within the last day.
fn pending_since(fleet: &Fleet, rds: &Seen<'_, RdsFacts>, now: Timestamp) -> Option<Timestamp> {
    let written = fleet
        .deployment
        .database_secret()
        .and_then(|secret| fleet.secret(&secret.path, now).ok()?.facts.current_version()?.created);
    let written = written.filter(|written| span::seconds(*written, now) < DAY);
    rds.pending_password_since.into_iter().chain(written).min()
}

/// States of an instance that do not pass by themselves.
pub(in crate::model) fn is_grave(status: &str) -> bool {
    const GRAVE: &[&str] = &["storage-full", "failed", "stopped", "stopping", "restore-error", "deleting"];
    GRAVE.contains(&status)
        || status.starts_with("incompatible-")
        || status.starts_with("inaccessible-encryption")
}

fn not_available(fleet: &Fleet, now: Timestamp) -> Sight {
    on_rds(fleet, || {
        let rds = fleet.rds(now)?;
        if rds.status == "available" {
            return Ok(None);
        }
        let severity = if is_grave(&rds.status) { Severity::Critical } else { Severity::Warning };
        let percent =
            rds.percent_progress.as_ref().map(|percent| format!(", {percent} % done")).unwrap_or_default();
        let headline = format!("rds {} is {}{percent}", rds.identifier, rds.status);
        let told = format!("DBInstanceStatus {}{percent}", rds.status);
        Ok(Some(finding(severity, Subject::Rds, headline).because(Evidence::at(rds.at, "rds", told))))
    })
}

/// A rule that holds the KV values of a tried login against RDS.
fn login_against_rds(
    fleet: &Fleet,
    now: Timestamp,
    look: impl Fn(&RdsFacts, &LoginFacts) -> Option<(String, &'static str, String)>,
) -> Sight {
    on_rds(fleet, || {
        let login = fleet.login(now)?;
        let rds = fleet.rds(now)?;
        Ok(look(rds.facts, login.facts).map(|(in_kv, fix, in_rds)| {
            let headline = format!("KV says {in_kv}, rds says {in_rds}");
            finding(Severity::High, Subject::Rds, headline)
                .because(Evidence::at(login.at, "vault", in_kv))
                .because(Evidence::at(rds.at, "rds", in_rds))
                .fix(fix)
        }))
    })
}

fn other_user(fleet: &Fleet, now: Timestamp) -> Sight {
    login_against_rds(fleet, now, |rds, login| {
        (rds.master_user != login.user).then(|| {
            (
                format!("pg_user {}", login.user),
                "rotate-rds-password",
                format!("master user {}", rds.master_user),
            )
        })
    })
}

fn other_host(fleet: &Fleet, now: Timestamp) -> Sight {
    login_against_rds(fleet, now, |rds, login| {
        let address = rds.endpoint_address.as_deref()?;
        let port = rds.endpoint_port.map(|port| port.to_string())?;
        let same = address.eq_ignore_ascii_case(&login.host) && port == login.port;
        (!same).then(|| {
            let in_kv = format!("pg_host {}:{}", login.host, login.port);
            (in_kv, "update-rds-endpoint", format!("endpoint {address}:{port}"))
        })
    })
}

fn certificate(fleet: &Fleet, now: Timestamp) -> Sight {
    on_rds(fleet, || {
        let rds = fleet.rds(now)?;
        let till = rds.certificate_valid_till;
        let till = till.ok_or_else(|| Trouble::new("rds tells no date of its certificate"))?;
        let left = span::seconds(now, till);
        let thresholds = &fleet.deployment.thresholds;
        let severity = match left {
            _ if left <= thresholds.certificate_critical_days * DAY => Severity::Critical,
            _ if left <= thresholds.certificate_warn_days * DAY => Severity::Warning,
            _ => return Ok(None),
        };
        let authority = rds.certificate_authority.as_deref().unwrap_or("of an unnamed authority");
        let headline = format!("the rds certificate {authority} expires on {}", span::day(till));
        let told = format!("{} left", span::words(left));
        Ok(Some(finding(severity, Subject::Rds, headline).because(Evidence::at(rds.at, "rds", told))))
    })
}

fn maintenance(fleet: &Fleet, now: Timestamp) -> Sight {
    on_rds(fleet, || {
        let rds = fleet.rds(now)?;
        let pending = rds.facts.maintenance.as_ref().map_err(Trouble::clone)?;
        let soon = now_plus_days(now, fleet.deployment.thresholds.maintenance_days);
        Ok(pending.iter().map(|action| planned(action, soon, rds.at)).collect::<Vec<_>>())
    })
}

fn now_plus_days(now: Timestamp, days: i64) -> Timestamp {
    span::after(now, days * DAY)
}

fn planned(action: &Maintenance, soon: Timestamp, at: Timestamp) -> Finding {
    let date = action.applies.or(action.forced);
    let severity = if date.is_some_and(|date| date <= soon) { Severity::Warning } else { Severity::Info };
    let when = date.map_or("without a date".to_owned(), |date| format!("on {}", span::day(date)));
    let headline = format!("rds plans {} {when}", action.action);
    let told = action.description.clone().unwrap_or_else(|| action.action.clone());
    finding(severity, Subject::Rds, headline).because(Evidence::at(at, "rds", told))
}

fn managed_password(fleet: &Fleet, now: Timestamp) -> Sight {
    on_rds(fleet, || {
        let rds = fleet.rds(now)?;
        Ok(rds.managed_secret.as_ref().map(|status| {
            let headline = format!(
                "AWS manages the master password of {}: it cannot be rotated from KV",
                rds.identifier
            );
            let evidence = Evidence::at(rds.at, "rds", format!("MasterUserSecret is {status}"));
            finding(Severity::High, Subject::Rds, headline).because(evidence)
        }))
    })
}

fn shape(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(fleet.login(now).and_then(|login| {
        let password = login.facts.password_shape.as_ref().map_err(Trouble::clone)?;
        let key = login.facts.secret_key_shape.as_ref().map_err(Trouble::clone)?;
        let password_fits = PASSWORD_LENGTHS.contains(&password.length);
        let key_fits = key.length >= SHORTEST_SECRET_KEY;
        let values = [
            ("pg_password", "rotate-rds-password", defects(password, password_fits)),
            ("secret_key", "rotate-secret-key", defects(key, key_fits)),
        ];
        let with_defects = values.into_iter().filter(|(_, _, defects)| !defects.is_empty());
        let findings = with_defects.map(|(name, fix, defects)| {
            let headline = format!("{name} {}", defects.join(", "));
            let evidence = Evidence::at(login.at, "vault", defects.join(", "));
            finding(Severity::Warning, Subject::Login, headline).because(evidence).fix(fix)
        });
        Ok(findings.collect::<Vec<_>>())
    }))
}

/// What is wrong with a value, in words that do not give it away.
fn defects(shape: &ValueShape, length_fits: bool) -> Vec<String> {
    let mut defects = Vec::new();
    if !length_fits {
        defects.push(format!("has {} characters", shape.length));
    }
    if !shape.forbidden.is_empty() {
        defects.push(format!("contains {}", shape.forbidden.join(", ")));
    }
    if shape.trailing_newline {
        defects.push("ends in a newline".to_owned());
    }
    defects
}
