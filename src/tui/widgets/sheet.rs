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
use std::ops::Range;

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

/// Lines that a field takes at most.
const MOST_LINES: usize = 6;

/// Cells that the other columns of a table keep before its first one leaves out what all names begin with.
const AMPLE: u16 = 10;
/// Cells that they keep where there is less room: a word or a time of day.
const ENOUGH: u16 = 7;
/// Cells that they keep before the first one is cut.
const LEAST: u16 = 4;

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

    /// Lines it takes of a width, with its heading and the empty line below it.
    fn height(&self, width: u16, whole: bool) -> u16 {
        self.spans(width, whole).last().map_or_else(|| self.above(), |span| span.end).saturating_add(1)
    }

    /// Lines above the first row.
    fn above(&self) -> u16 {
        1 + u16::from(!self.headings.is_empty())
    }

    /// Lines of each row of a width, counted from the heading's.
    fn spans(&self, width: u16, whole: bool) -> Vec<Range<u16>> {
        let widths = self.widths(width);
        let mut next = self.above();
        let span = |row: &Row<T>| {
            let start = next;
            next = next.saturating_add(u16::try_from(self.last_cell(row, &widths, whole).len()).unwrap_or(1));
            start..next
        };
        self.rows.iter().map(span).collect()
    }

    /// The last cell of a row in lines. A field goes on below itself where the screen has room for all of them; why something
    /// is not as it should be, and what helps, always does. The rows of a table stay one line each.
    fn last_cell(&self, row: &Row<T>, widths: &[u16], whole: bool) -> Vec<String> {
        let Some(last) = row.cells.last() else { return vec![String::new()] };
        let room = room_of_last(row.cells.len(), widths);
        let goes_on = whole || row.health != Health::Ok || last.role == Role::Accent;
        if !self.headings.is_empty() || !goes_on || text::width(&last.text) <= room {
            return vec![last.text.clone()];
        }
        text::wrap_at_most(&last.text, room.max(1), MOST_LINES)
    }

    /// Widths of the cells, the widest giving way where there is no room; the last takes what is left. The first column of a
    /// table names its rows: it leaves out what all of them have in common, and then gives way after the others.
    fn widths(&self, width: u16) -> Vec<u16> {
        let columns = self.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        let mut widths: Vec<u16> = (0..columns).map(|column| self.widest(column, columns)).collect();
        let gaps = GAP * u16::try_from(columns).unwrap_or(0);
        let wide = |widths: &[u16]| widths.iter().sum::<u16>() + gaps > width;
        let named = !self.headings.is_empty();
        if named {
            shrink(&mut widths, 1, wide, |column| self.heading_width(column).max(AMPLE));
        }
        if named && wide(&widths) {
            let common = text::width(self.common_name());
            widths[0] -= common.saturating_sub(u16::from(common > 0));
            shrink(&mut widths, 1, wide, |_| ENOUGH);
            shrink(&mut widths, 1, wide, |_| LEAST);
        }
        shrink(&mut widths, 0, wide, |_| 1);
        let taken: u16 = widths.iter().sum();
        if let Some(last) = widths.last_mut() {
            *last += width.saturating_sub(taken + gaps);
        }
        widths
    }

    fn heading_width(&self, column: usize) -> u16 {
        if column < self.headings.len() { text::width(&self.heading(column)) } else { 0 }
    }

    /// What the names of all rows begin with.
    fn common_name(&self) -> &str {
        text::common_start(
            self.rows.iter().filter_map(|row| row.cells.first()).map(|cell| cell.text.as_str()),
        )
    }

    /// The name of a row in so many cells: without what all names begin with, then without its middle.
    fn name(&self, name: &Phrase, cells: u16) -> Phrase {
        if text::width(&name.text) <= cells {
            return name.clone();
        }
        let common = self.common_name();
        let own = name.text.strip_prefix(common).filter(|_| !common.is_empty());
        let short = own.map_or_else(|| name.text.clone(), |own| format!("…{own}"));
        Phrase::new(text::clip_middle(&short, cells), name.role)
    }

    fn widest(&self, column: usize, columns: usize) -> u16 {
        // The last cell of a short row reaches over the columns that it does not have.
        let measured = |row: &&Row<T>| column + 1 < row.cells.len() || row.cells.len() == columns;
        let cells = self.rows.iter().filter(measured).filter_map(|row| row.cells.get(column));
        cells.map(|cell| text::width(&cell.text)).max().unwrap_or(0).max(self.heading_width(column))
    }
}

/// Draws the part of the sheet that the window shows, and learns the window's size for the next key.
pub fn draw<T>(canvas: &mut Canvas<'_>, area: Rect, sheet: &Sheet<T>, state: &SheetState) {
    let placed = packing::pack(sheet, (area.width, area.height));
    let top = state.top(sheet, &placed, area);
    let selected = state.selected(sheet);
    for place in &placed {
        let section = &sheet.sections[place.section];
        let first = first_row(sheet, place.section);
        draw_section(canvas, area, section, *place, (top, first), selected);
    }
    let height = packing::height(&placed);
    // the column to the right of the sheet is its own edge: no text stands there
    if top > 0 {
        canvas.put(area.right(), area.y, 1, "↑", Role::Muted);
    }
    if height > top + area.height + 1 {
        canvas.put(area.right(), area.bottom().saturating_sub(1), 1, "↓", Role::Muted);
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
    for (index, span) in section.spans(place.width, place.whole).into_iter().enumerate() {
        let visible = span.clone().filter_map(line);
        visible.for_each(|y| {
            let line = Rect { x, y, width: place.width, height: 1 };
            canvas.row(line, first + index, None);
            if first + index == selected {
                canvas.lay(line, Role::Selected);
                canvas.put(x, y, 1, "▌", Role::Accent);
            }
        });
        draw_row(canvas, x, &section.rows[index], (section, place.whole), &widths, |part| {
            line(span.start + part)
        });
    }
}

/// Draws a row, the lines of its last cell below each other; `line` says where on the screen a line of the row stands.
fn draw_row<T>(
    canvas: &mut Canvas<'_>,
    x: u16,
    row: &Row<T>,
    (section, whole): (&Section<T>, bool),
    widths: &[u16],
    line: impl Fn(u16) -> Option<u16>,
) {
    let lines = section.last_cell(row, widths, whole);
    let last = row.cells.len().saturating_sub(1);
    let before: u16 = GAP + widths.iter().take(last).map(|width| width + GAP).sum::<u16>();
    for (part, words) in (1..).zip(lines.iter().skip(1)) {
        let room = room_of_last(row.cells.len(), widths);
        if let Some(y) = line(part) {
            canvas.put(x + before, y, room, words, row.cells[last].role);
        }
    }
    let Some(y) = line(0) else { return };
    let mut cells = row.cells.clone();
    if let (Some(cell), Some(words)) = (cells.last_mut(), lines.into_iter().next()) {
        cell.text = words;
    }
    if let (Some(name), Some(width), false) = (cells.first_mut(), widths.first(), section.headings.is_empty())
    {
        *name = section.name(name, *width);
    }
    cells_of_row(canvas, x, y, widths, &cells);
    canvas.put(x, y, 1, row.health.sign().trim_end(), Role::of(row.health));
}

/// Takes cells from the widest of the columns from `first` on, as long as they are too wide and keep their least.
fn shrink(widths: &mut [u16], first: usize, wide: impl Fn(&[u16]) -> bool, least: impl Fn(usize) -> u16) {
    while wide(widths) {
        let columns = widths.iter_mut().enumerate().skip(first);
        let ample = columns.filter(|(column, width)| **width > least(*column));
        let Some((_, widest)) = ample.max_by_key(|(_, width)| **width) else { return };
        *widest -= 1;
    }
}

/// Cells that the last cell of a row has: those of the columns that the row does not have, too.
fn room_of_last(cells: usize, widths: &[u16]) -> u16 {
    let columns = widths.iter().skip(cells.saturating_sub(1));
    columns.map(|width| width + GAP).sum::<u16>().saturating_sub(GAP)
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
