//! The RDS instance and the AWS identity in the report.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::last;
use crate::model::facts::{AccountFacts, Maintenance, RdsEvent, RdsFacts};
use crate::model::fleet::Fleet;
use crate::model::health;
use crate::model::subject::Subject;
use crate::model::verdict::Verdict;

/// The RDS instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Database {
    /// How it does, and why.
    pub verdict: Verdict,
    /// The proof of a login with the current KV values, made only when it is asked for (`check --verify`).
    pub login: Verdict,
    /// Instance identifier.
    pub instance: String,
    /// AWS identity in use.
    pub identity: Option<Identity>,
    /// AWS's own word: `available`, `resetting-master-credentials`.
    pub status: Option<String>,
    /// Address of the endpoint.
    pub address: Option<String>,
    /// Port of the endpoint.
    pub port: Option<u16>,
    /// Engine with its version.
    pub engine: Option<String>,
    /// Instance class.
    pub class: Option<String>,
    /// Master user.
    pub master_user: Option<String>,
    /// Whether a standby runs in another zone.
    pub multi_az: Option<bool>,
    /// Allocated storage in GiB.
    pub storage_gib: Option<i64>,
    /// Changes that wait to be applied, by AWS's names; secret values masked.
    pub pending: Option<BTreeMap<String, String>>,
    /// Whether a new master password is pending.
    pub pending_password: Option<bool>,
    /// Authority of the server's certificate.
    pub certificate_authority: Option<String>,
    /// Until when that certificate is valid, UTC.
    pub certificate_valid_till: Option<Timestamp>,
    /// Pending maintenance.
    pub maintenance: Option<Vec<Maintenance>>,
    /// Events of the last 14 days, newest first.
    pub events: Option<Vec<RdsEvent>>,
}

/// The AWS identity that the looks are made in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// How it does, and why.
    pub verdict: Verdict,
    /// Account number.
    pub account: String,
    /// ARN.
    pub arn: String,
    /// Where the credentials came from: `profile shared-services`.
    pub provider: String,
}

impl Database {
    pub(super) fn of(fleet: &Fleet, instance: &str, now: Timestamp) -> Self {
        let facts = last::<RdsFacts>(fleet, &Subject::Rds);
        Self {
            verdict: health::rds(fleet, now),
            login: health::login(fleet, now),
            instance: instance.to_owned(),
            identity: last::<AccountFacts>(fleet, &Subject::Account)
                .map(|facts| Identity::of(facts, fleet, now)),
            status: facts.map(|facts| facts.status.clone()),
            address: facts.and_then(|facts| facts.endpoint_address.clone()),
            port: facts.and_then(|facts| facts.endpoint_port),
            engine: facts.map(|facts| facts.engine.clone()),
            class: facts.map(|facts| facts.class.clone()),
            master_user: facts.map(|facts| facts.master_user.clone()),
            multi_az: facts.map(|facts| facts.multi_az),
            storage_gib: facts.map(|facts| facts.storage_gib),
            pending: facts.map(|facts| facts.pending.iter().cloned().collect()),
            pending_password: facts.map(|facts| facts.pending_password),
            certificate_authority: facts.and_then(|facts| facts.certificate_authority.clone()),
            certificate_valid_till: facts.and_then(|facts| facts.certificate_valid_till),
            maintenance: facts.and_then(|facts| facts.maintenance.clone().ok()),
            events: facts.and_then(|facts| facts.events.clone().ok()),
        }
    }
}

impl Identity {
    fn of(facts: &AccountFacts, fleet: &Fleet, now: Timestamp) -> Self {
        Self {
            verdict: health::account(fleet, now),
            account: facts.account.clone(),
            arn: facts.arn.clone(),
            provider: facts.provider.clone(),
        }
    }
}
