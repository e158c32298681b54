//! What the profile fills in a runbook: one value for each of the model's profile slots.

use std::collections::BTreeMap;
use std::path::Path;

use super::{DatabaseSettings, LoginSettings, Profile, TlsMode};
use crate::model::deployment::SecretSpec;

/// The documented command that logs an operator in; used where the profile names no other way.
const LOGIN_COMMAND: &str = "vault-login";

impl Profile {
    /// Values of [`PROFILE_SLOTS`](crate::model::runbook::PROFILE_SLOTS). `hosts` is left out while none is known.
    pub fn slots(&self, hosts: &[String]) -> BTreeMap<String, String> {
        let mut slots = BTreeMap::new();
        let mut fill = |slot: &str, value: &str| slots.insert(slot.to_owned(), value.to_owned());
        fill("deployment", &self.name);
        fill("kv_mount", &self.vault.kv_mount);
        fill("approle_mount", &self.approle.mount);
        fill("role", &self.approle.role);
        fill("policy", &self.approle.policy);
        fill("policy_text", &self.approle.policy_text);
        fill("secrets_folder", &folder_of(&self.secrets, &self.database.secret));
        fill("database_secret", &self.database.secret);
        fill("config_secret", &self.database.key_secret);
        if !hosts.is_empty() {
            fill("hosts", &hosts.join(","));
        }
        fill("root", &shown(&self.agent.root));
        fill("config_folder", &shown(&self.agent.config_folder));
        fill("template_file", &shown(&self.agent.template_file));
        fill("env_file", &shown(&self.agent.env_file));
        fill("agent", &self.agent.agent_service);
        fill("server", &self.agent.server_service);
        fill("worker", &self.agent.worker_service);
        fill("instance", &self.rds.instance);
        fill("aws_profile", &self.rds.aws_profile);
        fill("database_tls", &tls(&self.database));
        fill("terraform_directory", &shown(&self.terraform.directory));
        fill("ansible_directory", &shown(&self.ansible.directory));
        fill("inventory", &shown(&self.ansible.inventory));
        fill("setup_playbook", &shown(&self.ansible.setup_playbook));
        fill("restart_playbook", &shown(&self.ansible.restart_playbook));
        fill("login_command", login_command(self.vault.login.as_ref()));
        fill("home", &etcetera::home_dir().map_or_else(|_| "~".to_owned(), |home| shown(&home)));
        slots
    }

    /// The same without asking anybody for the hosts: those that the profile itself lists.
    pub fn slots_offline(&self) -> BTreeMap<String, String> {
        self.slots(&self.hosts.list)
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The folder that holds every secret; that of the database's where they have none in common.
fn folder_of(secrets: &[SecretSpec], database: &str) -> String {
    let folders = |path: &str| -> Vec<String> {
        let mut parts: Vec<_> = path.split('/').map(str::to_owned).collect();
        parts.pop();
        parts
    };
    let mut common = folders(database);
    for secret in secrets {
        let parts = folders(&secret.path);
        let shared = common.iter().zip(&parts).take_while(|(one, other)| one == other).count();
        common.truncate(shared);
    }
    if common.is_empty() { folders(database).join("/") } else { common.join("/") }
}

fn tls(database: &DatabaseSettings) -> String {
    match database.tls {
        TlsMode::Disable | TlsMode::Require => format!("sslmode={}", database.tls),
        TlsMode::VerifyCa | TlsMode::VerifyFull => {
            let roots = database.ca_file.as_deref().map_or_else(|| "system".to_owned(), shown);
            format!("sslmode={} sslrootcert={roots}", database.tls)
        }
    }
}

/// Empty where vaultdeck itself knows how to log in.
fn login_command(login: Option<&LoginSettings>) -> &str {
    match login {
        None => LOGIN_COMMAND,
        Some(LoginSettings::Command { command }) => command,
        Some(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::documented;
    use super::*;
    use crate::model::runbook::PROFILE_SLOTS;

    #[test]
    fn the_profile_fills_every_slot_that_is_its_to_fill_and_no_other() {
        let slots = documented("shared").unwrap().slots(&["a".to_owned(), "b".to_owned()]);
        let filled: BTreeSet<&str> = slots.keys().map(String::as_str).collect();
        assert_eq!(filled, PROFILE_SLOTS.iter().map(|(name, _)| *name).collect());
        assert_eq!(slots["secrets_folder"], "cwiq/shared/authentik");
        assert_eq!(slots["hosts"], "a,b");
        assert_eq!(slots["database_tls"], "sslmode=verify-full sslrootcert=system");
        assert_eq!(slots["login_command"], "vault-login");
    }

    #[test]
    fn secrets_in_different_places_have_the_folder_of_the_database() {
        let spec = |path: &str| SecretSpec { path: path.to_owned(), keys: Vec::new() };
        assert_eq!(folder_of(&[spec("a/b/x"), spec("a/c/y")], "a/b/x"), "a");
        assert_eq!(folder_of(&[spec("a/x"), spec("b/y")], "a/x"), "a");
    }
}
