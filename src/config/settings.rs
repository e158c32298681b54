//! What a profile can say, section by section. The names here are the keys in the file.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::deployment::{Acknowledgement, Environment, Habits, LoginWay, SecretSpec, Thresholds};
use crate::model::notice::Notices;

/// One profile, complete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Set from the profile's heading, never from a key.
    #[serde(skip)]
    pub name: String,
    /// `prod`, `staging` or `dev`.
    pub environment: Environment,
    /// Whether values may be shown and copied when the operator asks.
    pub reveal: Reveal,
    /// Vault: where it is and how to log in.
    pub vault: VaultSettings,
    /// The agents' role and policy.
    pub approle: ApproleSettings,
    /// Secrets the template reads.
    pub secrets: Vec<SecretSpec>,
    /// Hosts and how to reach them.
    pub hosts: HostSettings,
    /// What lies where on a host.
    pub agent: AgentSettings,
    /// RDS and the AWS identity.
    pub rds: RdsSettings,
    /// The proof of a database login.
    pub database: DatabaseSettings,
    /// Terraform, where the database's endpoint is an output.
    pub terraform: TerraformSettings,
    /// Ansible, as the documentation runs it.
    pub ansible: AnsibleSettings,
    /// How the console behaves.
    pub console: Habits,
    /// What it tells of by itself, and how.
    pub notices: Notices,
    /// When a number becomes a finding.
    pub thresholds: Thresholds,
    /// Findings somebody has taken on.
    #[serde(default)]
    pub acknowledge: Vec<Acknowledgement>,
}

/// Whether secret values may be shown and copied when the operator asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reveal {
    /// They may, behind a question and for seconds.
    On,
    /// Never.
    Off,
}

/// Where Vault is. Every connection field left out is taken from the Vault CLI's environment and files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultSettings {
    /// Address; wins over `VAULT_ADDR`, as `-address` does.
    #[serde(default)]
    pub address: Option<String>,
    /// Namespace; wins over `VAULT_NAMESPACE`.
    #[serde(default)]
    pub namespace: Option<String>,
    /// PEM file of the CA; wins over `VAULT_CACERT`.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Name in the server's certificate; wins over `VAULT_TLS_SERVER_NAME`.
    #[serde(default)]
    pub tls_server_name: Option<String>,
    /// KV mount without slashes.
    pub kv_mount: String,
    /// How to log in again when the token has died.
    #[serde(default)]
    pub login: Option<LoginSettings>,
}

/// How to log in again: a command of the site, or a method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "method", deny_unknown_fields)]
pub enum LoginSettings {
    /// A command of the site, run without a shell; afterwards the token is where the CLI keeps it.
    Command {
        /// Words of the command: `vault-login`.
        command: String,
    },
    /// User and password, asked for.
    Userpass {
        /// User name.
        username: String,
        /// Mount below `auth/`.
        #[serde(default = "userpass")]
        mount: String,
    },
    /// Role-id and secret-id from two files.
    Approle {
        /// File with the role-id.
        role_id_file: PathBuf,
        /// File with the secret-id.
        secret_id_file: PathBuf,
        /// Mount below `auth/`.
        #[serde(default = "approle")]
        mount: String,
    },
    /// A token, asked for.
    Token {},
    /// `vault login -method=oidc`, run as a child.
    Oidc {
        /// Role at the OIDC mount.
        #[serde(default)]
        role: Option<String>,
    },
}

impl LoginSettings {
    /// What it is called where a token's source is shown, and what must be asked before it can be used.
    pub fn way(&self) -> LoginWay {
        let way = |name: &str, question: Option<String>| LoginWay { name: name.to_owned(), question };
        match self {
            Self::Command { command } => way(command, None),
            Self::Userpass { username, mount } => {
                way("userpass", Some(format!("password of {username} at {mount}")))
            }
            Self::Approle { .. } => way("approle", None),
            Self::Token {} => way("token", Some("vault token".to_owned())),
            Self::Oidc { .. } => way("oidc", None),
        }
    }
}

fn userpass() -> String {
    "userpass".to_owned()
}

fn approle() -> String {
    "approle".to_owned()
}

/// The agents' role and policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApproleSettings {
    /// Mount below `auth/`, without slashes.
    pub mount: String,
    /// Role name.
    pub role: String,
    /// Policy name.
    pub policy: String,
    /// Policy text in HCL.
    pub policy_text: String,
}

/// Hosts and how to reach them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostSettings {
    /// Ansible inventory; its hosts are used when `list` is empty.
    #[serde(default)]
    pub inventory: Option<PathBuf>,
    /// Only hosts of this group of the inventory.
    #[serde(default)]
    pub group: Option<String>,
    /// Hosts by the names ssh knows them by; wins over the inventory.
    #[serde(default)]
    pub list: Vec<String>,
    /// ssh configuration file, as `ssh -F` takes it; the operator's own when absent.
    #[serde(default)]
    pub ssh_config: Option<PathBuf>,
    /// Whether files and the Docker socket need `sudo -n` on the host.
    pub r#become: bool,
    /// How Docker is reached: `ssh` (its socket through the ssh session), `unix:///path` or `tcp://host:port`.
    pub docker: String,
    /// Docker's socket on the host, for `ssh`.
    pub docker_socket: PathBuf,
}

/// What lies where on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentSettings {
    /// Compose project name.
    pub project: String,
    /// Folder with the compose file.
    pub root: PathBuf,
    /// Folder with `config.hcl`, `role-id` and `secret-id` on the host.
    pub config_folder: PathBuf,
    /// Template on the host.
    pub template_file: PathBuf,
    /// Rendered file inside the containers.
    pub env_file: PathBuf,
    /// Compose service of the Vault Agent.
    pub agent_service: String,
    /// Compose service of the authentik server.
    pub server_service: String,
    /// Compose service of the authentik worker.
    pub worker_service: String,
}

/// RDS and the AWS identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RdsSettings {
    /// Instance identifier; empty when the database is not on RDS.
    pub instance: String,
    /// AWS CLI profile; credentials come from it and from nowhere else.
    pub aws_profile: String,
    /// Region; wins over `AWS_REGION` and the AWS profile's, as `--region` does.
    #[serde(default)]
    pub region: Option<String>,
    /// Account that must be in use, twelve digits.
    #[serde(default)]
    pub account: Option<String>,
    /// Another endpoint than AWS's own.
    #[serde(default)]
    pub endpoint_url: Option<String>,
}

impl RdsSettings {
    /// The instance, where one is watched.
    pub fn watched(&self) -> Option<&str> {
        Some(self.instance.as_str()).filter(|instance| !instance.is_empty())
    }
}

/// The proof of a database login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// Path of the secret that holds `pg_host`, `pg_port`, `pg_user`, `pg_password` and `pg_name`.
    pub secret: String,
    /// Path of the secret that holds `secret_key`.
    pub key_secret: String,
    /// TLS mode of the login.
    pub tls: TlsMode,
    /// PEM file of the CA (the RDS bundle); the system's roots when absent.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// From where: `direct`, or a host's name to go through its ssh session.
    pub through: String,
}

/// libpq's names for how a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// No TLS.
    Disable,
    /// TLS, certificate not looked at.
    Require,
    /// TLS, certificate of a known CA.
    VerifyCa,
    /// TLS, certificate of a known CA for this very host name.
    VerifyFull,
}

impl fmt::Display for TlsMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Disable => "disable",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        })
    }
}

/// Ansible, as the documentation runs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnsibleSettings {
    /// Folder with inventory and playbooks.
    pub directory: PathBuf,
    /// Inventory as the playbooks are run with.
    pub inventory: PathBuf,
    /// Playbook that deploys.
    pub setup_playbook: PathBuf,
    /// Playbook that restarts.
    pub restart_playbook: PathBuf,
}

/// Terraform, as the documentation runs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerraformSettings {
    /// Folder of the database's code.
    pub directory: PathBuf,
}
