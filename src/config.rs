//! The profile: embedded defaults (`default.toml`, the documented values) under the user's `vaultdeck.toml` under flags.
//! A real profile is a few lines; everything it does not say is as the documentation has it.

mod choices;
mod discover;
mod effective;
mod file;
mod keys;
mod needs;
mod runbooks;
mod saved_logs;
mod settings;
mod slots;
mod state_file;
mod themes;
mod tour;

pub use choices::{Choices, keep_choices, kept_choices};
pub use discover::{Discovery, Surroundings, look_around};
pub use effective::{Asked, Effective, Source, Value, effective};
pub use file::{Found, documented, last_look_file, load, runs_folder, state_folder, where_profiles_live};
pub use keys::own_keys;
pub use runbooks::{RunbookShelf, Shelved, runbook_folder, runbooks};
pub use saved_logs::{keep_log, log_folder};
pub use settings::*;
pub use state_file::{forget_state, read_state, replace_state};
pub use themes::{chosen_theme, keep_theme, own_themes, theme_folder};
pub use tour::{keep_tour, kept_tour};

use crate::model::deployment::Deployment;

/// The defaults with their comments, as `vaultdeck init` and the README quote them.
pub const DEFAULT: &str = include_str!("config/default.toml");

impl Profile {
    /// What the rest of the house needs to know of the profile, once its hosts are known by name.
    pub fn deployment(&self, hosts: Vec<String>) -> Deployment {
        Deployment {
            name: self.name.clone(),
            environment: self.environment,
            kv_mount: self.vault.kv_mount.clone(),
            approle_mount: self.approle.mount.clone(),
            role: self.approle.role.clone(),
            policy: self.approle.policy.clone(),
            policy_text: self.approle.policy_text.clone(),
            secrets: self.secrets.clone(),
            hosts,
            rds_instance: self.rds.watched().map(str::to_owned),
            aws_account: self.rds.account.clone(),
            aws_profile: self.rds.watched().map(|_| self.rds.aws_profile.clone()),
            thresholds: self.thresholds.clone(),
            acknowledgements: self.acknowledge.clone(),
            needs: needs::of(self),
            reveal: self.reveal == settings::Reveal::On,
            login: self.vault.login.as_ref().map(LoginSettings::way),
            habits: self.console,
            notices: self.notices.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_defaults_are_a_whole_profile() {
        let profile = file::from_text("", "documented").unwrap();
        assert_eq!(profile.approle.role, "authentik");
        assert_eq!(profile.secrets.len(), 2);
        assert!(profile.deployment(vec![]).policy_text.contains("secret/data/cwiq/shared/authentik/*"));
    }

    #[test]
    fn every_need_names_a_capability_and_who_wants_it() {
        let needs = file::from_text("", "documented").unwrap().deployment(vec![]).needs;
        assert!(needs.len() > 8);
        assert!(needs.iter().all(|need| !need.capabilities.is_empty() && !need.wanted_by.is_empty()));
    }
}
