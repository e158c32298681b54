//! The answer to "why do you say so?": what was seen, by whom and when, newest first; what follows; what helps.

use jiff::Timestamp;
use ratatui::layout::Rect;

use crate::model::verdict::{Evidence, Verdict};
use crate::tui::app::Why;
use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::text;
use crate::tui::theme::Role;

/// Width of the columns before the text: time, age, source.
const BEFORE: [u16; 3] = [9, 11, 9];

/// Draws the answer over the lower part of a view.
pub fn draw(why: &Why, canvas: &mut Canvas<'_>, body: Rect) {
    let width = body.width.saturating_sub(if body.width > 140 { 24 } else { 2 });
    let head = headline(why, &canvas.shown(&why.verdict.words), width.saturating_sub(4));
    let head_height = u16::try_from(head.len()).unwrap_or(u16::MAX).min(body.height / 2);
    let lines = lines(&why.verdict, canvas, width.saturating_sub(4));
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(head_height + 3);
    let height = wanted.max(7).min(body.height);
    let area = Rect { x: (body.width - width) / 2, y: body.bottom() - height, width, height };
    let inside = canvas.window(area, "", Role::Border);
    let inside = Rect { x: inside.x + 1, width: inside.width - 2, ..inside };
    for (y, line) in (inside.y..inside.y + head_height).zip(&head) {
        canvas.phrases(inside.x, y, inside.width, line);
    }
    let text = Rect {
        y: inside.y + head_height + 1,
        height: inside.height.saturating_sub(head_height + 1),
        ..inside
    };
    if !why.verdict.because.is_empty() {
        order(&head, canvas, Rect { height: 1, ..inside });
    }
    why.pager.draw(canvas, text, &lines);
}

/// The title and what is said: in one line, or the sentence below the title where it would be cut.
fn headline(why: &Why, words: &str, width: u16) -> Vec<Vec<Phrase>> {
    let health = why.verdict.health;
    let sign = health.sign().trim_end();
    let sign = if sign.is_empty() { String::new() } else { format!("{sign} ") };
    let indent = text::width(&sign);
    let title = Phrase::new(why.title.clone(), Role::Title);
    let gap = Phrase::new(" · ", Role::Border);
    if text::width(&title.text) + text::width(&gap.text) + indent + text::width(words) <= width {
        return vec![vec![title, gap, Phrase::of(sign, health), Phrase::of(words, health)]];
    }
    let signs = std::iter::once(sign).chain(std::iter::repeat(" ".repeat(usize::from(indent))));
    let sentence = signs.zip(text::wrap(words, width.saturating_sub(indent)));
    let sentence = sentence.map(|(sign, line)| vec![Phrase::of(sign, health), Phrase::of(line, health)]);
    std::iter::once(vec![title]).chain(sentence).collect()
}

/// Says in which order the reasons stand, where there is room behind the title.
fn order(head: &[Vec<Phrase>], canvas: &mut Canvas<'_>, line: Rect) {
    let words = "because, newest first";
    let taken: u16 = head.iter().take(1).flatten().map(|phrase| text::width(&phrase.text)).sum();
    if taken + text::width(words) + 2 < line.width {
        canvas.put_right(line.right(), line.y, 30, words, Role::Muted);
    }
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
