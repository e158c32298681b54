//! The pretend fleet's side of the port [`Probe`]: one probe per subject, with the intervals of the real ones.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::host::{Host, Process};
use super::look::{self, AgentReader};
use super::stage::Stage;
use crate::model::facts::Facts;
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::probe::Probe;

/// Shortest time between two looks, however fast the clock runs.
const SHORTEST_REST: Duration = Duration::from_secs(1);

/// Looks at one subject of the pretend fleet.
struct PretendProbe {
    stage: Arc<Stage>,
    subject: Subject,
    reader: Mutex<AgentReader>,
}

/// Probes of everything that the deployment has.
pub(super) fn probes(stage: &Arc<Stage>) -> Vec<Arc<dyn Probe>> {
    subjects(stage).map(|subject| probe(stage, subject)).collect()
}

fn probe(stage: &Arc<Stage>, subject: Subject) -> Arc<dyn Probe> {
    Arc::new(PretendProbe { stage: Arc::clone(stage), subject, reader: Mutex::default() })
}

fn subjects(stage: &Stage) -> impl Iterator<Item = Subject> {
    let deployment = &stage.deployment;
    let secrets = deployment.secrets.iter().map(|secret| Subject::Secret(secret.path.clone()));
    let hosts = deployment.hosts.iter().flat_map(|host| {
        [Subject::Host(host.clone()), Subject::Containers(host.clone()), Subject::Agent(host.clone())]
    });
    let vault =
        [Subject::Vault, Subject::Token, Subject::Access, Subject::Mounts, Subject::Policy, Subject::Role];
    let others = [Subject::Rds, Subject::Account, Subject::Login, Subject::Station];
    vault.into_iter().chain(secrets).chain(hosts).chain(others)
}

#[async_trait]
impl Probe for PretendProbe {
    fn subject(&self) -> Subject {
        self.subject.clone()
    }

    fn every(&self) -> Option<Duration> {
        let seconds = match self.subject {
            Subject::Vault | Subject::Containers(_) | Subject::Agent(_) => 5,
            Subject::Token | Subject::Host(_) => 10,
            Subject::Role | Subject::Secret(_) | Subject::Rds => 15,
            Subject::Access | Subject::Mounts | Subject::Policy | Subject::Station => 60,
            Subject::Account => 300,
            Subject::Login => return None,
        };
        // where time runs faster, looks come more often: the picture is to be about as old as in earnest
        let hurried = Duration::from_secs(seconds).div_f64(self.stage.pace.rate().max(1.0));
        Some(hurried.max(SHORTEST_REST))
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let deployment = &self.stage.deployment;
        self.stage.see(|pretend| look::facts(pretend, deployment, &self.subject, &mut reader))
    }

    /// A container that starts or ends, an agent that says something: what Docker's events and log tell at once.
    async fn stirred(&self) {
        let Some(host) = self.subject.host() else { return std::future::pending().await };
        let before = self.mark(host);
        while self.mark(host) == before {
            self.stage.sleep_until_due(host).await;
        }
    }
}

/// What tells one state of a host from the next without looking closely.
#[derive(PartialEq, Eq)]
enum Mark {
    Processes([Process; 3]),
    Said(u64),
}

impl PretendProbe {
    fn mark(&self, host: &str) -> Option<Mark> {
        self.stage.see(|pretend| pretend.host(host).and_then(|host| mark(&self.subject, host)))
    }
}

fn mark(subject: &Subject, host: &Host) -> Option<Mark> {
    match subject {
        Subject::Containers(_) => {
            Some(Mark::Processes([host.agent_container, host.server.process, host.worker.process]))
        }
        Subject::Agent(_) => Some(Mark::Said(host.agent.said())),
        _ => None,
    }
}
