//! Where you are and how you came, on the empty line below the header: `home ▸ hosts ▸ authentik-3 ▸ agent`. Going back
//! takes the last crumb away.

use ratatui::layout::Rect;

use crate::tui::app::{App, Layer, View};
use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::text;
use crate::tui::theme::Role;

use super::news;

/// Between two crumbs.
const STEP: &str = " ▸ ";

/// Draws the line; where only a view is open, which the bar at the bottom marks, there is room for what is new.
pub(super) fn draw(app: &App, canvas: &mut Canvas<'_>, line: Rect) {
    let crumbs = crumbs(app);
    let Some((here, before)) = crumbs.split_last().filter(|(_, before)| !before.is_empty()) else {
        return news::draw(app, canvas, line);
    };
    let room = (line.width - 2).saturating_sub(text::width(here));
    let mut phrases = Vec::new();
    let mut taken = 0;
    // where there is no room for all, the way that is longest ago is left out
    for crumb in before.iter().rev() {
        taken += text::width(crumb) + text::width(STEP);
        if taken > room {
            break;
        }
        phrases.push(Phrase::new(STEP, Role::Border));
        phrases.push(Phrase::new(crumb.clone(), Role::Muted));
    }
    phrases.reverse();
    phrases.push(Phrase::new(here.clone(), Role::Accent));
    canvas.phrases(1, line.y, line.width - 2, &phrases);
}

fn crumbs(app: &App) -> Vec<String> {
    let mut crumbs = Vec::new();
    for place in &app.came_from {
        crumbs.push(name(app, place.view));
        crumbs.extend(layers(&place.layers));
    }
    crumbs.push(name(app, app.view));
    crumbs.extend(layers(&app.layers));
    crumbs
}

fn name(app: &App, view: View) -> String {
    let binding = app.keymap.binding(super::action_of(view));
    let action = super::action_of(view).to_string().replace('-', " ");
    binding.and_then(|binding| binding.hint.clone()).unwrap_or(action)
}

/// What is opened and said so; what asks something has a title of its own.
fn layers(layers: &[Layer]) -> Vec<String> {
    let mut crumbs: Vec<String> = Vec::new();
    for layer in layers {
        match layer {
            Layer::Host(name, _) => crumbs.push(name.clone()),
            Layer::Secret(page) => crumbs.push(page.path.clone()),
            // its title begins with what it is about, which may have been named already
            Layer::Why(why) => {
                let parts = why.title.split(" · ").filter(|part| !crumbs.iter().any(|crumb| crumb == part));
                let parts: Vec<_> = parts.map(str::to_owned).collect();
                crumbs.extend(parts);
            }
            Layer::Plan(page) => crumbs.push(page.wanted.runbook.id.clone()),
            _ => {}
        }
    }
    crumbs
}
