//! The Vault server, its mounts and the agents' policy.

use jiff::Timestamp;

use super::sight::{Sight, finding};
use super::{Finding, Rule, Severity, Signal};
use crate::model::facts::{NodeState, VaultFacts};
use crate::model::fleet::{Fleet, Seen};
use crate::model::subject::Subject;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::model::verdict::Evidence;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "VAULT-UNREACHABLE",
        severity: Severity::Critical,
        title: "vault does not answer",
        about: "agents keep the values they have and cannot renew: their tokens end within their ttl",
        reads: &[Signal::Vault],
        judge: unreachable,
    },
    Rule {
        id: "SEALED",
        severity: Severity::Critical,
        title: "vault is sealed",
        about: "nothing can be read or renewed until enough key holders unseal it; agents recover by themselves",
        reads: &[Signal::Vault],
        judge: sealed,
    },
    Rule {
        id: "NO-LEADER",
        severity: Severity::Critical,
        title: "the vault cluster has no leader",
        about: "standbys answer health checks and every real call fails with 500",
        reads: &[Signal::Vault],
        judge: no_leader,
    },
    Rule {
        id: "ADDR-TLS",
        severity: Severity::High,
        title: "vault's address or certificate does not fit",
        about: "scheme, name or authority differ between the address in use and the server",
        reads: &[Signal::Vault],
        judge: address,
    },
    Rule {
        id: "NO-AUDIT-DEVICE",
        severity: Severity::Warning,
        title: "vault keeps no audit log",
        about: "who read or changed a secret cannot be told afterwards",
        reads: &[Signal::Mounts],
        judge: no_audit_device,
    },
    Rule {
        id: "POLICY-DRIFT",
        severity: Severity::High,
        title: "the agents' policy differs from the documented one",
        about: "agents may do more than they need, or less",
        reads: &[Signal::Policy],
        judge: policy_drift,
    },
];

fn unreachable(fleet: &Fleet, now: Timestamp) -> Sight {
    let Err(trouble) = fleet.reached::<VaultFacts>(&Subject::Vault, now) else { return Sight::default() };
    match trouble.kind {
        TroubleKind::NotLooked | TroubleKind::Tls => Sight::of::<Option<Finding>>(Err(trouble)),
        _ => {
            let headline = format!("vault does not answer: {}", trouble.sentence());
            let evidence = fleet
                .look(&Subject::Vault)
                .and_then(|look| look.trouble.as_ref())
                .map(|(at, trouble)| Evidence::at(*at, "vault", trouble.sentence()));
            Sight::of(Ok([finding(Severity::Critical, Subject::Vault, headline).because_all(evidence)]))
        }
    }
}

fn sealed(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(fleet.vault(now).map(|vault| {
        match vault.node {
            NodeState::Sealed => Some(
                vault_finding(&vault, "vault is sealed: key holders must unseal it")
                    .because_all(unseal_progress(&vault)),
            ),
            NodeState::Uninitialised => Some(vault_finding(&vault, "vault is not initialised")),
            _ => None,
        }
    }))
}

fn unseal_progress(vault: &Seen<'_, VaultFacts>) -> Option<Evidence> {
    let seal = vault.facts.seal.as_ref().ok()?;
    let told = format!("{} of {} keys given ({})", seal.progress, seal.threshold, seal.kind);
    Some(Evidence::at(vault.at, "vault", told))
}

fn no_leader(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(fleet.vault(now).and_then(|vault| {
        if !matches!(vault.node, NodeState::Standby | NodeState::PerformanceStandby) {
            return Ok(None);
        }
        let leader = vault.facts.leader.as_ref().map_err(Trouble::clone)?;
        let leaderless = leader.address.is_none() && !leader.is_self;
        Ok(leaderless.then(|| {
            vault_finding(&vault, "the vault cluster has no leader: standbys answer, nothing works")
        }))
    }))
}

fn vault_finding(vault: &Seen<'_, VaultFacts>, headline: &str) -> Finding {
    let told = format!("{} is {}", vault.address, vault.node);
    finding(Severity::Critical, Subject::Vault, headline).because(Evidence::at(vault.at, "vault", told))
}

fn address(fleet: &Fleet, now: Timestamp) -> Sight {
    let trouble = fleet.look(&Subject::Vault).and_then(|look| look.trouble.as_ref());
    if let Some((at, trouble)) = trouble.filter(|(_, trouble)| trouble.kind == TroubleKind::Tls) {
        let headline = format!("vault's address or certificate does not fit: {}", trouble.sentence());
        let told = trouble.hint.clone().unwrap_or_else(|| trouble.sentence());
        let finding = finding(Severity::High, Subject::Vault, headline);
        return Sight::of(Ok([finding.because(Evidence::at(*at, "vault", told))]));
    }
    Sight::of(fleet.vault(now).map(|vault| {
        (vault.address_source == "default").then(|| {
            let headline = format!("no vault address is set: {} is only the default", vault.address);
            let told = "neither VAULT_ADDR nor BAO_ADDR nor the profile names one";
            finding(Severity::High, Subject::Vault, headline).because(Evidence::at(vault.at, "env", told))
        })
    }))
}

fn no_audit_device(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(fleet.mounts(now).and_then(|mounts| {
        let devices = mounts.facts.audit.as_ref().map_err(Trouble::clone)?;
        let evidence = Evidence::at(mounts.at, "vault", "sys/audit lists no device");
        let headline = "vault keeps no audit log: nobody can tell afterwards who read a secret";
        Ok(devices
            .is_empty()
            .then(|| finding(Severity::Warning, Subject::Mounts, headline).because(evidence)))
    }))
}

fn policy_drift(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(fleet.policy(now).map(|policy| {
        let drift = &policy.facts.drift;
        let headline = match (&policy.text, drift.len()) {
            (None, _) => format!("policy {} does not exist", policy.name),
            (Some(_), 0) => return None,
            (Some(_), 1) => {
                format!("policy {} differs from the documented one: {}", policy.name, drift.concat())
            }
            (Some(_), count) => {
                format!("policy {} differs from the documented one in {count} points", policy.name)
            }
        };
        let text = if policy.text.is_some() { "read" } else { "404" };
        let seen = Evidence::at(policy.at, "vault", format!("sys/policies/acl/{}: {text}", policy.name));
        let points = drift.iter().map(|point| Evidence::at(policy.at, "vault", point));
        let severity = if policy.text.is_some() { Severity::Warning } else { Severity::High };
        let finding = finding(severity, Subject::Policy, headline).because(seen).because_all(points);
        Some(finding.fix("setup-policy"))
    }))
}
