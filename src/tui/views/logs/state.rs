//! Which log is open, how far back it goes, which line is at the bottom of the window, and what is searched for.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};

use crate::deck::{LogLine, LogRequest};
use crate::model::trouble::Trouble;
use crate::tui::keymap::Action;
use crate::tui::log_book::LogBook;

/// Past lines asked for when no time range is chosen.
const TAIL: usize = 1_000;
/// Past lines asked for within a time range.
const TAIL_OF_RANGE: usize = 10_000;

/// How far back a log goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Range {
    /// The newest lines, however old.
    #[default]
    All,
    /// Only lines younger than so many seconds when the log was opened.
    Seconds(i64),
}

/// The open log.
#[derive(Debug)]
pub struct LogsState {
    /// Host and container.
    pub target: Option<(String, String)>,
    /// How far back it goes.
    pub range: Range,
    /// Whether the window stays at the end.
    pub following: bool,
    /// Whether long lines are broken.
    pub wrap: bool,
    /// Whether the time of each line is shown.
    pub times: bool,
    /// What is searched for; empty for nothing.
    search: String,
    /// How many lines have it, until the lines or the words change.
    matching: Cell<Option<usize>>,
    pub(super) book: LogBook,
    /// Why it ended, or could not be opened.
    pub(super) trouble: Option<Trouble>,
    pub(super) ended: bool,
    /// Index of the line at the bottom of the window.
    pub(super) bottom: usize,
    /// Lines the window shows.
    pub(super) page: Cell<usize>,
    number: u64,
}

impl Default for LogsState {
    fn default() -> Self {
        Self {
            target: None,
            range: Range::All,
            following: true,
            wrap: false,
            times: true,
            search: String::new(),
            matching: Cell::new(None),
            book: LogBook::default(),
            trouble: None,
            ended: false,
            bottom: 0,
            page: Cell::new(1),
            number: 0,
        }
    }
}

impl LogsState {
    /// Starts a log anew; returns its number and what to ask for.
    pub fn open(&mut self, host: String, container: String, now: Timestamp) -> (u64, LogRequest) {
        self.target = Some((host.clone(), container.clone()));
        self.book = LogBook::default();
        self.trouble = None;
        self.ended = false;
        self.following = true;
        self.bottom = 0;
        self.matching.set(None);
        self.number += 1;
        let (tail, since) = match self.range {
            Range::All => (TAIL, None),
            Range::Seconds(seconds) => {
                (TAIL_OF_RANGE, now.checked_sub(SignedDuration::from_secs(seconds)).ok())
            }
        };
        (self.number, LogRequest { host, container, tail, since })
    }

    /// Takes in lines of the log with this number; lines of an earlier one are let go.
    pub fn logged(&mut self, number: u64, lines: Vec<LogLine>) {
        if number != self.number {
            return;
        }
        self.matching.set(None);
        for line in lines {
            self.bottom = self.bottom.saturating_sub(self.book.push(line));
        }
        if self.following {
            self.bottom = self.last();
        }
    }

    /// Takes note that the log with this number has ended.
    pub fn ended(&mut self, number: u64, trouble: Option<Trouble>) {
        if number == self.number {
            self.trouble = trouble;
            self.ended = true;
        }
    }

    /// Stays at the end, or stops where it is.
    pub fn toggle_following(&mut self) {
        self.following = !self.following;
        if self.following {
            self.bottom = self.last();
        }
    }

    /// Moves the window as a key asks.
    pub fn moved(&mut self, action: Action) {
        let page = self.page.get().max(1);
        let bottom = match action {
            Action::Down => self.bottom + 1,
            Action::Up => self.bottom.saturating_sub(1),
            Action::First => page.saturating_sub(1),
            Action::Last => self.last(),
            Action::HalfPageDown => self.bottom + page / 2,
            Action::HalfPageUp => self.bottom.saturating_sub(page / 2),
            Action::PageDown => self.bottom + page,
            Action::PageUp => self.bottom.saturating_sub(page),
            _ => return,
        };
        self.bottom = bottom.max(page.saturating_sub(1)).min(self.last());
        self.following = self.bottom == self.last();
    }

    /// Whether a line has what is searched for.
    pub(super) fn matches(&self, line: &LogLine) -> bool {
        !self.search.is_empty() && !found(&line.text, &self.search).is_empty()
    }

    /// How many lines have what is searched for.
    pub fn matching(&self) -> usize {
        let count = || self.book.lines().iter().filter(|line| self.matches(line)).count();
        let matching = self.matching.get().unwrap_or_else(count);
        self.matching.set(Some(matching));
        matching
    }

    /// What is searched for; empty for nothing.
    pub fn search(&self) -> &str {
        &self.search
    }

    /// Searches for words, and brings the nearest match above into sight.
    pub fn search_for(&mut self, words: &str) {
        words.clone_into(&mut self.search);
        self.matching.set(None);
        self.walk_to_nearest_match();
    }

    /// Brings the next match, or the one before, to the bottom of the window.
    pub fn walk_to_match(&mut self, forward: bool) {
        let lines = self.book.lines();
        let next = if forward {
            (self.bottom + 1..lines.len()).chain(0..lines.len()).find(|index| self.matches(&lines[*index]))
        } else {
            let before = (0..self.bottom.min(lines.len())).rev();
            before.chain((0..lines.len()).rev()).find(|index| self.matches(&lines[*index]))
        };
        if let Some(index) = next {
            self.bottom = index;
            self.following = false;
        }
    }

    fn walk_to_nearest_match(&mut self) {
        let lines = self.book.lines();
        let above =
            (0..=self.bottom).rev().find(|index| lines.get(*index).is_some_and(|line| self.matches(line)));
        let shown = self.bottom.saturating_sub(self.page.get());
        if let Some(index) = above.filter(|index| *index < shown) {
            self.bottom = index;
            self.following = false;
        }
    }

    /// Searches for nothing any more; says whether it did.
    pub fn forget_search(&mut self) -> bool {
        let searched = !self.search.is_empty();
        self.search.clear();
        searched
    }

    pub(super) fn last(&self) -> usize {
        self.book.lines().len().saturating_sub(1)
    }
}

/// Byte ranges of the words in a text. Upper case letters in the words make case count.
pub(super) fn found(text: &str, words: &str) -> Vec<(usize, usize)> {
    if words.is_empty() {
        return Vec::new();
    }
    let exact = words.chars().any(char::is_uppercase);
    // ASCII only, so that byte positions in the lowered text are those in the text itself.
    let lowered = if exact { text.to_owned() } else { text.to_ascii_lowercase() };
    lowered.match_indices(words).map(|(at, matched)| (at, at + matched.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<LogLine> {
        let line =
            |text: &&str| LogLine { at: Timestamp::UNIX_EPOCH, stderr: false, text: (*text).to_owned() };
        texts.iter().map(line).collect()
    }

    fn opened(texts: &[&str]) -> LogsState {
        let mut state = LogsState::default();
        let (number, _) = state.open("authentik-1".to_owned(), "agent".to_owned(), Timestamp::UNIX_EPOCH);
        state.logged(number, lines(texts));
        state
    }

    #[test]
    fn lines_of_a_log_that_was_left_are_let_go() {
        let mut state = opened(&["renewed"]);
        let (number, _) = state.open("authentik-2".to_owned(), "agent".to_owned(), Timestamp::UNIX_EPOCH);
        state.logged(number - 1, lines(&["late"]));
        assert_eq!(state.book.lines().len(), 0);
    }

    #[test]
    fn a_window_that_was_moved_up_stays_where_it_is() {
        let mut state = opened(&["one", "two", "three"]);
        state.moved(Action::Up);
        state.logged(state.number, lines(&["four"]));
        assert_eq!((state.bottom, state.following), (1, false));
        state.moved(Action::Last);
        assert!(state.following);
    }

    #[test]
    fn matches_are_walked_round_the_end_and_case_counts_only_when_asked() {
        let mut state = opened(&["Error one", "fine", "error two"]);
        state.search_for("error");
        assert_eq!(state.matching(), 2);
        state.walk_to_match(true);
        assert_eq!(state.bottom, 0);
        state.walk_to_match(true);
        assert_eq!(state.bottom, 2);
        state.search_for("Error");
        assert_eq!(state.matching(), 1);
    }
}
