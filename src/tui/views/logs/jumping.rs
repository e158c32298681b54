//! From line to line by what they say: the words that are searched for, and errors and warnings. Going on after the last begins
//! with the first again, and says so.

use crate::tui::log_book::Entry;

use super::state::LogsState;

/// Where a jump has led.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jump {
    /// To the next one.
    Ahead,
    /// Past the end, so to the first again; backwards to the last.
    Round,
    /// There is none.
    Nowhere,
}

impl LogsState {
    /// How many lines have the words that are searched for.
    pub fn matching(&self) -> usize {
        self.book.tally().matching
    }

    /// What is searched for; empty for nothing.
    pub fn search(&self) -> &str {
        self.book.search()
    }

    /// Searches for words, and brings the nearest match above into sight.
    pub fn search_for(&mut self, words: &str) {
        self.book.search_for(words);
        let entries = self.book.entries().iter().enumerate().take(self.bottom + 1);
        let above = entries.rev().find(|(_, entry)| entry.matches).map(|(index, _)| index);
        let top = self.bottom.saturating_sub(self.page.get());
        if let Some(index) = above.filter(|index| *index < top) {
            self.stand_on(index);
        }
    }

    /// Searches for nothing any more; says whether it did.
    pub fn forget_search(&mut self) -> bool {
        let searched = !self.search().is_empty();
        self.book.search_for("");
        searched
    }

    /// To the next line with what is searched for, or the one before.
    pub fn walk_to_match(&mut self, forward: bool) -> Jump {
        self.jump(forward, |entry| entry.matches)
    }

    /// To the next error or warning, or the one before.
    pub fn walk_to_trouble(&mut self, forward: bool) -> Jump {
        self.jump(forward, Entry::is_trouble)
    }

    fn jump(&mut self, forward: bool, wanted: impl Fn(&Entry) -> bool) -> Jump {
        let count = self.book.entries().len();
        let is_wanted = |index: &usize| self.entry(*index).is_some_and(&wanted);
        // who has only scrolled stands on no line yet: the lowest in the window is the first one back
        let before = if self.cursor.is_some() { self.here() } else { self.here() + 1 };
        let (ahead, round) = if forward {
            let after = self.here() + 1;
            ((after..count).find(is_wanted), (0..after.min(count)).find(is_wanted))
        } else {
            let before = before.min(count);
            ((0..before).rev().find(is_wanted), (before..count).rev().find(is_wanted))
        };
        let Some(index) = ahead.or(round) else { return Jump::Nowhere };
        self.stand_on(index);
        if ahead.is_some() { Jump::Ahead } else { Jump::Round }
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::tests::opened;
    use super::*;

    #[test]
    fn matches_are_walked_round_the_end_and_case_counts_only_when_asked() {
        let mut state = opened(&["Error one", "fine", "error two"]);
        state.search_for("error");
        assert_eq!(state.book.tally().matching, 2);
        assert_eq!((state.walk_to_match(true), state.here()), (Jump::Round, 0));
        assert_eq!((state.walk_to_match(true), state.here()), (Jump::Ahead, 2));
        state.search_for("Error");
        assert_eq!(state.book.tally().matching, 1);
        state.search_for("nothing");
        assert_eq!((state.walk_to_match(true), state.here()), (Jump::Nowhere, 0));
    }

    #[test]
    fn errors_and_warnings_are_walked_and_the_lines_that_go_on_after_one_are_not() {
        let mut state = opened(&["[WARN] one", "[INFO] two", "[ERROR] three", "  | four", "[INFO] five"]);
        assert_eq!((state.walk_to_trouble(false), state.here()), (Jump::Ahead, 2));
        assert_eq!((state.walk_to_trouble(false), state.here()), (Jump::Ahead, 0));
        assert_eq!((state.walk_to_trouble(false), state.here()), (Jump::Round, 2));
        assert_eq!((state.walk_to_trouble(true), state.here()), (Jump::Round, 0));
    }

    #[test]
    fn the_line_at_the_end_is_the_first_one_back() {
        let mut state = opened(&["[ERROR] one", "[ERROR] two"]);
        assert_eq!((state.walk_to_trouble(false), state.here()), (Jump::Ahead, 1));
        assert_eq!((state.walk_to_trouble(false), state.here()), (Jump::Ahead, 0));
        assert_eq!(opened(&["[INFO] well"]).walk_to_trouble(true), Jump::Nowhere);
    }
}
