//! A page that teaches: prose to read, and lines below it that can be chosen, asked about and followed. The tour and the game
//! day are made of it.

use std::cell::Cell;

use crate::model::runbook::Standing;
use crate::model::tour::{Checked, Shown};
use crate::model::verdict::{Evidence, Health, Verdict};

use super::keymap::Action;
use super::selection::Selection;
use super::theme::Role;
use super::widgets::cursor::Cursor;

/// What stands on the page, top to bottom.
#[derive(Debug, Clone, Default)]
pub struct Lesson {
    /// Its pieces.
    pub pieces: Vec<Piece>,
}

/// One piece.
#[derive(Debug, Clone)]
pub enum Piece {
    /// An empty line.
    Gap,
    /// A heading.
    Heading(String),
    /// A paragraph.
    Prose(String, Role),
    /// A line that can be chosen.
    Line(Box<Line>),
}

/// A line that can be chosen.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its sign: `✓`.
    pub sign: &'static str,
    /// What it is, in a word or two.
    pub label: String,
    /// What is said of it.
    pub words: String,
    /// How that is meant.
    pub role: Role,
    /// What can be asked about it.
    pub about: Selection,
    /// Where enter leads.
    pub does: Does,
}

/// Where enter leads from a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// To why it is said.
    Explain,
    /// To the form or the plan of a guided action.
    Open(String),
    /// To a page of the tour.
    Turn(usize),
    /// To the question whether an exercise begins.
    Exercise(String),
    /// To home, where one looks.
    Look,
    /// To the question whether the next hint is wanted.
    Hint,
    /// To the question whether this is the cause, by its place.
    Name(usize),
    /// To the question whether the exercise is given up.
    GiveUp,
}

/// How far somebody has read: the line that is chosen, and how far above it the screen begins. Prose has no line to choose, so
/// what stands above the first one is come to by going on upwards.
#[derive(Debug, Clone)]
pub struct Reader {
    cursor: Cursor,
    above: Cell<usize>,
    height: Cell<usize>,
}

impl Default for Reader {
    /// At the top of a page, wherever its first line is.
    fn default() -> Self {
        Self { cursor: Cursor::default(), above: Cell::new(usize::MAX), height: Cell::default() }
    }
}

impl Reader {
    /// The line that is chosen, among so many.
    pub fn among(&self, lines: usize) -> usize {
        self.cursor.among(lines)
    }

    /// Moves it as a key asks, among so many lines.
    pub fn moved(&mut self, action: Action, lines: usize) {
        let step = match action {
            Action::HalfPageUp | Action::HalfPageDown => self.height.get().div_ceil(2).max(1),
            Action::PageUp | Action::PageDown => self.height.get().max(1),
            _ => 1,
        };
        let above = self.above.get();
        match action {
            Action::Up | Action::HalfPageUp | Action::PageUp if self.among(lines) == 0 => {
                self.above.set(above.saturating_add(step));
            }
            Action::Down | Action::HalfPageDown | Action::PageDown if above > 0 => {
                self.above.set(above.saturating_sub(step));
            }
            _ => {
                self.above.set(if action == Action::First { usize::MAX } else { 0 });
                self.cursor.moved(action, lines);
            }
        }
    }

    /// Comes down to the chosen line, where that lies below the screen; says whether it did.
    pub fn comes_down(&mut self) -> bool {
        self.above.replace(0) > 0
    }

    /// Where a screen of a height begins that would begin there by its chosen line.
    pub fn top(&self, by_line: usize, height: usize) -> usize {
        self.height.set(height);
        self.above.set(self.above.get().min(by_line));
        by_line - self.above.get()
    }
}

impl Lesson {
    /// The lines that can be chosen.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Line(line) => Some(line.as_ref()),
            _ => None,
        })
    }

    /// The same with a paragraph more.
    pub fn prose(&mut self, words: impl Into<String>) {
        if !self.pieces.is_empty() {
            self.pieces.push(Piece::Gap);
        }
        self.pieces.push(Piece::Prose(words.into(), Role::Text));
    }

    /// The same with a heading and lines below it; nothing where there are none.
    pub fn part(&mut self, heading: &str, lines: impl IntoIterator<Item = Line>) {
        let mut lines = lines.into_iter().peekable();
        if lines.peek().is_none() {
            return;
        }
        self.pieces.push(Piece::Gap);
        self.pieces.push(Piece::Heading(heading.to_owned()));
        self.pieces.extend(lines.map(|line| Piece::Line(Box::new(line))));
    }
}

impl Line {
    /// What is seen of something, as a line.
    pub fn seen(shown: Shown) -> Self {
        let Shown { name, verdict, subject } = shown;
        Self {
            sign: verdict.health.sign(),
            label: name.clone(),
            words: verdict.words.clone(),
            role: Role::of(verdict.health),
            about: Selection::of(name, verdict, vec![subject]),
            does: Does::Explain,
        }
    }

    /// How a check stands, as a line.
    pub fn checked(checked: Checked) -> Self {
        let Checked { sentence, standing } = checked;
        let (sign, health, told) = told(&standing);
        let hint = standing.trouble().and_then(|trouble| trouble.hint.clone()).unwrap_or_default();
        let verdict = Verdict::new(health, sentence.clone()).because(Evidence::of("checked", told.clone()));
        Self {
            sign,
            label: String::new(),
            words: format!("{sentence}: {told}"),
            role: if health == Health::Ok { Role::Ok } else { Role::of(health) },
            about: Selection::of("check", verdict.so(hint), Vec::new()),
            does: Does::Explain,
        }
    }

    /// A line that leads somewhere.
    pub fn leading(label: impl Into<String>, words: impl Into<String>, does: Does) -> Self {
        let about = Selection::default();
        Self { sign: " ", label: label.into(), words: words.into(), role: Role::Text, about, does }
    }
}

/// The sign of a standing, how bad it is, and what was seen.
fn told(standing: &Standing) -> (&'static str, Health, String) {
    match standing {
        Standing::Holds { told, .. } => ("✓", Health::Ok, told.clone()),
        Standing::Fails { trouble } => ("✗", Health::Bad, trouble.in_one_line()),
        Standing::Unknown { trouble } => ("?", Health::Unknown, trouble.sentence()),
    }
}
