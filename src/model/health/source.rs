//! The cells of what all hosts share: Vault, the operator's token and rights, the role, the secrets, the database.

use jiff::Timestamp;

use crate::model::fleet::Fleet;
use crate::model::verdict::{Health, Verdict};

/// The Vault server: `2.7.2 active`.
pub fn vault(_fleet: &Fleet, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}

/// The operator's token: `userpass-jane (~/.vault-token) 47m`.
pub fn token(_fleet: &Fleet, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}

/// What the token may do: `ok`, `lacks 2 of 12`.
pub fn access(_fleet: &Fleet, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}

/// The two mounts: `kv v2, approle`.
pub fn mounts(_fleet: &Fleet, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}

/// The agents' policy against the documented one: `as documented`, `2 differences`.
pub fn policy(_fleet: &Fleet, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}

/// The AppRole role and its ledger: `ok, 3 ids`, `locked`.
pub fn role(_fleet: &Fleet, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}

/// One secret: `v8, 3d old`.
pub fn secret(_fleet: &Fleet, _path: &str, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}

/// The RDS instance: `available`.
pub fn rds(_fleet: &Fleet, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}

/// The AWS identity: `123456789012`.
pub fn account(_fleet: &Fleet, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}

/// The proof of a database login, when somebody asked for it.
pub fn login(_fleet: &Fleet, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}

/// The control host.
pub fn station(_fleet: &Fleet, _now: Timestamp) -> Verdict {
    Verdict::new(Health::Unknown, "not judged")
}
