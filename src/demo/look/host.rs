//! A pretend host over ssh: files by `stat`, `config.hcl`, template and `.env` without its values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::vault::ADDRESS;
use crate::demo::dice::Dice;
use crate::demo::host::{Env, Host, TEMPLATE};
use crate::demo::kv::Value;
use crate::demo::pretend::Pretend;
use crate::model::facts::{
    AgentConfig, AgentTemplate, EnvFacts, FileFacts, FileStat, HostFacts, TemplateFacts,
};
use crate::model::trouble::Trouble;

pub(super) fn host(pretend: &Pretend, host: &Host) -> HostFacts {
    let config = "/data/authentik/vault/config";
    let deployed = |mode, size| host.deployed.map(|at| stat(mode, size, at));
    let secret_id = host.secret_id_file.as_ref().map(|file| stat(0o600, 36, file.modified));
    HostFacts {
        round_trip_millis: round_trip(pretend, host),
        session: "existing control master".to_owned(),
        clock_offset_seconds: host.clock_offset,
        swap_active: Ok(false),
        config_file: Ok(file(format!("{config}/config.hcl"), deployed(0o644, 812))),
        role_id_file: Ok(file(format!("{config}/role-id"), deployed(0o600, 36))),
        secret_id_file: Ok(file(format!("{config}/secret-id"), secret_id)),
        template_file: Ok(file("/data/authentik/vault/templates/.env.tpl".to_owned(), deployed(0o644, 704))),
        agent_config: host.deployed.map(|_| agent_config(host)).ok_or_else(|| absent("config.hcl")),
        template: host.deployed.map(|_| template(host)).ok_or_else(|| absent(".env.tpl")),
        env: Ok(env(pretend, host)),
    }
}

/// Around thirty milliseconds, never twice quite the same.
fn round_trip(pretend: &Pretend, host: &Host) -> u64 {
    let dice = pretend.dice.about(&host.name);
    let moment = u64::try_from(pretend.now.as_second() / 10).unwrap_or_default();
    28 + dice.about("far").id() % 9 + dice.about("trip").number(moment).id() % 6
}

fn stat(mode: u32, size: u64, modified: Timestamp) -> FileStat {
    FileStat { mode, uid: 0, gid: 0, size, modified }
}

fn file(path: String, stat: Option<FileStat>) -> FileFacts {
    FileFacts { path, stat }
}

fn absent(name: &str) -> Trouble {
    Trouble::new(format!("no {name}")).because("the file is not there").hint("deploy writes it")
}

fn agent_config(host: &Host) -> AgentConfig {
    let asks_vault = !host.setup.checks_existence_only;
    let env_mode = host.setup.env_mode;
    AgentConfig {
        address: Some(ADDRESS.to_owned()),
        method: Some("approle".to_owned()),
        role_id_path: Some("/vault/config/role-id".to_owned()),
        secret_id_path: Some("/vault/config/secret-id".to_owned()),
        removes_secret_id: host.setup.removes_secret_id,
        unwraps_secret_id: false,
        method_wrap_ttl: None,
        sinks: asks_vault.then(|| "file".to_owned()).into_iter().collect(),
        templates: vec![AgentTemplate {
            source: Some("/vault/templates/.env.tpl".to_owned()),
            destination: "/vault/secrets/.env".to_owned(),
            perms: (env_mode != 0o644).then(|| format!("{env_mode:04o}")),
            error_on_missing_key: asks_vault,
        }],
        render_interval_seconds: 300,
        exit_on_retry_failure: false,
    }
}

fn template(host: &Host) -> TemplateFacts {
    let mut reads: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, path, key) in TEMPLATE {
        reads.entry(format!("secret/data/{path}")).or_default().insert(key.to_owned());
    }
    TemplateFacts { reads, has_version_marker: host.setup.version_marker }
}

fn env(pretend: &Pretend, host: &Host) -> EnvFacts {
    let path = "/vault/secrets/.env".to_owned();
    let nothing = EnvFacts {
        file: file(path.clone(), None),
        on_ram: host.deployed.map(|_| true),
        keys: Vec::new(),
        no_value: BTreeSet::new(),
        empty: BTreeSet::new(),
        markers: BTreeMap::new(),
        digests: BTreeMap::new(),
    };
    let Some(env) = &host.env else { return nothing };
    let without_value = env.values.iter().filter(|(_, value)| value.is_none());
    EnvFacts {
        file: file(path, Some(stat(host.setup.env_mode, 412, env.modified))),
        keys: TEMPLATE.iter().map(|(variable, ..)| (*variable).to_owned()).collect(),
        no_value: without_value.map(|(variable, _)| variable.clone()).collect(),
        markers: if host.setup.version_marker { markers(env) } else { BTreeMap::new() },
        digests: digests(pretend.dice.about("salt"), env),
        ..nothing
    }
}

fn markers(env: &Env) -> BTreeMap<String, u64> {
    BTreeMap::from([
        ("database".to_owned(), env.versions.database),
        ("config".to_owned(), env.versions.config),
    ])
}

fn digests(salt: Dice, env: &Env) -> BTreeMap<String, String> {
    let salt = salt.hex(16);
    env.values.iter().map(|(variable, value)| (variable.clone(), digest(&salt, value.as_ref()))).collect()
}

fn digest(salt: &str, value: Option<&Value>) -> String {
    let value = match value {
        Some(Value::Plain(text)) => text.clone(),
        Some(Value::Hidden(hidden)) => hidden.id.to_string(),
        None => "<no value>".to_owned(),
    };
    let digest = Sha256::new().chain_update(salt).chain_update(value).finalize();
    digest.iter().take(16).fold(String::with_capacity(32), |mut hex, byte| {
        _ = write!(hex, "{byte:02x}");
        hex
    })
}
