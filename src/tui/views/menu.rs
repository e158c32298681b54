//! The actions for what is selected, in a window before the view.

use ratatui::layout::Rect;

use crate::tui::app::Menu;
use crate::tui::canvas::Canvas;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::rows;

/// What stands behind the action that mends what is wrong.
const MENDS: &str = "mends this";

/// The line below the actions has room in this.
const NARROWEST: u16 = 74;

/// Draws the menu over a view.
pub(super) fn draw(menu: &Menu, canvas: &mut Canvas<'_>, body: Rect) {
    let ids = menu.items.iter().map(|item| text::width(&item.id)).max().unwrap_or(0);
    let titles = menu.items.iter().map(|item| text::width(&item.title)).max().unwrap_or(0);
    let wanted = ids + titles + text::width(MENDS) + 9; // the frame, the cursor and the gaps
    let width = wanted.max(NARROWEST).min(body.width - 2);
    let rows = u16::try_from(menu.items.len()).unwrap_or(u16::MAX);
    let height = rows.saturating_add(3).min(body.height);
    let area = Rect { x: (body.width - width) / 2, y: body.y + (body.height - height) / 3, width, height };
    let title = canvas.shown(&menu.title).into_owned();
    let inside = canvas.window(area, &text::clip(&title, width.saturating_sub(6)), Role::Border);
    let list = Rect { height: inside.height.saturating_sub(1), ..inside };
    rows::draw(canvas, list, &menu.cursor, menu.items.len(), |canvas, line, index| {
        let item = &menu.items[index];
        canvas.put(line.x + 2, line.y, ids, &item.id, Role::Text);
        let mends = if item.mends { text::width(MENDS) + 2 } else { 0 };
        let room = line.width.saturating_sub(ids + 5 + mends);
        canvas.put(line.x + 4 + ids, line.y, room, &item.title, Role::Muted);
        canvas.put_right(line.right() - 1, line.y, mends, MENDS, Role::Accent);
    });
    let words = if menu.items.iter().any(|item| item.mends) {
        "enter opens the form; nothing runs before a plan and a question"
    } else {
        "none of these mends it by itself; nothing runs before a plan and a question"
    };
    canvas.put(inside.x + 2, inside.bottom() - 1, inside.width - 3, words, Role::Muted);
}
