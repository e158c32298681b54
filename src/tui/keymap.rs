//! One table from keys to actions. Keys, help, hint bar and palette all come from `keymap.toml`, so they cannot
//! disagree.

mod chord;
mod own;

use std::fmt;

use crossterm::event::KeyEvent;
use serde::{Deserialize, Serialize};

use crate::model::trouble::Trouble;

pub use chord::Chord;

/// What a key can ask for. None of these changes anything outside vaultdeck by itself: what does stands behind a plan and a
/// question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is documented for the operator in keymap.toml")]
pub enum Action {
    Home,
    Vault,
    Secrets,
    Hosts,
    Logs,
    Database,
    Actions,
    Runs,
    Tour,
    GameDay,
    Faster,
    SlowLine,
    Redraw,
    NextPage,
    PreviousPage,
    DoIt,
    NextView,
    PreviousView,
    Why,
    Open,
    Remedy,
    Mark,
    Columns,
    Mouse,
    GoOn,
    ShowRun,
    AnswerRun,
    Pause,
    TakeBack,
    ChooseVersion,
    LookInto,
    CopyValue,
    Describe,
    HostLogs,
    Filter,
    SortNext,
    SortPrevious,
    SortReverse,
    NextTrouble,
    PreviousTrouble,
    Down,
    Up,
    Left,
    Right,
    First,
    Last,
    HalfPageDown,
    HalfPageUp,
    PageDown,
    PageUp,
    NextPane,
    PreviousPane,
    Follow,
    Wrap,
    Timestamps,
    Search,
    NextMatch,
    PreviousMatch,
    NextError,
    PreviousError,
    SelectLines,
    CopyLines,
    SaveLines,
    MergeLogs,
    LocalTime,
    LogStreams,
    ChooseLog,
    RangeAll,
    RangeMinute,
    RangeFiveMinutes,
    RangeQuarter,
    RangeHour,
    RangeSixHours,
    RangeDay,
    Refresh,
    RefreshAll,
    Verify,
    SignIn,
    Changes,
    ShareScreen,
    Theme,
    Palette,
    Help,
    Back,
    Close,
    Quit,
    Suspend,
}

impl Action {
    /// Whether it is about what the cursor stands on: from then on the cursor is not moved by anybody else.
    pub fn is_about_selection(self) -> bool {
        matches!(
            self,
            Self::Why | Self::Remedy | Self::Describe | Self::HostLogs | Self::Mark | Self::Refresh
        )
    }

    /// Whether it takes you one step from where you are, so that only a key is of use for it.
    pub fn only_moves(self) -> bool {
        let steps =
            matches!(self, Self::Down | Self::Up | Self::Left | Self::Right | Self::First | Self::Last);
        let pages = matches!(self, Self::HalfPageDown | Self::HalfPageUp | Self::PageDown | Self::PageUp);
        let beside =
            matches!(self, Self::NextPane | Self::PreviousPane | Self::NextView | Self::PreviousView);
        let turns = matches!(self, Self::NextPage | Self::PreviousPage);
        steps || pages || beside || turns || matches!(self, Self::Back | Self::Close | Self::Palette)
    }
}

/// By its name, as the table writes it.
impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(formatter)
    }
}

/// Where a key has its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Context {
    /// Wherever no other context says otherwise.
    Global,
    /// Wherever something is selected among others.
    Table,
    /// In a log.
    Logs,
    /// Among actions, or among runs.
    List,
    /// Before a plan.
    Plan,
    /// In a run.
    Run,
    /// In a secret.
    Secret,
    /// On the tour.
    Tour,
}

impl Context {
    /// Heading of the context in the help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Global => "everywhere",
            Self::Table => "moving and asking",
            Self::Logs => "in a log",
            Self::List => "among actions and runs",
            Self::Plan => "before a plan",
            Self::Run => "in a run",
            Self::Secret => "in a secret",
            Self::Tour => "on the tour",
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// What is asked for.
    pub action: Action,
    /// Keys that ask for it; the first is the one shown.
    pub keys: Vec<Chord>,
    /// Where.
    pub context: Context,
    /// Its word in the hint bar.
    #[serde(default)]
    pub hint: Option<String>,
    /// What it does, for the help.
    pub doc: String,
}

/// The whole table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keymap {
    binding: Vec<Binding>,
}

impl Keymap {
    /// The table that comes with the binary.
    ///
    /// # Errors
    /// Trouble naming what is wrong with it.
    pub fn built_in() -> Result<Self, Trouble> {
        toml::from_str(include_str!("keymap.toml"))
            .map_err(|error| Trouble::new("cannot read the keymap").because(error))
    }

    /// What a key asks for, the first context that knows it winning.
    pub fn action(&self, key: KeyEvent, contexts: &[Context]) -> Option<Action> {
        let chord = Chord::of(key);
        let bound = |context: &Context| {
            let mut bindings = self.binding.iter().filter(|binding| binding.context == *context);
            bindings.find(|binding| binding.keys.contains(&chord))
        };
        contexts.iter().find_map(bound).map(|binding| binding.action)
    }

    /// The first key of an action that asks for it here; none where all of them mean something nearer.
    pub fn key_here<'b>(&self, binding: &'b Binding, contexts: &[Context]) -> Option<&'b Chord> {
        binding.keys.iter().find(|chord| self.action(chord.event(), contexts) == Some(binding.action))
    }

    /// Whether a key asks for something anywhere.
    pub fn knows(&self, key: KeyEvent) -> bool {
        let chord = Chord::of(key);
        self.binding.iter().any(|binding| binding.keys.contains(&chord))
    }

    /// Every line, in the order of the file.
    pub fn bindings(&self) -> &[Binding] {
        &self.binding
    }

    /// The line of an action.
    pub fn binding(&self, action: Action) -> Option<&Binding> {
        self.binding.iter().find(|binding| binding.action == action)
    }

    /// Pairs of lines that want the same key in the same context, as sentences.
    pub fn conflicts(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        for (index, one) in self.binding.iter().enumerate() {
            for other in self.binding.iter().skip(index + 1).filter(|other| other.context == one.context) {
                for chord in one.keys.iter().filter(|chord| other.keys.contains(chord)) {
                    sentences.push(format!("{chord} asks for {:?} and for {:?}", one.action, other.action));
                }
            }
        }
        sentences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_has_two_meanings_in_one_context() {
        assert_eq!(Keymap::built_in().unwrap().conflicts(), Vec::<String>::new());
    }

    #[test]
    fn every_action_has_exactly_one_line() {
        let keymap = Keymap::built_in().unwrap();
        let mut actions: Vec<_> = keymap.bindings().iter().map(|binding| binding.action).collect();
        let lines = actions.len();
        actions.sort_unstable();
        actions.dedup();
        assert_eq!(actions.len(), lines);
        // `Suspend` stands last in the enum, so an action that was forgotten in the table is missed here.
        assert_eq!(lines, Action::Suspend as usize + 1);
    }

    #[test]
    fn a_log_gives_the_digits_their_own_meaning() {
        let keymap = Keymap::built_in().unwrap();
        let one: Chord = "1".parse().unwrap();
        assert_eq!(keymap.action(one.event(), &[Context::Table, Context::Global]), Some(Action::Home));
        assert_eq!(keymap.action(one.event(), &[Context::Logs, Context::Global]), Some(Action::RangeMinute));
    }
}
