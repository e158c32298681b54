//! Which row of a sheet is chosen and which lines of it are shown. Keys move by what is seen: down is the next row
//! below in the same column, right is the row beside.

use std::cell::Cell;

use ratatui::layout::Rect;

use crate::tui::keymap::Action;

use super::packing::{self, Placed};
use super::{Section, Sheet, first_row};

/// A chosen row and the first line shown.
#[derive(Debug, Clone, Default)]
pub struct SheetState {
    at: usize,
    top: Cell<u16>,
    /// Width and height of the window when it was last drawn.
    window: Cell<(u16, u16)>,
}

/// A row's place on the whole sheet.
#[derive(Debug, Clone, Copy)]
struct Point {
    row: usize,
    x: u16,
    right: u16,
    y: u16,
    /// Its last line.
    end: u16,
}

impl SheetState {
    /// The chosen row, counted over all sections.
    pub fn selected<T>(&self, sheet: &Sheet<T>) -> usize {
        self.at.min(rows(sheet).saturating_sub(1))
    }

    /// What the chosen row is about.
    pub fn about<'a, T>(&self, sheet: &'a Sheet<T>) -> Option<&'a T> {
        let mut all = sheet.sections.iter().flat_map(|section| &section.rows);
        all.nth(self.selected(sheet)).map(|row| &row.about)
    }

    /// The section that the chosen row stands in.
    pub fn section_of<'a, T>(&self, sheet: &'a Sheet<T>) -> Option<&'a Section<T>> {
        let selected = self.selected(sheet);
        let mut before = 0;
        sheet.sections.iter().find(|section| {
            before += section.rows.len();
            selected < before
        })
    }

    /// Chooses the first row that is about something; stays where there is none.
    pub fn choose<T>(&mut self, sheet: &Sheet<T>, wanted: impl Fn(&T) -> bool) {
        let mut all = sheet.sections.iter().flat_map(|section| &section.rows);
        self.at = all.position(|row| wanted(&row.about)).unwrap_or_else(|| self.selected(sheet));
    }

    /// The same with another row chosen.
    #[must_use]
    pub fn on(self, row: usize) -> Self {
        Self { at: row, ..self }
    }

    /// The worst row chosen.
    pub fn at_worst<T>(sheet: &Sheet<T>) -> Self {
        let rows = sheet.sections.iter().flat_map(|section| &section.rows);
        Self { at: crate::tui::moving::worst(rows.map(|row| row.health)), ..Self::default() }
    }

    /// The first row under a heading chosen.
    pub fn at_section<T>(sheet: &Sheet<T>, title: &str) -> Self {
        let section = sheet.sections.iter().position(|section| section.title == title);
        Self { at: section.map_or(0, |section| first_row(sheet, section)), ..Self::default() }
    }

    /// Moves as a key asks; says whether the key was one that moves.
    pub fn moved<T>(&mut self, action: Action, sheet: &Sheet<T>) -> bool {
        let page = self.window.get().1.max(2);
        match action {
            Action::Down => self.vertically(sheet, true),
            Action::Up => self.vertically(sheet, false),
            Action::HalfPageDown => (0..page / 2).for_each(|_| self.vertically(sheet, true)),
            Action::HalfPageUp => (0..page / 2).for_each(|_| self.vertically(sheet, false)),
            Action::PageDown => (0..page).for_each(|_| self.vertically(sheet, true)),
            Action::PageUp => (0..page).for_each(|_| self.vertically(sheet, false)),
            Action::Left => self.sideways(sheet, false),
            Action::Right => self.sideways(sheet, true),
            Action::First => self.at = 0,
            Action::Last => self.at = rows(sheet).saturating_sub(1),
            Action::NextPane => self.section(sheet, true),
            Action::PreviousPane => self.section(sheet, false),
            Action::NextTrouble => self.trouble(sheet, true),
            Action::PreviousTrouble => self.trouble(sheet, false),
            _ => return false,
        }
        true
    }

    fn vertically<T>(&mut self, sheet: &Sheet<T>, down: bool) {
        let points = self.points(sheet);
        let Some(here) = points.get(self.selected(sheet)).copied() else { return };
        let ahead = points.iter().filter(|point| if down { point.y > here.y } else { point.y < here.y });
        let in_column = ahead.filter(|point| point.x < here.right && here.x < point.right);
        if let Some(next) = in_column.min_by_key(|point| (point.y.abs_diff(here.y), point.x)) {
            self.at = next.row;
        }
    }

    fn sideways<T>(&mut self, sheet: &Sheet<T>, right: bool) {
        let points = self.points(sheet);
        let Some(here) = points.get(self.selected(sheet)).copied() else { return };
        let beside =
            points.iter().filter(|point| if right { point.x >= here.right } else { point.right <= here.x });
        if let Some(next) = beside.min_by_key(|point| (point.y.abs_diff(here.y), point.x.abs_diff(here.x))) {
            self.at = next.row;
        }
    }

    fn section<T>(&mut self, sheet: &Sheet<T>, forward: bool) {
        let selected = self.selected(sheet);
        let filled = (0..sheet.sections.len()).filter(|index| !sheet.sections[*index].rows.is_empty());
        let starts: Vec<_> = filled.map(|index| first_row(sheet, index)).collect();
        let here = starts.iter().rposition(|start| *start <= selected).unwrap_or(0);
        let step = if forward { 1 } else { starts.len().saturating_sub(1) };
        self.at = starts.get((here + step) % starts.len().max(1)).copied().unwrap_or(0);
    }

    fn trouble<T>(&mut self, sheet: &Sheet<T>, forward: bool) {
        let healths = sheet.sections.iter().flat_map(|section| &section.rows).map(|row| row.health);
        let healths: Vec<_> = healths.collect();
        self.at = crate::tui::moving::next_trouble(&healths, self.selected(sheet), forward);
    }

    fn points<T>(&self, sheet: &Sheet<T>) -> Vec<Point> {
        points(sheet, &packing::pack(sheet, (self.window.get().0.max(40), self.window.get().1)))
    }

    /// The first line to show so that the chosen row is seen.
    pub(super) fn top<T>(&self, sheet: &Sheet<T>, placed: &[Placed], area: Rect) -> u16 {
        self.window.set((area.width, area.height));
        let points = points(sheet, placed);
        let (y, end) = points.get(self.selected(sheet)).map_or((0, 0), |point| (point.y, point.end));
        let lowest = (end + 2).saturating_sub(area.height).min(y);
        let highest = y.saturating_sub(2);
        let most = packing::height(placed).saturating_sub(1).saturating_sub(area.height);
        let top = self.top.get().min(highest).max(lowest).min(most.max(lowest));
        self.top.set(top);
        top
    }
}

fn rows<T>(sheet: &Sheet<T>) -> usize {
    sheet.sections.iter().map(|section| section.rows.len()).sum()
}

fn points<T>(sheet: &Sheet<T>, placed: &[Placed]) -> Vec<Point> {
    let mut points = Vec::with_capacity(rows(sheet));
    for place in placed {
        let section = &sheet.sections[place.section];
        points.extend(section.spans(place.width, place.whole).into_iter().enumerate().map(|(row, span)| {
            Point {
                row: first_row(sheet, place.section) + row,
                x: place.x,
                right: place.x + place.width,
                y: place.y + span.start,
                end: place.y + span.end.saturating_sub(1),
            }
        }));
    }
    points.sort_by_key(|point| point.row);
    points
}
