//! `vaultdeck explain`: what a Vault Agent log says, for an operator at 3 a.m. or, with `--json`, for a program.

use std::fmt::Write as _;
use std::io::{self, Read};

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::exit::Exit;
use crate::model::agent_log::{AgentLog, AgentReading, Class, Render, State};
use crate::model::span;

/// How to say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// Said of a text without a line of an agent.
const NO_AGENT: &str =
    "no line of a vault agent is in it\ntry: docker compose logs vault-agent | vaultdeck explain -\n";

/// What to print, and the status to exit with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The answer, ending with a line break.
    pub text: String,
    /// Ok when no problem is in force, unknown where no agent wrote to it, else critical.
    pub exit: Exit,
}

/// Reads a log to its end, in bounded memory whatever its size, and explains it as of its last line.
///
/// `now` only serves to say how old the log is.
///
/// # Errors
/// When the log cannot be read.
pub fn explain(mut log: impl Read, format: Format, now: Option<Timestamp>) -> io::Result<Explanation> {
    let mut agent_log = AgentLog::default();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match log.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => agent_log.read(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let reading = agent_log.reading(None);
    let agents = agent_log.readings(None);
    let text = match format {
        Format::Text if agents.is_empty() => NO_AGENT.to_owned(),
        Format::Text => in_words(&reading, &agents, now),
        Format::Json => as_json(&reading, agents.len())?,
    };
    let exit = match reading.class {
        _ if agents.is_empty() => Exit::Unknown,
        Class::None => Exit::Ok,
        _ => Exit::Critical,
    };
    Ok(Explanation { text, exit })
}

/// The JSON form: a contract with scripts.
#[derive(Serialize)]
struct Answer<'a> {
    state: State,
    class: Class,
    since: Option<String>,
    attempts: u32,
    evidence: &'a str,
    remedy: &'a str,
    /// Which agent it is, where several wrote to the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
}

fn as_json(reading: &AgentReading, agents: usize) -> io::Result<String> {
    let answer = Answer {
        state: reading.state,
        class: reading.class,
        since: reading.since.map(exact),
        attempts: reading.attempts,
        evidence: &reading.evidence,
        remedy: &reading.remedy,
        source: reading.source.as_deref().filter(|_| agents > 1),
    };
    Ok(format!("{}\n", serde_json::to_string(&answer)?))
}

/// The time as the agent writes it: milliseconds, or finer where the log is finer.
fn exact(at: Timestamp) -> String {
    match at.subsec_nanosecond() {
        nanoseconds if nanoseconds % 1_000_000 == 0 => format!("{at:.3}"),
        nanoseconds if nanoseconds % 1000 == 0 => format!("{at:.6}"),
        _ => format!("{at:.9}"),
    }
}

fn in_words(reading: &AgentReading, agents: &[AgentReading], now: Option<Timestamp>) -> String {
    let mut rows = vec![("state", headline(reading))];
    if let Some(source) = &reading.source {
        rows.push(("agent", source.clone()));
    }
    rows.push(("cause", format!("{}: {}", reading.class.name(), reading.class.cause())));
    if let Some(since) = reading.since {
        rows.push(("since", duration_of_problem(reading, since)));
    }
    if let Some(next) = reading.next_attempt {
        rows.push(("next try", format!("{next:.0}")));
    }
    rows.push(("evidence", reading.evidence.clone()));
    rows.push(("remedy", reading.remedy.clone()));
    if let Some(action) = reading.class.action() {
        rows.push(("guided", format!("action {action} leads through it")));
    }
    rows.push(("life", life(reading)));
    rows.retain(|(_, value)| !value.is_empty());
    if let Some(age) = age(reading, now) {
        rows.push(("log ends", age));
    }
    let mut text = table(&rows);
    text.push_str(&others(reading, agents));
    text
}

fn headline(reading: &AgentReading) -> String {
    let said = match reading.state {
        State::Ok => "logged in and working",
        State::Starting => "not logged in yet",
        State::Looping => "trying again and again",
        State::Stopped => "shut down",
        State::Failed => "ended with an error",
    };
    format!("{} ({said})", reading.state.name())
}

fn duration_of_problem(reading: &AgentReading, since: Timestamp) -> String {
    let tries = match reading.attempts {
        1 => "1 failure".to_owned(),
        many => format!("{many} failures"),
    };
    match reading.last_event_at {
        Some(last) => format!("{since:.0} ({tries} in {})", span::between(since, last)),
        None => format!("{since:.0} ({tries})"),
    }
}

/// What else the log tells: program, start, login, renewal, the file written last.
fn life(reading: &AgentReading) -> String {
    let mut parts = Vec::new();
    if let (Some(product), Some(version)) = (&reading.product, &reading.version) {
        parts.push(format!("{product} agent {version}"));
    }
    let moments =
        [("started", reading.started_at), ("login", reading.last_login), ("renewal", reading.last_renewal)];
    parts.extend(moments.iter().filter_map(|(name, at)| Some(format!("{name} {:.0}", (*at)?))));
    if let Some(Render { at: Some(at), destination, .. }) = reading.renders.last() {
        parts.push(format!("wrote {destination} {at:.0}"));
    }
    parts.join(", ")
}

fn age(reading: &AgentReading, now: Option<Timestamp>) -> Option<String> {
    let last = reading.last_event_at?;
    let now = now.filter(|now| *now > last)?;
    Some(format!("{last:.0} ({} ago)", span::between(last, now)))
}

/// The agents beside the one explained, one line each.
fn others(reading: &AgentReading, agents: &[AgentReading]) -> String {
    let others = agents.iter().filter(|agent| agent.source != reading.source);
    others.fold(String::new(), |mut text, agent| {
        let source = agent.source.as_deref().unwrap_or("(no name)");
        _ = writeln!(text, "also here  {source}: {}, {}", agent.state.name(), agent.class.name());
        text
    })
}

fn table(rows: &[(&str, String)]) -> String {
    rows.iter().fold(String::new(), |mut text, (name, value)| {
        _ = writeln!(text, "{name:<9}  {value}");
        text
    })
}
