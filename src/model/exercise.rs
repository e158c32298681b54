//! An exercise of a game day as data: what the pager says, what breaks in the pretend fleet, when that counts as repaired, which
//! evidence helps, and what a hint costs.

mod built_in;
mod sight;

use serde::{Deserialize, Serialize};

use super::runbook::Condition;

pub use built_in::{IDS, exercises};
pub use sight::Sight;

/// An exercise.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// Its name, which gives nothing away: `quiet-host`.
    pub id: String,
    /// What it is about, which gives nothing away either.
    pub title: String,
    /// The alarm, as the pager tells it.
    pub alarm: String,
    /// Minutes after which time costs points.
    pub minutes: i64,
    /// What breaks.
    pub breaks: Vec<Fault>,
    /// It is repaired when all of these hold.
    pub repaired: Vec<Condition>,
    /// Evidence that helps.
    pub helps: Vec<Clue>,
    /// Hints, in the order in which they are given.
    pub hints: Vec<Hint>,
    /// What is to be named, where it is repaired outside of the console.
    #[serde(default)]
    pub cause: Option<Cause>,
    /// The shortest way, told at the end.
    pub shortest: Vec<String>,
}

/// What breaks in the pretend fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fault {
    /// Vault is sealed.
    SealVault,
    /// The secret-id of a host is destroyed, and its agent restarted.
    DestroySecretId {
        /// The host.
        host: String,
    },
    /// Wrong secret-ids from elsewhere lock the role, and the agent of a host is restarted.
    LockRole {
        /// The host.
        host: String,
    },
    /// The agent's process is killed.
    KillAgent {
        /// The host.
        host: String,
    },
    /// Somebody writes an address into the database secret that is not the database's.
    DriftDatabaseAddress,
    /// A rotation writes the new password to Vault and dies before RDS takes it.
    HalfRotation {
        /// The run that holds the secret.
        run: String,
    },
    /// The tmpfs of a host is full, and there is a new version to render.
    FillTmpfs {
        /// The host.
        host: String,
    },
    /// The clock of a host goes wrong.
    SkewClock {
        /// The host.
        host: String,
        /// By so many seconds; ahead when positive.
        seconds: i32,
    },
    /// Time passes before anybody notices: what takes a while to be seen is there when the pager comes.
    TimePasses {
        /// How much.
        minutes: i64,
    },
}

/// Evidence that helps, and what it tells.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clue {
    /// Where it is seen; one of these is enough.
    pub sights: Vec<Sight>,
    /// What it tells, said at the end.
    pub tells: String,
}

/// A hint.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hint {
    /// What it says.
    pub text: String,
    /// Points that it costs.
    pub costs: i64,
}

/// The cause of a fault that no action of the console mends: who names it has it mended outside.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// The question.
    pub question: String,
    /// What it could be.
    pub answers: Vec<String>,
    /// What it is.
    pub right: String,
    /// Who mends it, and how.
    pub mended: String,
}
