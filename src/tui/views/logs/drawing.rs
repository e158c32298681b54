//! Draws the window on the log from its bottom line upwards.

use jiff::Timestamp;
use ratatui::layout::Rect;

use crate::deck::LogLine;
use crate::tui::app::App;
use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::text;
use crate::tui::theme::Role;

use super::state::{LogsState, Range, found};

/// Draws the view.
pub fn draw(app: &App, canvas: &mut Canvas<'_>, body: Rect) {
    let state = &app.logs;
    status(state, canvas, Rect { x: 1, width: body.width - 2, height: 1, ..body });
    let window = Rect { x: 1, y: body.y + 1, width: body.width - 2, height: body.height - 1 };
    canvas.rule(Rect { height: 1, ..window });
    let window = Rect { y: window.y + 1, height: window.height - 1, ..window };
    if state.book.lines().is_empty() {
        return nothing(state, canvas, window);
    }
    lines(state, canvas, window);
}

fn status(state: &LogsState, canvas: &mut Canvas<'_>, line: Rect) {
    let Some((host, container)) = &state.target else {
        canvas.put(line.x, line.y, line.width, "no log is open", Role::Muted);
        return;
    };
    let mut left = vec![
        Phrase::new(host.clone(), Role::Title),
        Phrase::new(" ▸ ", Role::Border),
        Phrase::new(container.clone(), Role::Accent),
        Phrase::new(format!("   {}", range(state.range)), Role::Muted),
    ];
    if !state.search().is_empty() {
        left.push(Phrase::new("   ", Role::Text));
        // apart from its slash, with which it would be taken for a path
        left.extend(["/", state.search()].map(|words| Phrase::new(words, Role::Match)));
        left.push(Phrase::new(format!(" {} lines", state.matching()), Role::Muted));
    }
    let right = standing(state);
    let right_width: u16 = right.iter().map(|phrase| text::width(&phrase.text)).sum();
    canvas.phrases(line.x, line.y, line.width.saturating_sub(right_width + 2), &left);
    canvas.phrases(line.right().saturating_sub(right_width), line.y, right_width, &right);
}

/// Where the window stands: lines, what was dropped, whether it follows.
fn standing(state: &LogsState) -> Vec<Phrase> {
    let mut phrases = Vec::new();
    if state.book.dropped() > 0 {
        phrases.push(Phrase::new(format!("{} older dropped   ", state.book.dropped()), Role::Warn));
    }
    let count = state.book.lines().len();
    phrases.push(Phrase::new(format!("{} of {count}   ", (state.bottom + 1).min(count)), Role::Muted));
    phrases.push(match (state.ended, state.following) {
        (true, _) => Phrase::new("ended", Role::Warn),
        (false, true) => Phrase::new("following", Role::Ok),
        (false, false) => Phrase::new("stopped", Role::Busy),
    });
    phrases
}

fn range(range: Range) -> String {
    match range {
        Range::All => "newest lines".to_owned(),
        Range::Seconds(seconds) if seconds < 3600 => format!("last {}m", seconds / 60),
        Range::Seconds(seconds) => format!("last {}h", seconds / 3600),
    }
}

fn nothing(state: &LogsState, canvas: &mut Canvas<'_>, window: Rect) {
    let (words, role) = match (&state.target, &state.trouble) {
        (None, _) => (
            "no container is known yet; c chooses one as soon as a host has answered".to_owned(),
            Role::Muted,
        ),
        (Some(_), Some(trouble)) => (trouble.to_string(), Role::Warn),
        (Some(_), None) if state.ended => {
            ("the log is empty: the container wrote nothing in this range".to_owned(), Role::Muted)
        }
        (Some(_), None) => {
            ("no line yet in this range; 0 shows the newest lines, however old".to_owned(), Role::Muted)
        }
    };
    for (y, line) in (window.y..window.bottom()).zip(words.lines()) {
        canvas.put(window.x, y, window.width, line, role);
    }
}

fn lines(state: &LogsState, canvas: &mut Canvas<'_>, window: Rect) {
    let (rows, whole_lines) = visible(state, canvas.now(), window);
    state.page.set(whole_lines.max(1));
    for (y, (index, row)) in (window.y..).zip(rows.iter().rev()) {
        canvas.phrases(window.x, y, window.width, row);
        let chosen = *index == state.bottom && !state.following && !state.search().is_empty();
        if chosen {
            canvas.put(window.x - 1, y, 1, "▌", Role::Accent);
        }
    }
}

/// The rows that the window shows, lowest first, each with the index of its line; and how many lines are shown whole.
fn visible(state: &LogsState, now: Timestamp, window: Rect) -> (Vec<(usize, Vec<Phrase>)>, usize) {
    let room = usize::from(window.height);
    let mut shown = Vec::with_capacity(room);
    for (whole_lines, index) in (0..=lowest(state, room)).rev().enumerate() {
        let Some(line) = state.book.lines().get(index) else { break };
        for row in rows(state, line, now, window.width).into_iter().rev() {
            if shown.len() == room {
                return (shown, whole_lines);
            }
            shown.push((index, row));
        }
    }
    (shown, room)
}

/// The line at the bottom of the window; a log shorter than the window is shown whole.
fn lowest(state: &LogsState, room: usize) -> usize {
    let last = state.last();
    if last < room && !state.wrap { last } else { state.bottom.min(last) }
}

/// One line of the log as rows of the window.
fn rows(state: &LogsState, line: &LogLine, now: Timestamp, width: u16) -> Vec<Vec<Phrase>> {
    let time = if state.times { time(line.at, now) } else { String::new() };
    let room = width.saturating_sub(text::width(&time));
    let words = if state.times { without_own_time(line) } else { &line.text };
    let pieces =
        if state.wrap { text::wrap(words, room) } else { vec![text::clip(words, room).into_owned()] };
    let role = level(line);
    let mut rows = Vec::with_capacity(pieces.len());
    for (index, piece) in pieces.iter().enumerate() {
        let before = if index == 0 { time.clone() } else { " ".repeat(time.len()) };
        let mut row = vec![Phrase::new(before, Role::Muted)];
        row.extend(marked(piece, state.search(), role));
        rows.push(row);
    }
    rows
}

fn time(at: Timestamp, now: Timestamp) -> String {
    let old = now.duration_since(at).as_hours() >= 20;
    at.strftime(if old { "%m-%d %H:%M:%S  " } else { "%H:%M:%S  " }).to_string()
}

/// The text without the time that the program itself wrote before it, where that is the time shown anyway.
fn without_own_time(line: &LogLine) -> &str {
    let Some((first, rest)) = line.text.split_once(' ') else { return &line.text };
    match first.parse::<Timestamp>() {
        Ok(own) if own.duration_since(line.at).as_secs().abs() < 2 => rest,
        _ => &line.text,
    }
}

/// How a line says of itself that it matters, in the ways that Vault Agent, authentik and PostgreSQL write.
fn level(line: &LogLine) -> Role {
    let head: String = line.text.chars().take(160).collect::<String>().to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| head.contains(word));
    if has(&["[error]", "\"error\"", "level=error", "[crit", "fatal", "panic", "\"critical\""]) {
        return Role::Bad;
    }
    if has(&["[warn", "\"warning\"", "\"warn\"", "level=warn"]) {
        return Role::Warn;
    }
    if has(&["[debug]", "[trace]", "\"debug\"", "\"trace\""]) { Role::Muted } else { Role::Text }
}

/// The text with what is searched for marked.
fn marked(text: &str, search: &str, role: Role) -> Vec<Phrase> {
    let mut phrases = Vec::new();
    let mut from = 0;
    for (start, end) in found(text, search) {
        phrases.push(Phrase::new(text.get(from..start).unwrap_or_default(), role));
        phrases.push(Phrase::new(text.get(start..end).unwrap_or_default(), Role::Match));
        from = end;
    }
    phrases.push(Phrase::new(text.get(from..).unwrap_or_default(), role));
    phrases
}
