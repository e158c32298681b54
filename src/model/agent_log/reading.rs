//! What a log says about its agent, as of a moment.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::class::Class;
use super::event::AgentEvent;

/// What the agent is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Logged in, nothing wrong.
    Ok,
    /// Begun, not logged in yet.
    Starting,
    /// Shut down.
    Stopped,
    /// Trying again and again.
    Looping,
    /// Ended with an error.
    Failed,
}

impl State {
    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Starting => "starting",
            Self::Stopped => "stopped",
            Self::Looping => "looping",
            Self::Failed => "failed",
        }
    }
}

/// The sum of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentReading {
    /// The container, as the log names it; none in a bare log.
    pub source: Option<String>,
    /// What the agent is doing.
    pub state: State,
    /// The problem in force.
    pub class: Class,
    /// First moment of the problem's present run; the start of the log when it began before.
    pub since: Option<Timestamp>,
    /// Failures in this run, as far as the log shows them.
    pub attempts: u32,
    /// The deciding entry on one line, without secrets.
    pub evidence: String,
    /// What to do.
    pub remedy: String,
    /// When the agent tries again; none while it tries, and when the log does not say.
    pub next_attempt: Option<Timestamp>,
    /// `Vault` or `OpenBao`.
    pub product: Option<String>,
    /// The agent's version, `2.7.2`.
    pub version: Option<String>,
    /// Vault's address as the errors show it, `https://vault:8200`.
    pub server: Option<String>,
    /// When the process began.
    pub started_at: Option<Timestamp>,
    /// The latest login.
    pub last_login: Option<Timestamp>,
    /// The latest renewal of the token.
    pub last_renewal: Option<Timestamp>,
    /// Logins seen in the log.
    pub logins: u32,
    /// The latest renders, oldest first.
    pub renders: Vec<Render>,
    /// Secrets that cannot be read at present, one entry per path.
    pub fetches: Vec<FetchProblem>,
    /// The latest entry of the log.
    pub last_event_at: Option<Timestamp>,
    /// The latest events, oldest first.
    pub timeline: Vec<AgentEvent>,
}

/// A file written anew. The agent writes only when the content changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Render {
    /// When.
    pub at: Option<Timestamp>,
    /// The template's path, or `(dynamic)` for one in the configuration.
    pub template: String,
    /// The file.
    pub destination: String,
}

/// A secret that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FetchProblem {
    /// Path as the template names it.
    pub path: String,
    /// Why.
    pub class: Class,
    /// First failure of the present run.
    pub since: Option<Timestamp>,
    /// Failures in this run.
    pub attempts: u32,
    /// When it is tried again.
    pub next_attempt: Option<Timestamp>,
}
