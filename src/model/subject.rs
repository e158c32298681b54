//! The things that can be looked at. Each has its own probe, interval, last good facts and latest trouble.

use std::fmt;

use serde::Serialize;

/// One thing that is looked at on its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum Subject {
    /// The Vault server: health, seal, leader, version, clock.
    Vault,
    /// The operator's own token.
    Token,
    /// What the operator's token may do, path by path.
    Access,
    /// Secret engines and auth mounts that the deployment uses.
    Mounts,
    /// The text of the agents' policy.
    Policy,
    /// The AppRole role, its secret-ids and its lockout.
    Role,
    /// One KV secret, by its path below the mount.
    Secret(String),
    /// One host: ssh, clock, files, the rendered `.env`.
    Host(String),
    /// The containers on one host.
    Containers(String),
    /// The Vault Agent on one host, through its log.
    Agent(String),
    /// The RDS instance.
    Rds,
    /// The AWS account and identity in use.
    Account,
    /// A database login with the current KV values, and the shape of those values. Only on demand.
    Login,
    /// The control host that vaultdeck runs on: token files, environment, ansible settings.
    Station,
}

impl Subject {
    /// The host this subject lives on, where it lives on one.
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Host(host) | Self::Containers(host) | Self::Agent(host) => Some(host),
            _ => None,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vault => formatter.write_str("vault"),
            Self::Token => formatter.write_str("token"),
            Self::Access => formatter.write_str("access"),
            Self::Mounts => formatter.write_str("mounts"),
            Self::Policy => formatter.write_str("policy"),
            Self::Role => formatter.write_str("approle"),
            Self::Secret(path) => write!(formatter, "secret {path}"),
            Self::Host(host) => write!(formatter, "{host}"),
            Self::Containers(host) => write!(formatter, "{host} containers"),
            Self::Agent(host) => write!(formatter, "{host} agent"),
            Self::Rds => formatter.write_str("rds"),
            Self::Account => formatter.write_str("aws account"),
            Self::Login => formatter.write_str("database login"),
            Self::Station => formatter.write_str("control host"),
        }
    }
}
