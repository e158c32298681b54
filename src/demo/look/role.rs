//! The pretend AppRole role with its ledger.

use std::collections::BTreeSet;

use super::vault::{answers_operator, refused};
use crate::demo::approle::{Role, SecretId};
use crate::demo::pretend::Pretend;
use crate::model::deployment::Deployment;
use crate::model::facts::{self, RoleFacts, SecretIdState};
use crate::model::trouble::{Trouble, TroubleKind};

pub(super) fn role(pretend: &Pretend, deployment: &Deployment) -> Result<RoleFacts, Trouble> {
    let name = &deployment.role;
    let path = format!("auth/{}/role/{name}", deployment.approle_mount);
    answers_operator(pretend, &path)?;
    if !pretend.approle_enabled {
        return Err(Trouble::new(format!("cannot read {path}"))
            .because(format!("no mount serves that path (404: no handler for route \"{path}\")"))
            .hint("check kv_mount and approle.mount in the profile, and the namespace")
            .kind(TroubleKind::NotThere));
    }
    let Some(role) = &pretend.role else {
        return Err(Trouble::new(format!("there is no role {name}"))
            .because("the AppRole mount does not know it")
            .hint("check approle.role in the profile"));
    };
    Ok(RoleFacts {
        name: name.clone(),
        token_ttl_seconds: role.token_ttl.as_secs(),
        token_max_ttl_seconds: role.token_max_ttl.as_secs(),
        token_period_seconds: 0,
        token_num_uses: 0,
        token_type: "default".to_owned(),
        token_policies: BTreeSet::from([deployment.policy.clone()]),
        token_bound_cidrs: Vec::new(),
        secret_id_ttl_seconds: role.secret_id_ttl.as_secs(),
        secret_id_num_uses: 0,
        secret_id_bound_cidrs: Vec::new(),
        role_id_readable: refused(pretend, &format!("{path}/role-id")).map_or(Ok(true), Err),
        ledger: refused(pretend, &format!("{path}/secret-id/")).map_or(Ok(ledger(pretend, role)), Err),
        locked: refused(pretend, "sys/locked-users").map_or(Ok(role.lockout.holds(pretend.now)), Err),
    })
}

fn ledger(pretend: &Pretend, role: &Role) -> Vec<facts::SecretId> {
    role.ledger.iter().map(|secret_id| row(pretend, secret_id)).collect()
}

/// An expired secret-id that was not tidied away is listed, and its lookup answers nothing.
fn row(pretend: &Pretend, secret_id: &SecretId) -> facts::SecretId {
    let live = secret_id.expires > pretend.now;
    let known = |text: &Option<String>| text.clone().filter(|_| live);
    facts::SecretId {
        accessor: secret_id.accessor.clone(),
        host: known(&secret_id.host),
        issued_by: known(&secret_id.issued_by),
        ticket: known(&secret_id.ticket),
        run: known(&secret_id.run),
        created: live.then_some(secret_id.created),
        expires: live.then_some(secret_id.expires),
        uses_left: 0,
        cidrs: Vec::new(),
        state: if live { SecretIdState::Live } else { SecretIdState::Dangling },
    }
}
