//! One host over ssh: clock, files of the agent, the template, the rendered `.env` without its values.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::Part;

/// What one script over the shared ssh session reports.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostFacts {
    /// Round trip of one command on the open session, in milliseconds.
    pub round_trip_millis: u64,
    /// How the session was made: `ssh config`, `existing control master`.
    pub session: String,
    /// Host clock minus our clock in seconds.
    pub clock_offset_seconds: f64,
    /// Whether any swap is active: tmpfs pages can then reach a disk.
    pub swap_active: Part<bool>,
    /// `config.hcl`.
    pub config_file: Part<FileFacts>,
    /// `role-id`.
    pub role_id_file: Part<FileFacts>,
    /// `secret-id`; absent is a fact, not trouble.
    pub secret_id_file: Part<FileFacts>,
    /// `.env.tpl`.
    pub template_file: Part<FileFacts>,
    /// What `config.hcl` tells the agent to do.
    pub agent_config: Part<AgentConfig>,
    /// What `.env.tpl` asks for.
    pub template: Part<TemplateFacts>,
    /// The rendered `.env`.
    pub env: Part<EnvFacts>,
}

/// One file by `stat`; never its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileFacts {
    /// Path on the host.
    pub path: String,
    /// `None` when the file is not there.
    pub stat: Option<FileStat>,
}

impl FileFacts {
    /// Whether it is there.
    pub fn present(&self) -> bool {
        self.stat.is_some()
    }
}

/// What `stat` says of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileStat {
    /// Permission bits, `0o600`.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Bytes.
    pub size: u64,
    /// Last change of the content.
    pub modified: Timestamp,
}

/// `config.hcl`, read with an HCL parser.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgentConfig {
    /// `vault.address`; the container's environment may override it.
    pub address: Option<String>,
    /// Auto-auth method, `approle`.
    pub method: Option<String>,
    /// `role_id_file_path` inside the container.
    pub role_id_path: Option<String>,
    /// `secret_id_file_path` inside the container.
    pub secret_id_path: Option<String>,
    /// `remove_secret_id_file_after_reading`; true unless the file says otherwise.
    pub removes_secret_id: bool,
    /// Whether the secret-id is expected response-wrapped.
    pub unwraps_secret_id: bool,
    /// `wrap_ttl` of the method: breaks templates.
    pub method_wrap_ttl: Option<String>,
    /// Sinks by type.
    pub sinks: Vec<String>,
    /// Templates in order.
    pub templates: Vec<AgentTemplate>,
    /// `static_secret_render_interval` in seconds; 300 unless set.
    pub render_interval_seconds: i64,
    /// `exit_on_retry_failure`.
    pub exit_on_retry_failure: bool,
}

/// One `template` block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentTemplate {
    /// Template file inside the container; `None` for inline contents.
    pub source: Option<String>,
    /// Where it is rendered to.
    pub destination: String,
    /// `perms`; the agent's default is 0644.
    pub perms: Option<String>,
    /// `error_on_missing_key`: without it a missing key renders as `<no value>`.
    pub error_on_missing_key: bool,
}

/// What the template text asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateFacts {
    /// API paths it reads, `secret/data/cwiq/shared/authentik/database`, with the keys it names there.
    pub reads: BTreeMap<String, BTreeSet<String>>,
    /// Whether it writes the version of each secret into a comment.
    pub has_version_marker: bool,
}

/// The rendered `.env`, measured on the host: names, flags and digests, never a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EnvFacts {
    /// The file.
    pub file: FileFacts,
    /// Whether its file system is RAM.
    pub on_ram: Option<bool>,
    /// Key names in file order.
    pub keys: Vec<String>,
    /// Keys whose value is `<no value>` or contains it.
    pub no_value: BTreeSet<String>,
    /// Keys whose value is empty.
    pub empty: BTreeSet<String>,
    /// Version per secret name from the template's marker comments: `database` to 8.
    pub markers: BTreeMap<String, u64>,
    /// Digest per key, salted with a salt that only this run of vaultdeck knows; equal digests mean equal values.
    pub digests: BTreeMap<String, String>,
}
