//! Vault Agents: unable to log in behind a healthy container, one restart away from it, overdue, refused, misconfigured.

use jiff::Timestamp;

use super::sight::{Sight, finding};
use super::{Finding, Rule, Severity, Signal};
use crate::model::agent_log::{AgentReading, Class, State};
use crate::model::facts::{
    AgentConfig, AgentFacts, Container, ContainerHealth, FileStat, HostFacts, Service,
};
use crate::model::fleet::{Fleet, Seen};
use crate::model::sidecar;
use crate::model::span;
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::model::verdict::Evidence;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "AG-AUTH-LOOP",
        severity: Severity::Critical,
        title: "an agent cannot log in",
        about: "its token ends within its ttl, and .env stays what it is: the next rotation does not reach this host",
        reads: &[Signal::Agents],
        judge: auth_loop,
    },
    Rule {
        id: "AG-HEALTHY-DEAD",
        severity: Severity::Critical,
        title: "an agent looks healthy and cannot log in",
        about: "the container's check asks only whether .env exists, which says nothing about login, token or freshness",
        reads: &[Signal::Agents, Signal::Containers],
        judge: healthy_dead,
    },
    Rule {
        id: "AG-RESTART-TRAP",
        severity: Severity::High,
        title: "a restart would leave an agent without a secret-id",
        about: "the agent removes the file after its first read (the default) and lives on the copy in its memory",
        reads: &[Signal::Hosts],
        judge: restart_trap,
    },
    Rule {
        id: "AG-RENEW-OVERDUE",
        severity: Severity::High,
        title: "an agent has not renewed its token in time",
        about: "agents renew after 0.70 to 0.73 of the token's life; a quiet one may hold a dead token and a frozen .env",
        reads: &[Signal::Agents, Signal::Role],
        judge: renew_overdue,
    },
    Rule {
        id: "AG-403-TEMPLATE",
        severity: Severity::High,
        title: "an agent may not read what its template asks for",
        about: "it is logged in and its policy does not allow the path: .env keeps its old values",
        reads: &[Signal::Agents],
        judge: may_not_read,
    },
    Rule {
        id: "AG-RENDER-FAILING",
        severity: Severity::High,
        title: "an agent cannot render .env",
        about: "it is logged in, and secret, key, template or file stand in its way: .env keeps its old values",
        reads: &[Signal::Agents],
        judge: render_failing,
    },
    Rule {
        id: "METHOD-WRAP-WITH-TEMPLATES",
        severity: Severity::High,
        title: "wrap_ttl of the method breaks templates",
        about: "the template engine is handed the wrapping token and gets 403 for ever; nothing renews it either",
        reads: &[Signal::Hosts],
        judge: method_wrap,
    },
    Rule {
        id: "ENV-OVERRIDES",
        severity: Severity::Warning,
        title: "variables of the container override config.hcl",
        about: "VAULT_ADDR, VAULT_CACERT, VAULT_SKIP_VERIFY in the container win over the vault block of the file",
        reads: &[Signal::Containers],
        judge: environment_overrides,
    },
    Rule {
        id: "HEALTHCHECK-EXISTENCE-ONLY",
        severity: Severity::Info,
        title: "the agent's health check asks only whether .env exists",
        about: ".env outlives the agent's login: the container stays healthy while the agent is dead",
        reads: &[Signal::Containers],
        judge: checks_existence_only,
    },
];

fn auth_loop(fleet: &Fleet, now: Timestamp) -> Sight {
    let threshold = fleet.deployment.thresholds.agent_loop_seconds;
    Sight::each_host(fleet, |host| {
        let agent = fleet.agent(host, now)?;
        let reading = &agent.facts.reading;
        Ok(sidecar::loops_for(reading, threshold, now).then(|| {
            let headline =
                format!("the agent of {host} cannot log in{}: {}", since(reading, now), cause(reading));
            of_agent(Severity::Critical, host, &headline, reading, now)
        }))
    })
}

fn healthy_dead(fleet: &Fleet, now: Timestamp) -> Sight {
    let threshold = fleet.deployment.thresholds.agent_loop_seconds;
    Sight::each_host(fleet, |host| {
        let agent = fleet.agent(host, now)?;
        let containers = fleet.containers(host, now)?;
        let reading = &agent.facts.reading;
        let healthy =
            containers.facts.of(Service::Agent).filter(|it| it.health == Some(ContainerHealth::Healthy));
        let dead = sidecar::loops_for(reading, threshold, now);
        Ok(healthy.filter(|_| dead).map(|container| {
            let headline = format!("{host} looks healthy but cannot log in{}", since(reading, now));
            let told =
                format!("{} is {} and healthy{}", container.name, container.state, its_check(container));
            of_agent(Severity::Critical, host, &headline, reading, now).because(Evidence::at(
                containers.at,
                "docker",
                told,
            ))
        }))
    })
}

fn its_check(container: &Container) -> String {
    container.health_check.as_ref().map(|check| format!(" (its check: {check})")).unwrap_or_default()
}

fn since(reading: &AgentReading, now: Timestamp) -> String {
    reading.since.map(|since| format!(" since {}", span::clock(since, now))).unwrap_or_default()
}

fn cause(reading: &AgentReading) -> &'static str {
    sidecar::problem(reading.class)
}

fn of_agent(
    severity: Severity,
    host: &str,
    headline: &str,
    reading: &AgentReading,
    now: Timestamp,
) -> Finding {
    let finding = finding(severity, Subject::Agent(host.to_owned()), headline);
    let finding = finding.because_all(sidecar::evidence(reading, now));
    match reading.class.action() {
        Some(action) => finding.fix(action),
        None => finding,
    }
}

fn restart_trap(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let seen = fleet.host(host, now)?;
        let config = seen.facts.agent_config.as_ref().map_err(Trouble::clone)?;
        if config.method.as_deref().is_some_and(|method| method != "approle") {
            return Ok(None);
        }
        let Some(trap) = secret_id_trap(fleet, host, seen.facts, config, now)? else { return Ok(None) };
        let headline = format!("a restart would leave the agent of {host} without a secret-id: {trap}");
        let told = if config.removes_secret_id {
            "config.hcl lets the agent remove the file after reading (the default)"
        } else {
            "config.hcl tells the agent to keep the file"
        };
        let finding = finding(Severity::High, Subject::Agent(host.to_owned()), headline);
        let finding =
            finding.because(Evidence::at(seen.at, "file", trap)).because(Evidence::of("file", told));
        Ok(Some(finding.fix("fix-agent-auth")))
    })
}

/// Why the secret-id file would not help a starting agent.
pub(in crate::model) fn secret_id_trap(
    fleet: &Fleet,
    host: &str,
    facts: &HostFacts,
    config: &AgentConfig,
    now: Timestamp,
) -> Result<Option<String>, Trouble> {
    let file = facts.secret_id_file.as_ref().map_err(Trouble::clone)?;
    let Some(stat) = &file.stat else { return Ok(Some(format!("{} is not there", file.path))) };
    if stat.size == 0 {
        return Ok(Some(format!("{} is empty", file.path)));
    }
    let containers = fleet.containers(host, now).ok();
    let user =
        containers.as_ref().and_then(|containers| containers.facts.of(Service::Agent)?.user.as_deref());
    if user.and_then(numbers).is_some_and(|(uid, gid)| !readable(stat, uid, gid)) {
        let user = user.unwrap_or_default();
        return Ok(Some(format!("user {user} may not read {} (mode {:04o})", file.path, stat.mode)));
    }
    let login = fleet.agent(host, now).ok().and_then(|agent| agent.reading.last_login);
    let is_spent = config.unwraps_secret_id && login.is_some_and(|login| login > stat.modified);
    Ok(is_spent.then(|| format!("the wrapping token in {} has been used", file.path)))
}

/// A numeric `uid` or `uid:gid`; names cannot be told from outside the container.
fn numbers(user: &str) -> Option<(u32, Option<u32>)> {
    let (uid, gid) = user.split_once(':').map_or((user, None), |(uid, gid)| (uid, Some(gid)));
    Some((uid.parse().ok()?, gid.and_then(|gid| gid.parse().ok())))
}

fn readable(stat: &FileStat, uid: u32, gid: Option<u32>) -> bool {
    match (uid, gid) {
        (0, _) => true,
        (uid, _) if uid == stat.uid => stat.mode & 0o400 != 0,
        (_, Some(gid)) if gid == stat.gid => stat.mode & 0o040 != 0,
        _ => stat.mode & 0o004 != 0,
    }
}

fn renew_overdue(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let agent = fleet.agent(host, now)?;
        let role = fleet.role(now)?;
        if agent.reading.state != State::Ok {
            return Ok(None);
        }
        let longest = sidecar::longest_quiet(role.facts)?;
        let Some(since) = quiet_since(&agent, longest)? else { return Ok(None) };
        let headline =
            format!("the agent of {host} has not renewed its token since {}", span::clock(since, now));
        let expected = format!(
            "tokens live {}, renewals come within {}",
            span::words(longest * 4 / 3),
            span::words(longest)
        );
        let finding = of_agent(Severity::High, host, &headline, &agent.facts.reading, now);
        Ok(Some(finding.because(Evidence::at(role.at, "vault", expected)).fix("fix-agent-auth")))
    })
}

/// Since when an agent had been quiet for too long when its log was last read: of a host that does not answer nobody
/// knows. The beginning of the log where nothing was accepted within it.
fn quiet_since(agent: &Seen<'_, AgentFacts>, longest: i64) -> Result<Option<Timestamp>, Trouble> {
    let since =
        sidecar::last_accepted(&agent.facts.reading).or(agent.facts.covers_from).ok_or_else(|| {
            Trouble::new("no login or renewal is known").because("the log does not go back far enough")
        })?;
    let overdue = span::seconds(since, agent.at) > longest;
    if !overdue && sidecar::last_accepted(&agent.facts.reading).is_none() {
        return Err(
            Trouble::new("no login or renewal is known").because("the log does not go back far enough")
        );
    }
    Ok(overdue.then_some(since))
}

fn may_not_read(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let agent = fleet.agent(host, now)?;
        let reading = &agent.facts.reading;
        if sidecar::cannot_log_in(reading) {
            return Ok(None); // its token is dead: that every path is refused follows from it
        }
        let refused = reading.fetches.iter().filter(|fetch| fetch.class == Class::PermissionDenied);
        let paths: Vec<_> = refused.map(|fetch| fetch.path.as_str()).collect();
        if paths.is_empty() && reading.class != Class::PermissionDenied {
            return Ok(None);
        }
        let what = if paths.is_empty() { "what its template asks for".to_owned() } else { paths.join(", ") };
        let headline = format!("the agent of {host} may not read {what}");
        let finding =
            of_agent(Severity::High, host, &headline, reading, now).because_all(policy_evidence(fleet, now));
        Ok(Some(finding.fix("fix-render")))
    })
}

fn policy_evidence(fleet: &Fleet, now: Timestamp) -> Vec<Evidence> {
    let Ok(policy) = fleet.policy(now) else { return Vec::new() };
    policy.drift.iter().map(|point| Evidence::at(policy.at, "vault", point)).collect()
}

fn render_failing(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let agent = fleet.agent(host, now)?;
        let reading = &agent.facts.reading;
        Ok(sidecar::cannot_render(reading).then(|| {
            let headline =
                format!("the agent of {host} cannot render .env{}: {}", since(reading, now), cause(reading));
            of_agent(Severity::High, host, &headline, reading, now)
        }))
    })
}

fn method_wrap(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let seen = fleet.host(host, now)?;
        let config = seen.facts.agent_config.as_ref().map_err(Trouble::clone)?;
        let wraps = config.method_wrap_ttl.as_ref().filter(|_| !config.templates.is_empty());
        Ok(wraps.map(|ttl| {
            let headline =
                format!("config.hcl of {host} wraps the login itself: its templates get 403 for ever");
            let told = format!("method has wrap_ttl = {ttl} beside {} templates", config.templates.len());
            let finding = finding(Severity::High, Subject::Agent(host.to_owned()), headline);
            finding.because(Evidence::at(seen.at, "file", told)).fix("fix-render")
        }))
    })
}

fn environment_overrides(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let containers = fleet.containers(host, now)?;
        let Some(agent) = containers.facts.of(Service::Agent) else { return Ok(None) };
        let address = fleet
            .host(host, now)
            .ok()
            .and_then(|seen| seen.facts.agent_config.as_ref().ok()?.address.clone());
        let harmless = |name: &str, value: &str| name.ends_with("_ADDR") && address.as_deref() == Some(value);
        let overrides = agent.vault_overrides.iter().filter(|(name, value)| !harmless(name, value));
        let told: Vec<_> = overrides.map(|(name, value)| format!("{name}={value}")).collect();
        if told.is_empty() {
            return Ok(None);
        }
        let headline = format!("the agent's container on {host} overrides config.hcl: {}", told.join(", "));
        let finding = finding(Severity::Warning, Subject::Agent(host.to_owned()), headline);
        Ok(Some(finding.because(Evidence::at(containers.at, "docker", told.join(", ")))))
    })
}

fn checks_existence_only(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let containers = fleet.containers(host, now)?;
        let check = containers.facts.of(Service::Agent).and_then(|agent| agent.health_check.as_deref());
        Ok(check.filter(|check| asks_existence(check)).map(|check| {
            let headline = format!("the health of the agent on {host} means only that .env exists");
            let finding = finding(Severity::Info, Subject::Agent(host.to_owned()), headline);
            finding.because(Evidence::at(containers.at, "docker", format!("health check: {check}")))
        }))
    })
}

/// `test -f /vault/secrets/.env`, `[ -s … ]`, `ls …`, `cat …` and nothing more.
fn asks_existence(check: &str) -> bool {
    let words: Vec<_> = check.split_whitespace().collect();
    let has = |any: &[&str]| words.iter().any(|word| any.contains(word));
    let tests_file = has(&["-f", "-e", "-s", "-r"]) && has(&["test", "[", "[["]);
    let only = !check.contains("&&") && !check.contains('|') && !check.contains(';');
    (tests_file || has(&["ls", "stat", "cat"])) && only
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_only_tests_a_file_is_told_from_one_that_asks_more() {
        assert!(asks_existence("test -f /vault/secrets/.env"));
        assert!(asks_existence("/bin/sh -c [ -s /vault/secrets/.env ]"));
        assert!(!asks_existence("wget -q -O /dev/null http://127.0.0.1:8100/agent/v1/metrics"));
        assert!(!asks_existence("test -f /vault/secrets/.env && pgrep vault"));
    }

    #[test]
    fn a_file_is_readable_by_owner_group_or_others() {
        let stat = FileStat { mode: 0o640, uid: 100, gid: 1000, size: 37, modified: Timestamp::UNIX_EPOCH };
        assert!(readable(&stat, 0, None));
        assert!(readable(&stat, 100, None));
        assert!(readable(&stat, 7, Some(1000)));
        assert!(!readable(&stat, 7, Some(7)));
    }
}
