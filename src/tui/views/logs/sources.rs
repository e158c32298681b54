//! Which logs can be followed: one container's, all of a host, the same service on every host, or every one there is. A log is
//! wanted by one container and how far around it is looked, so that a key widens it and goes back to where it began.

use crate::model::facts::{Container, ContainersFacts, Service};
use crate::model::fleet::Fleet;
use crate::model::subject::Subject;
use crate::tui::app::App;
use crate::tui::moving;

/// In place of a host's name, where all are meant.
pub const EVERY_HOST: &str = "every host";
/// In place of a container's name, where all are meant.
const EVERY_CONTAINER: &str = "every container";

/// How far around a container its log reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// Only itself.
    #[default]
    Container,
    /// The same service on every host.
    Service,
    /// Every container of its host.
    Host,
    /// Every container of every host.
    Everything,
}

impl Reach {
    /// Its name, where it is kept.
    pub fn name(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Service => "service",
            Self::Host => "host",
            Self::Everything => "everything",
        }
    }

    /// The reach of that name; the container alone where it is none.
    pub fn named(name: &str) -> Self {
        let reaches = [Self::Service, Self::Host, Self::Everything];
        reaches.into_iter().find(|reach| reach.name() == name).unwrap_or_default()
    }

    /// What a key widens it to; after everything it is the container alone again.
    #[must_use]
    pub fn wider(self) -> Self {
        match self {
            Self::Container => Self::Service,
            Self::Service => Self::Host,
            Self::Host => Self::Everything,
            Self::Everything => Self::Container,
        }
    }
}

/// A log that somebody wants to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Host.
    pub host: String,
    /// Container there.
    pub container: String,
    /// How far around it.
    pub reach: Reach,
}

/// One container whose log is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Host.
    pub host: String,
    /// Container.
    pub container: String,
    /// What stands before its lines: `authentik-3/agent`.
    pub label: String,
}

impl Wanted {
    /// One container's log.
    pub fn only(host: impl Into<String>, container: impl Into<String>) -> Self {
        Self { host: host.into(), container: container.into(), reach: Reach::Container }
    }

    /// Whose log it is, and which: `every host`, `agent`.
    pub fn words(&self, fleet: Option<&Fleet>) -> (String, String) {
        let service = || {
            let containers = fleet.map_or(&[][..], |fleet| containers(fleet, &self.host));
            containers.iter().find(|container| container.name == self.container).map(service)
        };
        let host = match self.reach {
            Reach::Container | Reach::Host => self.host.clone(),
            Reach::Service | Reach::Everything => EVERY_HOST.to_owned(),
        };
        let container = match self.reach {
            Reach::Container => self.container.clone(),
            Reach::Service => service().unwrap_or_else(|| self.container.clone()),
            Reach::Host | Reach::Everything => EVERY_CONTAINER.to_owned(),
        };
        (host, container)
    }

    /// The containers that it is made of, or the one it was asked for where none is known yet, in the operator's order of hosts.
    pub fn sources(&self, fleet: &Fleet) -> Vec<Source> {
        let mut sources = self.known_sources(fleet);
        if sources.is_empty() {
            let label = format!("{}/{}", self.host, self.container);
            sources.push(Source { host: self.host.clone(), container: self.container.clone(), label });
        }
        sources
    }

    /// Those of them that are known.
    pub fn known_sources(&self, fleet: &Fleet) -> Vec<Source> {
        let known = containers(fleet, &self.host).iter().find(|container| container.name == self.container);
        let wanted = known.map(service);
        let belongs = |host: &str, container: &Container| match self.reach {
            Reach::Container => host == self.host && container.name == self.container,
            Reach::Service => wanted.as_ref().is_some_and(|wanted| *wanted == service(container)),
            Reach::Host => host == self.host,
            Reach::Everything => true,
        };
        let of_host = |host: &String| {
            let here = containers(fleet, host).iter().filter(|container| belongs(host, container));
            here.map(|container| Source::of(host, container)).collect::<Vec<_>>()
        };
        fleet.deployment.hosts.iter().flat_map(of_host).collect()
    }
}

impl Source {
    /// Whether its container runs, as far as is known.
    pub fn is_up(&self, fleet: &Fleet) -> bool {
        let known = containers(fleet, &self.host);
        known.iter().any(|container| container.name == self.container && container.running())
    }

    fn of(host: &str, container: &Container) -> Self {
        let label = format!("{host}/{}", service(container));
        Self { host: host.to_owned(), container: container.name.clone(), label }
    }
}

/// Every log there is to choose from: everything, every service, then each host and its containers.
pub fn choices(app: &App) -> Vec<Wanted> {
    let Some(fleet) = &app.fleet else { return Vec::new() };
    let (mut wide, mut by_host, mut services) = (Vec::new(), Vec::new(), Vec::new());
    for host in &fleet.deployment.hosts {
        for (place, container) in containers(fleet, host).iter().enumerate() {
            let wanted = |reach| Wanted { reach, ..Wanted::only(host, &container.name) };
            if wide.is_empty() {
                wide.push(wanted(Reach::Everything));
            }
            if place == 0 {
                by_host.push(wanted(Reach::Host));
            }
            by_host.push(wanted(Reach::Container));
            let service = service(container);
            if !services.contains(&service) {
                services.push(service);
                wide.push(wanted(Reach::Service));
            }
        }
    }
    wide.extend(by_host);
    wide
}

/// The agent's container on a host, else any.
pub fn agent_of(app: &App, host: &str) -> Option<String> {
    let facts = app.fleet.as_ref()?.last::<ContainersFacts>(&Subject::Containers(host.to_owned()))?;
    let container = facts.facts.of(Service::Agent).or_else(|| facts.facts.containers.first())?;
    Some(container.name.clone())
}

/// The log that is most likely wanted: that of the agent on the worst host.
pub fn likeliest(app: &App) -> Option<Wanted> {
    let hosts = &app.judged.as_ref()?.hosts;
    let known: Vec<_> = hosts.iter().filter(|row| agent_of(app, &row.name).is_some()).collect();
    let worst = known.get(moving::worst(known.iter().map(|row| row.worst)))?;
    Some(Wanted::only(worst.name.clone(), agent_of(app, &worst.name)?))
}

fn containers<'f>(fleet: &'f Fleet, host: &str) -> &'f [Container] {
    let facts = fleet.last::<ContainersFacts>(&Subject::Containers(host.to_owned()));
    facts.map_or(&[], |facts| &facts.facts.containers)
}

/// What a container is called beside its host: its part in the deployment, or its name without the number that compose adds.
fn service(container: &Container) -> String {
    if container.service != Service::Other {
        return container.service.to_string();
    }
    let name = container.name.as_str();
    let numbered =
        name.rsplit_once('-').filter(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()));
    numbered.map_or(name, |(name, _)| name).to_owned()
}
