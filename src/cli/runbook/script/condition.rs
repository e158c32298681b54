//! Conditions as calls of the library's functions. What only vaultdeck's own looks can tell has none, and the script says so.

use super::Script;
use super::words::single_quoted;
use crate::model::command::Template;
use crate::model::runbook::{AgentFile, Condition};

/// The call that asks for a condition, where a script can ask.
pub(super) fn call(condition: &Condition, script: &Script<'_>) -> Option<String> {
    let text = |template: &Template| script.text(template);
    let step = |since: &str| since.replace('-', "_");
    let of = |name: &str, since: &Option<String>| match since {
        Some(since) => format!("{name} {}", step(since)),
        None => name.to_owned(),
    };
    Some(match condition {
        Condition::VaultUnsealed => "vault_unsealed".to_owned(),
        Condition::TokenOutlives { seconds } => format!("token_outlives {seconds}"),
        Condition::KvHasVersions => "kv_has_versions".to_owned(),
        Condition::RoleUnlocked => "role_unlocked".to_owned(),
        Condition::TokensLive { seconds } => format!("tokens_live {seconds}"),
        Condition::TtlsGranted => "ttls_granted".to_owned(),
        Condition::SecretWhole { secret } => format!("secret_whole {}{}", text(secret), keys(secret, script)),
        Condition::SecretAt { secret, version } => format!("secret_at {} {}", text(secret), text(version)),
        Condition::SecretFree { secret, taken_over } => {
            let words: Vec<String> = std::iter::once(secret).chain(taken_over).map(text).collect();
            format!("secret_free {}", words.join(" "))
        }
        Condition::RdsAvailable => "rds_available".to_owned(),
        Condition::RdsNothingPending => "rds_nothing_pending".to_owned(),
        Condition::RdsPasswordApplied { since } => format!("rds_password_applied {}", step(since)),
        Condition::RdsPasswordOurs => "rds_password_ours".to_owned(),
        Condition::RdsEndpointIs { host, port } => format!("rds_endpoint_is {} {}", text(host), text(port)),
        Condition::RdsMasterIs { user } => format!("rds_master_is {}", text(user)),
        Condition::RightAccount => "right_account".to_owned(),
        Condition::LoginProved => "login_proved".to_owned(),
        Condition::HostsReached => "hosts_reached".to_owned(),
        Condition::AgentsLoggedIn { since } => of("agents_logged_in", since),
        Condition::AgentsCanLogInAgain => "agents_can_log_in_again".to_owned(),
        Condition::Rendered { secret, .. } => format!("rendered {}", text(secret)),
        Condition::AppsHealthy { since } => of("apps_healthy", since),
        Condition::AppsStartedAfterAgent => "apps_started_after_agent".to_owned(),
        Condition::AuthentikAtLeast { version } => format!("authentik_at_least {version}"),
        Condition::FileThere { file } => format!("file_there {}", name_of(*file)),
        Condition::EnvOnRam => "env_on_ram".to_owned(),
        Condition::Injected { variable, secret, key } => {
            format!("injected {variable} {} {key}", text(secret))
        }
        Condition::AgentConfigured { render_seconds } => format!("agent_configured {render_seconds}"),
        Condition::SecretIdIssued { .. }
        | Condition::RdsQuietFor { .. }
        | Condition::EnvsAlike
        | Condition::ClocksAgree { .. }
        | Condition::AnsibleDiffOff
        | Condition::RuleQuiet { .. } => return None,
    })
}

fn name_of(file: AgentFile) -> &'static str {
    match file {
        AgentFile::Config => "config",
        AgentFile::RoleId => "role-id",
        AgentFile::Template => "template",
        AgentFile::Env => "env",
    }
}

/// Keys that a secret must have, as far as its path is known.
fn keys(secret: &Template, script: &Script<'_>) -> String {
    let path =
        secret.fill(&|slot: &str| script.known(slot)).and_then(|path| path.plain()).unwrap_or_default();
    let specs = script.surroundings.secrets.iter().filter(|spec| spec.path == path);
    specs.flat_map(|spec| &spec.keys).flat_map(|key| [" ".to_owned(), single_quoted(key)]).collect()
}
