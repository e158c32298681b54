//! A pretend Vault Agent: what it holds in memory, and when it does what. The laws of its time are those of the real
//! one (L is the role's token TTL, M its longest life):
//!
//! ```text
//! login ─▶ renew at once ─▶ every 0.70–0.733 L ─▶ remaining ≤ 4 × grace ─▶ login again, with the secret-id in memory
//!   └─ refused ─▶ again after 1 s, doubled less up to a quarter each time, at most 5 min
//! secrets: read at login, then every 0.85–0.95 × 5 min; a failed read after 250 ms, doubled up to 1 min
//! ```

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::agent_words::Said;
use super::dice::{Dice, after, scaled};

/// `static_secret_render_interval`.
pub(super) const READ_INTERVAL: SignedDuration = SignedDuration::from_mins(5);

/// Longest wait between two logins that are refused.
const LONGEST_BACKOFF: SignedDuration = SignedDuration::from_mins(5);

/// Longest wait between two reads that fail.
const LONGEST_RETRY: SignedDuration = SignedDuration::from_mins(1);

/// Failed reads after which the agent starts its template engine anew.
pub(super) const MOST_ATTEMPTS: u32 = 12;

/// Lines of log that Docker still has.
const LOG_KEPT: usize = 1000;

/// The agent of one host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Agent {
    /// Accessor of the secret-id in memory.
    pub(super) holds: Option<String>,
    /// The token it lives on, even a dead one, until the next login.
    pub(super) session: Option<Session>,
    /// The login it is trying.
    pub(super) login: Option<LoginTry>,
    /// The read it is retrying.
    pub(super) retry: Option<Retry>,
    /// Versions of the template's secrets at its last successful read.
    pub(super) fetched: Versions,
    /// Logins that succeeded, ever.
    pub(super) logins: u64,
    log: VecDeque<(Timestamp, Said)>,
    said: u64,
}

/// A token and its times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Session {
    /// When it was issued.
    pub(super) began: Timestamp,
    /// When it dies unless it is renewed.
    pub(super) expires: Timestamp,
    /// When it dies at the latest.
    pub(super) ends: Timestamp,
    /// The role's token TTL when it was issued.
    pub(super) ttl: SignedDuration,
    /// A tenth to a fifth of the TTL, drawn at login.
    pub(super) grace: SignedDuration,
    /// When the agent next tends to it.
    pub(super) wakes: Timestamp,
}

/// A login that has not succeeded yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LoginTry {
    /// When it is tried next.
    pub(super) next: Timestamp,
    /// The last wait.
    pub(super) backoff: Option<SignedDuration>,
}

/// A read that has not succeeded yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Retry {
    /// When it is tried next.
    pub(super) next: Timestamp,
    /// Tries so far.
    pub(super) attempts: u32,
}

/// One version of each secret that the template reads; 0 for one never read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Versions {
    /// Of `…/database`.
    pub(super) database: u64,
    /// Of `…/config`.
    pub(super) config: u64,
}

impl Session {
    /// A token just issued and renewed at once.
    pub(super) fn begun(at: Timestamp, ttl: SignedDuration, max_ttl: SignedDuration, dice: Dice) -> Self {
        let grace = dice.about("grace").stretched(ttl, 0.1, 0.2);
        let mut session = Self { began: at, expires: at, ends: after(at, max_ttl), ttl, grace, wakes: at };
        session.renew(at);
        session
    }

    /// Renews; whether it is worth renewing again.
    pub(super) fn renew(&mut self, at: Timestamp) -> bool {
        self.expires = after(at, self.ttl).min(self.ends);
        let remaining = self.remaining(at);
        if remaining <= self.grace.saturating_mul(4) {
            return false;
        }
        self.wakes = after(at, (remaining.saturating_mul(2)).saturating_add(self.grace) / 3);
        true
    }

    /// A renewal found no answer; whether there is time for another.
    pub(super) fn renewal_failed(&mut self, at: Timestamp) -> bool {
        if self.remaining(at) <= self.grace {
            return false;
        }
        let last_chance = after(self.expires, -self.grace);
        self.wakes = after(at, SignedDuration::from_secs(10)).min(last_chance);
        true
    }

    /// Whether Vault still takes it at a moment.
    pub(super) fn alive(&self, at: Timestamp) -> bool {
        at < self.expires
    }

    /// The first read after a moment: the n-th falls around n × 0.9 of the interval after login, so that two are 0.85
    /// to 0.95 of it apart.
    pub(super) fn reads_after(&self, moment: Timestamp, dice: Dice) -> Timestamp {
        let dice = dice.about("read").at(self.began);
        let step = scaled(READ_INTERVAL, 0.9);
        let passed = moment.duration_since(self.began).as_millis().max(0) / step.as_millis().max(1);
        let first = u64::try_from(passed).unwrap_or_default();
        (first..first.saturating_add(3))
            .map(|n| self.read(n, step, dice))
            .find(|at| *at > moment)
            .unwrap_or(after(moment, step))
    }

    fn read(&self, n: u64, step: SignedDuration, dice: Dice) -> Timestamp {
        if n == 0 {
            return self.began;
        }
        let jitter = dice.number(n).stretched(READ_INTERVAL, -0.025, 0.025);
        let steps = i32::try_from(n).unwrap_or(i32::MAX);
        after(self.began, step.saturating_mul(steps).saturating_add(jitter))
    }

    fn remaining(&self, at: Timestamp) -> SignedDuration {
        self.expires.duration_since(at)
    }
}

impl LoginTry {
    /// The first try.
    pub(super) fn first(at: Timestamp) -> Self {
        Self { next: at, backoff: None }
    }

    /// The try after a refused one; its wait is written in hundredths of a second.
    pub(super) fn again(self, at: Timestamp, dice: Dice) -> Self {
        let backoff = match self.backoff {
            None => SignedDuration::from_secs(1),
            Some(last) => {
                let doubled = last.saturating_mul(2).min(LONGEST_BACKOFF);
                dice.about("backoff").at(at).stretched(doubled, 0.75, 1.0)
            }
        };
        let hundredths = i64::try_from(backoff.as_millis() / 10).unwrap_or_default();
        let backoff = SignedDuration::from_millis(hundredths * 10);
        Self { next: after(at, backoff), backoff: Some(backoff) }
    }
}

impl Retry {
    /// What follows one more failed read, and its announced wait.
    pub(super) fn after_failure(before: Option<Self>, at: Timestamp) -> (Self, SignedDuration) {
        let attempts = before.map_or(0, |retry| retry.attempts) + 1;
        let doubled =
            SignedDuration::from_millis(250).saturating_mul(1 << attempts.saturating_sub(1).min(20));
        let wait = doubled.min(LONGEST_RETRY);
        (Self { next: after(at, wait), attempts }, wait)
    }
}

impl Agent {
    /// Writes into its log.
    pub(super) fn say(&mut self, at: Timestamp, said: Said) {
        if self.log.len() == LOG_KEPT {
            self.log.pop_front();
        }
        self.log.push_back((at, said));
        self.said += 1;
    }

    /// Entries ever written.
    pub(super) fn said(&self) -> u64 {
        self.said
    }

    /// Entries from the n-th ever written on, oldest first, as far as they are kept.
    pub(super) fn log_from(&self, nth: u64) -> impl Iterator<Item = &(Timestamp, Said)> {
        let kept = u64::try_from(self.log.len()).unwrap_or(u64::MAX);
        let skipped = nth.saturating_sub(self.said.saturating_sub(kept));
        self.log.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX))
    }

    /// The process begins with an empty memory.
    pub(super) fn start(&mut self, at: Timestamp) {
        self.forget();
        self.say(at, Said::Started);
        self.login = Some(LoginTry::first(at));
    }

    /// The process ends; killed ones say nothing.
    pub(super) fn stop(&mut self, at: Timestamp, politely: bool) {
        if politely {
            self.say(at, Said::ShutDown);
        }
        self.forget();
    }

    fn forget(&mut self) {
        self.holds = None;
        self.session = None;
        self.login = None;
        self.retry = None;
        self.fetched = Versions::default();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);
    const FOUR_HOURS: SignedDuration = SignedDuration::from_hours(4);

    /// Moments of renewal after login, and the moment at which the agent logs in again.
    fn life(seed: u64) -> (Vec<SignedDuration>, SignedDuration, Session) {
        let began = Timestamp::UNIX_EPOCH;
        let mut session = Session::begun(began, HOUR, FOUR_HOURS, Dice::new(seed));
        let mut renewals = Vec::new();
        loop {
            let at = session.wakes;
            renewals.push(at.duration_since(began));
            if !session.renew(at) {
                return (renewals, at.duration_since(began), session);
            }
        }
    }

    proptest! {
        #[test]
        fn renewals_come_every_seven_to_seven_and_a_third_tenths_of_the_ttl(seed: u64) {
            let (renewals, _, _) = life(seed);
            let step = renewals[0].as_secs_f64() / 3600.0;
            prop_assert!((0.70..0.7334).contains(&step), "{step}");
            for (n, pair) in renewals.windows(2).enumerate().take(3) {
                let distance = (pair[1] - pair[0]).as_secs_f64() / 3600.0;
                prop_assert!((distance - step).abs() < 1e-6, "renewal {n} after {distance}");
            }
        }

        #[test]
        fn a_new_login_comes_only_when_little_is_left_and_in_the_measured_window(seed: u64) {
            let (_, again, session) = life(seed);
            let at = after(session.began, again);
            prop_assert!(session.expires.duration_since(at) <= session.grace.saturating_mul(4));
            let minutes = again.as_secs_f64() / 60.0;
            prop_assert!((209.9..220.1).contains(&minutes) || (229.0..236.0).contains(&minutes), "{minutes}");
        }

        #[test]
        fn reads_are_85_to_95_hundredths_of_the_interval_apart(seed: u64) {
            let dice = Dice::new(seed);
            let session = Session::begun(Timestamp::UNIX_EPOCH, HOUR, FOUR_HOURS, dice);
            let mut at = session.began;
            for n in 0..50 {
                let next = session.reads_after(at, dice);
                let share = next.duration_since(at).as_secs_f64() / READ_INTERVAL.as_secs_f64();
                let low = if n == 0 { 0.87 } else { 0.85 };
                prop_assert!((low..0.9501).contains(&share), "read {n} after {share}");
                at = next;
            }
        }

        #[test]
        fn refused_logins_wait_ever_longer_up_to_five_minutes(seed: u64) {
            let dice = Dice::new(seed);
            let mut login = LoginTry::first(Timestamp::UNIX_EPOCH);
            let mut last = SignedDuration::ZERO;
            for _ in 0..20 {
                login = login.again(login.next, dice);
                let backoff = login.backoff.unwrap();
                prop_assert!(backoff > last || backoff >= SignedDuration::from_secs(225));
                prop_assert!(backoff <= LONGEST_BACKOFF);
                last = backoff;
            }
        }
    }

    #[test]
    fn failed_reads_double_their_wait_up_to_a_minute() {
        let mut retry = None;
        let mut waits = Vec::new();
        for _ in 0..10 {
            let (next, wait) = Retry::after_failure(retry, Timestamp::UNIX_EPOCH);
            retry = Some(next);
            waits.push(wait.as_millis());
        }
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
    }

    #[test]
    fn without_answers_the_token_is_given_up_within_its_grace() {
        let mut session = Session::begun(Timestamp::UNIX_EPOCH, HOUR, FOUR_HOURS, Dice::new(1));
        while session.renewal_failed(session.wakes) {}
        assert_eq!(session.expires.duration_since(session.wakes), session.grace);
    }

    #[test]
    fn the_log_forgets_its_beginning_and_counts_on() {
        let mut agent = Agent::default();
        for _ in 0..LOG_KEPT + 10 {
            agent.say(Timestamp::UNIX_EPOCH, Said::Renewed);
        }
        assert_eq!(agent.log_from(0).count(), LOG_KEPT);
        assert_eq!(agent.log_from(agent.said() - 3).count(), 3);
        assert_eq!(agent.log_from(agent.said()).count(), 0);
    }
}
