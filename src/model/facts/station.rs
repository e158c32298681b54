//! The control host that vaultdeck itself runs on.

use serde::Serialize;

use super::{FileFacts, Part};

/// Token files, environment and ansible settings of the operator's account.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StationFacts {
    /// The token file by `stat`.
    pub token_file: Part<FileFacts>,
    /// Names of the `VAULT_*`, `BAO_*` and `AWS_*` variables that are set; never their values.
    pub variables: Vec<String>,
    /// `~/.vault` or `~/.bao` exists but is not a CLI configuration (often an Ansible Vault password file).
    pub foreign_cli_config: Option<String>,
    /// Ansible prints diffs by default: a secret-bearing play would show them.
    pub ansible_diff: Part<bool>,
    /// The playbook that deploys, by `stat`.
    pub playbook: Part<FileFacts>,
    /// Who sits there: `user@host`.
    pub operator: String,
}
