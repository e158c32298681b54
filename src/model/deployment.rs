//! What the operator says the deployment is: the documented names that facts are held against. Filled by the profile.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::notice::Notices;

/// One authentik installation as its profile describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deployment {
    /// The profile's name, shown in the frame and typed to confirm.
    pub name: String,
    /// How carefully to tread.
    pub environment: Environment,
    /// KV mount without slashes, `secret` in the documentation.
    pub kv_mount: String,
    /// AppRole mount below `auth/`, without slashes, `approle` in the documentation.
    pub approle_mount: String,
    /// AppRole role of the agents.
    pub role: String,
    /// Policy the role's tokens carry.
    pub policy: String,
    /// The documented text of that policy, in HCL.
    pub policy_text: String,
    /// Secrets below the KV mount that the template reads.
    pub secrets: Vec<SecretSpec>,
    /// Hosts in the operator's order, as ssh names them.
    pub hosts: Vec<String>,
    /// RDS instance identifier; `None` where no RDS is watched.
    pub rds_instance: Option<String>,
    /// AWS account that must be in use, twelve digits; `None` where none is named.
    pub aws_account: Option<String>,
    /// AWS CLI profile in use.
    pub aws_profile: Option<String>,
    /// When a number becomes a finding.
    pub thresholds: Thresholds,
    /// Findings that somebody has taken on, until a day.
    pub acknowledgements: Vec<Acknowledgement>,
    /// Vault paths that an action needs, and what for.
    pub needs: Vec<Need>,
    /// Whether secret values may be shown and copied when the operator asks.
    pub reveal: bool,
    /// How the operator logs in to Vault again; `None` where the profile names no way.
    pub login: Option<LoginWay>,
    /// How the console behaves here.
    pub habits: Habits,
    /// What the console tells of by itself, and how.
    pub notices: Notices,
}

/// How the console behaves over a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Habits {
    /// Minutes without a key after which what was unlocked is read-only again; at least one.
    pub relock_minutes: i64,
    /// Minutes without a key after which the screen is covered; 0 never covers it.
    pub cover_minutes: i64,
    /// Whether the console starts with stand-ins for hosts, paths, accounts, accessors and endpoints.
    pub screen_share: bool,
    /// Whether every action that writes asks for the deployment's name, and not only those that say so.
    pub confirm_by_name: bool,
    /// Whether frames are few, for a line that is slow.
    pub slow_line: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            relock_minutes: 10,
            cover_minutes: 0,
            screen_share: false,
            confirm_by_name: false,
            slow_line: false,
        }
    }
}

impl Deployment {
    /// The secret that holds the password of the database.
    pub fn database_secret(&self) -> Option<&SecretSpec> {
        self.secrets.iter().find(|secret| secret.keys.iter().any(|key| key == "pg_password"))
    }
}

/// A way to log in to Vault again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoginWay {
    /// What it is called: `userpass`, or the site's own command.
    pub name: String,
    /// What must be asked first; the answer is a secret. `None` where nothing is asked.
    pub question: Option<String>,
}

/// How carefully to tread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Framed in the danger role, read-only until unlocked.
    Prod,
    /// Between the two.
    #[default]
    Staging,
    /// Free to break.
    Dev,
    /// The pretend fleet.
    Demo,
}

impl fmt::Display for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Prod => "prod",
            Self::Staging => "staging",
            Self::Dev => "dev",
            Self::Demo => "demo",
        })
    }
}

/// One KV secret and the keys it must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretSpec {
    /// Path below the KV mount: `cwiq/shared/authentik/database`.
    pub path: String,
    /// Keys the template needs.
    pub keys: Vec<String>,
}

impl SecretSpec {
    /// The last segment of the path: `database`.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// When a number becomes a finding. All durations in seconds unless the name says days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Operator's token: warning below this many seconds.
    pub token_warn_seconds: i64,
    /// Operator's token: critical below this many seconds.
    pub token_critical_seconds: i64,
    /// Secret-id: warning, high and critical at or below this many days.
    pub secret_id_days: [i64; 3],
    /// RDS certificate: warning at or below this many days.
    pub certificate_warn_days: i64,
    /// RDS certificate: critical at or below this many days.
    pub certificate_critical_days: i64,
    /// RDS maintenance: warning at or below this many days.
    pub maintenance_days: i64,
    /// Clock offset: warning above this many seconds.
    pub clock_warn_seconds: f64,
    /// Clock offset: critical above this many seconds.
    pub clock_critical_seconds: f64,
    /// An agent's errors must last this many seconds to be a loop.
    pub agent_loop_seconds: i64,
    /// A pending RDS password older than this is a finding.
    pub pending_password_seconds: i64,
    /// A rotation that has been `started` for longer than this is half done.
    pub rotation_seconds: i64,
    /// Facts older than this are no longer a signal.
    pub stale_seconds: i64,
}

/// A finding that somebody has taken on, with a reason and an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// Rule id: `SID-EXPIRING`.
    pub rule: String,
    /// Only for this subject as findings print it; all subjects when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Acknowledge the rule's `unknown` state too.
    #[serde(default)]
    pub unknown: bool,
    /// Why it may wait.
    pub reason: String,
    /// Last day on which it may.
    pub until: Date,
}

/// One path that an action needs, with the capabilities that must be granted there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Need {
    /// Path as `sys/capabilities-self` takes it, without `/v1/`.
    pub path: String,
    /// Capabilities that must all be granted: `read`, `update`, `patch`, `list`.
    pub capabilities: Vec<String>,
    /// The action or view that asks for it.
    pub wanted_by: String,
}
