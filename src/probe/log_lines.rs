//! Docker's log stream as whole lines, each with its time and cleaned. Docker cuts long lines into pieces and mixes the
//! pieces of standard output and standard error.

use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::query_parameters::{LogsOptions, LogsOptionsBuilder};
use futures_util::future::ready;
use futures_util::stream::{Stream, StreamExt, iter, once};
use jiff::Timestamp;

use super::LogLine;
use crate::world::clean;

/// Bytes of one line that are kept while its pieces come in.
const LONGEST_RAW_LINE: usize = 256 * 1024;

/// How a log is asked for: both streams, with times.
pub(super) fn options(follow: bool, tail: usize, since: Option<Timestamp>) -> LogsOptions {
    let since = since.and_then(|since| i32::try_from(since.as_second()).ok()).unwrap_or(0);
    LogsOptionsBuilder::default()
        .follow(follow)
        .stdout(true)
        .stderr(true)
        .timestamps(true)
        .tail(&tail.to_string())
        .since(since)
        .build()
}

/// Lines of a stream that was asked for with [`options`].
pub(super) fn lines(
    outputs: impl Stream<Item = Result<LogOutput, Error>> + Send + 'static,
) -> impl Stream<Item = Result<LogLine, Error>> + Send + 'static {
    outputs
        .map(Some)
        .chain(once(ready(None)))
        .scan(Assembler::default(), |assembler, output| {
            ready(Some(match output {
                Some(Ok(output)) => assembler.take(&output).into_iter().map(Ok).collect(),
                Some(Err(error)) => vec![Err(error)],
                None => assembler.rest().into_iter().map(Ok).collect(),
            }))
        })
        .flat_map(iter)
}

/// Lines in the making.
#[derive(Default)]
struct Assembler {
    stdout: Unfinished,
    stderr: Unfinished,
}

impl Assembler {
    fn take(&mut self, output: &LogOutput) -> Vec<LogLine> {
        let stderr = matches!(output, LogOutput::StdErr { .. });
        let unfinished = if stderr { &mut self.stderr } else { &mut self.stdout };
        let pieces = output.as_ref().split_inclusive(|byte| *byte == b'\n');
        pieces.filter_map(|piece| unfinished.push(piece, stderr)).collect()
    }

    fn rest(&mut self) -> Vec<LogLine> {
        let rest = [(&mut self.stdout, false), (&mut self.stderr, true)];
        rest.into_iter().filter_map(|(unfinished, stderr)| unfinished.finish(stderr)).collect()
    }
}

#[derive(Default)]
struct Unfinished {
    at: Option<Timestamp>,
    bytes: Vec<u8>,
}

impl Unfinished {
    /// Takes a piece; every piece of a line carries a time of its own, the first one counts.
    fn push(&mut self, piece: &[u8], stderr: bool) -> Option<LogLine> {
        let (at, text) = stamped(piece);
        self.at = self.at.or(at);
        let room = LONGEST_RAW_LINE.saturating_sub(self.bytes.len()).min(text.len());
        self.bytes.extend_from_slice(text.get(..room).unwrap_or_default());
        if piece.ends_with(b"\n") { self.finish(stderr) } else { None }
    }

    fn finish(&mut self, stderr: bool) -> Option<LogLine> {
        let Self { at, bytes } = std::mem::take(self);
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        Some(LogLine { at: at?, stderr, text: clean::line(text) })
    }
}

/// Docker's time before the text.
fn stamped(piece: &[u8]) -> (Option<Timestamp>, &[u8]) {
    let stamp = || {
        let end = piece.iter().take(40).position(|byte| matches!(byte, b' ' | b'\n'))?;
        let (stamp, rest) = piece.split_at_checked(end)?;
        let at = std::str::from_utf8(stamp).ok()?.parse().ok()?;
        Some((Some(at), rest.strip_prefix(b" ").unwrap_or(rest)))
    };
    stamp().unwrap_or((None, piece))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn out(text: &str) -> LogOutput {
        LogOutput::StdOut { message: text.to_owned().into() }
    }

    fn err(text: &str) -> LogOutput {
        LogOutput::StdErr { message: text.to_owned().into() }
    }

    fn texts(outputs: &[LogOutput]) -> Vec<(String, bool)> {
        let mut assembler = Assembler::default();
        let mut lines: Vec<_> = outputs.iter().flat_map(|output| assembler.take(output)).collect();
        lines.extend(assembler.rest());
        lines.into_iter().map(|line| (line.text, line.stderr)).collect()
    }

    #[test]
    fn a_line_comes_with_dockers_time() {
        let mut assembler = Assembler::default();
        let lines = assembler.take(&out("2026-11-22T05:51:57.677749181Z ==> started\n"));
        assert_eq!(lines.first().unwrap().at.to_string(), "2026-11-22T05:51:57.677749181Z");
        assert_eq!(lines.first().unwrap().text, "==> started");
    }

    #[test]
    fn pieces_of_a_long_line_are_joined_and_streams_kept_apart() {
        let pieces = [
            out("2026-11-22T05:51:57.1Z one "),
            err("2026-11-22T05:51:57.2Z other\n"),
            out("2026-11-22T05:51:57.3Z two\n2026-11-22T05:51:57.4Z \n"),
            out("2026-11-22T05:51:57.5Z cut"),
        ];
        let expected = [("other", true), ("one two", false), ("", false), ("cut", false)];
        assert_eq!(texts(&pieces), expected.map(|(text, stderr)| (text.to_owned(), stderr)));
    }

    #[test]
    fn an_indented_continuation_keeps_its_indent() {
        assert_eq!(
            texts(&[out("2026-11-22T05:51:57.1Z   | * denied\n")]),
            [("  | * denied".to_owned(), false)]
        );
    }

    #[test]
    fn a_hostile_container_moves_no_cursor_and_fills_no_memory() {
        let bomb = "x".repeat(1 << 20);
        let found = texts(&[
            out("2026-11-22T05:51:57.1Z \u{1b}[2Jgone\u{202e}\n"),
            out(&format!("2026-11-22T05:51:57.1Z {bomb}\n")),
        ]);
        assert_eq!(found.first().unwrap().0, "gone");
        assert!(found.get(1).unwrap().0.chars().count() <= clean::LONGEST_LINE);
    }

    proptest! {
        #[test]
        fn no_stream_of_bytes_makes_it_panic(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..20)) {
            let mut assembler = Assembler::default();
            for piece in pieces {
                assembler.take(&LogOutput::Console { message: piece.into() });
            }
            assembler.rest();
        }
    }
}
