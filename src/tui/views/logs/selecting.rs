//! Lines to take along: what is selected, else what a key says, as a text that tells when and where each line was written.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::tui::keymap::Action;

use super::state::LogsState;

/// Lines of a log as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The lines.
    pub text: String,
    /// How many they are.
    pub lines: usize,
}

impl LogsState {
    /// Begins a selection where the operator stands, or ends it.
    pub fn toggle_selection(&mut self) {
        if self.mark.take().is_some() || self.book.entries().is_empty() {
            return;
        }
        let here = self.here();
        self.stand_on(here);
        self.mark = Some(here);
    }

    /// Selects nothing any more; says whether it did.
    pub fn forget_selection(&mut self) -> bool {
        self.mark.take().is_some()
    }

    /// The lines that are selected.
    pub fn selected(&self) -> Option<RangeInclusive<usize>> {
        let (mark, here) = (self.mark?, self.here());
        Some(mark.min(here)..=mark.max(here))
    }

    /// What is selected, else the lines in the window.
    pub fn chosen(&self) -> Excerpt {
        let shown = || (self.bottom + 1).saturating_sub(self.page.get())..=self.bottom;
        self.excerpt(self.selected().unwrap_or_else(shown))
    }

    /// What is selected, else every line.
    pub fn chosen_or_all(&self) -> Excerpt {
        self.excerpt(self.selected().unwrap_or(0..=self.last()))
    }

    pub(super) fn selection_moved(&mut self, action: Action) {
        if let Some(target) = self.target(action, self.here(), 0) {
            self.hold_in_sight(target);
        }
    }

    /// The window goes no further than it must, so that the lines around the end of a selection can be read.
    fn hold_in_sight(&mut self, index: usize) {
        let page = self.page.get().max(1);
        self.cursor = Some(index);
        self.bottom = self.bottom.clamp(index, index + page - 1).min(self.last());
    }

    fn excerpt(&self, lines: RangeInclusive<usize>) -> Excerpt {
        let mut excerpt = Excerpt { text: String::new(), lines: 0 };
        let start = *lines.start();
        let count = lines.end() + 1 - start;
        for entry in self.book.entries().iter().skip(start).take(count) {
            excerpt.lines += 1;
            if self.times {
                let _ = write!(excerpt.text, "{} ", self.moment(entry.at));
            }
            if let Some(source) = self.sources.get(entry.source).filter(|_| self.is_merged()) {
                let _ = write!(excerpt.text, "{} ", source.label);
            }
            let _ = writeln!(excerpt.text, "{}", entry.text);
        }
        excerpt
    }

    /// A moment that still tells everything when it is read elsewhere.
    fn moment(&self, at: Timestamp) -> String {
        if self.local {
            return at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string();
        }
        at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    }

    /// The zone that times are shown in.
    pub(super) fn shown_zone(&self) -> TimeZone {
        if self.local { self.zone.clone() } else { TimeZone::UTC }
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::tests::opened;
    use super::*;

    #[test]
    fn a_selection_grows_with_every_move_and_ends_where_it_began() {
        let mut state = opened(&["one", "two", "three", "four"]);
        state.toggle_selection();
        state.moved(Action::Up);
        state.moved(Action::Up);
        assert_eq!(state.selected(), Some(1..=3));
        assert_eq!(state.chosen().lines, 3);
        state.moved(Action::First);
        assert_eq!(state.selected(), Some(0..=3));
        assert!(state.forget_selection() && state.selected().is_none());
    }

    #[test]
    fn a_line_taken_along_tells_when_it_was_written() {
        let mut state = opened(&["one", "two"]);
        assert_eq!(
            state.chosen_or_all().text,
            "1970-01-01T00:00:00.000Z one\n1970-01-01T00:00:00.000Z two\n"
        );
        state.local = true;
        state.zone = TimeZone::fixed(jiff::tz::offset(2));
        state.toggle_selection();
        assert_eq!(state.chosen().text, "1970-01-01T02:00:00.000+02:00 two\n");
        state.times = false;
        assert_eq!(state.chosen().text, "two\n");
    }

    #[test]
    fn of_an_empty_log_there_is_nothing_to_take_along() {
        let mut state = opened(&[]);
        state.toggle_selection();
        assert!(state.selected().is_none());
        assert_eq!((state.chosen().lines, state.chosen_or_all().lines), (0, 0));
    }
}
