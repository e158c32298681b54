//! Draws the window on the log from its bottom line upwards. Only the lines in the window are laid out.
//!
//! ```text
//! ▌14:02:09  ✗ authentik-3/agent   [ERROR] agent.auth.handler: …
//! │  time    │  whose, where several are merged
//! selected   sign of the level
//! ```

use jiff::{SignedDuration, Timestamp};
use ratatui::layout::Rect;

use crate::model::log_level::LogLevel;
use crate::tui::app::App;
use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::log_book::{Entry, found};
use crate::tui::text;
use crate::tui::theme::Role;

use super::state::LogsState;
use super::status;

/// Cells of the sign of a level and the space behind it.
const SIGN: u16 = 2;
/// Looks of the names of merged logs, in turn, so that neighbours can be told apart; the names say which is which.
const TURNS: [Role; 3] = [Role::Accent, Role::Title, Role::Label];
/// A line older than so many hours is shown with its day.
const OLD_HOURS: i64 = 20;

/// Draws the view.
pub fn draw(app: &App, canvas: &mut Canvas<'_>, body: Rect) {
    let state = &app.logs;
    status::draw(state, app.fleet.as_ref(), canvas, Rect { x: 1, width: body.width - 2, height: 1, ..body });
    let window = Rect { x: 1, y: body.y + 1, width: body.width - 2, height: body.height - 1 };
    canvas.rule(Rect { height: 1, ..window });
    let window = Rect { y: window.y + 1, height: window.height - 1, ..window };
    if state.book.entries().is_empty() {
        return status::nothing(state, canvas, window);
    }
    let below = status::troubles(state, canvas, window);
    lines(state, canvas, Rect { height: window.height - below, ..window });
}

/// Where the parts of a row stand.
struct Columns {
    /// How times are written.
    time: &'static str,
    /// Where a level's sign stands.
    sign: u16,
    /// Where the name of the source stands, and how wide it may be.
    label: (u16, u16),
    /// Where the text stands, and how wide it may be.
    text: (u16, u16),
}

impl Columns {
    fn of(state: &LogsState, now: Timestamp, window: Rect) -> Self {
        let time = match () {
            () if !state.times => "",
            () if state.reaches_back(now, usize::from(window.height)) => "%m-%d %H:%M:%S  ",
            () => "%H:%M:%S  ",
        };
        let time_width = text::width(&now.strftime(time).to_string());
        let label = if state.is_merged() { state.label_width.min(window.width / 3) } else { 0 };
        let gap = if label > 0 { 2 } else { 0 };
        let sign = window.x + time_width;
        let before = time_width + SIGN + label + gap;
        Self {
            time,
            sign,
            label: (sign + SIGN, label),
            text: (window.x + before, window.width.saturating_sub(before).max(1)),
        }
    }
}

/// One row of the window: which line it belongs to, and which of the line's rows it is.
struct Row {
    index: usize,
    first: bool,
    text: String,
}

fn lines(state: &LogsState, canvas: &mut Canvas<'_>, window: Rect) {
    let columns = Columns::of(state, canvas.now(), window);
    let rows = visible(state, &columns, window);
    let selected = state.selected();
    for (y, row) in (window.y..).zip(rows.iter().rev()) {
        let Some(entry) = state.entry(row.index) else { continue };
        let line = Rect { y, height: 1, ..window };
        let is_selected = selected.as_ref().is_some_and(|lines| lines.contains(&row.index));
        if is_selected {
            canvas.lay(line, Role::Selected);
        }
        if is_selected || state.cursor == Some(row.index) {
            canvas.put(window.x - 1, y, 1, "▌", Role::Accent);
        }
        if row.first {
            head(state, canvas, &columns, line, entry);
        }
        let phrases = marked(&row.text, state.search(), role(entry));
        canvas.phrases(columns.text.0, y, columns.text.1, &phrases);
    }
}

/// What stands before the text of a line.
fn head(state: &LogsState, canvas: &mut Canvas<'_>, columns: &Columns, line: Rect, entry: &Entry) {
    if !columns.time.is_empty() {
        let at = entry.at.to_zoned(state.shown_zone()).strftime(columns.time).to_string();
        canvas.put(line.x, line.y, columns.sign - line.x, &at, Role::Muted);
    }
    if entry.begins {
        canvas.put(columns.sign, line.y, 1, sign(entry), role(entry));
    }
    let (x, cells) = columns.label;
    if let Some(source) = state.sources.get(entry.source).filter(|_| cells > 0) {
        canvas.put(x, line.y, cells, &source.label, TURNS[entry.source % TURNS.len()]);
    }
}

/// The rows that the window shows, lowest first. The line that the operator stands on is always among them.
fn visible(state: &LogsState, columns: &Columns, window: Rect) -> Vec<Row> {
    let room = usize::from(window.height);
    let (rows, whole) = upwards(state, columns, room, lowest(state, room));
    let above = |cursor: &usize| rows.last().is_none_or(|row| *cursor < row.index);
    if let Some(cursor) = state.cursor.filter(above) {
        let (rows, whole) = upwards(state, columns, room, cursor);
        state.page.set(whole.max(1));
        return rows;
    }
    state.page.set(whole.max(1));
    rows
}

/// Rows from a line upwards, and how many lines are shown whole.
fn upwards(state: &LogsState, columns: &Columns, room: usize, lowest: usize) -> (Vec<Row>, usize) {
    let mut shown = Vec::with_capacity(room);
    for (whole, index) in (0..=lowest).rev().enumerate() {
        let Some(entry) = state.entry(index) else { break };
        let pieces = pieces(state, entry, columns.text.1);
        for (place, text) in pieces.into_iter().enumerate().rev() {
            if shown.len() == room {
                return (shown, whole);
            }
            shown.push(Row { index, first: place == 0, text });
        }
    }
    (shown, room)
}

/// The line at the bottom of the window; a log shorter than the window is shown whole.
fn lowest(state: &LogsState, room: usize) -> usize {
    let last = state.last();
    if last < room && !state.wrap { last } else { state.bottom.min(last) }
}

/// The text of a line, as many rows as it takes.
fn pieces(state: &LogsState, entry: &Entry, cells: u16) -> Vec<String> {
    let words = if state.times { without_own_time(entry) } else { &entry.text };
    if state.wrap { text::wrap(words, cells) } else { vec![text::clip(words, cells).into_owned()] }
}

/// The text without the time that the program itself wrote before it, where that is the time shown anyway.
fn without_own_time(entry: &Entry) -> &str {
    let Some((first, rest)) = entry.text.split_once(' ') else { return &entry.text };
    match first.parse::<Timestamp>() {
        Ok(own) if own.duration_since(entry.at).as_secs().abs() < 2 => rest,
        _ => &entry.text,
    }
}

/// How a line looks that is so loud.
fn role(entry: &Entry) -> Role {
    match entry.level {
        Some(LogLevel::Error) => Role::Bad,
        Some(LogLevel::Warn) => Role::Warn,
        Some(LogLevel::Debug) => Role::Muted,
        Some(LogLevel::Info) | None => Role::Text,
    }
}

/// The same without colour.
fn sign(entry: &Entry) -> &'static str {
    match entry.level {
        Some(LogLevel::Error) => "✗",
        Some(LogLevel::Warn) => "!",
        Some(LogLevel::Debug) => "·",
        Some(LogLevel::Info) | None => " ",
    }
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

impl LogsState {
    /// Whether a line that the window can show is so old that its day must be told.
    fn reaches_back(&self, now: Timestamp, room: usize) -> bool {
        let old = SignedDuration::from_hours(OLD_HOURS);
        let top = (self.bottom + 1).saturating_sub(room);
        let shown = self.book.entries().iter().skip(top).take(room);
        shown.into_iter().any(|entry| now.duration_since(entry.at) >= old)
    }
}
