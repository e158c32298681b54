//! The pretend fleet's side of the port [`Follow`]: past lines of a container's log first, then those to come.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use jiff::Timestamp;

use super::app_words;
use super::host::Host;
use super::look::{self, reachable, service_named};
use super::pretend::Pretend;
use super::stage::Stage;
use crate::model::facts::Service;
use crate::model::trouble::Trouble;
use crate::probe::{Follow, LogLine, LogRequest};

/// How often a log is asked for new lines.
const LISTEN: Duration = Duration::from_millis(300);

/// Hands out the logs of the pretend containers.
pub(super) struct PretendLogs {
    stage: Arc<Stage>,
}

impl PretendLogs {
    /// Of a running fleet.
    pub(super) fn of(stage: &Arc<Stage>) -> Arc<dyn Follow> {
        Arc::new(Self { stage: Arc::clone(stage) })
    }
}

/// A log being read.
struct Reading {
    stage: Arc<Stage>,
    host: String,
    service: Service,
    waiting: VecDeque<LogLine>,
    place: Place,
    over: bool,
}

/// How far it has been read.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Entries of the agent's log.
    Entry(u64),
    /// A moment of an application's log.
    Moment(Timestamp),
}

#[async_trait]
impl Follow for PretendLogs {
    async fn follow(
        &self,
        request: LogRequest,
    ) -> Result<BoxStream<'static, Result<LogLine, Trouble>>, Trouble> {
        let service = service_named(&request.container);
        let begun = self.stage.see(|pretend| {
            let host = reachable(pretend, &request.host)?;
            let service = service.filter(|_| host.deployed.is_some());
            let service = service.ok_or_else(|| no_container(&request))?;
            let (lines, place) = past(pretend, host, service, &request);
            Ok::<_, Trouble>((service, lines, place))
        })?;
        let (service, waiting, place) = begun;
        let stage = Arc::clone(&self.stage);
        let reading = Reading { stage, host: request.host, service, waiting, place, over: false };
        Ok(stream::unfold(reading, next).boxed())
    }
}

fn no_container(request: &LogRequest) -> Trouble {
    Trouble::new(format!("no container {} on {}", request.container, request.host))
        .because("docker knows no such container")
}

fn past(
    pretend: &Pretend,
    host: &Host,
    service: Service,
    request: &LogRequest,
) -> (VecDeque<LogLine>, Place) {
    let (mut lines, place) = if service == Service::Agent {
        let tail = u64::try_from(request.tail).unwrap_or(u64::MAX);
        agent_lines(host, host.agent.said().saturating_sub(tail))
    } else {
        let begin = app_words::begin_of_tail(pretend.now, request.tail);
        app_lines(pretend, host, service, request.since.unwrap_or(begin).max(begin))
    };
    if let Some(since) = request.since {
        lines.retain(|line| line.at >= since);
    }
    lines.drain(..lines.len().saturating_sub(request.tail));
    (lines, place)
}

fn agent_lines(host: &Host, from: u64) -> (VecDeque<LogLine>, Place) {
    let around = look::surroundings(host);
    let said = host.agent.log_from(from).flat_map(|(at, words)| words.lines(*at, around));
    let lines = said.map(|(at, text)| LogLine { at, stderr: true, text }).collect();
    (lines, Place::Entry(host.agent.said()))
}

fn app_lines(
    pretend: &Pretend,
    host: &Host,
    service: Service,
    from: Timestamp,
) -> (VecDeque<LogLine>, Place) {
    let lines = app_words::lines(pretend, host, service, from);
    let lines = lines.into_iter().map(|(at, text)| LogLine { at, stderr: false, text }).collect();
    (lines, Place::Moment(pretend.now))
}

async fn next(mut reading: Reading) -> Option<(Result<LogLine, Trouble>, Reading)> {
    loop {
        if let Some(line) = reading.waiting.pop_front() {
            return Some((Ok(line), reading));
        }
        if reading.over {
            return None;
        }
        tokio::time::sleep(LISTEN).await;
        if let Err(trouble) = reading.listen() {
            reading.over = true;
            return Some((Err(trouble), reading));
        }
    }
}

impl Reading {
    fn listen(&mut self) -> Result<(), Trouble> {
        let (place, service) = (self.place, self.service);
        let (lines, place) = self.stage.see(|pretend| {
            let host = reachable(pretend, &self.host)?;
            Ok::<_, Trouble>(match place {
                Place::Entry(entry) => agent_lines(host, entry),
                Place::Moment(moment) => app_lines(pretend, host, service, moment),
            })
        })?;
        self.waiting = lines;
        self.place = place;
        Ok(())
    }
}
