//! One secret: every version that is kept, and two of them side by side by key name. Values are masked: that two are equal is
//! told by digests that mean nothing outside this look.

use jiff::Timestamp;

use crate::model::comparison::{Change, Comparison, KeyPair};
use crate::model::facts::{SecretFacts, SecretVersion};
use crate::model::fleet::Fleet;
use crate::model::subject::Subject;
use crate::model::verdict::Health;
use crate::tui::app::{Looked, SecretPage};
use crate::tui::canvas::Phrase;
use crate::tui::selection::Selection;
use crate::tui::theme::Role;
use crate::tui::widgets::sheet::{Section, Sheet};

use super::secrets::state;
use super::section::{Builder, ago, muted, text};

/// What stands for a value.
const MASK: &str = "••••••••";

/// The page.
pub fn sheet(fleet: &Fleet, page: &SecretPage, now: Timestamp) -> Sheet<Selection> {
    Sheet { sections: vec![versions(fleet, page, now), comparison(fleet, page, now)] }
}

fn versions(fleet: &Fleet, page: &SecretPage, now: Timestamp) -> Section<Selection> {
    let headings = ["VERSION", "COMPARED", "STATE", "WRITTEN", "AGE", "WHO AND WHY"];
    let subject = Subject::Secret(page.path.clone());
    let mut section = Builder::about(fleet, subject.clone(), "vault", "VERSIONS", now).table(&headings);
    let Some(facts) = fleet.last::<SecretFacts>(&subject) else { return section.done() };
    for (number, version) in facts.versions.iter().rev() {
        version_row(&mut section, page, facts.facts, *number, version, now);
    }
    section.done()
}

fn version_row(
    section: &mut Builder,
    page: &SecretPage,
    facts: &SecretFacts,
    number: u64,
    version: &SecretVersion,
    now: Timestamp,
) {
    let current = number == facts.current;
    let (words, gone) = state(version, current, now);
    let health = if gone && current { Health::Bad } else { Health::Ok };
    let written =
        version.created.map_or_else(|| "-".to_owned(), |at| at.strftime("%Y-%m-%d %H:%MZ").to_string());
    let compared = if page.chosen.contains(&number) { "◆ yes" } else { "" };
    let cells = vec![
        text(number.to_string()),
        Phrase::new(compared, Role::Accent),
        Phrase::of(words, health),
        muted(written),
        muted(ago(version.created, now)),
        muted(if current { who(facts) } else { "not kept for older versions".to_owned() }),
    ];
    section.push(health, cells, &format!("version {number}: {words}"));
    section.of_version(number);
}

/// Vault keeps one set of free fields for a secret; they were written with its newest version.
fn who(facts: &SecretFacts) -> String {
    let told: Vec<_> = facts.custom_metadata.iter().map(|(name, value)| format!("{name} {value}")).collect();
    if told.is_empty() { "nothing is noted".to_owned() } else { told.join(", ") }
}

fn comparison(fleet: &Fleet, page: &SecretPage, now: Timestamp) -> Section<Selection> {
    let subject = Subject::Secret(page.path.clone());
    let builder = |title: String| Builder::about(fleet, subject.clone(), "vault", title, now);
    let Some((older, newer)) = page.pair() else {
        let mut section = builder("COMPARISON".to_owned());
        section.dim("nothing to compare", "only one version is kept");
        return section.done();
    };
    let title = format!("VERSION {older} BESIDE VERSION {newer}");
    match &page.looked {
        Looked::Seen(Ok(seen)) => {
            let section = builder(format!("{title}: {}", seen.summary()));
            keys(section.table(&["KEY", "CHANGE", "OLDER", "NEWER"]), seen)
        }
        Looked::Seen(Err(trouble)) => {
            let mut section = builder(title).table(&[]);
            section.unknown("not compared", trouble);
            if let Some(hint) = &trouble.hint {
                section.dim("try", hint);
            }
            section.done()
        }
        looked => {
            let mut section = builder(title).table(&[]);
            section.dim(&standing(looked, older, newer), "");
            section.done()
        }
    }
}

fn standing(looked: &Looked, older: u64, newer: u64) -> String {
    if *looked == Looked::Reading {
        return format!("reading versions {older} and {newer} into memory …");
    }
    format!(
        "enter reads versions {older} and {newer} into memory, compares them and wipes them; no value is shown"
    )
}

fn keys(mut section: Builder, seen: &Comparison) -> Section<Selection> {
    for pair in &seen.keys {
        let cells =
            vec![text(&pair.key), change(pair), masked(pair.older.as_ref()), masked(pair.newer.as_ref())];
        section.push(Health::Ok, cells, &format!("{}: {}", pair.key, pair.change()));
        section.of_key(&pair.key);
    }
    section.done()
}

fn change(pair: &KeyPair) -> Phrase {
    let change = pair.change();
    let (sign, role) = match change {
        Change::Same => ("=", Role::Muted),
        Change::Changed => ("≠", Role::Accent),
        Change::Added => ("+", Role::Ok),
        Change::Removed => ("-", Role::Warn),
    };
    Phrase::new(format!("{sign} {change}"), role)
}

fn masked(digest: Option<&String>) -> Phrase {
    digest.map_or_else(|| muted("no such key"), |digest| muted(format!("{MASK} {digest}")))
}
