//! A question with a few answers, the harmless one first.

use ratatui::layout::Rect;

use crate::tui::app::Question;
use crate::tui::canvas::Canvas;
use crate::tui::text;
use crate::tui::theme::Role;

/// Draws it over a view.
pub(super) fn draw(question: &Question, canvas: &mut Canvas<'_>, body: Rect) {
    let width = body.width.min(90) - 2;
    let fits = text::width(&canvas.shown(&question.title)) <= width - 6;
    let mut lines = lines(question, width - 4);
    if !fits {
        let title = text::wrap(&question.title, width - 4).into_iter();
        lines.splice(0..0, title.map(|line| (line, Role::Title)));
    }
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(4).min(body.height);
    let area = Rect { x: (body.width - width) / 2, y: body.y + (body.height - height) / 3, width, height };
    let frame = if question.danger { Role::Bad } else { Role::Border };
    let inside = canvas.window(area, if fits { &question.title } else { "" }, frame);
    for (y, (words, role)) in (inside.y..inside.bottom().saturating_sub(2)).zip(&lines) {
        canvas.put(inside.x + 1, y, inside.width.saturating_sub(2), words, *role);
    }
    answers(question, canvas, Rect { x: inside.x + 1, y: inside.bottom() - 1, height: 1, ..inside });
}

fn lines(question: &Question, width: u16) -> Vec<(String, Role)> {
    let mut lines = Vec::new();
    let mut add =
        |words: &str, role| lines.extend(text::wrap(words, width).into_iter().map(|line| (line, role)));
    if let Some(trouble) = &question.trouble {
        add(&format!("✗ {}", trouble.sentence()), Role::Bad);
        if let Some(hint) = &trouble.hint {
            add(hint, Role::Accent);
        }
    }
    for words in &question.words {
        add(words, if words.starts_with("cannot be undone") { Role::Bad } else { Role::Text });
    }
    if let Some((name, typed)) = &question.typed {
        add(&format!("type {name} to confirm:"), Role::Label);
        add(&format!("{typed}▏"), Role::Title);
    }
    lines
}

fn answers(question: &Question, canvas: &mut Canvas<'_>, line: Rect) {
    let mut x = line.x;
    for (index, answer) in question.answers.iter().enumerate() {
        let chosen = index == question.focus;
        let role = match (chosen, index > 0 && question.danger) {
            (true, true) => Role::Danger,
            (true, false) => Role::Accent,
            (false, _) => Role::Label,
        };
        let words = if chosen { format!("▸ {answer} ") } else { format!("  {answer} ") };
        let taken = canvas.put(x, line.y, line.right().saturating_sub(x), &words, role);
        if chosen && role != Role::Danger {
            canvas.lay(Rect { x, y: line.y, width: taken, height: 1 }, Role::Selected);
        }
        x += taken + 2;
    }
    let hint = "← → choose   enter";
    if x + text::width(hint) + 2 < line.right() {
        canvas.put_right(line.right().saturating_sub(3), line.y, 20, hint, Role::Muted);
    }
}
