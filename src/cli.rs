//! The face without a screen: command line, reports, exit codes.
//!
//! ```text
//! Deck ──sweep──▶ Fleet ──▶ Report ──▶ page, JSON (status) │ tally, Nagios, Prometheus (check)
//! ```

pub mod args;
pub mod check;
pub mod completions;
pub mod config;
pub mod ending;
pub mod exit;
pub mod explain;
pub mod init;
pub mod manual;
mod new_file;
mod page;
pub mod paint;
pub mod report;
pub mod run;
pub mod runbook;
pub mod runs;
pub mod schema;
pub mod status;
mod sweep;
pub mod tally;
pub mod tour;
