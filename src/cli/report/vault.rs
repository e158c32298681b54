//! Vault, token, AppRole role and secrets in the report.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::last;
use crate::model::facts::{NodeState, PolicyFacts, RoleFacts, SecretFacts, SecretId, TokenFacts, VaultFacts};
use crate::model::fleet::Fleet;
use crate::model::health;
use crate::model::subject::Subject;
use crate::model::verdict::Verdict;

/// The Vault server.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Vault {
    /// How it does, and why.
    pub verdict: Verdict,
    /// Address in use.
    pub address: Option<String>,
    /// What named that address: `VAULT_ADDR`, `profile`, `default`.
    pub address_source: Option<String>,
    /// `active`, `standby`, `sealed` and so on, by the status code of `sys/health`.
    pub node: Option<NodeState>,
    /// Version of the server.
    pub version: Option<String>,
    /// Whether it is sealed.
    pub sealed: Option<bool>,
    /// Whether high availability is on.
    pub ha_enabled: Option<bool>,
    /// Address of the leader.
    pub leader: Option<String>,
    /// Server clock minus our clock in seconds.
    pub clock_offset_seconds: Option<f64>,
}

/// The operator's own token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Token {
    /// How it does, and why.
    pub verdict: Verdict,
    /// Where it came from: `VAULT_TOKEN`, a file, a token helper.
    pub source: Option<String>,
    /// Where another token lies that this one hides.
    pub shadows: Option<String>,
    /// `display_name`.
    pub display_name: Option<String>,
    /// Policies, identity policies included.
    pub policies: Option<BTreeSet<String>>,
    /// When it dies, UTC; `null` for a root token too.
    pub expires: Option<Timestamp>,
    /// Whether it can be renewed.
    pub renewable: Option<bool>,
    /// What the server said when it refused the token.
    pub dead: Option<String>,
}

/// The agents' AppRole role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approle {
    /// How it does, and why.
    pub verdict: Verdict,
    /// Role name.
    pub role: String,
    /// TTL of issued tokens in seconds.
    pub token_ttl_seconds: Option<i64>,
    /// Longest life of issued tokens in seconds; 0 means the mount's maximum.
    pub token_max_ttl_seconds: Option<i64>,
    /// TTL of secret-ids in seconds; 0 means no expiry.
    pub secret_id_ttl_seconds: Option<i64>,
    /// Uses of a secret-id; 0 means unlimited.
    pub secret_id_num_uses: Option<i64>,
    /// Policies on issued tokens.
    pub token_policies: Option<BTreeSet<String>>,
    /// Whether Vault has locked the role for everybody.
    pub locked: Option<bool>,
    /// The ledger: every secret-id by its accessor, oldest first. An accessor cannot log in.
    pub secret_ids: Option<Vec<SecretId>>,
    /// One sentence per difference between the policy on the server and the documented one.
    pub policy_drift: Option<Vec<String>>,
}

/// One KV secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Secret {
    /// Path below the KV mount.
    pub path: String,
    /// How it does, and why.
    pub verdict: Verdict,
    /// Current version.
    pub version: Option<u64>,
    /// When that version was written, UTC.
    pub created: Option<Timestamp>,
    /// Key names of that version.
    pub keys: Option<BTreeSet<String>>,
    /// Free fields of the secret: who rotated it and why.
    pub custom_metadata: Option<BTreeMap<String, String>>,
}

impl Vault {
    pub(super) fn of(fleet: &Fleet, now: Timestamp) -> Self {
        let facts = last::<VaultFacts>(fleet, &Subject::Vault);
        let leader = facts.and_then(|facts| facts.leader.as_ref().ok());
        Self {
            verdict: health::vault(fleet, now),
            address: facts.map(|facts| facts.address.clone()),
            address_source: facts.map(|facts| facts.address_source.clone()),
            node: facts.map(|facts| facts.node),
            version: facts.map(|facts| facts.version.clone()),
            sealed: facts.map(|facts| facts.node == NodeState::Sealed),
            ha_enabled: leader.map(|leader| leader.ha_enabled),
            leader: leader.and_then(|leader| leader.address.clone()),
            clock_offset_seconds: facts.map(|facts| facts.clock_offset_seconds),
        }
    }
}

impl Token {
    pub(super) fn of(fleet: &Fleet, now: Timestamp) -> Self {
        let facts = last::<TokenFacts>(fleet, &Subject::Token);
        let readable = facts.filter(|facts| !facts.blind && facts.dead.is_none());
        Self {
            verdict: health::token(fleet, now),
            source: facts.map(|facts| facts.source.to_string()),
            shadows: facts.and_then(|facts| facts.shadows.as_ref()).map(|hidden| hidden.source.to_string()),
            display_name: readable.map(|facts| facts.display_name.clone()),
            policies: readable.map(|facts| facts.policies.clone()),
            expires: readable.and_then(|facts| facts.expires),
            renewable: readable.map(|facts| facts.renewable),
            dead: facts.and_then(|facts| facts.dead.clone()),
        }
    }
}

impl Approle {
    pub(super) fn of(fleet: &Fleet, now: Timestamp) -> Self {
        let facts = last::<RoleFacts>(fleet, &Subject::Role);
        let policy = last::<PolicyFacts>(fleet, &Subject::Policy);
        Self {
            verdict: health::role(fleet, now),
            role: fleet.deployment.role.clone(),
            token_ttl_seconds: facts.map(|facts| facts.token_ttl_seconds),
            token_max_ttl_seconds: facts.map(|facts| facts.token_max_ttl_seconds),
            secret_id_ttl_seconds: facts.map(|facts| facts.secret_id_ttl_seconds),
            secret_id_num_uses: facts.map(|facts| facts.secret_id_num_uses),
            token_policies: facts.map(|facts| facts.token_policies.clone()),
            locked: facts.and_then(|facts| facts.locked.clone().ok()),
            secret_ids: facts.and_then(|facts| facts.ledger.clone().ok()),
            policy_drift: policy.map(|policy| policy.drift.clone()),
        }
    }
}

impl Secret {
    pub(super) fn of(fleet: &Fleet, path: &str, now: Timestamp) -> Self {
        let facts = last::<SecretFacts>(fleet, &Subject::Secret(path.to_owned()));
        Self {
            path: path.to_owned(),
            verdict: health::secret(fleet, path, now),
            version: facts.map(|facts| facts.current).filter(|version| *version > 0),
            created: facts.and_then(|facts| facts.current_version()?.created),
            keys: facts.and_then(|facts| facts.keys.clone().ok()),
            custom_metadata: facts.map(|facts| facts.custom_metadata.clone()),
        }
    }
}
