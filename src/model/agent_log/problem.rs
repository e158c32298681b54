//! A problem and how long it has been in force.
//!
//! ```text
//! failure ──▶ in force ──▶ same failure again: one more attempt of the same run
//!                │  ├────▶ success of the same kind: gone
//!                │  └────▶ another cause: a new run begins
//!                └───────▶ quiet for longer than the announced wait: lapsed, unless the next failure counts on
//! ```

use jiff::{SignedDuration, Timestamp};

use super::class::Class;

/// How long a problem without an announced retry is believed: longer than the agent ever waits between two reads.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(5);

/// What a try may take beyond the announced wait.
const QUICK_ANSWER: SignedDuration = SignedDuration::from_secs(1);

/// The same when Vault answers late or not at all: the client itself tries thrice.
const SLOW_ANSWER: SignedDuration = SignedDuration::from_secs(5);

/// One failed try.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// When.
    pub(super) at: Option<Timestamp>,
    /// Why.
    pub(super) class: Class,
    /// The announced wait before the next try.
    pub(super) retry: Option<SignedDuration>,
    /// The count the agent itself gives; it starts anew after a success.
    pub(super) attempt: Option<u32>,
    /// The entry on one line.
    pub(super) evidence: String,
    /// Whether the entry itself names its cause; a cut one is taken for more of the same.
    pub(super) is_named: bool,
}

/// Failures of one kind without a success in between.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    /// Why.
    pub(super) class: Class,
    /// First failure of this run.
    pub(super) since: Option<Timestamp>,
    /// Failures in this run.
    pub(super) attempts: u32,
    /// The latest failure on one line.
    pub(super) evidence: String,
    /// What the problem before this one was, when it turned into this one without a success.
    pub(super) earlier: Option<Class>,
    /// Whether the part of the agent that announced the retry has been replaced since.
    pub(super) is_restarted: bool,
    last: Option<Timestamp>,
    retry: Option<SignedDuration>,
    attempt: Option<u32>,
    overrun: SignedDuration,
}

impl Problem {
    /// The problem after one more failure.
    pub(super) fn after(before: Option<Self>, failure: Failure) -> Self {
        let Some(before) = before else { return Self::begun(failure, None) };
        if before.class != failure.class {
            return Self::begun(failure, Some(before.class));
        }
        let overrun =
            if before.is_counted_on(&failure) { before.late_by(failure.at) } else { SignedDuration::ZERO };
        Self {
            attempts: before.attempts.saturating_add(1),
            evidence: if failure.is_named { failure.evidence } else { before.evidence },
            is_restarted: false,
            last: failure.at.or(before.last),
            retry: failure.retry,
            attempt: failure.attempt,
            overrun: before.overrun.max(overrun),
            ..before
        }
    }

    /// Whether a failure belongs to this run: it came in time, or the agent's own count shows no success in between.
    pub(super) fn goes_on_with(&self, failure: &Failure) -> bool {
        self.is_counted_on(failure) || !self.is_quiet_for(self.overrun.max(SLOW_ANSWER), failure.at)
    }

    /// The same failure told again by another part of the agent, with another wait.
    pub(super) fn told_again(&mut self, failure: &Failure) {
        self.last = failure.at.or(self.last);
        self.retry = failure.retry;
    }

    /// When the next try is due.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.last?.checked_add(self.retry?).ok()
    }

    /// Whether a success at this moment can be this problem's: the try that was announced has come.
    pub(super) fn can_end_at(&self, at: Option<Timestamp>) -> bool {
        match (self.due(), at) {
            (Some(due), Some(at)) => self.is_restarted || at >= due,
            _ => true,
        }
    }

    /// Whether it has been quiet for longer than the announced wait.
    pub(super) fn is_lapsed(&self, now: Option<Timestamp>) -> bool {
        let patience = match self.class {
            Class::Sealed | Class::Unreachable | Class::Tls | Class::Unknown => SLOW_ANSWER,
            _ => QUICK_ANSWER,
        };
        self.is_quiet_for(self.overrun.max(patience), now)
    }

    /// Gives a problem that began before the first time in the log that time.
    pub(super) fn date(&mut self, at: Timestamp) {
        self.since.get_or_insert(at);
        self.last.get_or_insert(at);
    }

    fn begun(failure: Failure, earlier: Option<Class>) -> Self {
        Self {
            class: failure.class,
            since: failure.at,
            attempts: 1,
            evidence: failure.evidence,
            earlier,
            is_restarted: false,
            last: failure.at,
            retry: failure.retry,
            attempt: failure.attempt,
            overrun: SignedDuration::ZERO,
        }
    }

    /// Whether the agent's own count goes on: then no try in between succeeded.
    fn is_counted_on(&self, failure: &Failure) -> bool {
        matches!((self.attempt, failure.attempt), (Some(before), Some(now)) if now == before.saturating_add(1))
    }

    fn late_by(&self, at: Option<Timestamp>) -> SignedDuration {
        match (self.due(), at) {
            (Some(due), Some(at)) => at.duration_since(due).max(SignedDuration::ZERO),
            _ => SignedDuration::ZERO,
        }
    }

    fn is_quiet_for(&self, beyond: SignedDuration, now: Option<Timestamp>) -> bool {
        let (Some(last), Some(now)) = (self.last, now) else { return false };
        now.duration_since(last) > self.retry.unwrap_or(LONGEST_WAIT).saturating_add(beyond)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(second: i64, class: Class, attempt: u32, wait: i64) -> Failure {
        Failure {
            at: Timestamp::from_second(second).ok(),
            class,
            retry: Some(SignedDuration::from_secs(wait)),
            attempt: Some(attempt),
            evidence: String::new(),
            is_named: true,
        }
    }

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    #[test]
    fn quiet_for_longer_than_announced_lapses() {
        let problem = Problem::after(None, failure(100, Class::PermissionDenied, 1, 8));
        assert!(!problem.is_lapsed(at(108)));
        assert!(problem.is_lapsed(at(110)));
    }

    #[test]
    fn a_late_failure_that_counts_on_is_the_same_run() {
        let problem = Problem::after(None, failure(100, Class::PermissionDenied, 1, 1));
        let next = failure(105, Class::PermissionDenied, 2, 2);
        assert!(problem.goes_on_with(&next));
        let problem = Problem::after(Some(problem), next);
        assert_eq!((problem.attempts, problem.since), (2, at(100)));
        assert!(!problem.is_lapsed(at(110)), "the last try was four seconds late");
    }

    #[test]
    fn a_late_failure_that_counts_anew_is_a_new_run() {
        let problem = Problem::after(None, failure(100, Class::PermissionDenied, 3, 1));
        assert!(!problem.goes_on_with(&failure(107, Class::PermissionDenied, 1, 1)));
    }

    #[test]
    fn another_cause_is_a_new_run_that_remembers_the_old_one() {
        let problem = Problem::after(None, failure(100, Class::SecretIdRefused, 1, 8));
        let problem = Problem::after(Some(problem), failure(108, Class::RoleLocked, 2, 8));
        assert_eq!((problem.attempts, problem.since), (1, at(108)));
        assert_eq!(problem.earlier, Some(Class::SecretIdRefused));
    }
}
