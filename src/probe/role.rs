//! The AppRole role with its ledger of secret-ids: one accessor after another is looked up, several at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _, future, stream};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::Probe;
use crate::model::deployment::Deployment;
use crate::model::facts::{Facts, Part, RoleFacts, SecretId, SecretIdState};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::world::clean;
use crate::world::vault::{Answer, Refusal, Vault, moment};

/// Accessors looked up at the same time.
const AT_ONCE: usize = 8;

/// Looks at the role and all that hangs on it.
pub struct RoleProbe {
    vault: Arc<Vault>,
    name: String,
    /// `auth/approle/role/authentik`.
    path: String,
}

impl RoleProbe {
    /// A probe of the agents' role.
    pub fn new(vault: Arc<Vault>, deployment: &Deployment) -> Self {
        let path = format!("auth/{}/role/{}", deployment.approle_mount, deployment.role);
        Self { vault, name: deployment.role.clone(), path }
    }

    /// The ledger, oldest first.
    async fn ledger(&self) -> Result<Part<Vec<SecretId>>, Trouble> {
        let listed = self.vault.list(&format!("{}/secret-id", self.path)).await?;
        let accessors = match accessors(&listed)? {
            Ok(accessors) => accessors,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let rows = stream::iter(accessors).map(|accessor| self.row(accessor)).buffer_unordered(AT_ONCE);
        let rows: Vec<Part<SecretId>> = rows.try_collect().await?;
        let mut ledger: Part<Vec<SecretId>> = rows.into_iter().collect();
        if let Ok(ledger) = &mut ledger {
            ledger.sort_by(|a, b| (a.created, &a.accessor).cmp(&(b.created, &b.accessor)));
        }
        Ok(ledger)
    }

    async fn row(&self, accessor: String) -> Result<Part<SecretId>, Trouble> {
        let path = format!("{}/secret-id-accessor/lookup", self.path);
        let answer = self.vault.call(&path, &json!({ "secret_id_accessor": accessor })).await?;
        secret_id(&answer, &accessor)
    }
}

#[async_trait]
impl Probe for RoleProbe {
    fn subject(&self) -> Subject {
        Subject::Role
    }

    fn every(&self) -> Option<Duration> {
        Some(Duration::from_secs(60))
    }

    /// A ledger of hundreds takes its time.
    fn deadline(&self) -> Duration {
        self.vault.deadline() * 3
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        let role_id = format!("{}/role-id", self.path);
        let (role, role_id, locked_users, ledger) = future::try_join4(
            self.vault.read(&self.path),
            self.vault.read(&role_id),
            self.vault.read("sys/locked-users"),
            self.ledger(),
        )
        .await?;
        role_facts(&self.name, &role, &role_id, &locked_users, ledger)
            .map(|facts| Facts::Role(Box::new(facts)))
    }
}

#[derive(Deserialize)]
struct Role {
    token_ttl: i64,
    token_max_ttl: i64,
    token_period: i64,
    token_num_uses: i64,
    token_type: String,
    token_policies: Option<BTreeSet<String>>,
    token_bound_cidrs: Option<Vec<String>>,
    secret_id_ttl: i64,
    secret_id_num_uses: i64,
    secret_id_bound_cidrs: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct RoleId {
    role_id: String,
}

#[derive(Deserialize)]
struct LockedUsers {
    by_namespace: Option<Vec<LockedInNamespace>>,
}

#[derive(Deserialize)]
struct LockedInNamespace {
    mount_accessors: Option<Vec<LockedAtMount>>,
}

#[derive(Deserialize)]
struct LockedAtMount {
    alias_identifiers: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<String>,
}

#[derive(Deserialize)]
struct Lookup {
    #[serde(default, deserialize_with = "moment")]
    creation_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "moment")]
    expiration_time: Option<Timestamp>,
    metadata: Option<BTreeMap<String, String>>,
    cidr_list: Option<Vec<String>>,
    #[serde(default)]
    secret_id_num_uses: i64,
}

/// The role as its answers tell it.
///
/// # Errors
/// Trouble when the role itself cannot be read, or Vault fails as a whole.
pub fn role_facts(
    name: &str,
    role: &Answer,
    role_id: &Answer,
    locked_users: &Answer,
    ledger: Part<Vec<SecretId>>,
) -> Result<RoleFacts, Trouble> {
    if role.refusal() == Some(Refusal::Missing) {
        return Err(Trouble::new(format!("there is no role {name}"))
            .because("the AppRole mount does not know it")
            .hint("check approle.role in the profile"));
    }
    let role: Role = role.data()?;
    let role_id = role_id.part::<RoleId>()?;
    Ok(RoleFacts {
        name: name.to_owned(),
        token_ttl_seconds: role.token_ttl,
        token_max_ttl_seconds: role.token_max_ttl,
        token_period_seconds: role.token_period,
        token_num_uses: role.token_num_uses,
        token_type: role.token_type,
        token_policies: role.token_policies.unwrap_or_default(),
        token_bound_cidrs: role.token_bound_cidrs.unwrap_or_default(),
        secret_id_ttl_seconds: role.secret_id_ttl,
        secret_id_num_uses: role.secret_id_num_uses,
        secret_id_bound_cidrs: role.secret_id_bound_cidrs.unwrap_or_default(),
        locked: locked(locked_users, &role_id)?,
        role_id_readable: role_id.map(|_| true),
        ledger,
    })
}

/// Lockout is kept by role-id, so both must be readable to know.
fn locked(locked_users: &Answer, role_id: &Part<RoleId>) -> Result<Part<bool>, Trouble> {
    let users = match locked_users.part::<LockedUsers>()? {
        Ok(users) => users,
        Err(trouble) => return Ok(Err(trouble)),
    };
    let RoleId { role_id } = match role_id {
        Ok(role_id) => role_id,
        Err(trouble) => return Ok(Err(trouble.clone())),
    };
    let mounts = users.by_namespace.into_iter().flatten().filter_map(|namespace| namespace.mount_accessors);
    let mut aliases = mounts.flatten().filter_map(|mount| mount.alias_identifiers).flatten();
    Ok(Ok(aliases.any(|alias| alias == *role_id)))
}

/// Accessors of all secret-ids; a role without any answers 404.
///
/// # Errors
/// Trouble that concerns more than this path.
pub fn accessors(answer: &Answer) -> Result<Part<Vec<String>>, Trouble> {
    if answer.refusal() == Some(Refusal::Missing) {
        return Ok(Ok(Vec::new()));
    }
    Ok(answer.part::<Keys>()?.map(|Keys { keys }| keys))
}

/// One row of the ledger. An accessor that is listed and leads nowhere is dangling: 204 when its secret-id has expired
/// and was not tidied, 404 when it is gone, 500 from servers too old to say either.
///
/// # Errors
/// Trouble that concerns more than this path.
pub fn secret_id(answer: &Answer, accessor: &str) -> Result<Part<SecretId>, Trouble> {
    let leads_nowhere = match answer.refusal() {
        None => answer.status == 204,
        Some(Refusal::Missing) => true,
        Some(_) => answer.says("failed to find accessor entry"),
    };
    if leads_nowhere {
        return Ok(Ok(dangling(accessor)));
    }
    Ok(answer.part::<Lookup>()?.map(|lookup| live(lookup, accessor)))
}

fn live(lookup: Lookup, accessor: &str) -> SecretId {
    let mut metadata = lookup.metadata.unwrap_or_default();
    let mut said = |key: &str| {
        metadata.remove(key).map(|text| clean::line(text.as_bytes())).filter(|text| !text.is_empty())
    };
    SecretId {
        accessor: accessor.to_owned(),
        host: said("host"),
        issued_by: said("issued_by"),
        ticket: said("ticket"),
        run: said("run"),
        created: lookup.creation_time,
        expires: lookup.expiration_time,
        uses_left: lookup.secret_id_num_uses,
        cidrs: lookup.cidr_list.unwrap_or_default(),
        state: SecretIdState::Live,
    }
}

fn dangling(accessor: &str) -> SecretId {
    SecretId {
        accessor: accessor.to_owned(),
        host: None,
        issued_by: None,
        ticket: None,
        run: None,
        created: None,
        expires: None,
        uses_left: 0,
        cidrs: Vec::new(),
        state: SecretIdState::Dangling,
    }
}
