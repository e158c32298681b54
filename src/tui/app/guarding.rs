//! What happens when nobody presses a key: what was unlocked is locked again, and the screen is covered where the profile
//! wants that. Host names and the like are kept off the screen while it is shared.
//!
//! ```text
//! key ──────────▶ last_key        tick ─▶ last_key + relock ─▶ Effect::Lock      + cover ─▶ covered ─any key─▶ as it was
//! ```

use jiff::{SignedDuration, Timestamp};

use crate::model::deployment::{Environment, Habits};
use crate::tui::sharing::StandIns;
use crate::tui::theme::Role;

use super::question::Asks;
use super::{App, Effect, Layer};

impl App {
    /// What follows from nobody having pressed a key for a while.
    pub(super) fn left_alone(&mut self) -> Vec<Effect> {
        if self.covers_at().is_some_and(|at| at <= self.now) {
            self.cover();
        }
        if self.locks_at().is_none_or(|at| at > self.now) {
            return Vec::new();
        }
        self.say("no key for a while: it is read-only again".to_owned(), Role::Warn);
        self.lock_again()
    }

    /// Somebody else may sit down at the terminal; a run in hand keeps what it was given.
    pub fn stepped_aside(&mut self) -> Vec<Effect> {
        self.layers.retain(|layer| !matches!(layer, Layer::Revealed(_)));
        if self.locks_at().is_some() { self.lock_again() } else { Vec::new() }
    }

    /// Takes note of a key; says whether it only uncovers the screen.
    pub(super) fn uncovered(&mut self) -> bool {
        self.last_key = self.now;
        let covered = std::mem::take(&mut self.covered);
        if covered {
            self.look_again();
        }
        covered
    }

    /// When what is unlocked is locked again if no key is pressed; never in the middle of a run, for which it was unlocked.
    pub(in crate::tui) fn locks_at(&self) -> Option<Timestamp> {
        let carrying = self.acts.in_hand.as_ref().is_some_and(|in_hand| !in_hand.has_ended());
        let beginning = self.acts.confirmed.is_some();
        let guarded = self.environment == Some(Environment::Prod) && self.acts.unlocked;
        (guarded && !carrying && !beginning).then(|| self.after_minutes(self.habits().relock_minutes.max(1)))
    }

    /// When the screen is covered if no key is pressed.
    pub(in crate::tui) fn covers_at(&self) -> Option<Timestamp> {
        let minutes = self.habits().cover_minutes;
        (minutes > 0 && !self.covered).then(|| self.after_minutes(minutes))
    }

    /// A question that stands before a run must not be answered when the lock has closed under it.
    pub(super) fn forget_questions_of_the_unlocked(&mut self) {
        let needs_the_lock_open = |layer: &Layer| match layer {
            Layer::Question(question) => matches!(question.asks, Asks::Begin | Asks::TakeUp { .. }),
            _ => false,
        };
        self.layers.retain(|layer| !needs_the_lock_open(layer));
    }

    fn cover(&mut self) {
        self.look_away();
        self.covered = true;
        self.layers.retain(|layer| !matches!(layer, Layer::Revealed(_)));
    }

    /// How the console behaves on the deployment that is open.
    pub(in crate::tui) fn habits(&self) -> Habits {
        self.deployment().map(|deployment| deployment.habits).unwrap_or_default()
    }

    fn after_minutes(&self, minutes: i64) -> Timestamp {
        self.last_key + SignedDuration::from_mins(minutes)
    }

    /// What stands in for names, while the screen is shared.
    pub(in crate::tui) fn stand_ins(&self) -> Option<&StandIns> {
        self.sharing.then_some(&self.stand_ins)
    }

    /// Shows stand-ins instead of names, or the names again.
    pub(super) fn toggle_sharing(&mut self) {
        self.sharing = !self.sharing;
        let words = if self.sharing {
            "screen shared: hosts, paths, accounts, accessors and endpoints have stand-ins"
        } else {
            "everything has its own name again"
        };
        self.say(words.to_owned(), Role::Accent);
    }
}
