//! Which log is open, how far back it goes, which line is at the bottom of the window, and on which one the operator stands.
//!
//! ```text
//! scrolling moves the window; a jump (n, e) or a selection (v) puts a cursor on a line, and the window follows it
//! ```

use std::cell::Cell;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::deck::{LogLine, LogRequest};
use crate::model::trouble::Trouble;
use crate::tui::app::ToFollow;
use crate::tui::keymap::Action;
use crate::tui::log_book::{Entry, LogBook, MOST_LINES, Shift};
use crate::tui::text;

use super::sources::{Source, Wanted};

/// Past lines of one log asked for when no time range is chosen.
const TAIL: usize = 1_000;
/// The same of each of many logs, at least.
const SHORTEST_TAIL: usize = 20;
/// Past lines asked for within a time range.
const TAIL_OF_RANGE: usize = MOST_LINES;

/// How far back a log goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Range {
    /// The newest lines, however old.
    #[default]
    All,
    /// Only lines younger than so many seconds when the log was opened.
    Seconds(i64),
}

/// Which of a container's two outputs are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Streams {
    /// Both.
    #[default]
    Both,
    /// Standard error.
    Stderr,
    /// Standard output.
    Stdout,
}

impl Streams {
    /// The next of them.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Both => Self::Stderr,
            Self::Stderr => Self::Stdout,
            Self::Stdout => Self::Both,
        }
    }

    fn keeps(self, line: &LogLine) -> bool {
        match self {
            Self::Both => true,
            Self::Stderr => line.stderr,
            Self::Stdout => !line.stderr,
        }
    }
}

/// The open log.
#[derive(Debug)]
pub struct LogsState {
    /// Which it is.
    pub wanted: Option<Wanted>,
    /// How far back it goes.
    pub range: Range,
    /// Which outputs are wanted.
    pub streams: Streams,
    /// Whether the window stays at the end.
    pub following: bool,
    /// Whether long lines are broken.
    pub wrap: bool,
    /// Whether the time of each line is shown.
    pub times: bool,
    /// Whether times are those of the operator's zone, and not UTC.
    pub local: bool,
    /// The operator's zone.
    pub zone: TimeZone,
    pub(super) sources: Vec<Source>,
    /// Cells that the widest name of a source takes.
    pub(super) label_width: u16,
    /// Sources that have ended, and why where it was for a trouble.
    pub(super) ended: Vec<(usize, Option<Trouble>)>,
    pub(super) book: LogBook,
    /// Index of the line at the bottom of the window.
    pub(super) bottom: usize,
    /// Index of the line that the operator stands on, after a jump or within a selection.
    pub(super) cursor: Option<usize>,
    /// Where a selection began; it goes to the cursor.
    pub(super) mark: Option<usize>,
    /// Lines the window shows.
    pub(super) page: Cell<usize>,
    number: u64,
}

impl Default for LogsState {
    fn default() -> Self {
        Self {
            wanted: None,
            range: Range::All,
            streams: Streams::Both,
            following: true,
            wrap: false,
            times: true,
            local: false,
            zone: TimeZone::UTC,
            sources: Vec::new(),
            label_width: 0,
            ended: Vec::new(),
            book: LogBook::default(),
            bottom: 0,
            cursor: None,
            mark: None,
            page: Cell::new(1),
            number: 0,
        }
    }
}

impl LogsState {
    /// Starts a log anew, made of these sources; returns what to follow. The words that are searched for stay.
    pub fn open(&mut self, wanted: Wanted, sources: Vec<Source>, now: Timestamp) -> ToFollow {
        let mut book = LogBook::default();
        book.search_for(self.book.search());
        self.book = book;
        self.wanted = Some(wanted);
        self.sources.clear();
        self.label_width = 0;
        self.ended.clear();
        self.following = true;
        self.bottom = 0;
        self.cursor = None;
        self.mark = None;
        self.number += 1;
        self.join(sources, now)
    }

    /// Follows more sources beside those that are followed; returns what to follow.
    pub fn join(&mut self, sources: Vec<Source>, now: Timestamp) -> ToFollow {
        let first = self.sources.len();
        let widest = sources.iter().map(|source| text::width(&source.label)).max();
        self.label_width = self.label_width.max(widest.unwrap_or(0));
        self.sources.extend(sources);
        let (tail, since) = self.past(now);
        let request = |source: &Source| {
            let (host, container) = (source.host.clone(), source.container.clone());
            LogRequest { host, container, tail, since }
        };
        let requests = self.sources.iter().skip(first).map(request).collect();
        ToFollow { number: self.number, anew: first == 0, first, requests }
    }

    /// Sources that have ended and are up again, each to be followed from its last line on.
    pub fn taken_up_again(&mut self, up: impl Fn(&Source) -> bool) -> Vec<ToFollow> {
        let (again, ended): (Vec<_>, Vec<_>) = std::mem::take(&mut self.ended)
            .into_iter()
            .partition(|(index, _)| self.sources.get(*index).is_some_and(&up));
        self.ended = ended;
        let request = |(index, _): (usize, _)| {
            let Source { host, container, .. } = self.sources.get(index)?.clone();
            let since = self.book.last_of(index).map(|at| at + SignedDuration::from_nanos(1));
            let request = LogRequest { host, container, tail: TAIL, since };
            Some(ToFollow { number: self.number, anew: false, first: index, requests: vec![request] })
        };
        again.into_iter().filter_map(request).collect()
    }

    /// Those of the sources that are not followed yet.
    pub fn unfollowed(&self, sources: Vec<Source>) -> Vec<Source> {
        let known = |source: &Source| {
            self.sources.iter().any(|known| known.host == source.host && known.container == source.container)
        };
        sources.into_iter().filter(|source| !known(source)).collect()
    }

    /// Takes in lines of the log with this number, each with its source; lines of an earlier log are let go.
    pub fn logged(&mut self, number: u64, mut lines: Vec<(usize, LogLine)>) {
        if number != self.number {
            return;
        }
        lines.retain(|(_, line)| self.streams.keeps(line));
        let shift = self.book.take(lines);
        self.shifted(&shift);
    }

    /// Takes note that a source of the log with this number has ended.
    pub fn ended(&mut self, number: u64, source: usize, trouble: Option<Trouble>) {
        if number == self.number {
            self.ended.push((source, trouble));
        }
    }

    /// Stays at the end, or stops where it is.
    pub fn toggle_following(&mut self) {
        self.following = !self.following;
        if self.following {
            self.cursor = None;
            self.mark = None;
            self.bottom = self.last();
        }
    }

    /// Moves as a key asks: the window, or within a selection its end.
    pub fn moved(&mut self, action: Action) {
        if self.mark.is_some() {
            return self.selection_moved(action);
        }
        let page = self.page.get().max(1);
        let Some(bottom) = self.target(action, self.bottom, page.saturating_sub(1)) else { return };
        self.cursor = None;
        self.bottom = bottom.max(page.saturating_sub(1)).min(self.last());
        self.following = self.bottom == self.last();
    }

    /// The line that the operator stands on; else the lowest in the window.
    pub fn here(&self) -> usize {
        self.cursor.unwrap_or(self.bottom).min(self.last())
    }

    /// Whose line that is.
    pub fn source_here(&self) -> Option<&Source> {
        let entry = self.book.entries().get(self.here());
        self.sources.get(entry.map_or(0, |entry| entry.source))
    }

    /// Hosts whose logs are followed.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| source.host.as_str())
    }

    /// Whether several logs are merged.
    pub fn is_merged(&self) -> bool {
        self.sources.len() > 1
    }

    /// Puts the operator on a line, with what follows it in sight.
    pub(super) fn stand_on(&mut self, index: usize) {
        let page = self.page.get().max(1);
        self.cursor = Some(index);
        self.following = false;
        let in_sight = index <= self.bottom && index + page > self.bottom;
        if !in_sight {
            // broken lines take as many rows as they need: what lies below could push this one out of the window
            let below = if self.wrap { 0 } else { page / 2 };
            self.bottom = (index + below).max(page - 1).min(self.last());
        }
    }

    /// Where a key leads from a line; `first` is where the top is.
    pub(super) fn target(&self, action: Action, from: usize, first: usize) -> Option<usize> {
        let page = self.page.get().max(1);
        let target = match action {
            Action::Down => from + 1,
            Action::Up => from.saturating_sub(1),
            Action::First => first,
            Action::Last => self.last(),
            Action::HalfPageDown => from + page / 2,
            Action::HalfPageUp => from.saturating_sub(page / 2),
            Action::PageDown => from + page,
            Action::PageUp => from.saturating_sub(page),
            _ => return None,
        };
        Some(target.min(self.last()))
    }

    pub(super) fn entry(&self, index: usize) -> Option<&Entry> {
        self.book.entries().get(index)
    }

    pub(super) fn last(&self) -> usize {
        self.book.entries().len().saturating_sub(1)
    }

    /// Lines came in between, or old ones went: whatever points at a line goes with it.
    fn shifted(&mut self, shift: &Shift) {
        self.cursor = self.cursor.map(|index| shift.of(index));
        self.mark = self.mark.map(|index| shift.of(index));
        self.bottom = if self.following { self.last() } else { shift.of(self.bottom).min(self.last()) };
    }

    /// Lines of the past that are asked of each source, and since when. A few sources may give more than many.
    fn past(&self, now: Timestamp) -> (usize, Option<Timestamp>) {
        let share = MOST_LINES / self.sources.len().max(1);
        match self.range {
            Range::All => (TAIL.min(share).max(SHORTEST_TAIL), None),
            Range::Seconds(seconds) => {
                let since = now.checked_sub(SignedDuration::from_secs(seconds)).ok();
                (TAIL_OF_RANGE.min(share).max(SHORTEST_TAIL), since)
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn sources(hosts: &[&str]) -> Vec<Source> {
        let source = |host: &&str| Source {
            host: (*host).to_owned(),
            container: "agent".to_owned(),
            label: format!("{host}/agent"),
        };
        hosts.iter().map(source).collect()
    }

    fn line(second: i64, text: &str) -> LogLine {
        LogLine { at: Timestamp::from_second(second).unwrap(), stderr: false, text: text.to_owned() }
    }

    pub(in super::super) fn opened(texts: &[&str]) -> LogsState {
        let mut state = LogsState::default();
        let wanted = Wanted::only("authentik-1", "agent");
        let following = state.open(wanted, sources(&["authentik-1"]), Timestamp::UNIX_EPOCH);
        state.logged(following.number, texts.iter().map(|text| (0, line(0, text))).collect());
        state
    }

    #[test]
    fn lines_of_a_log_that_was_left_are_let_go() {
        let mut state = opened(&["renewed"]);
        let wanted = Wanted::only("authentik-2", "agent");
        let following = state.open(wanted, sources(&["authentik-2"]), Timestamp::UNIX_EPOCH);
        state.logged(following.number - 1, vec![(0, line(0, "late"))]);
        assert_eq!(state.book.entries().len(), 0);
    }

    #[test]
    fn a_window_that_was_moved_up_stays_where_it_is() {
        let mut state = opened(&["one", "two", "three"]);
        state.moved(Action::Up);
        state.logged(state.number, vec![(0, line(1, "four"))]);
        assert_eq!((state.bottom, state.following), (1, false));
        state.moved(Action::Last);
        assert!(state.following);
    }

    #[test]
    fn what_comes_in_from_another_host_before_the_line_stood_on_moves_nothing_on_the_screen() {
        let mut state = LogsState::default();
        let wanted = Wanted::only("authentik-1", "agent");
        let number = state.open(wanted, sources(&["a", "b"]), Timestamp::UNIX_EPOCH).number;
        state.logged(number, vec![(0, line(1, "one")), (0, line(5, "five")), (0, line(9, "nine"))]);
        state.stand_on(1);
        state.logged(number, vec![(1, line(2, "two")), (1, line(7, "seven"))]);
        assert_eq!(state.entry(state.here()).unwrap().text, "five");
    }

    #[test]
    fn many_logs_together_are_asked_for_no_more_than_is_kept() {
        let hosts: Vec<String> = (0..100).map(|number| format!("host-{number}")).collect();
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        let mut state = LogsState::default();
        let wanted = Wanted::only("host-0", "agent");
        let requests = state.open(wanted, sources(&hosts), Timestamp::UNIX_EPOCH).requests;
        assert_eq!(requests.iter().map(|request| request.tail).sum::<usize>(), MOST_LINES);
    }

    #[test]
    fn only_the_output_that_is_wanted_is_taken_in() {
        let mut state = opened(&[]);
        state.streams = Streams::Stderr;
        let loud = LogLine { stderr: true, ..line(1, "loud") };
        state.logged(state.number, vec![(0, line(0, "quiet")), (0, loud)]);
        assert_eq!(
            state.book.entries().iter().map(|entry| entry.text.as_str()).collect::<Vec<_>>(),
            ["loud"]
        );
    }
}
