//! What a view draws one frame on. It knows the theme and the moment, clips every text to its place, and remembers
//! when something on it will next read differently, so that the loop can sleep until then.

use std::borrow::Cow;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::border;
use ratatui::widgets::{Block, Clear, Widget};

use crate::model::span;
use crate::model::verdict::Health;

use super::keymap::Action;
use super::sharing::StandIns;
use super::spots::{Spot, What};
use super::text;
use super::theme::{Role, Theme};

/// A few words with one meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// The words.
    pub text: String,
    /// What they mean.
    pub role: Role,
}

impl Phrase {
    /// Words with a meaning.
    pub fn new(text: impl Into<String>, role: Role) -> Self {
        Self { text: text.into(), role }
    }

    /// Words that say how something is.
    pub fn of(text: impl Into<String>, health: Health) -> Self {
        Self::new(text, Role::of(health))
    }
}

/// The surface of one frame.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
    now: Timestamp,
    changes: Option<Timestamp>,
    stand_ins: Option<&'a StandIns>,
    spots: Vec<Spot>,
    part: usize,
    left_out: Vec<&'static str>,
}

impl<'a> Canvas<'a> {
    /// A surface over a frame's cells; a theme that has a background paints it.
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme, now: Timestamp) -> Self {
        let mut canvas = Self {
            buffer,
            theme,
            now,
            changes: None,
            stand_ins: None,
            spots: Vec::new(),
            part: 0,
            left_out: Vec::new(),
        };
        canvas.lay(canvas.area(), Role::Background);
        canvas
    }

    /// The same for a screen that others see.
    #[must_use]
    pub fn shared(self, stand_ins: Option<&'a StandIns>) -> Self {
        Self { stand_ins, ..self }
    }

    /// What stands in for names, where the screen is shared.
    pub fn stand_ins(&self) -> Option<&'a StandIns> {
        self.stand_ins
    }

    /// The words as they are shown: with stand-ins, where the screen is shared.
    pub fn shown<'w>(&self, words: &'w str) -> Cow<'w, str> {
        self.stand_ins.map_or(Cow::Borrowed(words), |stand_ins| stand_ins.over(words))
    }

    /// All of it.
    pub fn area(&self) -> Rect {
        self.buffer.area
    }

    /// The moment it shows.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// When something on it will next read differently.
    pub fn changes(&self) -> Option<Timestamp> {
        self.changes
    }

    /// How a meaning looks.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// Writes words into at most `cells` cells and returns how many they took.
    pub fn put(&mut self, x: u16, y: u16, cells: u16, words: &str, role: Role) -> u16 {
        let area = self.area();
        if y >= area.bottom() || x >= area.right() {
            return 0;
        }
        let words = self.shown(words);
        let clipped = text::clip(&words, cells.min(area.right() - x));
        self.buffer.set_string(x, y, &clipped, self.theme.style(role));
        text::width(&clipped)
    }

    /// Writes phrases one after the other and returns how many cells they took.
    pub fn phrases(&mut self, x: u16, y: u16, cells: u16, phrases: &[Phrase]) -> u16 {
        let mut taken = 0;
        for phrase in phrases {
            taken += self.put(x + taken, y, cells - taken, &phrase.text, phrase.role);
        }
        taken
    }

    /// Writes words so that they end at `right`.
    pub fn put_right(&mut self, right: u16, y: u16, cells: u16, words: &str, role: Role) -> u16 {
        let words = self.shown(words).into_owned();
        let taken = text::width(&words).min(cells);
        self.put(right.saturating_sub(taken), y, taken, &words, role)
    }

    /// Lays a role's look over cells that are already written.
    pub fn lay(&mut self, area: Rect, role: Role) {
        let style = self.theme.style(role);
        self.buffer.set_style(area.intersection(self.area()), style);
    }

    /// Lays a role's look over a cell, if nothing is written there.
    pub fn lay_blank(&mut self, x: u16, y: u16, role: Role) {
        let style = self.theme.style(role);
        if let Some(cell) = self.buffer.cell_mut((x, y)).filter(|cell| cell.symbol() == " ") {
            cell.set_style(style);
        }
    }

    /// Wipes a part and draws a quiet frame around it; returns the inside.
    pub fn window(&mut self, area: Rect, title: &str, role: Role) -> Rect {
        let area = area.intersection(self.area());
        self.spots.clear();
        Clear.render(area, self.buffer);
        self.lay(area, Role::Background);
        let block = Block::bordered().border_set(border::ROUNDED).border_style(self.theme.style(role));
        let inside = block.inner(area);
        block.render(area, self.buffer);
        if !title.is_empty() {
            self.put(area.x + 2, area.y, area.width.saturating_sub(4), &format!(" {title} "), Role::Title);
        }
        inside
    }

    /// Names the part of the view that is drawn from here on, where there are several lists.
    pub fn part(&mut self, part: usize) {
        self.part = part;
    }

    /// Notes that a row of the list stands here.
    pub fn row(&mut self, area: Rect, row: usize, column: Option<usize>) {
        self.spots.push(Spot { area, what: What::Row { part: self.part, row, column } });
    }

    /// Notes the headings of columns of the table that have no room.
    pub fn leave_out(&mut self, columns: Vec<&'static str>) {
        self.left_out = columns;
    }

    /// Whether a column of the table has no room.
    pub fn leaves_out(&self, column: &str) -> bool {
        self.left_out.contains(&column)
    }

    /// Notes that a key's word stands here.
    pub fn key(&mut self, area: Rect, action: Action) {
        self.spots.push(Spot { area, what: What::Ask(action) });
    }

    /// Everything that was noted, a later one over an earlier one.
    pub fn spots(&mut self) -> Vec<Spot> {
        std::mem::take(&mut self.spots)
    }

    /// Draws a widget that is not ours.
    pub fn widget(&mut self, area: Rect, widget: impl Widget) {
        widget.render(area.intersection(self.area()), self.buffer);
    }

    /// A quiet line from left to right.
    pub fn rule(&mut self, area: Rect) {
        let line = "─".repeat(usize::from(area.width));
        self.put(area.x, area.y, area.width, &line, Role::Border);
    }

    /// The span between a moment and now; the frame reads differently when that does.
    pub fn span(&mut self, moment: Timestamp) -> String {
        self.wake(span::changes_at(moment, self.now));
        span::between(moment, self.now)
    }

    /// Notes that the frame reads differently from a moment on.
    pub fn wake(&mut self, moment: Timestamp) {
        self.changes = Some(self.changes.map_or(moment, |earlier| earlier.min(moment)));
    }
}
