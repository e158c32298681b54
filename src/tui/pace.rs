//! When to draw: at once for a key, soon for what was observed, and otherwise when something on the screen reads
//! differently by itself. Judging never takes more than a small share of the time, however many hosts there are, so a
//! key hardly ever waits for it.

use std::time::{Duration, Instant};

/// Shortest time between two frames that only show observations.
const BETWEEN_OBSERVATIONS: Duration = Duration::from_millis(100);
/// The same while the first looks come in.
const BETWEEN_FIRST: Duration = Duration::from_millis(2);
/// Time in which what a run says is gathered before it is drawn.
const GATHERING: Duration = Duration::from_millis(40);
/// All three on a line that is slow.
const BETWEEN_ON_A_SLOW_LINE: Duration = Duration::from_secs(1);
/// Shortest time between two frames on a slow line that only show how time goes by.
const CLOCKS_ON_A_SLOW_LINE: Duration = Duration::from_secs(10);
/// Judging rests this many times as long as it took.
const REST: u32 = 25;
/// The same while the first looks come in.
const REST_AT_FIRST: u32 = 3;
/// Longest sleep; the clock of a pretend fleet may run faster than ours.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// What the loop knows of its own pace.
#[derive(Debug)]
pub(super) struct Pace {
    judged: Option<Instant>,
    judging_took: Duration,
    due: Option<Instant>,
    wake: Instant,
    slow_line: bool,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            judged: None,
            judging_took: Duration::ZERO,
            due: Some(now),
            wake: now + LONGEST_SLEEP,
            slow_line: false,
        }
    }

    /// Frames are few, or as many as the eye follows; those for keys are drawn at once all the same.
    pub(super) fn on_a_slow_line(&mut self, slow: bool) {
        self.slow_line = slow;
    }

    /// A frame is wanted at once.
    pub(super) fn at_once(&mut self, now: Instant) {
        self.due = Some(now);
    }

    /// A frame is wanted soon, `incomplete` while first looks are still to come.
    pub(super) fn soon(&mut self, now: Instant, incomplete: bool) {
        let due = self.may_judge_at(incomplete).map_or(now, |may| may.max(now));
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
    }

    /// A frame is wanted within a moment that gathers what comes in many pieces.
    pub(super) fn shortly(&mut self, now: Instant) {
        let due = now + if self.slow_line { BETWEEN_ON_A_SLOW_LINE } else { GATHERING };
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
    }

    /// Whether judging is allowed by now.
    pub(super) fn may_judge(&self, now: Instant, incomplete: bool) -> bool {
        self.may_judge_at(incomplete).is_none_or(|may| may <= now)
    }

    fn may_judge_at(&self, incomplete: bool) -> Option<Instant> {
        let (between, rest) = match incomplete {
            _ if self.slow_line => (BETWEEN_ON_A_SLOW_LINE, REST),
            true => (BETWEEN_FIRST, REST_AT_FIRST),
            false => (BETWEEN_OBSERVATIONS, REST),
        };
        self.judged.map(|judged| judged + between.max(self.judging_took * rest))
    }

    /// Judgement was passed.
    pub(super) fn judged(&mut self, began: Instant, ended: Instant) {
        self.judged = Some(ended);
        self.judging_took = ended - began;
    }

    /// A frame was drawn, which reads differently after `changes`.
    pub(super) fn drawn(&mut self, now: Instant, changes: Option<Duration>) {
        self.due = None;
        let least = if self.slow_line { CLOCKS_ON_A_SLOW_LINE } else { Duration::ZERO };
        let changes = changes.map(|changes| changes.max(least));
        self.wake = now + changes.map_or(LONGEST_SLEEP, |changes| changes.min(LONGEST_SLEEP));
    }

    /// When the loop must look up even if no message comes.
    pub(super) fn next(&self) -> Instant {
        self.due.map_or(self.wake, |due| due.min(self.wake))
    }

    /// Whether a frame is due.
    pub(super) fn due(&self, now: Instant) -> bool {
        self.next() <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_drawn_at_once_and_observations_are_gathered() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        pace.judged(start, start + Duration::from_millis(1));
        pace.drawn(start, None);
        pace.soon(start + Duration::from_millis(10), false);
        assert!(!pace.due(start + Duration::from_millis(50)));
        pace.at_once(start + Duration::from_millis(50));
        assert!(pace.due(start + Duration::from_millis(50)));
    }

    #[test]
    fn on_a_slow_line_only_keys_are_drawn_at_once() {
        let start = Instant::now();
        let second = start + Duration::from_secs(1);
        let mut pace = Pace::new(start);
        pace.on_a_slow_line(true);
        pace.judged(start, start);
        pace.drawn(start, Some(Duration::from_secs(1)));
        assert_eq!(pace.next(), start + Duration::from_secs(10), "clocks");
        pace.shortly(start);
        assert_eq!(pace.next(), second, "what a run says");
        pace.soon(start, true);
        assert_eq!(pace.next(), second, "what was observed");
        pace.at_once(start);
        assert!(pace.due(start));
    }

    #[test]
    fn slow_judging_is_done_more_rarely() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let ended = start + Duration::from_millis(20);
        pace.judged(start, ended);
        assert!(!pace.may_judge(ended + Duration::from_millis(400), false));
        assert!(pace.may_judge(ended + Duration::from_millis(500), false));
    }

    #[test]
    fn an_idle_screen_sleeps_until_something_on_it_reads_differently() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        pace.drawn(start, Some(Duration::from_secs(40)));
        assert_eq!(pace.next(), start + Duration::from_secs(40));
    }
}
