//! The folder in which the journals of all runs lie, one file per run, and the lock beside each.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::carrier::{Carrier, Ports};
use super::journal::{Journal, Recovered};
use super::owner::{self, Owner};
use crate::model::run::{Ending, Entry, Next, Plan, Run, RunEvent};
use crate::model::trouble::Trouble;

/// Ends of the names of journals and locks.
const JOURNAL: &str = "jsonl";
const LOCK: &str = "lock";

/// All runs of this operator's state folder.
#[derive(Debug, Clone)]
pub struct Runs {
    folder: PathBuf,
}

/// One run in the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// The runbook's id; empty when the journal cannot be read.
    pub runbook: String,
    /// Where it stands.
    pub state: State,
    /// When it was planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// When the latest event happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<Timestamp>,
    /// The deployment's name.
    pub deployment: String,
    /// Who began it.
    pub operator: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// What it waits for or what is wrong with it, where something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Somebody carries it.
    Running,
    /// It was paused.
    Paused,
    /// A step failed, and nobody has said how to go on.
    Undecided,
    /// Whoever carried it has died, or left it with a question open.
    Left,
    /// Every step is done.
    Done,
    /// What had been done is undone.
    Undone,
    /// A step was refused, and what had to be taken back is taken back; or something that was asserted does not hold.
    Failed,
    /// It was stopped where it stood.
    Stopped,
    /// Its journal cannot be trusted.
    Broken,
}

impl std::fmt::Display for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Undecided => "undecided",
            Self::Left => "left",
            Self::Done => "done",
            Self::Undone => "undone",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Broken => "broken",
        })
    }
}

impl Runs {
    /// The runs in a folder, which is made when it is first needed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Begins a run: its plan is the first thing written down.
    ///
    /// # Errors
    /// Trouble when its journal cannot be begun.
    pub fn begin(&self, plan: Plan, at: Timestamp, ports: Ports) -> Result<Carrier, Trouble> {
        self.make_folder()?;
        let id = plan.run.clone();
        let owner = Owner::here(&plan.operator, at);
        let lock = owner::take(&self.path(&id, LOCK), &id, &owner)?;
        let mut journal = Journal::begin(&self.path(&id, JOURNAL), &id)?;
        let run = Run::planned(at, plan.clone());
        journal.write(&Entry { at, event: RunEvent::Planned { plan: Box::new(plan) } })?;
        Ok(Carrier::new(run, journal, lock, ports))
    }

    /// Takes a run up that nobody carries. It is told of a last line that had to be cut off.
    ///
    /// # Errors
    /// Trouble when there is no such run, somebody carries it, it has ended, or its journal is broken.
    pub fn take_up(
        &self,
        id: &str,
        owner: &Owner,
        ports: Ports,
    ) -> Result<(Carrier, Option<Trouble>), Trouble> {
        self.must_exist(id)?;
        let lock = owner::take(&self.path(id, LOCK), id, owner)?;
        let (journal, recovered) = Journal::resume(&self.path(id, JOURNAL), id)?;
        let run = Run::replay(&recovered.entries)?;
        if let Some(ending) = run.ended() {
            return Err(Trouble::new(format!("run {id} has ended: {ending}")));
        }
        let mut carrier = Carrier::new(run, journal, lock, ports);
        carrier.tell(RunEvent::Resumed { by: owner.operator.clone(), fresh: true })?;
        Ok((carrier, recovered.torn))
    }

    /// A run and all its events, without touching it.
    ///
    /// # Errors
    /// Trouble when there is no such run, or its journal is broken.
    pub fn read(&self, id: &str) -> Result<(Run, Recovered), Trouble> {
        self.must_exist(id)?;
        let recovered = Recovered::read(&self.path(id, JOURNAL), id)?;
        Ok((Run::replay(&recovered.entries)?, recovered))
    }

    /// All runs, newest first.
    ///
    /// # Errors
    /// Trouble when the folder cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, Trouble> {
        let mut ids: Vec<String> = match fs::read_dir(&self.folder) {
            Ok(entries) => entries.filter_map(|entry| journal_id(&entry.ok()?.path())).collect(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(self.cannot("read", &error)),
        };
        ids.sort_by(|one, other| other.cmp(one));
        Ok(ids.into_iter().map(|id| self.listed(id)).collect())
    }

    /// Puts every run away for good: the deployment that they tell of is no more.
    ///
    /// # Errors
    /// Trouble when the folder cannot be removed.
    pub fn put_away(&self) -> Result<(), Trouble> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(self.cannot("remove", &error)),
            _ => Ok(()),
        }
    }

    /// Who carries a run now.
    pub fn owner(&self, id: &str) -> Option<Owner> {
        owner::holder(&self.path(id, LOCK))
    }

    fn listed(&self, id: String) -> Listed {
        match self.read(&id) {
            Ok((run, _)) => {
                let (state, trouble) = self.state(&id, &run);
                Listed {
                    id,
                    runbook: run.plan.runbook.id.clone(),
                    state,
                    started: Some(run.planned_at),
                    latest: Some(run.latest_at),
                    deployment: run.plan.deployment.clone(),
                    operator: run.plan.operator.clone(),
                    ticket: run.plan.ticket.clone(),
                    trouble,
                }
            }
            Err(trouble) => Listed {
                id,
                runbook: String::new(),
                state: State::Broken,
                started: None,
                latest: None,
                deployment: String::new(),
                operator: String::new(),
                ticket: None,
                trouble: Some(trouble),
            },
        }
    }

    fn state(&self, id: &str, run: &Run) -> (State, Option<Trouble>) {
        match run.next() {
            Next::Ended { ending: Ending::Done } => (State::Done, None),
            Next::Ended { ending: Ending::Undone } => (State::Undone, None),
            Next::Ended { ending: Ending::Failed } => (State::Failed, run.objection()),
            Next::Ended { ending: Ending::Stopped } => (State::Stopped, None),
            _ if self.owner(id).is_some() => (State::Running, None),
            Next::Paused { because } => (State::Paused, Some(because)),
            Next::Decide { trouble, .. } => (State::Undecided, Some(trouble)),
            _ => (State::Left, None),
        }
    }

    fn must_exist(&self, id: &str) -> Result<(), Trouble> {
        let is_a_name = id.chars().all(|each| each.is_ascii_alphanumeric() || each == '-');
        if is_a_name && self.path(id, JOURNAL).exists() {
            return Ok(());
        }
        Err(Trouble::new(format!("there is no run {id}")).hint("vaultdeck runs list"))
    }

    fn make_folder(&self) -> Result<(), Trouble> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.map_err(|error| self.cannot("make", &error))
    }

    fn path(&self, id: &str, kind: &str) -> PathBuf {
        self.folder.join(format!("{id}.{kind}"))
    }

    fn cannot(&self, verb: &str, error: &dyn std::fmt::Display) -> Trouble {
        Trouble::new(format!("cannot {verb} the folder of runs {}", self.folder.display()))
            .because(error)
            .hint("set XDG_STATE_HOME to a folder that can be written")
    }
}

fn journal_id(path: &Path) -> Option<String> {
    let is_journal = path.extension().is_some_and(|kind| kind == JOURNAL);
    is_journal.then(|| path.file_stem().map(|stem| stem.to_string_lossy().into_owned())).flatten()
}
