//! Vault: the server, your token and what it may do, the agents' role with every secret-id, mounts and policy.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::deployment::Need;
use crate::model::facts::{
    AccessFacts, MountsFacts, PolicyFacts, RoleFacts, SecretId, SecretIdState, TokenFacts, VaultFacts,
};
use crate::model::fleet::Fleet;
use crate::model::health;
use crate::model::subject::Subject;
use crate::model::verdict::Health;
use crate::tui::canvas::Phrase;
use crate::tui::judged::Judged;
use crate::tui::selection::Selection;
use crate::tui::theme::Role;
use crate::tui::widgets::sheet::{Section, Sheet};

use super::section::{Builder, ago, list, muted, setting, text, until, yes};

/// The whole view.
pub fn sheet(fleet: &Fleet, judged: &Judged, now: Timestamp) -> Sheet<Selection> {
    let sections = vec![
        server(fleet, judged, now),
        token(fleet, judged, now),
        role(fleet, now),
        mounts(fleet, now),
        policy(fleet, now),
        ledger(fleet, now),
        access(fleet, now),
    ];
    Sheet { sections }
}

fn server(fleet: &Fleet, judged: &Judged, now: Timestamp) -> Section<Selection> {
    let mut section = Builder::about(fleet, Subject::Vault, "vault", "SERVER", now);
    let Some(vault) = fleet.last::<VaultFacts>(&Subject::Vault) else { return section.done() };
    section.verdict_field("state", &judged.vault);
    section.field("version", vault.version.clone());
    section.field("address", format!("{} ({})", vault.address, vault.address_source));
    section.part("seal", &vault.seal, |seal| {
        if seal.sealed {
            return format!("sealed, {} of {} keys given ({})", seal.progress, seal.threshold, seal.kind);
        }
        format!("unsealed ({}, {} of {} keys)", seal.kind, seal.threshold, seal.shares)
    });
    section.part("leader", &vault.leader, |leader| {
        match (leader.ha_enabled, leader.is_self, &leader.address) {
            (false, _, _) => "no high availability".to_owned(),
            (true, true, _) => "this node".to_owned(),
            (true, false, Some(address)) => address.clone(),
            (true, false, None) => "none".to_owned(),
        }
    });
    section.maybe("cluster", vault.cluster_name.clone());
    section.field("clock", format!("{:+.1} s against ours", vault.clock_offset_seconds));
    section.done()
}

fn token(fleet: &Fleet, judged: &Judged, now: Timestamp) -> Section<Selection> {
    let mut section = Builder::about(fleet, Subject::Token, "vault", "YOUR TOKEN", now);
    let Some(token) = fleet.last::<TokenFacts>(&Subject::Token) else { return section.done() };
    section.verdict_field("state", &judged.token);
    section.field("from", token.source.to_string());
    if let Some(shadowed) = &token.shadows {
        let differs = if shadowed.differs { "another token" } else { "the same token" };
        let health = if shadowed.differs { Health::Warn } else { Health::Ok };
        section.judged_field("hides", format!("{differs} in {}", shadowed.source), health);
    }
    if token.dead.is_some() || token.blind {
        return section.done();
    }
    section.field("name", token.display_name.clone());
    section.field("policies", list(&token.policies));
    section.field("ends", token.expires.map_or_else(|| "never".to_owned(), |at| until(at, now)));
    section.field("renewable", renewal(&token));
    section.field("kind", if token.batch { "batch: cannot be renewed or revoked" } else { "service" });
    section.done()
}

fn renewal(token: &TokenFacts) -> String {
    match (token.renewable, token.period_seconds, token.explicit_max_ttl_seconds) {
        (false, _, _) => "no".to_owned(),
        (true, Some(period), _) => format!("yes, for {} each time", setting(period)),
        (true, None, 0) => "yes".to_owned(),
        (true, None, most) => format!("yes, at most {} in all", setting(most)),
    }
}

fn role(fleet: &Fleet, now: Timestamp) -> Section<Selection> {
    let title = format!("ROLE {}", fleet.deployment.role);
    let mut section = Builder::about(fleet, Subject::Role, "vault", title, now);
    let Some(role) = fleet.last::<RoleFacts>(&Subject::Role) else { return section.done() };
    section.verdict_field("state", &health::role(fleet, now));
    match &role.locked {
        Ok(true) => section.judged_field("lockout", "locked out: too many wrong secret-ids", Health::Bad),
        Ok(false) => section.field("lockout", "not locked"),
        Err(trouble) => section.unknown("lockout", trouble),
    }
    section.part("role-id", &role.role_id_readable, |readable| {
        if *readable { "readable" } else { "not readable" }.into()
    });
    section.field(
        "token lives",
        format!("{}, at most {}", setting(role.token_ttl_seconds), setting(role.token_max_ttl_seconds)),
    );
    section.field("token policies", list(&role.token_policies));
    section.field("secret-id lives", setting(role.secret_id_ttl_seconds));
    let uses = |uses: i64| if uses == 0 { "unlimited".to_owned() } else { uses.to_string() };
    let counted = role.secret_id_num_uses > 0 || role.token_num_uses > 0;
    let words = format!("secret-id {}, token {}", uses(role.secret_id_num_uses), uses(role.token_num_uses));
    section.judged_field("uses", words, if counted { Health::Warn } else { Health::Ok });
    section.field("bound to", list(role.secret_id_bound_cidrs.iter().chain(&role.token_bound_cidrs)));
    section.done()
}

fn ledger(fleet: &Fleet, now: Timestamp) -> Section<Selection> {
    let headings = ["ACCESSOR", "HOST", "STATE", "EXPIRES", "CREATED", "USES", "ISSUED BY"];
    let mut section = Builder::about(fleet, Subject::Role, "vault", "SECRET-IDS", now).table(&headings);
    let Some(role) = fleet.last::<RoleFacts>(&Subject::Role) else { return section.done() };
    match &role.ledger {
        Err(trouble) => section.unknown("accessors", trouble),
        Ok(ledger) if ledger.is_empty() => {
            section.push(
                Health::Bad,
                vec![Phrase::of("the role has no secret-id", Health::Bad)],
                "the role has no secret-id",
            );
        }
        Ok(ledger) => {
            for secret_id in ledger {
                ledger_row(&mut section, fleet, secret_id, now);
            }
        }
    }
    section.done()
}

fn ledger_row(section: &mut Builder, fleet: &Fleet, secret_id: &SecretId, now: Timestamp) {
    let health = ledger_health(fleet, secret_id, now);
    let state = match (secret_id.state, secret_id.live(now)) {
        (SecretIdState::Dangling, _) => "dangling",
        (SecretIdState::Live, true) => "live",
        (SecretIdState::Live, false) => "expired",
    };
    let expires = secret_id.expires.map_or_else(|| "never".to_owned(), |at| until(at, now));
    let uses = if secret_id.uses_left == 0 { "∞".to_owned() } else { secret_id.uses_left.to_string() };
    let words = format!("secret-id {} is {state}, expires {expires}", secret_id.short());
    let cells = vec![
        text(secret_id.short()),
        secret_id.host.as_ref().map_or_else(|| muted("unlabelled"), text),
        Phrase::of(state, health),
        Phrase::of(expires, health),
        muted(ago(secret_id.created, now)),
        muted(uses),
        muted(secret_id.issued_by.clone().unwrap_or_else(|| "-".to_owned())),
    ];
    section.push(health, cells, &words);
    section.at(3, secret_id.expires);
    section.at(4, secret_id.created);
}

fn ledger_health(fleet: &Fleet, secret_id: &SecretId, now: Timestamp) -> Health {
    let [warn, _, critical] = fleet.deployment.thresholds.secret_id_days;
    let days = |at: Timestamp| at.duration_since(now).as_hours() / 24;
    match secret_id.expires {
        _ if secret_id.state == SecretIdState::Dangling => Health::Warn,
        Some(at) if at <= now || days(at) < critical => Health::Bad,
        Some(at) if days(at) < warn => Health::Warn,
        _ => Health::Ok,
    }
}

fn mounts(fleet: &Fleet, now: Timestamp) -> Section<Selection> {
    let mut section = Builder::about(fleet, Subject::Mounts, "vault", "MOUNTS", now);
    let Some(mounts) = fleet.last::<MountsFacts>(&Subject::Mounts) else { return section.done() };
    section.verdict_field("state", &health::mounts(fleet, now));
    section.part("secrets", &mounts.kv, |kv| format!("{}, kv version {}", kv.path, kv.version));
    section.part("approle", &mounts.approle, |mount| {
        format!("auth/{}, lease at most {}", mount.path, setting(mount.max_lease_ttl_seconds))
    });
    section.part("user lockout", &mounts.approle, |mount| yes(!mount.lockout_disabled).to_owned());
    section.part("audit", &mounts.audit, |devices| list(devices));
    section.done()
}

fn policy(fleet: &Fleet, now: Timestamp) -> Section<Selection> {
    let title = format!("POLICY {}", fleet.deployment.policy);
    let mut section = Builder::about(fleet, Subject::Policy, "vault", title, now);
    let Some(policy) = fleet.last::<PolicyFacts>(&Subject::Policy) else { return section.done() };
    section.verdict_field("state", &health::policy(fleet, now));
    for sentence in &policy.drift {
        section.push(Health::Warn, vec![Phrase::of(sentence.clone(), Health::Warn)], sentence);
    }
    for line in policy.text.iter().flat_map(|text| text.lines()).filter(|line| !line.trim().is_empty()) {
        section.push(Health::Ok, vec![Phrase::new(line, Role::Muted)], line);
    }
    section.done()
}

fn access(fleet: &Fleet, now: Timestamp) -> Section<Selection> {
    let headings = ["PATH", "NEEDED", "GRANTED", "FOR"];
    let mut section =
        Builder::about(fleet, Subject::Access, "vault", "WHAT YOUR TOKEN MAY DO", now).table(&headings);
    let Some(access) = fleet.last::<AccessFacts>(&Subject::Access) else { return section.done() };
    for need in &fleet.deployment.needs {
        access_row(&mut section, &access, need);
    }
    section.done()
}

fn access_row(section: &mut Builder, access: &AccessFacts, need: &Need) {
    let missing =
        need.capabilities.iter().any(|capability| access.allows(&need.path, capability) == Some(false));
    let unasked = !access.granted.contains_key(&need.path);
    let health = match (missing, unasked) {
        (true, _) => Health::Warn,
        (false, true) => Health::Unknown,
        (false, false) => Health::Ok,
    };
    let granted = access.granted.get(&need.path).map_or_else(|| "not asked".to_owned(), list_of);
    let needed = need.capabilities.join(", ");
    let words = format!("{}: {} needs {needed}, granted is {granted}", need.path, need.wanted_by);
    let cells = vec![text(&need.path), muted(needed), Phrase::of(granted, health), muted(&need.wanted_by)];
    section.push(health, cells, &words);
}

fn list_of(words: &BTreeSet<String>) -> String {
    list(words)
}
