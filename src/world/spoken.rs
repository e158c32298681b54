//! What a program says, taken in byte by byte: kept as it came, and told line by line, cleaned.

use super::clean;

/// Bytes of an output that are kept; what comes after them is heard and forgotten.
const LONGEST_KEPT: usize = 4 * 1024 * 1024;

/// Bytes of a line that does not end; it is told in pieces.
const LONGEST_LINE: usize = 64 * 1024;

/// Where something was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// Standard output.
    Output,
    /// Standard error.
    Errors,
    /// The terminal.
    Terminal,
}

/// What one voice has said.
#[derive(Default)]
pub(super) struct Spoken {
    kept: Vec<u8>,
    /// The lines that were not told yet; the last may not have ended.
    line: Vec<u8>,
}

impl Spoken {
    /// Takes bytes in as they come.
    pub(super) fn take_in(&mut self, bytes: &[u8]) {
        let room = LONGEST_KEPT.saturating_sub(self.kept.len());
        self.kept.extend(bytes.iter().take(room));
        self.line.extend(bytes);
    }

    /// Everything until now, as it came.
    pub(super) fn kept(&self) -> &[u8] {
        &self.kept
    }

    /// Lines that have ended, cleaned.
    pub(super) fn lines(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(end) = self.line.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.line.drain(..=end).collect();
            lines.push(clean::line(line.strip_suffix(b"\n").unwrap_or(&line)));
        }
        if self.line.len() > LONGEST_LINE {
            lines.extend(self.rest());
        }
        lines
    }

    /// The line that has not ended, taken as one that has; cleaned.
    pub(super) fn rest(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        (!line.is_empty()).then(|| clean::line(&line))
    }

    /// The line that has not ended, as it stands; cleaned.
    pub(super) fn unfinished(&self) -> String {
        clean::line(&self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_told_when_it_has_ended_and_everything_is_kept_as_it_came() {
        let mut spoken = Spoken::default();
        spoken.take_in(b"\x1b[31mone\r\ntw");
        assert_eq!(spoken.lines(), ["one"]);
        spoken.take_in(b"o\nPassword: ");
        assert_eq!(spoken.lines(), ["two"]);
        assert_eq!(spoken.unfinished(), "Password: ");
        assert_eq!(spoken.rest().as_deref(), Some("Password: "));
        assert_eq!(spoken.kept(), b"\x1b[31mone\r\ntwo\nPassword: ");
    }

    #[test]
    fn output_without_end_and_without_line_ends_fills_no_memory() {
        let mut spoken = Spoken::default();
        let mut told = 0;
        let piece = vec![b'x'; LONGEST_LINE];
        for _ in 0..100 {
            spoken.take_in(&piece);
            told += spoken.lines().len();
        }
        assert_eq!((spoken.kept.len(), told), (LONGEST_KEPT, 50));
    }
}
