//! The names that fill a slot without being asked: those of the profile and those of the run.

pub use crate::model::command::{is_secret_name, is_slot_name};

/// Slots that the profile fills, with what they mean. Offline they have the documented values.
pub const PROFILE_SLOTS: &[(&str, &str)] = &[
    ("deployment", "the profile's name"),
    ("kv_mount", "KV mount"),
    ("approle_mount", "AppRole mount below auth/"),
    ("role", "AppRole role of the agents"),
    ("policy", "policy of the agents"),
    ("policy_text", "the documented text of that policy"),
    ("secrets_folder", "folder below the KV mount that holds every secret of the deployment"),
    ("database_secret", "secret with the database's address, user and password"),
    ("config_secret", "secret with authentik's secret key"),
    ("hosts", "hosts of the deployment, separated by commas"),
    ("root", "folder with the compose file, on a host"),
    ("config_folder", "folder with config.hcl, role-id and secret-id, on a host"),
    ("template_file", "template of the .env, on a host"),
    ("env_file", "the rendered .env, in the containers"),
    ("agent", "compose service of the Vault Agent"),
    ("server", "compose service of the authentik server"),
    ("worker", "compose service of the authentik worker"),
    ("instance", "RDS instance"),
    ("aws_profile", "AWS profile"),
    ("database_tls", "how the database login is protected, in the words of libpq"),
    ("terraform_directory", "folder of the database's Terraform code"),
    ("ansible_directory", "folder with inventory and playbooks"),
    ("inventory", "Ansible inventory"),
    ("setup_playbook", "playbook that deploys"),
    ("restart_playbook", "playbook that restarts"),
    ("login_command", "command that logs the operator in to Vault"),
    ("home", "the operator's home folder"),
];

/// Slots that the run fills, with what they mean.
pub const RUN_SLOTS: &[(&str, &str)] = &[
    ("run", "id of the run; whatever a step creates carries it"),
    ("ticket", "why the run is done, as the operator named it; `none` when not named"),
    ("operator", "who runs it"),
    ("control_host", "the machine that vaultdeck runs on"),
    ("started", "when the run was planned, in UTC"),
    ("host", "the host in hand, in a step that visits hosts"),
    ("item", "the item in hand, in a step with `for_each`"),
    ("file", "path of the step's file on RAM"),
];
