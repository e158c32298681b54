//! The rendered `.env`: behind KV, not loaded, different between hosts, gone, holed, or on a disk.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::secret::rotation_in_hand;
use super::sight::{Sight, finding};
use super::{Finding, Rule, Severity, Signal};
use crate::model::facts::{EnvFacts, HostFacts, Service};
use crate::model::fleet::{Fleet, Seen};
use crate::model::propagation::{self, Arrival, Rendered};
use crate::model::span;
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::model::verdict::Evidence;

/// Variables that authentik cannot start without, as the documentation renders them.
const REQUIRED: &[&str] = &[
    "AUTHENTIK_POSTGRESQL__HOST",
    "AUTHENTIK_POSTGRESQL__USER",
    "AUTHENTIK_POSTGRESQL__PASSWORD",
    "AUTHENTIK_POSTGRESQL__NAME",
    "AUTHENTIK_SECRET_KEY",
];

/// The line that makes `.env` say which version it holds.
const MARKER_LINE: &str = "# kv database v{{ .Data.metadata.version }} {{ .Data.metadata.created_time }}";

/// Seconds that a started agent may take for its first render.
const FIRST_RENDER_SECONDS: i64 = 30;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "APP-STALE-ENV",
        severity: Severity::High,
        title: "server or worker runs on values older than .env",
        about: "a process's environment never changes: rendered is not loaded until the container is restarted",
        reads: &[Signal::Hosts, Signal::Containers],
        judge: not_loaded,
    },
    Rule {
        id: "REND-BEHIND",
        severity: Severity::High,
        title: "a host has not rendered the newest version",
        about: "the agent reads again within its interval; a host that lacks a version for longer is stuck",
        reads: &[Signal::Hosts, Signal::Secrets],
        judge: behind,
    },
    Rule {
        id: "REND-NOVALUE",
        severity: Severity::Critical,
        title: ".env lacks a value",
        about: "a key that the secret does not have, or a wrong path in the template, renders as <no value>",
        reads: &[Signal::Hosts],
        judge: no_value,
    },
    Rule {
        id: "HOST-DIVERGE",
        severity: Severity::High,
        title: "hosts hold different values",
        about: "users bounce between hosts that disagree on password or key",
        reads: &[Signal::Hosts],
        judge: diverge,
    },
    Rule {
        id: "TMPFS-LOST",
        severity: Severity::Critical,
        title: ".env is gone",
        about: "the tmpfs ends with the last container that uses it, or with the host: server and worker cannot start",
        reads: &[Signal::Hosts],
        judge: lost,
    },
    Rule {
        id: "ENV-ON-DISK",
        severity: Severity::High,
        title: ".env lies on a disk",
        about: "the promise is RAM only: values on a disk outlive the host and its backups",
        reads: &[Signal::Hosts],
        judge: on_disk,
    },
    Rule {
        id: "NO-VERSION-MARKER",
        severity: Severity::Info,
        title: ".env does not say which version it holds",
        about: "versions are inferred from times; one comment line in the template makes them certain",
        reads: &[Signal::Hosts],
        judge: no_marker,
    },
    Rule {
        id: "KV-V1-TEMPLATE",
        severity: Severity::High,
        title: "the secrets lie on a KV mount of version 1",
        about: "agents read KV v1 again only after about 29 days, whatever their interval says",
        reads: &[Signal::Mounts],
        judge: kv_version_1,
    },
];

fn subject(host: &str) -> Subject {
    Subject::Host(host.to_owned())
}

/// A host's `.env`, where it could be measured.
fn env<'a>(seen: &Seen<'a, HostFacts>) -> Result<&'a EnvFacts, Trouble> {
    seen.facts.env.as_ref().map_err(Trouble::clone)
}

fn not_loaded(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let mut stale = Vec::new();
        for service in [Service::Server, Service::Worker] {
            if let Some(times) = propagation::stale(fleet, host, service, now)? {
                stale.push((service, times));
            }
        }
        let Some((_, times)) = stale.first() else { return Ok(None) };
        let names = stale.iter().map(|(service, _)| service.to_string()).collect::<Vec<_>>().join(" and ");
        let changed = span::clock(times.changed, now);
        let headline = format!("{names} on {host} started before .env last changed at {changed}");
        let started = stale
            .iter()
            .map(|(service, times)| Evidence::at(times.started, "docker", format!("{service} started")));
        let finding = finding(Severity::High, subject(host), headline)
            .because_all(started)
            .because(Evidence::at(times.changed, "file", ".env changed"));
        Ok(Some(match rotation_in_hand(fleet, now) {
            Some(action) => finding
                .because(Evidence::of(
                    "vault",
                    "a rotation has begun and not ended: a restart would load its values",
                ))
                .fix(action),
            None => finding.fix("fix-render"),
        }))
    })
}

fn behind(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let arrivals = propagation::arrivals(fleet, host, now)?;
        let findings: Vec<_> = arrivals
            .iter()
            .filter(|arrival| arrival.overdue)
            .map(|arrival| late(host, arrival, now))
            .collect();
        match arrivals.iter().find_map(not_told) {
            Some(trouble) if findings.is_empty() => Err(trouble),
            _ => Ok(findings),
        }
    })
}

fn not_told(arrival: &Arrival) -> Option<Trouble> {
    match &arrival.rendered {
        Rendered::Unknown { why } => Some(
            Trouble::new(format!("which version of {} it holds cannot be told", arrival.name)).because(why),
        ),
        _ => None,
    }
}

fn late(host: &str, arrival: &Arrival, now: Timestamp) -> Finding {
    let version = arrival.rendered.version().unwrap_or_default();
    let since = arrival.lacks_since.map(|since| span::clock(since, now)).unwrap_or_default();
    let headline =
        format!("{host} holds {} {version}, {} is the newest since {since}", arrival.name, arrival.current);
    let how = match &arrival.rendered {
        Rendered::Inferred { because, .. } => format!("inferred: {because}"),
        _ => format!(".env is marked {} v{version}", arrival.name),
    };
    let written = Evidence {
        at: arrival.lacks_since,
        source: "vault".to_owned(),
        text: format!("version {} of {} was written", version + 1, arrival.path),
    };
    finding(Severity::High, subject(host), headline)
        .because(written)
        .because(Evidence::of("file", how))
        .fix("fix-render")
}

fn no_value(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let seen = fleet.host(host, now)?;
        let env = env(&seen)?;
        let required = |key: &&String| REQUIRED.contains(&key.as_str());
        let holed: BTreeSet<_> = env.no_value.iter().chain(env.empty.iter().filter(required)).collect();
        if holed.is_empty() {
            return Ok(None);
        }
        let names = holed.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(", ");
        let headline = format!(".env on {host} has no value for {names}");
        let told = format!("{} keys hold <no value>, {} are empty", env.no_value.len(), env.empty.len());
        let finding = finding(Severity::Critical, subject(host), headline);
        Ok(Some(finding.because(Evidence::at(seen.at, "file", told)).fix("fix-render")))
    })
}

fn diverge(fleet: &Fleet, now: Timestamp) -> Sight {
    if fleet.deployment.hosts.len() < 2 {
        return Sight::exempt("one host cannot differ from itself");
    }
    let newest = newest_env(fleet, now);
    Sight::each_host(fleet, |host| {
        let seen = fleet.host(host, now)?;
        let env = env(&seen)?;
        let Some(newest) = newest.as_ref().filter(|newest| newest.host != host && env.file.present()) else {
            return Ok(None);
        };
        if span::seconds(newest.changed, now) <= newest.patience {
            return Ok(None);
        }
        let differing = differing_keys(env, newest.env);
        if differing.is_empty() {
            return Ok(None);
        }
        let names = differing.into_iter().collect::<Vec<_>>().join(", ");
        let headline = format!("{host} and {} hold different values of {names}", newest.host);
        let finding = finding(Severity::High, subject(host), headline);
        let finding = finding.because(Evidence::at(
            newest.changed,
            "file",
            format!("{} was rendered last", newest.host),
        ));
        let own = env
            .file
            .stat
            .as_ref()
            .map(|stat| Evidence::at(stat.modified, "file", format!("{host} was rendered")));
        Ok(Some(finding.because_all(own).fix("fix-render")))
    })
}

/// The `.env` that changed last of all hosts: the others are held against it.
struct Newest<'a> {
    host: &'a str,
    env: &'a EnvFacts,
    changed: Timestamp,
    patience: i64,
}

fn newest_env(fleet: &Fleet, now: Timestamp) -> Option<Newest<'_>> {
    let hosts = fleet.deployment.hosts.iter();
    hosts.filter_map(|host| env_of(fleet, host, now)).max_by_key(|newest| newest.changed)
}

fn env_of<'a>(fleet: &'a Fleet, host: &'a str, now: Timestamp) -> Option<Newest<'a>> {
    let seen = fleet.host(host, now).ok()?;
    let env = seen.facts.env.as_ref().ok()?;
    let changed = env.file.stat.as_ref()?.modified;
    Some(Newest { host, env, changed, patience: propagation::patience_seconds(seen.facts) })
}

/// Keys of two files whose values differ, or that only one of them has; names only.
fn differing_keys<'a>(one: &'a EnvFacts, other: &'a EnvFacts) -> BTreeSet<&'a str> {
    let keys = one.digests.keys().chain(other.digests.keys());
    keys.filter(|key| one.digests.get(*key) != other.digests.get(*key)).map(String::as_str).collect()
}

fn lost(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let seen = fleet.host(host, now)?;
        let env = env(&seen)?;
        let containers = fleet.containers(host, now).ok();
        let agent = containers.as_ref().and_then(|containers| containers.facts.of(Service::Agent)?.started);
        let first_render = agent.is_some_and(|started| span::seconds(started, now) < FIRST_RENDER_SECONDS);
        if env.file.present() || first_render {
            return Ok(None);
        }
        let headline = format!(".env is gone on {host}: server and worker cannot start");
        let finding = finding(Severity::Critical, subject(host), headline);
        let told = format!("{} is not there", env.file.path);
        Ok(Some(finding.because(Evidence::at(seen.at, "file", told)).fix("fix-render")))
    })
}

fn on_disk(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let seen = fleet.host(host, now)?;
        let env = env(&seen)?;
        match env.on_ram {
            _ if !env.file.present() => Ok(None),
            Some(true) => Ok(None),
            None => Err(Trouble::new("the file system of .env was not told")),
            Some(false) => {
                let headline = format!(".env on {host} lies on a disk, not in RAM");
                let told = format!("{} is not on a tmpfs", env.file.path);
                let finding = finding(Severity::High, subject(host), headline);
                Ok(Some(finding.because(Evidence::at(seen.at, "file", told)).fix("deploy")))
            }
        }
    })
}

fn no_marker(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::each_host(fleet, |host| {
        let seen = fleet.host(host, now)?;
        let template = seen.facts.template.as_ref().map_err(Trouble::clone)?;
        Ok((!template.has_version_marker).then(|| {
            let headline =
                format!(".env on {host} does not say which version it holds: add one line to the template");
            let told = format!("inside each `with secret` block: {MARKER_LINE}");
            finding(Severity::Info, subject(host), headline).because(Evidence::at(seen.at, "file", told))
        }))
    })
}

fn kv_version_1(fleet: &Fleet, now: Timestamp) -> Sight {
    Sight::of(fleet.mounts(now).and_then(|mounts| {
        let kv = mounts.facts.kv.as_ref().map_err(Trouble::clone)?;
        let headline =
            format!("{}/ is KV version 1: agents see a new password only after about 29 days", kv.path);
        let evidence = Evidence::at(mounts.at, "vault", format!("{}/ has version {}", kv.path, kv.version));
        Ok((kv.version == 1).then(|| finding(Severity::High, Subject::Mounts, headline).because(evidence)))
    }))
}
