//! The Vault Agent on one host, through its log.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::agent_log::AgentReading;

/// What the tail of the agent's log says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgentFacts {
    /// Container whose log was read.
    pub container: String,
    /// The log, understood.
    pub reading: AgentReading,
    /// First moment the tail covers; earlier events are not known.
    pub covers_from: Option<Timestamp>,
}
