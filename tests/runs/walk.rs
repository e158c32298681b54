//! A run that is walked through without any outside: each need of it is met by the event that an engine would write.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use vaultdeck::model::deployment::Environment;
use vaultdeck::model::run::{
    Answered, Choice, Ending, Entry, Errand, Next, Outcome, Plan, Run, RunEvent, Verdict,
};
use vaultdeck::model::runbook::{Runbook, is_secret_name};
use vaultdeck::model::trouble::Trouble;

/// Every kind of step that tells one run from another.
pub const TEXT: &str = r#"
id = "walk"
title = "everything once"
why = "to be walked through"
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
command = "vault kv metadata get secret/{database_secret}"
capture.old_version = { pointer = "/data/current_version" }
writes = false

[[steps]]
id = "make"
title = "make"
why = "to have"
added = "test"
generate.NEW = { alphabet = "alphanumeric", length = 32, recall = { kept_by = "patch", command = "vault kv get -field=p x" } }

[[steps]]
id = "patch"
title = "patch"
why = "to keep"
added = "test"
command = 'vault kv patch -cas={old_version} secret/{database_secret} p="${NEW}"'
capture.new_version = { pointer = "/data/version" }
check = { command = "vault kv metadata get x", done = { pointer = "/a", is = "1" }, capture.new_version = { pointer = "/a" } }
undo = [{ command = "vault kv rollback -version={old_version} x" }]

[[steps]]
id = "issue"
title = "issue"
why = "to log in"
added = "test"
command = "vault write -f auth/approle/role/{role}/secret-id"
per_host = "host-by-host"
capture.SECRET_ID = { pointer = "/data/secret_id" }
capture.accessor = { pointer = "/data/secret_id_accessor" }
check = { condition = { secret-id-issued = { host = "{host}", run = "{run}" } }, found = "accessor" }
undo = [{ command = "vault write x/destroy secret_id_accessor={accessor}" }]

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
waits_for = { condition = { agents-logged-in = { since = "deliver" } }, deadline_seconds = 60 }

[[steps]]
id = "modify"
title = "modify"
why = "to change"
added = "test"
command = 'aws rds modify-db-instance --db-instance-identifier {instance} --master-user-password "${NEW}"'
check = { command = "aws rds describe-db-instances", done = { contains = "a" }, undone = { contains = "b" } }
undo = [{ command = "aws rds modify-db-instance" }]
on_refusal = ["patch"]
confirm = "yes"

[[steps]]
id = "restart"
title = "restart"
why = "to load"
added = "test"
command = "docker compose restart server worker"
where = "each-host"
per_host = "together"
check = { again = "a restart" }
irreversible = "a restart"
skippable = "the old values stay loaded"
waits_for = { condition = { apps-healthy = { since = "restart" } }, deadline_seconds = 60 }
"#;

/// What happens to an act that the walker is asked to carry out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Succeeds,
    Refused,
    Lost,
    /// The process dies after `Started`.
    Killed,
}

/// A run with its journal.
#[derive(Debug, Clone)]
pub struct Walk {
    pub entries: Vec<Entry>,
    pub run: Run,
}

impl Walk {
    pub fn new() -> Self {
        Self::of(Runbook::read(TEXT).unwrap())
    }

    pub fn of(runbook: Runbook) -> Self {
        let at: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let slots = [("database_secret", "a/b"), ("role", "authentik"), ("run", "r1"), ("instance", "db")];
        let plan = Plan {
            run: "r1".to_owned(),
            runbook,
            deployment: "demo".to_owned(),
            environment: Environment::Demo,
            hosts: vec!["one".to_owned(), "two".to_owned()],
            operator: "jane@ansible".to_owned(),
            ticket: None,
            slots: slots.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            inputs: [].into(),
            preconditions: Vec::new(),
            rights: Vec::new(),
        };
        let run = Run::planned(at, plan.clone());
        Self { entries: vec![Entry { at, event: RunEvent::Planned { plan: Box::new(plan) } }], run }
    }

    pub fn tell(&mut self, event: RunEvent) {
        let at = self.run.latest_at.checked_add(SignedDuration::from_secs(1)).unwrap();
        let entry = Entry { at, event };
        self.run.apply(&entry);
        self.entries.push(entry);
    }

    /// Goes on until an errand is about to act, meeting every other need; tells which acts next.
    pub fn until_act(&mut self) -> Option<Vec<Errand>> {
        for _ in 0..200 {
            match self.run.next() {
                Next::Execute { errands } => return Some(errands),
                Next::Ended { .. } => return None,
                next => self.meet(&next, Fate::Succeeds, Choice::Retry),
            }
        }
        panic!("it never ends: {:?}", self.run.next());
    }

    /// Goes on, everything succeeding, until this step is about to act.
    pub fn until_step(&mut self, step: &str) -> Vec<Errand> {
        while let Some(errands) = self.until_act() {
            if errands[0].step == step {
                return errands;
            }
            self.meet(&Next::Execute { errands }, Fate::Succeeds, Choice::Retry);
        }
        panic!("{step} is never reached");
    }

    /// Goes on to the end, everything succeeding; tells how it ended.
    pub fn until_end(&mut self) -> Ending {
        while let Some(errands) = self.until_act() {
            self.meet(&Next::Execute { errands }, Fate::Succeeds, Choice::Retry);
        }
        self.run.ended().unwrap()
    }

    /// Meets one need.
    pub fn meet(&mut self, next: &Next, fate: Fate, choice: Choice) {
        match next.clone() {
            Next::Ask { slot } => {
                let plain = Answered::Plain("because".to_owned());
                let answer = if is_secret_name(&slot) { Answered::Secret } else { plain };
                self.tell(RunEvent::Answered { slot, answer });
            }
            Next::Confirm { level, step } => self.tell(RunEvent::Confirmed { level, step }),
            Next::Execute { errands } => errands.into_iter().for_each(|errand| self.act(errand, fate)),
            Next::Verify { errands } => errands.into_iter().for_each(|errand| self.verify(errand, fate)),
            Next::Wait { errands, .. } => errands.into_iter().for_each(|errand| match fate {
                Fate::Succeeds => self.tell(RunEvent::Reached { errand, told: String::new() }),
                _ => {
                    self.tell(RunEvent::Failed { errand, trouble: Trouble::new("too late"), definite: true });
                }
            }),
            Next::Recall { errand, secret, .. } => self.tell(RunEvent::Recalled { errand, secret }),
            Next::Undo { errand } => {
                self.tell(RunEvent::UndoStarted { errand: errand.clone(), attempt: 1 });
                match fate {
                    Fate::Killed => self.die(),
                    Fate::Succeeds => self.tell(RunEvent::UndoFinished { errand, request_ids: Vec::new() }),
                    _ => self.tell(RunEvent::UndoFailed { errand, trouble: Trouble::new("refused") }),
                }
            }
            Next::Decide { errand, choices, .. } => {
                let choice = if choices.contains(&choice) { choice } else { Choice::Retry };
                self.tell(RunEvent::Decided { errand, choice });
            }
            Next::Paused { .. } => self.tell(RunEvent::Resumed { by: "jane".to_owned(), fresh: true }),
            Next::End { ending } => self.tell(RunEvent::Ended { ending }),
            Next::Ended { .. } => {}
        }
    }

    fn act(&mut self, errand: Errand, fate: Fate) {
        let attempt = self.run.next_attempt(&errand);
        self.tell(RunEvent::Started { errand: errand.clone(), attempt });
        match fate {
            Fate::Succeeds => {
                let outcome = self.outcome(&errand);
                self.tell(RunEvent::Finished { errand, outcome });
            }
            Fate::Killed => self.die(),
            _ => {
                let trouble = Trouble::new("it failed");
                self.tell(RunEvent::Failed { errand, trouble, definite: fate == Fate::Refused });
            }
        }
    }

    fn verify(&mut self, errand: Errand, fate: Fate) {
        let check = self.run.step(&errand).unwrap().check.clone();
        let again = check.as_ref().is_none_or(|check| check.again.is_some());
        let verdict = match fate {
            _ if again => Verdict::Undone,
            Fate::Succeeds => {
                let mut outcome = self.outcome(&errand);
                outcome.secrets.clear();
                Verdict::Done { outcome }
            }
            Fate::Refused => Verdict::Undone,
            _ => Verdict::Doubt { trouble: Trouble::new("nobody knows") },
        };
        self.tell(RunEvent::Verified { errand, verdict });
    }

    fn outcome(&self, errand: &Errand) -> Outcome {
        let step = self.run.step(errand).unwrap();
        let (secrets, plain): (BTreeSet<_>, BTreeSet<_>) =
            step.capture.keys().cloned().partition(|name| is_secret_name(name));
        let captures = plain.into_iter().map(|name| (name, "7".to_owned())).collect();
        Outcome { captures, secrets, request_ids: Vec::new() }
    }

    /// The process ends, and another one takes the run up.
    pub fn die(&mut self) {
        self.tell(RunEvent::Resumed { by: "jane@ansible".to_owned(), fresh: true });
    }
}
