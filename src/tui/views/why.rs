//! The answer to "why do you say so?": what was seen, by whom and when, newest first; what follows; what helps.

use jiff::Timestamp;
use ratatui::layout::Rect;

use crate::model::verdict::{Evidence, Verdict};
use crate::tui::app::Why;
use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::text;
use crate::tui::theme::Role;

/// More lines than any answer has.
pub const MOST_LINES: usize = 500;

/// Width of the columns before the text: time, age, source.
const BEFORE: [u16; 3] = [9, 11, 9];

/// Draws the answer over the lower part of a view.
pub fn draw(why: &Why, canvas: &mut Canvas<'_>, body: Rect) {
    let width = body.width.saturating_sub(if body.width > 140 { 24 } else { 2 });
    let lines = lines(&why.verdict, canvas, width.saturating_sub(4));
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(4);
    let height = wanted.clamp(7, body.height);
    let area = Rect { x: (body.width - width) / 2, y: body.bottom() - height, width, height };
    let inside = canvas.window(area, "", Role::Border);
    let head = headline(why, canvas, Rect { height: 1, ..inside });
    let text =
        Rect { x: inside.x + 1, y: head + 1, width: inside.width - 2, height: inside.bottom() - head - 1 };
    let scrolled = why.cursor.among(lines.len()).min(lines.len().saturating_sub(usize::from(text.height)));
    for (y, line) in (text.y..text.bottom()).zip(lines.iter().skip(scrolled)) {
        canvas.phrases(text.x, y, text.width, line);
    }
    if lines.len() > scrolled + usize::from(text.height) {
        canvas.put_right(area.right() - 2, area.bottom() - 1, 10, " ↓ more ", Role::Muted);
    }
}

/// The title and what is said; returns the line below it.
fn headline(why: &Why, canvas: &mut Canvas<'_>, line: Rect) -> u16 {
    let sign = why.verdict.health.sign().trim_end();
    let mut phrases = vec![Phrase::new(format!(" {}", why.title), Role::Title)];
    phrases.push(Phrase::new(" · ", Role::Border));
    if !sign.is_empty() {
        phrases.push(Phrase::of(format!("{sign} "), why.verdict.health));
    }
    phrases.push(Phrase::of(why.verdict.words.clone(), why.verdict.health));
    let taken = canvas.phrases(line.x, line.y, line.width, &phrases);
    let hint = "because, newest first ";
    if taken + text::width(hint) + 2 < line.width && !why.verdict.because.is_empty() {
        canvas.put_right(line.right(), line.y, 30, hint, Role::Muted);
    }
    line.y + 1
}

fn lines(verdict: &Verdict, canvas: &mut Canvas<'_>, width: u16) -> Vec<Vec<Phrase>> {
    let mut because: Vec<_> = verdict.because.iter().collect();
    because.sort_by_key(|evidence| std::cmp::Reverse(evidence.at));
    let mut lines: Vec<_> = because.iter().flat_map(|evidence| reason(evidence, canvas, width)).collect();
    if lines.is_empty() {
        lines.push(vec![Phrase::new("nothing more is known than this", Role::Muted)]);
    }
    if !verdict.so.is_empty() {
        lines.push(Vec::new());
        lines.extend(labelled("so", &verdict.so, Role::Text, width));
    }
    if let Some(fix) = verdict.fix {
        let words = format!("{fix}   x or enter opens the action; it runs nothing");
        lines.extend(labelled("fix", &words, Role::Accent, width));
    }
    lines
}

fn reason(evidence: &Evidence, canvas: &mut Canvas<'_>, width: u16) -> Vec<Vec<Phrase>> {
    let [time_width, age_width, source_width] = BEFORE;
    let before = [
        Phrase::new(
            pad(&evidence.at.map(|at| moment(at, canvas.now())).unwrap_or_default(), time_width),
            Role::Muted,
        ),
        Phrase::new(pad(&evidence.at.map(|at| age(at, canvas)).unwrap_or_default(), age_width), Role::Muted),
        Phrase::new(pad(&evidence.source, source_width), Role::Accent),
    ];
    let indent = time_width + age_width + source_width;
    let mut lines = Vec::new();
    for (index, line) in text::wrap(&evidence.text, width.saturating_sub(indent)).into_iter().enumerate() {
        let mut phrases =
            if index == 0 { before.to_vec() } else { vec![Phrase::new(pad("", indent), Role::Text)] };
        phrases.push(Phrase::new(line, Role::Text));
        lines.push(phrases);
    }
    lines
}

fn age(at: Timestamp, canvas: &mut Canvas<'_>) -> String {
    let span = canvas.span(at);
    if at > canvas.now() { format!("in {span}") } else { format!("{span} ago") }
}

/// The time of day on the same day, the date before that.
fn moment(at: Timestamp, now: Timestamp) -> String {
    let format = if now.duration_since(at).as_hours().abs() < 20 { "%H:%M:%S" } else { "%d %b" };
    at.strftime(format).to_string()
}

fn labelled(label: &str, words: &str, role: Role, width: u16) -> Vec<Vec<Phrase>> {
    let indent = BEFORE[0];
    let wrapped = text::wrap(words, width.saturating_sub(indent));
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    let line = |(label, line): (&str, String)| {
        vec![Phrase::new(pad(label, indent), Role::Label), Phrase::new(line, role)]
    };
    labels.zip(wrapped).map(line).collect()
}

/// The words, filled up to a width; never without a space behind them.
fn pad(words: &str, width: u16) -> String {
    let clipped = text::clip(words, width - 1);
    let fill = usize::from(width - text::width(&clipped));
    format!("{clipped}{}", " ".repeat(fill))
}
