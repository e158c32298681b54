//! How long until, how long since: the few words of a countdown or an age, as coarse as their length allows, so that
//! an idle screen can sleep until the wording changes.
//!
//! ```text
//! 0s … 119s │ 2m … 59m │ 1h00m … 23h59m │ 1d0h … 2d23h │ 3d …
//! ```

use jiff::{SignedDuration, Timestamp};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// Seconds of a day.
pub const DAY: i64 = 24 * HOUR;

/// Spans shorter than this many seconds are told to the second.
const TOLD_IN_SECONDS: i64 = 2 * MINUTE;
/// Spans of at least this many seconds are told in days alone.
const TOLD_IN_DAYS: i64 = 3 * DAY;

/// A span of so many seconds, past or future: `47m`, `2h51m`, `27d`. Rounded down, at most six cells wide up to 9999 days.
pub fn words(seconds: i64) -> String {
    let seconds = seconds.saturating_abs();
    match seconds {
        ..TOLD_IN_SECONDS => format!("{seconds}s"),
        TOLD_IN_SECONDS..HOUR => format!("{}m", seconds / MINUTE),
        HOUR..DAY => format!("{}h{:02}m", seconds / HOUR, seconds % HOUR / MINUTE),
        DAY..TOLD_IN_DAYS => format!("{}d{}h", seconds / DAY, seconds % DAY / HOUR),
        _ => format!("{}d", seconds / DAY),
    }
}

/// The span between a moment and now, on whichever side it lies: `47m`.
pub fn between(moment: Timestamp, now: Timestamp) -> String {
    words(seconds_between(moment, now))
}

/// Whole seconds from `earlier` to `later`, negative when they lie the other way round.
pub fn seconds(earlier: Timestamp, later: Timestamp) -> i64 {
    later.duration_since(earlier).as_secs()
}

/// So many seconds after a moment; before it when negative.
pub fn after(moment: Timestamp, seconds: i64) -> Timestamp {
    let furthest = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    moment.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(furthest)
}

/// The first moment after `now` at which [`between`] says something else.
pub fn changes_at(moment: Timestamp, now: Timestamp) -> Timestamp {
    let seconds = seconds_between(moment, now);
    let floor = seconds - seconds % step(seconds);
    if moment > now && floor > 0 {
        // a countdown leaves its words as soon as less than their floor remains
        let last_moment = after(moment, -floor);
        last_moment.checked_add(SignedDuration::from_millis(1)).unwrap_or(Timestamp::MAX)
    } else {
        after(moment, floor + step(seconds))
    }
}

/// A moment as an operator reads it, in UTC: `09:41` today, `2026-11-21 09:41` on any other day.
pub fn clock(moment: Timestamp, now: Timestamp) -> String {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let format = if day(moment) == day(now) { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    moment.strftime(format).to_string()
}

/// A moment's day, in UTC: `2026-11-21`.
pub fn day(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d").to_string()
}

fn seconds_between(moment: Timestamp, now: Timestamp) -> i64 {
    seconds(moment, now).saturating_abs()
}

/// How many seconds share the wording that this span has.
fn step(seconds: i64) -> i64 {
    match seconds {
        ..TOLD_IN_SECONDS => 1,
        TOLD_IN_SECONDS..DAY => MINUTE,
        DAY..TOLD_IN_DAYS => HOUR,
        _ => DAY,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_span_is_told_as_coarsely_as_it_is_long() {
        for (seconds, told) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (47 * 60 + 59, "47m"),
            (3600, "1h00m"),
            (2 * 3600 + 51 * 60, "2h51m"),
            (-3 * 60, "3m"),
            (26 * 3600, "1d2h"),
            (3 * 86400 - 1, "2d23h"),
            (27 * 86400 + 5, "27d"),
        ] {
            assert_eq!(words(seconds), told);
        }
    }

    #[test]
    fn a_moment_today_is_told_without_its_date() {
        let now: Timestamp = "2026-11-22T14:02:11Z".parse().unwrap();
        assert_eq!(clock("2026-11-22T09:41:10Z".parse().unwrap(), now), "09:41");
        assert_eq!(clock("2026-11-21T09:41:10Z".parse().unwrap(), now), "2026-11-21 09:41");
    }

    proptest! {
        #[test]
        fn words_stand_still_until_they_are_said_to_change(
            at in -4_000_000_000_i64..4_000_000_000,
            now in -4_000_000_000_i64..4_000_000_000,
            part in 0.0..1.0_f64,
        ) {
            let now = Timestamp::from_millisecond(now).unwrap();
            let moment = Timestamp::from_millisecond(at).unwrap();
            let changes = changes_at(moment, now);
            prop_assert!(changes > now);
            let within = now.checked_add((changes.duration_since(now) - SignedDuration::from_nanos(1)).mul_f64(part));
            prop_assert_eq!(between(moment, within.unwrap()), between(moment, now));
            prop_assert_ne!(between(moment, changes), between(moment, now));
        }
    }
}
