//! The containers of a pretend host, as Docker tells them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::demo::dice::after;
use crate::demo::host::{App, Host, Process};
use crate::demo::pretend::Pretend;
use crate::model::facts::{
    Container, ContainerHealth, ContainerState, ContainersFacts, Mount, MountKind, Service,
};

/// How long a health check takes to make up its mind about an agent, and about authentik.
const AGENT_STARTS: SignedDuration = SignedDuration::from_secs(5);
const APP_STARTS: SignedDuration = SignedDuration::from_secs(20);

/// Containers by role.
const CONTAINERS: [(Service, &str); 3] = [
    (Service::Agent, "authentik-vault-agent-1"),
    (Service::Server, "authentik-server-1"),
    (Service::Worker, "authentik-worker-1"),
];

/// A container's name by its role.
pub(in crate::demo) fn container_name(service: Service) -> &'static str {
    CONTAINERS.iter().find(|(role, _)| *role == service).map_or("", |(_, name)| name)
}

/// A container's role by its name.
pub(in crate::demo) fn service_named(name: &str) -> Option<Service> {
    CONTAINERS.iter().find(|(_, known)| *known == name).map(|(service, _)| *service)
}

pub(super) fn containers(pretend: &Pretend, host: &Host) -> ContainersFacts {
    let containers = match host.deployed {
        Some(_) => vec![
            agent(pretend, host),
            app(pretend, Service::Server, &host.server),
            app(pretend, Service::Worker, &host.worker),
        ],
        None => Vec::new(),
    };
    ContainersFacts { through: "socket over ssh".to_owned(), engine: Some("28.2.2".to_owned()), containers }
}

fn agent(pretend: &Pretend, host: &Host) -> Container {
    let config = "/data/authentik/vault/config";
    let templates = "/data/authentik/vault/templates";
    Container {
        image: "openbao/openbao:2.7.2".to_owned(),
        health: Some(agent_health(pretend, host)),
        health_check: Some(agent_check(host).to_owned()),
        mounts: vec![
            mount("/vault/config", config, MountKind::BindDirectory, host.setup.removes_secret_id),
            mount("/vault/templates", templates, MountKind::BindDirectory, false),
            mount("/vault/secrets", "authentik_secrets", MountKind::Tmpfs, true),
        ],
        ..container(Service::Agent, &host.agent_container)
    }
}

fn agent_check(host: &Host) -> &'static str {
    if host.setup.checks_existence_only {
        "test -f /vault/secrets/.env"
    } else {
        "BAO_TOKEN=$(cat /vault/secrets/.token) bao token lookup"
    }
}

/// A check that only asks whether `.env` exists is passed by an agent that cannot log in.
fn agent_health(pretend: &Pretend, host: &Host) -> ContainerHealth {
    let now = pretend.now;
    let logged_in = host.agent.session.as_ref().is_some_and(|session| session.alive(now));
    let asks_vault = logged_in && pretend.vault.up && !pretend.vault.sealed;
    let passes = if host.setup.checks_existence_only { host.env.is_some() } else { asks_vault };
    health(&host.agent_container, now, AGENT_STARTS, passes)
}

/// authentik's own check passes as long as it came up once: what changed later goes unnoticed.
fn app(pretend: &Pretend, service: Service, app: &App) -> Container {
    let passes = app.came_up || app.turned_away(&pretend.database, pretend.now).is_none();
    Container {
        image: "ghcr.io/goauthentik/server:2026.8.2".to_owned(),
        user: Some("1000".to_owned()),
        state: state(&app.process, app.starts.is_some() && app.process.restarts > 0),
        health: Some(health(&app.process, pretend.now, APP_STARTS, passes)),
        health_check: Some("ak healthcheck".to_owned()),
        mounts: vec![
            mount("/vault/secrets", "authentik_secrets", MountKind::Tmpfs, false),
            mount("/media", "/data/authentik/media", MountKind::BindDirectory, true),
        ],
        ..container(service, &app.process)
    }
}

fn container(service: Service, process: &Process) -> Container {
    Container {
        name: container_name(service).to_owned(),
        image: String::new(),
        user: None,
        service,
        state: state(process, false),
        health: None,
        health_check: None,
        restarts: u64::from(process.restarts),
        started: process.started,
        finished: process.finished,
        exit_code: process.finished.map(|_| process.exit_code),
        oom_killed: false,
        mounts: Vec::new(),
        baked_names: vec!["PATH".to_owned()],
        vault_overrides: BTreeMap::new(),
    }
}

fn state(process: &Process, restarting: bool) -> ContainerState {
    match process {
        Process { running: true, .. } => ContainerState::Running,
        _ if restarting => ContainerState::Restarting,
        Process { started: None, .. } => ContainerState::Created,
        _ => ContainerState::Exited,
    }
}

fn health(process: &Process, now: Timestamp, starts: SignedDuration, passes: bool) -> ContainerHealth {
    match process {
        Process { running: true, started: Some(started), .. } if now < after(*started, starts) => {
            ContainerHealth::Starting
        }
        Process { running: true, .. } if passes => ContainerHealth::Healthy,
        _ => ContainerHealth::Unhealthy,
    }
}

fn mount(destination: &str, source: &str, kind: MountKind, writable: bool) -> Mount {
    Mount { destination: destination.to_owned(), source: source.to_owned(), kind, writable }
}
