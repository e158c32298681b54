//! The list of themes, narrow and to the right, so that the screen behind it can be seen in the one under the cursor.

use ratatui::layout::Rect;

use crate::tui::app::Picking;
use crate::tui::canvas::Canvas;
use crate::tui::text;
use crate::tui::theme::{Role, Shelf};
use crate::tui::widgets::rows;

/// Cells of the list.
const WIDTH: u16 = 38;
/// How every state looks, in a line.
const SAMPLES: [(&str, Role); 5] = [
    ("ok", Role::Ok),
    ("· busy", Role::Busy),
    ("? unknown", Role::Unknown),
    ("! warn", Role::Warn),
    ("✗ bad", Role::Bad),
];

/// Draws it over a view.
pub(super) fn draw(picking: &Picking, canvas: &mut Canvas<'_>, body: Rect) {
    let Some(shelf) = &picking.shelf else { return };
    let troubles = told(shelf);
    let wanted = shelf.themes.len() + troubles.len() + 4;
    let height = u16::try_from(wanted).unwrap_or(u16::MAX).min(body.height);
    let width = WIDTH.min(body.width);
    let area = Rect { x: body.right().saturating_sub(width + 1), y: body.y, width, height };
    let inside = canvas.window(area, "theme", Role::Border);
    let room = inside.width.saturating_sub(2);
    samples(canvas, Rect { x: inside.x + 1, width: room, height: 1, ..inside });
    let below = u16::try_from(troubles.len()).unwrap_or(u16::MAX).min(inside.height / 2) + 1;
    let list = Rect { y: inside.y + 1, height: inside.height.saturating_sub(below + 1), ..inside };
    rows::draw(canvas, list, &picking.cursor, shelf.themes.len(), |canvas, line, index| {
        canvas.put(line.x + 2, line.y, room - 1, &shelf.themes[index].name, Role::Text);
    });
    for (y, line) in (list.bottom()..inside.bottom() - 1).zip(&troubles) {
        canvas.put(inside.x + 1, y, room, line, Role::Warn);
    }
    canvas.put(inside.x + 1, inside.bottom() - 1, room, "enter keep   esc as before", Role::Muted);
}

fn samples(canvas: &mut Canvas<'_>, line: Rect) {
    let mut x = line.x;
    for (words, role) in SAMPLES {
        x += canvas.put(x, line.y, line.right().saturating_sub(x), words, role) + 1;
    }
}

/// What is wrong with files that were passed over.
fn told(shelf: &Shelf) -> Vec<String> {
    let lines = shelf.troubles.iter().flat_map(|trouble| text::wrap(&trouble.in_one_line(), WIDTH - 4));
    lines.collect()
}
