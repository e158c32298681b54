//! The cells of Vault and of what hangs on it: the operator's token and rights, mounts, policy, role, secrets; and the
//! control host they are used from.

use jiff::Timestamp;

use super::{judged, unreachable, unseen};
use crate::model::facts::{NodeState, RoleFacts, SecretFacts, TokenFacts, VaultFacts};
use crate::model::fleet::{Fleet, Seen};
use crate::model::ledger::Ledger;
use crate::model::span::{self, DAY};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::model::verdict::{Evidence, Health, Verdict};

/// The Vault server: `2.7.2 active`, `sealed 1/3`.
pub fn vault(fleet: &Fleet, now: Timestamp) -> Verdict {
    let outcome = fleet.reached::<VaultFacts>(&Subject::Vault, now).map(|vault| {
        let told = format!("{} answers as {}", vault.address, vault.node);
        node(&vault).because(Evidence::at(vault.at, "vault", told)).because(Evidence::at(
            vault.at,
            "clock",
            offset(&vault),
        ))
    });
    judged(fleet, &Subject::Vault, outcome, unreachable)
}

fn offset(vault: &VaultFacts) -> String {
    format!("clock {:+.1} s against the control host", vault.clock_offset_seconds)
}

fn node(vault: &Seen<'_, VaultFacts>) -> Verdict {
    match vault.node {
        NodeState::Sealed => {
            let seal = vault.facts.seal.as_ref().ok();
            let progress =
                seal.map(|seal| format!(" {}/{}", seal.progress, seal.threshold)).unwrap_or_default();
            Verdict::new(Health::Bad, format!("sealed{progress}"))
                .so("key holders must unseal it; agents keep what they have and recover by themselves")
        }
        NodeState::Uninitialised => Verdict::new(Health::Bad, "uninitialised"),
        NodeState::Standby | NodeState::PerformanceStandby if leaderless(vault) => {
            Verdict::new(Health::Bad, "no leader")
                .so("standbys answer health checks and every real call fails")
        }
        node => Verdict::new(Health::Ok, format!("{} {node}", vault.version)),
    }
}

fn leaderless(vault: &VaultFacts) -> bool {
    vault.leader.as_ref().is_ok_and(|leader| leader.address.is_none() && !leader.is_self)
}

/// The operator's token: `userpass-jane 47m left`, `dead`, `root`.
pub fn token(fleet: &Fleet, now: Timestamp) -> Verdict {
    let outcome = fleet.token(now).map(|token| {
        let from = Evidence::at(token.at, "vault", format!("token of {}", token.source));
        let verdict = life(fleet, &token, now).because(from);
        match token.shadows.as_ref().filter(|hidden| hidden.differs) {
            Some(hidden) => Verdict { health: verdict.health.and(Health::Warn), ..verdict }
                .because(Evidence::at(token.at, "file", format!("it hides another one: {}", hidden.source))),
            None => verdict,
        }
    });
    judged(fleet, &Subject::Token, outcome, unseen)
}

fn life(fleet: &Fleet, token: &Seen<'_, TokenFacts>, now: Timestamp) -> Verdict {
    if let Some(said) = &token.facts.dead {
        return Verdict::new(Health::Bad, "dead")
            .because(Evidence::at(token.at, "vault", said))
            .so("log in again");
    }
    if token.blind {
        return Verdict::new(Health::Unknown, "may not look itself up")
            .so("it is alive; its policies lack `default`, so its end cannot be told");
    }
    let name = &token.display_name;
    let Some(expires) = token.expires else {
        return Verdict::new(Health::Warn, format!("{name}, never ends"))
            .so("a root token names nobody: use a personal login");
    };
    let thresholds = &fleet.deployment.thresholds;
    let left = span::seconds(now, expires);
    let health = Health::of_nearness(left, thresholds.token_warn_seconds, thresholds.token_critical_seconds);
    let way_out =
        if token.can_outlive(expires) { "it can be renewed" } else { "it cannot be renewed, log in again" };
    let root = token.policies.contains("root");
    let verdict = Verdict::new(health, format!("{name} {} left", span::between(expires, now)))
        .because(Evidence::at(token.at, "vault", format!("ends on {}, {way_out}", span::clock(expires, now))))
        .counting(expires, now);
    if root { Verdict { health: verdict.health.and(Health::Warn), ..verdict } } else { verdict }
}

/// What the token may do, over every path that something needs: `ok`, `lacks 2 of 12`.
pub fn access(fleet: &Fleet, now: Timestamp) -> Verdict {
    let outcome = fleet.access(now).map(|access| {
        let needs = &fleet.deployment.needs;
        let lacking = needs.iter().filter(|need| {
            need.capabilities.iter().any(|capability| access.allows(&need.path, capability) != Some(true))
        });
        let told: Vec<_> = lacking
            .map(|need| {
                let wanted = need.capabilities.join(", ");
                Evidence::at(
                    access.at,
                    "vault",
                    format!("{} needs {wanted} on {}", need.wanted_by, need.path),
                )
            })
            .collect();
        if told.is_empty() {
            return Verdict::new(Health::Ok, "ok").because(Evidence::at(
                access.at,
                "vault",
                format!("{} paths asked", needs.len()),
            ));
        }
        Verdict::new(Health::Warn, format!("lacks {} of {}", told.len(), needs.len()))
            .because_all(told)
            .so("the views and actions named cannot work with this token")
            .fix("console-policy")
    });
    judged(fleet, &Subject::Access, outcome, unseen)
}

/// The two mounts: `kv v2`, `kv v1`.
pub fn mounts(fleet: &Fleet, now: Timestamp) -> Verdict {
    let outcome = fleet.mounts(now).and_then(|mounts| {
        let kv = mounts.facts.kv.as_ref().map_err(Trouble::clone)?;
        let told = Evidence::at(mounts.at, "vault", format!("{}/ is KV version {}", kv.path, kv.version));
        let verdict = if kv.version == 1 {
            Verdict::new(Health::Warn, "kv v1")
                .so("no versions and no check-and-set; agents read again after about 29 days")
        } else {
            Verdict::new(Health::Ok, format!("kv v{}", kv.version))
        };
        Ok(verdict.because(told))
    });
    judged(fleet, &Subject::Mounts, outcome, unseen)
}

/// The agents' policy against the documented one: `as documented`, `2 differences`, `missing`.
pub fn policy(fleet: &Fleet, now: Timestamp) -> Verdict {
    let outcome = fleet.policy(now).map(|policy| {
        let points = policy.drift.iter().map(|point| Evidence::at(policy.at, "vault", point));
        let name = Evidence::at(policy.at, "vault", &policy.name);
        let verdict = match (&policy.text, policy.drift.len()) {
            (None, _) => Verdict::new(Health::Warn, "missing").so("agents with this policy may read nothing"),
            (Some(_), 0) => return Verdict::new(Health::Ok, "as documented").because(name),
            (Some(_), 1) => Verdict::new(Health::Warn, "1 difference"),
            (Some(_), count) => Verdict::new(Health::Warn, format!("{count} differences")),
        };
        verdict.because(name).because_all(points).fix("setup-policy")
    });
    judged(fleet, &Subject::Policy, outcome, unseen)
}

/// The AppRole role and its ledger: `ok, 3 ids`, `locked`, `no live ids`.
pub fn role(fleet: &Fleet, now: Timestamp) -> Verdict {
    let outcome = fleet.role(now).and_then(|role| {
        let locked = Evidence::at(role.at, "vault", lockout(&role));
        if role.facts.locked.as_ref().is_ok_and(|locked| *locked) {
            let verdict = Verdict::new(Health::Bad, "locked").because(locked);
            return Ok(verdict
                .so("no host can log in; stop the agent that sends a wrong secret-id, then unlock")
                .fix("fix-agent-auth"));
        }
        let ledger = Ledger::of(role.facts, now)?;
        Ok(ids(fleet, &role, &ledger, now).because(locked))
    });
    judged(fleet, &Subject::Role, outcome, unseen)
}

fn lockout(role: &RoleFacts) -> String {
    match &role.locked {
        Ok(true) => "sys/locked-users lists the role-id".to_owned(),
        Ok(false) => "sys/locked-users does not list the role-id".to_owned(),
        Err(trouble) => format!("whether it is locked is not known: {}", trouble.sentence()),
    }
}

fn ids(fleet: &Fleet, role: &Seen<'_, RoleFacts>, ledger: &Ledger<'_>, now: Timestamp) -> Verdict {
    let count = ledger.live().len();
    let told = Evidence::at(role.at, "vault", format!("{count} live secret-ids of role {}", role.name));
    if count == 0 {
        return Verdict::new(Health::Bad, "no live ids")
            .because(told)
            .so("agents break at their next login")
            .fix("regenerate-secret-id");
    }
    let ids = if count == 1 { "1 id".to_owned() } else { format!("{count} ids") };
    let ends = fleet.deployment.hosts.iter().filter_map(|host| ledger.longest_lived(host)?.expires).min();
    let [warn, _, bad] = fleet.deployment.thresholds.secret_id_days.map(|days| days * DAY);
    let Some(first) = ends.filter(|end| span::seconds(now, *end) <= warn) else {
        return Verdict::new(Health::Ok, format!("ok, {ids}")).because(told);
    };
    Verdict::new(
        Health::of_nearness(span::seconds(now, first), warn, bad),
        format!("{ids}, {} left", span::between(first, now)),
    )
    .because(told)
    .counting(first, now)
    .fix("regenerate-secret-id")
}

/// One secret: `v8, 3d old`, `deleted`, `lacks pg_host`.
pub fn secret(fleet: &Fleet, path: &str, now: Timestamp) -> Verdict {
    let outcome = fleet.secret(path, now).map(|secret| {
        let written = secret.facts.current_version().and_then(|version| version.created);
        let by = secret.custom_metadata.get("rotated_by").map(|who| format!(" by {who}")).unwrap_or_default();
        let told = written
            .map(|written| Evidence::at(written, "vault", format!("version {} written{by}", secret.current)));
        let told = told.into_iter().chain(rotation(&secret));
        kept(fleet, &secret, now).because_all(told)
    });
    judged(fleet, &Subject::Secret(path.to_owned()), outcome, unseen)
}

fn kept(fleet: &Fleet, secret: &Seen<'_, SecretFacts>, now: Timestamp) -> Verdict {
    let Some(version) = secret.facts.current_version() else {
        return Verdict::new(Health::Bad, "empty")
            .because(Evidence::at(secret.at, "vault", "no version can be read"))
            .fix("seed-secrets");
    };
    if version.destroyed || version.deleted.is_some_and(|deleted| deleted <= now) {
        let word = if version.destroyed { "destroyed" } else { "deleted" };
        let told = Evidence {
            at: version.deleted,
            source: "vault".to_owned(),
            text: format!("version {} {word}", secret.current),
        };
        return Verdict::new(Health::Bad, word)
            .because(told)
            .so("agents keep the old .env; a fresh host gets nothing");
    }
    let missing = missing_keys(fleet, secret);
    if !missing.is_empty() {
        return Verdict::new(Health::Bad, format!("lacks {}", missing.join(", ")))
            .because(Evidence::at(
                secret.at,
                "vault",
                format!("version {} does not have them", secret.current),
            ))
            .fix("seed-secrets");
    }
    let rotating = secret.facts.is_rotating();
    let health = if rotating { Health::Busy } else { Health::Ok };
    let number = secret.current;
    match version.created {
        Some(created) => {
            let words = format!("v{number}, {} old", span::between(created, now));
            Verdict::new(health, if rotating { format!("{words}, rotating") } else { words })
                .counting(created, now)
        }
        None => Verdict::new(health, format!("v{number}")),
    }
}

/// What the secret is marked with while a rotation of it has begun and not ended.
fn rotation(secret: &Seen<'_, SecretFacts>) -> Option<Evidence> {
    if !secret.facts.is_rotating() {
        return None;
    }
    let marked = |name: &str| secret.custom_metadata.get(name).map(String::as_str);
    let who = marked("rotated_by").map(|who| format!(" by {who}")).unwrap_or_default();
    let began = marked("rotation_started").and_then(|at| at.parse().ok());
    let text = format!("a rotation was started{who} and has not ended");
    Some(Evidence { at: began.or(Some(secret.at)), source: "vault".to_owned(), text })
}

fn missing_keys(fleet: &Fleet, secret: &SecretFacts) -> Vec<String> {
    let Ok(keys) = &secret.keys else { return Vec::new() };
    let wanted = fleet.deployment.secrets.iter().filter(|wanted| wanted.path == secret.path);
    wanted.flat_map(|wanted| &wanted.keys).filter(|key| !keys.contains(*key)).cloned().collect()
}

/// The control host: `ok`, or what would leak or fail there.
pub fn station(fleet: &Fleet, now: Timestamp) -> Verdict {
    let outcome = fleet.station(now).map(|station| {
        let diff = station.facts.ansible_diff.as_ref().is_ok_and(|diff| *diff);
        let diff = diff.then(|| Evidence::at(station.at, "ansible", "ansible prints differences by default"));
        let unread = station.facts.ansible_diff.as_ref().err().map(Trouble::sentence);
        let (playbook, there) = match &station.facts.playbook {
            Ok(file) if file.present() => (format!("{} is there", file.path), true),
            Ok(file) => (format!("{} is not there", file.path), false),
            Err(trouble) => (trouble.sentence(), false),
        };
        let foreign = station.foreign_cli_config.as_ref();
        let foreign =
            foreign.map(|path| Evidence::at(station.at, "file", format!("{path} is not the vault CLI's")));
        let (word, health) = match (&diff, &foreign) {
            (_, Some(_)) => ("~/.vault is foreign", Health::Warn),
            (Some(_), None) => ("diff is on", Health::Warn),
            (None, None) if unread.is_some() => ("settings not read", Health::Unknown),
            (None, None) if !there => ("no playbook", Health::Unknown),
            (None, None) => ("ok", Health::Ok),
        };
        let so = match word {
            "no playbook" => {
                "what runs playbooks cannot begin from here: see ansible.directory in the profile"
            }
            _ => "",
        };
        Verdict::new(health, word)
            .because(Evidence::at(station.at, "here", format!("you are {}", station.operator)))
            .because(Evidence::at(station.at, "file", playbook))
            .because_all(unread.map(|why| Evidence::at(station.at, "ansible", why)))
            .because_all(diff)
            .because_all(foreign)
            .so(so)
    });
    judged(fleet, &Subject::Station, outcome, unseen)
}
