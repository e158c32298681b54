//! How a pretend fleet begins: a scenario tells how things were set up and what has happened since (and what will),
//! and the fleet is brought to the present by letting that happen.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::agent::Agent;
use super::approle::Role;
use super::database::Database;
use super::dice::{Dice, after};
use super::happening::{Cue, Happening};
use super::host::{App, Host, Process, Setup};
use super::kv::{CONFIG, DATABASE, Hidden, Kv, Secret};
use super::pretend::{Operator, Policy, Pretend, Vault};
use crate::model::trouble::Trouble;

/// Scenarios by name, each with its text.
const SCENARIOS: [(&str, &str); 6] = [
    ("healthy", include_str!("scenarios/healthy.toml")),
    ("trouble", include_str!("scenarios/trouble.toml")),
    ("secret-id-expired", include_str!("scenarios/secret-id-expired.toml")),
    ("role-locked", include_str!("scenarios/role-locked.toml")),
    ("half-rotation", include_str!("scenarios/half-rotation.toml")),
    ("empty", include_str!("scenarios/empty.toml")),
];

/// `Endpoint.Address` of the pretend instance.
const ENDPOINT: &str = "cwiq-shared-authentik-postgres.c9x2demo.us-west-2.rds.amazonaws.com";

/// Time between two hosts' deployments.
const STAGGER: SignedDuration = SignedDuration::from_secs(20);

/// A scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    #[serde(skip)]
    pub name: String,
    /// What is going on, in a sentence.
    pub about: String,
    /// Rules that find something at the start.
    pub expects: Vec<String>,
    deployment: Option<Deployment>,
    operator: OperatorStart,
    certificate_left: SignedDuration,
    #[serde(default)]
    happens: Vec<Cue>,
}

/// What ansible deployed, and when; nothing is there without it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deployment {
    /// How long ago.
    ago: SignedDuration,
    /// Versions that the two secrets had by then.
    database_version: u64,
    config_version: u64,
    /// How long before the deployment the secret-ids were issued.
    secret_ids_age: SignedDuration,
    /// One unlabelled secret-id for all hosts, as the page has it, instead of one for each.
    one_secret_id: bool,
    /// How hosts are set up.
    setup: Setup,
    /// Hosts that are set up differently.
    #[serde(default)]
    setup_of: BTreeMap<String, Setup>,
}

/// The operator at the start.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct OperatorStart {
    token_ttl: SignedDuration,
    token_left: SignedDuration,
    returns: Option<SignedDuration>,
    #[serde(default)]
    lacks: Vec<String>,
}

impl Scenario {
    /// Names of all scenarios.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SCENARIOS.iter().map(|(name, _)| *name)
    }

    /// A scenario by its name.
    ///
    /// # Errors
    /// Trouble when there is none of that name.
    pub fn named(name: &str) -> Result<Self, Trouble> {
        let Some((_, text)) = SCENARIOS.iter().find(|(known, _)| *known == name) else {
            let known: Vec<_> = Self::names().collect();
            return Err(Trouble::new(format!("no scenario named {name}"))
                .hint(format!("choose one of {}", known.join(", "))));
        };
        let scenario: Self = toml::from_str(text).map_err(|error| {
            Trouble::new(format!("the scenario {name} cannot be understood")).because(error)
        })?;
        Ok(Self { name: name.to_owned(), ..scenario })
    }
}

impl Pretend {
    /// A fleet as a scenario has it at a moment, with this many hosts.
    pub fn at(moment: Timestamp, scenario: &Scenario, hosts: usize, seed: u64) -> Self {
        let dice = Dice::new(seed);
        let ago =
            scenario.deployment.as_ref().map_or(SignedDuration::from_hours(1), |deployment| deployment.ago);
        let mut pretend = Self {
            scenario: scenario.name.clone(),
            dice,
            now: after(moment, -ago),
            vault: Vault {
                up: true,
                sealed: false,
                clock_offset: dice.about("vault clock").between(-0.04, 0.04),
            },
            kv: Kv::default(),
            policy: Policy::Absent,
            role: None,
            approle_enabled: false,
            operator: scenario.operator.at(moment),
            database: database(moment, scenario.certificate_left, dice),
            hosts: (1..=hosts).map(|number| bare_host(number, scenario, dice)).collect(),
            script: scenario.happens.iter().cloned().map(|cue| cue.dated(moment)).collect(),
            texts: BTreeMap::new(),
            policies: BTreeMap::new(),
            tokens: Vec::new(),
            made: 0,
        };
        if let Some(deployment) = &scenario.deployment {
            pretend.set_up(deployment);
        }
        pretend.script.make_contiguous().sort_by_key(|(at, _)| *at);
        pretend.advance(moment);
        pretend
    }

    /// The page's five steps, before the fleet's time begins.
    fn set_up(&mut self, deployment: &Deployment) {
        let deployed = self.now;
        self.policy = Policy::Documented;
        self.approle_enabled = true;
        self.role = Some(Role::documented());
        self.write_history(DATABASE, deployment.database_version);
        self.write_history(CONFIG, deployment.config_version);
        self.database_takes_password();
        self.now = after(deployed, -deployment.secret_ids_age);
        let shared = deployment.one_secret_id.then(|| self.issue_secret_id(None, "jane", None)).flatten();
        for name in self.host_names() {
            let own = shared.clone().or_else(|| self.issue_secret_id(Some(&name), "jane", Some("OPS-101")));
            if let Some(accessor) = own {
                self.deliver(&name, &accessor);
            }
        }
        self.now = deployed;
        let deploys = self.host_names().into_iter().scan(deployed, |at, host| {
            *at = after(*at, STAGGER);
            Some((*at, Happening::Deploy { host }))
        });
        self.script.extend(deploys.collect::<VecDeque<_>>());
    }

    /// Past versions of a secret, a month apart.
    fn write_history(&mut self, path: &str, versions: u64) {
        let present = self.now;
        let month = SignedDuration::from_hours(24 * 30);
        for back in (0..versions).rev() {
            let months = i32::try_from(back).unwrap_or_default() + 1;
            self.now = after(present, month.saturating_mul(-months));
            if path == DATABASE {
                let endpoint = self.database.endpoint.clone();
                let set = [
                    ("pg_host", endpoint.as_str()),
                    ("pg_user", "authentik"),
                    ("pg_name", "authentik"),
                    ("pg_port", "5432"),
                ];
                let set = set.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
                self.write_secret(path, &["pg_password".to_owned()], set);
            } else {
                self.write_secret(path, &["secret_key".to_owned()], BTreeMap::new());
            }
        }
        let written = self.now;
        let fields = [("rotated_by", "jane"), ("ticket", "OPS-87")];
        let fields = fields.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        if let Some(secret) = self.kv.secrets.get_mut(path).filter(|_| versions > 0) {
            Secret::annotate(secret, written, &fields);
        }
        self.now = present;
    }

    /// RDS accepted the last password of the history soon after it was written.
    fn database_takes_password(&mut self) {
        let written =
            self.kv.secret(DATABASE).and_then(|secret| secret.readable()).map(|(_, version)| version.created);
        if let (Some(password), Some(written)) = (self.kv.password(), written) {
            self.database.passwords = vec![(after(written, SignedDuration::from_secs(40)), password)];
        }
    }
}

impl OperatorStart {
    fn at(&self, moment: Timestamp) -> Operator {
        let expires = after(moment, self.token_left);
        Operator {
            name: "jane".to_owned(),
            issued: after(expires, -self.token_ttl),
            expires,
            returns: self.returns,
            lacks: self.lacks.clone(),
        }
    }
}

fn database(moment: Timestamp, certificate_left: SignedDuration, dice: Dice) -> Database {
    let first = Hidden { id: dice.about("first password").id(), length: 32 };
    Database {
        endpoint: ENDPOINT.to_owned(),
        master_user: "authentik".to_owned(),
        certificate_valid_till: after(moment, certificate_left),
        passwords: vec![(after(moment, SignedDuration::from_hours(-24 * 400)), first)],
        events: Vec::new(),
        change: None,
    }
}

fn bare_host(number: usize, scenario: &Scenario, dice: Dice) -> Host {
    let name = format!("authentik-{number}");
    let page = Setup {
        removes_secret_id: true,
        checks_existence_only: true,
        env_mode: 0o644,
        version_marker: false,
    };
    let setup = scenario
        .deployment
        .as_ref()
        .map_or(page, |deployment| deployment.setup_of.get(&name).copied().unwrap_or(deployment.setup));
    Host {
        up: true,
        clock_offset: dice.about("clock").about(&name).between(-0.05, 0.05),
        setup,
        deployed: None,
        secret_id_file: None,
        tmpfs_full: false,
        env: None,
        agent_container: Process::default(),
        agent: Agent::default(),
        server: App::default(),
        worker: App::default(),
        name,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn noon() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn fleet(name: &str, seed: u64) -> Pretend {
        Pretend::at(noon(), &Scenario::named(name).unwrap(), 3, seed)
    }

    #[test]
    fn every_scenario_is_understood_and_begins_at_the_asked_moment() {
        for name in Scenario::names() {
            assert_eq!(fleet(name, 1).now(), noon(), "{name}");
        }
    }

    #[test]
    fn a_fleet_survives_being_written_down() {
        for name in Scenario::names() {
            let pretend = fleet(name, 1);
            let text = serde_json::to_string(&pretend).unwrap();
            assert_eq!(serde_json::from_str::<Pretend>(&text).unwrap(), pretend, "{name}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn the_same_seed_and_moment_give_the_same_fleet(seed: u64, which in 0_usize..6) {
            let name = Scenario::names().nth(which).unwrap();
            prop_assert_eq!(fleet(name, seed), fleet(name, seed));
        }

        #[test]
        fn it_makes_no_difference_in_how_many_steps_a_moment_is_reached(
            seed: u64, which in 0_usize..6, first in 0_i64..30_000, second in 0_i64..30_000,
        ) {
            let name = Scenario::names().nth(which).unwrap();
            let (near, far) = (first.min(second), first.max(second));
            let moment = |seconds| after(noon(), SignedDuration::from_secs(seconds));
            let mut by_steps = fleet(name, seed);
            by_steps.advance(moment(near));
            by_steps.advance(moment(far));
            let mut at_once = fleet(name, seed);
            at_once.advance(moment(far));
            prop_assert_eq!(by_steps, at_once);
        }
    }
}
