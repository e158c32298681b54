//! The containers of the compose project on one host, and Docker's events that say when to look again.

mod inspected;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bollard::models::{ContainerInspectResponse, ContainerSummary};
use bollard::query_parameters::{
    ContainerArchiveInfoOptionsBuilder, EventsOptionsBuilder, InspectContainerOptions,
    ListContainersOptionsBuilder,
};
use futures_util::StreamExt;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use self::inspected::Surroundings;
use super::stirring::{Stirring, Stirs};
use super::{Clock, Probe};
use crate::model::facts::{ContainersFacts, Facts, MountKind};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::world::docker::Reached;
use crate::world::host::Host;

/// Time between two looks when no event comes; health checks that fail bring an event of their own.
const EVERY: Duration = Duration::from_secs(15);

/// A connect and two rounds of answers.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);

/// How far back the stream of events begins: longer than a slow host takes from its first look to listening. Events that are
/// known already cost one look.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);

/// Events after which containers are other than before. Health checks flood the stream with `exec_*`: left out.
const EVENTS: &[&str] = &[
    "create",
    "destroy",
    "die",
    "health_status",
    "kill",
    "oom",
    "pause",
    "rename",
    "restart",
    "start",
    "stop",
    "unpause",
    "update",
];

/// Label that compose gives each container of a project.
const PROJECT: &str = "com.docker.compose.project";

/// Label with the container's service in that project.
pub(super) const SERVICE: &str = "com.docker.compose.service";

/// Looks at the containers of the compose project on one host.
pub struct ContainersProbe {
    host: Arc<Host>,
    clock: Clock,
    events: Stirring,
    /// Whether a bind mount is of a file, by container id and destination: it cannot change while the container lives.
    bind_kinds: Mutex<HashMap<(String, String), MountKind>>,
}

impl ContainersProbe {
    /// A probe of this host.
    pub fn new(host: Arc<Host>, clock: Clock) -> Self {
        Self { host, clock, events: Stirring::default(), bind_kinds: Mutex::default() }
    }

    async fn inspect(&self, docker: &Reached, id: &str) -> Result<Option<ContainerInspectResponse>, Trouble> {
        match docker.api.inspect_container(id, None::<InspectContainerOptions>).await {
            Ok(answer) => Ok(Some(answer)),
            // it has gone since it was listed
            Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
            Err(error) => Err(self.host.engine.trouble(&cannot_look(&self.host), &error).await),
        }
    }

    /// Volumes whose driver keeps them in RAM.
    async fn volumes_on_ram(
        &self,
        docker: &Reached,
        answers: &[ContainerInspectResponse],
    ) -> BTreeSet<String> {
        let names: BTreeSet<&str> = inspected::volumes(answers).collect();
        let asked = names.into_iter().map(|name| async move {
            let volume = docker.api.inspect_volume(name).await.ok()?;
            (volume.options.get("type")? == "tmpfs").then(|| name.to_owned())
        });
        join_all(asked).await.into_iter().flatten().collect()
    }

    async fn bind_kinds(
        &self,
        docker: &Reached,
        answers: &[ContainerInspectResponse],
    ) -> BTreeMap<(String, String), MountKind> {
        let asked = inspected::binds(answers).map(|(id, destination)| async move {
            let kind = self.bind_kind(docker, id, destination).await?;
            Some(((id.to_owned(), destination.to_owned()), kind))
        });
        join_all(asked).await.into_iter().flatten().collect()
    }

    async fn bind_kind(&self, docker: &Reached, id: &str, destination: &str) -> Option<MountKind> {
        let key = (id.to_owned(), destination.to_owned());
        let known = self.bind_kinds.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if known.is_some() {
            return known;
        }
        let path = ContainerArchiveInfoOptionsBuilder::default().path(destination).build();
        let stat = docker.api.get_container_archive_info(id, Some(path)).await.ok()?;
        let kind = inspected::kind_by_mode(stat.file_mode);
        self.bind_kinds.lock().unwrap_or_else(PoisonError::into_inner).insert(key, kind);
        Some(kind)
    }
}

#[async_trait]
impl Probe for ContainersProbe {
    fn subject(&self) -> Subject {
        Subject::Containers(self.host.name.clone())
    }

    fn every(&self) -> Option<Duration> {
        Some(EVERY)
    }

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        let docker = self.host.engine.reach().await?;
        let listed = listed(&self.host, &docker).await?;
        let ids = listed.iter().filter_map(|container| container.id.as_deref());
        let answers = join_all(ids.map(|id| self.inspect(&docker, id))).await;
        let answers: Vec<_> = answers.into_iter().filter_map(Result::transpose).collect::<Result<_, _>>()?;
        let (on_ram, bind_kinds) =
            tokio::join!(self.volumes_on_ram(&docker, &answers), self.bind_kinds(&docker, &answers));
        let surroundings = Surroundings { layout: &self.host.layout, on_ram, bind_kinds };
        let mut containers: Vec<_> =
            answers.into_iter().map(|answer| surroundings.container(answer)).collect();
        containers.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Facts::Containers(ContainersFacts { through: docker.through, engine: docker.version, containers }))
    }

    async fn stirred(&self) {
        let clock = Arc::clone(&self.clock);
        self.events.stirred(&self.host, move |host| events(host, clock())).await;
    }
}

/// Containers of the project, ended ones too.
pub(super) async fn listed(host: &Host, docker: &Reached) -> Result<Vec<ContainerSummary>, Trouble> {
    let filters = HashMap::from([("label", vec![of_project(host)])]);
    let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    host.engine.answer(&cannot_look(host), docker.api.list_containers(Some(options))).await
}

pub(super) fn is_running(container: &ContainerSummary) -> bool {
    container.state.as_ref().is_some_and(|state| state.to_string() == "running")
}

/// Also those of just now: one that came between the first look and the first word of the stream would be lost.
async fn events(host: Arc<Host>, now: Timestamp) -> Result<Stirs, Trouble> {
    let docker = host.engine.reach().await?;
    let filters = HashMap::from([
        ("type", vec!["container".to_owned()]),
        ("label", vec![of_project(&host)]),
        ("event", EVENTS.iter().map(|&event| event.to_owned()).collect()),
    ]);
    let since = (now - OVERLAP).as_second().to_string();
    let options = EventsOptionsBuilder::default().since(&since).filters(&filters).build();
    Ok(docker.api.events(Some(options)).map(|event| event.map(drop)).boxed())
}

fn of_project(host: &Host) -> String {
    format!("{PROJECT}={}", host.layout.project)
}

fn cannot_look(host: &Host) -> String {
    format!("cannot see the containers on {}", host.name)
}
