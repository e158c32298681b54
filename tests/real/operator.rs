//! An operator with the real CLIs and the root token: what stands in Vault and in the database when vaultdeck has acted.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Map, Value};

use super::stack::Stack;

/// The role of the stack's agents.
const ROLE: &str = "auth/approle/role/authentik";

/// Looks at the stack without vaultdeck.
pub struct Operator<'stack> {
    stack: &'stack Stack,
}

impl<'stack> Operator<'stack> {
    /// On a stack.
    pub fn of(stack: &'stack Stack) -> Self {
        Self { stack }
    }

    /// `bao` with the root token.
    pub fn bao(&self, words: &[&str]) -> Value {
        let mut bao = self.as_root("bao");
        bao.args(words).env("BAO_FORMAT", "json").env("VAULT_FORMAT", "json");
        let output = bao.output().unwrap();
        assert!(output.status.success(), "bao {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// The same where there may be nothing, which is null.
    pub fn bao_if_there(&self, words: &[&str]) -> Value {
        let mut bao = self.as_root("bao");
        bao.args(words).env("BAO_FORMAT", "json").env("VAULT_FORMAT", "json");
        let output = bao.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() || output.status.code() == Some(2), "bao {words:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// What `bao` prints as text; empty where there is nothing.
    pub fn bao_text(&self, words: &[&str]) -> String {
        let output = self.as_root("bao").args(words).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// A program in the operator's environment, with the root token of Vault.
    pub fn as_root(&self, program: &str) -> Command {
        let mut command = self.stack.operator(program);
        let token = self.stack.file("/vault/root_token_file");
        command.env("BAO_TOKEN", token.trim()).env("VAULT_TOKEN", token.trim());
        command
    }

    /// Present password of the database in Vault.
    pub fn database_password(&self) -> String {
        let secret = self.bao(&["kv", "get", &self.path("database")]);
        secret["data"]["data"]["pg_password"].as_str().unwrap().to_owned()
    }

    /// Present version of a secret.
    pub fn version(&self, secret: &str) -> u64 {
        self.bao(&["kv", "metadata", "get", &self.path(secret)])["data"]["current_version"].as_u64().unwrap()
    }

    /// Custom metadata of a secret.
    pub fn metadata(&self, secret: &str) -> Map<String, Value> {
        let metadata = self.bao(&["kv", "metadata", "get", &self.path(secret)]);
        metadata["data"]["custom_metadata"].as_object().cloned().unwrap_or_default()
    }

    /// Metadata of every live secret-id, by accessor.
    pub fn secret_ids(&self) -> BTreeMap<String, Value> {
        let about = self.accessors().into_iter().map(|accessor| {
            let metadata = self.about(&accessor)["metadata"].clone();
            (accessor, metadata)
        });
        about.collect()
    }

    fn accessors(&self) -> Vec<String> {
        let accessors = self.bao_if_there(&["list", &format!("{ROLE}/secret-id")]);
        let accessors = accessors.as_array().into_iter().flatten();
        accessors.map(|accessor| accessor.as_str().unwrap().to_owned()).collect()
    }

    fn about(&self, accessor: &str) -> Value {
        let path = format!("{ROLE}/secret-id-accessor/lookup");
        self.bao(&["write", &path, &format!("secret_id_accessor={accessor}")])["data"].take()
    }

    /// Whether the database takes a password, asked by the real `psql`.
    pub fn logs_in_to_the_database(&self, password: &str) -> bool {
        let at = |name: &str| self.stack.fact(&format!("/database/{name}"));
        let target = format!(
            "host={} port={} user={} dbname={} sslmode=verify-full sslrootcert={}",
            at("host"),
            at("port"),
            at("user"),
            at("name"),
            at("ca")
        );
        let mut psql = self.stack.operator("psql");
        psql.args(["-qAtX", "-c", "select 1", &target]).env("PGPASSWORD", password);
        psql.output().unwrap().status.success()
    }

    /// Leaves each host the newest of its secret-ids alone, and tells the stack's faults what these and the right password
    /// are now.
    pub fn settle(&self) {
        std::fs::write(self.stack.fact("/database/password_file"), self.database_password()).unwrap();
        let mut own: Vec<_> = self.accessors().into_iter().map(|name| (self.about(&name), name)).collect();
        own.sort_by_key(|(about, _)| about["creation_time"].as_str().unwrap().to_owned());
        let mut newest = Map::new();
        for (about, accessor) in own {
            let Some(host) = about["metadata"]["host"].as_str() else { continue };
            if let Some(older) = newest.insert(host.to_owned(), Value::from(accessor)) {
                let older = format!("secret_id_accessor={}", older.as_str().unwrap());
                self.bao(&["write", &format!("{ROLE}/secret-id-accessor/destroy"), &older]);
            }
        }
        std::fs::write(self.stack.fact("/vault/secret_id_accessors"), Value::from(newest).to_string())
            .unwrap();
    }

    fn path(&self, secret: &str) -> String {
        format!("{}/{secret}", self.stack.fact("/vault/secrets"))
    }
}
