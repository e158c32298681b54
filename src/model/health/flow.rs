//! The injection flow of the documentation as a live strip: what each station does over all hosts.

use jiff::Timestamp;
use serde::Serialize;

use super::{agent, database, env, server, vault, worker};
use crate::model::fleet::Fleet;
use crate::model::propagation;
use crate::model::subject::Subject;
use crate::model::verdict::{Health, Verdict};

/// One station of the injection flow: ansible ▶ AppRole ▶ token ▶ secrets ▶ .env ▶ server, worker ▶ database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlowStep {
    /// Its name on the strip: `.env on tmpfs`.
    pub name: &'static str,
    /// How it does, over all hosts.
    pub verdict: Verdict,
    /// Where to look: of several hosts the one that does worst.
    pub subject: Subject,
}

/// The injection flow, first station first.
pub fn flow(fleet: &Fleet, now: Timestamp) -> Vec<FlowStep> {
    vec![
        FlowStep { name: "ansible", verdict: vault::station(fleet, now), subject: Subject::Station },
        FlowStep { name: "AppRole", verdict: vault::role(fleet, now), subject: Subject::Role },
        tokens(fleet, now),
        secrets(fleet, now),
        env_files(fleet, now),
        apps(fleet, now),
        FlowStep { name: "database", verdict: database(fleet, now), subject: Subject::Rds },
    ]
}

/// A cell of each host.
type Cell = fn(&Fleet, &str, Timestamp) -> Verdict;

/// The worst of the hosts' cells, with its host.
fn worst<'a>(fleet: &'a Fleet, cells: &[Cell], now: Timestamp) -> Option<(&'a str, Verdict)> {
    let hosts = fleet.deployment.hosts.iter();
    let all = hosts.flat_map(|host| cells.iter().map(move |cell| (host.as_str(), cell(fleet, host, now))));
    // of equals the first, so that the strip stands still
    all.fold(None, |worst: Option<(&str, Verdict)>, next| match worst {
        Some(worst) if worst.1.health >= next.1.health => Some(worst),
        _ => Some(next),
    })
}

fn over_hosts(
    fleet: &Fleet,
    name: &'static str,
    cells: &[Cell],
    now: Timestamp,
    subject: fn(String) -> Subject,
    words: impl FnOnce(&str, &Verdict) -> String,
) -> FlowStep {
    match worst(fleet, cells, now) {
        None => FlowStep { name, verdict: Verdict::new(Health::Ok, "no hosts"), subject: Subject::Station },
        Some((host, verdict)) => {
            let words = words(host, &verdict);
            FlowStep {
                name,
                subject: subject(host.to_owned()),
                verdict: Verdict { words, changes: None, ..verdict },
            }
        }
    }
}

/// The agents' tokens: `3 ok`, `2 of 3 ok`.
fn tokens(fleet: &Fleet, now: Timestamp) -> FlowStep {
    over_hosts(fleet, "token", &[agent], now, Subject::Agent, |_, _| share_of_hosts(fleet, agent, now, "ok"))
}

fn share_of_hosts(fleet: &Fleet, cell: Cell, now: Timestamp, word: &str) -> String {
    let hosts = &fleet.deployment.hosts;
    let ok = hosts.iter().filter(|host| cell(fleet, host, now).health == Health::Ok).count();
    if ok == hosts.len() { format!("{ok} {word}") } else { format!("{ok} of {} {word}", hosts.len()) }
}

/// The secrets in KV: `database 8 config 3`.
fn secrets(fleet: &Fleet, now: Timestamp) -> FlowStep {
    let secrets =
        fleet.deployment.secrets.iter().map(|secret| (secret, vault::secret(fleet, &secret.path, now)));
    let worst = secrets.fold(None, |worst: Option<(_, Verdict)>, next| match worst {
        Some(worst) if worst.1.health >= next.1.health => Some(worst),
        _ => Some(next),
    });
    let Some((secret, verdict)) = worst else {
        return FlowStep {
            name: "secrets",
            verdict: Verdict::new(Health::Ok, "none"),
            subject: Subject::Mounts,
        };
    };
    let words = match verdict.health {
        Health::Ok | Health::Busy => current_versions(fleet, now),
        _ => format!("{} {}", secret.name(), verdict.words),
    };
    let subject = Subject::Secret(secret.path.clone());
    FlowStep { name: "secrets", subject, verdict: Verdict { words, changes: None, ..verdict } }
}

fn current_versions(fleet: &Fleet, now: Timestamp) -> String {
    let each = fleet.deployment.secrets.iter().filter_map(|secret| {
        let seen = fleet.secret(&secret.path, now).ok()?;
        Some(format!("{} {}", secret.name(), seen.current))
    });
    each.collect::<Vec<_>>().join(" ")
}

/// The rendered files: `3 fresh`, `authentik-3 on 7`.
fn env_files(fleet: &Fleet, now: Timestamp) -> FlowStep {
    over_hosts(fleet, ".env on tmpfs", &[env], now, Subject::Host, |host, verdict| {
        let lacking = propagation::arrivals(fleet, host, now).unwrap_or_default();
        let lacking = lacking.iter().find(|arrival| arrival.overdue);
        match lacking {
            Some(arrival) => format!("{host} on {} {}", arrival.name, arrival.rendered.sign()),
            None if verdict.health == Health::Bad => format!("{host} {}", verdict.words),
            None => share_of_hosts(fleet, env, now, "fresh"),
        }
    })
}

/// Server and worker: `6 up`, `2 on old values`, `1 of 6 down`.
fn apps(fleet: &Fleet, now: Timestamp) -> FlowStep {
    let cells: [Cell; 2] = [server, worker];
    over_hosts(fleet, "server, worker", &cells, now, Subject::Containers, |_, _| {
        let hosts = fleet.deployment.hosts.iter();
        let all: Vec<_> = hosts.flat_map(|host| cells.map(|cell| cell(fleet, host, now))).collect();
        let count = |health| all.iter().filter(|cell| cell.health == health).count();
        match (count(Health::Bad), count(Health::Warn), count(Health::Unknown)) {
            (0, 0, 0) => format!("{} up", all.len()),
            (0, 0, unknown) => format!("{unknown} of {} unknown", all.len()),
            (0, old, _) => format!("{old} on old values"),
            (down, ..) => format!("{down} of {} down", all.len()),
        }
    })
}

/// The database: the worse of RDS and a login that was asked for; a login that nobody asked for does not matter.
fn database(fleet: &Fleet, now: Timestamp) -> Verdict {
    let rds = database::rds(fleet, now);
    let login = database::login(fleet, now);
    if login.health > rds.health && login.health == Health::Bad { login } else { rds }
}
