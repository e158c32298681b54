//! The parts of a host's page that come from its files and its agent's log.

use jiff::Timestamp;

use crate::model::agent_log::{Class, EventKind};
use crate::model::facts::{AgentConfig, AgentFacts, EnvFacts, FileFacts, HostFacts, Part};
use crate::model::fleet::Fleet;
use crate::model::health;
use crate::model::subject::Subject;
use crate::model::verdict::Health;
use crate::tui::canvas::Phrase;
use crate::tui::selection::Selection;
use crate::tui::widgets::sheet::Section;

use super::section::{Builder, ago, list, muted, setting, text, until, yes};

/// Events of the agent shown at most.
const MOST_EVENTS: usize = 60;

/// Key names on one line of the list.
const KEYS_A_LINE: usize = 2;

pub(super) fn agent(fleet: &Fleet, host: &str, now: Timestamp) -> Section<Selection> {
    let subject = Subject::Agent(host.to_owned());
    let mut section = Builder::about(fleet, subject.clone(), "log", "AGENT", now);
    let Some(agent) = fleet.last::<AgentFacts>(&subject) else { return section.done() };
    section.verdict_field("state", &health::agent(fleet, host, now));
    let reading = &agent.reading;
    let version = reading.product.as_ref().zip(reading.version.as_ref());
    if let Some((product, version)) = version {
        section.field("runs", format!("{product} {version}"));
    }
    section.field("last login", ago(reading.last_login, now));
    section.field("last renewal", ago(reading.last_renewal, now));
    for fetch in &reading.fetches {
        let words =
            format!("{} since {}, {} times", fetch.class.name(), ago(fetch.since, now), fetch.attempts);
        section.judged_field(&fetch.path, words, Health::Bad);
    }
    if let Some(next) = reading.next_attempt {
        section.field("tries again", if next > now { until(next, now) } else { "any moment".to_owned() });
    }
    if !reading.remedy.is_empty() && reading.class != Class::None {
        section.field("remedy", reading.remedy.clone());
    }
    section.field("log of", agent.container.clone());
    section.field("log covers", ago(agent.covers_from, now));
    section.done()
}

/// What the agent did and what happened to it, newest first.
pub(super) fn timeline(fleet: &Fleet, host: &str, now: Timestamp) -> Option<Section<Selection>> {
    let subject = Subject::Agent(host.to_owned());
    let agent = fleet.last::<AgentFacts>(&subject)?;
    let headings = ["WHEN", "AGO", "TIMES", "WHAT"];
    let mut section = Builder::about(fleet, subject.clone(), "log", "AGENT TIMELINE", now).table(&headings);
    for event in agent.reading.timeline.iter().rev().take(MOST_EVENTS) {
        let health = event_health(event.kind);
        let latest = event.last.or(event.at);
        let times = if event.times > 1 { event.times.to_string() } else { String::new() };
        let cells = vec![
            muted(latest.map_or_else(|| "-".to_owned(), |at| at.strftime("%m-%d %H:%M:%SZ").to_string())),
            muted(ago(latest, now)),
            muted(times),
            Phrase::of(event.text.clone(), health),
        ];
        section.push(health, cells, &event.text);
        section.at(1, latest);
    }
    Some(section.done())
}

fn event_health(kind: EventKind) -> Health {
    match kind {
        EventKind::AuthFailed | EventKind::FetchFailed | EventKind::RenderFailed | EventKind::SinkFailed => {
            Health::Bad
        }
        EventKind::Exited | EventKind::Stopped => Health::Warn,
        EventKind::Started
        | EventKind::LoggedIn
        | EventKind::Renewed
        | EventKind::Rendered
        | EventKind::Noted => Health::Ok,
    }
}

pub(super) fn session(fleet: &Fleet, host: &str, now: Timestamp) -> Section<Selection> {
    let subject = Subject::Host(host.to_owned());
    let mut section = Builder::about(fleet, subject.clone(), "ssh", "HOST", now);
    let Some(facts) = fleet.last::<HostFacts>(&subject) else { return section.done() };
    section.field("round trip", format!("{} ms over {}", facts.round_trip_millis, facts.session));
    section.field("clock", format!("{:+.1} s against ours", facts.clock_offset_seconds));
    match &facts.swap_active {
        Ok(true) => section.judged_field("swap", "active: secrets in RAM can reach the disk", Health::Warn),
        Ok(false) => section.field("swap", "none"),
        Err(trouble) => section.unknown("swap", trouble),
    }
    section.done()
}

pub(super) fn files(fleet: &Fleet, host: &str, now: Timestamp) -> Section<Selection> {
    let subject = Subject::Host(host.to_owned());
    let headings = ["FILE", "MODE", "OWNER", "BYTES", "CHANGED", "PATH"];
    let mut section = Builder::about(fleet, subject.clone(), "file", "FILES", now).table(&headings);
    let Some(facts) = fleet.last::<HostFacts>(&subject) else { return section.done() };
    let rendered = facts.env.as_ref().map(|env| env.file.clone()).map_err(Clone::clone);
    let files = [
        ("config.hcl", &facts.config_file),
        ("role-id", &facts.role_id_file),
        ("secret-id", &facts.secret_id_file),
        (".env.tpl", &facts.template_file),
        (".env", &rendered),
    ];
    for (name, file) in files {
        file_row(&mut section, name, file, now);
    }
    section.done()
}

fn file_row(section: &mut Builder, name: &str, file: &Part<FileFacts>, now: Timestamp) {
    let file = match file {
        Ok(file) => file,
        Err(trouble) => return section.unknown(name, trouble),
    };
    let Some(stat) = &file.stat else {
        let cells = vec![
            text(name),
            Phrase::of("gone", Health::Warn),
            muted(""),
            muted(""),
            muted(""),
            muted(&file.path),
        ];
        return section.push(Health::Warn, cells, &format!("{} is not there", file.path));
    };
    let open_to_all = stat.mode & 0o007 != 0 && name != "config.hcl" && name != ".env.tpl";
    let health = if open_to_all { Health::Warn } else { Health::Ok };
    let mode = format!("{:04o}", stat.mode & 0o7777);
    let words =
        format!("{} has mode {mode}, owner {}:{}, {} bytes", file.path, stat.uid, stat.gid, stat.size);
    let cells = vec![
        text(name),
        Phrase::of(mode, health),
        muted(format!("{}:{}", stat.uid, stat.gid)),
        muted(stat.size.to_string()),
        text(ago(Some(stat.modified), now)),
        muted(&file.path),
    ];
    section.push(health, cells, &words);
    section.at(4, Some(stat.modified));
}

pub(super) fn env(fleet: &Fleet, host: &str, now: Timestamp) -> Section<Selection> {
    let subject = Subject::Host(host.to_owned());
    let mut section = Builder::about(fleet, subject.clone(), "file", ".ENV KEY NAMES", now);
    let Some(facts) = fleet.last::<HostFacts>(&subject) else { return section.done() };
    match &facts.facts.env {
        Err(trouble) => section.unknown(".env", trouble),
        Ok(env) => env_rows(&mut section, env),
    }
    section.done()
}

fn env_rows(section: &mut Builder, env: &EnvFacts) {
    match env.on_ram {
        Some(true) => section.field("lies on", "RAM"),
        Some(false) => section.judged_field("lies on", "a disk", Health::Warn),
        None => section.dim("lies on", "not known"),
    }
    let markers: Vec<_> = env.markers.iter().map(|(name, version)| format!("{name} {version}")).collect();
    if markers.is_empty() {
        section.dim("versions", "not written into the file by the template");
    } else {
        section.field("versions", markers.join(", "));
    }
    for key in env.no_value.iter().chain(&env.empty) {
        let what = if env.no_value.contains(key) { "<no value>" } else { "empty" };
        section.judged_field(key, what, Health::Bad);
    }
    for keys in env.keys.chunks(KEYS_A_LINE) {
        let names = keys.iter().map(|key| muted(key.clone())).collect();
        section.push(Health::Ok, names, &keys.join(", "));
    }
}

pub(super) fn config(fleet: &Fleet, host: &str, now: Timestamp) -> Section<Selection> {
    let subject = Subject::Host(host.to_owned());
    let mut section = Builder::about(fleet, subject.clone(), "file", "AGENT CONFIGURATION", now);
    let Some(facts) = fleet.last::<HostFacts>(&subject) else { return section.done() };
    match &facts.facts.agent_config {
        Err(trouble) => section.unknown("config.hcl", trouble),
        Ok(config) => config_rows(&mut section, config),
    }
    match &facts.facts.template {
        Err(trouble) => section.unknown(".env.tpl", trouble),
        Ok(template) => {
            for (path, keys) in &template.reads {
                section.field("reads", format!("{path}: {}", list(keys)));
            }
        }
    }
    section.done()
}

fn config_rows(section: &mut Builder, config: &AgentConfig) {
    section.maybe("address", config.address.clone());
    section.maybe("method", config.method.clone());
    let words = if config.removes_secret_id { "yes: a restart needs a new one" } else { "no" };
    section.field("removes secret-id", words);
    section.field("unwraps secret-id", yes(config.unwraps_secret_id));
    section.field("sinks", list(&config.sinks));
    section.field("renders every", setting(config.render_interval_seconds));
    for template in &config.templates {
        let perms = template.perms.as_deref().unwrap_or("0644 (not set)");
        section.field("renders", format!("{}, mode {perms}", template.destination));
        let strict = template.error_on_missing_key;
        let words = if strict { "stops rendering" } else { "renders <no value>" };
        section.judged_field("missing key", words, if strict { Health::Ok } else { Health::Warn });
    }
}
