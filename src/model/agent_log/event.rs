//! What happened in an agent's life, as a timeline of bounded length: a loop takes one line of it, not all.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;

/// How many events are kept; the oldest go first.
const KEPT: usize = 200;

/// One line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentEvent {
    /// When it happened first; unknown for a banner at the end of a log, which carries no time.
    pub at: Option<Timestamp>,
    /// What kind of event it is.
    pub kind: EventKind,
    /// One line in the agent's own words, without secrets.
    pub text: String,
    /// How many times it happened in a row.
    pub times: u32,
    /// When it happened last.
    pub last: Option<Timestamp>,
}

/// The kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The agent's process began.
    Started,
    /// A login succeeded.
    LoggedIn,
    /// The token was renewed.
    Renewed,
    /// A login or a renewal failed.
    AuthFailed,
    /// A secret could not be read.
    FetchFailed,
    /// A template could not be rendered or written.
    RenderFailed,
    /// A file was written anew.
    Rendered,
    /// The token sink could not be written.
    SinkFailed,
    /// Worth knowing, without a verdict.
    Noted,
    /// The agent was asked to stop.
    Stopped,
    /// The agent gave up.
    Exited,
}

/// The latest events, oldest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Timeline(VecDeque<AgentEvent>);

impl Timeline {
    /// Adds an event, or counts it when it repeats the latest one.
    pub(super) fn add(&mut self, at: Option<Timestamp>, kind: EventKind, text: String) {
        if let Some(latest) = self.0.back_mut().filter(|latest| latest.kind == kind && latest.text == text) {
            latest.times = latest.times.saturating_add(1);
            latest.last = at.or(latest.last);
            return;
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(AgentEvent { at, kind, text, times: 1, last: at });
    }

    /// A copy of all events.
    pub(super) fn to_vec(&self) -> Vec<AgentEvent> {
        self.0.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_takes_one_line_and_the_timeline_stays_short() {
        let mut timeline = Timeline::default();
        timeline.add(None, EventKind::Started, "started".into());
        for _ in 0..1000 {
            timeline.add(None, EventKind::AuthFailed, "no known secret ID".into());
        }
        assert_eq!(timeline.to_vec().len(), 2);
        assert_eq!(timeline.to_vec()[1].times, 1000);
        for number in 0..1000 {
            timeline.add(None, EventKind::Rendered, number.to_string());
        }
        assert_eq!(timeline.to_vec().len(), KEPT);
    }
}
