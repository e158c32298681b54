//! What carried a log line here: the container name `docker compose logs` puts before it, the time `-t` adds, the
//! journal's prefix, Docker's json-file envelope. All of it comes off before the line itself is read.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;

/// A log line without its wrapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Delivered<'a> {
    /// Who wrote it, as the carrier names them (`vault-agent-1`); empty for a bare log.
    pub(super) source: String,
    /// When the carrier received it, where it says so.
    pub(super) at: Option<Timestamp>,
    /// What the program wrote, leading blanks included: they tell a continuation from a record.
    pub(super) text: Cow<'a, str>,
}

/// Takes a physical line out of its wrapping.
pub(super) fn unwrap(raw: &str) -> Delivered<'_> {
    let line = without_colour(raw.trim_end_matches(['\r', '\n']));
    if let Some(envelope) = json_file(&line) {
        let text = envelope.log.trim_end_matches(['\r', '\n']).to_owned();
        return Delivered { source: String::new(), at: envelope.time, text: Cow::Owned(text) };
    }
    let (source, rest) = named(&line).unwrap_or(("", &line));
    let (at, text) = timed(rest).unwrap_or((None, rest));
    Delivered { source: source.to_owned(), at, text: Cow::Owned(text.to_owned()) }
}

/// One line of Docker's json-file log driver.
#[derive(Deserialize)]
struct JsonFile {
    log: String,
    time: Option<Timestamp>,
}

fn json_file(line: &str) -> Option<JsonFile> {
    line.starts_with("{\"log\":").then(|| serde_json::from_str(line).ok()).flatten()
}

fn without_colour(line: &str) -> Cow<'_, str> {
    if line.contains('\u{1b}') {
        Cow::Owned(strip_ansi_escapes::strip_str(line))
    } else {
        Cow::Borrowed(line)
    }
}

fn named(line: &str) -> Option<(&str, &str)> {
    compose(line).or_else(|| pod(line)).or_else(|| journal(line))
}

/// `vault-agent-1  | text`. A continuation (`  | text`) has no name and stays whole.
fn compose(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.split_once('|')?;
    let name = name.trim_end_matches(' ');
    let is_name = !name.is_empty()
        && name.len() <= 128
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
    is_name.then(|| (name, rest.strip_prefix(' ').unwrap_or(rest)))
}

/// `[pod/authentik-0/vault-agent] text`, as `kubectl logs --prefix` prints.
fn pod(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("[pod/")?.split_once("] ")
}

/// `Aug 31 13:28:33 host vault-agent[5865]: text`, as `journalctl` prints.
fn journal(line: &str) -> Option<(&str, &str)> {
    let (head, rest) = line.split_once("]: ")?;
    let (head, pid) = head.rsplit_once('[')?;
    let is_head =
        !pid.is_empty() && pid.chars().all(|c| c.is_ascii_digit()) && !head.contains(['[', '{', '|', '"']);
    let mut words = head.split_whitespace();
    let name = words.next_back()?;
    (is_head && words.count() >= 2).then_some((name, rest))
}

/// `2026-11-22T03:11:28.003123456Z text`, as `-t` prints. The agent's own time is followed by its level and stays.
fn timed(line: &str) -> Option<(Option<Timestamp>, &str)> {
    let (stamp, rest) = line.split_once(' ').unwrap_or((line, ""));
    if !stamp.contains('T') || rest.trim_start().starts_with('[') {
        return None;
    }
    Some((Some(stamp.parse().ok()?), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(raw: &str) -> (String, bool, String) {
        let delivered = unwrap(raw);
        (delivered.source, delivered.at.is_some(), delivered.text.into_owned())
    }

    #[test]
    fn compose_names_come_off_and_continuations_keep_their_bar() {
        assert_eq!(parts("vault-agent-1  |   | * permission denied").2, "  | * permission denied");
        assert_eq!(parts("vault-agent-1  | x").0, "vault-agent-1");
        assert_eq!(
            parts("  | * permission denied"),
            (String::new(), false, "  | * permission denied".into())
        );
        assert_eq!(parts("vault-agent-1  |").2, "");
    }

    #[test]
    fn colours_come_off() {
        let line = "\u{1b}[36mvault-agent-1  | \u{1b}[0m2026-11-22T03:11:28.003Z [INFO]  agent: x";
        assert_eq!(
            parts(line),
            ("vault-agent-1".into(), false, "2026-11-22T03:11:28.003Z [INFO]  agent: x".into())
        );
    }

    #[test]
    fn the_carriers_time_comes_off_and_the_agents_own_stays() {
        let own = "2026-11-22T03:11:28.003Z [INFO]  agent: x";
        assert_eq!(parts(own), (String::new(), false, own.into()));
        assert_eq!(
            parts(&format!("2026-11-22T03:11:28.003123456Z {own}")),
            (String::new(), true, own.into())
        );
        assert_eq!(
            parts("2026-11-22T03:11:28.003123456Z   error="),
            (String::new(), true, "  error=".into())
        );
        assert_eq!(parts("2026-11-22T03:11:28.003123456Z "), (String::new(), true, String::new()));
    }

    #[test]
    fn journal_and_json_file_and_pod_prefixes_come_off() {
        assert_eq!(
            parts("Aug 31 13:28:33 host vault-agent[5865]: ==> x"),
            ("vault-agent".into(), false, "==> x".into())
        );
        assert_eq!(parts("[pod/a/vault-agent] ==> x"), ("a/vault-agent".into(), false, "==> x".into()));
        let json = r#"{"log":"  error=\n","stream":"stderr","time":"2026-11-22T03:11:28.003Z"}"#;
        assert_eq!(parts(json), (String::new(), true, "  error=".into()));
    }
}
