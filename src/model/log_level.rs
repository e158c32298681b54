//! How loud a line of a log says it is, in the ways of the programs that stand around authentik: Vault Agent, authentik itself,
//! PostgreSQL, Python, Go, nginx and whatever writes `level=…`.

/// How loud a line is, the quietest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// For those who wrote the program.
    Debug,
    /// As it goes.
    Info,
    /// Will hurt later.
    Warn,
    /// Hurts now.
    Error,
}

/// Bytes of a line in which its level is looked for; a program says it early or in a field.
const EARLY: usize = 200;
/// Words among which a level may stand in small letters: `psql: error: …`, `panic: …`.
const FIRST_WORDS: usize = 3;
/// Fields that hold a level, in JSON.
const FIELDS: [&str; 7] = ["level", "@level", "severity", "levelname", "lvl", "log.level", "loglevel"];
/// What PostgreSQL says after an error, on lines of their own.
const ADDED: [&str; 5] = ["DETAIL:", "HINT:", "STATEMENT:", "CONTEXT:", "QUERY:"];

impl LogLevel {
    /// The level that a line says of itself; `None` where it says nothing.
    pub fn of(line: &str) -> Option<Self> {
        if let Some(object) = json(line) {
            return FIELDS.iter().find_map(|field| Self::named(value(object, field)?));
        }
        let early = head(line);
        if early.contains("Traceback (most recent call last)") {
            return Some(Self::Error);
        }
        early
            .split_whitespace()
            .enumerate()
            .find_map(|(place, word)| Self::of_word(word, place < FIRST_WORDS))
    }

    /// Whether somebody should look at it.
    pub fn is_trouble(self) -> bool {
        self >= Self::Warn
    }

    /// A level by any of its names, however written.
    fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "error" | "err" | "fatal" | "panic" | "critical" | "crit" | "alert" | "emerg" | "emergency"
            | "severe" => Some(Self::Error),
            "warn" | "warning" => Some(Self::Warn),
            "info" | "information" | "notice" | "log" => Some(Self::Info),
            "debug" | "trace" | "debug1" | "debug2" | "debug3" | "debug4" | "debug5" => Some(Self::Debug),
            _ => None,
        }
    }

    /// A word is a level in brackets (`[WARN]`), as a field (`level=warn`), in capitals (`ERROR:`, `WARNING:root:…`,
    /// `ERROR/MainProcess]`), or, early in the line, before a colon.
    fn of_word(word: &str, early: bool) -> Option<Self> {
        if let Some((field, value)) = word.split_once('=') {
            return FIELDS.contains(&field).then(|| Self::named(value.trim_matches('"'))).flatten();
        }
        if let Some(inside) =
            word.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(inside, _)| inside)
        {
            return Self::named(inside);
        }
        let word = word.trim_start_matches(['[', '(', '<']);
        let name = word.split([':', '/', ']', ')', '>']).next().unwrap_or_default();
        let capitals = name.len() > 2 && !name.chars().any(|letter| letter.is_ascii_lowercase());
        let before_colon = early && word.strip_prefix(name) == Some(":");
        if capitals || before_colon { Self::named(name) } else { None }
    }
}

/// Whether a line that says no level goes on with what the line before has begun: the block of an error, a traceback, what
/// PostgreSQL adds.
pub fn goes_on(line: &str) -> bool {
    let indented = line.starts_with([' ', '|']) && !line.trim().is_empty();
    indented || head(line).split_whitespace().any(|word| ADDED.contains(&word))
}

/// The start of a line, in which a level stands if it stands anywhere.
fn head(line: &str) -> &str {
    let end = (0..=EARLY.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    line.get(..end).unwrap_or_default()
}

/// The JSON object that a line is, with or without the prefix that `docker compose logs` puts before it.
fn json(line: &str) -> Option<&str> {
    let prefixed = || line.split_once(" | ").map(|(_, line)| line.trim_start());
    let is_object = |line: &&str| line.starts_with('{');
    Some(line).filter(is_object).or_else(|| prefixed().filter(is_object))
}

/// The text of a field, by looking: a log line may be cut in the middle, and then is no JSON any more.
fn value<'a>(object: &'a str, field: &str) -> Option<&'a str> {
    let mut rest = object;
    while let Some(at) = rest.find(field) {
        let quoted = rest.get(..at)?.ends_with('"');
        rest = rest.get(at + field.len()..)?;
        let after = rest.strip_prefix("\":").filter(|_| quoted);
        if let Some(value) = after.and_then(|after| after.trim_start().strip_prefix('"')) {
            return value.split('"').next();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_in_a_nested_text_is_not_the_lines_own() {
        let line = r#"{"event": "said \"level\": \"error\"", "level": "info"}"#;
        assert_eq!(LogLevel::of(line), Some(LogLevel::Info));
    }

    #[test]
    fn what_goes_on_is_told_from_what_begins() {
        assert!(goes_on("  | * permission denied") && goes_on("   backoff=1.6s"));
        assert!(goes_on("2026-11-22 14:02:09 UTC [71] DETAIL:  Role \"authentik\" does not exist."));
        assert!(!goes_on("") && !goes_on("==> OpenBao Agent started!"));
    }

    #[test]
    fn a_line_cut_within_a_character_is_still_read() {
        let line = format!("{}ERROR", "ü".repeat(EARLY));
        assert_eq!(LogLevel::of(&line), None);
    }
}
