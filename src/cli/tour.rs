//! `vaultdeck tour` without a terminal: every page with its checks, as they stand now.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::paint::Paint;
use super::sweep::{Reach, sweep};
use crate::cli::exit::Exit;
use crate::deck::Deck;
use crate::model::exercise::{self, Exercise};
use crate::model::fleet::Fleet;
use crate::model::runbook::{Scene, Standing};
use crate::model::tour::{self, Checked, Page, Progress, Shown};
use crate::model::trouble::Trouble;
use crate::model::verdict::Health;

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Every page, for a person.
    Pages(Paint),
    /// A line per page.
    List(Paint),
    /// One JSON array.
    Json,
}

/// A page as JSON tells it.
#[derive(Serialize)]
struct Told<'a> {
    id: &'a str,
    title: &'a str,
    action: Option<&'a str>,
    progress: Progress,
    shows: Vec<Shown>,
    checks: Vec<Checked>,
}

/// Looks at everything once and prints the tour over it.
///
/// # Errors
/// Trouble when the tour cannot be read, or cannot be printed.
pub async fn tour(
    deck: &mut Deck,
    fleet: &mut Fleet,
    slots: &BTreeMap<String, String>,
    format: Format,
    out: &mut impl Write,
) -> Result<Exit, Trouble> {
    let pages = tour::pages()?;
    sweep(deck, fleet, Reach::Periodic).await;
    let hosts = fleet.deployment.hosts.clone();
    let value = |slot: &str| slots.get(slot).cloned();
    let scene = Scene { fleet, now: deck.now(), hosts: &hosts, value: &value, started: &|_, _| None };
    let text = match format {
        Format::Json => json(pages, &scene)?,
        Format::List(paint) => pages.iter().map(|page| line(page, &scene, paint)).collect(),
        Format::Pages(paint) => text(pages, &scene, paint),
    };
    out.write_all(text.as_bytes()).map_err(|error| cannot_print(&error))?;
    Ok(Exit::Ok)
}

/// The exercises of a game day, a line each.
///
/// # Errors
/// Trouble when they cannot be read.
pub fn exercises(paint: Paint) -> Result<String, Trouble> {
    let line = |exercise: &Exercise| format!("{:<18} {}\n", exercise.id, exercise.title);
    let lines: String = exercise::exercises()?.iter().map(line).collect();
    Ok(format!("{lines}{}\n", paint.faint("vaultdeck game-day NAME begins one, in a terminal")))
}

fn json(pages: &[Page], scene: &Scene<'_>) -> Result<String, Trouble> {
    let told: Vec<_> = pages
        .iter()
        .map(|page| Told {
            id: &page.id,
            title: &page.title,
            action: page.action.as_deref(),
            progress: page.progress(scene),
            shows: page.shown(scene.fleet, scene.now),
            checks: page.checked(scene),
        })
        .collect();
    let text = serde_json::to_string_pretty(&told);
    text.map(|text| text + "\n").map_err(|error| Trouble::new("cannot write the tour").because(error))
}

fn line(page: &Page, scene: &Scene<'_>, paint: Paint) -> String {
    let progress = page.progress(scene);
    let sign = paint.health(health(progress), progress.sign());
    format!(" {sign} {:<9} {}\n", page.id, page.title)
}

fn text(pages: &[Page], scene: &Scene<'_>, paint: Paint) -> String {
    let numbered = (1..).zip(pages);
    numbered.flat_map(|(number, page)| lines(number, page, scene, paint)).collect()
}

fn lines(number: usize, page: &Page, scene: &Scene<'_>, paint: Paint) -> Vec<String> {
    let mut lines = vec![paint.heading(&format!("{number}. {}", page.title)) + "\n"];
    lines.extend(page.prose.iter().map(|words| format!("{words}\n")));
    lines.extend(page.shown(scene.fleet, scene.now).iter().map(|shown| seen(shown, paint)));
    lines.extend(page.action.iter().map(|id| format!("  do it: vaultdeck run {id}\n")));
    lines.extend(page.exercise.iter().map(|id| format!("  practise it: vaultdeck game-day {id}\n")));
    lines.extend(page.checked(scene).iter().map(|checked| check(checked, paint)));
    lines.push("\n".to_owned());
    lines
}

fn seen(shown: &Shown, paint: Paint) -> String {
    let health = shown.verdict.health;
    let words = format!("{} {}: {}", health.sign(), shown.name, shown.verdict.words);
    format!("  {}\n", paint.health(health, &words))
}

fn check(checked: &Checked, paint: Paint) -> String {
    let (sign, health, told) = match &checked.standing {
        Standing::Holds { told, .. } => ("✓", Health::Ok, told.clone()),
        Standing::Fails { trouble } => ("✗", Health::Bad, trouble.in_one_line()),
        Standing::Unknown { trouble } => ("?", Health::Unknown, trouble.sentence()),
    };
    format!("  {} {}: {told}\n", paint.health(health, sign), checked.sentence)
}

fn health(progress: Progress) -> Health {
    match progress {
        Progress::Done | Progress::Nothing => Health::Ok,
        Progress::Open => Health::Bad,
        Progress::Unknown => Health::Unknown,
    }
}

fn cannot_print(error: &io::Error) -> Trouble {
    Trouble::new("cannot print").because(error)
}
