//! What is known about a deployment, and what follows from it: facts, the fleet they are kept in, the judgement
//! passed on them. Nothing here does IO, asks a clock or knows a colour.

pub mod agent_log;
pub mod command;
pub mod comparison;
pub mod deployment;
pub mod exercise;
pub mod expiry;
pub mod facts;
pub mod finding;
pub mod fleet;
pub mod game;
pub mod health;
pub mod last_look;
pub mod ledger;
pub mod log_level;
pub mod notice;
pub mod propagation;
pub mod redaction;
pub mod run;
pub mod runbook;
pub mod sidecar;
pub mod span;
pub mod subject;
pub mod tour;
pub mod trouble;
pub mod verdict;
