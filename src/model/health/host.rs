//! The cells of one host.

use jiff::Timestamp;

use crate::model::fleet::Fleet;
use crate::model::verdict::{Health, Verdict};

/// The host as a whole: the worst of its cells.
pub fn host(_fleet: &Fleet, _host: &str, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}

/// The ssh session: `34ms`, `no answer`.
pub fn ssh(_fleet: &Fleet, _host: &str, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}

/// The agent's auth: `ok, renewed 12m ago`, `no secret-id, looping since 09:41`.
pub fn agent(_fleet: &Fleet, _host: &str, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}

/// The host's secret-id: days left, whether its file is there, whether it is labelled: `27d`, `file gone`.
pub fn secret_id(_fleet: &Fleet, _host: &str, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}

/// The rendered `.env` against KV: `8/3 fresh`, `7/3 4h behind`.
pub fn env(_fleet: &Fleet, _host: &str, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}

/// authentik server: `healthy 3d`, `before .env`.
pub fn server(_fleet: &Fleet, _host: &str, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}

/// authentik worker: `healthy 3d`, `before .env`.
pub fn worker(_fleet: &Fleet, _host: &str, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}
