//! Conditions on the hosts in question: their agents, their `.env`, the containers of authentik.

use super::{Scene, Standing};
use crate::model::agent_log::State;
use crate::model::deployment::SecretSpec;
use crate::model::facts::{Container, ContainerHealth, HostFacts, Service};
use crate::model::finding::secret_id_trap;
use crate::model::subject::Subject;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::model::{propagation, sidecar, span};

/// The two containers that source the `.env`.
const APPS: [Service; 2] = [Service::Server, Service::Worker];

pub(super) fn reached(scene: &Scene<'_>) -> Standing {
    scene.each_host(|host| {
        match scene.fleet.reached::<HostFacts>(&Subject::Host(host.to_owned()), scene.now) {
            Ok(seen) => Ok(Standing::told(format!("{} ms", seen.round_trip_millis))),
            Err(trouble) if trouble.kind == TroubleKind::Unreachable => Ok(Standing::Fails { trouble }),
            Err(trouble) => Err(trouble),
        }
    })
}

pub(super) fn logged_in(scene: &Scene<'_>, since: Option<&str>) -> Standing {
    scene.each_host(|host| {
        if let Some(trouble) = not_running(scene, host) {
            return Ok(Standing::Fails { trouble });
        }
        let agent = scene.fleet.agent(host, scene.now)?;
        let reading = &agent.reading;
        if reading.state != State::Ok {
            let trouble = Trouble::new("the agent is not logged in").because(sidecar::problem(reading.class));
            return Ok(Standing::Fails { trouble });
        }
        let Some(login) = reading.last_login else {
            return Err(Trouble::new("no login is known").because("the log does not go back far enough"));
        };
        if let Some(step) = since
            && login < scene.on_clock_of(host, scene.since(step, Some(host))?)
        {
            return Ok(Standing::fails("the agent has not logged in since"));
        }
        Ok(Standing::told(format!("logged in {} ago", span::between(login, scene.now))))
    })
}

/// Why there is no agent whose log could be believed: a killed one has said nothing since, and its last word was good.
fn not_running(scene: &Scene<'_>, host: &str) -> Option<Trouble> {
    let containers = scene.fleet.containers(host, scene.now).ok()?;
    let agent = containers.of(Service::Agent).filter(|agent| !agent.running())?;
    Some(Trouble::new(format!("the agent's container is {}", agent.state)).hint("fix-render starts it again"))
}

pub(super) fn can_log_in_again(scene: &Scene<'_>) -> Standing {
    scene.each_host(|host| {
        let agent = scene.fleet.agent(host, scene.now)?;
        if sidecar::cannot_log_in(&agent.reading) {
            let trouble =
                Trouble::new("the agent cannot log in").because(sidecar::problem(agent.reading.class));
            return Ok(Standing::Fails { trouble: trouble.hint("fix-agent-auth") });
        }
        let facts = scene.fleet.host(host, scene.now)?;
        let config = facts.agent_config.as_ref().map_err(Trouble::clone)?;
        Ok(match secret_id_trap(scene.fleet, host, facts.facts, config, scene.now)? {
            None => Standing::told("its secret-id is there to be read"),
            Some(trap) => {
                let trouble = Trouble::new("a restarted agent could not log in").because(trap);
                Standing::Fails { trouble: trouble.hint("regenerate-secret-id gives it a new one first") }
            }
        })
    })
}

pub(super) fn rendered(scene: &Scene<'_>, path: &str, version: Option<&str>) -> Result<Standing, Trouble> {
    let number = |text: &str| {
        text.parse::<u64>().map_err(|_| Trouble::new(format!("`{text}` is no version of a secret")))
    };
    let wanted = version.map(number).transpose()?;
    let known = scene.fleet.deployment.secrets.iter().find(|spec| spec.path == path).cloned();
    let spec = known.unwrap_or_else(|| SecretSpec { path: path.to_owned(), keys: Vec::new() });
    Ok(scene.each_host(|host| {
        let arrival = propagation::arrival(scene.fleet, host, &spec, scene.now)?;
        let Some(holds) = arrival.rendered.version() else {
            return Err(Trouble::new(format!("which version of {path} the .env holds cannot be told")));
        };
        Ok(if holds >= wanted.unwrap_or(arrival.current) {
            Standing::told(format!("version {}", arrival.rendered.sign()))
        } else {
            Standing::fails(format!("the .env holds version {} of {path}", arrival.rendered.sign()))
        })
    }))
}

pub(super) fn apps_healthy(scene: &Scene<'_>, since: Option<&str>) -> Standing {
    scene.each_host(|host| {
        let containers = scene.fleet.containers(host, scene.now)?;
        for service in APPS {
            let Some(container) = containers.of(service) else {
                return Ok(Standing::fails(format!("there is no {service}")));
            };
            if let Some(trouble) = not_well(service, container) {
                return Ok(Standing::Fails { trouble });
            }
            let Some(step) = since else { continue };
            let began = scene.on_clock_of(host, scene.since(step, Some(host))?);
            if container.started.is_none_or(|started| started < began) {
                return Ok(Standing::fails(format!("the {service} has not started again since")));
            }
        }
        Ok(Standing::told("server and worker are healthy"))
    })
}

pub(super) fn apps_started_after_agent(scene: &Scene<'_>) -> Standing {
    scene.each_host(|host| {
        let containers = scene.fleet.containers(host, scene.now)?;
        let started = |service| {
            let container = containers.of(service).and_then(|container| container.started);
            container.ok_or_else(|| Trouble::new(format!("when the {service} started is not known")))
        };
        let agent = started(Service::Agent)?;
        for service in APPS {
            // an agent that was restarted since is younger than what it once let start
            if started(service)? < agent
                && containers.of(Service::Agent).is_none_or(|agent| agent.restarts == 0)
            {
                return Ok(Standing::fails(format!("the {service} started before the agent")));
            }
        }
        Ok(Standing::told("both started after it"))
    })
}

fn not_well(service: Service, container: &Container) -> Option<Trouble> {
    let trouble = |what: String| Some(Trouble::new(what));
    match container.health {
        _ if !container.running() => trouble(format!("the {service} is {}", container.state)),
        Some(ContainerHealth::Healthy) | None => None,
        Some(health) => trouble(format!("the {service} is {health}")),
    }
}

pub(super) fn authentik_at_least(scene: &Scene<'_>, version: &str) -> Standing {
    let least = numbers(version);
    scene.each_host(|host| {
        let containers = scene.fleet.containers(host, scene.now)?;
        let server = containers.of(Service::Server).ok_or_else(|| Trouble::new("there is no server"))?;
        let tag = server.image.rsplit_once(':').map(|(_, tag)| tag).unwrap_or_default();
        if numbers(tag).is_empty() {
            let trouble = Trouble::new("authentik's version cannot be told");
            return Err(trouble.because(format!("its image is {}", server.image)));
        }
        Ok(if numbers(tag) >= least {
            Standing::found(format!("authentik is {tag}"), tag)
        } else {
            Standing::fails(format!("authentik is {tag}, older than {version}"))
        })
    })
}

/// `2023.10.4` as numbers; nothing when it does not begin with one.
fn numbers(version: &str) -> Vec<u64> {
    let digits = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>();
    version.split('.').map_while(|part| digits(part).parse().ok()).collect()
}

pub(super) fn clocks_agree(scene: &Scene<'_>, seconds: i64) -> Result<Standing, Trouble> {
    let off =
        |offset: f64| offset.abs() > std::time::Duration::from_secs(seconds.unsigned_abs()).as_secs_f64();
    let vault = scene.fleet.vault(scene.now)?.clock_offset_seconds;
    if off(vault) {
        return Ok(Standing::fails(format!("the clock of vault is off by {vault:+.1} s")));
    }
    Ok(scene.each_host(|host| {
        let offset = scene.fleet.host(host, scene.now)?.clock_offset_seconds;
        Ok(if off(offset) {
            Standing::fails(format!("its clock is off by {offset:+.1} s"))
        } else {
            Standing::told(format!("{offset:+.1} s"))
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_number_by_number() {
        assert!(numbers("2023.10.4") >= numbers("2023.6"));
        assert!(numbers("2023.6.0-rc1") >= numbers("2023.6"));
        assert!(numbers("2023.5.9") < numbers("2023.6"));
        assert!(numbers("latest").is_empty());
    }
}
