//! The pretend RDS instance: its master password, and the change of it that takes a while.
//!
//! ```text
//! available ──modify──▶ available, password pending ──6 s──▶ resetting-master-credentials ──8 s──▶ available + event
//! ```

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::dice::after;
use super::kv::Hidden;

/// How long a new password is only pending.
const PENDING: SignedDuration = SignedDuration::from_secs(6);

/// How long RDS then works on it.
const RESETTING: SignedDuration = SignedDuration::from_secs(8);

/// Passwords and events that are remembered.
const REMEMBERED: usize = 12;

/// One RDS instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Database {
    /// `Endpoint.Address`.
    pub(super) endpoint: String,
    /// `MasterUsername`.
    pub(super) master_user: String,
    /// `CertificateDetails.ValidTill`.
    pub(super) certificate_valid_till: Timestamp,
    /// Master passwords with the moment each was first accepted, newest last.
    pub(super) passwords: Vec<(Timestamp, Hidden)>,
    /// Events, newest last.
    pub(super) events: Vec<(Timestamp, String)>,
    /// A password on its way.
    pub(super) change: Option<Change>,
}

/// A password on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Change {
    /// The new password.
    pub(super) password: Hidden,
    /// When it was asked for.
    pub(super) since: Timestamp,
    /// Whether RDS works on it already.
    pub(super) resetting: bool,
}

impl Database {
    /// The password accepted at a moment; `None` before the instance was made.
    pub(super) fn password_at(&self, moment: Timestamp) -> Option<Hidden> {
        self.passwords.iter().rev().find(|(since, _)| *since <= moment).map(|(_, password)| *password)
    }

    /// `ModifyDBInstance` with a new master password.
    pub(super) fn modify_password(&mut self, at: Timestamp, password: Hidden) {
        self.change = Some(Change { password, since: at, resetting: false });
    }

    /// When the change in hand goes on.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let change = self.change.as_ref()?;
        let pending = after(change.since, PENDING);
        Some(if change.resetting { after(pending, RESETTING) } else { pending })
    }

    /// The change in hand goes on.
    pub(super) fn go_on(&mut self, at: Timestamp) {
        let Some(change) = self.change.take() else { return };
        if change.resetting {
            self.accept(at, change.password);
            self.events.push((at, "The master user password has been reset.".to_owned()));
        } else {
            self.change = Some(Change { resetting: true, ..change });
        }
    }

    /// `DBInstanceStatus`.
    pub(super) fn status(&self) -> &'static str {
        match &self.change {
            Some(change) if change.resetting => "resetting-master-credentials",
            _ => "available",
        }
    }

    fn accept(&mut self, at: Timestamp, password: Hidden) {
        self.passwords.push((at, password));
        let surplus = self.passwords.len().saturating_sub(REMEMBERED);
        self.passwords.drain(..surplus);
        let surplus = self.events.len().saturating_sub(REMEMBERED);
        self.events.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_new_password_is_pending_then_resetting_then_accepted_with_an_event() {
        let old = Hidden { id: 1, length: 32 };
        let new = Hidden { id: 2, length: 32 };
        let mut database = Database {
            endpoint: "db.example".into(),
            master_user: "authentik".into(),
            certificate_valid_till: Timestamp::MAX,
            passwords: vec![(second(0), old)],
            events: vec![],
            change: None,
        };
        database.modify_password(second(100), new);
        assert_eq!((database.status(), database.password_at(second(101))), ("available", Some(old)));
        while let Some(due) = database.due() {
            database.go_on(due);
        }
        assert_eq!(database.password_at(second(113)), Some(old));
        assert_eq!(database.password_at(second(114)), Some(new));
        assert_eq!((database.status(), database.events.len()), ("available", 1));
    }
}
