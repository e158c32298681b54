//! The Vault Agent log, line by line, to what the agent is doing: state, cause, since when, and what to do about it.
//!
//! ```text
//! bytes ─▶ transport: container name and time of the carrier off ─▶ record: one entry of several lines, text or JSON
//!       ─▶ happening: what the entry says ─▶ agent: what that changes ─▶ AgentReading
//! ```
//!
//! Both wordings are understood, `HashiCorp` Vault's and `OpenBao`'s, of any release. Memory is bounded whatever comes
//! in, and a log may begin and end anywhere.

mod agent;
mod cause;
mod class;
mod event;
mod evidence;
mod happening;
mod problem;
mod reading;
mod record;
mod transport;

use jiff::Timestamp;

use self::agent::Agent;
pub use self::class::Class;
pub use self::event::{AgentEvent, EventKind};
use self::happening::Happening;
pub use self::reading::{AgentReading, FetchProblem, Render, State};
use self::record::Record;

/// The most bytes of one line that are kept.
const LONGEST_LINE: usize = 64 * 1024;

/// The most containers whose lines are told apart.
const MOST_SOURCES: usize = 64;

/// A log being read. Feed it lines or bytes as they come, and ask for the sum at any time.
#[derive(Debug, Clone, Default)]
pub struct AgentLog {
    sources: Vec<Source>,
    /// The line that has not ended yet.
    partial: Vec<u8>,
}

/// The lines of one container.
#[derive(Debug, Clone, Default)]
struct Source {
    name: String,
    /// The entry that may still go on.
    open: Option<Open>,
    agent: Agent,
    is_agent: bool,
}

#[derive(Debug, Clone)]
enum Open {
    /// Its first line was read.
    Begun(Record),
    /// The log began within it.
    Headless(Record),
    /// Another program's entry, or an entry that is over.
    Passed,
}

impl AgentLog {
    /// Takes in bytes as they come, in pieces of any size; broken UTF-8 becomes the replacement character.
    pub fn read(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LONGEST_LINE.saturating_sub(self.partial.len());
            let kept = piece.get(..room.min(piece.len())).unwrap_or(piece);
            self.partial.extend_from_slice(kept);
            if piece.ends_with(b"\n") {
                self.end_line();
            }
        }
    }

    /// Takes in one line, with or without its line break.
    pub fn push_line(&mut self, line: &str) {
        self.read(line.as_bytes());
        if !line.ends_with('\n') {
            self.end_line();
        }
    }

    /// The sum of the log as of a moment, or as of its last line. Where several agents wrote to it: of the one that
    /// fares worst.
    pub fn reading(&self, now: Option<Timestamp>) -> AgentReading {
        let mut readings = self.readings(now);
        readings.sort_by_key(|reading| std::cmp::Reverse(severity(reading)));
        readings.into_iter().next().unwrap_or_else(nothing_read)
    }

    /// The sums of all agents that wrote to the log, in order of their first line; empty when none did.
    pub fn readings(&self, now: Option<Timestamp>) -> Vec<AgentReading> {
        let mut log;
        let sources = if self.partial.is_empty() {
            &self.sources
        } else {
            log = self.clone();
            log.end_line();
            &log.sources
        };
        let of = |is_agent: bool| sources.iter().filter(move |source| source.is_agent == is_agent);
        let agents: Vec<_> = of(true).map(|source| source.reading(now)).collect();
        if !agents.is_empty() {
            return agents;
        }
        // a log of a few lines may begin and end within one entry of the agent
        let is_recognised = |reading: &AgentReading| !matches!(reading.class, Class::None | Class::Unknown);
        of(false).map(|source| source.reading(now)).filter(is_recognised).collect()
    }

    fn end_line(&mut self) {
        let bytes = std::mem::take(&mut self.partial);
        let line = String::from_utf8_lossy(&bytes);
        let delivered = transport::unwrap(&line);
        if let Some(source) = self.source(&delivered.source) {
            source.take(&delivered.text, delivered.at);
        }
    }

    fn source(&mut self, name: &str) -> Option<&mut Source> {
        let known = self.sources.iter().position(|source| source.name == name);
        let index = match known {
            Some(index) => index,
            None => self.admit(name)?,
        };
        self.sources.get_mut(index)
    }

    /// Makes room for another container, in place of one that has shown no agent.
    fn admit(&mut self, name: &str) -> Option<usize> {
        let source = Source { name: name.to_owned(), ..Source::default() };
        if self.sources.len() < MOST_SOURCES {
            self.sources.push(source);
            return Some(self.sources.len() - 1);
        }
        let index = self.sources.iter().position(|source| !source.is_agent)?;
        self.sources.remove(index);
        self.sources.push(source);
        Some(self.sources.len() - 1)
    }
}

impl Source {
    fn take(&mut self, line: &str, at: Option<Timestamp>) {
        if let Some(record) = Record::begin(line) {
            self.close();
            self.is_agent |= record.is_agents();
            self.open = Some(if record.is_agents() { Open::Begun(record) } else { Open::Passed });
        } else if let Some(banner) = line.strip_prefix("==> ") {
            self.close();
            self.open = Some(Open::Passed);
            self.take_banner(banner, at);
        } else if let Some(version) = line.trim_start().strip_prefix("Version: ") {
            self.agent.take_version(version);
        } else if let Some(happening) = Happening::of_last_words(line) {
            self.close();
            self.open = Some(Open::Passed);
            self.is_agent = true;
            self.agent.take_last_words(happening, line, at);
        } else {
            self.go_on(line);
        }
    }

    fn take_banner(&mut self, banner: &str, at: Option<Timestamp>) {
        self.is_agent |= banner.to_ascii_lowercase().contains("agent");
        self.agent.take_banner(banner, at);
    }

    fn go_on(&mut self, line: &str) {
        match &mut self.open {
            None => self.open = Some(Open::Headless(Record::headless(line))),
            Some(Open::Headless(record)) => _ = record.extend(line),
            Some(Open::Begun(record)) => {
                if !record.extend(line) {
                    self.close();
                }
            }
            Some(Open::Passed) => {}
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.replace(Open::Passed) else { return };
        match open {
            Open::Begun(record) => self.agent.take(&record),
            Open::Headless(record) => self.agent.take_headless(&record),
            Open::Passed => {}
        }
    }

    /// The sum, the open entry included as far as it goes.
    fn reading(&self, now: Option<Timestamp>) -> AgentReading {
        let mut source = self.clone();
        source.close();
        source.agent.reading(&self.name, now)
    }
}

/// What to show first of several agents: those that have a problem, of these the ones that gave up, then the root cause
/// and the greater number of failures.
fn severity(reading: &AgentReading) -> (bool, State, bool, u32) {
    let has_problem = reading.class != Class::None;
    (has_problem, reading.state, reading.class.action() == Some("fix-agent-auth"), reading.attempts)
}

/// A log in which no agent wrote anything: no all-clear.
fn nothing_read() -> AgentReading {
    AgentReading {
        class: Class::Unknown,
        remedy: NOTHING_READ.to_owned(),
        ..Agent::default().reading("", None)
    }
}

const NOTHING_READ: &str = "no line of a vault agent was found: check that this is the agent's log (docker compose logs \
                            vault-agent) and that it is not empty";
