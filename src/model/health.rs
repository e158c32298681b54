//! The verdicts of the cells: a few words each, with evidence, consequence and the action that helps.

mod host;
mod source;

use jiff::Timestamp;
use serde::Serialize;

use super::fleet::Fleet;
use super::subject::Subject;
use super::verdict::Verdict;

pub use host::{agent, env, host, secret_id, server, ssh, worker};
pub use source::{access, account, login, mounts, policy, rds, role, secret, station, token, vault};

/// One station of the injection flow: ansible ▶ AppRole ▶ token ▶ secrets ▶ .env ▶ server, worker ▶ database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlowStep {
    /// Its name on the strip: `.env on tmpfs`.
    pub name: &'static str,
    /// How it does, over all hosts.
    pub verdict: Verdict,
    /// Where to look.
    pub subject: Subject,
}

/// The injection flow, first station first.
pub fn flow(fleet: &Fleet, now: Timestamp) -> Vec<FlowStep> {
    let step = |name, verdict, subject| FlowStep { name, verdict, subject };
    vec![step("ansible", station(fleet, now), Subject::Station)]
}
