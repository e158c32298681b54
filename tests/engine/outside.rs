//! A small outside: a secret with versions, a database with one password, secret-ids that are issued and delivered. Every command
//! of [`TEXT`] acts on it, and the process can be made to die before or after any of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::Notify;
use vaultdeck::config;
use vaultdeck::engine::{Carrier, Lookout, Owner, Ports, Runs, Switch};
use vaultdeck::exec::{Executor, Failure, Lines, Order, Reply, Target};
use vaultdeck::model::deployment::{Deployment, Environment};
use vaultdeck::model::facts::AccessFacts;
use vaultdeck::model::fleet::Fleet;
use vaultdeck::model::run::{Choice, Ending, Next, Plan};
use vaultdeck::model::runbook::{Answer, Runbook};
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::Trouble;
use zeroize::Zeroizing;

/// Captures, generated and captured secrets, a question, a step per host, an undo of each kind.
pub const TEXT: &str = r#"
id = "small"
title = "everything once"
why = "to be broken off"
blast_radius = "nothing"
confirm = "typed"

[[inputs]]
name = "reason"
title = "why?"
kind = "string"

[[steps]]
id = "look"
title = "look"
why = "to know"
added = "test"
command = "vault version"
capture.old_version = { output = true }
writes = false

[[steps]]
id = "make"
title = "make"
why = "to have"
added = "test"
generate.NEW = { alphabet = "alphanumeric", length = 32, recall = { kept_by = "patch", command = "vault password" } }

[[steps]]
id = "patch"
title = "patch"
why = "to keep"
added = "test"
command = 'vault patch {old_version} "${NEW}"'
capture.new_version = { pointer = "/version" }
check = { command = "vault version", done = { is_not = "{old_version}" }, capture.new_version = { output = true } }
undo = [{ command = "vault rollback {old_version}" }]

[[steps]]
id = "issue"
title = "issue"
why = "to log in"
added = "test"
command = "vault issue {host} {run}"
per_host = "host-by-host"
capture.SECRET_ID = { pointer = "/secret_id" }
capture.accessor = { pointer = "/accessor" }
check = { command = "vault issued {host} {run}", done = { matches = ".+" }, capture.accessor = { output = true } }
undo = [{ command = "vault destroy {accessor}", gone = "unknown accessor", until = "deliver" }]

[[steps]]
id = "deliver"
title = "deliver"
why = "to use"
added = "test"
command = "tee secret-id"
where = "each-host"
stdin = { text = "${SECRET_ID}" }
check = { again = "the same file" }
irreversible = "the old file is gone"

[[steps]]
id = "modify"
title = "modify"
why = "to change"
added = "test"
command = 'vault modify "${NEW}"'
check = { command = 'vault login "${NEW}"', done = { is = "1" } }
undo = [{ command = "vault modify-back" }]
on_refusal = ["patch"]
"#;

/// What there is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct World {
    pub versions: Vec<String>,
    pub database: String,
    pub issued: BTreeMap<String, (String, String)>,
    pub delivered: BTreeMap<String, String>,
    pub made: u32,
}

impl World {
    pub fn fresh() -> Self {
        Self { versions: vec!["old password".into()], database: "old password".into(), ..Self::default() }
    }

    /// What counts at the end, whatever names and values chance has given.
    pub fn shape(&self) -> (usize, bool, Vec<String>, bool) {
        let agrees = self.versions.last() == Some(&self.database);
        let hosts = self.issued.values().map(|(host, _)| host.clone()).collect();
        let live = |(host, content): (&String, &String)| {
            self.issued.values().any(|(of, secret)| of == host && secret == content)
        };
        (self.versions.len(), agrees, hosts, self.delivered.iter().all(live) && self.delivered.len() == 2)
    }
}

/// When the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    Before(usize),
    After(usize),
}

/// The outside behind its port.
#[derive(Default)]
pub struct Outside {
    pub world: Mutex<World>,
    pub calls: Mutex<Vec<String>>,
    pub death: Mutex<Option<Death>>,
    pub died: Notify,
    /// The command that is refused, and whether without an answer.
    pub refuses: Mutex<Option<(&'static str, bool)>>,
    clock: AtomicI64,
    deployment: Option<Deployment>,
}

impl Outside {
    pub fn new(world: World) -> Arc<Self> {
        let hosts = vec!["one".to_owned(), "two".to_owned()];
        let deployment = Some(config::documented("demo").unwrap().deployment(hosts));
        Arc::new(Self { world: Mutex::new(world), deployment, ..Self::default() })
    }

    pub fn ports(self: &Arc<Self>) -> Ports {
        Ports {
            executor: Arc::clone(self) as Arc<dyn Executor>,
            lookout: Arc::clone(self) as Arc<dyn Lookout>,
        }
    }

    async fn die(&self) {
        self.died.notify_one();
        std::future::pending::<()>().await;
    }
}

#[async_trait]
impl Executor for Outside {
    async fn execute(&self, order: &Order, lines: &Lines) -> Result<Reply, Failure> {
        let number = self.calls.lock().unwrap().len();
        self.calls.lock().unwrap().push(order.line.to_string());
        let death = *self.death.lock().unwrap();
        if death == Some(Death::Before(number)) {
            self.die().await;
        }
        lines.say(format!("a line of {}", order.line));
        let reply = self.acted(order);
        if death == Some(Death::After(number)) {
            self.die().await;
        }
        reply
    }

    fn file_path(&self, run: &str, what: &str) -> String {
        format!("/nowhere/{run}-{what}")
    }
}

impl Outside {
    fn acted(&self, order: &Order) -> Result<Reply, Failure> {
        let words = order.spoken().unwrap();
        let words: Vec<&str> = words.iter().map(|word| word.as_str()).collect();
        if let Some((refused, silent)) = *self.refuses.lock().unwrap()
            && words.get(1) == Some(&refused)
        {
            return if silent {
                Err(Failure::in_the_act(Trouble::new("no answer")))
            } else {
                Ok(refusal("it is refused, whatever NEW is"))
            };
        }
        let mut world = self.world.lock().unwrap();
        Ok(match words.as_slice() {
            ["vault", "version"] => said(world.versions.len().to_string()),
            ["vault", "password"] => said(world.versions.last().unwrap().clone()),
            ["vault", "patch", old, new] => {
                if world.versions.len().to_string() != *old {
                    return Ok(refusal("check-and-set does not match"));
                }
                world.versions.push((*new).to_owned());
                answered(json!({"version": world.versions.len()}))
            }
            ["vault", "rollback", to] => {
                let value = world.versions[to.parse::<usize>().unwrap() - 1].clone();
                if world.versions.last() != Some(&value) {
                    world.versions.push(value);
                }
                said("rolled back".to_owned())
            }
            ["vault", "issue", host, _] => {
                world.made += 1;
                let (accessor, secret) =
                    (format!("accessor-{}", world.made), format!("secret-id-{}", world.made));
                world.issued.insert(accessor.clone(), ((*host).to_owned(), secret.clone()));
                answered(json!({"secret_id": secret, "accessor": accessor}))
            }
            ["vault", "issued", host, _] => {
                let ours = world.issued.iter().find(|(_, (of, _))| of == host);
                said(ours.map(|(accessor, _)| accessor.clone()).unwrap_or_default())
            }
            ["vault", "destroy", accessor] => match world.issued.remove(*accessor) {
                Some(_) => said(String::new()),
                None => refusal("unknown accessor"),
            },
            ["vault", "modify", new] => {
                world.database = (*new).to_owned();
                said(String::new())
            }
            ["vault", "modify-back"] => {
                world.database = "old password".to_owned();
                said(String::new())
            }
            ["vault", "login", password] if world.database == *password => said("1".to_owned()),
            ["vault", "login", _] => refusal("password authentication failed"),
            ["tee", "secret-id"] => {
                let Target::Host(host) = &order.target else { panic!("{:?}", order.target) };
                let content = order.stdin_bytes().unwrap().unwrap().to_string();
                world.delivered.insert(host.clone(), content);
                said(String::new())
            }
            other => panic!("nobody knows {other:?}"),
        })
    }
}

fn said(output: String) -> Reply {
    Reply { answer: Answer { output, ..Answer::default() }, ..Reply::default() }
}

fn answered(json: serde_json::Value) -> Reply {
    let answer = Answer { output: json.to_string(), json: Some(json), ..Answer::default() };
    Reply { answer, request_ids: vec!["request-1".to_owned()], refused: false }
}

fn refusal(errors: &str) -> Reply {
    let answer = Answer { errors: errors.to_owned(), status: 2, ..Answer::default() };
    Reply { answer, refused: true, ..Reply::default() }
}

#[async_trait]
impl Lookout for Outside {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + self.clock.fetch_add(1, Ordering::SeqCst)).unwrap()
    }

    fn deployment(&self) -> &Deployment {
        self.deployment.as_ref().unwrap()
    }

    async fn look(&self, _: &[Subject]) -> Fleet {
        Fleet::new(self.deployment().clone())
    }

    async fn granted(&self, _: &BTreeSet<String>) -> Result<AccessFacts, Trouble> {
        Ok(AccessFacts { granted: BTreeMap::new() })
    }

    async fn stirred(&self, _: &[Subject]) {}
}

pub fn plan(run: &str) -> Plan {
    Plan {
        run: run.to_owned(),
        runbook: Runbook::read(TEXT).unwrap(),
        deployment: "demo".to_owned(),
        environment: Environment::Demo,
        hosts: vec!["one".to_owned(), "two".to_owned()],
        operator: "jane@ansible".to_owned(),
        ticket: None,
        slots: [("run".to_owned(), run.to_owned())].into(),
        inputs: [].into(),
        preconditions: Vec::new(),
        rights: Vec::new(),
    }
}

pub fn owner() -> Owner {
    Owner::here("joe@ansible", Timestamp::UNIX_EPOCH)
}

pub fn begun(runs: &Path, outside: &Arc<Outside>) -> Carrier {
    Runs::new(runs).begin(plan("r1"), Timestamp::UNIX_EPOCH, outside.ports()).unwrap()
}

/// Carries a run on, answering whatever is asked, until it ends or something has to be decided that `decide` does not.
pub async fn carried(carrier: &mut Carrier, decide: Option<Choice>) -> Next {
    for _ in 0..200 {
        match carrier.proceed(&Switch::default()).await.unwrap() {
            Next::Ask { slot } => carrier.answer(&slot, Zeroizing::new("because".to_owned())).unwrap(),
            Next::Confirm { .. } => carrier.confirm(Some("demo")).unwrap(),
            Next::Paused { .. } => carrier.resume("jane").unwrap(),
            Next::Decide { choices, .. } if decide.is_some_and(|choice| choices.contains(&choice)) => {
                carrier.decide(decide.unwrap()).unwrap();
            }
            next => return next,
        }
    }
    panic!("it never ends: {:?}", carrier.run().next());
}

pub fn done() -> Next {
    Next::Ended { ending: Ending::Done }
}
