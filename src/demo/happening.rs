//! What a scenario's script can let happen, and when: each is one of the [acts](super::acts) upon the pretend system.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::dice::after;
use super::pretend::Pretend;
use crate::model::facts::Service;

/// One thing that happens, as a scenario's script tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub(super) enum Happening {
    /// ansible deploys a secret-id to a host and starts its containers.
    Deploy { host: String },
    /// A container is restarted.
    Restart { host: String, service: Container },
    /// The agent's process is killed.
    KillAgent { host: String },
    /// A KV version is written: secret keys get new values, plain ones the given; free fields say who and why.
    WriteSecret {
        path: String,
        #[serde(default)]
        renew: Vec<String>,
        #[serde(default)]
        set: BTreeMap<String, String>,
        fields: BTreeMap<String, String>,
    },
    /// RDS is asked to take the password that KV holds.
    ModifyMasterPassword,
    /// The secret-id that a host's agent holds is destroyed on the server.
    DestroySecretId { host: String },
    /// Vault is sealed.
    Seal,
    /// Vault is unsealed.
    Unseal,
}

/// A container by its compose service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Container {
    /// The sidecar.
    VaultAgent,
    /// authentik server.
    Server,
    /// authentik worker.
    Worker,
}

impl From<Container> for Service {
    fn from(container: Container) -> Self {
        match container {
            Container::VaultAgent => Self::Agent,
            Container::Server => Self::Server,
            Container::Worker => Self::Worker,
        }
    }
}

impl Pretend {
    /// Lets something happen now.
    pub(super) fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Deploy { host } => self.deploy(&host),
            Happening::Restart { host, service } => self.restart(&host, service.into()),
            Happening::KillAgent { host } => self.kill_agent(&host),
            Happening::WriteSecret { path, renew, set, fields } => {
                self.write_secret(&path, &renew, set);
                self.annotate_secret(&path, &fields);
            }
            Happening::ModifyMasterPassword => self.modify_master_password(),
            Happening::DestroySecretId { host } => {
                let holds = self.host(&host).and_then(|host| host.agent.holds.clone());
                if let Some(accessor) = holds {
                    self.destroy(&accessor);
                }
            }
            Happening::Seal => self.seal(),
            Happening::Unseal => self.unseal(),
        }
    }
}

/// A moment of a scenario's script, told from its start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Cue {
    /// When, before (negative) or after the start.
    pub(super) at: SignedDuration,
    /// What.
    #[serde(flatten)]
    pub(super) happening: Happening,
}

impl Cue {
    /// The cue on a calendar.
    pub(super) fn dated(self, start: Timestamp) -> (Timestamp, Happening) {
        (after(start, self.at), self.happening)
    }
}
