//! The pretend fleet through its ports, as the deck uses it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use vaultdeck::config;
use vaultdeck::demo::{self, DemoParts, Options, Scenario, Time};
use vaultdeck::model::agent_log::{Class, State};
use vaultdeck::model::exercise::Fault;
use vaultdeck::model::facts::{
    AgentFacts, ContainerHealth, ContainersFacts, Facts, HostFacts, LoginOutcome, Service,
};
use vaultdeck::model::finding;
use vaultdeck::model::fleet::{Fleet, Observation};
use vaultdeck::model::log_level::LogLevel;
use vaultdeck::model::runbook::{Condition, Scene};
use vaultdeck::model::subject::Subject;
use vaultdeck::probe::LogRequest;

const NOON: &str = "2026-11-22T12:00:00Z";

fn noon() -> Timestamp {
    NOON.parse().unwrap()
}

fn options(scenario: &str) -> Options {
    Options {
        documented: config::documented("demo").unwrap().deployment(Vec::new()),
        folder: None,
        reset: false,
        scenario: Some(scenario.to_owned()),
        hosts: None,
        time: Time::Still(noon()),
    }
}

fn parts(scenario: &str) -> DemoParts {
    demo::fleet(options(scenario)).unwrap()
}

/// Looks once at everything, also at what is looked at only on demand.
async fn looked_at(parts: &DemoParts) -> Fleet {
    let mut fleet = Fleet::new(parts.deployment.clone());
    for probe in &parts.probes {
        let facts = probe.look().await;
        fleet.record(Observation {
            subject: probe.subject(),
            at: (parts.clock)(),
            took: Duration::ZERO,
            facts,
        });
    }
    fleet
}

async fn fleet(scenario: &str) -> Fleet {
    looked_at(&parts(scenario)).await
}

fn agent<'a>(fleet: &'a Fleet, host: &str) -> &'a AgentFacts {
    fleet.last::<AgentFacts>(&Subject::Agent(host.to_owned())).unwrap().facts
}

fn containers<'a>(fleet: &'a Fleet, host: &str) -> &'a ContainersFacts {
    fleet.last::<ContainersFacts>(&Subject::Containers(host.to_owned())).unwrap().facts
}

fn host<'a>(fleet: &'a Fleet, name: &str) -> &'a HostFacts {
    fleet.last::<HostFacts>(&Subject::Host(name.to_owned())).unwrap().facts
}

/// What each host's agent is doing, as the reader of real logs understands the pretend one.
async fn agents(scenario: &str) -> BTreeMap<String, (State, Class)> {
    let fleet = fleet(scenario).await;
    let hosts = fleet.deployment.hosts.iter();
    hosts
        .map(|host| {
            let reading = &agent(&fleet, host).reading;
            (host.clone(), (reading.state, reading.class))
        })
        .collect()
}

fn of_three(
    one: (State, Class),
    two: (State, Class),
    three: (State, Class),
) -> BTreeMap<String, (State, Class)> {
    [("authentik-1", one), ("authentik-2", two), ("authentik-3", three)]
        .into_iter()
        .map(|(host, reading)| (host.to_owned(), reading))
        .collect()
}

const FINE: (State, Class) = (State::Ok, Class::None);

#[tokio::test]
async fn agents_of_a_healthy_fleet_read_as_healthy() {
    assert_eq!(agents("healthy").await, of_three(FINE, FINE, FINE));
}

#[tokio::test]
async fn in_trouble_one_agent_loops_without_a_secret_id_and_docker_calls_it_healthy() {
    let looping = (State::Looping, Class::NoSecretId);
    assert_eq!(agents("trouble").await, of_three(FINE, FINE, looping));
    let fleet = fleet("trouble").await;
    let reading = &agent(&fleet, "authentik-3").reading;
    let minutes = noon().duration_since(reading.since.unwrap()).as_mins();
    assert!((255..265).contains(&minutes), "{minutes}");
    assert!(reading.attempts > 40, "{}", reading.attempts);
    let container = containers(&fleet, "authentik-3").of(Service::Agent).unwrap();
    assert_eq!(container.health, Some(ContainerHealth::Healthy));
    assert!(!host(&fleet, "authentik-3").secret_id_file.as_ref().unwrap().present());
}

#[tokio::test]
async fn in_trouble_one_host_is_a_version_behind_and_runs_from_before_its_env() {
    let fleet = fleet("trouble").await;
    let versions = |name: &str| host(&fleet, name).env.as_ref().unwrap().markers["database"];
    assert_eq!((versions("authentik-1"), versions("authentik-2"), versions("authentik-3")), (8, 8, 7));
    let written = host(&fleet, "authentik-3").env.as_ref().unwrap().file.stat.clone().unwrap().modified;
    let server = containers(&fleet, "authentik-3").of(Service::Server).unwrap();
    assert!(server.started.unwrap() < written);
}

#[tokio::test]
async fn with_an_expired_secret_id_agents_break_one_after_another() {
    let agents = agents("secret-id-expired").await;
    let broken = agents.values().filter(|reading| reading.0 == State::Looping).count();
    let refused = [Class::SecretIdRefused, Class::RoleLocked];
    assert!((1..3).contains(&broken), "{agents:?}");
    assert!(agents.values().all(|reading| *reading == FINE || refused.contains(&reading.1)), "{agents:?}");
}

#[tokio::test]
async fn a_locked_role_stops_a_host_whose_own_secret_id_is_good() {
    let locked = (State::Looping, Class::RoleLocked);
    assert_eq!(agents("role-locked").await, of_three(locked, locked, FINE));
}

#[tokio::test]
async fn half_a_rotation_leaves_everything_running_on_a_password_that_is_not_the_current_one() {
    assert_eq!(agents("half-rotation").await, of_three(FINE, FINE, FINE));
    let fleet = fleet("half-rotation").await;
    let LoginOutcome::Refused { sqlstate, .. } = &fleet.login(noon()).unwrap().facts.outcome else {
        panic!("the database accepts the new password")
    };
    assert_eq!(sqlstate, "28P01");
}

#[tokio::test]
async fn where_nothing_is_set_up_every_look_says_so_and_none_pretends() {
    let fleet = fleet("empty").await;
    for name in &fleet.deployment.hosts {
        assert!(fleet.agent(name, noon()).is_err());
        assert!(containers(&fleet, name).containers.is_empty());
        assert!(!host(&fleet, name).config_file.as_ref().unwrap().present());
    }
    assert!(fleet.role(noon()).is_err());
    assert_eq!(fleet.policy(noon()).unwrap().text, None);
    assert_eq!(fleet.secret("cwiq/shared/authentik/database", noon()).unwrap().current, 0);
    assert!(fleet.login(noon()).is_err());
}

/// Rules in a state.
fn rules(fleet: &Fleet, at: Timestamp, state: finding::State) -> BTreeSet<&'static str> {
    let judgements = finding::judge(fleet, at).into_iter().filter(|judgement| judgement.state == state);
    judgements.map(|judgement| judgement.rule).collect()
}

#[tokio::test]
async fn each_scenario_fires_the_rules_it_lists_and_no_others() {
    for name in Scenario::names() {
        let scenario = Scenario::named(name).unwrap();
        let expected: BTreeSet<&str> = scenario.expects.iter().map(String::as_str).collect();
        let fleet = fleet(name).await;
        assert_eq!(rules(&fleet, noon(), finding::State::Firing), expected, "{name}");
    }
}

#[tokio::test]
async fn a_healthy_fleet_is_healthy_at_the_start_and_six_hours_later() {
    let folder = tempfile::tempdir().unwrap();
    for moment in [NOON, "2026-11-22T15:00:00Z", "2026-11-22T18:00:00Z"] {
        let time = Time::Still(moment.parse().unwrap());
        let kept = Options { folder: Some(folder.path().to_owned()), time, ..options("healthy") };
        let parts = demo::fleet(kept).unwrap();
        let now = (parts.clock)();
        assert_eq!(now, moment.parse().unwrap());
        let fleet = looked_at(&parts).await;
        for state in [finding::State::Firing, finding::State::Unknown] {
            assert_eq!(rules(&fleet, now, state), BTreeSet::new(), "{moment}");
        }
    }
}

#[tokio::test]
async fn every_subject_of_the_deployment_has_one_probe() {
    for scenario in Scenario::names() {
        let parts = parts(scenario);
        let subjects: BTreeSet<_> = parts.probes.iter().map(|probe| probe.subject()).collect();
        assert_eq!(subjects.len(), parts.probes.len());
        assert_eq!(subjects.len(), 6 + 2 + 3 * 3 + 4, "{scenario}");
    }
}

#[tokio::test]
async fn facts_never_carry_what_a_secret_would_be() {
    let fleet = fleet("trouble").await;
    let env = &host(&fleet, "authentik-1").env.as_ref().unwrap();
    assert_eq!(env.keys.len(), 6);
    assert!(env.digests.values().all(|digest| digest.len() == 32));
}

#[tokio::test]
async fn a_log_gives_its_tail_and_the_agents_reader_understands_it() {
    let parts = parts("trouble");
    let request = LogRequest {
        host: "authentik-3".to_owned(),
        container: "authentik-vault-agent-1".to_owned(),
        tail: 20,
        since: None,
    };
    let lines: Vec<_> = parts.logs.follow(request).await.unwrap().take(20).collect().await;
    let last = lines.last().unwrap().as_ref().unwrap();
    assert!(last.text.contains("no known secret ID"), "{}", last.text);
    assert!(lines.windows(2).all(|pair| pair[0].as_ref().unwrap().at <= pair[1].as_ref().unwrap().at));
}

#[tokio::test]
async fn authentik_on_the_old_password_complains_in_its_log() {
    let parts = parts("trouble");
    for (host, complains) in [("authentik-1", false), ("authentik-3", true)] {
        let request = LogRequest {
            host: host.to_owned(),
            container: "authentik-server-1".to_owned(),
            tail: 10,
            since: None,
        };
        let lines: Vec<_> = parts.logs.follow(request).await.unwrap().take(5).collect().await;
        let texts: Vec<_> = lines.into_iter().map(|line| line.unwrap().text).collect();
        assert!(texts.iter().all(|text| serde_json::from_str::<serde_json::Value>(text).is_ok()));
        let failed = texts.iter().any(|text| text.contains("password authentication failed"));
        assert_eq!(failed, complains, "{texts:?}");
    }
}

#[tokio::test]
async fn the_logs_of_the_pretend_fleet_are_as_loud_as_real_ones() {
    let parts = parts("trouble");
    let mut levels = BTreeSet::new();
    let logs = [
        ("authentik-1", "authentik-server-1", 100),
        ("authentik-2", "authentik-worker-1", 100),
        ("authentik-3", "authentik-vault-agent-1", 20),
    ];
    for (host, container, lines) in logs {
        // not every moment has a line
        let tail = 2 * lines;
        let request =
            LogRequest { host: host.to_owned(), container: container.to_owned(), tail, since: None };
        let lines: Vec<_> = parts.logs.follow(request).await.unwrap().take(lines).collect().await;
        levels.extend(lines.into_iter().filter_map(|line| LogLevel::of(&line.unwrap().text)));
    }
    assert_eq!(
        levels.into_iter().collect::<Vec<_>>(),
        [LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Error]
    );
}

#[tokio::test]
async fn a_followed_log_goes_on_with_new_lines() {
    let parts = demo::fleet(Options { time: Time::Running(600.0), ..options("trouble") }).unwrap();
    let request = LogRequest {
        host: "authentik-3".to_owned(),
        container: "authentik-vault-agent-1".to_owned(),
        tail: 0,
        since: None,
    };
    let mut lines = parts.logs.follow(request).await.unwrap();
    let line = tokio::time::timeout(Duration::from_secs(20), lines.next()).await.unwrap().unwrap().unwrap();
    assert!(line.at <= (parts.clock)() && line.text.contains("agent.auth.handler: authenticating"));
}

#[tokio::test]
async fn a_kept_fleet_lives_on_and_a_reset_starts_it_anew() {
    let folder = tempfile::tempdir().unwrap();
    let later: Timestamp = "2026-11-22T14:00:00Z".parse().unwrap();
    let kept = |scenario: Option<&str>, reset, moment| Options {
        folder: Some(folder.path().to_owned()),
        scenario: scenario.map(str::to_owned),
        reset,
        time: Time::Still(moment),
        ..options("trouble")
    };
    demo::fleet(kept(Some("role-locked"), false, noon())).unwrap();
    let lived_on = looked_at(&demo::fleet(kept(None, false, later)).unwrap()).await;
    let logins = agent(&lived_on, "authentik-1").reading.last_login.unwrap();
    assert!(logins > noon(), "it logged in again once the lock was over");
    let anew = looked_at(&demo::fleet(kept(None, true, later)).unwrap()).await;
    assert_eq!(agent(&anew, "authentik-3").reading.class, Class::NoSecretId);
}

#[tokio::test]
async fn what_another_process_does_to_the_kept_fleet_is_seen_and_the_clocks_agree() {
    let folder = tempfile::tempdir().unwrap();
    let kept = || Options { folder: Some(folder.path().to_owned()), ..options("healthy") };
    let (ours, theirs) = (demo::fleet(kept()).unwrap(), demo::fleet(kept()).unwrap());
    let other = "authentik-2";
    assert!(containers(&looked_at(&ours).await, other).of(Service::Agent).unwrap().running());
    theirs.drill.lets_pass(SignedDuration::from_mins(3)).unwrap();
    theirs.drill.breaks(&[Fault::KillAgent { host: other.to_owned() }]).unwrap();
    assert!(!containers(&looked_at(&ours).await, other).of(Service::Agent).unwrap().running());
    assert_eq!((ours.clock)(), (theirs.clock)());
}

#[tokio::test]
async fn a_clock_that_ran_ahead_goes_on_from_there_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let kept = |scenario| Options {
        folder: Some(folder.path().to_owned()),
        time: Time::Running(1.0),
        ..options(scenario)
    };
    let parts = demo::fleet(kept("healthy")).unwrap();
    parts.drill.runs_at(36_000);
    tokio::time::sleep(Duration::from_millis(100)).await;
    parts.drill.runs_at(1);
    parts.drill.keeps_time().unwrap();
    let came = (parts.clock)();
    assert!(
        (demo::fleet(kept("healthy")).unwrap().clock)()
            > came.saturating_sub(SignedDuration::from_mins(5)).unwrap()
    );
}

#[tokio::test]
async fn the_pretend_operator_logs_in_again_and_the_fleet_keeps_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let open = || demo::fleet(Options { folder: Some(folder.path().into()), ..options("trouble") }).unwrap();
    let expires = async |parts: &demo::DemoParts| {
        let probe = parts.probes.iter().find(|probe| probe.subject() == Subject::Token).unwrap();
        let Facts::Token(token) = probe.look().await.unwrap() else { panic!("no token") };
        token.expires.unwrap()
    };
    let parts = open();
    let before = expires(&parts).await;
    let refused = parts.sign_in.sign_in(Some(String::new().into()), &drop).await;
    assert_eq!(refused.unwrap_err().what, "vault refuses the login");
    parts.sign_in.sign_in(Some("anything".to_owned().into()), &drop).await.unwrap();
    assert!(expires(&parts).await > before);
    assert_eq!(expires(&open()).await, expires(&parts).await);
}

#[tokio::test]
async fn a_damaged_fleet_is_trouble_until_it_is_reset() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("demo.json"), "not a fleet").unwrap();
    let kept = Options { folder: Some(folder.path().to_owned()), ..options("healthy") };
    let trouble = demo::fleet(kept.clone()).err().unwrap();
    assert!(trouble.hint.unwrap().contains("--reset"));
    assert!(demo::fleet(Options { reset: true, ..kept }).is_ok());
}

#[tokio::test]
async fn two_hundred_hosts_are_looked_at_cheaply() {
    let parts = demo::fleet(Options { hosts: Some(200), ..options("trouble") }).unwrap();
    looked_at(&parts).await;
    let began = Instant::now();
    looked_at(&parts).await;
    let each = began.elapsed() / u32::try_from(parts.probes.len()).unwrap();
    assert!(each < Duration::from_millis(1), "{each:?} a look, unoptimised");
}

#[test]
fn facts_of_a_kind_stay_a_kind() {
    let facts = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let parts = parts("healthy");
        let probe = parts.probes.iter().find(|probe| probe.subject() == Subject::Vault).unwrap();
        probe.look().await.unwrap()
    });
    assert!(matches!(facts, Facts::Vault(_)));
}

#[tokio::test]
async fn a_fleet_that_has_just_begun_has_no_window_of_rds_before_it_at_whatever_hour() {
    for scenario in Scenario::names() {
        for hour in (0..24).step_by(5) {
            let moment = noon().checked_add(SignedDuration::from_hours(hour)).unwrap();
            let parts = demo::fleet(Options { time: Time::Still(moment), ..options(scenario) }).unwrap();
            let fleet = looked_at(&parts).await;
            let quiet = Condition::RdsQuietFor { minutes: 240 };
            let hosts = parts.deployment.hosts.clone();
            let standing = quiet.judge(&Scene {
                fleet: &fleet,
                now: moment,
                hosts: &hosts,
                value: &|_| None,
                started: &|_, _| None,
            });
            assert!(standing.holds(), "{scenario} at {moment}: {standing:?}");
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_hurried_goes_on_from_where_it_was_and_looks_come_more_often() {
    let parts = demo::fleet(Options { time: Time::Running(1.0), ..options("healthy") }).unwrap();
    let every = |parts: &DemoParts| {
        let probe = parts.probes.iter().find(|probe| probe.subject() == Subject::Role).unwrap();
        probe.every().unwrap()
    };
    let usual = every(&parts);
    let before = (parts.clock)();
    parts.drill.runs_at(3600);
    let changed = (parts.clock)();
    assert!(changed.duration_since(before) < SignedDuration::from_mins(10), "it does not jump");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!((parts.clock)().duration_since(changed) >= SignedDuration::from_mins(12));
    assert!(every(&parts) < usual && every(&parts) >= Duration::from_secs(1));
    parts.drill.runs_at(1);
    let slow = (parts.clock)();
    assert!(slow >= changed, "it never goes back");
    assert!((parts.clock)().duration_since(slow) < SignedDuration::from_secs(60));
}
