//! The agent as its log tells it: the pretend log is text, and the reader of real logs reads it.

use std::ops::RangeInclusive;

use jiff::Timestamp;

use super::container::container_name;
use super::vault::ADDRESS;
use crate::demo::agent_words::Surroundings;
use crate::demo::host::Host;
use crate::demo::pretend::Pretend;
use crate::model::agent_log::AgentLog;
use crate::model::facts::{AgentFacts, Service};
use crate::model::trouble::Trouble;

/// Entries that the first look takes in at least, and at most; later ones only take in what is new.
const TAIL: RangeInclusive<u64> = 30..=300;

/// What has been read of one agent's log so far.
#[derive(Debug, Default)]
pub(in crate::demo) struct AgentReader {
    log: AgentLog,
    covers_from: Option<Timestamp>,
    read: u64,
}

pub(super) fn agent(pretend: &Pretend, host: &Host, reader: &mut AgentReader) -> Result<AgentFacts, Trouble> {
    let container = container_name(Service::Agent);
    if host.agent_container.started.is_none() {
        return Err(Trouble::new(format!("no container {container} on {}", host.name))
            .because("docker knows no such container")
            .hint("deploy starts it"));
    }
    reader.catch_up(host);
    Ok(AgentFacts {
        container: container.to_owned(),
        reading: reader.log.reading(Some(pretend.now)),
        covers_from: reader.covers_from,
    })
}

/// Where the host's `config.hcl` points.
pub(in crate::demo) fn surroundings(host: &Host) -> Surroundings<'static> {
    Surroundings { address: ADDRESS, sink: !host.setup.checks_existence_only }
}

impl AgentReader {
    fn catch_up(&mut self, host: &Host) {
        let said = host.agent.said();
        if said < self.read {
            *self = Self::default();
        }
        let from = self.read.max(begin_of_tail(host));
        for (at, words) in host.agent.log_from(from) {
            self.covers_from.get_or_insert(*at);
            for (_, line) in words.lines(*at, surroundings(host)) {
                self.log.push_line(&line);
            }
        }
        self.read = said;
    }
}

/// Where a tail begins that holds the last login or start and all that followed.
fn begin_of_tail(host: &Host) -> u64 {
    let said = host.agent.said();
    let (least, most) = (said.saturating_sub(*TAIL.start()), said.saturating_sub(*TAIL.end()));
    let numbered = (most..).zip(host.agent.log_from(most));
    let chapters = numbered.filter(|(_, (_, words))| words.begins_chapter()).map(|(number, _)| number);
    chapters.take_while(|number| *number <= least).last().unwrap_or(most)
}
