//! The role and its secret-ids: about to expire, gone, locked, shared, left over, or set up so that agents break later.

use jiff::Timestamp;

use super::sight::{Sight, finding};
use super::{Finding, Rule, Severity, Signal};
use crate::model::agent_log::{AgentReading, Class};
use crate::model::facts::{RoleFacts, SecretId};
use crate::model::fleet::{Fleet, Seen};
use crate::model::ledger::{self, Ledger};
use crate::model::sidecar;
use crate::model::span::{self, DAY};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::model::verdict::Evidence;

/// A secret-id that has been there for so many seconds is taken to have been delivered.
const DELIVERED_SECONDS: i64 = 900;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "SID-EXPIRING",
        severity: Severity::Critical,
        title: "a host's last secret-id is about to expire",
        about: "agents log in again with it at the latest when their token's longest life is over, and break",
        reads: &[Signal::Role],
        judge: expiring,
    },
    Rule {
        id: "SID-NONE",
        severity: Severity::Critical,
        title: "no live secret-id is left",
        about: "running agents break at their next login; restarted ones at once",
        reads: &[Signal::Role],
        judge: none_left,
    },
    Rule {
        id: "ROLE-LOCKED",
        severity: Severity::Critical,
        title: "the role is locked out",
        about: "five wrong secret-ids from one host lock the role for every host, valid secret-ids included",
        reads: &[Signal::Role],
        judge: locked,
    },
    Rule {
        id: "SID-OLD-LIVE",
        severity: Severity::Warning,
        title: "a replaced secret-id still works",
        about: "the old one was never destroyed: whoever has it can log in until it expires",
        reads: &[Signal::Role],
        judge: old_ones_live,
    },
    Rule {
        id: "ROLE-NUMUSES",
        severity: Severity::High,
        title: "uses are counted on an agent's role",
        about: "agents log in again by themselves: a used-up secret-id or token breaks them hours after the deploy",
        reads: &[Signal::Role],
        judge: uses_counted,
    },
    Rule {
        id: "SID-TTL-CAPPED",
        severity: Severity::Warning,
        title: "secret-ids live shorter than the role says",
        about: "the mount's max_lease_ttl caps them silently: only expiration_time tells the truth",
        reads: &[Signal::Role, Signal::Mounts],
        judge: ttl_capped,
    },
    Rule {
        id: "SID-UNLABELLED",
        severity: Severity::Warning,
        title: "secret-ids do not say whose they are",
        about: "without metadata nobody can tell which host breaks when one expires, or which one to destroy",
        reads: &[Signal::Role],
        judge: unlabelled,
    },
    Rule {
        id: "ONE-SID-FOR-MANY-HOSTS",
        severity: Severity::Warning,
        title: "several hosts share one secret-id",
        about: "one expiry breaks all of them, one leak means to redeploy all of them",
        reads: &[Signal::Role],
        judge: shared,
    },
    Rule {
        id: "SID-NEVER-EXPIRES",
        severity: Severity::Warning,
        title: "a secret-id never expires",
        about: "a leaked one works for ever",
        reads: &[Signal::Role],
        judge: never_expires,
    },
    Rule {
        id: "ROLE-PERIODIC",
        severity: Severity::Warning,
        title: "the role's tokens never end",
        about: "agents never log in again, so a dead secret-id stays hidden for months, until a restart",
        reads: &[Signal::Role],
        judge: periodic,
    },
];

/// A rule over the role and its live secret-ids.
fn with_ledger<F: IntoIterator<Item = Finding>>(
    fleet: &Fleet,
    now: Timestamp,
    look: impl Fn(&Seen<'_, RoleFacts>, &Ledger<'_>) -> F,
) -> Sight {
    Sight::of(fleet.role(now).and_then(|role| {
        let ledger = Ledger::of(role.facts, now)?;
        Ok(look(&role, &ledger))
    }))
}

fn expiring(fleet: &Fleet, now: Timestamp) -> Sight {
    with_ledger(fleet, now, |role, ledger| {
        let hosts = fleet.deployment.hosts.iter();
        hosts
            .filter_map(|host| expiring_of(fleet, role, host, ledger.longest_lived(host)?, now))
            .collect::<Vec<_>>()
    })
}

fn expiring_of(
    fleet: &Fleet,
    role: &Seen<'_, RoleFacts>,
    host: &str,
    secret_id: &SecretId,
    now: Timestamp,
) -> Option<Finding> {
    let expires = secret_id.expires?;
    let left = span::seconds(now, expires);
    let [warning, high, critical] = fleet.deployment.thresholds.secret_id_days.map(|days| days * DAY);
    let severity = match left {
        _ if left <= critical => Severity::Critical,
        _ if left <= high => Severity::High,
        _ if left <= warning => Severity::Warning,
        _ => return None,
    };
    let headline = format!("the last secret-id of {host} expires on {}", span::clock(expires, now));
    let breaks = ledger::agents_break_by(role.facts, expires);
    let breaks =
        breaks.map(|by| format!(", its agent breaks by {}", span::clock(by, now))).unwrap_or_default();
    let told = format!("{} expires in {}{breaks}", described(secret_id), span::words(left));
    Some(
        finding(severity, Subject::Host(host.to_owned()), headline)
            .because(Evidence::at(role.at, "vault", told))
            .fix("regenerate-secret-id"),
    )
}

fn described(secret_id: &SecretId) -> String {
    format!("secret-id {} ({})", secret_id.short(), secret_id.host.as_deref().unwrap_or("unlabelled"))
}

fn none_left(fleet: &Fleet, now: Timestamp) -> Sight {
    with_ledger(fleet, now, |role, ledger| {
        let rows = role.facts.ledger.as_ref().map_or(0, Vec::len);
        let told = format!("{rows} listed, {} live", ledger.live().len());
        let evidence = Evidence::at(role.at, "vault", told);
        if ledger.live().is_empty() {
            let headline =
                format!("role {} has no live secret-id: agents break at their next login", role.name);
            let finding = finding(Severity::Critical, Subject::Role, headline);
            return vec![finding.because(evidence).fix("regenerate-secret-id")];
        }
        let without = fleet.deployment.hosts.iter().filter(|host| ledger.longest_lived(host).is_none());
        without
            .map(|host| {
                let headline = format!("{host} has no live secret-id of its own and none is unlabelled");
                let finding = finding(Severity::High, Subject::Host(host.clone()), headline);
                finding.because(evidence.clone()).fix("regenerate-secret-id")
            })
            .collect()
    })
}

fn locked(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(fleet.role(now).and_then(|role| {
        let refused = hosts_whose_agent(fleet, now, |reading| reading.class == Class::RoleLocked);
        let evidence = match &role.facts.locked {
            Ok(false) => return Ok(None),
            Ok(true) => Evidence::at(role.at, "vault", "sys/locked-users lists the role-id"),
            Err(trouble) if refused.is_empty() => return Err(trouble.clone()),
            Err(_) => Evidence::at(role.at, "vault", "the role is readable, so the mount is there"),
        };
        let culprits = hosts_whose_agent(fleet, now, sidecar::sent_wrong_secret_id);
        let first = match culprits.as_slice() {
            [] => String::new(),
            culprits => format!(", look at {} first", culprits.join(", ")),
        };
        let headline = format!("role {} is locked out: no host can log in{first}", role.name);
        let said =
            |what: &'static str| move |host: &str| Evidence::at(role.at, "log", format!("{host}: {what}"));
        Ok(Some(
            finding(Severity::Critical, Subject::Role, headline)
                .because(evidence)
                .because_all(refused.into_iter().map(said("login answered with 403")))
                .because_all(culprits.into_iter().map(said("its secret-id was refused with 400")))
                .fix("fix-agent-auth"),
        ))
    }))
}

fn hosts_whose_agent(fleet: &Fleet, now: Timestamp, says: impl Fn(&AgentReading) -> bool) -> Vec<&str> {
    let says = |host: &&String| fleet.agent(host, now).is_ok_and(|agent| says(&agent.reading));
    fleet.deployment.hosts.iter().filter(says).map(String::as_str).collect()
}

fn old_ones_live(fleet: &Fleet, now: Timestamp) -> Sight {
    with_ledger(fleet, now, |role, ledger| {
        let of_host = |host: &String| left_over(fleet, Some(host), ledger.labelled(host), role.at, now);
        let mut findings: Vec<_> = fleet.deployment.hosts.iter().filter_map(of_host).collect();
        findings.extend(left_over(fleet, None, ledger.unlabelled(), role.at, now));
        findings
    })
}

/// All but the newest of several, once the newest is in use.
fn left_over(
    fleet: &Fleet,
    host: Option<&String>,
    mut live: Vec<&SecretId>,
    at: Timestamp,
    now: Timestamp,
) -> Option<Finding> {
    live.sort_by_key(|secret_id| secret_id.created);
    let (newest, old) = live.split_last()?;
    let created = newest.created?;
    let logged_in = host.and_then(|host| fleet.agent(host, now).ok()?.reading.last_login);
    let in_use =
        span::seconds(created, now) > DELIVERED_SECONDS || logged_in.is_some_and(|login| login > created);
    if old.is_empty() || !in_use {
        return None;
    }
    let (whose, subject) = match host {
        Some(host) => (host.as_str(), Subject::Host(host.clone())),
        None => ("no named host", Subject::Role),
    };
    let headline = format!("{} older secret-ids of {whose} still work beside the newest", old.len());
    let rows = live.iter().map(|secret_id| {
        let expires =
            secret_id.expires.map_or("never expires".to_owned(), |at| format!("expires {}", span::day(at)));
        Evidence {
            at: secret_id.created,
            source: "vault".to_owned(),
            text: format!("{}, {expires}", described(secret_id)),
        }
    });
    let seen = Evidence::at(at, "vault", format!("{} live secret-ids", live.len()));
    Some(
        finding(Severity::Warning, subject, headline)
            .because_all(rows)
            .because(seen)
            .fix("regenerate-secret-id"),
    )
}

fn uses_counted(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(fleet.role(now).map(|role| {
        let counted =
            [("secret_id_num_uses", role.secret_id_num_uses), ("token_num_uses", role.token_num_uses)];
        let counted: Vec<_> = counted.into_iter().filter(|(_, uses)| *uses > 0).collect();
        let (name, uses) = counted.first()?;
        let headline = format!("role {} has {name} = {uses}: agents break when the uses are gone", role.name);
        let told =
            counted.iter().map(|(name, uses)| Evidence::at(role.at, "vault", format!("{name} = {uses}")));
        Some(finding(Severity::High, Subject::Role, headline).because_all(told).fix("setup-approle"))
    }))
}

fn ttl_capped(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(fleet.role(now).and_then(|role| {
        let mounts = fleet.mounts(now)?;
        let mount = mounts.facts.approle.as_ref().map_err(Trouble::clone)?;
        let (asked, cap) = (role.secret_id_ttl_seconds, mount.max_lease_ttl_seconds);
        if cap == 0 || asked <= cap {
            return Ok(None);
        }
        let headline = format!(
            "secret-ids of role {} live {}, not the {} that the role says",
            role.name,
            span::words(cap),
            span::words(asked)
        );
        Ok(Some(
            finding(Severity::Warning, Subject::Role, headline)
                .because(Evidence::at(role.at, "vault", format!("secret_id_ttl = {asked} s")))
                .because(Evidence::at(
                    mounts.at,
                    "vault",
                    format!("auth/{} max_lease_ttl = {cap} s", mount.path),
                ))
                .fix("setup-approle"),
        ))
    }))
}

fn unlabelled(fleet: &Fleet, now: Timestamp) -> Sight {
    with_ledger(fleet, now, |role, ledger| {
        let nobodys = ledger.unlabelled();
        let headline =
            format!("{} of {} live secret-ids carry no host's name", nobodys.len(), ledger.live().len());
        let rows = nobodys.iter().map(|secret_id| Evidence {
            at: secret_id.created,
            source: "vault".to_owned(),
            text: format!("{}, counted for every host", described(secret_id)),
        });
        let seen = Evidence::at(role.at, "vault", "metadata.host is not set");
        let finding = finding(Severity::Warning, Subject::Role, headline).because_all(rows).because(seen);
        (!nobodys.is_empty()).then(|| finding.fix("regenerate-secret-id"))
    })
}

fn shared(fleet: &Fleet, now: Timestamp) -> Sight {
    with_ledger(fleet, now, |role, ledger| {
        let without = |host: &&String| ledger.labelled(host).is_empty();
        let hosts: Vec<_> = fleet.deployment.hosts.iter().filter(without).map(String::as_str).collect();
        let nobodys = ledger.unlabelled().len();
        if nobodys == 0 || nobodys >= hosts.len() {
            return None;
        }
        let headline = format!("{} share {nobodys} unlabelled secret-id between them", hosts.join(", "));
        let told = format!("{} hosts without a secret-id of their own, {nobodys} unlabelled", hosts.len());
        let finding = finding(Severity::Warning, Subject::Role, headline);
        Some(finding.because(Evidence::at(role.at, "vault", told)).fix("regenerate-secret-id"))
    })
}

fn never_expires(fleet: &Fleet, now: Timestamp) -> Sight {
    with_ledger(fleet, now, |role, ledger| {
        let endless: Vec<_> = ledger.live().iter().filter(|secret_id| secret_id.expires.is_none()).collect();
        let first = endless.first()?;
        let headline = match endless.len() {
            1 => format!("{} never expires", described(first)),
            count => format!("{count} secret-ids never expire"),
        };
        let told = endless.iter().map(|secret_id| Evidence::at(role.at, "vault", described(secret_id)));
        Some(
            finding(Severity::Warning, Subject::Role, headline).because_all(told).fix("regenerate-secret-id"),
        )
    })
}

fn periodic(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(fleet.role(now).map(|role| {
        let period = role.token_period_seconds;
        let headline = format!(
            "tokens of role {} are periodic: a dead secret-id stays hidden until a restart",
            role.name
        );
        let evidence = Evidence::at(role.at, "vault", format!("token_period = {period} s"));
        (period > 0).then(|| {
            finding(Severity::Warning, Subject::Role, headline).because(evidence).fix("setup-approle")
        })
    }))
}
