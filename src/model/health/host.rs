//! The cells of one host.

use jiff::Timestamp;

use super::{judged, unreachable, unseen, with_latest_trouble};
use crate::model::agent_log::{AgentReading, State};
use crate::model::facts::{
    AgentFacts, Container, ContainerHealth, ContainerState, EnvFacts, FileFacts, HostFacts, Service,
};
use crate::model::fleet::{Fleet, Seen};
use crate::model::ledger::{self, Ledger};
use crate::model::propagation::{self, Arrival, Rendered};
use crate::model::sidecar;
use crate::model::span::{self, DAY};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::model::verdict::{Evidence, Health, Verdict};

/// The host as a whole: the worst of its cells, the leftmost of equals.
pub fn host(fleet: &Fleet, host: &str, now: Timestamp) -> Verdict {
    let cells = [ssh, agent, secret_id, env, server, worker].map(|cell| cell(fleet, host, now));
    let worst = cells.iter().map(|cell| cell.health).max().unwrap_or(Health::Unknown);
    let [first, ..] = &cells;
    cells.iter().find(|cell| cell.health == worst).unwrap_or(first).clone()
}

/// The ssh session: `34ms`, `no answer`.
pub fn ssh(fleet: &Fleet, host: &str, now: Timestamp) -> Verdict {
    let subject = Subject::Host(host.to_owned());
    let outcome = fleet.reached::<HostFacts>(&subject, now).map(|seen| {
        let offset = seen.clock_offset_seconds;
        let skewed = offset.abs() > fleet.deployment.thresholds.clock_warn_seconds;
        let told = format!("one command took {} ms over the {}", seen.round_trip_millis, seen.session);
        let millis = seen.round_trip_millis;
        let verdict = if skewed {
            Verdict::new(Health::Warn, format!("{millis}ms, clock {offset:+.0}s"))
                .so("countdowns of this host are off by as much; check its time service")
        } else {
            Verdict::new(Health::Ok, format!("{millis}ms"))
        };
        let clock = format!("clock {offset:+.1} s against the control host");
        verdict.because(Evidence::at(seen.at, "ssh", told)).because(Evidence::at(seen.at, "clock", clock))
    });
    judged(fleet, &subject, outcome, unreachable)
}

/// The agent: `ok, renewed 12m ago, next in 32m`, `no secret-id, looping since 09:41`.
pub fn agent(fleet: &Fleet, host: &str, now: Timestamp) -> Verdict {
    let container = container_of(fleet, host, Service::Agent, now);
    if let Ok((at, Some(container))) = &container
        && !container.running()
    {
        let told = format!("{} is {}", container.name, container.state);
        let verdict = ended(container, now).because(Evidence::at(*at, "docker", told)).fix("fix-render");
        return verdict.because_all(log_evidence(fleet, host, now)).in_order();
    }
    let outcome = fleet.agent(host, now).map(|agent| {
        let told = sidecar::evidence(&agent.reading, now);
        let verdict = auth(fleet, host, &agent, now).because_all(told);
        verdict.because_all(around_agent(fleet, host, now))
    });
    judged(fleet, &Subject::Agent(host.to_owned()), outcome, unseen)
}

/// The container of a service with the moment it was seen.
fn container_of<'a>(
    fleet: &'a Fleet,
    host: &str,
    service: Service,
    now: Timestamp,
) -> Result<(Timestamp, Option<&'a Container>), Trouble> {
    let seen = fleet.containers(host, now)?;
    Ok((seen.at, seen.facts.of(service)))
}

fn log_evidence(fleet: &Fleet, host: &str, now: Timestamp) -> Vec<Evidence> {
    fleet.agent(host, now).map(|agent| sidecar::evidence(&agent.reading, now)).unwrap_or_default()
}

fn auth(fleet: &Fleet, host: &str, agent: &Seen<'_, AgentFacts>, now: Timestamp) -> Verdict {
    let reading = &agent.facts.reading;
    let problem = sidecar::problem(reading.class);
    let since = reading.since.map(|since| format!(" since {}", span::clock(since, now))).unwrap_or_default();
    let verdict = match reading.state {
        State::Ok => return accepted(fleet, agent, now),
        State::Starting => Verdict::new(Health::Busy, "starting"),
        State::Stopped => Verdict::new(Health::Bad, "stopped"),
        State::Failed => Verdict::new(Health::Bad, format!("{problem}, gave up{since}")),
        State::Looping if sidecar::cannot_log_in(reading) => {
            let threshold = fleet.deployment.thresholds.agent_loop_seconds;
            let lasting = sidecar::loops_for(reading, threshold, now);
            let health = if lasting { Health::Bad } else { Health::Warn };
            Verdict::new(health, format!("{problem}, looping{since}"))
        }
        State::Looping => Verdict::new(Health::Warn, format!("{problem}{since}")),
    };
    let verdict = verdict.so(consequence(fleet, host, reading, now));
    match reading.class.action() {
        Some(action) => verdict.fix(action),
        None => verdict,
    }
}

/// What the operator should know before following the documentation.
fn consequence(fleet: &Fleet, host: &str, reading: &AgentReading, now: Timestamp) -> String {
    let gone = secret_id_file(fleet, host, now).is_ok_and(|file| !file.present());
    if sidecar::cannot_log_in(reading) && gone {
        return "restarting the agent cannot help: nothing is left to log in with".to_owned();
    }
    reading.remedy.clone()
}

fn secret_id_file<'a>(fleet: &'a Fleet, host: &str, now: Timestamp) -> Result<&'a FileFacts, Trouble> {
    let seen = fleet.host(host, now)?;
    seen.facts.secret_id_file.as_ref().map_err(Trouble::clone)
}

fn accepted(fleet: &Fleet, agent: &Seen<'_, AgentFacts>, now: Timestamp) -> Verdict {
    let reading = &agent.facts.reading;
    let Some(last) = sidecar::last_accepted(reading) else { return Verdict::new(Health::Ok, "ok") };
    let ago = span::between(last, now);
    let Ok(role) = fleet.role(now) else {
        return Verdict::new(Health::Ok, format!("ok, renewed {ago} ago")).counting(last, now);
    };
    let quiet = span::seconds(last, agent.at); // what it did since its log was last read nobody knows
    let overdue = sidecar::longest_quiet(role.facts).is_ok_and(|longest| quiet > longest);
    if overdue {
        return Verdict::new(Health::Warn, format!("no renewal since {}", span::clock(last, now)))
            .so("its token may be dead and .env frozen; prove its login before anything restarts it")
            .fix("fix-agent-auth");
    }
    match sidecar::next_renewal(reading, role.facts).filter(|next| *next > now) {
        Some(next) => {
            let next_in = span::between(next, now);
            let words = format!("ok, renewed {ago} ago, next in {next_in}");
            Verdict::new(Health::Ok, words).counting(last, now).counting(next, now)
        }
        None => Verdict::new(Health::Ok, format!("ok, renewed {ago} ago")).counting(last, now),
    }
}

/// What docker and the files say beside the log.
fn around_agent(fleet: &Fleet, host: &str, now: Timestamp) -> Vec<Evidence> {
    let mut told = Vec::new();
    if let Ok((at, Some(container))) = container_of(fleet, host, Service::Agent, now) {
        let health = container.health.map(|health| format!(" and {health}")).unwrap_or_default();
        let check =
            container.health_check.as_ref().map(|check| format!(" (its check: {check})")).unwrap_or_default();
        told.push(Evidence::at(
            at,
            "docker",
            format!("{} is {}{health}{check}", container.name, container.state),
        ));
        told.extend(
            container.started.map(|at| Evidence::at(at, "docker", format!("{} started", container.name))),
        );
    }
    if let (Ok(file), Ok(seen)) = (secret_id_file(fleet, host, now), fleet.host(host, now)) {
        told.push(Evidence::at(seen.at, "file", file_in_words(file, now)));
    }
    told
}

fn file_in_words(file: &FileFacts, now: Timestamp) -> String {
    match &file.stat {
        None => format!("{} is not there", file.path),
        Some(stat) => {
            format!(
                "{} is there, mode {:04o}, from {}",
                file.path,
                stat.mode & 0o7777,
                span::clock(stat.modified, now)
            )
        }
    }
}

/// The host's latest live secret-id and its file: `27d`, `27d, file gone`, `12d unlabelled`, `none live`.
pub fn secret_id(fleet: &Fleet, host: &str, now: Timestamp) -> Verdict {
    let file = secret_id_file(fleet, host, now);
    let gone = file.as_ref().is_ok_and(|file| !file.present());
    let locked_out = fleet.agent(host, now).is_ok_and(|agent| sidecar::cannot_log_in(&agent.reading));
    let verdict = match life(fleet, host, now) {
        Ok(verdict) => verdict,
        Err(trouble) => unseen(&trouble),
    };
    let verdict = match (gone, locked_out) {
        (true, true) => Verdict { health: Health::Bad, words: "file gone".to_owned(), ..verdict }
            .so("the agent cannot log in and has no file to read: give this host a new secret-id")
            .fix("fix-agent-auth"),
        (true, false) => {
            let words = format!("{}, file gone", verdict.words);
            let verdict = Verdict { health: verdict.health.and(Health::Warn), words, ..verdict };
            verdict
                .so("the agent lives on the copy in its memory: a restart would lose it")
                .fix("fix-agent-auth")
        }
        _ => verdict,
    };
    let seen = fleet.host(host, now).ok();
    let file =
        file.ok().zip(seen).map(|(file, seen)| Evidence::at(seen.at, "file", file_in_words(file, now)));
    with_latest_trouble(fleet, &Subject::Role, verdict.because_all(file))
}

/// How long the host can still log in by what the ledger says.
fn life(fleet: &Fleet, host: &str, now: Timestamp) -> Result<Verdict, Trouble> {
    let role = fleet.role(now)?;
    let ledger = Ledger::of(role.facts, now)?;
    let Some(secret_id) = ledger.longest_lived(host) else {
        return Ok(Verdict::new(Health::Bad, "none live")
            .because(Evidence::at(role.at, "vault", "the role has no live secret-id for this host"))
            .so("the agent breaks at its next login")
            .fix("regenerate-secret-id"));
    };
    let label = if secret_id.host.is_none() { " unlabelled" } else { "" };
    let named = format!("secret-id {}{label}", secret_id.short());
    let Some(expires) = secret_id.expires else {
        return Ok(Verdict::new(Health::Warn, format!("never ends{label}")).because(Evidence::at(
            role.at,
            "vault",
            format!("{named} never expires"),
        )));
    };
    let left = span::seconds(now, expires);
    let [warn, _, bad] = fleet.deployment.thresholds.secret_id_days.map(|days| days * DAY);
    let health =
        Health::of_nearness(left, warn, bad).and(if label.is_empty() { Health::Ok } else { Health::Warn });
    let verdict = Verdict::new(health, format!("{}{label}", span::words(left)))
        .because(Evidence::at(role.at, "vault", format!("{named} expires on {}", span::clock(expires, now))))
        .counting(expires, now);
    if left > warn {
        return Ok(verdict);
    }
    let by = ledger::agents_break_by(role.facts, expires);
    let by = by.map_or("a restart".to_owned(), |by| format!("{} at the latest", span::clock(by, now)));
    Ok(verdict
        .so(format!("the agent cannot log in again after that, and breaks by {by}"))
        .fix("regenerate-secret-id"))
}

/// The rendered `.env` against KV: `8/3 fresh`, `7/3 4h05m behind`, `~8/~3 fresh` where versions are inferred.
pub fn env(fleet: &Fleet, host: &str, now: Timestamp) -> Verdict {
    let outcome = fleet.host(host, now).and_then(|seen| {
        let env = seen.facts.env.as_ref().map_err(Trouble::clone)?;
        let at = seen.at;
        let holes = never_deployed(fleet, host, env, now).or_else(|| holes(env, at));
        Ok(holes.unwrap_or_else(|| versions(fleet, host, now)).because_all(env_evidence(env, at)))
    });
    judged(fleet, &Subject::Host(host.to_owned()), outcome, unseen)
}

/// A host without any container has nothing that could have made the file, or lost it.
fn never_deployed(fleet: &Fleet, host: &str, env: &EnvFacts, now: Timestamp) -> Option<Verdict> {
    let containers = fleet.containers(host, now).ok().filter(|_| !env.file.present())?;
    containers.facts.containers.is_empty().then(|| {
        Verdict::new(Health::Bad, "not made yet")
            .because(Evidence::at(containers.at, "docker", "no container of this deployment is there"))
            .so("the deployment brings the agent, and the agent makes it")
            .fix("deploy")
    })
}

fn holes(env: &EnvFacts, at: Timestamp) -> Option<Verdict> {
    let verdict = if !env.file.present() {
        Verdict::new(Health::Bad, "gone")
            .because(Evidence::at(at, "file", format!("{} is not there", env.file.path)))
            .so("server and worker cannot start; the agent must render first")
    } else if env.no_value.is_empty() {
        return None;
    } else {
        let names = env.no_value.iter().cloned().collect::<Vec<_>>().join(", ");
        Verdict::new(Health::Bad, format!("{} without value", env.no_value.len()))
            .because(Evidence::at(at, "file", format!("<no value> in {names}")))
            .so("the secret lacks a key that the template names, or the template names a wrong path")
    };
    Some(verdict.fix("fix-render"))
}

fn env_evidence(env: &EnvFacts, at: Timestamp) -> Vec<Evidence> {
    let mut told = Vec::new();
    told.extend(env.file.stat.as_ref().map(|stat| Evidence::at(stat.modified, "file", ".env last changed")));
    if env.on_ram == Some(false) {
        told.push(Evidence::at(at, "file", ".env lies on a disk, not in RAM"));
    }
    told
}

fn versions(fleet: &Fleet, host: &str, now: Timestamp) -> Verdict {
    let arrivals = match propagation::arrivals(fleet, host, now) {
        Ok(arrivals) => arrivals,
        Err(trouble) => return unseen(&trouble),
    };
    let signs = arrivals.iter().map(|arrival| arrival.rendered.sign()).collect::<Vec<_>>().join("/");
    let told = arrivals.iter().map(|arrival| Evidence::of("file", arrival_in_words(arrival)));
    let late =
        arrivals.iter().filter(|arrival| arrival.overdue).filter_map(|arrival| arrival.lacks_since).min();
    let coming = arrivals.iter().filter_map(|arrival| arrival.lacks_since).min();
    let unknown = arrivals.iter().any(|arrival| arrival.rendered.version().is_none());
    let verdict = match (late, coming) {
        (Some(since), _) => {
            Verdict::new(Health::Warn, format!("{signs} {} behind", span::between(since, now)))
                .counting(since, now)
                .so("the agent has not rendered what KV holds for longer than its interval")
                .fix("fix-render")
        }
        (None, Some(since)) => {
            Verdict::new(Health::Busy, format!("{signs} due, {}", span::between(since, now)))
                .counting(since, now)
                .so("the agent reads again within its interval")
        }
        (None, None) if unknown => Verdict::new(Health::Unknown, format!("{signs} not told")),
        (None, None) => Verdict::new(Health::Ok, format!("{signs} fresh")),
    };
    verdict.because_all(told)
}

fn arrival_in_words(arrival: &Arrival) -> String {
    let Arrival { name, current, .. } = arrival;
    match &arrival.rendered {
        Rendered::Marked { version } => {
            format!("{name}: holds version {version} of {current}, as the file says")
        }
        Rendered::Inferred { version, because } => {
            format!("{name}: holds version {version} of {current}, inferred: {because}")
        }
        Rendered::Unknown { why } => format!("{name}: not to be told, {why}"),
    }
}

/// authentik server: `healthy 3d`, `before .env`.
pub fn server(fleet: &Fleet, host: &str, now: Timestamp) -> Verdict {
    container(fleet, host, Service::Server, now)
}

/// authentik worker: `healthy 3d`, `before .env`.
pub fn worker(fleet: &Fleet, host: &str, now: Timestamp) -> Verdict {
    container(fleet, host, Service::Worker, now)
}

/// The container of a service: its state, its health, and whether it has loaded what `.env` holds.
pub fn container(fleet: &Fleet, host: &str, service: Service, now: Timestamp) -> Verdict {
    let outcome = container_of(fleet, host, service, now).map(|(at, container)| {
        let Some(container) = container else {
            return Verdict::new(Health::Bad, "no container")
                .because(Evidence::at(at, "docker", format!("the project has no container for {service}")))
                .fix("deploy");
        };
        let verdict = up(fleet, host, container, now).unwrap_or_else(|| ended(container, now));
        let health = container.health.map(|health| format!(" and {health}")).unwrap_or_default();
        let told = format!(
            "{} is {}{health}, restarted {} times",
            container.name, container.state, container.restarts
        );
        let started =
            container.started.map(|at| Evidence::at(at, "docker", format!("{} started", container.name)));
        verdict.because(Evidence::at(at, "docker", told)).because_all(started)
    });
    judged(fleet, &Subject::Containers(host.to_owned()), outcome, unseen)
}

fn up(fleet: &Fleet, host: &str, container: &Container, now: Timestamp) -> Option<Verdict> {
    if !container.running() {
        return None;
    }
    let stale = propagation::stale(fleet, host, container.service, now).ok().flatten();
    // what serves nobody matters more than what it was started with
    let stale = stale.filter(|_| container.health != Some(ContainerHealth::Unhealthy));
    if let Some(stale) = stale {
        return Some(
            Verdict::new(Health::Warn, "before .env")
                .because(Evidence::at(stale.changed, "file", ".env last changed"))
                .so("it runs on the values from before; a process's environment never changes, restart it")
                .fix("fix-render"),
        );
    }
    let (health, word) = match container.health {
        Some(ContainerHealth::Unhealthy) => (Health::Bad, "unhealthy"),
        Some(ContainerHealth::Starting) => (Health::Busy, "starting"),
        Some(ContainerHealth::Healthy) => (Health::Ok, "healthy"),
        None => (Health::Ok, "running"),
    };
    let verdict = Verdict::new(health, word);
    Some(match container.started {
        Some(started) => Verdict { words: format!("{word} {}", span::between(started, now)), ..verdict }
            .counting(started, now),
        None => verdict,
    })
}

/// The cell of a container that does not run.
fn ended(container: &Container, now: Timestamp) -> Verdict {
    let code = container.exit_code.filter(|code| *code != 0 && container.state == ContainerState::Exited);
    let code = code.map(|code| format!(" {code}")).unwrap_or_default();
    let verdict = match container.finished.filter(|_| container.state != ContainerState::Created) {
        Some(finished) => Verdict::new(
            Health::Bad,
            format!("{}{code}, {} ago", container.state, span::between(finished, now)),
        )
        .counting(finished, now)
        .because(Evidence::at(finished, "docker", format!("{} ended", container.name))),
        None => Verdict::new(Health::Bad, format!("{}{code}", container.state)),
    };
    let memory = container.oom_killed.then(|| Evidence::of("docker", "killed by the kernel for memory"));
    verdict.because_all(memory)
}
