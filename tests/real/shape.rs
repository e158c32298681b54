//! What stands in Vault, RDS, the database and on the hosts, without what differs from run to run: two ways that reach the
//! same end from the same start take the same steps here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::operator::Operator;
use super::stack::Stack;

/// Names of what a deployment calls its own.
pub struct Names {
    /// Folder of its secrets, with the mount: `secret/cwiq/shared/authentik`.
    pub secrets: String,
    /// Mount of its `AppRole`.
    pub approle: String,
    /// Its role.
    pub role: String,
    /// Policies that its actions write.
    pub policies: Vec<String>,
}

impl Names {
    fn role_path(&self) -> String {
        format!("auth/{}/role/{}", self.approle, self.role)
    }
}

const SECRETS: [&str; 2] = ["database", "config"];

/// The state of a deployment at a moment.
pub struct Shape {
    /// What is the same whenever it is looked at.
    standing: BTreeMap<String, Value>,
    /// What a run adds to: versions of secrets, secret-ids.
    counted: BTreeMap<String, i64>,
}

impl Shape {
    /// Looks with the real CLIs.
    pub fn of(stack: &Stack, names: &Names) -> Self {
        let mut shape = Self::start_of(stack, names);
        let operator = Operator::of(stack);
        shape.policies(&operator, names);
        shape.role(&operator, names);
        for secret in SECRETS {
            shape.secret(&operator, &format!("{}/{secret}", names.secrets));
        }
        shape.rds(stack);
        for host in stack.hosts() {
            shape.host(stack, &host);
        }
        shape
    }

    /// What is counted alone: enough to count from.
    pub fn start_of(stack: &Stack, names: &Names) -> Self {
        let operator = Operator::of(stack);
        let mut shape = Self { standing: BTreeMap::new(), counted: BTreeMap::new() };
        shape.secret_ids(&operator, names);
        for secret in SECRETS {
            shape.versions(&operator, &format!("{}/{secret}", names.secrets));
        }
        shape
    }

    /// The same end, told by what has been added since.
    pub fn since(mut self, start: &Self) -> Self {
        for (name, count) in &mut self.counted {
            *count -= start.counted.get(name).copied().unwrap_or(0);
        }
        self
    }

    /// What is not the same in another.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let names = |shape: &Self| {
            let standing = shape.standing.iter().map(|(name, value)| (name.clone(), value.clone()));
            let counted =
                shape.counted.iter().map(|(name, count)| (format!("steps of {name}"), json!(count)));
            standing.chain(counted).collect::<BTreeMap<String, Value>>()
        };
        let (ours, theirs) = (names(self), names(other));
        let all: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
        let differ = all.into_iter().filter(|name| ours.get(*name) != theirs.get(*name));
        differ.map(|name| format!("{name}: {:?}, {:?}", ours.get(name), theirs.get(name))).collect()
    }

    fn policies(&mut self, operator: &Operator, names: &Names) {
        for policy in &names.policies {
            let text = operator.bao_text(&["policy", "read", policy]);
            let rules = text.lines().filter(|line| !line.trim_start().starts_with('#'));
            let words: Vec<&str> = rules.flat_map(str::split_whitespace).collect();
            self.standing.insert(format!("policy {policy}"), words.join(" ").into());
        }
    }

    fn role(&mut self, operator: &Operator, names: &Names) {
        let role = operator.bao_if_there(&["read", &names.role_path()]);
        let settings =
            ["token_policies", "token_ttl", "token_max_ttl", "secret_id_ttl", "secret_id_num_uses"];
        for setting in settings {
            self.standing.insert(format!("role {setting}"), role["data"][setting].clone());
        }
    }

    /// How many each host has, and what the metadata of its newest name.
    fn secret_ids(&mut self, operator: &Operator, names: &Names) {
        let accessors = operator.bao_if_there(&["list", &format!("{}/secret-id", names.role_path())]);
        let lookup = format!("{}/secret-id-accessor/lookup", names.role_path());
        let about = |accessor: &Value| {
            let accessor = format!("secret_id_accessor={}", accessor.as_str().unwrap());
            operator.bao_if_there(&["write", &lookup, &accessor])["data"].take()
        };
        let mut all: Vec<Value> = accessors.as_array().into_iter().flatten().map(about).collect();
        all.sort_by_key(|about| about["creation_time"].as_str().unwrap_or_default().to_owned());
        for about in all {
            let host = format!("secret-ids of {}", about["metadata"]["host"]);
            *self.counted.entry(host.clone()).or_default() += 1;
            let labels: Vec<&String> =
                about["metadata"].as_object().into_iter().flat_map(|map| map.keys()).collect();
            self.standing.insert(host, json!(labels));
        }
    }

    fn versions(&mut self, operator: &Operator, path: &str) {
        let metadata = operator.bao_if_there(&["kv", "metadata", "get", path]);
        let keys: Vec<&String> =
            metadata["data"]["custom_metadata"].as_object().into_iter().flat_map(|map| map.keys()).collect();
        self.standing.insert(format!("metadata of {path}"), json!(keys));
        let state = metadata["data"]["custom_metadata"]["rotation_state"].clone();
        self.standing.insert(format!("rotation of {path}"), state);
        let version = metadata["data"]["current_version"].as_i64().unwrap_or(0);
        self.counted.insert(format!("versions of {path}"), version);
    }

    fn secret(&mut self, operator: &Operator, path: &str) {
        let secret = operator.bao_if_there(&["kv", "get", path])["data"]["data"].take();
        let keys: Vec<&String> = secret.as_object().into_iter().flat_map(|map| map.keys()).collect();
        self.standing.insert(format!("keys of {path}"), json!(keys));
        if let Some(password) = secret["pg_password"].as_str() {
            let works = operator.logs_in_to_the_database(password);
            self.standing.insert(format!("login with {path}"), works.into());
        }
    }

    fn rds(&mut self, stack: &Stack) {
        let mut aws = stack.operator("aws");
        aws.args(["--profile", stack.fact("/rds/aws_profile"), "rds", "describe-db-instances"]);
        let answer: Value = serde_json::from_slice(&aws.output().unwrap().stdout).unwrap();
        let instance = &answer["DBInstances"][0];
        for field in ["DBInstanceStatus", "PendingModifiedValues"] {
            self.standing.insert(format!("rds {field}"), instance[field].clone());
        }
    }

    /// Names in the .env, whether the agent could log in again, and how its containers are.
    fn host(&mut self, stack: &Stack, host: &str) {
        let told = stack.on(host, LOOK);
        self.standing.insert(host.to_owned(), told.lines().collect::<Vec<_>>().into());
    }
}

/// What is looked at on a host.
const LOOK: &str = r"
sudo sed -n 's/^\([A-Z_]*\)=.*/\1/p' /var/lib/docker/volumes/authentik_secrets/_data/.env
sudo test -s /data/authentik/vault/config/secret-id && echo secret-id
for service in vault-agent server worker; do
  sudo docker inspect -f '{{.Name}} {{.State.Status}} {{.State.Health.Status}}' authentik-$service-1
done";
