//! Database: the RDS instance, what is pending and planned, who you are at AWS, and the proof of a login on demand.

use jiff::Timestamp;

use crate::model::facts::{AccountFacts, LoginFacts, LoginOutcome, RdsFacts, ValueShape};
use crate::model::fleet::Fleet;
use crate::model::health;
use crate::model::subject::Subject;
use crate::model::verdict::Health;
use crate::tui::judged::Judged;
use crate::tui::selection::Selection;
use crate::tui::widgets::sheet::{Section, Sheet};

use super::section::{Builder, ago, list, muted, text, until, yes};

/// Events shown at most.
const MOST_EVENTS: usize = 20;

/// The whole view.
pub fn sheet(fleet: &Fleet, judged: &Judged, now: Timestamp) -> Sheet<Selection> {
    let sections = vec![
        instance(fleet, judged, now),
        login(fleet, now),
        pending(fleet, now),
        account(fleet, now),
        protection(fleet, now),
        events(fleet, now),
    ];
    Sheet { sections }
}

fn instance(fleet: &Fleet, judged: &Judged, now: Timestamp) -> Section<Selection> {
    let mut section = Builder::about(fleet, Subject::Rds, "rds", "INSTANCE", now);
    let Some(rds) = fleet.last::<RdsFacts>(&Subject::Rds) else { return section.done() };
    section.verdict_field("state", &judged.rds);
    section.field("identifier", rds.identifier.clone());
    let progress = rds.percent_progress.as_ref().map(|percent| format!(", {percent}"));
    section.field("status", format!("{}{}", rds.status, progress.unwrap_or_default()));
    let address = rds.endpoint_address.as_ref().zip(rds.endpoint_port);
    section.maybe("endpoint", address.map(|(address, port)| format!("{address}:{port}")));
    section.field("engine", format!("{} on {}", rds.engine, rds.class));
    section.field("master user", rds.master_user.clone());
    section.maybe("managed secret", rds.managed_secret.clone());
    let most = rds.max_storage_gib.map(|most| format!(", grows to {most}"));
    section.field("storage", format!("{} GiB{}", rds.storage_gib, most.unwrap_or_default()));
    let zone = rds.zone.as_ref().map(|zone| format!(" ({zone})"));
    section.field("multi-az", format!("{}{}", yes(rds.multi_az), zone.unwrap_or_default()));
    section.done()
}

fn login(fleet: &Fleet, now: Timestamp) -> Section<Selection> {
    let mut section = Builder::about(fleet, Subject::Login, "database", "PROOF OF A LOGIN", now);
    section.verdict_field("state", &health::login(fleet, now));
    let Some(login) = fleet.last::<LoginFacts>(&Subject::Login) else {
        section.dim("press v", "logs in once with the credentials that Vault holds now");
        return section.done();
    };
    match &login.outcome {
        LoginOutcome::Ok { server_version } => {
            section.field("answer", format!("welcome, postgres {server_version}"));
        }
        LoginOutcome::Refused { sqlstate, class, message } => {
            section.judged_field("answer", format!("{class} ({sqlstate}): {message}"), Health::Bad);
        }
        LoginOutcome::Unreachable { because } => {
            section.judged_field("answer", format!("no answer: {because}"), Health::Unknown);
        }
    }
    section.field("as", format!("{} with database version {}", login.user, login.secret_version));
    section.field("to", format!("{}:{}/{}", login.host, login.port, login.database));
    section.field("from", format!("{}, tls {}", login.through, login.tls));
    section.part("pg_password", &login.password_shape, shape);
    section.part("secret_key", &login.secret_key_shape, shape);
    section.done()
}

/// Properties of a value that can be said aloud.
fn shape(shape: &ValueShape) -> String {
    let mut words = vec![format!("{} characters", shape.length)];
    words.extend(shape.forbidden.iter().map(|kind| format!("has {kind}")));
    words.extend(shape.trailing_newline.then(|| "ends in a newline".to_owned()));
    words.join(", ")
}

fn pending(fleet: &Fleet, now: Timestamp) -> Section<Selection> {
    let mut section = Builder::about(fleet, Subject::Rds, "rds", "PENDING AND PLANNED", now);
    let Some(rds) = fleet.last::<RdsFacts>(&Subject::Rds) else { return section.done() };
    if rds.pending.is_empty() {
        section.dim("pending", "nothing");
    }
    for (name, value) in &rds.pending {
        section.judged_field(name, value.clone(), Health::Busy);
    }
    match &rds.maintenance {
        Err(trouble) => section.unknown("maintenance", trouble),
        Ok(actions) if actions.is_empty() => section.dim("maintenance", "none planned"),
        Ok(actions) => {
            for action in actions {
                let when = action
                    .applies
                    .or(action.forced)
                    .map_or_else(|| "when you say".to_owned(), |at| until(at, now));
                let about = action.description.as_ref().map(|words| format!(": {words}"));
                section.field(&action.action, format!("{when}{}", about.unwrap_or_default()));
            }
        }
    }
    section.maybe("maintenance window", rds.maintenance_window.clone());
    section.maybe("backup window", rds.backup_window.clone());
    section.done()
}

fn protection(fleet: &Fleet, now: Timestamp) -> Section<Selection> {
    let mut section = Builder::about(fleet, Subject::Rds, "rds", "CERTIFICATE AND PROTECTION", now);
    let Some(rds) = fleet.last::<RdsFacts>(&Subject::Rds) else { return section.done() };
    section.maybe("certificate", rds.certificate_authority.clone());
    section.maybe("valid", rds.certificate_valid_till.map(|till| format!("ends {}", until(till, now))));
    section.field("encrypted", yes(rds.encrypted));
    section.field("public", yes(rds.public));
    section.field("deletion protection", yes(rds.deletion_protection));
    section.field("iam logins", yes(rds.iam_authentication));
    section.field("backups kept", format!("{} days", rds.backup_days));
    section.field("restorable to", ago(rds.restorable_to, now));
    section.done()
}

fn account(fleet: &Fleet, now: Timestamp) -> Section<Selection> {
    let mut section = Builder::about(fleet, Subject::Account, "aws", "AWS ACCOUNT", now);
    let Some(account) = fleet.last::<AccountFacts>(&Subject::Account) else { return section.done() };
    section.verdict_field("state", &health::account(fleet, now));
    section.field("account", account.account.clone());
    section.field("you are", account.arn.clone());
    section.field("credentials from", account.provider.clone());
    if !account.shadowed_by.is_empty() {
        section.judged_field("aws cli would use", list(&account.shadowed_by), Health::Warn);
    }
    section.done()
}

fn events(fleet: &Fleet, now: Timestamp) -> Section<Selection> {
    let mut section =
        Builder::about(fleet, Subject::Rds, "rds", "EVENTS", now).table(&["WHEN", "AGO", "WHAT", "KIND"]);
    let Some(rds) = fleet.last::<RdsFacts>(&Subject::Rds) else { return section.done() };
    match &rds.events {
        Err(trouble) => section.unknown("events", trouble),
        Ok(events) if events.is_empty() => {
            section.push(Health::Ok, vec![muted("none in 14 days")], "none in 14 days");
        }
        Ok(events) => {
            for event in events.iter().take(MOST_EVENTS) {
                let cells = vec![
                    muted(event.at.strftime("%Y-%m-%d %H:%MZ").to_string()),
                    muted(ago(Some(event.at), now)),
                    text(&event.message),
                    muted(event.categories.join(", ")),
                ];
                section.push(Health::Ok, cells, &event.message);
                section.at(1, Some(event.at));
            }
        }
    }
    section.done()
}
