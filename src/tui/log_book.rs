//! The lines of one log or of several, merged by time and bounded in number and in bytes: the oldest go first, and how many went
//! is told. What every key and frame asks of a line (how loud it is, whether it has the words that are searched for) is worked
//! out once, when it comes in.
//!
//! ```text
//! lines of many sources ──redact, shorten, level──▶ sorted batch ──merge with the end──▶ entries ──bound──▶ Shift
//! ```

use std::collections::VecDeque;
use std::fmt::Write as _;

use jiff::Timestamp;

use crate::deck::LogLine;
use crate::model::log_level::{self, LogLevel};
use crate::model::redaction;

/// Lines kept at most.
pub const MOST_LINES: usize = 10_000;
/// Bytes of text kept at most.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of one line kept at most.
const LONGEST_LINE: usize = 16 * 1024;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Docker's timestamp.
    pub at: Timestamp,
    /// Which of the logs it is from.
    pub source: usize,
    /// Whether it came from standard error.
    pub stderr: bool,
    /// The text, without secrets.
    pub text: String,
    /// How loud it is, by its own words or by those of the line that it goes on with.
    pub level: Option<LogLevel>,
    /// Whether it says so itself.
    pub begins: bool,
    /// Whether it has what is searched for.
    pub matches: bool,
    /// Where it belongs among all: never before an earlier line of the same source, whatever its clock does.
    place: Timestamp,
}

impl Entry {
    /// Whether it is a line that somebody should look at, and not what goes on after one.
    pub fn is_trouble(&self) -> bool {
        self.begins && self.level.is_some_and(LogLevel::is_trouble)
    }
}

/// A bounded log.
#[derive(Debug, Default)]
pub struct LogBook {
    entries: VecDeque<Entry>,
    sources: Vec<Latest>,
    search: String,
    bytes: usize,
    dropped: usize,
    tally: Tally,
}

/// How many lines there are of what is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Lines with what is searched for.
    pub matching: usize,
}

/// The latest line of one source.
#[derive(Debug, Clone, Default)]
struct Latest {
    place: Timestamp,
    level: Option<LogLevel>,
}

/// Where lines that were there before have gone.
#[derive(Debug, Default)]
pub struct Shift {
    /// Indices before which lines came in, in order.
    gaps: Vec<usize>,
    dropped: usize,
}

impl Shift {
    /// The index now of a line that was at this one; the oldest line where that has gone.
    pub fn of(&self, index: usize) -> usize {
        (index + self.gaps.partition_point(|gap| *gap <= index)).saturating_sub(self.dropped)
    }
}

impl LogBook {
    /// Takes lines in, each with the number of its source, and drops as many old ones as it takes.
    pub fn take(&mut self, lines: Vec<(usize, LogLine)>) -> Shift {
        let mut fresh: Vec<_> = lines.into_iter().map(|(source, line)| self.entry(source, line)).collect();
        fresh.sort_by_key(|entry| entry.place);
        for entry in &fresh {
            self.bytes += entry.text.len();
            self.tally.count(entry);
        }
        let gaps = self.merge(fresh);
        Shift { gaps, dropped: self.bound() }
    }

    /// Lines kept, oldest first.
    pub fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    /// Lines that had to go.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// How many lines there are of what is counted.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// What is searched for; empty for nothing.
    pub fn search(&self) -> &str {
        &self.search
    }

    /// When the last line of a source was written.
    pub fn last_of(&self, source: usize) -> Option<Timestamp> {
        self.entries.iter().rev().find(|entry| entry.source == source).map(|entry| entry.at)
    }

    /// Searches for words.
    pub fn search_for(&mut self, words: &str) {
        words.clone_into(&mut self.search);
        let needle = Needle::of(words);
        for entry in &mut self.entries {
            entry.matches = needle.is_in(&entry.text);
        }
        self.tally.matching = self.entries.iter().filter(|entry| entry.matches).count();
    }

    fn entry(&mut self, source: usize, line: LogLine) -> Entry {
        let LogLine { at, stderr, text } = line;
        let mut text = redaction::redacted(&text).into_owned();
        shorten(&mut text);
        if self.sources.len() <= source {
            self.sources.resize(source + 1, Latest { place: Timestamp::MIN, level: None });
        }
        let latest = &mut self.sources[source];
        let own = LogLevel::of(&text);
        let begins = own.is_some();
        let level = own.or_else(|| latest.level.filter(|_| log_level::goes_on(&text)));
        *latest = Latest { place: latest.place.max(at), level };
        let matches = Needle::of(&self.search).is_in(&text);
        Entry { at, source, stderr, text, level, begins, matches, place: latest.place }
    }

    /// Only what is younger than the first of the new lines is moved, which is nothing at all in a log that is just followed.
    fn merge(&mut self, fresh: Vec<Entry>) -> Vec<usize> {
        let Some(first) = fresh.first().map(|entry| entry.place) else { return Vec::new() };
        let from = self.entries.partition_point(|entry| entry.place <= first);
        let mut younger = self.entries.split_off(from).into_iter().peekable();
        let mut gaps = Vec::with_capacity(fresh.len());
        let mut at = from;
        for entry in fresh {
            while let Some(known) = younger.next_if(|known| known.place <= entry.place) {
                self.entries.push_back(known);
                at += 1;
            }
            gaps.push(at);
            self.entries.push_back(entry);
        }
        self.entries.extend(younger);
        gaps
    }

    fn bound(&mut self) -> usize {
        let before = self.dropped;
        while self.entries.len() > MOST_LINES || self.bytes > MOST_BYTES {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.text.len();
            self.tally.discount(&oldest);
            self.dropped += 1;
        }
        self.dropped - before
    }
}

impl Tally {
    fn count(&mut self, entry: &Entry) {
        let [errors, warnings, matching] = Self::of(entry);
        self.errors += errors;
        self.warnings += warnings;
        self.matching += matching;
    }

    fn discount(&mut self, entry: &Entry) {
        let [errors, warnings, matching] = Self::of(entry);
        self.errors -= errors;
        self.warnings -= warnings;
        self.matching -= matching;
    }

    fn of(entry: &Entry) -> [usize; 3] {
        let is = |level| entry.begins && entry.level == Some(level);
        [is(LogLevel::Error), is(LogLevel::Warn), entry.matches].map(usize::from)
    }
}

/// Words that are looked for in many lines. Upper case letters in them make case count.
struct Needle<'a> {
    words: &'a str,
    exact: bool,
}

impl<'a> Needle<'a> {
    fn of(words: &'a str) -> Self {
        Self { words, exact: words.chars().any(char::is_uppercase) }
    }

    fn is_in(&self, text: &str) -> bool {
        if self.words.is_empty() {
            return false;
        }
        if self.exact {
            return text.contains(self.words);
        }
        let (text, words) = (text.as_bytes(), self.words.as_bytes());
        text.windows(words.len()).any(|window| window.eq_ignore_ascii_case(words))
    }
}

/// Byte ranges of the words in a text. Upper case letters in the words make case count.
pub fn found(text: &str, words: &str) -> Vec<(usize, usize)> {
    if words.is_empty() {
        return Vec::new();
    }
    let exact = words.chars().any(char::is_uppercase);
    // ASCII only, so that byte positions in the lowered text are those in the text itself.
    let lowered = if exact { text.to_owned() } else { text.to_ascii_lowercase() };
    lowered.match_indices(words).map(|(at, matched)| (at, at + matched.len())).collect()
}

fn shorten(text: &mut String) {
    if text.len() <= LONGEST_LINE {
        return;
    }
    let cut = (0..=LONGEST_LINE).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let lost = text.len() - cut;
    text.truncate(cut);
    let _ = write!(text, "… {lost} bytes cut");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(second: i64, text: &str) -> LogLine {
        LogLine { at: Timestamp::from_second(second).unwrap(), stderr: false, text: text.to_owned() }
    }

    fn texts(book: &LogBook) -> Vec<&str> {
        book.entries().iter().map(|entry| entry.text.as_str()).collect()
    }

    #[test]
    fn a_log_never_holds_more_than_its_bounds_and_tells_what_went() {
        let mut book = LogBook::default();
        for _ in 0..MOST_LINES + 25 {
            book.take(vec![(0, line(1, "[ERROR] renewed auth token"))]);
        }
        assert_eq!((book.entries().len(), book.dropped()), (MOST_LINES, 25));
        assert_eq!(book.tally().errors, MOST_LINES);
        let huge = "x".repeat(LONGEST_LINE);
        for _ in 0..MOST_LINES {
            book.take(vec![(0, line(1, &huge))]);
        }
        assert!(book.bytes <= MOST_BYTES && book.entries().len() == MOST_BYTES / LONGEST_LINE);
        assert_eq!(book.tally().errors, 0);
    }

    #[test]
    fn one_endless_line_is_cut_and_says_so() {
        let mut book = LogBook::default();
        book.take(vec![(0, line(1, &"ü".repeat(1 << 20)))]);
        assert!(book.entries()[0].text.ends_with("bytes cut"));
        assert!(book.entries()[0].text.len() < LONGEST_LINE + 40);
    }

    #[test]
    fn lines_of_two_hosts_stand_as_they_were_written_and_what_was_there_is_found_again() {
        let mut book = LogBook::default();
        book.take(vec![(0, line(1, "one")), (0, line(5, "five"))]);
        let shift = book.take(vec![(1, line(3, "three")), (1, line(7, "seven"))]);
        assert_eq!(texts(&book), ["one", "three", "five", "seven"]);
        assert_eq!((shift.of(0), shift.of(1)), (0, 2));
    }

    #[test]
    fn a_host_whose_clock_was_set_back_keeps_its_own_order() {
        let mut book = LogBook::default();
        book.take(vec![(0, line(9, "before")), (0, line(2, "after"))]);
        book.take(vec![(0, line(3, "later"))]);
        assert_eq!(texts(&book), ["before", "after", "later"]);
    }

    #[test]
    fn the_block_of_an_error_goes_on_with_it_and_with_no_line_of_another_host() {
        let mut book = LogBook::default();
        book.take(vec![(0, line(1, "[ERROR] agent.auth.handler: error authenticating:"))]);
        book.take(vec![(1, line(2, "  indented elsewhere")), (0, line(3, "  | * permission denied"))]);
        let levels: Vec<_> = book.entries().iter().map(|entry| (entry.level, entry.begins)).collect();
        assert_eq!(levels, [(Some(LogLevel::Error), true), (None, false), (Some(LogLevel::Error), false)]);
        assert_eq!(book.tally().errors, 1);
    }

    #[test]
    fn a_secret_is_hidden_before_anybody_sees_the_line() {
        let mut book = LogBook::default();
        book.take(vec![(0, line(1, "login with password=hunter2"))]);
        assert_eq!(texts(&book), ["login with password=[hidden]"]);
    }

    /// Batches as they come in: source and second of each line, where each source goes on in time.
    fn batches() -> impl Strategy<Value = Vec<Vec<(usize, i64)>>> {
        let step = (0_usize..4, 0_i64..5);
        prop::collection::vec(prop::collection::vec(step, 0..40), 0..20).prop_map(|batches| {
            let mut clocks = [0; 4];
            let mut on = |(source, step): (usize, i64)| {
                clocks[source] += step;
                (source, clocks[source])
            };
            batches.into_iter().map(|batch| batch.into_iter().map(&mut on).collect()).collect()
        })
    }

    proptest! {
        #[test]
        fn merged_lines_are_sorted_by_time_and_none_is_lost(batches in batches()) {
            let mut book = LogBook::default();
            let mut written = Vec::new();
            let mut anchor: Option<(usize, String)> = None;
            for batch in batches {
                let batch: Vec<_> = batch.into_iter().map(|(source, second)| {
                    let text = format!("{source}: {}", written.len());
                    written.push((second, text.clone()));
                    (source, line(second, &text))
                }).collect();
                let shift = book.take(batch);
                if let Some((index, text)) = &mut anchor {
                    *index = shift.of(*index);
                    prop_assert_eq!(&book.entries()[*index].text, text);
                }
                let middle = book.entries().len() / 2;
                anchor = book.entries().get(middle).map(|entry| (middle, entry.text.clone()));
            }
            prop_assert!(book.entries().iter().is_sorted_by_key(|entry| entry.at));
            for source in 0..4 {
                let of = |text: &&str| text.starts_with(&format!("{source}:"));
                let merged: Vec<_> = texts(&book).into_iter().filter(of).collect();
                let wrote: Vec<_> = written.iter().map(|(_, text)| text.as_str()).filter(of).collect();
                prop_assert_eq!(merged, wrote);
            }
        }
    }

    #[test]
    fn of_more_lines_than_fit_the_youngest_of_all_hosts_stay() {
        for sources in 1..5 {
            let mut book = LogBook::default();
            let each = MOST_LINES / sources + 100;
            for source in 0..sources {
                let second = |number: usize| i64::try_from(number).unwrap();
                book.take((0..each).map(|number| (source, line(second(number), "x"))).collect());
            }
            assert_eq!((book.entries().len(), book.dropped()), (MOST_LINES, each * sources - MOST_LINES));
            assert_eq!(
                book.entries()[0].at.as_second(),
                i64::try_from(each - MOST_LINES.div_ceil(sources)).unwrap()
            );
        }
    }
}
