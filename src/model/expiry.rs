//! Every clock of the deployment in one list: what ends or happens next, and what follows from it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::facts::{SecretId, TokenFacts};
use super::fleet::Fleet;
use super::ledger::{self, Ledger};
use super::sidecar;
use super::span::{self, DAY};
use super::subject::Subject;
use super::verdict::Health;

/// Something that ends, or happens by itself, at a known moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expiry {
    /// When.
    pub at: Timestamp,
    /// What ends or happens: `secret-id a1b2c3d4 of authentik-1`.
    pub what: String,
    /// What follows: `agents that use it break by 2026-12-22 18:02`.
    pub consequence: String,
    /// How near it is, by the thresholds of the profile.
    pub health: Health,
    /// Where to look.
    pub subject: Subject,
}

/// Every clock that still runs, next first.
pub fn expiries(fleet: &Fleet, now: Timestamp) -> Vec<Expiry> {
    let mut all = Vec::new();
    all.extend(own_token(fleet, now));
    all.extend(agent_logins(fleet, now));
    all.extend(secret_ids(fleet, now));
    all.extend(certificate(fleet, now));
    all.extend(maintenance(fleet, now));
    all.extend(deletions(fleet, now));
    all.extend(acknowledgements(fleet));
    all.retain(|expiry| expiry.at > now);
    all.sort_by(|one, other| (one.at, &one.what).cmp(&(other.at, &other.what)));
    all
}

/// How near a moment is by two thresholds in seconds.
fn nearness(at: Timestamp, now: Timestamp, warn: i64, bad: i64) -> Health {
    Health::of_nearness(span::seconds(now, at), warn, bad)
}

/// The operator's token: its next end, and the end that no renewal moves.
fn own_token(fleet: &Fleet, now: Timestamp) -> Vec<Expiry> {
    let Ok(token) = fleet.token(now) else { return Vec::new() };
    let thresholds = &fleet.deployment.thresholds;
    let entry = |at: Timestamp, what: &str, consequence: &str| Expiry {
        at,
        what: what.to_owned(),
        consequence: consequence.to_owned(),
        health: nearness(at, now, thresholds.token_warn_seconds, thresholds.token_critical_seconds),
        subject: Subject::Token,
    };
    let mut all = Vec::new();
    if let Some(expires) = token.expires {
        all.push(entry(expires, "your token", way_out(token.facts, expires)));
    }
    if let Some(end) = token.ends_for_good().filter(|end| Some(*end) != token.expires) {
        all.push(entry(end, "your token for good", "no renewal carries it further, log in again"));
    }
    all
}

fn way_out(token: &TokenFacts, expires: Timestamp) -> &'static str {
    if token.can_outlive(expires) {
        "ends a run longer than that unless it is renewed"
    } else {
        "ends a run longer than that; it cannot be renewed"
    }
}

/// When each agent must log in again: that is when a dead secret-id shows.
fn agent_logins(fleet: &Fleet, now: Timestamp) -> Vec<Expiry> {
    let Ok(role) = fleet.role(now) else { return Vec::new() };
    let of_host = |host: &String| {
        let agent = fleet.agent(host, now).ok()?;
        if sidecar::cannot_log_in(&agent.reading) {
            return None;
        }
        let at = sidecar::next_login(&agent.reading, role.facts)?;
        let (health, consequence) = match secret_id_at(fleet, host, at, now) {
            Some(false) => (Health::Bad, "its secret-id will be dead by then: it breaks"),
            Some(true) => (Health::Ok, "with the secret-id in its memory"),
            None => (Health::Ok, "whether its secret-id lives then is not known"),
        };
        Some(Expiry {
            at,
            what: format!("{host} logs in again (max TTL)"),
            consequence: consequence.to_owned(),
            health,
            subject: Subject::Agent(host.clone()),
        })
    };
    fleet.deployment.hosts.iter().filter_map(of_host).collect()
}

/// Whether a host has a secret-id that lives at a moment.
fn secret_id_at(fleet: &Fleet, host: &str, at: Timestamp, now: Timestamp) -> Option<bool> {
    let role = fleet.role(now).ok()?;
    let ledger = Ledger::of(role.facts, now).ok()?;
    Some(ledger.longest_lived(host).is_some_and(|secret_id| secret_id.live(at)))
}

/// One line per live secret-id that some host lives on; those that nobody needs are findings, not clocks.
fn secret_ids(fleet: &Fleet, now: Timestamp) -> Vec<Expiry> {
    let Ok(role) = fleet.role(now) else { return Vec::new() };
    let Ok(ledger) = Ledger::of(role.facts, now) else { return Vec::new() };
    let [warn, _, bad] = fleet.deployment.thresholds.secret_id_days.map(|days| days * DAY);
    let used = ledger.live().iter().filter_map(|secret_id| {
        let hosts = hosts_on(fleet, &ledger, secret_id);
        let expires = secret_id.expires.filter(|_| !hosts.is_empty())?;
        let consequence = match ledger::agents_break_by(role.facts, expires) {
            Some(by) => format!("agents that use it break by {}", span::clock(by, now)),
            None => "agents that use it break when they are restarted".to_owned(),
        };
        Some(Expiry {
            at: expires,
            what: format!("secret-id {}… {}", secret_id.short(), hosts.join(", ")),
            consequence,
            health: nearness(expires, now, warn, bad),
            subject: Subject::Role,
        })
    });
    used.collect()
}

fn hosts_on<'a>(fleet: &'a Fleet, ledger: &Ledger<'_>, secret_id: &SecretId) -> Vec<&'a str> {
    let lives_on_it = |host: &&String| {
        ledger.longest_lived(host).is_some_and(|longest| longest.accessor == secret_id.accessor)
    };
    fleet.deployment.hosts.iter().filter(lives_on_it).map(String::as_str).collect()
}

fn certificate(fleet: &Fleet, now: Timestamp) -> Option<Expiry> {
    let rds = fleet.rds(now).ok()?;
    let thresholds = &fleet.deployment.thresholds;
    let at = rds.certificate_valid_till?;
    let authority = rds.certificate_authority.as_deref().unwrap_or_default();
    Some(Expiry {
        at,
        what: format!("rds certificate {authority}").trim_end().to_owned(),
        consequence: "clients that verify it cannot connect".to_owned(),
        health: nearness(
            at,
            now,
            thresholds.certificate_warn_days * DAY,
            thresholds.certificate_critical_days * DAY,
        ),
        subject: Subject::Rds,
    })
}

fn maintenance(fleet: &Fleet, now: Timestamp) -> Vec<Expiry> {
    let Ok(rds) = fleet.rds(now) else { return Vec::new() };
    let Ok(actions) = &rds.facts.maintenance else { return Vec::new() };
    let warn = fleet.deployment.thresholds.maintenance_days * DAY;
    let dated = actions.iter().filter_map(|action| {
        let at = action.applies.or(action.forced)?;
        Some(Expiry {
            at,
            what: format!("rds {}", action.action),
            consequence: "the instance may restart; no rotation should overlap it".to_owned(),
            health: nearness(at, now, warn, 0),
            subject: Subject::Rds,
        })
    });
    dated.collect()
}

/// Versions that KV will delete by itself, the current ones only.
fn deletions(fleet: &Fleet, now: Timestamp) -> Vec<Expiry> {
    let of_secret = |path: &str| {
        let secret = fleet.secret(path, now).ok()?;
        let at = secret.facts.current_version()?.deleted?;
        Some(Expiry {
            at,
            what: format!("{path} version {} is deleted", secret.current),
            consequence: "agents cannot read it any more".to_owned(),
            health: nearness(at, now, 14 * DAY, 2 * DAY),
            subject: Subject::Secret(path.to_owned()),
        })
    };
    fleet.deployment.secrets.iter().filter_map(|secret| of_secret(&secret.path)).collect()
}

/// Acknowledgements count until the end of their last day, in UTC.
fn acknowledgements(fleet: &Fleet) -> Vec<Expiry> {
    let ends = fleet.deployment.acknowledgements.iter().filter_map(|acknowledgement| {
        let whose =
            acknowledgement.subject.as_ref().map(|subject| format!(" for {subject}")).unwrap_or_default();
        Some(Expiry {
            at: end_of(acknowledgement.until)?,
            what: format!("acknowledgement of {}{whose}", acknowledgement.rule),
            consequence: format!("it counts again: {}", acknowledgement.reason),
            health: Health::Ok,
            subject: Subject::Station,
        })
    });
    ends.collect()
}

fn end_of(day: Date) -> Option<Timestamp> {
    let next = day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(next.timestamp())
}
