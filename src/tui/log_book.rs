//! The lines of one log, bounded in number and in bytes: the oldest go first, and how many went is told.

use std::collections::VecDeque;
use std::fmt::Write as _;

use crate::deck::LogLine;

/// Lines kept at most.
pub const MOST_LINES: usize = 10_000;
/// Bytes of text kept at most.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of one line kept at most.
const LONGEST_LINE: usize = 16 * 1024;

/// A bounded log.
#[derive(Debug, Default)]
pub struct LogBook {
    lines: VecDeque<LogLine>,
    bytes: usize,
    dropped: usize,
}

impl LogBook {
    /// Adds a line and drops as many old ones as it takes; returns how many went.
    pub fn push(&mut self, mut line: LogLine) -> usize {
        shorten(&mut line.text);
        self.bytes += line.text.len();
        self.lines.push_back(line);
        let before = self.dropped;
        while self.lines.len() > MOST_LINES || self.bytes > MOST_BYTES {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.text.len();
            self.dropped += 1;
        }
        self.dropped - before
    }

    /// Lines kept, oldest first.
    pub fn lines(&self) -> &VecDeque<LogLine> {
        &self.lines
    }

    /// Lines that had to go.
    pub fn dropped(&self) -> usize {
        self.dropped
    }
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
    use jiff::Timestamp;

    use super::*;

    fn line(text: &str) -> LogLine {
        LogLine { at: Timestamp::UNIX_EPOCH, stderr: false, text: text.to_owned() }
    }

    #[test]
    fn a_log_never_holds_more_than_its_bounds_and_tells_what_went() {
        let mut book = LogBook::default();
        for _ in 0..MOST_LINES + 25 {
            book.push(line("renewed auth token"));
        }
        assert_eq!((book.lines().len(), book.dropped()), (MOST_LINES, 25));
        let huge = "x".repeat(LONGEST_LINE);
        for _ in 0..MOST_LINES {
            book.push(line(&huge));
        }
        assert!(book.bytes <= MOST_BYTES && book.lines().len() == MOST_BYTES / LONGEST_LINE);
    }

    #[test]
    fn one_endless_line_is_cut_and_says_so() {
        let mut book = LogBook::default();
        book.push(line(&"ü".repeat(1 << 20)));
        assert!(book.lines()[0].text.ends_with("bytes cut"));
        assert!(book.lines()[0].text.len() < LONGEST_LINE + 40);
    }
}
