//! One entry of the agent's log, however many physical lines it takes: text and JSON formats end up in the same form,
//! that of the text format, so everything after this reads one language.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::evidence;

/// The most text one entry may hold, in bytes; a hostile log may bring continuations without end.
const MOST_TEXT: usize = 16 * 1024;

/// An entry: a first line with time, level and module, and what follows it until the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    /// When the agent wrote it.
    pub(super) at: Option<Timestamp>,
    /// The agent's subsystem, `agent.auth.handler`; empty for the template engine's lines of old releases.
    pub(super) module: String,
    /// How loud it is.
    pub(super) level: Level,
    /// All before the message, as written: time, level, module.
    head: String,
    /// Message, fields and continuations.
    text: String,
    /// The latest continuation that no longer fitted in `text`; it may hold the announced retry.
    overflow: String,
    /// Whether nothing of it can be missing.
    is_whole: bool,
}

/// How loud an entry is, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Level {
    /// Trace, debug, info.
    #[default]
    Quiet,
    /// `WARN`.
    Warning,
    /// `ERROR`; `ERR` in the template engine of old releases.
    Error,
}

impl Level {
    fn of(name: &str) -> Self {
        match name {
            "WARN" => Self::Warning,
            "ERROR" | "ERR" => Self::Error,
            _ => Self::Quiet,
        }
    }
}

impl Record {
    /// Reads the first line of an entry, in either format.
    pub(super) fn begin(line: &str) -> Option<Self> {
        if line.trim_start().starts_with('{') { Self::from_json(line) } else { Self::from_text(line) }
    }

    /// An entry whose first line lies before the start of the log.
    pub(super) fn headless(line: &str) -> Self {
        let mut record = Self { level: Level::Error, ..Self::default() };
        record.extend(line);
        record
    }

    /// Adds a continuation line; says whether it belongs to this entry.
    pub(super) fn extend(&mut self, line: &str) -> bool {
        // what follows other entries is some other program's output
        if self.is_whole || self.level == Level::Quiet {
            return line.trim().is_empty();
        }
        if self.text.len() + line.len() < MOST_TEXT {
            if !self.text.is_empty() {
                self.text.push('\n');
            }
            self.text.push_str(line);
        } else {
            self.overflow = evidence::clip(line, 1024);
        }
        self.is_whole = closes(line);
        true
    }

    /// The message with its fields and continuations, quotes unescaped.
    pub(super) fn text(&self) -> String {
        let text = self.text.replace("\\\"", "\"");
        if self.overflow.is_empty() { text } else { format!("{text}\n{}", self.overflow) }
    }

    /// Whether the message begins so.
    pub(super) fn says(&self, message: &str) -> bool {
        self.text.starts_with(message)
    }

    /// Whether the module is this one, in the naming of any release (`auth.handler`, `agent.auth.handler`).
    pub(super) fn is_from(&self, module: &str) -> bool {
        self.module.strip_suffix(module).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    }

    /// Whether nothing of it can be missing; the last entry of a log may be cut.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The announced wait before the next try: `backoff=1.61s` or `(retry attempt 2 after "500ms")`.
    pub(super) fn retry(&self) -> Option<SignedDuration> {
        let text = self.text();
        let (_, after) = text.rsplit_once(" after \"").or_else(|| text.rsplit_once("backoff="))?;
        let wait: SignedDuration = after.split(['"', ' ', '\n']).next()?.parse().ok()?;
        (!wait.is_negative()).then_some(wait)
    }

    /// The entry on one line, without secrets.
    pub(super) fn evidence(&self) -> String {
        evidence::one_line(&format!("{}{}", self.head, self.raw()))
    }

    /// What the entry says without time, level and announced retry: equal for every turn of a loop.
    pub(super) fn gist(&self) -> String {
        let line = evidence::one_line(&self.raw());
        let line = line.split(" backoff=").next().unwrap_or_default();
        line.split(" (retry attempt").next().unwrap_or_default().to_owned()
    }

    /// Whether this entry comes from a Vault Agent and not from another program with the same log library.
    pub(super) fn is_agents(&self) -> bool {
        const MODULES: [&str; 9] = [
            "agent",
            "auth.handler",
            "auth.approle",
            "sink.file",
            "sink.server",
            "template.server",
            "exec.server",
            "cache",
            "apiproxy",
        ];
        let engine = ["(runner)", "(view)", "(child)", "(watcher)", "(clients)", "(dedup)", "vault."];
        self.module.starts_with("agent.")
            || MODULES.contains(&self.module.as_str())
            || (self.module.is_empty() && !self.head.is_empty() && engine.iter().any(|part| self.says(part)))
    }

    fn raw(&self) -> String {
        if self.overflow.is_empty() { self.text.clone() } else { format!("{}\n{}", self.text, self.overflow) }
    }

    fn from_text(line: &str) -> Option<Self> {
        let (stamp, rest) = stamp(line)?;
        let level = rest.trim_start().strip_prefix('[')?.split(']').next()?;
        if level.is_empty() || !level.chars().all(|c| c.is_ascii_uppercase()) {
            return None;
        }
        let after_level = rest.split_once(']')?.1.trim_start();
        let (module, message) = module(after_level).unwrap_or(("", after_level));
        let head = line.strip_suffix(message).unwrap_or_default().to_owned();
        let is_whole = closes(message) || (message.contains("error=\"") && message.ends_with('"'));
        let text = evidence::clip(message, MOST_TEXT);
        let (at, level, module) = (time(stamp), Level::of(level), module.to_owned());
        Some(Self { at, level, module, head, text, is_whole, overflow: String::new() })
    }

    fn from_json(line: &str) -> Option<Self> {
        let parsed: Option<Map<String, Value>> = serde_json::from_str(line).ok();
        let is_whole = parsed.is_some();
        let mut fields = parsed.or_else(|| mended(line))?;
        let mut take = |key: &str| match fields.remove(key) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let stamp = take("@timestamp").unwrap_or_default();
        let level = take("@level")?.to_ascii_uppercase();
        let module = take("@module").unwrap_or_default();
        let message = take("@message").unwrap_or_default();
        let bracket = format!("[{level}]");
        let head = format!("{stamp} {bracket:<7} {module}: ");
        let text = evidence::clip(&as_text(&message, &fields), MOST_TEXT);
        Some(Self {
            at: time(&stamp),
            level: Level::of(&level),
            module,
            head,
            text,
            is_whole,
            overflow: String::new(),
        })
    }
}

/// Whether a line is the last of its entry.
fn closes(line: &str) -> bool {
    line.contains("backoff=")
        || line.contains("exitCode=")
        || line.contains("(retry attempt ")
        || line.contains("(exceeded maximum retries)")
}

/// Splits off the time: `2026-11-22T03:11:28.003Z` or, for the template engine of old releases, `2020/06/24 05:23:17.4`.
fn stamp(line: &str) -> Option<(&str, &str)> {
    let (first, rest) = line.split_once(' ')?;
    if first.contains('T') && time(first).is_some() {
        return Some((first, rest));
    }
    let clock = rest.split(' ').next()?;
    let stamp = line.get(..first.len() + 1 + clock.len())?;
    time(stamp)?;
    Some((stamp, rest.get(clock.len()..)?))
}

fn time(stamp: &str) -> Option<Timestamp> {
    if let Ok(at) = stamp.parse() {
        return Some(at);
    }
    let (date, clock) = stamp.split_once(' ')?;
    let is_date = date.len() == 10 && date.split('/').count() == 3;
    is_date.then(|| format!("{}T{clock}Z", date.replace('/', "-")).parse().ok()).flatten()
}

fn module(after_level: &str) -> Option<(&str, &str)> {
    let (module, message) =
        after_level.split_once(": ").or_else(|| Some((after_level.strip_suffix(':')?, "")))?;
    let is_module = !module.is_empty()
        && module
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_'));
    is_module.then_some((module, message))
}

/// A JSON line that was cut: closes what is open, or drops the field that was being written.
fn mended(line: &str) -> Option<Map<String, Value>> {
    let before_escape = line.rsplit_once('\\').map_or(line, |(before, _)| before);
    let before_field = line.rsplit_once(",\"").map_or(line, |(before, _)| before);
    let attempts = [
        format!("{line}\"}}"),
        format!("{line}}}"),
        format!("{before_escape}\"}}"),
        format!("{before_field}}}"),
    ];
    attempts.iter().find_map(|attempt| serde_json::from_str(attempt).ok())
}

/// Message and fields as the text format writes them: the error first, then the others, the announced wait last.
fn as_text(message: &str, fields: &Map<String, Value>) -> String {
    let rank = |key: &str| match key {
        "error" => 0,
        "backoff" | "exitCode" => 2,
        _ => 1,
    };
    let mut fields: Vec<_> =
        fields.iter().filter_map(|(key, value)| Some((key.as_str(), shown(key, value)?))).collect();
    fields.sort_by_key(|(key, _)| rank(key));
    let mut text = message.to_owned();
    if !fields.is_empty() {
        text.push(':');
    }
    let mut is_block = false;
    for (key, value) in fields {
        if value.contains('\n') {
            _ = write!(text, "\n  {key}=");
            for line in value.trim_end_matches('\n').split('\n') {
                _ = write!(text, "\n  | {}", line.replace('\t', "\\t"));
            }
            text.push_str("\n  ");
            is_block = true;
        } else if value.contains([' ', '"', '=']) {
            _ = write!(text, " {key}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
        } else {
            _ = write!(text, " {key}={value}");
        }
    }
    if is_block { text.trim_end_matches(' ').to_owned() } else { text }
}

/// A field's value; the template server gives its wait as a number of nanoseconds, the auth handler an empty object.
fn shown(key: &str, value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if key == "backoff" => {
            let wait = SignedDuration::from_nanos(number.as_i64()?);
            Some(format!("{}s", wait.as_secs_f64()))
        }
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_and_every_release_give_the_same_parts() {
        for line in [
            "2026-11-22T03:11:28.005Z [ERROR] agent.auth.handler: error authenticating: error=\"no route\" backoff=1s",
            "2026-11-22T13:11:28.005+1000 [ERROR] agent.auth.handler: error authenticating: error=\"no route\" backoff=1s",
            r#"{"@level":"error","@message":"error authenticating","@module":"agent.auth.handler","@timestamp":"2026-11-22T03:11:28.005Z","backoff":1000000000,"error":"no route"}"#,
        ] {
            let record = Record::begin(line).unwrap();
            assert_eq!(record.at, "2026-11-22T03:11:28.005Z".parse().ok(), "{line}");
            assert!(
                record.is_from("auth.handler")
                    && record.level == Level::Error
                    && record.is_whole()
                    && record.is_agents()
            );
            assert_eq!(record.text(), "error authenticating: error=\"no route\" backoff=1s");
            assert_eq!(record.retry(), Some(SignedDuration::from_secs(1)));
        }
    }

    #[test]
    fn the_template_engine_of_old_releases_is_understood() {
        let record = Record::begin("2020/06/24 05:23:17.402920 [INFO] (runner) creating watcher").unwrap();
        assert_eq!(record.at, "2020-06-24T05:23:17.40292Z".parse().ok());
        assert!(record.says("(runner) creating watcher") && record.is_agents());
    }

    #[test]
    fn a_vault_server_is_no_agent() {
        assert!(
            !Record::begin("2026-11-22T03:11:28.005Z [INFO]  core: post-unseal setup complete")
                .unwrap()
                .is_agents()
        );
    }

    #[test]
    fn continuation_lines_join_and_end() {
        let mut record =
            Record::begin("2026-11-22T03:11:28.005Z [ERROR] agent.auth.handler: error authenticating:")
                .unwrap();
        for line in [
            "  error=",
            "  | Error making API request.",
            "  | ",
            "  | * invalid role or secret ID",
            "   backoff=1.61s",
        ] {
            assert!(!record.is_whole());
            assert!(record.extend(line));
        }
        assert!(record.is_whole());
        assert!(!record.extend("child output"));
        assert_eq!(record.retry(), Some(SignedDuration::from_millis(1610)));
        assert!(record.evidence().ends_with(
            "error authenticating: error=Error making API request. * invalid role or secret ID backoff=1.61s"
        ));
    }

    #[test]
    fn announced_waits_are_read_in_all_their_spellings() {
        for (text, millis) in [
            ("backoff=4m25.27s", 265_270),
            ("x (retry attempt 9 after \"1m0s\")", 60_000),
            ("backoff=966.668159ms", 966),
        ] {
            let line = format!("2026-11-22T03:11:28.005Z [ERROR] agent.template.server: {text}");
            assert_eq!(Record::begin(&line).unwrap().retry().unwrap().as_millis(), millis, "{text}");
        }
        assert_eq!(
            Record::begin("2026-11-22T03:11:28.005Z [ERROR] agent: x backoff=-1ns").unwrap().retry(),
            None
        );
    }

    #[test]
    fn a_json_line_cut_anywhere_keeps_what_came_before() {
        let line = r#"{"@level":"error","@message":"error authenticating","@module":"agent.auth.handler","@timestamp":"2026-11-22T03:11:28.005Z","backoff":{},"error":"a\n\"b\" no known secret ID"}"#;
        for end in 1..line.len() {
            if let Some(record) = line.get(..end).and_then(Record::begin) {
                assert!(!record.is_whole());
            }
        }
        let cut = line.split_once(" ID").unwrap().0;
        assert!(Record::begin(cut).unwrap().text().contains("no known secret"));
    }

    #[test]
    fn an_entry_without_end_stays_small_and_keeps_its_end() {
        let mut record = Record::begin("2026-11-22T03:11:28.005Z [WARN]  agent: (view) x").unwrap();
        for _ in 0..100_000 {
            record.extend("  | and more of it");
        }
        record.extend(&"y".repeat(1 << 20));
        record.extend("(retry attempt 3 after \"1s\")");
        assert!(record.text().len() < 2 * MOST_TEXT);
        assert_eq!(record.retry(), Some(SignedDuration::from_secs(1)));
    }
}
