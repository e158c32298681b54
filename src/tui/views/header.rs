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

/// Cells of the widest sign of a run, and of a game day.
const RUN: u16 = 36;
const GAME: u16 = 16;

/// Draws the line. What does not fit before the clock is left out whole; the clock itself gives way to what is not well.
pub fn draw(app: &App, canvas: &mut Canvas<'_>, line: Rect) {
    let clock = clock(app, canvas);
    let width = text::width(&clock);
    canvas.wake(next_minute(canvas));
    let (all, beside) = (line.right() - 1, (line.right() - 1).saturating_sub(width + GAP));
    let mut x = 1 + canvas.put(1, line.y, beside.saturating_sub(1).min(30), &app.name, Role::Title) + 2;
    let (word, role) = super::dress(app.environment, app.is_locked());
    let dress = (word != app.name).then(|| Phrase::new(word, role));
    let run = super::run::sign(app).map(|sign| clipped(&sign, RUN));
    let game = super::game_day::sign(app, canvas).map(|sign| clipped(&sign, GAME));
    let shared = app.stand_ins().map(|_| Phrase::new("shared", Role::Warn));
    for sign in [dress, shared, run, game].into_iter().flatten() {
        x = whole(canvas, Rect { x, ..line }, beside, &[sign]);
    }
    let shown = standing(app, canvas, beside.saturating_sub(x));
    let fit = x + cells(&shown) <= beside;
    let end = if fit || x + cells(&shown) > all { beside } else { all };
    for phrases in shown {
        x = whole(canvas, Rect { x, ..line }, end, &phrases);
    }
    if end == beside {
        let role = if app.speed() > 1 { Role::Warn } else { Role::Muted };
        canvas.put_right(all, line.y, width, &clock, role);
    }
}

/// Vault, the token and the database, each in full where there is room.
fn standing(app: &App, canvas: &mut Canvas<'_>, room: u16) -> Vec<Vec<Phrase>> {
    let Some(judged) = &app.judged else { return Vec::new() };
    let parts = [
        ("vault", &judged.vault, judged.vault.words.clone()),
        ("token", &judged.token, token_words(app, judged, canvas)),
        ("rds", &judged.rds, judged.rds.words.clone()),
    ];
    fitting(&parts, room)
}

/// Cells of parts that stand side by side.
fn cells(parts: &[Vec<Phrase>]) -> u16 {
    let gaps = u16::try_from(parts.len().saturating_sub(1)).unwrap_or(0) * GAP;
    gaps + parts.iter().flatten().map(|phrase| text::width(&phrase.text)).sum::<u16>()
}

/// Draws a part that ends before `end`, or nothing of it; returns where the next one begins.
fn whole(canvas: &mut Canvas<'_>, at: Rect, end: u16, phrases: &[Phrase]) -> u16 {
    let width: u16 = phrases.iter().map(|phrase| text::width(&canvas.shown(&phrase.text))).sum();
    if at.x.saturating_add(width) > end {
        return at.x;
    }
    at.x + canvas.phrases(at.x, at.y, width, phrases) + GAP
}

fn clipped(sign: &Phrase, cells: u16) -> Phrase {
    Phrase::new(text::clip(&sign.text, cells), sign.role)
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
