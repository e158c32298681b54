//! A pretend fleet's time may run faster than ours, so that what ends in hours is seen to end; what is shown for a while is shown
//! for as long as our own clock says all the same. On a slow line, frames that only show how time goes by are few.

use jiff::{SignedDuration, Timestamp};

use crate::model::deployment::Environment;
use crate::model::span;
use crate::tui::theme::Role;

use super::{App, Effect};

/// The speeds that a key goes through.
const SPEEDS: [u32; 4] = [1, 10, 60, 600];

impl App {
    /// The next speed; after the fastest, time runs as here again.
    pub(super) fn run_faster(&mut self) -> Vec<Effect> {
        if self.environment != Some(Environment::Demo) {
            self.say("only the time of the pretend fleet can run faster".to_owned(), Role::Muted);
            return Vec::new();
        }
        self.speed = SPEEDS.into_iter().find(|speed| *speed > self.speed).unwrap_or(1);
        let words = match self.speed {
            1 => "the fleet's time runs as here again".to_owned(),
            speed => format!("the fleet's time runs {speed} times as fast as here"),
        };
        self.say(words, Role::Accent);
        vec![Effect::RunAt(self.speed)]
    }

    /// Frames are few from now on, or as many as the eye follows.
    pub(super) fn turn_slow_line(&mut self) {
        self.slow_line = !self.slow_line;
        let words = if self.slow_line {
            "few frames, for a slow line: clocks every 10 s, keys at once"
        } else {
            "as many frames as the eye follows"
        };
        self.say(words.to_owned(), Role::Muted);
    }

    /// The moment that so many seconds from now are, by our own clock.
    pub(super) fn in_our_seconds(&self, seconds: i64) -> Timestamp {
        let span = SignedDuration::from_secs(seconds.saturating_mul(i64::from(self.speed)));
        self.now.checked_add(span).unwrap_or(Timestamp::MAX)
    }

    /// Takes note of the moment it is by our own clock: a pretend fleet's leaps while a run waits in it.
    pub fn by_our_clock(&mut self, ours: Timestamp) {
        self.ours = Some(ours);
    }

    /// The moment by our own clock, where it is known apart from the fleet's.
    pub(super) fn our_moment(&self) -> Timestamp {
        self.ours.unwrap_or(self.now)
    }

    /// The moment of our own that so many seconds from now are.
    pub(super) fn our_moment_in(&self, seconds: i64) -> Timestamp {
        match self.ours {
            Some(ours) => span::after(ours, seconds),
            None => self.in_our_seconds(seconds),
        }
    }

    /// When the fleet's clock will show it, unless that leaps.
    pub(in crate::tui) fn by_the_fleets_clock(&self, moment: Timestamp) -> Timestamp {
        let Some(ours) = self.ours else { return moment };
        let left = span::seconds(ours, moment).saturating_add(1);
        span::after(self.now, left.saturating_mul(i64::from(self.speed)))
    }

    /// How many times as fast as ours the fleet's time runs.
    pub(in crate::tui) fn speed(&self) -> u32 {
        self.speed
    }
}
