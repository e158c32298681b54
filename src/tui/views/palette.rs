//! The palette over a view: what is typed, and what fits it, with the letters that do and the key that does the same.

use ratatui::layout::Rect;

use crate::tui::app::{App, Offer, Palette};
use crate::tui::canvas::Canvas;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::rows;

/// Cells of the word that says what an offer is one of.
const KIND: u16 = 8;
/// Cells of a key at the right end.
const KEY: u16 = 10;
/// Offers shown at once.
const MOST: u16 = 18;

/// Draws it near the top, where it stays however many offers there are.
pub(super) fn draw(app: &App, palette: &Palette, canvas: &mut Canvas<'_>, body: Rect) {
    let offers = app.offers(palette);
    let width = body.width.saturating_sub(2).min(104);
    let height = (MOST + 4).min(body.height);
    let area = Rect { x: (body.width - width) / 2, y: body.y, width, height };
    let inside = canvas.window(area, "go to", Role::Border);
    let taken =
        canvas.put(inside.x + 1, inside.y, inside.width - 3, &format!(":{}", palette.typed), Role::Title);
    canvas.put(inside.x + 1 + taken, inside.y, 1, "▏", Role::Accent);
    canvas.put_right(inside.right() - 1, inside.y, 30, &count(app, offers.len()), Role::Muted);
    let list = Rect { y: inside.y + 2, height: inside.height.saturating_sub(2), ..inside };
    self::list(&offers, palette, canvas, list);
}

fn count(app: &App, offers: usize) -> String {
    if app.acts.shelf.is_none() { "reading the runbooks …".to_owned() } else { offers.to_string() }
}

fn list(offers: &[Offer], palette: &Palette, canvas: &mut Canvas<'_>, area: Rect) {
    if offers.is_empty() {
        canvas.put(area.x + 1, area.y, area.width - 2, "nothing has these letters", Role::Muted);
    }
    let widest = offers.iter().map(|offer| text::width(&offer.name)).max().unwrap_or(0).min(area.width / 3);
    rows::draw(canvas, area, &palette.cursor, offers.len(), |canvas, line, index| {
        row(&offers[index], widest, canvas, line);
    });
}

fn row(offer: &Offer, widest: u16, canvas: &mut Canvas<'_>, line: Rect) {
    let name = line.x + 1 + KIND;
    canvas.put(line.x + 1, line.y, KIND, offer.kind.word(), Role::Muted);
    canvas.put(name, line.y, widest, &offer.name, Role::Text);
    let mut x = name;
    for (index, letter) in offer.name.chars().enumerate() {
        let cells = text::width(letter.encode_utf8(&mut [0; 4]));
        if offer.at.contains(&index) && x + cells <= name + widest {
            canvas.lay(Rect { x, width: cells, ..line }, Role::Match);
        }
        x += cells;
    }
    let doc = name + widest + 2;
    canvas.put(doc, line.y, line.right().saturating_sub(doc + KEY + 1), &offer.doc, Role::Muted);
    canvas.put_right(line.right() - 1, line.y, KEY, &offer.key, Role::Key);
}
