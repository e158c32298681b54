//! Rows and columns with a cursor. Only the rows in the window are asked for, so two hundred cost what thirty cost.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use ratatui::layout::Rect;

use crate::model::verdict::Health;
use crate::tui::canvas::Canvas;
use crate::tui::order::{Order, Worth};
use crate::tui::sharing::StandIns;
use crate::tui::text;
use crate::tui::theme::Role;

use super::columns::{self, Column, GAP};
use super::cursor::Cursor;
use super::marks;

/// Cells of a sign with the space behind it.
const SIGN: u16 = 2;

/// One cell: a sign that hangs in the gap to its left, and words.
#[derive(Debug, Clone)]
pub struct Cell<'a> {
    /// Gives the sign.
    pub health: Health,
    /// The words.
    pub words: Cow<'a, str>,
    /// What the words mean.
    pub role: Role,
}

impl<'a> Cell<'a> {
    /// Plain words.
    pub fn plain(words: impl Into<Cow<'a, str>>) -> Self {
        Self { health: Health::Ok, words: words.into(), role: Role::Text }
    }

    /// Words of a role, without a sign.
    pub fn of(words: impl Into<Cow<'a, str>>, role: Role) -> Self {
        Self { health: Health::Ok, words: words.into(), role }
    }

    /// Words that say how something is, with its sign.
    pub fn judged(words: impl Into<Cow<'a, str>>, health: Health) -> Self {
        Self { health, words: words.into(), role: Role::of(health) }
    }
}

impl Cell<'_> {
    /// What it counts for when rows are ordered by its column.
    pub fn worth(&self) -> Worth {
        Worth::judged(self.health, &self.words)
    }
}

/// A table to draw once.
pub struct Table<'a> {
    /// Its columns.
    pub columns: &'a [Column],
    /// How many rows there are.
    pub rows: usize,
    /// Where the cursor is.
    pub cursor: &'a Cursor,
    /// Which column orders the rows.
    pub order: Order,
    /// Headings of the columns that are not shown.
    pub hidden: &'a BTreeSet<String>,
    /// The column under the cursor, where cells are chosen and not rows.
    pub column: Option<usize>,
    /// Whether keys go here.
    pub active: bool,
}

impl Table<'_> {
    /// Draws headings and the rows in the window, asking `cell` for each (row, column) that is shown.
    pub fn draw<'c>(&self, canvas: &mut Canvas<'_>, area: Rect, cell: impl Fn(usize, usize) -> Cell<'c>) {
        if area.height < 2 || area.width <= SIGN {
            return;
        }
        // What is shown is what is measured, so that stand-ins are never cut until two look alike.
        let stand_ins = canvas.stand_ins();
        let cell = |row, column| shown(stand_ins, cell(row, column));
        let window = self.cursor.window(self.rows, area.height - 1);
        let wanted = self.wanted(window.clone(), &cell);
        let marks = marks::words(window.start, self.rows - window.end);
        let widths = self.fit_beside(&wanted, area, text::width(&marks));
        let left_out = self.left_out(&widths);
        canvas.leave_out(left_out);
        self.headings(canvas, area, &widths);
        let selected = self.cursor.among(self.rows);
        for (y, row) in (area.y + 1..).zip(window.clone()) {
            self.spot(canvas, Rect { y, height: 1, ..area }, &widths, row);
            self.row(canvas, Rect { y, height: 1, ..area }, &widths, row == selected, |column| {
                cell(row, column)
            });
        }
        canvas.put_right(area.right(), area.y, area.width, &marks, Role::Muted);
    }

    /// The same with so many cells free behind the last heading, where the marks stand.
    fn fit_beside(&self, wanted: &[Column], area: Rect, marks: u16) -> Vec<Option<u16>> {
        let end = |widths: &[Option<u16>]| {
            let last = places(area, widths).last();
            last.map_or(0, |(index, x, _)| x + text::width(self.columns[index].title) + SIGN)
        };
        let mut widths = self.fit(wanted, area.width - SIGN);
        for less in 1..=marks + SIGN {
            if marks == 0 || end(&widths) + marks <= area.right() {
                break;
            }
            widths = self.fit(wanted, (area.width - SIGN).saturating_sub(less));
        }
        widths
    }

    /// Headings of the columns that are wanted and have no room.
    fn left_out(&self, widths: &[Option<u16>]) -> Vec<&'static str> {
        let columns = self
            .columns
            .iter()
            .zip(widths)
            .filter(|(column, width)| width.is_none() && !self.hidden.contains(column.title));
        columns.map(|(column, _)| column.title).collect()
    }

    /// The width of each column; those that are hidden leave their room to the others.
    fn fit(&self, wanted: &[Column], width: u16) -> Vec<Option<u16>> {
        let stays = |index: usize| !self.hidden.contains(self.columns[index].title);
        let shown: Vec<_> =
            (0..wanted.len()).filter(|index| stays(*index)).map(|index| wanted[index]).collect();
        let mut widths = columns::fit(&shown, width).into_iter();
        (0..wanted.len()).map(|index| if stays(index) { widths.next().flatten() } else { None }).collect()
    }

    /// The columns with what the rows in the window want.
    fn wanted<'c>(&self, window: Range<usize>, cell: &impl Fn(usize, usize) -> Cell<'c>) -> Vec<Column> {
        let columns = self.columns.iter().enumerate();
        columns
            .map(|(index, column)| {
                let (mut longest, mut urgent) = (0, 0);
                for cell in window.clone().map(|row| cell(row, index)) {
                    let width = text::width(&cell.words).min(column.ideal);
                    longest = width.max(longest);
                    urgent = if cell.health > Health::Busy { width.max(urgent) } else { urgent };
                }
                // The first column names the row: it is shown whole or not at all.
                let least = if index == 0 { longest.max(column.least) } else { column.least };
                Column { ideal: longest, urgent, least, ..*column }
            })
            .collect()
    }

    fn spot(&self, canvas: &mut Canvas<'_>, line: Rect, widths: &[Option<u16>], row: usize) {
        canvas.row(line, row, None);
        if self.column.is_none() {
            return;
        }
        for (index, x, width) in places(line, widths) {
            canvas.row(Rect { x: x - SIGN, width: width + SIGN, ..line }, row, Some(index));
        }
    }

    fn headings(&self, canvas: &mut Canvas<'_>, area: Rect, widths: &[Option<u16>]) {
        for (index, x, width) in places(area, widths) {
            let taken = canvas.put(x, area.y, width, self.columns[index].title, Role::Label);
            // no sign hangs in the gap behind a heading, so this one has room there
            canvas.put(x + taken, area.y, SIGN, self.order.sign(index), Role::Accent);
        }
    }

    fn row<'c>(
        &self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        widths: &[Option<u16>],
        selected: bool,
        cell: impl Fn(usize) -> Cell<'c>,
    ) {
        let marked = selected && self.active;
        if marked && self.column.is_none() {
            canvas.lay(area, Role::Selected);
        }
        for (index, x, width) in places(area, widths) {
            let cell = cell(index);
            canvas.put(x - SIGN, area.y, 1, cell.health.sign().trim_end(), Role::of(cell.health));
            canvas.put(x, area.y, width, &cell.words, cell.role);
            if marked && self.column == Some(index) {
                let reach = Rect { x: x - SIGN, width: width + SIGN, ..area };
                canvas.lay(reach, Role::Selected);
            }
        }
        if marked {
            canvas.put(area.x, area.y, 1, "▌", Role::Accent);
        }
    }
}

fn shown<'c>(stand_ins: Option<&StandIns>, cell: Cell<'c>) -> Cell<'c> {
    let Some(stand_ins) = stand_ins else { return cell };
    let words = Cow::Owned(stand_ins.over(&cell.words).into_owned());
    Cell { words, ..cell }
}

/// Index, left edge and width of each column that is shown; the first sign hangs at the left edge of the area.
fn places(area: Rect, widths: &[Option<u16>]) -> impl Iterator<Item = (usize, u16, u16)> {
    let mut x = area.x + SIGN;
    widths.iter().enumerate().filter_map(move |(index, width)| {
        let width = (*width)?;
        let place = (index, x, width);
        x += width + GAP;
        Some(place)
    })
}
