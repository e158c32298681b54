//! The pretend Vault server, the operator's token, what it may do, mounts and policy.

use std::collections::BTreeSet;

use super::station::TOKEN_FILE;
use crate::demo::pretend::{Policy, Pretend};
use crate::model::deployment::Deployment;
use crate::model::facts::{
    AccessFacts, AuthMount, KvMount, LeaderFacts, MountsFacts, NodeState, PolicyFacts, SealFacts, TokenFacts,
    TokenSource, VaultFacts,
};
use crate::model::trouble::{Trouble, TroubleKind};
use crate::probe::policy;

/// Where the pretend server listens.
pub(in crate::demo) const ADDRESS: &str = "https://vault.demo.internal:8200";

/// Longest lease of the mounts: Vault's default of 32 days.
const MAX_LEASE_SECONDS: i64 = 768 * 3600;

/// All that a token can be granted on a path.
pub(in crate::demo) const CAPABILITIES: [&str; 7] =
    ["create", "delete", "list", "patch", "read", "sudo", "update"];

pub(super) fn server(pretend: &Pretend) -> Result<VaultFacts, Trouble> {
    let sealed = pretend.vault.sealed;
    if !pretend.vault.up {
        return Err(unreachable());
    }
    let leader = LeaderFacts { ha_enabled: true, is_self: true, address: Some(ADDRESS.to_owned()) };
    Ok(VaultFacts {
        address: ADDRESS.to_owned(),
        address_source: "VAULT_ADDR".to_owned(),
        node: if sealed { NodeState::Sealed } else { NodeState::Active },
        version: "2.7.2".to_owned(),
        cluster_name: (!sealed).then(|| "vault-demo".to_owned()),
        seal: Ok(SealFacts {
            kind: "shamir".to_owned(),
            sealed,
            threshold: 3,
            shares: 5,
            progress: 0,
            storage: Some("raft".to_owned()),
        }),
        leader: if sealed { Err(is_sealed()) } else { Ok(leader) },
        clock_offset_seconds: pretend.vault.clock_offset,
    })
}

pub(super) fn token(pretend: &Pretend) -> Result<TokenFacts, Trouble> {
    answers(pretend)?;
    let operator = &pretend.operator;
    let nothing = TokenFacts {
        display_name: String::new(),
        accessor: String::new(),
        batch: false,
        policies: BTreeSet::new(),
        expires: None,
        issued: None,
        creation_ttl_seconds: 0,
        explicit_max_ttl_seconds: 0,
        period_seconds: None,
        renewable: false,
        uses_left: 0,
        source: TokenSource::File(TOKEN_FILE.to_owned()),
        shadows: None,
        blind: false,
        dead: None,
    };
    if !operator.token_alive(pretend.now) {
        return Ok(TokenFacts { dead: Some(dead().sentence()), ..nothing });
    }
    Ok(TokenFacts {
        display_name: format!("userpass-{}", operator.name),
        accessor: pretend.dice.about("operator token").at(operator.issued).accessor(),
        policies: ["default", "authentik-operate"].into_iter().map(str::to_owned).collect(),
        expires: Some(operator.expires),
        issued: Some(operator.issued),
        creation_ttl_seconds: operator.expires.duration_since(operator.issued).as_secs(),
        renewable: true,
        ..nothing
    })
}

/// What the operator's token may do on each of these paths.
pub(in crate::demo) fn granted(pretend: &Pretend, paths: &BTreeSet<String>) -> Result<AccessFacts, Trouble> {
    answers_operator(pretend, "sys/capabilities-self")?;
    let lacks = |path: &String| pretend.operator.lacks.contains(path);
    let on = |path: &String| {
        if lacks(path) { ["deny".to_owned()].into() } else { CAPABILITIES.map(str::to_owned).into() }
    };
    Ok(AccessFacts { granted: paths.iter().map(|path| (path.clone(), on(path))).collect() })
}

pub(super) fn mounts(pretend: &Pretend, deployment: &Deployment) -> Result<MountsFacts, Trouble> {
    answers_operator(pretend, "sys/internal/ui/mounts")?;
    let approle = AuthMount {
        path: deployment.approle_mount.clone(),
        accessor: Some(format!("auth_approle_{}", pretend.dice.about("approle mount").hex(8))),
        max_lease_ttl_seconds: MAX_LEASE_SECONDS,
        lockout_disabled: false,
    };
    let tune = format!("sys/mounts/auth/{}/tune", deployment.approle_mount);
    Ok(MountsFacts {
        kv: Ok(KvMount { path: deployment.kv_mount.clone(), version: 2 }),
        approle: if pretend.approle_enabled { Ok(approle) } else { Err(no_auth_mount(&tune)) },
        audit: refused(pretend, "sys/audit").map_or_else(|| Ok(vec!["file/".to_owned()]), Err),
    })
}

pub(super) fn policy(pretend: &Pretend, deployment: &Deployment) -> Result<PolicyFacts, Trouble> {
    let name = deployment.policy.clone();
    answers_operator(pretend, &format!("sys/policies/acl/{name}"))?;
    let documented = &deployment.policy_text;
    let text = match &pretend.policy {
        Policy::Absent => {
            let drift = vec![format!("there is no policy {name} on the server")];
            return Ok(PolicyFacts { name, text: None, drift });
        }
        Policy::Documented => documented,
        Policy::Other(text) => text,
    };
    Ok(PolicyFacts { name, text: Some(text.clone()), drift: policy::drift(text, documented) })
}

/// Whether Vault answers the operator about a path at all.
pub(super) fn answers_operator(pretend: &Pretend, path: &str) -> Result<(), Trouble> {
    answers(pretend)?;
    if !pretend.operator.token_alive(pretend.now) {
        return Err(dead());
    }
    refused(pretend, path).map_or(Ok(()), Err)
}

/// Why the operator may not read a path; `None` when they may.
pub(super) fn refused(pretend: &Pretend, path: &str) -> Option<Trouble> {
    pretend.operator.lacks.iter().any(|lacked| lacked == path).then(|| {
        Trouble::new(format!("cannot read {path}"))
            .because("no policy of the token allows it (403: permission denied)")
            .hint(format!("`vault token capabilities {path}` shows what it may do"))
            .kind(TroubleKind::Denied)
    })
}

fn answers(pretend: &Pretend) -> Result<(), Trouble> {
    if !pretend.vault.up {
        return Err(unreachable());
    }
    if pretend.vault.sealed { Err(is_sealed()) } else { Ok(()) }
}

fn unreachable() -> Trouble {
    Trouble::new(format!("cannot reach vault at {ADDRESS}"))
        .because("connection refused: nothing listens there")
        .hint("the address comes from VAULT_ADDR")
        .kind(TroubleKind::Unreachable)
}

fn is_sealed() -> Trouble {
    Trouble::new("vault is sealed")
        .because("it answers nothing until enough key holders unseal it (503: Vault is sealed)")
        .hint("`vault status` shows the progress, `vault operator unseal` is for each key holder")
}

fn dead() -> Trouble {
    Trouble::new("vault does not accept the token")
        .because("it has expired, was revoked, or may not be used from this address (403: permission denied)")
        .hint("log in again")
        .kind(TroubleKind::Credentials)
}

fn no_auth_mount(path: &str) -> Trouble {
    Trouble::new(format!("cannot read {path}"))
        .because("no mount serves that path (404: no handler for route)")
        .hint("check kv_mount and approle.mount in the profile, and the namespace")
}
