//! Every clock of the deployment in one list: what ends or happens next, and what follows from it.

use jiff::Timestamp;
use serde::Serialize;

use super::fleet::Fleet;
use super::subject::Subject;
use super::verdict::Health;

/// Something that ends, or happens by itself, at a known moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expiry {
    /// When.
    pub at: Timestamp,
    /// What ends or happens: `secret-id a1b2c3d4 of authentik-1`.
    pub what: String,
    /// What follows: `agents that use it break within 4h00m`.
    pub consequence: String,
    /// How near it is, by the thresholds of the profile.
    pub health: Health,
    /// Where to look.
    pub subject: Subject,
}

/// Every clock that still runs, next first.
pub fn expiries(_fleet: &Fleet, _now: Timestamp) -> Vec<Expiry> {
    Vec::new()
}
