//! Procedures on the pretend fleet: killed at every point and resumed they reach the same end, undone they leave what was there.

mod half;
mod interrupted;
mod process;
mod undone;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use jiff::Timestamp;
use vaultdeck::config;
use vaultdeck::deck::{Asked, Carrier, Hand, Runs, Switch};
use vaultdeck::demo::{self, DemoParts, Options, Time};
use vaultdeck::engine::Lookout;
use vaultdeck::exec::{Executor, Failure, Held, Lines, Order, Reply, Target};
use vaultdeck::model::command::{CommandLine, Route};
use vaultdeck::model::deployment::Deployment;
use vaultdeck::model::facts::{
    AccessFacts, AgentFacts, ContainersFacts, HostFacts, LoginFacts, PolicyFacts, RoleFacts, SecretFacts,
};
use vaultdeck::model::fleet::{Fleet, Observation};
use vaultdeck::model::run::{Choice, Ending, Next};
use vaultdeck::model::runbook::{Answer, Confirm, Runbook, built_in};
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::Trouble;
use zeroize::Zeroizing;

/// The pretend fleet with a process on it that can be made to die.
struct Evening {
    parts: DemoParts,
    seen: Mutex<Fleet>,
    writes: AtomicUsize,
    journal: Mutex<PathBuf>,
    dies: Mutex<Option<Death>>,
    /// What was carried out, command by command.
    lines: Mutex<Vec<String>>,
    /// Commands that change something and in which this stands fail, without a word of refusal.
    fails: Mutex<Option<String>>,
}

#[tokio::test]
async fn where_the_profile_says_so_every_action_that_writes_asks_for_the_name() {
    let evening = Evening::new("healthy");
    let folder = tempfile::tempdir().unwrap();
    let levels = async |by_name: bool| {
        let mut deployment = evening.parts.deployment.clone();
        deployment.habits.confirm_by_name = by_name;
        let slots = config::documented("demo").unwrap().slots(&deployment.hosts);
        let (lookout, executor) = (Arc::clone(&evening) as Arc<dyn Lookout>, Arc::clone(&evening) as _);
        let hand =
            Hand::over(deployment, slots, lookout, executor, Runs::new(folder.path().to_owned())).unwrap();
        let mut levels = Vec::new();
        for runbook in built_in().unwrap() {
            let plan = hand.plan(runbook, &Asked::default()).await.unwrap();
            levels.push((runbook.writes, plan.runbook.confirm));
        }
        levels
    };
    let (as_written, by_name) = (levels(false).await, levels(true).await);
    assert!(as_written.contains(&(true, Confirm::Yes)));
    assert!(as_written.contains(&(false, Confirm::None)));
    let stricter =
        as_written.iter().map(|&(writes, confirm)| (writes, if writes { Confirm::Typed } else { confirm }));
    assert_eq!(by_name, stricter.collect::<Vec<_>>());
}

/// When the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// Once this line of its journal is written, whatever it wants to do next.
    AfterLine(usize),
    /// When this command, of those that change something, has acted, before its answer is seen.
    AfterCommand(usize),
}

impl Death {
    /// The one a line or a command later.
    fn next(self) -> Self {
        match self {
            Self::AfterLine(number) => Self::AfterLine(number + 1),
            Self::AfterCommand(number) => Self::AfterCommand(number + 1),
        }
    }
}

/// What unwinds when the process dies: nothing of it goes on.
struct Dead;

fn die() -> ! {
    std::panic::resume_unwind(Box::new(Dead))
}

/// What a process does, unless it dies over it.
async fn unless_it_dies<T>(doing: impl Future<Output = T>) -> Option<T> {
    match AssertUnwindSafe(doing).catch_unwind().await {
        Ok(done) => Some(done),
        Err(why) if why.is::<Dead>() => None,
        Err(why) => std::panic::resume_unwind(why),
    }
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
        let writes = AtomicUsize::new(0);
        let (journal, dies, lines, fails) = Default::default();
        Arc::new(Self { parts, seen, writes, journal, dies, lines, fails })
    }

    fn dies_after_its_line(&self) {
        let Some(Death::AfterLine(last)) = *self.dies.lock().unwrap() else { return };
        if lines_of(&self.journal.lock().unwrap()) >= last {
            die();
        }
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
        // what was seen before may be gone
        *self.seen.lock().unwrap() = Fleet::new(self.parts.deployment.clone());
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

impl Evening {
    /// Vault still holds the address that the database had before.
    /// Somebody has given Vault a command before the run.
    async fn came_before(&self, text: &str) {
        let order = Order {
            run: "before".to_owned(),
            line: text.parse::<CommandLine>().unwrap().fill(&|_: &str| None).unwrap(),
            route: Route::Vault,
            stdin: None,
            file: None,
            directory: None,
            target: Target::Process,
            timeout: Duration::from_secs(10),
            writes: true,
            answers_a_secret: false,
            held: Held::default(),
        };
        let reply = self.parts.executor.execute(&order, &Lines::new(0).0).await.unwrap();
        assert_eq!(reply.answer.status, 0, "{}", reply.answer.errors);
    }
}

#[async_trait]
impl Executor for Evening {
    async fn execute(&self, order: &Order, lines: &Lines) -> Result<Reply, Failure> {
        self.dies_after_its_line();
        // what only reads leaves the world as it was: as well it might have died before
        let number = order.writes.then(|| self.writes.fetch_add(1, Ordering::SeqCst));
        let line = order.line.to_string();
        self.lines.lock().unwrap().push(line.clone());
        let fails = self.fails.lock().unwrap().as_ref().is_some_and(|words| line.contains(words));
        if fails && order.writes {
            let answer = Answer { status: 2, errors: "fatal: it failed".to_owned(), ..Answer::default() };
            return Ok(Reply { answer, ..Reply::default() });
        }
        let reply = self.parts.executor.execute(order, lines).await;
        if number.map(Death::AfterCommand).is_some_and(|here| *self.dies.lock().unwrap() == Some(here)) {
            die();
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
        self.dies_after_its_line();
        (self.parts.clock)()
    }

    fn deployment(&self) -> &Deployment {
        &self.parts.deployment
    }

    async fn look(&self, subjects: &[Subject]) -> Fleet {
        let asked = self.parts.probes.iter().filter(|probe| subjects.contains(&probe.subject()));
        self.dies_after_its_line();
        let looks = join_all(asked.map(|probe| async { (probe.subject(), probe.look().await) })).await;
        let (mut seen, at) = (self.seen.lock().unwrap(), (self.parts.clock)());
        for (subject, facts) in looks {
            seen.record(Observation { subject, at, took: Duration::ZERO, facts });
        }
        seen.clone()
    }

    async fn granted(&self, paths: &BTreeSet<String>) -> Result<AccessFacts, Trouble> {
        self.parts.rights.granted(paths).await
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
    let before = match id {
        "update-rds-endpoint" => {
            Some("kv patch secret/cwiq/shared/authentik/database pg_host=db.before.example")
        }
        "undelete-secret" => Some("kv delete secret/cwiq/shared/authentik/config"),
        _ => None,
    };
    if let Some(before) = before {
        evening.came_before(&format!("vault {before}")).await;
    }
    let hand = evening.hand(folder);
    let answers = answers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let asked = Asked { answers, ticket: Some("OPS-1".to_owned()) };
    let plan = hand.plan(&runbook(id), &asked).await.unwrap();
    for (what, standing) in plan.foundations() {
        assert!(standing.holds(), "{id}: {what}: {standing:?}");
    }
    hand.begin(plan).unwrap()
}

/// Lines of a journal, those apart that only tell what was printed: to a run they are nothing.
fn lines_of(journal: &Path) -> usize {
    let counts = |line: &&str| !line.contains(r#""kind":"output""#);
    std::fs::read_to_string(journal).map_or(0, |text| text.lines().filter(counts).count())
}

/// A run that is left where the process that carried it died.
struct Left {
    evening: Arc<Evening>,
    folder: tempfile::TempDir,
    run: String,
}

impl Left {
    /// Begins a run whose process dies there; `None` when the run ends before.
    async fn at(death: Death, scenario: &str, id: &str, answers: &[(&str, &str)]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let evening = Evening::new(scenario);
        let mut carrier = begun(&evening, folder.path(), id, answers).await;
        let run = carrier.run().plan.run.clone();
        *evening.journal.lock().unwrap() = folder.path().join(format!("{run}.jsonl"));
        evening.writes.store(0, Ordering::SeqCst);
        *evening.dies.lock().unwrap() = Some(death);
        if unless_it_dies(carried(&mut carrier)).await.is_some() {
            return None;
        }
        drop(carrier);
        *evening.dies.lock().unwrap() = None;
        Some(Self { evening, folder, run })
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join(format!("{}.jsonl", self.run))
    }

    /// Another process takes it up.
    fn taken_up(&self) -> Carrier {
        self.evening.hand(self.folder.path()).take_up(&self.run).unwrap().0
    }
}

/// Every death of a run, in turn: after each line of its journal, and inside each of its commands.
async fn each_death(
    scenario: &str,
    id: &str,
    answers: &[(&str, &str)],
    mut what_then: impl AsyncFnMut(Left, String),
) {
    // before the second line there is no run
    for first in [Death::AfterLine(2), Death::AfterCommand(0)] {
        let mut death = first;
        while let Some(left) = Left::at(death, scenario, id, answers).await {
            what_then(left, format!("{id}, {death:?}")).await;
            death = death.next();
        }
        assert_ne!(death, first, "{id} dies nowhere");
    }
}

/// The process dies wherever it can; a new one takes the run up.
async fn is_the_same_wherever_it_dies(scenario: &str, id: &str, answers: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let undisturbed = Evening::new(scenario);
    let next = carried(&mut begun(&undisturbed, folder.path(), id, answers).await).await;
    assert_eq!(next, Next::Ended { ending: Ending::Done }, "{id}");
    let end = undisturbed.shape().await;
    each_death(scenario, id, answers, async |left, point| {
        let next = carried(&mut left.taken_up()).await;
        assert_eq!(next, Next::Ended { ending: Ending::Done }, "{point}");
        assert_eq!(left.evening.shape().await, end, "{point}");
    })
    .await;
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

#[tokio::test]
async fn the_first_secrets_are_the_same_wherever_their_storing_is_broken_off() {
    is_the_same_wherever_it_dies("empty", "seed-secrets", &[("password_source", "generate")]).await;
}

#[tokio::test]
async fn the_console_s_own_policies_are_the_same_wherever_their_writing_is_broken_off() {
    is_the_same_wherever_it_dies("empty", "console-policy", &[]).await;
}

#[tokio::test]
async fn ansible_s_policy_is_the_same_wherever_its_writing_is_broken_off() {
    is_the_same_wherever_it_dies("healthy", "ansible-policy", &[]).await;
}

#[tokio::test]
async fn a_new_address_is_the_same_wherever_its_storing_is_broken_off() {
    is_the_same_wherever_it_dies("healthy", "update-rds-endpoint", &[]).await;
}

#[tokio::test]
async fn a_role_is_unlocked_all_the_same_wherever_its_mending_is_broken_off() {
    is_the_same_wherever_it_dies("role-locked", "fix-agent-auth", &[]).await;
}

#[tokio::test]
async fn an_agent_logs_in_again_all_the_same_wherever_its_mending_is_broken_off() {
    is_the_same_wherever_it_dies("secret-id-expired", "fix-agent-auth", &[("hosts", "authentik-2")]).await;
}

#[tokio::test]
async fn secrets_are_rendered_all_the_same_wherever_the_mending_is_broken_off() {
    is_the_same_wherever_it_dies("healthy", "fix-render", &[("hosts", "authentik-2")]).await;
}

#[tokio::test]
async fn an_earlier_version_is_the_newest_all_the_same_wherever_the_way_back_is_broken_off() {
    let answers = [("secret", "cwiq/shared/authentik/config"), ("version", "2")];
    is_the_same_wherever_it_dies("healthy", "rollback-secret", &answers).await;
}

#[tokio::test]
async fn a_deleted_version_is_back_wherever_the_way_back_is_broken_off() {
    let answers = [("secret", "cwiq/shared/authentik/config"), ("version", "3")];
    is_the_same_wherever_it_dies("healthy", "undelete-secret", &answers).await;
}

#[tokio::test]
async fn only_the_hosts_that_were_chosen_are_visited() {
    let visited = |carrier: &Carrier| {
        let hosts: BTreeSet<String> =
            carrier.run().errands().iter().filter_map(|errand| errand.host.clone()).collect();
        hosts.into_iter().collect::<Vec<_>>()
    };
    let folder = tempfile::tempdir().unwrap();
    let chosen = [("hosts", "authentik-2")];
    for id in ["deploy", "regenerate-secret-id", "fix-agent-auth", "fix-render"] {
        let carrier = begun(&Evening::new("healthy"), folder.path(), id, &chosen).await;
        assert_eq!(visited(&carrier), ["authentik-2"], "{id}");
        assert_eq!(carrier.run().plan.hosts, ["authentik-2"], "{id}");
    }
    let mut asked = begun(&Evening::new("healthy"), folder.path(), "fix-render", &[]).await;
    assert_eq!(asked.proceed(&Switch::default()).await.unwrap(), Next::Ask { slot: "hosts".to_owned() });
    asked.answer("hosts", Zeroizing::new("authentik-1".to_owned())).unwrap();
    assert_eq!(visited(&asked), ["authentik-1"]);
    let run = asked.run().plan.run.clone();
    drop(asked);
    let (again, _) = Runs::new(folder.path()).read(&run).unwrap();
    assert_eq!(again.plan.hosts, ["authentik-1"], "a resumed run visits no others");
}
