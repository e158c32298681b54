//! The actions for what is selected, in a window before the view.

use ratatui::layout::Rect;

use crate::tui::app::Menu;
use crate::tui::canvas::Canvas;
use crate::tui::text;
use crate::tui::theme::Role;

/// What stands behind the action that mends what is wrong.
const MENDS: &str = "mends this";

/// Draws the menu over a view.
pub(super) fn draw(menu: &Menu, canvas: &mut Canvas<'_>, body: Rect) {
    let width = body.width.min(76);
    let rows = u16::try_from(menu.dishes.len()).unwrap_or(u16::MAX);
    let height = rows.saturating_add(3).min(body.height);
    let area = Rect { x: (body.width - width) / 2, y: body.y + (body.height - height) / 3, width, height };
    let title = canvas.shown(&menu.title).into_owned();
    let inside = canvas.window(area, &text::clip(&title, width.saturating_sub(6)), Role::Border);
    let ids = menu.dishes.iter().map(|dish| text::width(&dish.id)).max().unwrap_or(0);
    let list = Rect { height: inside.height.saturating_sub(1), ..inside };
    let selected = menu.cursor.among(menu.dishes.len());
    for (y, index) in (list.y..).zip(menu.cursor.window(menu.dishes.len(), list.height)) {
        let line = Rect { y, height: 1, ..list };
        canvas.row(line, index, None);
        if index == selected {
            canvas.lay(line, Role::Selected);
            canvas.put(line.x, y, 1, "▌", Role::Accent);
        }
        canvas.put(line.x + 2, y, ids, &menu.dishes[index].id, Role::Text);
        let mends = if menu.dishes[index].mends { text::width(MENDS) + 2 } else { 0 };
        let room = line.width.saturating_sub(ids + 5 + mends);
        canvas.put(line.x + 4 + ids, y, room, &menu.dishes[index].title, Role::Muted);
        if mends > 0 {
            canvas.put_right(line.right() - 1, y, mends, MENDS, Role::Accent);
        }
    }
    let words = "enter opens the form; nothing runs before a plan and a question";
    canvas.put(inside.x + 2, inside.bottom() - 1, inside.width - 3, words, Role::Muted);
}
