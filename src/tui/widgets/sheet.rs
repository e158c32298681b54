//! Sections of rows under headings, packed into as many columns as the width has room for, with one cursor over all
//! rows. What a row is about travels with it.
//!
//! ```text
//! SERVER ───────── 3s ago   TOKEN ────────── 3s ago
//!   version  2.7.2            name    jane
//! ! seal     2 of 3 keys      lives   47m
//! CONTAINERS ──────────────────────────────── 1s ago   a wide section goes over all columns
//! ```

mod packing;
mod state;

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use crate::model::verdict::Health;
use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::filter::Filter;
use crate::tui::order::{Order, Worth};
use crate::tui::text;
use crate::tui::theme::Role;

pub use packing::Placed;
pub use state::SheetState;

/// Cells between two cells of a row; before the first, a sign hangs there.
const GAP: u16 = 2;

/// A page of sections.
#[derive(Debug, Clone)]
pub struct Sheet<T> {
    /// In reading order.
    pub sections: Vec<Section<T>>,
}

impl<T> Default for Sheet<T> {
    fn default() -> Self {
        Self { sections: Vec::new() }
    }
}

/// Rows under one heading.
#[derive(Debug, Clone)]
pub struct Section<T> {
    /// Heading.
    pub title: String,
    /// What stands at the right end of the heading: how old the facts are, or why there are none.
    pub note: Phrase,
    /// Whether it goes over all columns.
    pub wide: bool,
    /// Headings of the cells; empty for fields and their values.
    pub headings: Vec<&'static str>,
    /// Which of the headings orders the rows.
    pub order: Order,
    /// The rows.
    pub rows: Vec<Row<T>>,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Row<T> {
    /// Gives the sign.
    pub health: Health,
    /// The cells, left to right.
    pub cells: Vec<Phrase>,
    /// What cells count for whose words do not say it, by their place.
    pub worths: Vec<(usize, Worth)>,
    /// What the row is about.
    pub about: T,
}

impl<T> Sheet<T> {
    /// Only the rows that a filter keeps, and the sections that have some.
    #[must_use]
    pub fn kept_by(mut self, filter: &Filter) -> Self {
        if filter.is_empty() {
            return self;
        }
        for section in &mut self.sections {
            section.rows.retain(|row| filter.keeps(row.cells.iter().map(|cell| cell.text.as_str())));
        }
        self.sections.retain(|section| !section.rows.is_empty());
        self
    }
}

impl<T> Sheet<T> {
    /// The same with the rows of each table in the order that is kept under its title.
    #[must_use]
    pub fn ordered(mut self, orders: &BTreeMap<String, Order>) -> Self {
        let tables = self.sections.iter_mut().filter(|section| !section.headings.is_empty());
        for section in tables {
            section.order = orders.get(&section.title).copied().unwrap_or_default();
            section.order.sort(&mut section.rows, Row::worth);
        }
        self
    }
}

impl<T> Row<T> {
    fn worth(&self, column: usize) -> Worth {
        if let Some((_, worth)) = self.worths.iter().find(|(place, _)| *place == column) {
            return worth.clone();
        }
        self.cells.get(column).map_or(Worth::Nothing, |cell| Worth::judged(Health::Ok, &cell.text))
    }
}

impl<T> Section<T> {
    fn heading(&self, column: usize) -> String {
        format!("{}{}", self.headings[column], self.order.sign(column))
    }

    /// Lines it takes with its heading and the empty line below it.
    fn height(&self) -> u16 {
        let headings = u16::from(!self.headings.is_empty());
        u16::try_from(self.rows.len()).unwrap_or(u16::MAX - 9) + headings + 2
    }

    /// Line of a row, counted from the heading's.
    fn line_of(&self, row: usize) -> u16 {
        u16::try_from(row).unwrap_or(u16::MAX - 9) + 1 + u16::from(!self.headings.is_empty())
    }

    /// Widths of the cells, the widest giving way where there is no room; the last takes what is left.
    fn widths(&self, width: u16) -> Vec<u16> {
        let columns = self.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        let mut widths: Vec<u16> = (0..columns).map(|column| self.widest(column, columns)).collect();
        let gaps = GAP * u16::try_from(columns).unwrap_or(0);
        while widths.iter().sum::<u16>() + gaps > width {
            let Some(widest) = widths.iter_mut().max_by_key(|width| **width).filter(|width| **width > 1)
            else {
                break;
            };
            *widest -= 1;
        }
        let taken: u16 = widths.iter().sum();
        if let Some(last) = widths.last_mut() {
            *last += width.saturating_sub(taken + gaps);
        }
        widths
    }

    fn widest(&self, column: usize, columns: usize) -> u16 {
        let heading = if column < self.headings.len() { text::width(&self.heading(column)) } else { 0 };
        // The last cell of a short row reaches over the columns that it does not have.
        let measured = |row: &&Row<T>| column + 1 < row.cells.len() || row.cells.len() == columns;
        let cells = self.rows.iter().filter(measured).filter_map(|row| row.cells.get(column));
        cells.map(|cell| text::width(&cell.text)).max().unwrap_or(0).max(heading)
    }
}

/// Draws the part of the sheet that the window shows, and learns the window's size for the next key.
pub fn draw<T>(canvas: &mut Canvas<'_>, area: Rect, sheet: &Sheet<T>, state: &SheetState) {
    let placed = packing::pack(sheet, area.width);
    let top = state.top(sheet, &placed, area);
    let selected = state.selected(sheet);
    for place in &placed {
        let section = &sheet.sections[place.section];
        let first = first_row(sheet, place.section);
        draw_section(canvas, area, section, *place, (top, first), selected);
    }
    let height = packing::height(&placed);
    if top > 0 {
        canvas.put_right(area.right(), area.y, 3, "↑", Role::Muted);
    }
    if height > top + area.height + 1 {
        canvas.put_right(area.right(), area.bottom().saturating_sub(1), 3, "↓", Role::Muted);
    }
}

fn first_row<T>(sheet: &Sheet<T>, section: usize) -> usize {
    sheet.sections[..section].iter().map(|section| section.rows.len()).sum()
}

fn draw_section<T>(
    canvas: &mut Canvas<'_>,
    area: Rect,
    section: &Section<T>,
    place: Placed,
    (top, first): (u16, usize),
    selected: usize,
) {
    let x = area.x + place.x;
    let line = |line: u16| (place.y + line).checked_sub(top).filter(|y| *y < area.height).map(|y| area.y + y);
    if let Some(y) = line(0) {
        heading(canvas, Rect { x, y, width: place.width, height: 1 }, section);
    }
    let widths = section.widths(place.width);
    if let Some(y) = line(1).filter(|_| !section.headings.is_empty()) {
        let headings = (0..section.headings.len()).map(|column| section.heading(column));
        let cells = headings.map(|heading| Phrase::new(heading, Role::Label));
        cells_of_row(canvas, x, y, &widths, &cells.collect::<Vec<_>>());
    }
    let visible = (0..section.rows.len()).filter_map(|row| Some((row, line(section.line_of(row))?)));
    for (index, y) in visible {
        let row = &section.rows[index];
        canvas.row(Rect { x, y, width: place.width, height: 1 }, first + index, None);
        if first + index == selected {
            canvas.lay(Rect { x, y, width: place.width, height: 1 }, Role::Selected);
            canvas.put(x, y, 1, "▌", Role::Accent);
        }
        cells_of_row(canvas, x, y, &widths, &row.cells);
        let sign = row.health.sign().trim_end();
        canvas.put(x, y, 1, sign, Role::of(row.health));
    }
}

fn heading<T>(canvas: &mut Canvas<'_>, area: Rect, section: &Section<T>) {
    canvas.rule(Rect { x: area.x, ..area });
    let title = canvas.put(area.x, area.y, area.width, &section.title, Role::Title);
    canvas.put(area.x + title, area.y, 1, " ", Role::Text);
    let room = area.width.saturating_sub(title + 3);
    if !section.note.text.is_empty() && room > 3 {
        let note = text::clip(&section.note.text, room);
        canvas.put_right(area.right(), area.y, room + 1, &format!(" {note}"), section.note.role);
    }
}

fn cells_of_row(canvas: &mut Canvas<'_>, x: u16, y: u16, widths: &[u16], cells: &[Phrase]) {
    let right = x + widths.iter().map(|width| width + GAP).sum::<u16>();
    let mut x = x + GAP;
    for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let room = if index + 1 == cells.len() { right - x } else { *width };
        canvas.put(x, y, room, &cell.text, cell.role);
        x += width + GAP;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(words: &str, ends: Option<i64>) -> Row<String> {
        let worths = vec![(1, Worth::number(ends))];
        let cells = vec![Phrase::new(words, Role::Text), Phrase::new(words, Role::Text)];
        Row { health: Health::Ok, cells, worths, about: words.to_owned() }
    }

    #[test]
    fn moments_are_ordered_by_time_and_not_by_how_they_read() {
        let rows = vec![row("never", None), row("in 27d", Some(27 * 86400)), row("in 3h", Some(10800))];
        let note = Phrase::new("", Role::Muted);
        let section = Section {
            title: "T".into(),
            note,
            wide: true,
            headings: vec!["A", "EXPIRES"],
            order: Order::default(),
            rows,
        };
        let by = |column: usize| (0..=column).fold(Order::default(), |order, _| order.beside(2, true));
        let ordered = |order: Order| {
            let sheet = Sheet { sections: vec![section.clone()] }.ordered(&[("T".to_owned(), order)].into());
            sheet.sections[0].rows.iter().map(|row| row.about.clone()).collect::<Vec<_>>()
        };
        assert_eq!(ordered(by(1)), ["in 3h", "in 27d", "never"]);
        assert_eq!(ordered(by(1).turned()), ["in 27d", "in 3h", "never"]);
    }
}
