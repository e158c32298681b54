//! The pretend AppRole role: its secret-ids, and the lockout that five wrong ones bring upon everybody.
//!
//! ```text
//! login ──▶ locked? 403 ──▶ secret-id live? ──▶ token, failures forgotten
//!                                └─ no ─▶ 400, one more failure ──fifth──▶ locked for 15 minutes
//! ```

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::dice::after;

/// Failed logins that lock a role.
const FAILURES_TO_LOCK: u32 = 5;

/// How long a lock holds, and how long failures are remembered.
const LOCK: SignedDuration = SignedDuration::from_mins(15);

/// A role with what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Role {
    /// TTL of tokens.
    pub(super) token_ttl: SignedDuration,
    /// Longest life of tokens.
    pub(super) token_max_ttl: SignedDuration,
    /// TTL of secret-ids.
    pub(super) secret_id_ttl: SignedDuration,
    /// Secret-ids, oldest first.
    pub(super) ledger: Vec<SecretId>,
    /// Failed logins.
    pub(super) lockout: Lockout,
}

/// A secret-id as the server keeps it; the accessor stands for the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SecretId {
    /// Accessor.
    pub(super) accessor: String,
    /// `metadata.host`.
    pub(super) host: Option<String>,
    /// `metadata.issued_by`.
    pub(super) issued_by: Option<String>,
    /// `metadata.ticket`.
    pub(super) ticket: Option<String>,
    /// `metadata.run`.
    #[serde(default)]
    pub(super) run: Option<String>,
    /// When it was issued.
    pub(super) created: Timestamp,
    /// When it ends.
    pub(super) expires: Timestamp,
}

/// Failed logins with the role's id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lockout {
    failures: u32,
    last: Option<Timestamp>,
}

/// Why a login is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Refusal {
    /// 400: unknown, expired or destroyed secret-id, or no such role.
    BadSecretId,
    /// 403: the role is locked, or there is no such mount.
    Locked,
}

impl Role {
    /// The documented role, without secret-ids.
    pub(super) fn documented() -> Self {
        Self {
            token_ttl: SignedDuration::from_hours(1),
            token_max_ttl: SignedDuration::from_hours(4),
            secret_id_ttl: SignedDuration::from_hours(720),
            ledger: Vec::new(),
            lockout: Lockout::default(),
        }
    }

    /// A login with a secret-id at a moment.
    pub(super) fn log_in(&mut self, accessor: &str, at: Timestamp) -> Result<(), Refusal> {
        if self.lockout.holds(at) {
            return Err(Refusal::Locked);
        }
        if !self.knows(accessor, at) {
            self.lockout.count(at);
            return Err(Refusal::BadSecretId);
        }
        self.lockout = Lockout::default();
        Ok(())
    }

    /// As many wrong secret-ids as lock it are tried at a moment.
    pub(super) fn lock(&mut self, at: Timestamp) {
        (0..FAILURES_TO_LOCK).for_each(|_| self.lockout.count(at));
    }

    /// Whether a secret-id can log in at a moment.
    pub(super) fn knows(&self, accessor: &str, at: Timestamp) -> bool {
        self.ledger.iter().any(|secret_id| secret_id.accessor == accessor && secret_id.expires > at)
    }
}

impl Lockout {
    /// Whether the role is locked at a moment.
    pub(super) fn holds(self, at: Timestamp) -> bool {
        self.failures >= FAILURES_TO_LOCK && !self.is_over(at)
    }

    fn count(&mut self, at: Timestamp) {
        self.failures = if self.is_over(at) { 1 } else { self.failures + 1 };
        self.last = Some(at);
    }

    fn is_over(self, at: Timestamp) -> bool {
        self.last.is_none_or(|last| at >= after(last, LOCK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    fn role_with(accessor: &str) -> Role {
        let mut role = Role::documented();
        role.ledger.push(SecretId {
            accessor: accessor.to_owned(),
            host: None,
            issued_by: None,
            ticket: None,
            run: None,
            created: minute(0),
            expires: minute(720 * 60),
        });
        role
    }

    #[test]
    fn five_wrong_secret_ids_lock_out_the_right_one_for_a_quarter_of_an_hour() {
        let mut role = role_with("right");
        for n in 0..5 {
            assert_eq!(role.log_in("wrong", minute(n)), Err(Refusal::BadSecretId));
        }
        assert_eq!(role.log_in("right", minute(5)), Err(Refusal::Locked));
        assert_eq!(role.log_in("right", minute(18)), Err(Refusal::Locked));
        assert_eq!(role.log_in("right", minute(19)), Ok(()));
    }

    #[test]
    fn a_good_login_forgets_the_failures() {
        let mut role = role_with("right");
        for n in 0..20 {
            assert_eq!(role.log_in("wrong", minute(n)), Err(Refusal::BadSecretId));
            assert_eq!(role.log_in("right", minute(n)), Ok(()));
        }
    }

    #[test]
    fn an_expired_secret_id_is_refused() {
        let mut role = role_with("right");
        assert_eq!(role.log_in("right", minute(720 * 60)), Err(Refusal::BadSecretId));
    }
}
