//! What one look can learn, a variant per kind of subject. A part that could not be read carries its own
//! [`Trouble`], so one missing permission hides one field and not the whole subject.

mod agent;
mod approle;
mod container;
mod host;
mod login;
mod rds;
mod secret;
mod station;
mod vault;

use serde::Serialize;

pub use agent::*;
pub use approle::*;
pub use container::*;
pub use host::*;
pub use login::*;
pub use rds::*;
pub use secret::*;
pub use station::*;
pub use vault::*;

use super::trouble::Trouble;

/// One field or list that has its own permission or failure.
pub type Part<T> = Result<T, Trouble>;

/// The facts of one look.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Facts {
    /// Of [`Subject::Vault`](super::subject::Subject::Vault).
    Vault(VaultFacts),
    /// Of [`Subject::Token`](super::subject::Subject::Token).
    Token(TokenFacts),
    /// Of [`Subject::Access`](super::subject::Subject::Access).
    Access(AccessFacts),
    /// Of [`Subject::Mounts`](super::subject::Subject::Mounts).
    Mounts(MountsFacts),
    /// Of [`Subject::Policy`](super::subject::Subject::Policy).
    Policy(PolicyFacts),
    /// Of [`Subject::Role`](super::subject::Subject::Role).
    Role(Box<RoleFacts>),
    /// Of [`Subject::Secret`](super::subject::Subject::Secret).
    Secret(SecretFacts),
    /// Of [`Subject::Host`](super::subject::Subject::Host).
    Host(Box<HostFacts>),
    /// Of [`Subject::Containers`](super::subject::Subject::Containers).
    Containers(ContainersFacts),
    /// Of [`Subject::Agent`](super::subject::Subject::Agent).
    Agent(Box<AgentFacts>),
    /// Of [`Subject::Rds`](super::subject::Subject::Rds).
    Rds(Box<RdsFacts>),
    /// Of [`Subject::Account`](super::subject::Subject::Account).
    Account(AccountFacts),
    /// Of [`Subject::Login`](super::subject::Subject::Login).
    Login(Box<LoginFacts>),
    /// Of [`Subject::Station`](super::subject::Subject::Station).
    Station(StationFacts),
}
