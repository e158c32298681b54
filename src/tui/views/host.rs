//! Everything about one host: its verdicts, containers with state and health apart, the agent's files, configuration
//! and timeline, and the key names in its `.env`.

use jiff::Timestamp;

use crate::model::facts::{Container, ContainerHealth, ContainerState, ContainersFacts, MountKind};
use crate::model::fleet::Fleet;
use crate::model::subject::Subject;
use crate::model::verdict::Health;
use crate::tui::canvas::Phrase;
use crate::tui::judged::{CELLS, Judged};
use crate::tui::selection::Selection;
use crate::tui::theme::Role;
use crate::tui::widgets::sheet::{Section, Sheet};

use super::host_files;
use super::section::{Builder, ago, muted, text};

/// The page of one host.
pub fn sheet(fleet: &Fleet, judged: &Judged, host: &str, now: Timestamp) -> Sheet<Selection> {
    let mut sections = vec![
        verdicts(fleet, judged, host, now),
        host_files::agent(fleet, host, now),
        containers(fleet, host, now),
        host_files::files(fleet, host, now),
        host_files::env(fleet, host, now),
        host_files::config(fleet, host, now),
        host_files::session(fleet, host, now),
    ];
    sections.extend(host_files::timeline(fleet, host, now));
    Sheet { sections }
}

fn verdicts(fleet: &Fleet, judged: &Judged, host: &str, now: Timestamp) -> Section<Selection> {
    let mut section = Builder::about(fleet, Subject::Host(host.to_owned()), "ssh", "VERDICTS", now);
    let row = judged.hosts.iter().find(|row| row.name == host);
    for (label, verdict) in CELLS.iter().zip(row.iter().flat_map(|row| &row.cells)) {
        section.verdict_field(label, verdict);
    }
    section.done()
}

fn containers(fleet: &Fleet, host: &str, now: Timestamp) -> Section<Selection> {
    let headings = ["CONTAINER", "STATE", "HEALTH", "STARTED", "RESTARTS", "SECRETS ON", "BAKED IN", "IMAGE"];
    let subject = Subject::Containers(host.to_owned());
    let mut section = Builder::about(fleet, subject.clone(), "docker", "CONTAINERS", now).table(&headings);
    let Some(facts) = fleet.last::<ContainersFacts>(&subject) else { return section.done() };
    for container in &facts.containers {
        container_row(&mut section, container, now);
    }
    section.done()
}

fn container_row(section: &mut Builder, container: &Container, now: Timestamp) {
    let state = state_health(container);
    let health = match container.health {
        Some(ContainerHealth::Unhealthy) => Health::Bad,
        Some(ContainerHealth::Starting) => Health::Busy,
        Some(ContainerHealth::Healthy) | None => Health::Ok,
    };
    let exit = container.exit_code.filter(|_| container.state == ContainerState::Exited);
    let state_words =
        exit.map_or_else(|| container.state.to_string(), |code| format!("{} {code}", container.state));
    let health_words = container.health.map_or_else(|| "no check".to_owned(), |health| health.to_string());
    let words = format!("{} is {state_words}, {health_words}", container.name);
    let baked = container.baked_names.len();
    let cells = vec![
        text(&container.name),
        Phrase::of(state_words, state),
        if container.health.is_some() { Phrase::of(health_words, health) } else { muted(health_words) },
        muted(ago(container.started, now)),
        Phrase::new(
            container.restarts.to_string(),
            if container.restarts == 0 { Role::Muted } else { Role::Warn },
        ),
        secrets_on(container),
        muted(if baked == 0 { "none".to_owned() } else { format!("{baked} names") }),
        muted(&container.image),
    ];
    section.push(state.max(health), cells, &words);
    section.at(3, container.started);
    section.of_container(&container.name);
}

fn state_health(container: &Container) -> Health {
    match container.state {
        ContainerState::Running => Health::Ok,
        ContainerState::Created | ContainerState::Removing => Health::Busy,
        ContainerState::Paused | ContainerState::Unknown => Health::Warn,
        ContainerState::Restarting | ContainerState::Exited | ContainerState::Dead => Health::Bad,
    }
}

/// What carries the mount with the rendered secrets.
fn secrets_on(container: &Container) -> Phrase {
    let mount = container.mounts.iter().find(|mount| mount.destination.starts_with("/vault/secrets"));
    match mount.map(|mount| mount.kind) {
        Some(MountKind::Tmpfs) => muted("tmpfs"),
        Some(MountKind::Volume) => Phrase::of("disk volume", Health::Warn),
        Some(MountKind::BindDirectory | MountKind::BindFile | MountKind::Bind) => {
            Phrase::of("disk", Health::Warn)
        }
        None => muted("-"),
    }
}
