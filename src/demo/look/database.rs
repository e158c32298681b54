//! The pretend RDS instance, the AWS account, and the login that proves a password.

use jiff::{SignedDuration, Timestamp};

use super::vault::answers_operator;
use crate::demo::dice::after;
use crate::demo::kv::{CONFIG, DATABASE, Value};
use crate::demo::pretend::Pretend;
use crate::model::deployment::Deployment;
use crate::model::facts::{
    AccountFacts, LoginFacts, LoginOutcome, Part, RdsEvent, RdsFacts, RefusalClass, ValueShape,
};
use crate::model::trouble::Trouble;

/// How long RDS tells of events.
const EVENTS_KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);

const HALF_AN_HOUR: SignedDuration = SignedDuration::from_mins(30);
const AN_HOUR: SignedDuration = SignedDuration::from_hours(1);
const HALF_A_DAY: SignedDuration = SignedDuration::from_hours(12);

pub(super) fn instance(pretend: &Pretend, deployment: &Deployment) -> RdsFacts {
    let database = &pretend.database;
    let pending = database.change.as_ref().filter(|change| !change.resetting);
    // scenarios begin at an hour at which, in seven hours or in none, the certificate ends one day: a window is far then
    let far = after(database.certificate_valid_till, HALF_A_DAY);
    RdsFacts {
        identifier: deployment.rds_instance.clone().unwrap_or_default(),
        status: database.status().to_owned(),
        percent_progress: None,
        endpoint_address: Some(database.endpoint.clone()),
        endpoint_port: Some(5432),
        engine: "postgres 17.6".to_owned(),
        class: "db.t4g.medium".to_owned(),
        master_user: database.master_user.clone(),
        managed_secret: None,
        pending: pending.map(|_| ("MasterUserPassword".to_owned(), "****".to_owned())).into_iter().collect(),
        pending_password: pending.is_some(),
        pending_password_since: pending.map(|change| change.since),
        multi_az: true,
        zone: Some("us-west-2b".to_owned()),
        storage_gib: 50,
        max_storage_gib: Some(200),
        encrypted: true,
        certificate_authority: Some("rds-ca-rsa2048-g1".to_owned()),
        certificate_valid_till: Some(database.certificate_valid_till),
        iam_authentication: false,
        deletion_protection: true,
        public: false,
        backup_days: 14,
        restorable_to: Some(restorable_to(pretend.now)),
        maintenance_window: Some(window(after(far, AN_HOUR), "%a:%H:%M").to_lowercase()),
        backup_window: Some(window(far, "%H:%M")),
        maintenance: Ok(Vec::new()),
        events: Ok(events(pretend)),
    }
}

/// Half an hour from a moment on, as RDS tells of its windows.
fn window(opens: Timestamp, form: &str) -> String {
    format!("{}-{}", opens.strftime(form), after(opens, HALF_AN_HOUR).strftime(form))
}

/// RDS can be restored to about five minutes ago.
fn restorable_to(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second() / 300 * 300 - 300).unwrap_or(now)
}

fn events(pretend: &Pretend) -> Vec<RdsEvent> {
    let oldest = after(pretend.now, -EVENTS_KEPT);
    let told = pretend.database.events.iter().rev().filter(|(at, _)| *at >= oldest);
    told.map(|(at, message)| RdsEvent {
        at: *at,
        message: message.clone(),
        categories: vec!["configuration change".to_owned()],
    })
    .collect()
}

pub(super) fn account(deployment: &Deployment) -> AccountFacts {
    let account = deployment.aws_account.clone().unwrap_or_default();
    let profile = deployment.aws_profile.clone().unwrap_or_default();
    AccountFacts {
        arn: format!("arn:aws:sts::{account}:assumed-role/AWSReservedSSO_Operator/jane"),
        provider: format!("profile {profile}"),
        account,
        shadowed_by: Vec::new(),
    }
}

/// The server's verdict on what KV holds now.
pub(super) fn login(pretend: &Pretend) -> Result<LoginFacts, Trouble> {
    answers_operator(pretend, &format!("secret/data/{DATABASE}"))?;
    let readable = pretend.kv.secret(DATABASE).and_then(|secret| secret.readable());
    let Some((secret_version, version)) = readable else {
        return Err(Trouble::new(format!("{DATABASE} has no current values")).because("it was never written"));
    };
    let plain = |key: &str| match version.values.get(key) {
        Some(Value::Plain(text)) => text.clone(),
        _ => String::new(),
    };
    Ok(LoginFacts {
        secret_version,
        host: plain("pg_host"),
        port: plain("pg_port"),
        user: plain("pg_user"),
        database: plain("pg_name"),
        through: "control host".to_owned(),
        tls: "verify-full".to_owned(),
        outcome: outcome(pretend, &plain("pg_host"), &plain("pg_user")),
        password_shape: shape(pretend, DATABASE, "pg_password"),
        secret_key_shape: shape(pretend, CONFIG, "secret_key"),
    })
}

fn outcome(pretend: &Pretend, host: &str, user: &str) -> LoginOutcome {
    if host != pretend.database.endpoint {
        return LoginOutcome::Unreachable { because: format!("the name does not resolve: {host}") };
    }
    let password = pretend.kv.password();
    let accepted = pretend.database.password_at(pretend.now);
    if user == pretend.database.master_user && password.is_some() && password == accepted {
        return LoginOutcome::Ok { server_version: "17.6".to_owned() };
    }
    LoginOutcome::Refused {
        sqlstate: "28P01".to_owned(),
        class: RefusalClass::of("28P01"),
        message: format!("password authentication failed for user \"{user}\""),
    }
}

fn shape(pretend: &Pretend, path: &str, key: &str) -> Part<ValueShape> {
    let length = match pretend.kv.value(path, key) {
        Some(Value::Hidden(hidden)) => hidden.length,
        Some(Value::Plain(text)) => text.len(),
        None => return Err(Trouble::new(format!("{path} has no {key}"))),
    };
    Ok(ValueShape { length, forbidden: Vec::new(), trailing_newline: false })
}
