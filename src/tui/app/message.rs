//! What comes in to the console, and what it wants of the outside in return.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crossterm::event::{KeyEvent, MouseEvent};
use secrecy::SecretString;

use crate::config::{Choices, RunbookShelf};
use crate::deck::LogLine;
use crate::model::comparison::Comparison;
use crate::model::deployment::Deployment;
use crate::model::exercise::Fault;
use crate::model::fleet::Observation;
use crate::model::last_look::{LastLook, Standing};
use crate::model::run::{Entry, Plan};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::tui::theme::{Shelf, Theme};

use super::{Answer, Kept, KeptStory, Prompted, Story, ToFollow, ValueWanted, Wanted, Word};
/// What came in.
#[derive(Debug)]
pub enum Message {
    /// A key.
    Key(KeyEvent),
    /// A click, or a turn of the wheel.
    Pointed(MouseEvent),
    /// Text pasted at once.
    Pasted(String),
    /// The deployment is known.
    Opened(Box<Deployment>),
    /// It cannot be known.
    CannotOpen(Trouble),
    /// Looks ended.
    Observed(Vec<Observation>),
    /// Lines of the log with this number, each with its source.
    Logged(u64, Vec<(usize, LogLine)>),
    /// A source of the log with this number has ended, or could not be opened.
    LogEnded(u64, usize, Option<Trouble>),
    /// Lines of a log lie in a file, or could not be written there.
    LogSaved(Result<PathBuf, Trouble>),
    /// A login to Vault says something on its way.
    SignInSaid(String),
    /// A login to Vault has ended.
    SignedIn(Result<(), Trouble>),
    /// Whether anything can be run, and the values of the slots that the profile fills.
    CanAct(Result<BTreeMap<String, String>, Trouble>),
    /// The runbooks are read.
    Shelved(RunbookShelf),
    /// The plan with this number is made, or cannot be.
    Planned(u64, Result<Box<Plan>, Trouble>),
    /// A run is in hand, with what had to be cut off its journal; or it could not be taken.
    Taken(Result<(Box<Story>, Option<Trouble>), Trouble>),
    /// Something happened in the run in hand.
    Happened(Vec<Entry>),
    /// The last word to the run in hand was not taken, or it cannot go on.
    Refused(Trouble),
    /// A value that somebody asked to see, what it is, and for how many seconds.
    Revealed(String, SecretString, u64),
    /// Two versions of a secret were held against each other for the page with this number.
    Compared(u64, Result<Comparison, Trouble>),
    /// A value was read for the page with this number.
    ValueRead(u64, ValueWanted, Result<SecretString, Trouble>),
    /// What a program or a login asks in the middle of a run; `None` when nobody waits for the answer any more.
    Prompted(Option<Prompted>),
    /// Every run there was.
    Runs(Result<Vec<Kept>, Trouble>),
    /// A run read from its journal.
    Read(Result<Box<KeptStory>, Trouble>),
    /// Every theme there is.
    Themes(Shelf),
    /// The operator's own theme that was chosen last, or why it is not there.
    OwnTheme(Result<Box<Theme>, Trouble>),
    /// What was seen here when the console was last open, where that is known.
    Remembered(Option<Box<LastLook>>),
    /// Something beside the screen failed: a program that was to be told of news, a file that was to be kept.
    Failed(Trouble),
    /// The page of the tour where somebody stopped the last time, or why it cannot be kept.
    TourFound(Result<Option<String>, Trouble>),
    /// The pretend fleet was broken for an exercise, or mended outside; or that did not work.
    Drilled(Result<(), Trouble>),
}

/// What is wanted of the outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// End.
    Quit,
    /// Step aside for the shell.
    Suspend,
    /// Draw the whole screen anew.
    Redraw,
    /// Take the mouse, or give it back.
    Mouse(bool),
    /// Look again.
    Refresh(Subject),
    /// Look again at everything.
    RefreshAll,
    /// Follow logs; those of an earlier number are let go.
    Follow(ToFollow),
    /// Send lines of a log to the terminal's clipboard.
    CopyLog(String),
    /// Write lines of a log to a file whose name begins so.
    SaveLog {
        /// What it is of, and from when.
        name: String,
        /// The lines.
        text: String,
    },
    /// Log in to Vault again.
    SignIn(Answer),
    /// Let go of the login in hand.
    LetGoOfSignIn,
    /// Read the runbooks.
    LoadRunbooks,
    /// Make a plan; it comes back with this number.
    Plan(u64, Box<Wanted>),
    /// Let commands pass that write.
    Unlock,
    /// Refuse them again.
    Lock,
    /// Begin a run.
    Begin(Box<Plan>),
    /// Take a run up.
    TakeUp {
        /// Its id.
        id: String,
        /// Whether to undo what it has done.
        back: bool,
    },
    /// The answer to what a program or a login asks; none refuses it.
    AnswerPrompt(Answer),
    /// A word to the run in hand.
    Tell(Word),
    /// Hold two versions of a secret against each other, for the page with this number.
    Compare {
        /// The page.
        number: u64,
        /// Path of the secret.
        path: String,
        /// The version written first.
        older: u64,
        /// The other.
        newer: u64,
    },
    /// Read a value for the page with this number.
    ReadValue(u64, ValueWanted),
    /// Send a secret value to the terminal's clipboard.
    Copy(Answer),
    /// Clear that clipboard.
    ClearClipboard,
    /// List the runs there were.
    ListRuns,
    /// Read a run from its journal.
    ReadRun(String),
    /// Read every theme there is.
    LoadThemes,
    /// Keep the theme of this name for the next start.
    KeepTheme(String),
    /// Keep what was chosen for the next start.
    KeepChoices(Choices),
    /// Tell an operator who may look elsewhere what is new.
    Announce {
        /// What the terminal says.
        words: String,
        /// Each piece of it, worst first.
        news: Vec<Standing>,
    },
    /// Keep what was seen for the next time.
    KeepLook(Box<LastLook>),
    /// Look for a run of this operator that has not ended, and read it.
    FindRun,
    /// Break the pretend fleet.
    Break(Vec<Fault>),
    /// Let the pretend fleet's time run so many times as fast as ours.
    RunAt(u32),
    /// Mend what no action mends in the pretend fleet.
    Mend(Vec<Fault>),
    /// Find where somebody stopped on the tour of a deployment.
    FindTour(String),
    /// Keep where somebody is on the tour.
    KeepTour {
        /// The deployment.
        deployment: String,
        /// The page.
        page: String,
    },
}
