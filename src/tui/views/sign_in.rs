//! The login to Vault in front of a view: what is asked, that something was typed, and what came of it.

use ratatui::layout::Rect;

use crate::tui::app::{SignInStage, SigningIn};
use crate::tui::canvas::Canvas;
use crate::tui::text;
use crate::tui::theme::Role;

/// A line of the window.
type Line = (String, Role);

/// Draws it.
pub(super) fn draw(signing_in: &SigningIn, canvas: &mut Canvas<'_>, body: Rect) {
    let width = body.width.min(76);
    let lines = lines(signing_in, width.saturating_sub(4));
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2).min(body.height);
    let area = Rect { x: (body.width - width) / 2, y: body.y + (body.height - height) / 3, width, height };
    let title = format!("log in to vault by {}", signing_in.way.name);
    let inside = canvas.window(area, &title, Role::Border);
    for (y, (words, role)) in (inside.y..inside.bottom()).zip(lines) {
        canvas.put(inside.x + 1, y, inside.width.saturating_sub(2), &words, role);
    }
}

fn lines(signing_in: &SigningIn, width: u16) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut add =
        |words: &str, role| lines.extend(text::wrap(words, width).into_iter().map(|line| (line, role)));
    for remark in &signing_in.remarks {
        add(remark, Role::Text);
    }
    match &signing_in.stage {
        SignInStage::Waiting => {
            add("waiting for an answer …", Role::Busy);
            add("esc lets go of it", Role::Muted);
        }
        SignInStage::Typing(trouble) => {
            if let Some(trouble) = trouble {
                add(&format!("✗ {}", trouble.sentence()), Role::Bad);
            }
            match &signing_in.way.question {
                Some(question) => {
                    add(question, Role::Label);
                    add(&format!("{}▏", masked(signing_in.typed(), width)), Role::Title);
                    add(
                        "enter log in   esc give up   it stays in memory and is written nowhere",
                        Role::Muted,
                    );
                }
                None => add("enter try again   esc give up", Role::Muted),
            }
        }
    }
    lines
}

/// A dot for each character, as many as there is room for.
fn masked(typed: usize, width: u16) -> String {
    "•".repeat(typed.min(usize::from(width.saturating_sub(1))))
}
