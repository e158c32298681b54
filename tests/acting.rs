//! Procedures on the pretend fleet: killed at every point and resumed they reach the same end, undone they leave what was there.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::sync::Notify;
use vaultdeck::config;
use vaultdeck::deck::{Asked, Carrier, Hand, Runs, Switch};
use vaultdeck::demo::{self, DemoParts, Options, Time};
use vaultdeck::engine::Lookout;
use vaultdeck::exec::{Executor, Failure, Lines, Order, Reply};
use vaultdeck::model::deployment::Deployment;
use vaultdeck::model::facts::{
    AgentFacts, ContainersFacts, HostFacts, LoginFacts, PolicyFacts, RoleFacts, SecretFacts,
};
use vaultdeck::model::fleet::{Fleet, Observation};
use vaultdeck::model::run::{Choice, Ending, Next};
use vaultdeck::model::runbook::{Runbook, built_in};
use vaultdeck::model::subject::Subject;
use zeroize::Zeroizing;

/// The pretend fleet with a process on it that can be made to die before or after any of its commands.
struct Evening {
    parts: DemoParts,
    seen: Mutex<Fleet>,
    calls: AtomicUsize,
    dies_at: Mutex<Option<(usize, bool)>>,
    died: Notify,
}

impl Evening {
    fn new(scenario: &str) -> Arc<Self> {
        let parts = demo::fleet(Options {
            documented: config::documented("demo").unwrap().deployment(Vec::new()),
            folder: None,
            reset: false,
            scenario: Some(scenario.to_owned()),
            hosts: Some(2),
            time: Time::Still("2026-11-22T12:00:00Z".parse().unwrap()),
        });
        let parts = parts.unwrap();
        let seen = Mutex::new(Fleet::new(parts.deployment.clone()));
        let (calls, dies_at) = (AtomicUsize::new(0), Mutex::new(None));
        Arc::new(Self { parts, seen, calls, dies_at, died: Notify::new() })
    }

    fn hand(self: &Arc<Self>, folder: &Path) -> Hand {
        let deployment = self.parts.deployment.clone();
        let slots = config::documented("demo").unwrap().slots(&deployment.hosts);
        let lookout = Arc::clone(self) as Arc<dyn Lookout>;
        Hand::over(deployment, slots, lookout, Arc::clone(self) as Arc<dyn Executor>, Runs::new(folder))
            .unwrap()
    }

    async fn all(&self) -> Fleet {
        let subjects: Vec<Subject> = self.parts.probes.iter().map(|probe| probe.subject()).collect();
        self.look(&subjects).await
    }

    /// What counts at the end, whatever chance has given.
    async fn shape(&self) -> BTreeMap<String, String> {
        for _ in 0..40 {
            (self.parts.hasten)();
        }
        let fleet = self.all().await;
        let mut shape = BTreeMap::new();
        let mut tell = |what: String, how: String| shape.insert(what, how);
        for spec in &fleet.deployment.secrets {
            let secret = fleet.last::<SecretFacts>(&Subject::Secret(spec.path.clone())).unwrap();
            let state = secret.custom_metadata.get("rotation_state").cloned().unwrap_or_default();
            tell(spec.path.clone(), format!("keys {:?}, {state}", secret.keys));
        }
        if let Some(role) = fleet.last::<RoleFacts>(&Subject::Role) {
            let live = |row: &&vaultdeck::model::facts::SecretId| row.live(self.now()) && row.run.is_some();
            let mut hosts: Vec<_> =
                role.ledger.as_ref().unwrap().iter().filter(live).map(|row| row.host.clone()).collect();
            hosts.sort();
            tell("secret-ids of runs".to_owned(), format!("{hosts:?}"));
        }
        let policy = fleet.last::<PolicyFacts>(&Subject::Policy).unwrap();
        tell("policy".to_owned(), format!("{:?}", policy.drift));
        if let Some(login) = fleet.last::<LoginFacts>(&Subject::Login) {
            tell("login".to_owned(), format!("{:?}", login.outcome));
        }
        for host in &fleet.deployment.hosts {
            if let Some(agent) = fleet.last::<AgentFacts>(&Subject::Agent(host.clone())) {
                tell(format!("{host} agent"), format!("{:?}", agent.reading.state));
            }
            if let Some(seen) = fleet.last::<ContainersFacts>(&Subject::Containers(host.clone())) {
                let health = seen.containers.iter().map(|each| format!("{:?}", each.health));
                tell(format!("{host} containers"), health.collect::<Vec<_>>().join(" "));
            }
            let there = fleet.last::<HostFacts>(&Subject::Host(host.clone())).is_some();
            tell(format!("{host} answers"), there.to_string());
        }
        shape
    }
}

#[async_trait]
impl Executor for Evening {
    async fn execute(&self, order: &Order, lines: &Lines) -> Result<Reply, Failure> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        let death = *self.dies_at.lock().unwrap();
        if death == Some((number, false)) {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
        let reply = self.parts.executor.execute(order, lines).await;
        if death == Some((number, true)) {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
        reply
    }

    fn file_path(&self, run: &str, what: &str) -> String {
        self.parts.executor.file_path(run, what)
    }
}

#[async_trait]
impl Lookout for Evening {
    fn now(&self) -> Timestamp {
        (self.parts.clock)()
    }

    fn deployment(&self) -> &Deployment {
        &self.parts.deployment
    }

    async fn look(&self, subjects: &[Subject]) -> Fleet {
        let asked = self.parts.probes.iter().filter(|probe| subjects.contains(&probe.subject()));
        let looks = join_all(asked.map(|probe| async { (probe.subject(), probe.look().await) })).await;
        let mut seen = self.seen.lock().unwrap();
        for (subject, facts) in looks {
            seen.record(Observation { subject, at: self.now(), took: Duration::ZERO, facts });
        }
        seen.clone()
    }

    async fn stirred(&self, _: &[Subject]) {
        (self.parts.hasten)();
    }
}

fn runbook(id: &str) -> Runbook {
    built_in().unwrap().iter().find(|runbook| runbook.id == id).unwrap().clone()
}

/// Carries a run, answering every question as an operator with the database's present password would.
async fn carried(carrier: &mut Carrier) -> Next {
    let mut tries = 0;
    loop {
        match carrier.proceed(&Switch::default()).await.unwrap() {
            Next::Ask { slot } => carrier.answer(&slot, Zeroizing::new("answer".to_owned())).unwrap(),
            Next::Confirm { .. } => carrier.confirm(Some("demo")).unwrap(),
            Next::Paused { .. } if tries < 3 => {
                tries += 1;
                carrier.resume("jane").unwrap();
            }
            Next::Decide { .. } if tries < 3 => {
                tries += 1;
                carrier.decide(Choice::Retry).unwrap();
            }
            next => return next,
        }
    }
}

async fn begun(evening: &Arc<Evening>, folder: &Path, id: &str, answers: &[(&str, &str)]) -> Carrier {
    let hand = evening.hand(folder);
    let answers = answers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let asked = Asked { answers, ticket: Some("OPS-1".to_owned()) };
    let plan = hand.plan(&runbook(id), &asked).await.unwrap();
    for known in &plan.preconditions {
        assert!(known.standing.holds(), "{id}: {known:?}");
    }
    hand.begin(plan).unwrap()
}

/// The process dies before and after each of its commands; a new one takes the run up.
async fn is_the_same_wherever_it_dies(scenario: &str, id: &str, answers: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let undisturbed = Evening::new(scenario);
    let next = carried(&mut begun(&undisturbed, folder.path(), id, answers).await).await;
    assert_eq!(next, Next::Ended { ending: Ending::Done }, "{id}");
    let end = undisturbed.shape().await;
    for number in 0.. {
        let mut met = false;
        for after in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let evening = Evening::new(scenario);
            let mut carrier = begun(&evening, folder.path(), id, answers).await;
            let run = carrier.run().plan.run.clone();
            evening.calls.store(0, Ordering::SeqCst);
            *evening.dies_at.lock().unwrap() = Some((number, after));
            tokio::select! {
                biased;
                () = evening.died.notified() => met = true,
                _ = carried(&mut carrier) => continue,
            }
            drop(carrier);
            *evening.dies_at.lock().unwrap() = None;
            let (mut carrier, _) = evening.hand(folder.path()).take_up(&run).unwrap();
            let next = carried(&mut carrier).await;
            let point = format!("{id}, {} command {number}", if after { "after" } else { "before" });
            assert_eq!(next, Next::Ended { ending: Ending::Done }, "{point}");
            assert_eq!(evening.shape().await, end, "{point}");
        }
        if !met {
            return;
        }
    }
}

/// The pretend fleet of one state folder, through the binary.
fn vaultdeck(state: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vaultdeck"));
    command.env("XDG_STATE_HOME", state).env("XDG_CONFIG_HOME", state).stdin(Stdio::null());
    command.arg("--demo").args(arguments);
    command
}

fn said(state: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = vaultdeck(state, arguments).output().unwrap();
    let told =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), told)
}

#[test]
fn a_process_that_is_killed_in_the_middle_leaves_a_run_that_another_one_finishes() {
    for step in [1, 3, 5, 8] {
        let state = tempfile::tempdir().unwrap();
        said(state.path(), &["demo", "--reset", "--scenario", "healthy"]);
        let mut run = vaultdeck(state.path(), &["run", "rotate-rds-password", "--confirm", "demo"]);
        let mut process = run.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let begun = lines.filter(|line| line.contains(" begins ")).take(step).count();
        process.kill().unwrap();
        process.wait().unwrap();
        assert_eq!(begun, step);
        let (_, listed) = said(state.path(), &["runs", "list", "--json"]);
        let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
        assert_eq!(
            (listed[0]["state"].as_str(), listed[0]["runbook"].as_str()),
            (Some("left"), Some("rotate-rds-password"))
        );
        let id = listed[0]["id"].as_str().unwrap();
        let (code, told) = said(state.path(), &["runs", "resume", id]);
        assert_eq!(code, Some(0), "{told}");
        let (code, told) = said(state.path(), &["runs", "verify", id]);
        assert_eq!(code, Some(0), "{told}");
    }
}

#[test]
fn what_is_not_confirmed_does_not_begin() {
    let state = tempfile::tempdir().unwrap();
    said(state.path(), &["demo", "--reset", "--scenario", "healthy"]);
    for (arguments, code) in [
        (&["run", "setup-policy"][..], 64),
        (&["run", "rotate-rds-password", "--yes"], 64),
        (&["run", "rotate-rds-password", "--confirm", "prod"], 64),
        (&["run", "nothing"], 64),
        (&["run", "setup-policy", "--yes", "--set", "colour=red"], 64),
        (&["run", "rotate-rds-password", "--dry-run"], 0),
        (&["runs", "resume", "20260101-000000-0000"], 2),
    ] {
        let (ended, told) = said(state.path(), arguments);
        assert_eq!(ended, Some(code), "{arguments:?}: {told}");
    }
    assert_eq!(said(state.path(), &["runs", "list", "--json"]).1.trim(), "[]");
}

#[tokio::test]
async fn the_policy_is_the_same_wherever_its_writing_is_broken_off() {
    is_the_same_wherever_it_dies("empty", "setup-policy", &[]).await;
}

#[tokio::test]
async fn the_role_is_the_same_wherever_its_setup_is_broken_off() {
    is_the_same_wherever_it_dies("empty", "setup-approle", &[]).await;
}

#[tokio::test]
async fn a_rotated_password_is_the_same_wherever_the_rotation_is_broken_off() {
    is_the_same_wherever_it_dies("healthy", "rotate-rds-password", &[]).await;
}

#[tokio::test]
async fn a_rotated_key_is_the_same_wherever_the_rotation_is_broken_off() {
    is_the_same_wherever_it_dies("healthy", "rotate-secret-key", &[]).await;
}

#[tokio::test]
async fn a_deployment_is_the_same_wherever_it_is_broken_off() {
    is_the_same_wherever_it_dies("healthy", "deploy", &[]).await;
}

#[tokio::test]
async fn new_secret_ids_are_the_same_wherever_their_issue_is_broken_off() {
    is_the_same_wherever_it_dies("healthy", "regenerate-secret-id", &[]).await;
}
