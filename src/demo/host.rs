//! A pretend host: files, containers and the `.env` in RAM.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::agent::{Agent, Versions};
use super::database::Database;
use super::dice::after;
use super::kv::{CONFIG, DATABASE, Hidden, Kv, Value};

/// How the template injects the secrets: variable, secret, key.
pub(super) const TEMPLATE: [(&str, &str, &str); 6] = [
    ("AUTHENTIK_POSTGRESQL__HOST", DATABASE, "pg_host"),
    ("AUTHENTIK_POSTGRESQL__PORT", DATABASE, "pg_port"),
    ("AUTHENTIK_POSTGRESQL__USER", DATABASE, "pg_user"),
    ("AUTHENTIK_POSTGRESQL__PASSWORD", DATABASE, "pg_password"),
    ("AUTHENTIK_POSTGRESQL__NAME", DATABASE, "pg_name"),
    ("AUTHENTIK_SECRET_KEY", CONFIG, "secret_key"),
];

/// Longest wait before Docker starts a container again that keeps ending.
const LONGEST_RESTART: SignedDuration = SignedDuration::from_mins(1);

/// One host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Host {
    /// Its name.
    pub(super) name: String,
    /// Whether ssh answers.
    pub(super) up: bool,
    /// Its clock minus the control host's, in seconds.
    pub(super) clock_offset: f64,
    /// How ansible set it up.
    pub(super) setup: Setup,
    /// When ansible deployed to it; `None` on a host that has nothing yet.
    pub(super) deployed: Option<Timestamp>,
    /// The secret-id file, while it is there.
    pub(super) secret_id_file: Option<SecretIdFile>,
    /// Whether that tmpfs has no room left.
    #[serde(default)]
    pub(super) tmpfs_full: bool,
    /// The rendered `.env`, while its tmpfs holds one.
    pub(super) env: Option<Env>,
    /// The agent's container.
    pub(super) agent_container: Process,
    /// The agent in it.
    pub(super) agent: Agent,
    /// authentik server.
    pub(super) server: App,
    /// authentik worker.
    pub(super) worker: App,
}

/// How a host is set up: as the page has it, or better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setup {
    /// `remove_secret_id_file_after_reading`, true unless `config.hcl` says otherwise.
    pub(super) removes_secret_id: bool,
    /// The agent's health check only asks whether `.env` exists; else it asks Vault about the token.
    pub(super) checks_existence_only: bool,
    /// Mode of `.env`; the agent's own default is 0644.
    pub(super) env_mode: u32,
    /// Whether the template writes the secrets' versions into a comment.
    pub(super) version_marker: bool,
}

/// The secret-id file; the accessor stands for its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SecretIdFile {
    /// Accessor of the secret-id in it.
    pub(super) accessor: String,
    /// When it was delivered.
    pub(super) modified: Timestamp,
}

/// A rendered `.env`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Env {
    /// Versions it was rendered from.
    pub(super) versions: Versions,
    /// What each variable holds; `None` for one rendered as `<no value>`.
    pub(super) values: BTreeMap<String, Option<Value>>,
    /// When its content last changed.
    pub(super) modified: Timestamp,
}

/// A container and its process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    /// Whether it runs.
    pub(super) running: bool,
    /// When it last started.
    pub(super) started: Option<Timestamp>,
    /// When it last ended.
    pub(super) finished: Option<Timestamp>,
    /// How it last ended.
    pub(super) exit_code: i64,
    /// How often Docker itself started it again.
    pub(super) restarts: u32,
}

/// An authentik container: it sources `.env` once, when it starts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct App {
    /// Its process.
    pub(super) process: Process,
    /// Database password it sourced.
    pub(super) password: Option<Hidden>,
    /// Address and user that it sourced.
    #[serde(default)]
    pub(super) host: Option<String>,
    #[serde(default)]
    pub(super) user: Option<String>,
    /// Whether the database let it in when it started.
    pub(super) came_up: bool,
    /// When Docker starts it (again).
    pub(super) starts: Option<Timestamp>,
}

impl Process {
    /// Starts.
    pub(super) fn start(&mut self, at: Timestamp) {
        self.running = true;
        self.started = Some(at);
    }

    /// Ends.
    pub(super) fn stop(&mut self, at: Timestamp, exit_code: i64) {
        if self.running {
            self.running = false;
            self.finished = Some(at);
            self.exit_code = exit_code;
        }
    }
}

impl App {
    /// Sources `.env` and starts; without one it ends at once and Docker tries again, ever more slowly.
    pub(super) fn start(&mut self, at: Timestamp, env: Option<&Env>, database: &Database) {
        self.process.start(at);
        self.starts = None;
        let Some(env) = env else {
            self.process.stop(at, 2);
            let wait = SignedDuration::from_millis(100).saturating_mul(1 << self.process.restarts.min(16));
            self.starts = Some(after(at, wait.min(LONGEST_RESTART)));
            self.process.restarts = self.process.restarts.saturating_add(1);
            return;
        };
        self.password = env.password();
        self.host = env.plain("AUTHENTIK_POSTGRESQL__HOST");
        self.user = env.plain("AUTHENTIK_POSTGRESQL__USER");
        self.came_up = self.turned_away(database, at).is_none();
    }

    /// What it is told where a login with what it sourced does not succeed at a moment.
    pub(super) fn turned_away(&self, database: &Database, at: Timestamp) -> Option<String> {
        if let Some(host) = self.host.as_ref().filter(|host| **host != database.endpoint) {
            return Some(format!("failed to resolve host '{host}': [Errno -2] Name or service not known"));
        }
        let user = self.user.as_ref().unwrap_or(&database.master_user);
        let known = *user == database.master_user && self.password.is_some();
        if known && self.password == database.password_at(at) {
            return None;
        }
        let endpoint = &database.endpoint;
        Some(format!(
            "connection failed: connection to server at \"{endpoint}\", port 5432 failed: FATAL:  password \
             authentication failed for user \"{user}\""
        ))
    }

    /// Ends, and is not started again by itself.
    pub(super) fn stop(&mut self, at: Timestamp, exit_code: i64) {
        self.process.stop(at, exit_code);
        self.starts = None;
        self.process.restarts = 0;
    }
}

impl Env {
    /// What the template renders from the secrets as they are; `None` when one cannot be read.
    pub(super) fn rendered(kv: &Kv, at: Timestamp) -> Option<Self> {
        let (database, _) = kv.secret(DATABASE)?.readable()?;
        let (config, _) = kv.secret(CONFIG)?.readable()?;
        let values = TEMPLATE
            .iter()
            .map(|(variable, path, key)| ((*variable).to_owned(), kv.value(path, key).cloned()))
            .collect();
        Some(Self { versions: Versions { database, config }, values, modified: at })
    }

    /// Whether the file would read the same; a version marker is part of it.
    pub(super) fn reads_like(&self, other: &Self, version_marker: bool) -> bool {
        self.values == other.values && (!version_marker || self.versions == other.versions)
    }

    fn plain(&self, variable: &str) -> Option<String> {
        match self.values.get(variable)?.as_ref()? {
            Value::Plain(text) => Some(text.clone()),
            Value::Hidden(_) => None,
        }
    }

    fn password(&self) -> Option<Hidden> {
        match self.values.get("AUTHENTIK_POSTGRESQL__PASSWORD")?.as_ref()? {
            Value::Hidden(password) => Some(*password),
            Value::Plain(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_env_file_docker_starts_a_container_again_and_again_but_at_most_once_a_minute() {
        let mut app = App::default();
        let mut at = Timestamp::UNIX_EPOCH;
        let database = Database::default();
        for _ in 0..20 {
            app.start(at, None, &database);
            let next = app.starts.unwrap();
            assert!(next > at && next.duration_since(at) <= LONGEST_RESTART);
            at = next;
        }
        assert_eq!((app.process.running, app.process.exit_code, app.process.restarts), (false, 2, 20));
    }
}
