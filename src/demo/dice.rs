//! Chance that repeats itself: every draw is a function of the seed and of what it is drawn for, so the same fleet at
//! the same moment is the same fleet, however it got there.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A die that has been told what it is thrown for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Dice(u64);

impl Dice {
    /// Dice of a fleet.
    pub(super) fn new(seed: u64) -> Self {
        Self(mixed(seed))
    }

    /// The die for something, by name.
    pub(super) fn about(self, name: &str) -> Self {
        Self(name.bytes().fold(self.0, |state, byte| mixed(state ^ u64::from(byte))))
    }

    /// The die for the n-th of something.
    pub(super) fn number(self, n: u64) -> Self {
        Self(mixed(self.0 ^ n.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    /// The die for something that happens at a moment.
    pub(super) fn at(self, moment: Timestamp) -> Self {
        self.number(moment.as_microsecond().cast_unsigned())
    }

    /// A number from `low` up to, not including, `high`.
    pub(super) fn between(self, low: f64, high: f64) -> f64 {
        let half = u32::try_from(self.0 >> 32).unwrap_or(u32::MAX);
        low + (high - low) * f64::from(half) / (f64::from(u32::MAX) + 1.0)
    }

    /// One of several.
    pub(super) fn one_of<T: Copy>(self, choices: &[T], otherwise: T) -> T {
        let count = u64::try_from(choices.len()).unwrap_or(u64::MAX).max(1);
        let index = usize::try_from(self.0 % count).unwrap_or(0);
        choices.get(index).copied().unwrap_or(otherwise)
    }

    /// A duration stretched by a factor from `low` up to `high`.
    pub(super) fn stretched(self, duration: SignedDuration, low: f64, high: f64) -> SignedDuration {
        scaled(duration, self.between(low, high))
    }

    /// A name such as Vault gives to accessors: `8f2c1d4e-…`.
    pub(super) fn accessor(self) -> String {
        let mut digits = String::with_capacity(36);
        for (part, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
            if part > 0 {
                digits.push('-');
            }
            let bits = self.number(u64::try_from(part).unwrap_or_default()).0;
            let hex = format!("{bits:016x}");
            digits.extend(hex.chars().take(length));
        }
        digits
    }

    /// A number that names a value without being one.
    pub(super) fn id(self) -> u64 {
        self.0 >> 16
    }

    /// Hexadecimal digits, as many as asked, up to sixteen.
    pub(super) fn hex(self, digits: usize) -> String {
        let mut text = String::with_capacity(16);
        _ = write!(text, "{:016x}", self.0);
        text.truncate(digits);
        text
    }
}

/// A duration times a factor.
pub(super) fn scaled(duration: SignedDuration, factor: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(SignedDuration::MAX)
}

/// A moment and a while, without ever leaving the calendar.
pub(super) fn after(moment: Timestamp, by: SignedDuration) -> Timestamp {
    moment.checked_add(by).unwrap_or(if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}

/// The finalizer of `SplitMix64`.
fn mixed(state: u64) -> u64 {
    let state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_die_thrown_twice_for_the_same_thing_falls_the_same() {
        let dice = Dice::new(7);
        assert_eq!(dice.about("grace").number(3), dice.about("grace").number(3));
        assert_ne!(dice.about("grace").number(3), dice.about("grace").number(4));
        assert_ne!(dice.about("grace"), Dice::new(8).about("grace"));
    }

    #[test]
    fn draws_fill_their_range() {
        let draws: Vec<f64> = (0..1000).map(|n| Dice::new(1).number(n).between(0.7, 0.8)).collect();
        assert!(draws.iter().all(|draw| (0.7..0.8).contains(draw)));
        assert!(draws.iter().any(|draw| *draw < 0.71) && draws.iter().any(|draw| *draw > 0.79));
    }

    #[test]
    fn accessors_look_like_vaults() {
        let accessor = Dice::new(1).accessor();
        assert_eq!(accessor.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    }
}
