//! The top line of every view: which deployment, how carefully to tread, Vault, your token, the database, the time.

use jiff::SignedDuration;
use ratatui::layout::Rect;

use crate::model::facts::TokenFacts;
use crate::model::subject::Subject;
use crate::model::verdict::{Health, Verdict};
use crate::tui::app::App;
use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::judged::Judged;
use crate::tui::keymap::Action;
use crate::tui::text;
use crate::tui::theme::Role;

/// Cells between two parts.
const GAP: u16 = 3;

/// Draws the line.
pub fn draw(app: &App, canvas: &mut Canvas<'_>, line: Rect) {
    let mut x = 1 + canvas.put(1, line.y, 30, &app.name, Role::Title) + 2;
    let (word, role) = super::dress(app.environment, app.is_locked());
    if word != app.name {
        x += canvas.put(x, line.y, 20, word, role) + GAP;
    }
    if let Some(sign) = super::run::sign(app) {
        x += canvas.phrases(x, line.y, 36, &[sign]) + GAP;
    }
    if let Some(sign) = super::game_day::sign(app, canvas) {
        x += canvas.phrases(x, line.y, 16, &[sign]) + GAP;
    }
    let clock = clock(app, canvas);
    canvas.wake(next_minute(canvas));
    let taken = parts(app, &clock, canvas, Rect { x, width: line.right().saturating_sub(x), ..line });
    // what is not well is said before what time it is
    if taken + text::width(&clock) < line.right() {
        let role = if app.speed() > 1 { Role::Warn } else { Role::Muted };
        canvas.put_right(line.right() - 1, line.y, text::width(&clock), &clock, role);
    }
}

/// Vault, the token and the database, each in full where there is room beside the clock; returns where they end.
fn parts(app: &App, clock: &str, canvas: &mut Canvas<'_>, line: Rect) -> u16 {
    let mut x = line.x;
    let Some(judged) = &app.judged else { return x };
    let room = (line.right() - 1 - text::width(clock)).saturating_sub(x + GAP);
    let parts = [
        ("vault", &judged.vault, judged.vault.words.clone()),
        ("token", &judged.token, token_words(app, judged, canvas)),
        ("rds", &judged.rds, judged.rds.words.clone()),
    ];
    let shown = fitting(&parts, room);
    let mut end = x;
    for phrases in shown {
        end = x + canvas.phrases(x, line.y, line.right().saturating_sub(x), &phrases);
        x = end + GAP;
    }
    end
}

/// The time of day, and how fast it runs where that is not as here.
fn clock(app: &App, canvas: &Canvas<'_>) -> String {
    let time = canvas.now().strftime("%H:%M");
    match app.speed() {
        1 => format!("{time}Z"),
        speed => format!("×{speed} {time}Z"),
    }
}

fn next_minute(canvas: &Canvas<'_>) -> jiff::Timestamp {
    let into_minute = canvas.now().as_second().rem_euclid(60);
    canvas.now() + SignedDuration::from_secs(60 - into_minute)
}

/// Who you are and how long that lasts, counted down.
fn token_words(app: &App, judged: &Judged, canvas: &mut Canvas<'_>) -> String {
    let fleet = app.fleet.as_ref();
    let token = fleet.and_then(|fleet| fleet.last::<TokenFacts>(&Subject::Token));
    let alive = token.filter(|token| token.dead.is_none() && !token.display_name.is_empty());
    let ends = alive.and_then(|token| token.expires.map(|expires| (token, expires)));
    match ends {
        Some((token, expires)) if expires > canvas.now() => {
            format!("{} {} left", short_name(&token.display_name), canvas.span(expires))
        }
        _ => format!("{}{}", judged.token.words, way_back(app, judged)),
    }
}

/// The key that helps where the token does not.
fn way_back(app: &App, judged: &Judged) -> String {
    let can = app.fleet.as_ref().is_some_and(|fleet| fleet.deployment.login.is_some());
    let key = app.keymap.binding(Action::SignIn).and_then(|binding| binding.keys.first());
    match key.filter(|_| can && judged.token.health == Health::Bad) {
        Some(key) => format!(", {key} logs in"),
        None => String::new(),
    }
}

/// `userpass-jane` is jane to herself.
fn short_name(display_name: &str) -> &str {
    display_name.split_once('-').map_or(display_name, |(_, name)| name)
}

/// All parts in full where there is room, else only names and signs of the last ones.
fn fitting(parts: &[(&str, &Verdict, String); 3], room: u16) -> Vec<Vec<Phrase>> {
    for brief in 0..=parts.len() {
        let phrases: Vec<_> = parts
            .iter()
            .enumerate()
            .map(|(index, (name, verdict, words))| part(name, verdict, words, index + brief >= parts.len()))
            .collect();
        let width: u16 = phrases.iter().flatten().map(|phrase| text::width(&phrase.text)).sum();
        if brief == parts.len() || width + 2 * GAP <= room {
            return phrases;
        }
    }
    Vec::new()
}

fn part(name: &str, verdict: &Verdict, words: &str, brief: bool) -> Vec<Phrase> {
    let words = match (brief, verdict.health) {
        (false, Health::Ok) => words.to_owned(),
        (false, health) => format!("{} {words}", health.sign()),
        (true, Health::Ok) => "ok".to_owned(),
        (true, health) => health.sign().to_owned(),
    };
    vec![Phrase::new(format!("{name} "), Role::Label), Phrase::of(words, verdict.health)]
}
