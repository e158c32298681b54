//! What can be done to the pretend system, by a scenario's script or by an action: each changes the system, never what
//! is seen of it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::approle::SecretId;
use super::dice::after;
use super::host::{Host, SecretIdFile};
use super::kv::{Hidden, Value};
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
    /// A KV version is written: secret keys get new values, plain ones the given.
    WriteSecret {
        path: String,
        #[serde(default)]
        renew: Vec<String>,
        #[serde(default)]
        set: BTreeMap<String, String>,
        #[serde(default)]
        fields: BTreeMap<String, String>,
    },
    /// Free fields of a secret are set.
    AnnotateSecret { path: String, fields: BTreeMap<String, String> },
    /// RDS is asked to take the password that KV holds.
    ModifyMasterPassword,
    /// The secret-id that a host's agent holds is destroyed on the server.
    DestroySecretId { host: String },
    /// The operator logs in again.
    OperatorLogsIn { ttl: SignedDuration },
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

/// How long a container takes to stop and start again.
const RESTART: SignedDuration = SignedDuration::from_secs(2);

/// How long after the agent the others start: they wait for its health.
const AFTER_AGENT: SignedDuration = SignedDuration::from_secs(6);

/// Characters of a password, and of a secret key.
const PASSWORD_LENGTH: usize = 32;
const SECRET_KEY_LENGTH: usize = 64;

impl Pretend {
    /// Lets something happen now.
    pub(super) fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Deploy { host } => self.deploy(&host),
            Happening::Restart { host, service } => self.restart(&host, service.into()),
            Happening::KillAgent { host } => self.kill_agent(&host),
            Happening::WriteSecret { path, renew, set, fields } => {
                self.write_secret(&path, &renew, set);
                if !fields.is_empty() {
                    self.annotate_secret(&path, &fields);
                }
            }
            Happening::AnnotateSecret { path, fields } => self.annotate_secret(&path, &fields),
            Happening::ModifyMasterPassword => self.modify_master_password(),
            Happening::DestroySecretId { host } => {
                let holds = self.host(&host).and_then(|host| host.agent.holds.clone());
                holds.into_iter().for_each(|accessor| self.destroy(&accessor));
            }
            Happening::OperatorLogsIn { ttl } => self.operator_logs_in(ttl),
            Happening::Seal => self.seal(),
            Happening::Unseal => self.unseal(),
        }
    }

    /// Issues a secret-id, labelled with a host or with none; returns its accessor.
    pub fn issue_secret_id(
        &mut self,
        host: Option<&str>,
        issued_by: &str,
        ticket: Option<&str>,
    ) -> Option<String> {
        let accessor = self.new_name("secret-id").accessor();
        let created = self.now;
        let role = self.role.as_mut()?;
        role.ledger.push(SecretId {
            accessor: accessor.clone(),
            host: host.map(str::to_owned),
            issued_by: host.map(|_| issued_by.to_owned()),
            ticket: host.and(ticket).map(str::to_owned),
            created,
            expires: after(created, role.secret_id_ttl),
        });
        Some(accessor)
    }

    /// Puts a secret-id file on a host; the agent takes it up at its next login.
    pub fn deliver(&mut self, host: &str, accessor: &str) {
        let now = self.now;
        self.change(host, |host| {
            host.secret_id_file = Some(SecretIdFile { accessor: accessor.to_owned(), modified: now });
        });
    }

    /// Destroys a secret-id on the server; tokens issued from it live on.
    pub fn destroy(&mut self, accessor: &str) {
        if let Some(role) = &mut self.role {
            role.ledger.retain(|secret_id| secret_id.accessor != accessor);
        }
    }

    /// ansible deploys to a host whose secret-id file is in place: agent first, then the others.
    pub fn deploy(&mut self, host: &str) {
        let now = self.now;
        self.change(host, |host| {
            host.deployed = Some(now);
            host.agent_container.start(now);
            host.agent.start(now);
            host.server.starts = Some(after(now, AFTER_AGENT));
            host.worker.starts = Some(after(now, AFTER_AGENT));
        });
    }

    /// Restarts a container; the agent forgets the secret-id it held.
    pub fn restart(&mut self, host: &str, service: Service) {
        let now = self.now;
        let back = after(now, RESTART);
        self.change(host, |host| match service {
            Service::Agent => {
                host.agent.stop(now, true);
                host.agent_container.stop(now, 0);
                host.agent_container.start(now);
                host.agent.start(now);
            }
            Service::Server | Service::Worker => {
                let app = if service == Service::Server { &mut host.server } else { &mut host.worker };
                app.stop(now, 0);
                app.starts = Some(back);
            }
            Service::Other => {}
        });
    }

    /// Kills the agent's process; Docker leaves it so.
    pub fn kill_agent(&mut self, host: &str) {
        let now = self.now;
        self.change(host, |host| {
            host.agent.stop(now, false);
            host.agent_container.stop(now, 137);
        });
    }

    /// Writes a KV version: new values for secret keys, given ones for plain keys, the rest as it was.
    pub fn write_secret(&mut self, path: &str, renew: &[String], set: BTreeMap<String, String>) {
        let mut changes: BTreeMap<String, Value> =
            set.into_iter().map(|(key, value)| (key, Value::Plain(value))).collect();
        for key in renew {
            let length = if key == "secret_key" { SECRET_KEY_LENGTH } else { PASSWORD_LENGTH };
            let id = self.new_name(key).id();
            changes.insert(key.clone(), Value::Hidden(Hidden { id, length }));
        }
        self.kv.secrets.entry(path.to_owned()).or_default().patch(self.now, changes);
    }

    /// `ModifyDBInstance` with the password that KV holds.
    pub fn modify_master_password(&mut self) {
        if let Some(password) = self.kv.password() {
            self.database.modify_password(self.now, password);
        }
    }

    fn change(&mut self, name: &str, change: impl FnOnce(&mut Host)) {
        if let Some(host) = self.hosts.iter_mut().find(|host| host.name == name) {
            change(host);
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
