//! The acting side of the deck: a runbook becomes a plan, a plan becomes a run, a run that was left is taken up again.
//!
//! ```text
//! Runbook + Asked ──plan──▶ Plan ──begin──▶ Carrier ──proceed──▶ …
//!                                    take_up(id) ▲
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::join;
use tokio::sync::mpsc;

use super::glance::Glance;
use super::live::Live;
use crate::config::{self, Profile, Surroundings};
use crate::demo;
use crate::engine::{Carrier, Lookout, Owner, Ports, Runs, run_id};
use crate::exec::{Executor, Guard, Prompts};
use crate::model::deployment::{Deployment, Environment};
use crate::model::finding::Signal;
use crate::model::fleet::Observation;
use crate::model::run::{Answered, Plan, Precondition, Right, Run};
use crate::model::runbook::{Access, Runbook, Scene};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::probe::Probe;

/// What stands in metadata where a run has no ticket: Vault refuses an empty value there.
const NO_TICKET: &str = "none";

/// What a run is asked for with.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Answers by question.
    pub answers: BTreeMap<String, String>,
    /// Why.
    pub ticket: Option<String>,
}

/// Acts on one deployment.
#[derive(Clone)]
pub struct Hand {
    deployment: Deployment,
    slots: BTreeMap<String, String>,
    lookout: Arc<dyn Lookout>,
    guard: Arc<Guard>,
    runs: Runs,
    operator: String,
    control_host: String,
}

impl Hand {
    /// Acts on a pretend fleet. Its runs live beside it.
    ///
    /// # Errors
    /// Trouble when the pretend fleet that is kept cannot be understood or written.
    pub fn pretend(options: demo::Options) -> Result<Self, Trouble> {
        let folder = options.folder.clone();
        let parts = demo::fleet(options)?;
        Self::over_pretend(&parts, folder, None)
    }

    /// Acts on a real deployment. What a program or a login asks in the middle of a run goes to `prompts`.
    ///
    /// # Errors
    /// Trouble when the profile's hosts cannot be known, or there is no folder for its runs.
    pub async fn live(profile: &Profile, prompts: Prompts) -> Result<Self, Trouble> {
        let live = Live::open(profile).await?;
        let probes = live.probes()?;
        Self::over_live(&live, &probes, prompts, None)
    }

    /// Acts on a real deployment that is open already; whoever is told sees what is looked at on the way.
    pub(super) fn over_live(
        live: &Live<'_>,
        probes: &[Arc<dyn Probe>],
        prompts: Prompts,
        told: Option<mpsc::Sender<Observation>>,
    ) -> Result<Self, Trouble> {
        let slots = live.profile.slots(&live.deployment.hosts);
        let runs = Runs::new(config::runs_folder(&live.profile.name)?);
        let executor = live.executor(prompts)?;
        let clock = Arc::clone(&live.clock);
        let lookout = Glance::over(probes, live.rights(), live.deployment.clone(), clock, None, told);
        Self::over(live.deployment.clone(), slots, lookout, executor, runs)
    }

    /// Acts on a pretend fleet that is open already; whoever is told sees what is looked at on the way.
    pub(super) fn over_pretend(
        parts: &demo::DemoParts,
        folder: Option<PathBuf>,
        told: Option<mpsc::Sender<Observation>>,
    ) -> Result<Self, Trouble> {
        let (deployment, clock) = (parts.deployment.clone(), Arc::clone(&parts.clock));
        let hasten = Some(Arc::clone(&parts.hasten));
        let slots = config::documented("demo")?.slots(&deployment.hosts);
        let rights = Arc::clone(&parts.rights);
        let lookout = Glance::over(&parts.probes, rights, deployment.clone(), clock, hasten, told);
        let kept = folder.is_some();
        let folder = folder.unwrap_or_else(|| std::env::temp_dir().join("vaultdeck-demo"));
        let runs = Runs::new(folder.join("runs"));
        if parts.anew && kept {
            runs.put_away()?; // they tell of another fleet, and taken up they would act on this one
        }
        Self::over(deployment, slots, lookout, Arc::clone(&parts.executor), runs)
    }

    /// Acts on a deployment through these ports.
    ///
    /// # Errors
    /// Trouble when this process cannot tell where it is.
    pub fn over(
        deployment: Deployment,
        slots: BTreeMap<String, String>,
        lookout: Arc<dyn Lookout>,
        executor: Arc<dyn Executor>,
        runs: Runs,
    ) -> Result<Self, Trouble> {
        let unlocked = deployment.environment != Environment::Prod;
        let guard = Arc::new(Guard::before(executor, unlocked));
        let surroundings = Surroundings::here()?;
        let control_host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let client = surroundings.variables.get("SSH_CLIENT").and_then(|client| client.split(' ').next());
        let from = client.map(|address| format!(" from {address}")).unwrap_or_default();
        let operator = format!("{}@{control_host}{from}", surroundings.person());
        Ok(Self { deployment, slots, lookout, guard, runs, operator, control_host })
    }

    /// The deployment.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// Every run there is.
    pub fn runs(&self) -> &Runs {
        &self.runs
    }

    /// Lets commands that write pass, on a deployment that is read-only.
    pub fn unlock(&self) {
        self.guard.set_unlocked(true);
    }

    /// Refuses commands that write again, on a deployment that is read-only.
    pub fn lock(&self) {
        self.guard.set_unlocked(!self.is_read_only());
    }

    /// The values of the slots that the profile fills.
    pub fn slots(&self) -> &BTreeMap<String, String> {
        &self.slots
    }

    /// Whether commands that write are refused until it is unlocked.
    pub fn is_read_only(&self) -> bool {
        self.deployment.environment == Environment::Prod
    }

    /// What a runbook would do, for whom, and how what it requires stands now.
    ///
    /// # Errors
    /// Trouble when an answer is not accepted or belongs to no question, or when a secret is given in plain sight.
    pub async fn plan(&self, runbook: &Runbook, asked: &Asked) -> Result<Plan, Trouble> {
        let mut inputs = BTreeMap::new();
        for (name, answer) in &asked.answers {
            let question = runbook.questions().find(|input| input.name == *name);
            let input = question.ok_or_else(|| {
                let names: BTreeSet<&str> = runbook.questions().map(|input| input.name.as_str()).collect();
                let names = names.into_iter().collect::<Vec<_>>().join(", ");
                Trouble::new(format!("{} asks no question named {name}", runbook.id)).hint(
                    if names.is_empty() { "it asks nothing".to_owned() } else { format!("it asks {names}") },
                )
            })?;
            if input.is_secret() {
                return Err(Trouble::new(format!("{name} is a secret"))
                    .because("arguments of a process can be read by others")
                    .hint("leave it out: it is asked for"));
            }
            input.check(answer, &self.deployment.hosts)?;
            inputs.insert(name.clone(), Answered::Plain(answer.clone()));
        }
        let now = self.lookout.now();
        let run = run_id(now);
        let mut slots = self.slots.clone();
        for (slot, value) in [
            ("run", run.clone()),
            ("ticket", asked.ticket.clone().unwrap_or_else(|| NO_TICKET.to_owned())),
            ("operator", self.operator.clone()),
            ("control_host", self.control_host.clone()),
            ("started", format!("{now:.0}")),
        ] {
            slots.insert(slot.to_owned(), value);
        }
        let plan = Plan {
            run,
            runbook: Runbook { confirm: runbook.confirm.on(self.deployment.habits), ..runbook.clone() },
            deployment: self.deployment.name.clone(),
            environment: self.deployment.environment,
            hosts: self.deployment.hosts.clone(),
            operator: self.operator.clone(),
            ticket: asked.ticket.clone(),
            slots,
            inputs,
            preconditions: Vec::new(),
            rights: Vec::new(),
        };
        let plan = plan.of_chosen_hosts();
        let (preconditions, rights) = join(self.preconditions(&plan), self.rights(&plan)).await;
        Ok(Plan { preconditions, rights, ..plan })
    }

    /// What the operator's token may do, of all that the commands need, asked in one question.
    async fn rights(&self, plan: &Plan) -> Vec<Right> {
        let known = plan.known();
        let value = |slot: &str| known.get(slot).map(String::as_str);
        let needed: Vec<Access> =
            plan.runbook.access.iter().filter_map(|access| access.known(&value)).collect();
        if needed.is_empty() {
            return Vec::new();
        }
        let paths = needed.iter().map(|access| access.path.to_string()).collect();
        let granted = self.lookout.granted(&paths).await;
        let judged = |access: Access| Right { standing: access.judge(&granted), access };
        needed.into_iter().map(judged).collect()
    }

    /// How everything stands that the plan rests on and that can be told before it begins.
    async fn preconditions(&self, plan: &Plan) -> Vec<Precondition> {
        let now = self.lookout.now();
        let run = Run::planned(now, plan.clone());
        let value = |slot: &str| run.value(None, slot);
        let applying = plan.runbook.requires.iter().filter(|requirement| {
            let known = requirement.condition.slots().into_iter().all(|slot| value(slot).is_some());
            known && requirement.when.iter().all(|when| when.holds(&value))
        });
        let applying: Vec<_> = applying.collect();
        let of = |signal: Signal| signal.subjects(&self.deployment, &plan.hosts);
        let subjects: BTreeSet<Subject> =
            applying.iter().flat_map(|requirement| requirement.condition.reads()).flat_map(of).collect();
        let subjects: Vec<Subject> = subjects.into_iter().collect();
        let fleet = self.lookout.look(&subjects).await;
        let owned = |slot: &str| run.value(None, slot).map(str::to_owned);
        let scene = Scene {
            fleet: &fleet,
            now: self.lookout.now(),
            hosts: &plan.hosts,
            value: &owned,
            started: &|_, _| None,
        };
        let judged = applying.into_iter().map(|requirement| Precondition {
            requirement: requirement.clone(),
            standing: requirement.condition.judge(&scene),
        });
        judged.collect()
    }

    /// Begins a run.
    ///
    /// # Errors
    /// Trouble when its journal cannot be begun.
    pub fn begin(&self, plan: Plan) -> Result<Carrier, Trouble> {
        self.runs.begin(plan, self.lookout.now(), self.ports())
    }

    /// Takes up a run that nobody carries; tells of a last line of its journal that had to be cut off.
    ///
    /// # Errors
    /// Trouble when there is no such run, somebody carries it, it has ended, it is of another deployment, or its journal is
    /// broken.
    pub fn take_up(&self, id: &str) -> Result<(Carrier, Option<Trouble>), Trouble> {
        let (run, _) = self.runs.read(id)?;
        if run.plan.deployment != self.deployment.name {
            return Err(Trouble::new(format!("run {id} is of the deployment {}", run.plan.deployment))
                .hint(format!("--profile {}", run.plan.deployment)));
        }
        let owner = Owner::here(&self.operator, self.lookout.now());
        self.runs.take_up(id, &owner, self.ports())
    }

    /// Who acts: `jane@ansible from 10.0.0.7`.
    pub fn operator(&self) -> &str {
        &self.operator
    }

    fn ports(&self) -> Ports {
        let executor = Arc::clone(&self.guard) as Arc<dyn Executor>;
        Ports { executor, lookout: Arc::clone(&self.lookout) }
    }
}
