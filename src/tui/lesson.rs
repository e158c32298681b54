//! A page that teaches: prose to read, and lines below it that can be chosen, asked about and followed. The tour and the game
//! day are made of it.

use crate::model::runbook::Standing;
use crate::model::tour::{Checked, Shown};
use crate::model::verdict::{Evidence, Health, Verdict};

use super::selection::Selection;
use super::theme::Role;

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
    /// To the next hint.
    Hint,
    /// To whether this is the cause, by its place.
    Name(usize),
    /// To the question whether the exercise is given up.
    GiveUp,
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
