//! Conditions on Vault, the operator's token, the role, secrets and the control host.

use std::collections::BTreeSet;

use super::{Scene, Standing};
use crate::model::facts::{NodeState, SecretFacts};
use crate::model::finding;
use crate::model::fleet::Seen;
use crate::model::span;
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;

pub(super) fn unsealed(scene: &Scene<'_>) -> Result<Standing, Trouble> {
    let vault = scene.fleet.vault(scene.now)?;
    let answers =
        matches!(vault.node, NodeState::Active | NodeState::Standby | NodeState::PerformanceStandby);
    let leaderless = vault
        .leader
        .as_ref()
        .is_ok_and(|leader| leader.ha_enabled && !leader.is_self && leader.address.is_none());
    Ok(match (answers, leaderless) {
        (false, _) => Standing::fails(format!("vault is {}", vault.node)),
        (true, true) => Standing::fails("vault has no leader"),
        (true, false) => Standing::told(format!("vault is {}", vault.node)),
    })
}

pub(super) fn token_outlives(scene: &Scene<'_>, seconds: i64) -> Result<Standing, Trouble> {
    let token = scene.fleet.token(scene.now)?;
    if let Some(dead) = &token.dead {
        return Ok(Standing::Fails { trouble: Trouble::new("your token is dead").because(dead) });
    }
    if token.blind {
        return Err(Trouble::new("your token may not look itself up").hint("give it the policy `default`"));
    }
    let Some(expires) = token.expires else { return Ok(Standing::told("your token never expires")) };
    let left = span::between(expires, scene.now);
    let end = span::after(scene.now, seconds);
    Ok(match (expires >= end, token.can_outlive(end)) {
        (true, _) => Standing::told(format!("your token lives {left}")),
        (false, true) => Standing::told(format!("your token lives {left} and can be renewed")),
        (false, false) => {
            let trouble =
                Trouble::new(format!("your token lives {left}, the run needs {}", span::words(seconds)));
            Standing::Fails { trouble: trouble.hint("log in again first") }
        }
    })
}

pub(super) fn kv_has_versions(scene: &Scene<'_>) -> Result<Standing, Trouble> {
    let mounts = scene.fleet.mounts(scene.now)?;
    Ok(Standing::of(&mounts.kv, |kv| match kv.version {
        2 => Standing::told(format!("{} is KV version 2", kv.path)),
        version => Standing::fails(format!("{} is KV version {version}", kv.path)),
    }))
}

pub(super) fn role_unlocked(scene: &Scene<'_>) -> Result<Standing, Trouble> {
    let role = scene.fleet.role(scene.now)?;
    Ok(Standing::of(&role.locked, |locked| {
        if *locked {
            Standing::fails(format!("role {} is locked", role.name))
        } else {
            Standing::told("it is not locked")
        }
    }))
}

pub(super) fn tokens_live(scene: &Scene<'_>, seconds: i64) -> Result<Standing, Trouble> {
    let lives = scene.fleet.role(scene.now)?.token_ttl_seconds;
    let told = format!("token_ttl is {}", span::words(lives));
    Ok(if lives == seconds { Standing::told(told) } else { Standing::fails(told) })
}

pub(super) fn ttls_granted(scene: &Scene<'_>) -> Result<Standing, Trouble> {
    let role = scene.fleet.role(scene.now)?;
    let mounts = scene.fleet.mounts(scene.now)?;
    Ok(Standing::of(&mounts.approle, |mount| {
        let most = mount.max_lease_ttl_seconds;
        let asked = [
            ("token_ttl", role.token_ttl_seconds),
            ("token_max_ttl", role.token_max_ttl_seconds),
            ("secret_id_ttl", role.secret_id_ttl_seconds),
        ];
        match asked.into_iter().find(|(_, seconds)| *seconds > most) {
            None => Standing::told(format!("the mount grants up to {}", span::words(most))),
            Some((name, seconds)) => {
                let asked = span::words(seconds);
                Standing::fails(format!("{name} asks {asked}, the mount grants {}", span::words(most)))
            }
        }
    }))
}

pub(super) fn rule_quiet(scene: &Scene<'_>, id: &str) -> Result<Standing, Trouble> {
    let rule = finding::rules()
        .find(|rule| rule.id == id)
        .ok_or_else(|| Trouble::new(format!("there is no rule {id}")))?;
    let sight = (rule.judge)(scene.fleet, scene.now);
    let concerns =
        |subject: &Subject| subject.host().is_none_or(|host| scene.hosts.iter().any(|ours| ours == host));
    if let Some(finding) = sight.findings.iter().find(|finding| concerns(&finding.subject)) {
        let because = finding.evidence.first().map(|evidence| evidence.text.clone()).unwrap_or_default();
        return Ok(Standing::Fails { trouble: Trouble::new(&finding.headline).because(because) });
    }
    match sight.unseen.iter().find(|unseen| unseen.subject.as_ref().is_none_or(concerns)) {
        Some(unseen) => Err(unseen.trouble.clone()),
        None => Ok(Standing::told(format!("{} is quiet", rule.id))),
    }
}

pub(super) fn secret_id_issued(scene: &Scene<'_>, host: &str, run: &str) -> Result<Standing, Trouble> {
    let role = scene.fleet.role(scene.now)?;
    Ok(Standing::of(&role.ledger, |ledger| {
        let ours = ledger.iter().rfind(|secret_id| {
            secret_id.host.as_deref() == Some(host)
                && secret_id.run.as_deref() == Some(run)
                && secret_id.live(scene.now)
        });
        match ours {
            Some(ours) => Standing::found(format!("secret-id {}", ours.short()), &ours.accessor),
            None => Standing::fails(format!("no live secret-id of {host} carries run {run}")),
        }
    }))
}

pub(super) fn secret_whole(scene: &Scene<'_>, path: &str) -> Result<Standing, Trouble> {
    let secret = scene.fleet.secret(path, scene.now)?;
    if let Some(trouble) = unreadable(&secret, path) {
        return Ok(Standing::Fails { trouble });
    }
    let specs = &scene.fleet.deployment.secrets;
    let needed: BTreeSet<&String> =
        specs.iter().filter(|spec| spec.path == path).flat_map(|spec| &spec.keys).collect();
    Ok(Standing::of(&secret.keys, |keys| {
        let lacking: Vec<_> =
            needed.iter().filter(|key| !keys.contains(**key)).map(|key| key.as_str()).collect();
        if lacking.is_empty() {
            return Standing::told(format!("version {} has every key", secret.current));
        }
        Standing::fails(format!("{path} lacks {}", lacking.join(", ")))
    }))
}

/// Why the current version cannot be read.
fn unreadable(secret: &Seen<'_, SecretFacts>, path: &str) -> Option<Trouble> {
    if secret.current == 0 {
        return Some(Trouble::new(format!("{path} does not exist")));
    }
    let dates = secret.current_version()?;
    if dates.destroyed {
        return Some(Trouble::new(format!("version {} of {path} is destroyed", secret.current)));
    }
    let deleted = dates.deleted.filter(|deleted| *deleted <= secret.at)?;
    let hint = format!("vault kv undelete -versions={} {path}", secret.current);
    let trouble = Trouble::new(format!("version {} of {path} is deleted", secret.current));
    Some(trouble.because(format!("since {deleted}")).hint(hint))
}

pub(super) fn secret_at(scene: &Scene<'_>, path: &str, version: &str) -> Result<Standing, Trouble> {
    let current = scene.fleet.secret(path, scene.now)?.current.to_string();
    if current == version {
        return Ok(Standing::found(format!("version {current}"), current));
    }
    let trouble = Trouble::new(format!("{path} is at version {current}, not {version}"));
    Ok(Standing::Fails { trouble: trouble.because("somebody else has written it") })
}

pub(super) fn secret_free(scene: &Scene<'_>, path: &str, dead: Option<&str>) -> Result<Standing, Trouble> {
    let secret = scene.fleet.secret(path, scene.now)?;
    let field = |name: &str| secret.custom_metadata.get(name).map(String::as_str);
    if !secret.facts.is_rotating() {
        return Ok(Standing::told("no other run holds it"));
    }
    let holder = field("rotation_run");
    if holder.is_some() && (scene.value)("run").as_deref() == holder {
        return Ok(Standing::told("this run holds it"));
    }
    let told = |name| field(name).unwrap_or("unknown");
    let who = format!(
        "run {} by {} on {} since {}",
        told("rotation_run"),
        told("rotated_by"),
        told("rotation_host"),
        told("rotation_started"),
    );
    if holder.is_some() && dead == holder {
        return Ok(Standing::told(format!("taken over from {who}")));
    }
    let hint = format!("resume it where it was begun; if it is dead, take_over = {}", told("rotation_run"));
    Ok(Standing::Fails { trouble: Trouble::new(format!("another run holds {path}")).because(who).hint(hint) })
}

pub(super) fn ansible_diff_off(scene: &Scene<'_>) -> Result<Standing, Trouble> {
    let station = scene.fleet.station(scene.now)?;
    Ok(Standing::of(&station.ansible_diff, |diff| {
        if !diff {
            return Standing::told("it prints none");
        }
        let trouble =
            Trouble::new("ansible prints differences unasked").because("it would print the secret-id");
        Standing::Fails {
            trouble: trouble.hint("unset ANSIBLE_DIFF_ALWAYS, or set always = False in [diff]"),
        }
    }))
}
