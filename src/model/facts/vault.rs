//! The Vault server, the operator's token, what it may do, mounts and policy.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::Part;
use crate::model::span;

/// What `sys/health`, `sys/seal-status` and `sys/leader` say; none of them needs a token.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VaultFacts {
    /// Address in use, `https://vault.example:8200`.
    pub address: String,
    /// What named that address: `VAULT_ADDR`, `profile`, `default`.
    pub address_source: String,
    /// The node's state as the status code of `sys/health` gives it.
    pub node: NodeState,
    /// `version` of `sys/health`, `2.7.2`.
    pub version: String,
    /// `cluster_name`, where it is told.
    pub cluster_name: Option<String>,
    /// Unseal progress and kind, of `sys/seal-status`.
    pub seal: Part<SealFacts>,
    /// Leader, of `sys/leader`.
    pub leader: Part<LeaderFacts>,
    /// Server clock minus our clock in seconds, from `server_time_utc` against the middle of the request.
    pub clock_offset_seconds: f64,
}

/// A node's state by the status code of `sys/health`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// 200.
    Active,
    /// 429.
    Standby,
    /// 472.
    DisasterRecoverySecondary,
    /// 473.
    PerformanceStandby,
    /// 501.
    Uninitialised,
    /// 503.
    Sealed,
}

impl fmt::Display for NodeState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Active => "active",
            Self::Standby => "standby",
            Self::DisasterRecoverySecondary => "dr secondary",
            Self::PerformanceStandby => "performance standby",
            Self::Uninitialised => "uninitialised",
            Self::Sealed => "sealed",
        })
    }
}

/// `sys/seal-status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SealFacts {
    /// Seal type, `shamir` or `awskms`.
    pub kind: String,
    /// Whether it is sealed.
    pub sealed: bool,
    /// Keys needed.
    pub threshold: u32,
    /// Keys that exist.
    pub shares: u32,
    /// Keys given so far.
    pub progress: u32,
    /// Storage backend, `raft`.
    pub storage: Option<String>,
}

/// `sys/leader`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeaderFacts {
    /// Whether high availability is on.
    pub ha_enabled: bool,
    /// Whether the node asked is the leader.
    pub is_self: bool,
    /// The leader's address; an HA cluster without one has no leader.
    pub address: Option<String>,
}

/// `auth/token/lookup-self`, and where the token came from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokenFacts {
    /// `display_name`: `userpass-jane`.
    pub display_name: String,
    /// Accessor; empty for a batch token.
    pub accessor: String,
    /// Whether it is a batch token: cannot be renewed, has no accessor.
    pub batch: bool,
    /// Policies, identity policies included.
    pub policies: BTreeSet<String>,
    /// When it dies; `None` for a root token.
    pub expires: Option<Timestamp>,
    /// When it was issued.
    pub issued: Option<Timestamp>,
    /// TTL at creation in seconds.
    pub creation_ttl_seconds: i64,
    /// Explicit maximum TTL in seconds; 0 when none is set.
    pub explicit_max_ttl_seconds: i64,
    /// Period in seconds of a periodic token.
    pub period_seconds: Option<i64>,
    /// Whether it can be renewed.
    pub renewable: bool,
    /// Uses left; 0 means unlimited.
    pub uses_left: i64,
    /// Where the token came from.
    pub source: TokenSource,
    /// Another token that this one hides.
    pub shadows: Option<ShadowedToken>,
    /// Set when the token is alive but may not look itself up (no `default` policy): the fields above are then empty.
    pub blind: bool,
    /// What the server said when it refused the token itself (expired, revoked, unknown), or that there is no token at
    /// all: the fields above but `source` and `shadows` are then empty.
    pub dead: Option<String>,
}

impl TokenFacts {
    /// Whether renewing can carry it past a moment: it is renewable and its maximum, where one is set, lies later.
    pub fn can_outlive(&self, moment: Timestamp) -> bool {
        self.renewable && self.ends_for_good().is_none_or(|end| end > moment)
    }

    /// When no renewal helps any more, where an explicit maximum is set.
    pub fn ends_for_good(&self) -> Option<Timestamp> {
        let maximum = (self.explicit_max_ttl_seconds > 0).then_some(self.explicit_max_ttl_seconds)?;
        Some(span::after(self.issued?, maximum))
    }
}

/// Where the token in use was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "from", content = "name")]
pub enum TokenSource {
    /// An environment variable, by its name.
    Environment(String),
    /// The token file, by its path.
    File(String),
    /// A token helper, by its path.
    Helper(String),
    /// The method or command that the profile names for logging in.
    Profile(String),
}

impl fmt::Display for TokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(formatter, "{name}"),
            Self::File(path) => write!(formatter, "{path}"),
            Self::Helper(path) => write!(formatter, "token helper {path}"),
            Self::Profile(method) => write!(formatter, "login by {method}"),
        }
    }
}

/// A token that exists but is not used because another wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShadowedToken {
    /// Where it lies.
    pub source: TokenSource,
    /// Whether its value differs from the one in use (compared by digest).
    pub differs: bool,
}

/// `sys/capabilities-self` over every path that something needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessFacts {
    /// Path to granted capabilities; `root` grants all, `deny` none.
    pub granted: BTreeMap<String, BTreeSet<String>>,
}

impl AccessFacts {
    /// Whether the capability is granted on the path; `None` when the path was not asked.
    pub fn allows(&self, path: &str, capability: &str) -> Option<bool> {
        let granted = self.granted.get(path)?;
        Some(granted.contains(capability) || granted.contains("root"))
    }
}

/// The two mounts that the deployment lives on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MountsFacts {
    /// The KV mount, of `sys/internal/ui/mounts/<mount>`.
    pub kv: Part<KvMount>,
    /// The AppRole mount, of `sys/mounts/auth/<mount>/tune` (needs no sudo there).
    pub approle: Part<AuthMount>,
    /// Audit devices by path, of `sys/audit` (needs sudo).
    pub audit: Part<Vec<String>>,
}

/// A KV mount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KvMount {
    /// Path without slashes.
    pub path: String,
    /// 1 or 2.
    pub version: u8,
}

/// An auth mount's tuning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuthMount {
    /// Path below `auth/`, without slashes.
    pub path: String,
    /// Mount accessor, where `sys/internal/ui/mounts` tells it.
    pub accessor: Option<String>,
    /// Longest lease in seconds; caps a role's TTLs.
    pub max_lease_ttl_seconds: i64,
    /// Whether user lockout is switched off on the mount.
    pub lockout_disabled: bool,
}

/// The agents' policy on the server, held against the documented text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyFacts {
    /// Policy name.
    pub name: String,
    /// Text on the server; `None` when the policy does not exist.
    pub text: Option<String>,
    /// One sentence per difference from the documented policy; empty when they grant the same.
    pub drift: Vec<String>,
}
