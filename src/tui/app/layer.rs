//! What can lie over a view: the newest on top takes the keys, and closing it shows what was below, as it was.

use crate::model::verdict::Verdict;
use crate::tui::filter::Filter;
use crate::tui::keymap::Context;
use crate::tui::widgets::cursor::Cursor;
use crate::tui::widgets::pager::Pager;
use crate::tui::widgets::sheet::SheetState;

use super::{
    Chooser, Form, Menu, Palette, Picking, PlanPage, Question, Revealed, RunPage, SecretPage, SigningIn, View,
};

/// One thing in front of the view.
#[derive(Debug, Clone)]
pub enum Layer {
    /// The answer to "why do you say so?".
    Why(Why),
    /// Everything about one host, by its name.
    Host(String, SheetState),
    /// Everything about one secret.
    Secret(SecretPage),
    /// The logs there are to choose from.
    Choice(Cursor),
    /// The actions for what is selected.
    Menu(Menu),
    /// The columns of a table.
    Columns(Chooser),
    /// The keys.
    Help(Help),
    /// A line being typed.
    Prompt(Prompt),
    /// A login to Vault.
    SignIn(SigningIn),
    /// Answers being given.
    Form(Box<Form>),
    /// What would be run.
    Plan(Box<PlanPage>),
    /// A run.
    Run(RunPage),
    /// A question with a few answers.
    Question(Box<Question>),
    /// A value that somebody asked to see.
    Revealed(Revealed),
    /// The palette.
    Palette(Box<Palette>),
    /// The themes there are to choose from.
    Themes(Picking),
}

impl Layer {
    /// Whether it stands in place of the view, and not before a part of it.
    pub fn is_page(&self) -> bool {
        matches!(self, Self::Host(..) | Self::Secret(_) | Self::Plan(_) | Self::Run(_))
    }
}

/// A place that can be gone back to.
#[derive(Debug, Clone)]
pub struct Place {
    /// The view.
    pub view: View,
    /// What was read in front of it.
    pub layers: Vec<Layer>,
    /// Which of its rows were wanted.
    pub filter: Filter,
}

/// The keys with what they do.
#[derive(Debug, Clone, Default)]
pub struct Help {
    /// Which lines are shown.
    pub pager: Pager,
    /// Which are wanted.
    pub filter: Filter,
    /// Where the keys had their meaning when it was opened, nearest first.
    pub nearest: &'static [Context],
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Why {
    /// What was asked about.
    pub title: String,
    /// What is said, and why.
    pub verdict: Verdict,
    /// Which lines of it are shown.
    pub pager: Pager,
}

/// A line being typed.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What the words are for.
    pub purpose: Purpose,
    /// Typed so far.
    pub text: String,
    /// What held before, for when it is given up.
    pub before: String,
    /// The row under the cursor when it was opened: it stays chosen wherever it is among the rows.
    pub row: Option<String>,
}

/// What typed words are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Only rows with these words.
    Filter,
    /// Mark these words in the log.
    Search,
    /// Only keys with these words.
    Keys,
}
