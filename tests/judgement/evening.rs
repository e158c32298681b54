//! A healthy evening as a value: three hosts, two secrets, all well at [`NOW`]. Tests break it in small ways.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::date;
use vaultdeck::model::agent_log::{AgentReading, Class, State};
use vaultdeck::model::deployment::{
    Acknowledgement, Deployment, Environment, Habits, Need, SecretSpec, Thresholds,
};
use vaultdeck::model::facts::*;
use vaultdeck::model::finding::{self, Judgement};
use vaultdeck::model::fleet::{Fleet, Observation};
use vaultdeck::model::notice::Notices;
use vaultdeck::model::span;
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::{Trouble, TroubleKind};

pub const HOSTS: [&str; 3] = ["authentik-1", "authentik-2", "authentik-3"];
pub const DATABASE: &str = "cwiq/shared/authentik/database";
pub const CONFIG: &str = "cwiq/shared/authentik/config";

pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// The moment at which the evening is judged.
pub fn now() -> Timestamp {
    "2026-11-22T14:02:11Z".parse().unwrap()
}

/// So many seconds before [`now`].
pub fn ago(seconds: i64) -> Timestamp {
    span::after(now(), -seconds)
}

/// So many seconds after [`now`].
pub fn ahead(seconds: i64) -> Timestamp {
    span::after(now(), seconds)
}

/// What is seen on one evening, before it is put into a fleet.
#[derive(Debug, Clone)]
pub struct Evening {
    pub deployment: Deployment,
    pub seen: BTreeMap<Subject, Result<Facts, Trouble>>,
}

macro_rules! change {
    ($($name:ident ($($argument:ident)?) $variant:ident $facts:ty = $subject:expr;)*) => {$(
        pub fn $name(&mut self, $($argument: &str,)? change: impl FnOnce(&mut $facts)) {
            match self.seen.get_mut(&$subject) {
                Some(Ok(Facts::$variant(facts))) => change(facts),
                other => panic!("no facts to change: {other:?}"),
            }
        }
    )*};
}

impl Evening {
    /// Everything as it should be, a database login asked for and proved.
    pub fn healthy() -> Self {
        let mut seen = BTreeMap::from([
            (Subject::Vault, Ok(Facts::Vault(vault()))),
            (Subject::Token, Ok(Facts::Token(token()))),
            (Subject::Access, Ok(Facts::Access(access()))),
            (Subject::Mounts, Ok(Facts::Mounts(mounts()))),
            (Subject::Policy, Ok(Facts::Policy(policy()))),
            (Subject::Role, Ok(Facts::Role(Box::new(role())))),
            (Subject::Secret(DATABASE.to_owned()), Ok(Facts::Secret(database()))),
            (Subject::Secret(CONFIG.to_owned()), Ok(Facts::Secret(config()))),
            (Subject::Rds, Ok(Facts::Rds(Box::new(rds())))),
            (Subject::Account, Ok(Facts::Account(account()))),
            (Subject::Login, Ok(Facts::Login(Box::new(login())))),
            (Subject::Station, Ok(Facts::Station(station()))),
        ]);
        for name in HOSTS {
            seen.insert(Subject::Host(name.to_owned()), Ok(Facts::Host(Box::new(host()))));
            seen.insert(Subject::Containers(name.to_owned()), Ok(Facts::Containers(containers())));
            seen.insert(Subject::Agent(name.to_owned()), Ok(Facts::Agent(Box::new(agent()))));
        }
        Self { deployment: deployment(), seen }
    }

    /// The healthy evening with one change.
    pub fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut evening = Self::healthy();
        change(&mut evening);
        evening
    }

    change! {
        vault() Vault VaultFacts = Subject::Vault;
        token() Token TokenFacts = Subject::Token;
        access() Access AccessFacts = Subject::Access;
        mounts() Mounts MountsFacts = Subject::Mounts;
        policy() Policy PolicyFacts = Subject::Policy;
        role() Role RoleFacts = Subject::Role;
        rds() Rds RdsFacts = Subject::Rds;
        account() Account AccountFacts = Subject::Account;
        login() Login LoginFacts = Subject::Login;
        station() Station StationFacts = Subject::Station;
        secret(path) Secret SecretFacts = Subject::Secret(path.to_owned());
        host(host) Host HostFacts = Subject::Host(host.to_owned());
        containers(host) Containers ContainersFacts = Subject::Containers(host.to_owned());
        agent(host) Agent AgentFacts = Subject::Agent(host.to_owned());
    }

    /// Changes what is seen of every host.
    pub fn every_host(&mut self, change: impl Fn(&mut HostFacts)) {
        for name in HOSTS {
            self.host(name, &change);
        }
    }

    /// Changes the rendered `.env` of a host.
    pub fn env(&mut self, host: &str, change: impl FnOnce(&mut EnvFacts)) {
        self.host(host, |facts| change(facts.env.as_mut().unwrap()));
    }

    /// Changes what the log of a host's agent says.
    pub fn log(&mut self, host: &str, change: impl FnOnce(&mut AgentReading)) {
        self.agent(host, |facts| change(&mut facts.reading));
    }

    /// Changes one container of a host.
    pub fn container(&mut self, host: &str, service: Service, change: impl FnOnce(&mut Container)) {
        self.containers(host, |facts| {
            change(facts.containers.iter_mut().find(|container| container.service == service).unwrap());
        });
    }

    /// Changes the ledger of secret-ids.
    pub fn ledger(&mut self, change: impl FnOnce(&mut Vec<SecretId>)) {
        self.role(|role| change(role.ledger.as_mut().unwrap()));
    }

    /// The agent of a host has been looping on a problem for four hours.
    pub fn loops(&mut self, host: &str, class: Class) {
        self.log(host, |reading| {
            reading.state = State::Looping;
            reading.class = class;
            reading.since = Some(ago(4 * HOUR));
            reading.attempts = 143;
            reading.evidence = format!("error authenticating: {}", class.name());
            reading.next_attempt = Some(ahead(4 * MINUTE));
            reading.last_login = Some(ago(8 * HOUR));
            reading.last_renewal = Some(ago(5 * HOUR));
        });
    }

    /// The latest look at a subject failed, and none before it succeeded.
    pub fn fails(&mut self, subject: Subject, kind: TroubleKind) {
        let trouble =
            Trouble::new(format!("cannot look at {subject}")).because("no answer within 10 s").kind(kind);
        self.seen.insert(subject, Err(trouble));
    }

    /// Nobody has looked at a subject.
    pub fn lacks(&mut self, subject: &Subject) {
        self.seen.remove(subject);
    }

    /// Nobody has looked at any subject that a test names.
    pub fn lacks_all(&mut self, of: impl Fn(&str) -> Subject) {
        for host in HOSTS {
            self.lacks(&of(host));
        }
    }

    pub fn acknowledges(&mut self, rule: &str, subject: Option<&str>, unknown: bool) {
        self.deployment.acknowledgements.push(Acknowledgement {
            rule: rule.to_owned(),
            subject: subject.map(str::to_owned),
            unknown,
            reason: "known, OPS-12".to_owned(),
            until: date(2026, 11, 22),
        });
    }

    /// The fleet that was seen three seconds ago.
    pub fn fleet(&self) -> Fleet {
        let mut fleet = Fleet::new(self.deployment.clone());
        for (subject, facts) in &self.seen {
            fleet.record(Observation {
                subject: subject.clone(),
                at: ago(3),
                took: Duration::from_millis(34),
                facts: facts.clone(),
            });
        }
        fleet
    }

    /// What every rule says.
    pub fn judgements(&self) -> Vec<Judgement> {
        finding::judge(&self.fleet(), now())
    }

    /// What one rule says.
    pub fn judgement(&self, rule: &str) -> Judgement {
        let judgements = self.judgements();
        judgements
            .into_iter()
            .find(|judgement| judgement.rule == rule)
            .unwrap_or_else(|| panic!("no rule {rule}"))
    }
}

/// Trouble of a part: the rest of the look succeeded.
pub fn no_permission() -> Trouble {
    Trouble::new("no permission").because("403 permission denied").kind(TroubleKind::Denied)
}

fn deployment() -> Deployment {
    let secret = |path: &str, keys: &[&str]| SecretSpec { path: path.to_owned(), keys: names(keys) };
    Deployment {
        name: "authentik".to_owned(),
        environment: Environment::Staging,
        kv_mount: "secret".to_owned(),
        approle_mount: "approle".to_owned(),
        role: "authentik".to_owned(),
        policy: "cwiq-shared-authentik-read".to_owned(),
        policy_text: String::new(),
        secrets: vec![
            secret(DATABASE, &["pg_host", "pg_user", "pg_password", "pg_name", "pg_port"]),
            secret(CONFIG, &["secret_key"]),
        ],
        hosts: names(&HOSTS),
        rds_instance: Some("cwiq-shared-authentik-postgres".to_owned()),
        aws_account: Some("123456789012".to_owned()),
        aws_profile: Some("shared-services".to_owned()),
        thresholds: thresholds(),
        acknowledgements: Vec::new(),
        needs: vec![Need {
            path: "auth/approle/role/authentik/secret-id".to_owned(),
            capabilities: names(&["update"]),
            wanted_by: "regenerate-secret-id".to_owned(),
        }],
        reveal: true,
        login: None,
        habits: Habits::default(),
        notices: Notices::default(),
    }
}

fn thresholds() -> Thresholds {
    Thresholds {
        token_warn_seconds: 900,
        token_critical_seconds: 300,
        secret_id_days: [14, 7, 2],
        certificate_warn_days: 90,
        certificate_critical_days: 14,
        maintenance_days: 7,
        clock_warn_seconds: 30.0,
        clock_critical_seconds: 300.0,
        agent_loop_seconds: 120,
        pending_password_seconds: 600,
        rotation_seconds: 900,
        stale_seconds: 300,
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn vault() -> VaultFacts {
    VaultFacts {
        address: "https://vault.example:8200".to_owned(),
        address_source: "VAULT_ADDR".to_owned(),
        node: NodeState::Active,
        version: "2.7.2".to_owned(),
        cluster_name: None,
        seal: Ok(SealFacts {
            kind: "shamir".to_owned(),
            sealed: false,
            threshold: 3,
            shares: 5,
            progress: 0,
            storage: None,
        }),
        leader: Ok(LeaderFacts {
            ha_enabled: true,
            is_self: true,
            address: Some("https://vault.example:8200".to_owned()),
        }),
        clock_offset_seconds: 0.2,
    }
}

fn token() -> TokenFacts {
    TokenFacts {
        display_name: "userpass-jane".to_owned(),
        accessor: "acc".to_owned(),
        batch: false,
        policies: set(&["default", "vaultdeck-operate"]),
        expires: Some(ahead(47 * MINUTE)),
        issued: Some(ago(13 * MINUTE)),
        creation_ttl_seconds: HOUR,
        explicit_max_ttl_seconds: 0,
        period_seconds: None,
        renewable: true,
        uses_left: 0,
        source: TokenSource::File("~/.vault-token".to_owned()),
        shadows: None,
        blind: false,
        dead: None,
    }
}

fn access() -> AccessFacts {
    let granted = [("auth/approle/role/authentik/secret-id".to_owned(), set(&["create", "update"]))];
    AccessFacts { granted: BTreeMap::from(granted) }
}

fn mounts() -> MountsFacts {
    MountsFacts {
        kv: Ok(KvMount { path: "secret".to_owned(), version: 2 }),
        approle: Ok(AuthMount {
            path: "approle".to_owned(),
            accessor: None,
            max_lease_ttl_seconds: 768 * HOUR,
            lockout_disabled: false,
        }),
        audit: Ok(names(&["file/"])),
    }
}

fn policy() -> PolicyFacts {
    PolicyFacts {
        name: "cwiq-shared-authentik-read".to_owned(),
        text: Some("path \"x\" {}".to_owned()),
        drift: Vec::new(),
    }
}

fn role() -> RoleFacts {
    RoleFacts {
        name: "authentik".to_owned(),
        token_ttl_seconds: HOUR,
        token_max_ttl_seconds: 4 * HOUR,
        token_period_seconds: 0,
        token_num_uses: 0,
        token_type: "default".to_owned(),
        token_policies: set(&["cwiq-shared-authentik-read"]),
        token_bound_cidrs: Vec::new(),
        secret_id_ttl_seconds: 720 * HOUR,
        secret_id_num_uses: 0,
        secret_id_bound_cidrs: Vec::new(),
        role_id_readable: Ok(true),
        ledger: Ok(HOSTS.iter().map(|host| secret_id(host)).collect()),
        locked: Ok(false),
    }
}

/// A live secret-id of a host, 3 days old, with 27 days to live.
pub fn secret_id(host: &str) -> SecretId {
    SecretId {
        accessor: format!("{host}-0000-1111"),
        host: Some(host.to_owned()),
        issued_by: Some("jane".to_owned()),
        ticket: None,
        run: None,
        created: Some(ago(3 * DAY)),
        expires: Some(ahead(27 * DAY + HOUR)),
        uses_left: 0,
        cidrs: Vec::new(),
        state: SecretIdState::Live,
    }
}

fn version(created: Timestamp) -> SecretVersion {
    SecretVersion { created: Some(created), deleted: None, destroyed: false }
}

/// Versions of a secret, the last one current, by how many seconds ago they were written.
pub fn written(ages: &[i64]) -> BTreeMap<u64, SecretVersion> {
    (1..).zip(ages).map(|(number, age)| (number, version(ago(*age)))).collect()
}

fn database() -> SecretFacts {
    SecretFacts {
        path: DATABASE.to_owned(),
        current: 2,
        versions: written(&[60 * DAY, 10 * DAY]),
        updated: Some(ago(10 * DAY)),
        max_versions: 10,
        cas_required: false,
        custom_metadata: BTreeMap::new(),
        keys: Ok(set(&["pg_host", "pg_user", "pg_password", "pg_name", "pg_port"])),
    }
}

fn config() -> SecretFacts {
    SecretFacts {
        path: CONFIG.to_owned(),
        current: 1,
        versions: written(&[60 * DAY]),
        keys: Ok(set(&["secret_key"])),
        ..database()
    }
}

fn rds() -> RdsFacts {
    RdsFacts {
        identifier: "cwiq-shared-authentik-postgres".to_owned(),
        status: "available".to_owned(),
        percent_progress: None,
        endpoint_address: Some("db.example".to_owned()),
        endpoint_port: Some(5432),
        engine: "postgres 15.18".to_owned(),
        class: "db.t4g.medium".to_owned(),
        master_user: "authentik".to_owned(),
        managed_secret: None,
        pending: Vec::new(),
        pending_password: false,
        pending_password_since: None,
        multi_az: true,
        zone: None,
        storage_gib: 20,
        max_storage_gib: None,
        encrypted: true,
        certificate_authority: Some("rds-ca-rsa2048-g1".to_owned()),
        certificate_valid_till: Some(ahead(400 * DAY)),
        iam_authentication: false,
        deletion_protection: true,
        public: false,
        backup_days: 7,
        restorable_to: None,
        maintenance_window: None,
        backup_window: None,
        maintenance: Ok(Vec::new()),
        events: Ok(Vec::new()),
    }
}

fn account() -> AccountFacts {
    AccountFacts {
        account: "123456789012".to_owned(),
        arn: "arn:aws:sts::123456789012:assumed-role/ops/jane".to_owned(),
        provider: "profile shared-services".to_owned(),
        shadowed_by: Vec::new(),
    }
}

fn login() -> LoginFacts {
    let shape = |length| ValueShape { length, forbidden: Vec::new(), trailing_newline: false };
    LoginFacts {
        secret_version: 2,
        host: "db.example".to_owned(),
        port: "5432".to_owned(),
        user: "authentik".to_owned(),
        database: "authentik".to_owned(),
        through: "control host".to_owned(),
        tls: "verify-full".to_owned(),
        outcome: LoginOutcome::Ok { server_version: "15.18".to_owned() },
        password_shape: Ok(shape(32)),
        secret_key_shape: Ok(shape(64)),
    }
}

fn station() -> StationFacts {
    StationFacts {
        token_file: Ok(file("/home/jane/.vault-token", 0o600, HOUR)),
        variables: names(&["VAULT_ADDR"]),
        foreign_cli_config: None,
        ansible_diff: Ok(false),
        playbook: Ok(file("authentik/setup.yml", 0o644, HOUR)),
        operator: "jane@ansible".to_owned(),
    }
}

/// A file that changed so many seconds ago.
pub fn file(path: &str, mode: u32, age: i64) -> FileFacts {
    let stat = FileStat { mode, uid: 0, gid: 0, size: 37, modified: ago(age) };
    FileFacts { path: path.to_owned(), stat: Some(stat) }
}

fn host() -> HostFacts {
    let config = "/data/authentik/vault/config";
    HostFacts {
        round_trip_millis: 34,
        session: "ssh config".to_owned(),
        clock_offset_seconds: -0.4,
        swap_active: Ok(false),
        config_file: Ok(file(&format!("{config}/config.hcl"), 0o644, 30 * DAY)),
        role_id_file: Ok(file(&format!("{config}/role-id"), 0o600, 30 * DAY)),
        secret_id_file: Ok(file(&format!("{config}/secret-id"), 0o600, 3 * DAY)),
        template_file: Ok(file("/data/authentik/vault/templates/.env.tpl", 0o644, 30 * DAY)),
        agent_config: Ok(agent_config()),
        template: Ok(TemplateFacts {
            reads: BTreeMap::from([(format!("secret/data/{DATABASE}"), set(&["pg_host"]))]),
            has_version_marker: true,
        }),
        env: Ok(env()),
    }
}

fn agent_config() -> AgentConfig {
    AgentConfig {
        address: Some("https://vault.example:8200".to_owned()),
        method: Some("approle".to_owned()),
        role_id_path: Some("/vault/config/role-id".to_owned()),
        secret_id_path: Some("/vault/config/secret-id".to_owned()),
        removes_secret_id: false,
        unwraps_secret_id: false,
        method_wrap_ttl: None,
        sinks: Vec::new(),
        templates: vec![AgentTemplate {
            source: Some("/vault/templates/.env.tpl".to_owned()),
            destination: "/vault/secrets/.env".to_owned(),
            perms: Some("0600".to_owned()),
            error_on_missing_key: true,
        }],
        render_interval_seconds: 300,
        exit_on_retry_failure: false,
    }
}

fn env() -> EnvFacts {
    let keys = ["AUTHENTIK_POSTGRESQL__HOST", "AUTHENTIK_POSTGRESQL__PASSWORD", "AUTHENTIK_SECRET_KEY"];
    EnvFacts {
        file: file("/vault/secrets/.env", 0o600, 9 * DAY),
        on_ram: Some(true),
        keys: names(&keys),
        no_value: BTreeSet::new(),
        empty: BTreeSet::new(),
        markers: BTreeMap::from([("database".to_owned(), 2), ("config".to_owned(), 1)]),
        digests: keys.iter().map(|&key| (key.to_owned(), format!("digest of {key}"))).collect(),
    }
}

fn containers() -> ContainersFacts {
    ContainersFacts {
        through: "socket over ssh".to_owned(),
        engine: Some("20.10.24".to_owned()),
        containers: vec![
            container("authentik-vault-agent-1", Service::Agent),
            container("authentik-server-1", Service::Server),
            container("authentik-worker-1", Service::Worker),
        ],
    }
}

fn container(name: &str, service: Service) -> Container {
    Container {
        name: name.to_owned(),
        image: "image:1".to_owned(),
        user: None,
        service,
        state: ContainerState::Running,
        health: Some(ContainerHealth::Healthy),
        health_check: Some("wget -q -O /dev/null http://127.0.0.1:9000/".to_owned()),
        restarts: 0,
        started: Some(ago(3 * DAY)),
        finished: None,
        exit_code: Some(0),
        oom_killed: false,
        mounts: vec![Mount {
            destination: "/vault/secrets".to_owned(),
            source: "authentik_secrets".to_owned(),
            kind: MountKind::Tmpfs,
            writable: true,
        }],
        baked_names: names(&["PATH"]),
        vault_overrides: BTreeMap::new(),
    }
}

fn agent() -> AgentFacts {
    AgentFacts {
        container: "authentik-vault-agent-1".to_owned(),
        reading: reading(),
        covers_from: Some(ago(3 * DAY)),
    }
}

fn reading() -> AgentReading {
    AgentReading {
        source: None,
        state: State::Ok,
        class: Class::None,
        since: None,
        attempts: 0,
        evidence: String::new(),
        remedy: Class::None.remedy().to_owned(),
        next_attempt: None,
        product: Some("OpenBao".to_owned()),
        version: Some("2.7.2".to_owned()),
        server: None,
        started_at: Some(ago(3 * DAY)),
        last_login: Some(ago(69 * MINUTE)),
        last_renewal: Some(ago(12 * MINUTE)),
        logins: 20,
        renders: Vec::new(),
        fetches: Vec::new(),
        last_event_at: Some(ago(12 * MINUTE)),
        timeline: Vec::new(),
    }
}
