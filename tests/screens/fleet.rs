//! A deployment for the stage: hosts of which the last has lost its secret-id four hours ago and has missed a rotation.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use vaultdeck::config::{DEFAULT, LoginSettings, Profile};
use vaultdeck::model::agent_log::AgentLog;
use vaultdeck::model::deployment::{Deployment, Environment};
use vaultdeck::model::facts::*;
use vaultdeck::model::fleet::Observation;
use vaultdeck::model::subject::Subject;

const DATABASE: &str = "cwiq/shared/authentik/database";
const CONFIG: &str = "cwiq/shared/authentik/config";

/// What is known at the start of a scene.
pub(super) struct Scene {
    pub(super) deployment: Deployment,
    pub(super) observations: Vec<Observation>,
}

/// The moment of every scene.
pub(super) fn now() -> Timestamp {
    "2026-11-22T14:02:11Z".parse().unwrap()
}

fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

fn ahead(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

const DAY: i64 = 24 * 60;

/// So many hosts, the last of them in trouble.
pub(super) fn of_hosts(count: usize) -> Scene {
    let hosts: Vec<_> = (1..=count).map(|number| format!("authentik-{number}")).collect();
    let mut observations = sources(&hosts);
    for (index, host) in hosts.iter().enumerate() {
        let ill = index + 1 == count;
        observations.push(seen(Subject::Host(host.clone()), Facts::Host(Box::new(host_facts(ill)))));
        observations.push(seen(Subject::Containers(host.clone()), Facts::Containers(containers(ill))));
        observations.push(seen(Subject::Agent(host.clone()), Facts::Agent(Box::new(agent(ill)))));
    }
    Scene { deployment: deployment(hosts), observations }
}

fn deployment(hosts: Vec<String>) -> Deployment {
    let mut profile: Profile = toml::from_str(DEFAULT).unwrap();
    profile.name = "authentik".to_owned();
    profile.environment = Environment::Prod;
    profile.vault.login =
        Some(LoginSettings::Userpass { username: "jane".to_owned(), mount: "userpass".to_owned() });
    profile.deployment(hosts)
}

fn seen(subject: Subject, facts: Facts) -> Observation {
    Observation {
        subject,
        at: now() - SignedDuration::from_secs(2),
        took: Duration::from_millis(34),
        facts: Ok(facts),
    }
}

fn sources(hosts: &[String]) -> Vec<Observation> {
    vec![
        seen(Subject::Vault, Facts::Vault(vault())),
        seen(Subject::Token, Facts::Token(token())),
        seen(Subject::Access, Facts::Access(access())),
        seen(Subject::Mounts, Facts::Mounts(mounts())),
        seen(Subject::Policy, Facts::Policy(policy())),
        seen(Subject::Role, Facts::Role(Box::new(role(hosts)))),
        seen(Subject::Secret(DATABASE.to_owned()), Facts::Secret(database())),
        seen(Subject::Secret(CONFIG.to_owned()), Facts::Secret(config())),
        seen(Subject::Rds, Facts::Rds(Box::new(rds()))),
        seen(Subject::Account, Facts::Account(account())),
        seen(Subject::Station, Facts::Station(station())),
    ]
}

fn words(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn vault() -> VaultFacts {
    VaultFacts {
        address: "https://vault.cwiq.example:8200".to_owned(),
        address_source: "VAULT_ADDR".to_owned(),
        node: NodeState::Active,
        version: "2.7.2".to_owned(),
        cluster_name: Some("vault-cluster-1f3a".to_owned()),
        seal: Ok(SealFacts {
            kind: "shamir".to_owned(),
            sealed: false,
            threshold: 3,
            shares: 5,
            progress: 0,
            storage: Some("raft".to_owned()),
        }),
        leader: Ok(LeaderFacts { ha_enabled: true, is_self: true, address: None }),
        clock_offset_seconds: 0.2,
    }
}

pub fn token() -> TokenFacts {
    TokenFacts {
        display_name: "userpass-jane".to_owned(),
        accessor: "6c1f9d2e8a".to_owned(),
        batch: false,
        policies: words(&["default", "authentik-operate"]),
        expires: Some(ahead(47)),
        issued: Some(ago(433)),
        creation_ttl_seconds: 8 * 3600,
        explicit_max_ttl_seconds: 0,
        period_seconds: None,
        renewable: true,
        uses_left: 0,
        source: TokenSource::File("/home/jane/.vault-token".to_owned()),
        shadows: None,
        blind: false,
        dead: None,
    }
}

fn access() -> AccessFacts {
    let needs = deployment(Vec::new()).needs;
    let granted = needs.into_iter().map(|need| (need.path, need.capabilities.into_iter().collect()));
    let mut granted: BTreeMap<String, BTreeSet<String>> = granted.collect();
    granted.insert("sys/locked-users".to_owned(), words(&["deny"]));
    AccessFacts { granted }
}

fn mounts() -> MountsFacts {
    MountsFacts {
        kv: Ok(KvMount { path: "secret".to_owned(), version: 2 }),
        approle: Ok(AuthMount {
            path: "approle".to_owned(),
            accessor: Some("auth_approle_7b21".to_owned()),
            max_lease_ttl_seconds: 2_764_800,
            lockout_disabled: false,
        }),
        audit: Ok(vec!["file/".to_owned()]),
    }
}

fn policy() -> PolicyFacts {
    let text = deployment(Vec::new()).policy_text;
    PolicyFacts { name: "authentik".to_owned(), text: Some(text), drift: Vec::new() }
}

fn role(hosts: &[String]) -> RoleFacts {
    let secret_id = |(index, host): (usize, &String)| SecretId {
        accessor: format!(
            "{:08x}-4c1d-9e77-2b0f-5d1e8a3c6f90",
            0xa1b2_c3d4_u64.wrapping_mul(index as u64 + 1) % 0xffff_ffff
        ),
        host: Some(host.clone()),
        issued_by: Some("jane".to_owned()),
        ticket: Some("OPS-1841".to_owned()),
        run: None,
        created: Some(ago(5 * DAY)),
        expires: Some(ahead(27 * DAY)),
        uses_left: 0,
        cidrs: Vec::new(),
        state: SecretIdState::Live,
    };
    RoleFacts {
        name: "authentik".to_owned(),
        token_ttl_seconds: 3600,
        token_max_ttl_seconds: 14_400,
        token_period_seconds: 0,
        token_num_uses: 0,
        token_type: "default".to_owned(),
        token_policies: words(&["authentik"]),
        token_bound_cidrs: Vec::new(),
        secret_id_ttl_seconds: 32 * 86_400,
        secret_id_num_uses: 0,
        secret_id_bound_cidrs: Vec::new(),
        role_id_readable: Ok(true),
        ledger: Ok(hosts.iter().enumerate().map(secret_id).collect()),
        locked: Ok(false),
    }
}

fn version(minutes_ago: i64) -> SecretVersion {
    SecretVersion { created: Some(ago(minutes_ago)), deleted: None, destroyed: false }
}

fn database() -> SecretFacts {
    SecretFacts {
        path: DATABASE.to_owned(),
        current: 8,
        versions: [(5, 95 * DAY), (6, 61 * DAY), (7, 33 * DAY), (8, 245)]
            .map(|(n, at)| (n, version(at)))
            .into(),
        updated: Some(ago(245)),
        max_versions: 10,
        cas_required: false,
        custom_metadata: [("rotated_by", "jane"), ("ticket", "OPS-1841"), ("rotation_state", "done")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        keys: Ok(words(&["pg_host", "pg_name", "pg_password", "pg_port", "pg_user"])),
    }
}

fn config() -> SecretFacts {
    SecretFacts {
        path: CONFIG.to_owned(),
        current: 3,
        versions: [(1, 210 * DAY), (2, 120 * DAY), (3, 88 * DAY)].map(|(n, at)| (n, version(at))).into(),
        updated: Some(ago(88 * DAY)),
        max_versions: 10,
        cas_required: false,
        custom_metadata: BTreeMap::new(),
        keys: Ok(words(&["secret_key"])),
    }
}

fn rds() -> RdsFacts {
    let event = |minutes, message: &str, category: &str| RdsEvent {
        at: ago(minutes),
        message: message.to_owned(),
        categories: vec![category.to_owned()],
    };
    RdsFacts {
        identifier: "authentik-postgres".to_owned(),
        status: "available".to_owned(),
        percent_progress: None,
        endpoint_address: Some("authentik-postgres.c1x2y3.eu-central-1.rds.amazonaws.com".to_owned()),
        endpoint_port: Some(5432),
        engine: "postgres 15.18".to_owned(),
        class: "db.t4g.medium".to_owned(),
        master_user: "authentik".to_owned(),
        managed_secret: None,
        pending: Vec::new(),
        pending_password: false,
        pending_password_since: None,
        multi_az: true,
        zone: Some("eu-central-1a".to_owned()),
        storage_gib: 50,
        max_storage_gib: Some(200),
        encrypted: true,
        certificate_authority: Some("rds-ca-rsa2048-g1".to_owned()),
        certificate_valid_till: Some(ahead(61 * DAY)),
        iam_authentication: false,
        deletion_protection: true,
        public: false,
        backup_days: 14,
        restorable_to: Some(ago(4)),
        maintenance_window: Some("sun:03:00-sun:04:00".to_owned()),
        backup_window: Some("01:00-01:30".to_owned()),
        maintenance: Ok(vec![Maintenance {
            action: "system-update".to_owned(),
            description: Some("New Operating System update is available".to_owned()),
            applies: Some(ahead(20 * DAY)),
            forced: None,
            opt_in: Some("pending".to_owned()),
        }]),
        events: Ok(vec![
            event(244, "The user password for the master user was reset", "configuration change"),
            event(246, "Reset master credentials", "configuration change"),
            event(3 * DAY, "Finished automated backup", "backup"),
        ]),
    }
}

fn account() -> AccountFacts {
    AccountFacts {
        account: "123456789012".to_owned(),
        arn: "arn:aws:sts::123456789012:assumed-role/Operator/jane".to_owned(),
        provider: "profile shared-services".to_owned(),
        shadowed_by: Vec::new(),
    }
}

fn station() -> StationFacts {
    StationFacts {
        token_file: Ok(file("/home/jane/.vault-token", 0o600, 433)),
        variables: vec!["VAULT_ADDR".to_owned()],
        foreign_cli_config: None,
        ansible_diff: Ok(false),
        playbook: Ok(file("authentik/setup.yml", 0o644, 433)),
        operator: "jane@ansible-1".to_owned(),
    }
}

fn file(path: &str, mode: u32, minutes_ago: i64) -> FileFacts {
    let stat = FileStat { mode, uid: 100, gid: 1000, size: 640, modified: ago(minutes_ago) };
    FileFacts { path: path.to_owned(), stat: Some(stat) }
}

fn host_facts(ill: bool) -> HostFacts {
    let root = "/data/authentik/vault";
    let secret_id = if ill {
        FileFacts { path: format!("{root}/config/secret-id"), stat: None }
    } else {
        file(&format!("{root}/config/secret-id"), 0o600, 5 * DAY)
    };
    HostFacts {
        round_trip_millis: if ill { 36 } else { 34 },
        session: "existing control master".to_owned(),
        clock_offset_seconds: -0.1,
        swap_active: Ok(false),
        config_file: Ok(file(&format!("{root}/config/config.hcl"), 0o644, 90 * DAY)),
        role_id_file: Ok(file(&format!("{root}/config/role-id"), 0o600, 90 * DAY)),
        secret_id_file: Ok(secret_id),
        template_file: Ok(file(&format!("{root}/templates/.env.tpl"), 0o644, 90 * DAY)),
        agent_config: Ok(agent_config(ill)),
        template: Ok(TemplateFacts {
            reads: [
                (
                    format!("secret/data/{DATABASE}"),
                    words(&["pg_host", "pg_name", "pg_password", "pg_port", "pg_user"]),
                ),
                (format!("secret/data/{CONFIG}"), words(&["secret_key"])),
            ]
            .into(),
            has_version_marker: true,
        }),
        env: Ok(env(ill)),
    }
}

fn agent_config(removes_secret_id: bool) -> AgentConfig {
    AgentConfig {
        address: Some("https://vault.cwiq.example:8200".to_owned()),
        method: Some("approle".to_owned()),
        role_id_path: Some("/vault/config/role-id".to_owned()),
        secret_id_path: Some("/vault/config/secret-id".to_owned()),
        removes_secret_id,
        unwraps_secret_id: false,
        method_wrap_ttl: None,
        sinks: Vec::new(),
        templates: vec![AgentTemplate {
            source: Some("/vault/templates/.env.tpl".to_owned()),
            destination: "/vault/secrets/.env".to_owned(),
            perms: Some("0640".to_owned()),
            error_on_missing_key: true,
        }],
        render_interval_seconds: 300,
        exit_on_retry_failure: false,
    }
}

fn env(ill: bool) -> EnvFacts {
    let keys = [
        "AUTHENTIK_POSTGRESQL__HOST",
        "AUTHENTIK_POSTGRESQL__NAME",
        "AUTHENTIK_POSTGRESQL__USER",
        "AUTHENTIK_POSTGRESQL__PASSWORD",
        "AUTHENTIK_POSTGRESQL__PORT",
        "AUTHENTIK_SECRET_KEY",
    ];
    EnvFacts {
        file: file("/vault/secrets/.env", 0o640, if ill { 33 * DAY } else { 241 }),
        on_ram: Some(true),
        keys: keys.map(str::to_owned).to_vec(),
        no_value: BTreeSet::new(),
        empty: BTreeSet::new(),
        markers: [("database", if ill { 7 } else { 8 }), ("config", 3)]
            .map(|(name, v)| (name.to_owned(), v))
            .into(),
        digests: keys.map(|key| (key.to_owned(), format!("{key}{ill}"))).into(),
    }
}

fn containers(ill: bool) -> ContainersFacts {
    let started = if ill { ago(33 * DAY) } else { ago(239) };
    let agent_started = if ill { ago(261) } else { ago(5 * DAY) };
    ContainersFacts {
        through: "socket over ssh".to_owned(),
        engine: Some("29.1.2".to_owned()),
        containers: vec![
            container("authentik-vault-agent-1", Service::Agent, "openbao/openbao:2.7.2", agent_started),
            container("authentik-server-1", Service::Server, "ghcr.io/goauthentik/server:2026.8.3", started),
            container("authentik-worker-1", Service::Worker, "ghcr.io/goauthentik/server:2026.8.3", started),
        ],
    }
}

fn container(name: &str, service: Service, image: &str, started: Timestamp) -> Container {
    Container {
        name: name.to_owned(),
        image: image.to_owned(),
        service,
        state: ContainerState::Running,
        health: Some(ContainerHealth::Healthy),
        health_check: Some("test -f /vault/secrets/.env".to_owned()),
        user: None,
        restarts: 0,
        started: Some(started),
        finished: None,
        exit_code: None,
        oom_killed: false,
        mounts: vec![Mount {
            destination: "/vault/secrets".to_owned(),
            source: "authentik_secrets".to_owned(),
            kind: MountKind::Tmpfs,
            writable: service == Service::Agent,
        }],
        baked_names: Vec::new(),
        vault_overrides: BTreeMap::new(),
    }
}

fn agent(ill: bool) -> AgentFacts {
    let mut log = AgentLog::default();
    let lines = if ill { looping_log() } else { renewing_log() };
    for line in &lines {
        log.push_line(line);
    }
    AgentFacts {
        container: "authentik-vault-agent-1".to_owned(),
        reading: log.reading(Some(now())),
        covers_from: Some(ago(if ill { 261 } else { 5 * DAY })),
    }
}

fn line(minutes_ago: i64, text: &str) -> String {
    format!("{} {text}", ago(minutes_ago).strftime("%Y-%m-%dT%H:%M:%S.123Z"))
}

fn renewing_log() -> Vec<String> {
    vec![
        line(174, "[INFO]  agent.auth.handler: starting auth handler"),
        line(174, "[INFO]  agent.auth.handler: authenticating"),
        line(174, "[INFO]  agent.auth.handler: authentication successful, sending token to sinks"),
        line(174, "[INFO]  agent.auth.handler: starting renewal process"),
        line(174, "[INFO]  agent.auth.handler: renewed auth token"),
        line(55, "[INFO]  agent.auth.handler: renewed auth token"),
        line(12, "[INFO]  agent.auth.handler: renewed auth token"),
    ]
}

fn looping_log() -> Vec<String> {
    let mut lines = vec![
        line(261, "[INFO]  agent.auth.handler: starting auth handler"),
        line(261, "[INFO]  agent.auth.handler: authenticating"),
    ];
    for minutes in (4..=261).rev().step_by(5) {
        let error = r#"[ERROR] agent.auth.handler: error getting path or data from method: error="no known secret ID" backoff=4m32s"#;
        lines.push(line(minutes, error));
    }
    lines
}
