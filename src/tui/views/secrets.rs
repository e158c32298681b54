//! Secrets: versions, ages, key names and who wrote them; and which version each host has rendered. Never a value.

use jiff::Timestamp;

use crate::model::deployment::SecretSpec;
use crate::model::facts::{EnvFacts, HostFacts, SecretFacts, SecretVersion};
use crate::model::fleet::Fleet;
use crate::model::health;
use crate::model::subject::Subject;
use crate::model::verdict::{Health, Verdict};
use crate::tui::canvas::Phrase;
use crate::tui::judged::Judged;
use crate::tui::selection::Selection;
use crate::tui::widgets::sheet::{Section, Sheet};

use super::section::{Builder, ago, list, muted, text};

/// The whole view.
pub fn sheet(fleet: &Fleet, judged: &Judged, now: Timestamp) -> Sheet<Selection> {
    let mut sections = Vec::new();
    for spec in &fleet.deployment.secrets {
        sections.push(secret(fleet, spec, now));
    }
    sections.push(rendered(fleet, judged, now));
    Sheet { sections }
}

/// Heading of a secret's section.
pub fn title(spec: &SecretSpec) -> String {
    spec.name().to_uppercase()
}

fn subject(spec: &SecretSpec) -> Subject {
    Subject::Secret(spec.path.clone())
}

fn secret(fleet: &Fleet, spec: &SecretSpec, now: Timestamp) -> Section<Selection> {
    let mut section = Builder::about(fleet, subject(spec), "vault", title(spec), now);
    let Some(facts) = fleet.last::<SecretFacts>(&subject(spec)) else { return section.done() };
    section.verdict_field("state", &health::secret(fleet, &spec.path, now));
    section.field("path", format!("{}/{}", fleet.deployment.kv_mount, spec.path));
    match &facts.keys {
        Ok(keys) => {
            let missing: Vec<_> = spec.keys.iter().filter(|key| !keys.contains(*key)).cloned().collect();
            section.field("keys", list(keys));
            if !missing.is_empty() {
                section.judged_field("missing", list(&missing), Health::Bad);
            }
        }
        Err(trouble) => section.unknown("keys", trouble),
    }
    section.field("check-and-set", if facts.cas_required { "required" } else { "not required" });
    section.field("versions kept", facts.max_versions.to_string());
    for (name, value) in &facts.custom_metadata {
        section.field(name, value.clone());
    }
    for (number, version) in facts.versions.iter().rev() {
        version_row(&mut section, *number, version, *number == facts.current, now);
    }
    section.done()
}

fn version_row(section: &mut Builder, number: u64, version: &SecretVersion, current: bool, now: Timestamp) {
    let (state, gone) = state(version, current, now);
    let health = if gone && current { Health::Bad } else { Health::Ok };
    let written =
        version.created.map_or_else(|| "-".to_owned(), |at| at.strftime("%Y-%m-%d %H:%MZ").to_string());
    let words = format!("{state}, written {written}, {}", ago(version.created, now));
    let label = format!("version {number}");
    if health == Health::Ok && !current {
        section.dim(&label, &words);
    } else {
        section.judged_field(&label, words, health);
    }
    section.of_version(number);
}

/// How a version is, and whether its values are gone.
pub(super) fn state(version: &SecretVersion, current: bool, now: Timestamp) -> (&'static str, bool) {
    let gone = version.destroyed || version.deleted.is_some_and(|deleted| deleted <= now);
    let words = match (version.destroyed, gone, current) {
        (true, _, _) => "destroyed",
        (false, true, _) => "deleted, can be undeleted",
        (false, false, true) => "current",
        (false, false, false) => "kept",
    };
    (words, gone)
}

fn rendered(fleet: &Fleet, judged: &Judged, now: Timestamp) -> Section<Selection> {
    let headings = ["HOST", ".ENV SAYS", "CHANGED", "KEYS", "WITHOUT VALUE", "SERVER", "WORKER"];
    let mut section = Builder::over_all("RENDERED ON THE HOSTS", now).table(&headings);
    for row in &judged.hosts {
        let env = env_of(fleet, &row.name);
        let [_, _, _, rendered, server, worker] = &row.cells;
        let health = rendered.health.max(server.health).max(worker.health);
        let changed = env.and_then(|env| env.file.stat.as_ref()).map(|stat| stat.modified);
        let cells = vec![
            text(&row.name),
            words(rendered),
            muted(ago(changed, now)),
            muted(env.map_or_else(|| "-".to_owned(), |env| env.keys.len().to_string())),
            without_value(env),
            words(server),
            words(worker),
        ];
        section.answered(health, cells, &row.name, rendered.clone());
        section.at(2, changed);
        section.of_host(&row.name);
    }
    section.done()
}

fn words(verdict: &Verdict) -> Phrase {
    let sign = verdict.health.sign().trim_end();
    let gap = if sign.is_empty() { "" } else { " " };
    Phrase::of(format!("{sign}{gap}{}", verdict.words), verdict.health)
}

fn without_value(env: Option<&EnvFacts>) -> Phrase {
    match env {
        Some(env) if env.no_value.is_empty() && env.empty.is_empty() => muted("none"),
        Some(env) => Phrase::of(list(env.no_value.iter().chain(&env.empty)), Health::Warn),
        None => muted("-"),
    }
}

fn env_of<'a>(fleet: &'a Fleet, host: &str) -> Option<&'a EnvFacts> {
    let facts = fleet.last::<HostFacts>(&Subject::Host(host.to_owned()))?;
    facts.facts.env.as_ref().ok()
}
