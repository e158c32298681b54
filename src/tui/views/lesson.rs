//! Draws a page that teaches. It is scrolled no further than the chosen line asks, and where lines lie outside it says so.

use ratatui::layout::Rect;

use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::lesson::{Lesson, Line, Piece, Reader};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::marks;

/// Cells that prose takes at most: longer lines are hard to read.
const WIDEST: u16 = 100;

/// Cells of the widest label.
const WIDEST_LABEL: u16 = 22;

/// Cells before a label: the cursor's, the sign's, and the space behind each.
const GUTTER: u16 = 4;

/// One line of the screen, and which of the lines that can be chosen it belongs to.
struct Drawn {
    phrases: Vec<Phrase>,
    of: Option<usize>,
}

/// Draws it as far as it is read.
pub(super) fn draw(lesson: &Lesson, reader: &Reader, canvas: &mut Canvas<'_>, area: Rect) {
    let chosen = reader.among(lesson.lines().count());
    let height = usize::from(area.height);
    let mut drawn = self::drawn(lesson, area.width);
    if drawn.len() > height {
        drawn = self::drawn(lesson, area.width.saturating_sub(marks::CELLS));
    }
    let top = reader.top(top(&drawn, chosen, lesson.lines().count(), height), height);
    for (y, line) in (area.y..area.bottom()).zip(drawn.iter().skip(top)) {
        canvas.phrases(area.x, y, area.width, &line.phrases);
        if line.of == Some(chosen) {
            canvas.lay(Rect { y, height: 1, ..area }, Role::Selected);
            canvas.put(area.x, y, 1, "▌", Role::Accent);
        }
    }
    let below = drawn.len().saturating_sub(top + height);
    // below it is the bar with the keys, so this mark stands beside the last line
    marks::draw(canvas, Rect { height: area.height.saturating_sub(1), ..area }, top, below);
}

/// The first line of the screen: the top for the first line that can be chosen, the end for the last.
fn top(drawn: &[Drawn], chosen: usize, count: usize, height: usize) -> usize {
    let most = drawn.len().saturating_sub(height);
    if chosen == 0 {
        let first = drawn.iter().rposition(|line| line.of == Some(0)).unwrap_or(0);
        return (first + 1).saturating_sub(height);
    }
    if chosen + 1 == count {
        return most;
    }
    let end = drawn.iter().rposition(|line| line.of == Some(chosen)).unwrap_or(0);
    (end + 2).saturating_sub(height).min(most)
}

fn drawn(lesson: &Lesson, width: u16) -> Vec<Drawn> {
    let labels = lesson.lines().map(|line| text::width(&line.label));
    let label = labels.max().unwrap_or(0).min(WIDEST_LABEL);
    let mut number = 0;
    let mut all = Vec::new();
    for piece in &lesson.pieces {
        match piece {
            Piece::Gap => all.push(Drawn { phrases: Vec::new(), of: None }),
            Piece::Heading(words) => all.push(plain(words, Role::Title)),
            Piece::Prose(words, role) => {
                let lines = text::wrap(words, width.saturating_sub(GUTTER).min(WIDEST));
                all.extend(lines.iter().map(|line| plain(line, *role)));
            }
            Piece::Line(line) => {
                let lines = line_of(line, label, width);
                all.extend(lines.into_iter().map(|phrases| Drawn { phrases, of: Some(number) }));
                number += 1;
            }
        }
    }
    all
}

fn plain(words: &str, role: Role) -> Drawn {
    Drawn { phrases: vec![Phrase::new("  ", Role::Text), Phrase::new(words, role)], of: None }
}

fn line_of(line: &Line, label: u16, width: u16) -> Vec<Vec<Phrase>> {
    let before = if label == 0 { 0 } else { label + 2 };
    // a line without a label needs no room for one
    let before = if line.label.is_empty() { 0 } else { before };
    let words = text::wrap(&line.words, width.saturating_sub(GUTTER + before));
    let mut lines = Vec::new();
    for (index, part) in words.into_iter().enumerate() {
        let (sign, name) = if index == 0 { (line.sign, line.label.as_str()) } else { (" ", "") };
        let name = text::clip(name, label);
        let fill = usize::from(before.saturating_sub(text::width(&name)));
        lines.push(vec![
            Phrase::new("  ", Role::Text),
            Phrase::new(format!("{sign} "), line.role),
            Phrase::new(format!("{name}{}", " ".repeat(fill)), Role::Label),
            Phrase::new(part, line.role),
        ]);
    }
    lines
}
