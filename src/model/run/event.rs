//! What happens in a run, as the journal keeps it. No event can hold a secret: captured secrets are told by name, and texts
//! from outside come cleaned and redacted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Choice, Plan};
use crate::model::runbook::Confirm;
use crate::model::trouble::Trouble;

/// One step, for one host or for no host in particular.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Errand {
    /// Id of the step.
    pub step: String,
    /// The host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

impl fmt::Display for Errand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(formatter, "{} on {host}", self.step),
            None => formatter.write_str(&self.step),
        }
    }
}

/// Something that happened, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: RunEvent,
}

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum RunEvent {
    /// The plan stands; always the first event.
    Planned {
        /// The plan.
        plan: Box<Plan>,
    },
    /// The operator is asked.
    Asked {
        /// Which question.
        slot: String,
    },
    /// The operator has answered.
    Answered {
        /// Which question.
        slot: String,
        /// The answer, when it may be told.
        answer: Answered,
    },
    /// The operator has confirmed the run, or one step of it.
    Confirmed {
        /// How.
        level: Confirm,
        /// The step, when it is one step that was confirmed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<String>,
    },
    /// An errand is about to act. Written down and synced before it does.
    Started {
        /// Which.
        errand: Errand,
        /// Which attempt this is, from 1.
        attempt: u32,
    },
    /// A line that the errand's command has printed.
    Output {
        /// Whose.
        errand: Errand,
        /// The line, cleaned and redacted.
        line: String,
    },
    /// An errand has acted; what it waits for may still be to come.
    Finished {
        /// Which.
        errand: Errand,
        /// With what.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// What the errand waits for has come.
    Reached {
        /// Which.
        errand: Errand,
        /// What was seen, in words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        told: String,
    },
    /// An errand did not succeed.
    Failed {
        /// Which.
        errand: Errand,
        /// Why.
        trouble: Trouble,
        /// Whether it certainly did not happen: refused, not merely unanswered. Of an assertion, whether it certainly does not
        /// hold.
        definite: bool,
    },
    /// The check of an errand that had started has told whether it happened.
    Verified {
        /// Which.
        errand: Errand,
        /// What the check told.
        #[serde(flatten)]
        verdict: Verdict,
    },
    /// The operator has said how to go on after a failure.
    Decided {
        /// After which.
        errand: Errand,
        /// How.
        choice: Choice,
    },
    /// A secret is in hand again.
    Recalled {
        /// The errand that first had it.
        errand: Errand,
        /// Its name.
        secret: String,
    },
    /// An errand is left out.
    Skipped {
        /// Which.
        errand: Errand,
        /// Why.
        because: String,
    },
    /// The run stands still until it is resumed.
    Paused {
        /// Why: the operator asked, the session was lost, the facts have drifted.
        because: Trouble,
    },
    /// The run goes on.
    Resumed {
        /// Who resumed it: `jane@ansible`.
        by: String,
        /// Whether in a new process, which holds none of the secrets that the old one held.
        fresh: bool,
    },
    /// The run goes back.
    TurnedBack {
        /// Ids of the steps to undo; every one when empty.
        steps: Vec<String>,
        /// How the run ends when they are undone.
        ending: Ending,
    },
    /// An errand is about to be undone.
    UndoStarted {
        /// Which.
        errand: Errand,
        /// Which attempt this is, from 1.
        attempt: u32,
    },
    /// An errand is undone.
    UndoFinished {
        /// Which.
        errand: Errand,
        /// Ids that Vault or AWS gave the requests.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        request_ids: Vec<String>,
    },
    /// An errand could not be undone.
    UndoFailed {
        /// Which.
        errand: Errand,
        /// Why.
        trouble: Trouble,
    },
    /// Nothing more will happen.
    Ended {
        /// How it ended.
        ending: Ending,
    },
}

/// What an errand brought.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Plain values by slot.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub captures: BTreeMap<String, String>,
    /// Names of the secrets that are now in hand.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub secrets: BTreeSet<String>,
    /// Ids that Vault or AWS gave the requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_ids: Vec<String>,
}

/// An answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answered {
    /// What was answered.
    Plain(String),
    /// That a secret was given.
    Secret,
}

/// What a check tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// It happened.
    Done {
        /// What the check has brought in place of the errand itself.
        outcome: Outcome,
    },
    /// It did not happen, or may be done again.
    Undone,
    /// Nobody knows.
    Doubt {
        /// What was found.
        trouble: Trouble,
    },
}

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Every errand is done.
    Done,
    /// What had been done is undone.
    Undone,
    /// A step was refused, and what had to be taken back is taken back; or something that was asserted does not hold.
    Failed,
    /// The operator stopped it where it stood.
    Stopped,
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Done => "done",
            Self::Undone => "undone",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        })
    }
}
