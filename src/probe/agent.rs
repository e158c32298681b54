//! The Vault Agent on one host through its log: each look reads what has come since the last one, and a new line makes
//! a look due.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bollard::models::ContainerSummary;
use futures_util::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::containers::{DEADLINE, SERVICE, is_running, listed};
use super::log_lines::{lines, options};
use super::stirring::{Stirring, Stirs};
use super::{Clock, LogLine, Probe};
use crate::model::agent_log::AgentLog;
use crate::model::facts::{AgentFacts, Facts};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::world::clean;
use crate::world::docker::Reached;
use crate::world::host::Host;

/// Time between two looks when the log is quiet.
const EVERY: Duration = Duration::from_secs(15);

/// Lines of the past that one look reads at most.
const TAIL: usize = 2000;

/// What an agent has to say comes in bursts: a look waits for the end of one.
const BURST: Duration = Duration::from_millis(300);

/// Looks at the agent's log on one host.
pub struct AgentProbe {
    host: Arc<Host>,
    clock: Clock,
    log: Stirring,
    read: Mutex<Option<Read>>,
}

/// What has been read of one container's log.
struct Read {
    container: String,
    log: AgentLog,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl AgentProbe {
    /// A probe of the agent on this host.
    pub fn new(host: Arc<Host>, clock: Clock) -> Self {
        Self { host, clock, log: Stirring::default(), read: Mutex::new(None) }
    }

    async fn read_on(&self, docker: &Reached, read: &mut Read) -> Result<(), Trouble> {
        let outputs = docker.api.logs(&read.container, Some(options(false, TAIL, read.last)));
        let fresh: Vec<LogLine> =
            self.host.engine.answer(&cannot_read(&self.host), lines(outputs).try_collect()).await?;
        for line in fresh {
            read.take(&line);
        }
        Ok(())
    }
}

impl Read {
    fn of(container: &str) -> Self {
        Self { container: container.to_owned(), log: AgentLog::default(), first: None, last: None }
    }

    /// Docker tells the past by whole seconds: what was read before comes again and is passed over.
    fn take(&mut self, line: &LogLine) {
        if self.last.is_some_and(|last| line.at <= last) {
            return;
        }
        self.first = self.first.or(Some(line.at));
        self.last = Some(line.at);
        self.log.push_line(&format!("{} {}", line.at, line.text));
    }
}

#[async_trait]
impl Probe for AgentProbe {
    fn subject(&self) -> Subject {
        Subject::Agent(self.host.name.clone())
    }

    fn every(&self) -> Option<Duration> {
        Some(EVERY)
    }

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        let docker = self.host.engine.reach().await?;
        let container = agent_of(&self.host, &docker).await?;
        let id = container.id.as_deref().unwrap_or_default();
        let mut known = self.read.lock().await;
        let mut read = known.take().filter(|read| read.container == id).unwrap_or_else(|| Read::of(id));
        let outcome = self.read_on(&docker, &mut read).await;
        let read = known.insert(read);
        outcome?;
        Ok(Facts::Agent(Box::new(AgentFacts {
            container: name(&container),
            reading: read.log.reading(Some((self.clock)())),
            covers_from: read.first,
        })))
    }

    async fn stirred(&self) {
        self.log.stirred(&self.host, new_lines).await;
        tokio::time::sleep(BURST).await;
    }
}

async fn new_lines(host: Arc<Host>) -> Result<Stirs, Trouble> {
    let docker = host.engine.reach().await?;
    let container = agent_of(&host, &docker).await?;
    let outputs = docker.api.logs(&container.id.unwrap_or_default(), Some(options(true, 0, None)));
    Ok(outputs.map(|output| output.map(drop)).boxed())
}

/// The agent's container: the running one, else the one made last.
async fn agent_of(host: &Host, docker: &Reached) -> Result<ContainerSummary, Trouble> {
    let service = host.layout.agent_service.as_str();
    let is_agent = |container: &ContainerSummary| {
        container.labels.as_ref().and_then(|labels| labels.get(SERVICE)).is_some_and(|name| name == service)
    };
    let found = listed(host, docker).await?.into_iter().filter(is_agent);
    found.max_by_key(|container| (is_running(container), container.created)).ok_or_else(|| {
        Trouble::new(format!("no agent on {}", host.name))
            .because(format!("compose project {} has no container of service {service} there", host.layout.project))
            .hint("deploy it with the setup playbook, or correct agent.project and agent.agent_service in the profile")
    })
}

fn name(container: &ContainerSummary) -> String {
    let name = container.names.iter().flatten().next().map_or("", |name| name.trim_start_matches('/'));
    clean::line(name.as_bytes())
}

fn cannot_read(host: &Host) -> String {
    format!("cannot read the agent's log on {}", host.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at: &str, text: &str) -> LogLine {
        LogLine { at: at.parse().unwrap(), stderr: false, text: text.to_owned() }
    }

    #[test]
    fn a_line_that_comes_again_is_read_once() {
        let mut read = Read::of("a");
        let login = line(
            "2026-11-22T03:10:37.7Z",
            "2026-11-22T03:10:37.626Z [INFO]  agent.auth.handler: authentication successful, sending token to sinks",
        );
        read.take(&login);
        read.take(&login);
        assert_eq!(read.log.reading(None).logins, 1);
        assert_eq!((read.first, read.last), (Some(login.at), Some(login.at)));
    }

    #[test]
    fn the_agents_own_time_counts_and_dockers_where_it_gives_none() {
        let mut read = Read::of("a");
        read.take(&line(
            "2026-11-22T03:10:37.7Z",
            "==> OpenBao Agent started! Log data will stream in below:",
        ));
        read.take(&line(
            "2026-11-22T03:10:38.7Z",
            "2026-11-22T03:10:38.626Z [INFO]  agent.auth.handler: authentication successful, sending token to sinks",
        ));
        let reading = read.log.reading(None);
        assert_eq!(reading.last_login.unwrap().to_string(), "2026-11-22T03:10:38.626Z");
    }
}
