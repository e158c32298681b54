//! A question with a few answers, the harmless one first and chosen: nothing is begun, unlocked or taken back by one key.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::model::run::Choice;
use crate::model::trouble::Trouble;

use super::secret_page::ValueAsked;

/// Characters that may be typed to confirm.
const LONGEST_NAME: usize = 120;

/// A question in front of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What the answer is for.
    pub asks: Asks,
    /// The question.
    pub title: String,
    /// What should be known before it is answered.
    pub words: Vec<String>,
    /// Whether the answer disturbs or destroys.
    pub danger: bool,
    /// The answers; the first changes nothing.
    pub answers: Vec<&'static str>,
    /// The answer that is chosen.
    pub focus: usize,
    /// The name that must be typed, and what is typed so far.
    pub typed: Option<(String, String)>,
    /// Why the answer was not taken.
    pub trouble: Option<Trouble>,
}

/// What a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks {
    /// Whether commands that write may pass on a deployment that is read-only.
    Unlock,
    /// Whether the plan in front is begun.
    Begin,
    /// Whether the run in hand goes on with a step, or with all of it.
    Confirm,
    /// How the run in hand goes on after a failure.
    Decide(Vec<Choice>),
    /// Whether a run is taken up, perhaps to be undone.
    TakeUp {
        /// Its id.
        id: String,
        /// Whether to undo it.
        back: bool,
    },
    /// Whether the run in hand is undone from now on.
    TurnBack,
    /// Whether a value is shown or copied.
    Value(ValueAsked),
    /// Whether the console is left while a run is in hand.
    Leave,
    /// Whether this exercise begins.
    Exercise(String),
    /// Whether the next hint is wanted.
    Hint,
    /// Whether this is the cause, by its place.
    Cause(usize),
    /// Whether the exercise in hand is given up.
    GiveUp,
}

/// What a key means for a question.
pub(super) enum Reply {
    Nothing,
    GiveUp,
    Quit,
    /// An answer other than the harmless one, by its place.
    Chosen(usize),
}

impl Question {
    /// A question with one answer besides the harmless one.
    pub(super) fn new(asks: Asks, title: impl Into<String>, answers: Vec<&'static str>) -> Self {
        let title = title.into();
        Self { asks, title, words: Vec::new(), danger: false, answers, focus: 0, typed: None, trouble: None }
    }

    /// The same with a name to be typed.
    pub(super) fn typing(mut self, name: &str) -> Self {
        self.typed = Some((name.to_owned(), String::new()));
        self.danger = true;
        self
    }

    /// The same with something that should be known.
    pub(super) fn saying(mut self, words: impl Into<String>) -> Self {
        self.words.push(words.into());
        self
    }

    /// The same, marked as one whose answer disturbs or destroys.
    pub(super) fn dangerous(mut self) -> Self {
        self.danger = true;
        self
    }

    /// What was typed, where something must be.
    pub(super) fn name_typed(&self) -> Option<String> {
        self.typed.as_ref().map(|(_, typed)| typed.clone())
    }

    /// What is said when the harmless answer was taken, where nothing else shows it.
    pub(super) fn given_up(&self) -> Option<&'static str> {
        match self.asks {
            Asks::Begin | Asks::Unlock | Asks::TakeUp { .. } => Some("nothing was run"),
            Asks::TurnBack => Some("nothing was undone"),
            _ => None,
        }
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Reply {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Reply::GiveUp,
            KeyCode::Char('c') if control => return Reply::Quit,
            KeyCode::Enter if self.focus == 0 => return Reply::GiveUp,
            KeyCode::Enter => return self.answered(),
            KeyCode::Left | KeyCode::Up | KeyCode::BackTab => self.focus = self.focus.saturating_sub(1),
            KeyCode::Right | KeyCode::Down | KeyCode::Tab => {
                self.focus = (self.focus + 1).min(self.answers.len() - 1);
            }
            code => self.type_name(code, control),
        }
        Reply::Nothing
    }

    /// Pasted text goes into the name.
    pub(super) fn paste(&mut self, text: &str) {
        text.chars().for_each(|letter| self.type_name(KeyCode::Char(letter), false));
    }

    /// Whoever has typed the whole name means it: enter takes the answer that it was typed for.
    fn type_name(&mut self, code: KeyCode, control: bool) {
        let Some((name, typed)) = &mut self.typed else { return };
        match code {
            KeyCode::Char('u') if control => typed.clear(),
            KeyCode::Char(letter) if !control && !letter.is_control() && typed.len() < LONGEST_NAME => {
                typed.push(letter);
            }
            KeyCode::Backspace => _ = typed.pop(),
            _ => return,
        }
        self.focus = usize::from(name == typed);
    }

    fn answered(&mut self) -> Reply {
        match &self.typed {
            Some((name, typed)) if name != typed => {
                let trouble =
                    Trouble::new("it is not confirmed").because("the name that was typed is another one");
                self.trouble = Some(trouble.hint(format!("type {name}")));
                Reply::Nothing
            }
            _ => Reply::Chosen(self.focus),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> KeyEvent {
        code.into()
    }

    #[test]
    fn enter_alone_never_does_anything_but_give_up() {
        let mut question = Question::new(Asks::Begin, "run it?", vec!["cancel", "run"]);
        assert!(matches!(question.key(key(KeyCode::Enter)), Reply::GiveUp));
        assert!(matches!(question.key(key(KeyCode::Right)), Reply::Nothing));
        assert!(matches!(question.key(key(KeyCode::Enter)), Reply::Chosen(1)));
    }

    #[test]
    fn enter_after_the_whole_name_takes_the_answer_and_one_letter_less_does_not() {
        let mut question = Question::new(Asks::Begin, "run it?", vec!["cancel", "run"]).typing("demo");
        question.paste("demo");
        question.key(key(KeyCode::Backspace));
        assert!(matches!(question.clone().key(key(KeyCode::Enter)), Reply::GiveUp));
        question.key(key(KeyCode::Char('o')));
        assert!(matches!(question.clone().key(key(KeyCode::Enter)), Reply::Chosen(1)));
        question.key(key(KeyCode::Left));
        assert!(matches!(question.key(key(KeyCode::Enter)), Reply::GiveUp));
    }

    #[test]
    fn a_name_that_must_be_typed_must_be_typed_whole() {
        let mut question = Question::new(Asks::Begin, "run it?", vec!["cancel", "run"]).typing("demo");
        question.paste("dem");
        question.key(key(KeyCode::Tab));
        assert!(matches!(question.key(key(KeyCode::Enter)), Reply::Nothing));
        assert!(question.trouble.is_some());
        question.key(key(KeyCode::Char('o')));
        assert!(matches!(question.key(key(KeyCode::Enter)), Reply::Chosen(1)));
    }
}
