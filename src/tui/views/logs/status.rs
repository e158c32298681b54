//! What is said around the lines of a log: which it is, what of it is shown, what has gone, and what could not be followed.

use jiff::Timestamp;
use ratatui::layout::Rect;

use crate::model::fleet::Fleet;
use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::text;
use crate::tui::theme::Role;

use super::state::{LogsState, Range, Streams};

/// Cells below which only what was chosen is told, and not what holds anyway.
const NARROW: u16 = 100;
/// Sources told by name that could not be followed.
const MOST_TROUBLES: usize = 2;

/// The line above the log.
pub(super) fn draw(state: &LogsState, fleet: Option<&Fleet>, canvas: &mut Canvas<'_>, line: Rect) {
    let Some(wanted) = &state.wanted else {
        canvas.put(line.x, line.y, line.width, "no log is open", Role::Muted);
        return;
    };
    let (host, container) = wanted.words(fleet);
    let mut left = vec![
        Phrase::new(host, Role::Title),
        Phrase::new(" ▸ ", Role::Border),
        Phrase::new(container, Role::Accent),
    ];
    left.extend(
        chosen(state, line.width).into_iter().map(|words| Phrase::new(format!("   {words}"), Role::Muted)),
    );
    if let Some(lines) = state.selected() {
        left.push(Phrase::new(format!("   {} selected", lines.count()), Role::Accent));
    }
    if !state.search().is_empty() {
        left.push(Phrase::new("   ", Role::Text));
        // apart from its slash, with which it would be taken for a path
        left.extend(["/", state.search()].map(|words| Phrase::new(words, Role::Match)));
        left.push(Phrase::new(matching(state.book.tally().matching), Role::Muted));
    }
    let right = standing(state);
    let right_width: u16 = right.iter().map(|phrase| text::width(&phrase.text)).sum();
    canvas.phrases(line.x, line.y, line.width.saturating_sub(right_width + 2), &left);
    canvas.phrases(line.right().saturating_sub(right_width), line.y, right_width, &right);
}

/// What of the log is shown: how far back, which output, whose time.
fn chosen(state: &LogsState, width: u16) -> Vec<String> {
    let range = match state.range {
        Range::All if width < NARROW => None,
        Range::All => Some("newest lines".to_owned()),
        Range::Seconds(seconds) if seconds < 3600 => Some(format!("last {}m", seconds / 60)),
        Range::Seconds(seconds) => Some(format!("last {}h", seconds / 3600)),
    };
    let streams = match state.streams {
        Streams::Both => None,
        Streams::Stderr => Some("only stderr".to_owned()),
        Streams::Stdout => Some("only stdout".to_owned()),
    };
    let zone = (state.local && state.times).then(|| state.zone_name());
    [range, streams, zone].into_iter().flatten().collect()
}

/// Where the window stands: what is in it, what was dropped, whether it follows.
fn standing(state: &LogsState) -> Vec<Phrase> {
    let mut phrases = Vec::new();
    if state.book.dropped() > 0 {
        phrases.push(Phrase::new(format!("{} older dropped   ", state.book.dropped()), Role::Warn));
    }
    let tally = state.book.tally();
    for (sign, count, role) in [("✗", tally.errors, Role::Bad), ("!", tally.warnings, Role::Warn)] {
        if count > 0 {
            phrases.push(Phrase::new(format!("{sign} {count}   "), role));
        }
    }
    let count = state.book.entries().len();
    phrases.push(Phrase::new(format!("{} of {count}   ", (state.here() + 1).min(count)), Role::Muted));
    phrases.extend(sources(state));
    phrases
}

/// Whether it goes on: all of it, some of it, or nothing any more.
fn sources(state: &LogsState) -> Vec<Phrase> {
    let (all, ended) = (state.sources.len(), state.ended.len());
    let mut phrases = Vec::new();
    if state.is_merged() {
        phrases.push(match ended {
            0 => Phrase::new(format!("{all} logs "), Role::Muted),
            ended => Phrase::new(format!("{} of {all} logs ", all.saturating_sub(ended)), Role::Warn),
        });
    }
    phrases.push(match state.following {
        _ if all > 0 && ended >= all => Phrase::new("ended", Role::Warn),
        true => Phrase::new("following", Role::Ok),
        false => Phrase::new("stopped", Role::Busy),
    });
    phrases
}

/// What stands in place of lines where there are none.
pub(super) fn nothing(state: &LogsState, canvas: &mut Canvas<'_>, window: Rect) {
    let all_ended = !state.sources.is_empty() && state.ended.len() >= state.sources.len();
    let first_trouble = state.ended.iter().find_map(|(_, trouble)| trouble.as_ref());
    let (words, role) = match (&state.wanted, first_trouble) {
        (None, _) => (
            "no container is known yet; c chooses one as soon as a host has answered".to_owned(),
            Role::Muted,
        ),
        (Some(_), Some(trouble)) => (trouble.to_string(), Role::Warn),
        (Some(_), None) if all_ended => {
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

/// Below the lines: which logs are missing from them, and why. Returns how many rows that takes.
pub(super) fn troubles(state: &LogsState, canvas: &mut Canvas<'_>, window: Rect) -> u16 {
    let troubled: Vec<_> =
        state.ended.iter().filter_map(|(source, trouble)| Some((source, trouble.as_ref()?))).collect();
    let others = troubled.len().saturating_sub(MOST_TROUBLES);
    let mut told: Vec<_> = troubled
        .iter()
        .take(MOST_TROUBLES)
        .map(|(source, trouble)| {
            let label = state.sources.get(**source).map_or("", |source| source.label.as_str());
            format!("✗ {label}: {}", trouble.in_one_line())
        })
        .collect();
    if let Some(last) = told.last_mut().filter(|_| others > 0) {
        *last = format!("{last} (and {others} more)");
    }
    let rows = u16::try_from(told.len()).unwrap_or(0).min(window.height.saturating_sub(1));
    for (y, words) in (window.bottom() - rows..window.bottom()).zip(&told) {
        canvas.put(window.x, y, window.width, words, Role::Warn);
    }
    rows
}

impl LogsState {
    /// What the operator's zone calls itself now: `CET`, or its distance from UTC.
    pub fn zone_name(&self) -> String {
        let at = self.book.entries().back().map_or(Timestamp::UNIX_EPOCH, |entry| entry.at);
        at.to_zoned(self.zone.clone()).strftime("%Z").to_string()
    }
}

fn matching(lines: usize) -> String {
    if lines == 1 { " 1 line".to_owned() } else { format!(" {lines} lines") }
}
