//! What may be shown of a log entry: one line, of bounded length, without control characters and without secrets.

use crate::model::redaction;

/// The longest evidence shown, in bytes.
const LONGEST: usize = 600;

/// Joins the lines of an entry to one that can be shown to anyone.
pub(super) fn one_line(text: &str) -> String {
    let parts = text.lines().map(without_bar).filter(|part| !part.is_empty());
    let line = parts.collect::<Vec<_>>().join(" ").replace("error= ", "error=");
    let line: String = line.chars().filter(|c| !c.is_control() && !is_direction(*c)).collect();
    clip(redaction::redacted(&line).trim_end(), LONGEST)
}

/// The text, or its beginning and its end where it is longer than `most` bytes.
pub(super) fn clip(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let tail = most / 4;
    let mut end = most - tail;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut begin = text.len() - tail;
    while !text.is_char_boundary(begin) {
        begin += 1;
    }
    format!("{}…{}", text.get(..end).unwrap_or_default(), text.get(begin..).unwrap_or_default())
}

/// `  | text` is how the log library indents the lines of an error.
fn without_bar(line: &str) -> &str {
    let line = line.trim();
    line.strip_prefix('|').map_or(line, str::trim).trim_start_matches("\\t")
}

/// Marks that change the direction in which a terminal shows text.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_lines_become_one() {
        assert_eq!(
            one_line("error authenticating:\n  error=\n  | Code: 400.\n  | \n  | * bad\n   backoff=1s"),
            "error authenticating: error=Code: 400. * bad backoff=1s"
        );
    }

    #[test]
    fn secrets_are_hidden() {
        let line = "token hvs.CAESIJlU5hm2kpbs3cOIQzQ3pYZRJ8Bn x=\"s.Zr0aQp5cJd8W1mT9uXvK2bLe\" id 0f6b1c2d-aaaa-bbbb-cccc-0123456789ab token=abc";
        assert_eq!(one_line(line), "token [hidden] x=\"[hidden]\" id [hidden] token=[hidden]");
    }

    #[test]
    fn names_and_addresses_stay() {
        let line = "dial tcp: lookup s.vault.example.com on 10.0.0.2:53: no such host /lab/t/0f6b/agent.hcl";
        assert_eq!(one_line(line), line);
    }

    #[test]
    fn control_and_direction_characters_go() {
        assert_eq!(one_line("a\u{7}b\u{202e}c\u{9b}d"), "abcd");
    }

    #[test]
    fn long_text_keeps_both_ends() {
        let text = format!("begin {} end", "é".repeat(2000));
        let line = one_line(&text);
        assert!(line.len() <= LONGEST + 3 && line.starts_with("begin") && line.ends_with("end"));
    }
}
