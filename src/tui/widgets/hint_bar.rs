//! The bottom line: the keys that matter here, taken from the keymap, as many as there is room for.

use ratatui::layout::Rect;

use crate::tui::canvas::Canvas;
use crate::tui::keymap::{Action, Binding, Context, Keymap};
use crate::tui::text;
use crate::tui::theme::Role;

/// Actions that switch views stand to the left, with the one that is open marked.
const VIEWS: [Action; 8] = [
    Action::Home,
    Action::Vault,
    Action::Secrets,
    Action::Hosts,
    Action::Logs,
    Action::Database,
    Action::Actions,
    Action::Runs,
];

/// Cells that hints want beside the views; where there are fewer, only the open view and the actions are named.
const FOR_HINTS: u16 = 34;

/// What a key does at the moment, in a word; nothing where it does nothing.
pub type Hint<'a> = &'a dyn Fn(&Binding) -> Option<String>;

/// Draws the bar for the contexts in force, the nearest first.
pub fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    keymap: &Keymap,
    (contexts, hint): (&[Context], Hint<'_>),
    open: Action,
) {
    let mut hints = hints(keymap, contexts, hint);
    let every = |action: Action| {
        views_width(keymap, |_| true).saturating_add(FOR_HINTS) <= area.width
            || action == open
            || action == Action::Actions
    };
    let views = views_width(keymap, every);
    let help = hints.iter().position(|(_, word)| word == "keys").map(|at| hints.remove(at));
    hints.extend(help);
    let room = area.width.saturating_sub(views + 2);
    let fitting = fitting(&hints, room);
    draw_views(canvas, area, keymap, open, contexts.contains(&Context::Logs), every);
    let mut x = area.right().saturating_sub(fitting.iter().map(cells).sum::<u16>());
    for (key, word) in fitting {
        x += canvas.put(x, area.y, area.width, &key, Role::Key) + 1;
        x += canvas.put(x, area.y, area.width, &word, Role::Muted) + 2;
    }
}

fn draw_views(
    canvas: &mut Canvas<'_>,
    area: Rect,
    keymap: &Keymap,
    open: Action,
    digits_taken: bool,
    named: impl Fn(Action) -> bool,
) {
    let mut x = area.x + 1;
    for binding in VIEWS.iter().filter_map(|action| keymap.binding(*action)) {
        let (key, word) = (binding.keys.first(), binding.hint.as_deref().unwrap_or_default());
        let key = key.map(ToString::to_string).unwrap_or_default();
        let here = binding.action == open;
        let start = x;
        x += canvas.put(x, area.y, area.width, &key, if digits_taken { Role::Muted } else { Role::Key });
        if named(binding.action) {
            x +=
                1 + canvas.put(x + 1, area.y, area.width, word, if here { Role::Title } else { Role::Muted });
        }
        let place = Rect { x: start, y: area.y, width: x - start, height: 1 };
        canvas.key(place, binding.action);
        if here {
            canvas.lay(place, Role::Selected);
        }
        x += 2;
    }
}

fn views_width(keymap: &Keymap, named: impl Fn(Action) -> bool) -> u16 {
    let bindings = VIEWS.iter().filter_map(|action| keymap.binding(*action));
    let word = |binding: &Binding| {
        binding.hint.as_deref().filter(|_| named(binding.action)).map_or(0, |word| 1 + text::width(word))
    };
    bindings.map(|binding| 3 + word(binding)).sum::<u16>()
}

/// Key and word of every hint in force, nearest context first, views left out.
fn hints(keymap: &Keymap, contexts: &[Context], hint: Hint<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for context in contexts {
        for binding in keymap.bindings().iter().filter(|binding| binding.context == *context) {
            let hidden = VIEWS.contains(&binding.action);
            let (Some(key), Some(hint), false) = (binding.keys.first(), hint(binding), hidden) else {
                continue;
            };
            if !found.iter().any(|(known, _): &(String, String)| *known == key.to_string()) {
                found.push((key.to_string(), hint));
            }
        }
    }
    found
}

/// The first hints that fit, the last one (the help) always among them.
fn fitting(hints: &[(String, String)], room: u16) -> Vec<(String, String)> {
    let Some((help, others)) = hints.split_last() else { return Vec::new() };
    let mut left = room.saturating_sub(cells(help));
    let mut chosen = Vec::new();
    for hint in others {
        if cells(hint) > left {
            break;
        }
        left -= cells(hint);
        chosen.push(hint.clone());
    }
    chosen.push(help.clone());
    chosen
}

fn cells((key, word): &(String, String)) -> u16 {
    text::width(key) + text::width(word) + 3
}
