//! A pretend fleet's time may run faster than ours, so that what ends in hours is seen to end; what is shown for a while is shown
//! for as long as our own clock says all the same. On a slow line, frames that only show how time goes by are few.

use jiff::{SignedDuration, Timestamp};

use crate::model::deployment::Environment;
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

    /// How many times as fast as ours the fleet's time runs.
    pub(in crate::tui) fn speed(&self) -> u32 {
        self.speed
    }
}
