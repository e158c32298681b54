//! The cells of the database: the RDS instance, the AWS identity, the login that somebody asked for.

use jiff::Timestamp;

use super::{judged, unseen};
use crate::model::facts::{LoginOutcome, RdsFacts};
use crate::model::finding;
use crate::model::fleet::{Fleet, Seen};
use crate::model::span::{self, DAY};
use crate::model::subject::Subject;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::model::verdict::{Evidence, Health, Verdict};

/// The RDS instance: `available`, `available, password pending`, `storage-full`, `not watched`.
pub fn rds(fleet: &Fleet, now: Timestamp) -> Verdict {
    if fleet.deployment.rds_instance.is_none() {
        return Verdict::new(Health::Ok, "not watched").so("the profile names no rds instance");
    }
    let outcome = fleet.rds(now).map(|rds| {
        let told = format!("{} is {}, {}", rds.identifier, rds.status, rds.engine);
        status(fleet, &rds, now).because(Evidence::at(rds.at, "rds", told)).because_all(pending(&rds))
    });
    judged(fleet, &Subject::Rds, outcome, unseen)
}

fn pending(rds: &Seen<'_, RdsFacts>) -> Vec<Evidence> {
    rds.pending
        .iter()
        .map(|(name, value)| Evidence::at(rds.at, "rds", format!("pending: {name} {value}")))
        .collect()
}

fn status(fleet: &Fleet, rds: &Seen<'_, RdsFacts>, now: Timestamp) -> Verdict {
    if finding::is_grave(&rds.status) {
        return Verdict::new(Health::Bad, &rds.status).so("this does not pass by itself");
    }
    if rds.pending_password {
        return Verdict::new(Health::Busy, format!("{}, password pending", rds.status))
            .so("the old password is the one that works until rds has applied the new one");
    }
    if rds.status != "available" {
        return Verdict::new(Health::Busy, &rds.status).so("no rotation until it is available");
    }
    let thresholds = &fleet.deployment.thresholds;
    let certificate = rds.certificate_valid_till.map(|till| {
        let (warn, bad) =
            (thresholds.certificate_warn_days * DAY, thresholds.certificate_critical_days * DAY);
        (till, Health::of_nearness(span::seconds(now, till), warn, bad))
    });
    match certificate.filter(|(_, health)| *health != Health::Ok) {
        Some((till, health)) => {
            let authority = rds.certificate_authority.as_deref().unwrap_or("of an unnamed authority");
            let told = format!("its certificate, {authority}, is valid until {}", span::day(till));
            Verdict::new(health, format!("available, certificate {}", span::between(till, now)))
                .counting(till, now)
                .because(Evidence::at(rds.at, "rds", told))
                .so("clients that verify the certificate cannot connect once it has ended")
        }
        None => Verdict::new(Health::Ok, "available"),
    }
}

/// The AWS identity: `123456789012`, `wrong account`, `no credentials`.
pub fn account(fleet: &Fleet, now: Timestamp) -> Verdict {
    let outcome = fleet.account(now).map(|account| {
        let other =
            fleet.deployment.aws_account.as_ref().is_some_and(|expected| *expected != account.account);
        let told = Evidence::at(account.at, "aws", format!("{} through {}", account.arn, account.provider));
        let verdict = if other {
            Verdict::new(Health::Bad, "wrong account").so("an action would change another account's database")
        } else {
            Verdict::new(Health::Ok, &account.account)
        };
        verdict.because(told)
    });
    judged(fleet, &Subject::Account, outcome, credentials)
}

fn credentials(trouble: &Trouble) -> Verdict {
    let verdict = unseen(trouble);
    if trouble.kind == TroubleKind::Credentials {
        Verdict { health: Health::Warn, ..verdict }
    } else {
        verdict
    }
}

/// The proof of a database login: `not asked`, `ok with v8`, `password refused`.
pub fn login(fleet: &Fleet, now: Timestamp) -> Verdict {
    let outcome = fleet.login(now).map(|login| {
        let tried = format!("{} at {}:{} through {}", login.user, login.host, login.port, login.through);
        let (verdict, said) = match &login.facts.outcome {
            LoginOutcome::Ok { server_version } => (
                Verdict::new(Health::Ok, format!("ok with v{}", login.secret_version)),
                format!("server {server_version}"),
            ),
            LoginOutcome::Refused { sqlstate, class, message } => (
                Verdict::new(Health::Bad, class.to_string())
                    .so("what runs keeps running until its next restart")
                    .fix("rotate-rds-password"),
                format!("{sqlstate}: {message}"),
            ),
            LoginOutcome::Unreachable { because } => {
                (Verdict::new(Health::Unknown, "no answer"), because.clone())
            }
        };
        verdict.because(Evidence::at(login.at, "database", said)).because(Evidence::at(
            login.at,
            "vaultdeck",
            tried,
        ))
    });
    judged(fleet, &Subject::Login, outcome, unseen)
}
