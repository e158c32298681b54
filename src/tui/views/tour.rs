//! A page of the guided tour: what it teaches, what is seen of it now, the action that does it, and whether it was done.

use ratatui::layout::Rect;

use crate::model::tour;
use crate::tui::app::App;
use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::text;
use crate::tui::theme::Role;

use super::lesson;

/// Draws the view.
pub fn draw(app: &App, canvas: &mut Canvas<'_>, body: Rect) {
    let inside = Rect { x: 1, width: body.width - 2, ..body };
    let pages = match tour::pages() {
        Ok(pages) => pages,
        Err(trouble) => {
            canvas.put(inside.x + 2, inside.y, inside.width - 2, &trouble.in_one_line(), Role::Bad);
            return;
        }
    };
    let at = app.tour.at(pages.len());
    let title = [
        Phrase::new(format!("  tour, {} of {}   ", at + 1, pages.len()), Role::Muted),
        Phrase::new(pages[at].title.clone(), Role::Title),
    ];
    let taken = canvas.phrases(inside.x, inside.y, inside.width, &title);
    let way = if at + 1 < pages.len() { "→ next page" } else { "← page before" };
    if taken + text::width(way) + 2 < inside.width {
        canvas.put_right(inside.right() - 1, inside.y, 14, way, Role::Muted);
    }
    let below = Rect { y: inside.y + 2, height: inside.height.saturating_sub(2), ..inside };
    lesson::draw(&app.tour.lesson, &app.tour.reader, canvas, below);
}
