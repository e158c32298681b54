//! The AppRole role, its ledger of secret-ids and its lockout.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use super::Part;

/// `auth/approle/role/:name` with everything that hangs on it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoleFacts {
    /// Role name.
    pub name: String,
    /// TTL of issued tokens in seconds.
    pub token_ttl_seconds: i64,
    /// Longest life of issued tokens in seconds; 0 means the mount's maximum.
    pub token_max_ttl_seconds: i64,
    /// Period of issued tokens in seconds; 0 when not periodic.
    pub token_period_seconds: i64,
    /// Uses of issued tokens; 0 means unlimited.
    pub token_num_uses: i64,
    /// `service`, `batch` or `default`.
    pub token_type: String,
    /// Policies on issued tokens.
    pub token_policies: BTreeSet<String>,
    /// Networks that may use issued tokens.
    pub token_bound_cidrs: Vec<String>,
    /// TTL of secret-ids in seconds as the role asks it; the mount may cap it. 0 means no expiry.
    pub secret_id_ttl_seconds: i64,
    /// Uses of a secret-id; 0 means unlimited.
    pub secret_id_num_uses: i64,
    /// Networks that may log in.
    pub secret_id_bound_cidrs: Vec<String>,
    /// Whether a role-id can be read; its value is half a credential and stays out of the facts.
    pub role_id_readable: Part<bool>,
    /// Every accessor the role has, oldest first.
    pub ledger: Part<Vec<SecretId>>,
    /// Whether `sys/locked-users` lists the role-id.
    pub locked: Part<bool>,
}

/// One row of the ledger, of `secret-id-accessor/lookup`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecretId {
    /// Accessor: names the secret-id without being able to log in with it.
    pub accessor: String,
    /// `metadata.host`.
    pub host: Option<String>,
    /// `metadata.issued_by`.
    pub issued_by: Option<String>,
    /// `metadata.ticket`.
    pub ticket: Option<String>,
    /// `metadata.run`: the run of vaultdeck that issued it.
    pub run: Option<String>,
    /// `creation_time`.
    pub created: Option<Timestamp>,
    /// `expiration_time`, the true expiry; `None` for a secret-id that never expires.
    pub expires: Option<Timestamp>,
    /// `secret_id_num_uses`: uses left, 0 means unlimited.
    pub uses_left: i64,
    /// Networks that may log in with it.
    pub cidrs: Vec<String>,
    /// Whether it can still log anybody in.
    pub state: SecretIdState,
}

impl SecretId {
    /// Whether it can log in at `now`.
    pub fn live(&self, now: Timestamp) -> bool {
        self.state == SecretIdState::Live && self.expires.is_none_or(|expires| expires > now)
    }

    /// The accessor's first eight characters, enough to tell rows apart.
    pub fn short(&self) -> String {
        self.accessor.chars().take(8).collect()
    }
}

/// Whether a secret-id can still log anybody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretIdState {
    /// Known to the server and not expired at the time of the look.
    Live,
    /// Listed, but lookup answers 204 or 404: expired and not yet tidied away.
    Dangling,
}
