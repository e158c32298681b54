//! The containers: down, restarting, or holding what they should not.

use jiff::Timestamp;

use super::sight::{Sight, finding};
use super::{Finding, Rule, Severity, Signal};
use crate::model::facts::{Container, ContainerHealth, ContainerState, ContainersFacts, MountKind, Service};
use crate::model::fleet::{Fleet, Seen};
use crate::model::span;
use crate::model::subject::Subject;
use crate::model::verdict::Evidence;

/// Restarts of a container that make a habit, when the last one is not longer ago than [`LATELY_SECONDS`].
const MANY_RESTARTS: u64 = 3;
const LATELY_SECONDS: i64 = 600;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "CONT-DOWN",
        severity: Severity::Critical,
        title: "a container is down",
        about: "agent, server and worker must run on every host; server and worker wait for a healthy agent",
        reads: &[Signal::Containers],
        judge: down,
    },
    Rule {
        id: "ENV-BAKED",
        severity: Severity::High,
        title: "a secret is stored with a container",
        about: "docker keeps env_file and environment values on disk and shows them to everybody who may inspect",
        reads: &[Signal::Containers],
        judge: baked,
    },
    Rule {
        id: "FILE-BIND",
        severity: Severity::Warning,
        title: "a single file is mounted where the agent replaces files",
        about: "the agent renders by renaming: a mounted file keeps pointing at the old one",
        reads: &[Signal::Containers],
        judge: file_bind,
    },
];

const EXPECTED: [Service; 3] = [Service::Agent, Service::Server, Service::Worker];

fn subject(host: &str) -> Subject {
    Subject::Containers(host.to_owned())
}

fn down(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let containers = fleet.containers(host, now)?;
        let down = EXPECTED.into_iter().filter_map(|service| {
            let finding = down_of(host, service, &containers, now)?;
            let nowhere = !serves_somewhere(fleet, service, now);
            Some(if nowhere { an_outage(finding, service) } else { finding })
        });
        Ok(down.collect::<Vec<_>>())
    })
}

/// Whether a service is well on some host, or nobody knows.
fn serves_somewhere(fleet: &Fleet, service: Service, now: Timestamp) -> bool {
    fleet.deployment.hosts.iter().any(|host| {
        fleet.containers(host, now).ok().is_none_or(|containers| {
            containers.facts.of(service).is_some_and(|container| how_down(container, now).is_none())
        })
    })
}

/// What is wrong on every host is an outage, however mildly it is wrong on each.
fn an_outage(finding: Finding, service: Service) -> Finding {
    let finding = Finding { severity: Severity::Critical, ..finding };
    finding.because(Evidence::of("docker", format!("{service} is well on no host")))
}

fn down_of(
    host: &str,
    service: Service,
    containers: &Seen<'_, ContainersFacts>,
    now: Timestamp,
) -> Option<Finding> {
    let Some(container) = containers.facts.of(service) else {
        let headline = format!("{service} on {host} has no container");
        let told = format!("{} containers in the project", containers.containers.len());
        let finding = finding(Severity::Critical, subject(host), headline);
        return Some(finding.because(Evidence::at(containers.at, "docker", told)).fix("deploy"));
    };
    let how = how_down(container, now)?;
    let headline = format!("{service} on {host} {how}");
    let severity = if container.running() { Severity::High } else { Severity::Critical };
    let finding = finding(severity, subject(host), headline);
    let told = format!("{} is {}{}", container.name, container.state, ending(container));
    let ended = container.finished.map(|at| Evidence::at(at, "docker", format!("{} ended", container.name)));
    let finding = finding.because(Evidence::at(containers.at, "docker", told)).because_all(ended);
    // what does not run has no login to mend: fix-render starts it again, where it could log in
    let login = service == Service::Agent && container.running();
    Some(finding.fix(if login { "fix-agent-auth" } else { "fix-render" }))
}

fn how_down(container: &Container, now: Timestamp) -> Option<String> {
    if container.state == ContainerState::Restarting {
        return Some(format!("keeps restarting, {} times so far", container.restarts));
    }
    if !container.running() {
        let code =
            container.exit_code.filter(|code| *code != 0).map(|code| format!(" with exit code {code}"));
        return Some(format!("is {}{}", container.state, code.unwrap_or_default()));
    }
    let lately = container.started.is_some_and(|started| span::seconds(started, now) < LATELY_SECONDS);
    if container.restarts >= MANY_RESTARTS && lately {
        return Some(format!("has restarted {} times, the last time lately", container.restarts));
    }
    (container.health == Some(ContainerHealth::Unhealthy)).then(|| "fails its health check".to_owned())
}

fn ending(container: &Container) -> String {
    match (container.oom_killed, container.exit_code) {
        (true, _) => ", killed for memory".to_owned(),
        (false, Some(code)) if !container.running() => format!(", exit code {code}"),
        _ => container.health.map(|health| format!(", {health}")).unwrap_or_default(),
    }
}

fn baked(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let containers = fleet.containers(host, now)?;
        let of_container = |container: &Container| {
            let names: Vec<_> =
                container.baked_names.iter().filter(|name| is_secret(name)).cloned().collect();
            (!names.is_empty()).then(|| {
                let headline =
                    format!("docker on {host} stores {} with {}", names.join(", "), container.name);
                let told = format!("Config.Env names {}", names.join(", "));
                let finding = finding(Severity::High, subject(host), headline);
                finding.because(Evidence::at(containers.at, "docker", told)).fix("deploy")
            })
        };
        Ok(containers.facts.containers.iter().filter_map(of_container).collect::<Vec<_>>())
    })
}

/// A variable whose value is a secret itself, not the name of a file that holds it.
fn is_secret(name: &str) -> bool {
    let name = name.to_uppercase();
    let secret = ["PASSWORD", "SECRET_KEY", "SECRET_ID", "VAULT_TOKEN", "BAO_TOKEN"]
        .iter()
        .any(|part| name.contains(part));
    secret && !name.ends_with("_FILE") && !name.ends_with("_PATH")
}

fn file_bind(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let containers = fleet.containers(host, now)?;
        let destinations = rendered_files(fleet, host, now);
        let mounts = containers
            .facts
            .containers
            .iter()
            .flat_map(|container| container.mounts.iter().map(move |mount| (container, mount)));
        let stale = mounts.filter(|(_, mount)| {
            mount.kind == MountKind::BindFile
                && (mount.destination.ends_with("/.env") || destinations.contains(&mount.destination))
        });
        let findings = stale.map(|(container, mount)| {
            let headline =
                format!("{} on {host} mounts {} as a single file", container.name, mount.destination);
            let told = format!("{} is a file of the host, {}", mount.destination, mount.source);
            finding(Severity::Warning, subject(host), headline)
                .because(Evidence::at(containers.at, "docker", told))
                .fix("deploy")
        });
        Ok(findings.collect::<Vec<_>>())
    })
}

/// What the agent of a host writes, as far as it is known.
fn rendered_files(fleet: &Fleet, host: &str, now: Timestamp) -> Vec<String> {
    let Ok(seen) = fleet.host(host, now) else { return Vec::new() };
    let Ok(config) = &seen.facts.agent_config else { return Vec::new() };
    config.templates.iter().map(|template| template.destination.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_that_holds_a_secret_is_no_secret() {
        assert!(is_secret("AUTHENTIK_POSTGRESQL__PASSWORD"));
        assert!(is_secret("authentik_secret_key"));
        assert!(!is_secret("POSTGRES_PASSWORD_FILE"));
        assert!(!is_secret("AUTHENTIK_POSTGRESQL__HOST"));
    }
}
