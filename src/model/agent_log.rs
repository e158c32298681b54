//! The Vault Agent log, line by line, to what the agent is doing.

use jiff::Timestamp;
use serde::Serialize;

/// What a log says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgentReading {
    /// Moment of the last event.
    pub last_event: Option<Timestamp>,
}
