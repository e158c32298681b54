//! A game day: the exercises to choose from, the alarm of the one in hand, and at the end what it was worth.

use ratatui::layout::Rect;

use crate::model::span;
use crate::tui::app::App;
use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::theme::Role;

use super::lesson;

/// Draws the view.
pub fn draw(app: &App, canvas: &mut Canvas<'_>, body: Rect) {
    let inside = Rect { x: 1, width: body.width - 2, ..body };
    let mut title = vec![Phrase::new("  game day   ", Role::Muted)];
    if let Some(game) = &app.gaming.game {
        title.push(Phrase::new(game.exercise.title.clone(), Role::Title));
    }
    canvas.phrases(inside.x, inside.y, inside.width, &title);
    let below = Rect { y: inside.y + 2, height: inside.height.saturating_sub(2), ..inside };
    lesson::draw(&app.gaming.lesson, &app.gaming.reader, canvas, below);
}

/// What the top line says of the exercise in hand: for how long it goes on.
pub(super) fn sign(app: &App, canvas: &mut Canvas<'_>) -> Option<Phrase> {
    let game = app.gaming.in_hand()?;
    canvas.wake(span::changes_at(game.began, canvas.now()));
    Some(Phrase::new(format!("game day {}", span::between(game.began, canvas.now())), Role::Warn))
}
