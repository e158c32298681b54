//! One line on Home, where nothing else stands: what went wrong beside the screen, a run that waits for a word, or what has
//! changed since the console was last open here.

use ratatui::layout::Rect;

use crate::deck::RunState;
use crate::model::last_look::{Change, Kind};
use crate::model::span;
use crate::model::verdict::Health;
use crate::tui::app::{App, Kept, View};
use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::keymap::Action;
use crate::tui::text;
use crate::tui::theme::Role;

/// Versions that are told one by one; more are counted.
const TOLD_ONE_BY_ONE: usize = 2;

/// Draws the line, where there is something to say.
pub(super) fn draw(app: &App, canvas: &mut Canvas<'_>, line: Rect) {
    if app.view != View::Home {
        return;
    }
    let (back, list) = (key(app, Action::Back), key(app, Action::Changes));
    if let Some(trouble) = &app.lookback.trouble {
        let words = vec![Phrase::new(format!("✗ {}", trouble.sentence()), Role::Bad)];
        return say(canvas, line, Vec::new(), words, [format!("{back} puts it away"), back]);
    }
    if let Some(waiting) = app.waiting_run() {
        let words = vec![Phrase::new(left(waiting), Role::Warn)];
        let open = key(app, Action::Runs);
        return say(canvas, line, Vec::new(), words, [format!("{open} leads to it"), open]);
    }
    let Some(before) = app.lookback.before.as_ref().filter(|_| !app.lookback.changes.is_empty()) else {
        return;
    };
    let since = vec![
        Phrase::new(format!("since {}", span::clock(before.at, app.now)), Role::Label),
        Phrase::new(format!(", {} ago", canvas.span(before.at)), Role::Muted),
    ];
    let hints = [format!("{list} lists them  {back} puts them away"), format!("{list} {back}")];
    say(canvas, line, since, summary(&app.lookback.changes), hints);
}

/// What a run waits for that nobody carries.
fn left(waiting: &Kept) -> String {
    let listed = &waiting.listed;
    let how = match listed.state {
        RunState::Paused => "is paused",
        RunState::Undecided => "stands at a step that failed",
        _ => "was left half-way",
    };
    let when = listed.latest.map(|at| at.strftime(", %Y-%m-%d %H:%MZ").to_string()).unwrap_or_default();
    format!("! {} {how}{when}", listed.runbook)
}

/// Where there is no room for all, the hint is short and since when is told without how long that is; how to get rid of the line
/// is told in any case.
fn say(canvas: &mut Canvas<'_>, line: Rect, mut since: Vec<Phrase>, words: Vec<Phrase>, hints: [String; 2]) {
    let room = line.width - 2;
    let wanted = |since: &[Phrase]| -> u16 {
        since.iter().chain(&words).map(|phrase| text::width(&phrase.text)).sum::<u16>() + 4
    };
    let [long, short] = hints;
    let hint = if wanted(&since) + text::width(&long) > room { short } else { long };
    let taken = text::width(&hint);
    if wanted(&since) + taken > room {
        since.truncate(1);
    }
    if !since.is_empty() {
        since.push(Phrase::new("  ", Role::Text));
    }
    since.extend(words);
    canvas.phrases(1, line.y, room.saturating_sub(taken + 2), &since);
    canvas.put_right(line.right() - 1, line.y, taken, &hint, Role::Muted);
}

fn key(app: &App, action: Action) -> String {
    let binding = app.keymap.binding(action);
    binding.and_then(|binding| binding.keys.first()).map(ToString::to_string).unwrap_or_default()
}

/// A single change in its own words; of several how many there are of each kind.
fn summary(changes: &[Change]) -> Vec<Phrase> {
    if let [change] = changes {
        return vec![phrase(change)];
    }
    let kinds = [Kind::New, Kind::Worse, Kind::Ended, Kind::Version, Kind::SecretId];
    let parts = kinds.into_iter().map(|kind| {
        let of_kind: Vec<_> = changes.iter().filter(|change| change.kind == kind).collect();
        counted(kind, &of_kind)
    });
    let mut phrases = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        if !phrases.is_empty() {
            phrases.push(Phrase::new(", ", Role::Muted));
        }
        phrases.extend(part);
    }
    phrases
}

fn counted(kind: Kind, changes: &[&Change]) -> Vec<Phrase> {
    let worst = changes.iter().map(|change| change.health).max().unwrap_or(Health::Ok);
    let count = |words: &str| vec![Phrase::new(format!("{} {words}", changes.len()), role(kind, worst))];
    match (kind, changes) {
        (_, []) => Vec::new(),
        (Kind::SecretId, [change]) => vec![phrase(change)],
        (Kind::SecretId, _) => count("secret-ids"),
        (Kind::Version, changes) if changes.len() <= TOLD_ONE_BY_ONE => {
            let words: Vec<_> = changes.iter().map(|change| change.words.as_str()).collect();
            vec![Phrase::new(words.join(", "), Role::Accent)]
        }
        (Kind::Version, _) => count("versions moved"),
        (Kind::New, changes) => {
            let critical = changes.iter().filter(|change| change.health == Health::Bad).count();
            if critical > 0 { count(&format!("new ({critical} critical)")) } else { count("new") }
        }
        (kind, _) => count(kind.name()),
    }
}

fn phrase(change: &Change) -> Phrase {
    let words = match change.kind {
        Kind::New | Kind::Worse => format!("{}, {}", change.kind.name(), change.words),
        Kind::Ended | Kind::Version | Kind::SecretId => change.words.clone(),
    };
    Phrase::new(words, role(change.kind, change.health))
}

fn role(kind: Kind, health: Health) -> Role {
    match (kind, health) {
        (Kind::Version | Kind::SecretId, Health::Ok) => Role::Accent,
        (_, health) => Role::of(health),
    }
}
