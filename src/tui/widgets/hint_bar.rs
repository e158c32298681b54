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

/// A view in the bar.
struct Place {
    action: Action,
    /// Empty where it means something else here.
    key: String,
    /// Empty where there is no room for it.
    word: String,
}

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
    let places = places(keymap, contexts, open, area.width);
    let views = places.iter().map(Place::cells).sum::<u16>();
    let help = hints.iter().position(|(_, word)| word == "keys").map(|at| hints.remove(at));
    hints.extend(help);
    let room = area.width.saturating_sub(views + 2);
    let fitting = fitting(&hints, room);
    draw_views(canvas, area, &places, open);
    let mut x = area.right().saturating_sub(fitting.iter().map(cells).sum::<u16>());
    for (key, word) in fitting {
        x += canvas.put(x, area.y, area.width, &key, Role::Key) + 1;
        x += canvas.put(x, area.y, area.width, &word, Role::Muted) + 2;
    }
}

/// The view that is open, and those that a key leads to from here.
fn places(keymap: &Keymap, contexts: &[Context], open: Action, width: u16) -> Vec<Place> {
    let place = |binding: &Binding| {
        let key = keymap.key_here(binding, contexts).map(ToString::to_string).unwrap_or_default();
        let word = binding.hint.clone().unwrap_or_default();
        (!key.is_empty() || binding.action == open).then_some(Place { action: binding.action, key, word })
    };
    let mut places: Vec<_> =
        VIEWS.iter().filter_map(|action| keymap.binding(*action)).filter_map(place).collect();
    if places.iter().map(Place::cells).sum::<u16>().saturating_add(FOR_HINTS) > width {
        let named = |place: &&mut Place| place.action != open && place.action != Action::Actions;
        places.iter_mut().filter(named).for_each(|place| place.word.clear());
    }
    places
}

impl Place {
    /// Cells that it takes with the gap behind it.
    fn cells(&self) -> u16 {
        let gap = u16::from(!self.key.is_empty() && !self.word.is_empty());
        text::width(&self.key) + gap + text::width(&self.word) + 2
    }
}

fn draw_views(canvas: &mut Canvas<'_>, area: Rect, places: &[Place], open: Action) {
    let mut x = area.x + 1;
    for place in places {
        let here = place.action == open;
        let room = Rect { x, y: area.y, width: place.cells() - 2, height: 1 };
        canvas.put(x, area.y, area.width, &place.key, Role::Key);
        let role = if here { Role::Title } else { Role::Muted };
        canvas.put_right(room.right(), area.y, text::width(&place.word), &place.word, role);
        canvas.key(room, place.action);
        if here {
            canvas.lay(room, Role::Selected);
        }
        x += place.cells();
    }
}

/// Key and word of every hint in force, nearest context first, views left out.
fn hints(keymap: &Keymap, contexts: &[Context], hint: Hint<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for context in contexts {
        for binding in keymap.bindings().iter().filter(|binding| binding.context == *context) {
            let hidden = VIEWS.contains(&binding.action);
            if let (Some(key), Some(hint), false) =
                (keymap.key_here(binding, contexts), hint(binding), hidden)
            {
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
