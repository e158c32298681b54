//! What can be asked of the deployment as it is seen: the closed list of conditions that a runbook may require, await or
//! verify by. In a step that visits hosts, a condition on hosts asks the host in hand; elsewhere it asks all of the run's hosts.

mod hosts;
mod rds;
mod rendering;
mod scene;
mod standing;
mod vault;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::command::Template;
use crate::model::finding::{self, Signal};
use crate::model::span;
use crate::model::trouble::Trouble;

pub use scene::Scene;
pub use standing::Standing;

/// A condition on what is seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Condition {
    /// Vault answers, is unsealed and has a leader.
    VaultUnsealed,
    /// The operator's token lives longer than this many seconds, or can be renewed so far.
    TokenOutlives {
        /// How long.
        seconds: i64,
    },
    /// The KV mount has versions.
    KvHasVersions,
    /// The role's login is not locked.
    RoleUnlocked,
    /// A live secret-id carries this host and this run in its metadata. Finds its accessor.
    SecretIdIssued {
        /// `host` in its metadata.
        host: Template,
        /// `run` in its metadata.
        run: Template,
    },
    /// The secret exists, its current version is not deleted, and it has every key that the deployment needs.
    SecretWhole {
        /// Path below the KV mount.
        secret: Template,
    },
    /// The secret's current version is this one; 0 while there is none. Finds the version.
    SecretAt {
        /// Path below the KV mount.
        secret: Template,
        /// The version.
        version: Template,
    },
    /// No other run holds the secret: its `rotation_state` is not `started`, or it was started by this run, or by a dead one
    /// that is taken over.
    SecretFree {
        /// Path below the KV mount.
        secret: Template,
        /// The run that the operator says is dead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        taken_over: Option<Template>,
    },
    /// The RDS instance is `available`.
    RdsAvailable,
    /// No new value is pending at RDS.
    RdsNothingPending,
    /// A password that was given to RDS after the step began is applied: the instance has been resetting it or has told of it,
    /// nothing is pending, and it is available again.
    RdsPasswordApplied {
        /// The step that gave it.
        since: String,
    },
    /// The master password is not managed by AWS.
    RdsPasswordOurs,
    /// No maintenance or backup window opens within this many minutes.
    RdsQuietFor {
        /// How long.
        minutes: i64,
    },
    /// The RDS endpoint is this one. Finds the endpoint.
    RdsEndpointIs {
        /// Host name.
        host: Template,
        /// Port.
        port: Template,
    },
    /// RDS's master user is this one: `modify-db-instance` changes nobody else's password.
    RdsMasterIs {
        /// User name.
        user: Template,
    },
    /// A database login with the values that KV holds now succeeded when somebody asked for it, and their shape is sound: a
    /// secret key of 50 characters or more, no character that RDS or a sourced `.env` would not keep.
    LoginProved,
    /// The tokens that the role issues live this many seconds before they must be renewed.
    TokensLive {
        /// How long.
        seconds: i64,
    },
    /// No mount's maximum cuts the lives that the role asks for its tokens and secret-ids.
    TtlsGranted,
    /// A rule does not fire, for the hosts in question or for what is not on a host.
    RuleQuiet {
        /// Its id: `APP-STALE-ENV`.
        rule: String,
    },
    /// The AWS identity is of the account that the profile names.
    RightAccount,
    /// Every host answers.
    HostsReached,
    /// Every agent is logged in to Vault; since the step began, when one is named.
    AgentsLoggedIn {
        /// The step.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<String>,
    },
    /// Every agent is logged in and could log in again if it were restarted now: its secret-id is there to be read.
    AgentsCanLogInAgain,
    /// Every host's `.env` holds at least this version of the secret.
    Rendered {
        /// Path below the KV mount.
        secret: Template,
        /// The version; the one that KV holds now when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<Template>,
    },
    /// Every host's `.env` holds the same values.
    EnvsAlike,
    /// Every host's `.env` lies on RAM.
    EnvOnRam,
    /// The template takes this variable from this key of this secret, and the `.env` holds a value for it.
    Injected {
        /// `AUTHENTIK_POSTGRESQL__HOST`.
        variable: String,
        /// Path below the KV mount.
        secret: Template,
        /// Key in it.
        key: String,
    },
    /// A file of the agent is there on every host.
    FileThere {
        /// Which.
        file: AgentFile,
    },
    /// `config.hcl` tells the agent to log in by AppRole, and to fetch again after this many seconds.
    AgentConfigured {
        /// How long.
        render_seconds: i64,
    },
    /// Server and worker started after the agent was there.
    AppsStartedAfterAgent,
    /// Server and worker are up and healthy; started since the step began, when one is named.
    AppsHealthy {
        /// The step.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<String>,
    },
    /// authentik's version on every host is at least this one. Finds the version.
    AuthentikAtLeast {
        /// `2023.6`.
        version: String,
    },
    /// No clock is off by more than this many seconds: Vault's, the hosts'.
    ClocksAgree {
        /// How much.
        seconds: i64,
    },
    /// Ansible does not print differences unasked: a secret-bearing play would show them.
    AnsibleDiffOff,
}

/// A file of the Vault Agent on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentFile {
    /// `config.hcl`.
    Config,
    /// `role-id`.
    RoleId,
    /// `.env.tpl`.
    Template,
    /// The rendered `.env`.
    Env,
}

impl fmt::Display for AgentFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Config => "config.hcl",
            Self::RoleId => "role-id",
            Self::Template => ".env.tpl",
            Self::Env => ".env",
        })
    }
}

impl Condition {
    /// What it looks at; whoever awaits it looks again and again.
    pub fn reads(&self) -> Vec<Signal> {
        use Signal::{
            Access, Account, Agents, Containers, Hosts, Login, Mounts, Rds, Role, Secrets, Station, Token,
            Vault,
        };
        match self {
            Self::VaultUnsealed => vec![Vault],
            Self::TokenOutlives { .. } => vec![Token],
            Self::KvHasVersions => vec![Mounts],
            Self::RoleUnlocked | Self::TokensLive { .. } | Self::SecretIdIssued { .. } => vec![Role],
            Self::TtlsGranted => vec![Role, Mounts],
            Self::SecretWhole { .. } | Self::SecretAt { .. } | Self::SecretFree { .. } => vec![Secrets],
            Self::RdsAvailable
            | Self::RdsNothingPending
            | Self::RdsPasswordApplied { .. }
            | Self::RdsPasswordOurs
            | Self::RdsQuietFor { .. }
            | Self::RdsEndpointIs { .. }
            | Self::RdsMasterIs { .. } => vec![Rds],
            Self::LoginProved => vec![Login],
            Self::RightAccount => vec![Account],
            Self::HostsReached
            | Self::EnvsAlike
            | Self::EnvOnRam
            | Self::Injected { .. }
            | Self::FileThere { .. }
            | Self::AgentConfigured { .. } => vec![Hosts],
            Self::AgentsLoggedIn { .. } => vec![Agents, Containers],
            Self::AgentsCanLogInAgain => vec![Agents, Hosts, Containers],
            Self::Rendered { .. } => vec![Hosts, Secrets],
            Self::AppsHealthy { .. } | Self::AuthentikAtLeast { .. } | Self::AppsStartedAfterAgent => {
                vec![Containers]
            }
            Self::ClocksAgree { .. } => vec![Vault, Hosts],
            Self::AnsibleDiffOff => vec![Station],
            Self::RuleQuiet { rule } => {
                let rule = finding::rules().find(|known| known.id == *rule);
                rule.map_or_else(|| vec![Access], |rule| rule.reads.to_vec())
            }
        }
    }

    /// Names of the plain slots in it.
    pub fn slots(&self) -> BTreeSet<&str> {
        self.templates().into_iter().flat_map(Template::slots).collect()
    }

    /// Names of the secrets in it; a sound one has none.
    pub fn secrets(&self) -> BTreeSet<&str> {
        self.templates().into_iter().flat_map(Template::secrets).collect()
    }

    /// The step whose beginning it counts from.
    pub fn since(&self) -> Option<&str> {
        match self {
            Self::RdsPasswordApplied { since } => Some(since),
            Self::AgentsLoggedIn { since } | Self::AppsHealthy { since } => since.as_deref(),
            _ => None,
        }
    }

    /// How it stands by what is seen. Facts that cannot be read make it unknown, never met.
    pub fn judge(&self, scene: &Scene<'_>) -> Standing {
        self.judged(scene).unwrap_or_else(|trouble| Standing::Unknown { trouble })
    }

    fn judged(&self, scene: &Scene<'_>) -> Result<Standing, Trouble> {
        match self {
            Self::VaultUnsealed => vault::unsealed(scene),
            Self::TokenOutlives { seconds } => vault::token_outlives(scene, *seconds),
            Self::KvHasVersions => vault::kv_has_versions(scene),
            Self::RoleUnlocked => vault::role_unlocked(scene),
            Self::SecretIdIssued { host, run } => {
                vault::secret_id_issued(scene, &scene.fill(host)?, &scene.fill(run)?)
            }
            Self::SecretWhole { secret } => vault::secret_whole(scene, &scene.fill(secret)?),
            Self::SecretAt { secret, version } => {
                vault::secret_at(scene, &scene.fill(secret)?, &scene.fill(version)?)
            }
            Self::SecretFree { secret, taken_over } => {
                let dead = taken_over.as_ref().map(|run| scene.fill(run)).transpose()?;
                vault::secret_free(scene, &scene.fill(secret)?, dead.as_deref())
            }
            Self::RdsAvailable => rds::available(scene),
            Self::RdsNothingPending => rds::nothing_pending(scene),
            Self::RdsPasswordApplied { since } => rds::password_applied(scene, since),
            Self::RdsPasswordOurs => rds::password_ours(scene),
            Self::RdsQuietFor { minutes } => rds::quiet_for(scene, *minutes),
            Self::RdsEndpointIs { host, port } => {
                rds::endpoint_is(scene, &scene.fill(host)?, &scene.fill(port)?)
            }
            Self::RdsMasterIs { user } => rds::master_is(scene, &scene.fill(user)?),
            Self::RightAccount => rds::right_account(scene),
            Self::HostsReached => Ok(hosts::reached(scene)),
            Self::AgentsLoggedIn { since } => Ok(hosts::logged_in(scene, since.as_deref())),
            Self::AgentsCanLogInAgain => Ok(hosts::can_log_in_again(scene)),
            Self::Rendered { secret, version } => {
                let version = version.as_ref().map(|version| scene.fill(version)).transpose()?;
                hosts::rendered(scene, &scene.fill(secret)?, version.as_deref())
            }
            Self::EnvsAlike => rendering::envs_alike(scene),
            Self::EnvOnRam => Ok(rendering::env_on_ram(scene)),
            Self::Injected { variable, secret, key } => {
                Ok(rendering::injected(scene, variable, &scene.fill(secret)?, key))
            }
            Self::FileThere { file } => Ok(rendering::file_there(scene, *file)),
            Self::AgentConfigured { render_seconds } => {
                Ok(rendering::agent_configured(scene, *render_seconds))
            }
            Self::AppsStartedAfterAgent => Ok(hosts::apps_started_after_agent(scene)),
            Self::LoginProved => rds::login_proved(scene),
            Self::TokensLive { seconds } => vault::tokens_live(scene, *seconds),
            Self::TtlsGranted => vault::ttls_granted(scene),
            Self::RuleQuiet { rule } => vault::rule_quiet(scene, rule),
            Self::AppsHealthy { since } => Ok(hosts::apps_healthy(scene, since.as_deref())),
            Self::AuthentikAtLeast { version } => Ok(hosts::authentik_at_least(scene, version)),
            Self::ClocksAgree { seconds } => hosts::clocks_agree(scene, *seconds),
            Self::AnsibleDiffOff => vault::ansible_diff_off(scene),
        }
    }

    fn templates(&self) -> Vec<&Template> {
        match self {
            Self::SecretIdIssued { host, run } => vec![host, run],
            Self::SecretWhole { secret } | Self::Injected { secret, .. } => vec![secret],
            Self::SecretFree { secret, taken_over } => std::iter::once(secret).chain(taken_over).collect(),
            Self::SecretAt { secret, version } => vec![secret, version],
            Self::Rendered { secret, version } => std::iter::once(secret).chain(version).collect(),
            Self::RdsEndpointIs { host, port } => vec![host, port],
            Self::RdsMasterIs { user } => vec![user],
            _ => Vec::new(),
        }
    }

    /// In words: `the RDS instance is available`.
    pub fn sentence(&self) -> String {
        let since = |since: &Option<String>| match since {
            Some(step) => format!(" since `{step}` began"),
            None => String::new(),
        };
        match self {
            Self::VaultUnsealed => "Vault answers and is unsealed".to_owned(),
            Self::TokenOutlives { seconds } => {
                format!("your token lives, or can be renewed, for {seconds} s")
            }
            Self::KvHasVersions => "the KV mount has versions".to_owned(),
            Self::RoleUnlocked => "the role is not locked".to_owned(),
            Self::SecretIdIssued { host, run } => format!("a secret-id of {host} carries run {run}"),
            Self::SecretWhole { secret } => format!("{secret} is there with every key"),
            Self::SecretAt { secret, version } => format!("{secret} is at version {version}"),
            Self::SecretFree { secret, .. } => format!("no other run holds {secret}"),
            Self::RdsAvailable => "the RDS instance is available".to_owned(),
            Self::RdsNothingPending => "nothing is pending at RDS".to_owned(),
            Self::RdsPasswordApplied { since } => format!("RDS has applied the password given in `{since}`"),
            Self::RdsPasswordOurs => "AWS does not manage the master password".to_owned(),
            Self::RdsQuietFor { minutes } => {
                format!("no maintenance or backup window opens within {minutes} min")
            }
            Self::RdsEndpointIs { host, port } => format!("the RDS endpoint is {host}:{port}"),
            Self::RdsMasterIs { user } => format!("RDS's master user is {user}"),
            Self::RightAccount => "the AWS identity is of the profile's account".to_owned(),
            Self::HostsReached => "the hosts answer".to_owned(),
            Self::AgentsLoggedIn { since: step } => format!("the agent is logged in{}", since(step)),
            Self::AgentsCanLogInAgain => "the agent could log in again if it were restarted".to_owned(),
            Self::Rendered { secret, version: Some(version) } => {
                format!("the .env holds version {version} of {secret}")
            }
            Self::Rendered { secret, version: None } => {
                format!("the .env holds the version of {secret} that KV holds")
            }
            Self::EnvsAlike => "every host's .env holds the same values".to_owned(),
            Self::EnvOnRam => "the .env lies on RAM".to_owned(),
            Self::Injected { variable, secret, key } => {
                format!("{variable} comes from {secret}, {key}, and has a value")
            }
            Self::FileThere { file } => format!("{file} is there"),
            Self::AgentConfigured { render_seconds } => {
                format!("the agent logs in by AppRole and fetches again every {render_seconds} s")
            }
            Self::AppsStartedAfterAgent => "server and worker started after the agent".to_owned(),
            Self::LoginProved => {
                "the database takes the values that KV holds, and their shape is sound".to_owned()
            }
            Self::TokensLive { seconds } => format!("the role's tokens live {}", span::words(*seconds)),
            Self::TtlsGranted => "no mount cuts the lives that the role asks for".to_owned(),
            Self::RuleQuiet { rule } => format!("{rule} does not fire"),
            Self::AppsHealthy { since: None } => "server and worker are healthy".to_owned(),
            Self::AppsHealthy { since: step } => {
                format!("server and worker are healthy, started{}", since(step))
            }
            Self::AuthentikAtLeast { version } => format!("authentik is {version} or newer"),
            Self::ClocksAgree { seconds } => format!("no clock is off by more than {seconds} s"),
            Self::AnsibleDiffOff => "ansible prints no differences unasked".to_owned(),
        }
    }
}
