//! Logging in to Vault again without leaving the screen. What is typed is a secret: it is never shown, never printed, and
//! wiped when the layer goes.
//!
//! ```text
//! key ──question──▶ Typing ──enter──▶ Waiting ──▶ in: the layer goes, everything is looked at again
//!   └──no question──────────────────────▲  └────▶ refused: why, and Typing anew; esc lets go of it
//! ```

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use secrecy::SecretString;

use crate::model::deployment::LoginWay;
use crate::model::trouble::Trouble;
use crate::tui::theme::Role;

use super::masked::Masked;
use super::{App, Effect, Layer};

/// Remarks of a login command that are kept.
const REMARKS: usize = 6;

/// A login in hand.
#[derive(Debug, Clone)]
pub struct SigningIn {
    /// By which way.
    pub way: LoginWay,
    /// How far it is.
    pub stage: SignInStage,
    /// What the login command said so far, the last lines.
    pub remarks: Vec<String>,
    answer: Masked,
}

/// How far a login is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInStage {
    /// The answer is being typed, perhaps after a refusal.
    Typing(Option<Trouble>),
    /// Vault, or the login command, has the word.
    Waiting,
}

impl SigningIn {
    fn by(way: LoginWay) -> Self {
        let stage = if way.question.is_some() { SignInStage::Typing(None) } else { SignInStage::Waiting };
        Self { way, stage, remarks: Vec::new(), answer: Masked::empty() }
    }

    /// Characters typed so far.
    pub fn typed(&self) -> usize {
        self.answer.typed()
    }

    fn key(&mut self, key: KeyEvent) -> Wish {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Wish::LetGo,
            KeyCode::Char('c') if control => return Wish::Quit,
            _ if self.stage == SignInStage::Waiting => {}
            KeyCode::Enter if self.way.question.is_some() => return Wish::Send(Some(self.answer.take())),
            KeyCode::Enter => return Wish::Send(None),
            KeyCode::Char('u') if control => self.answer = Masked::empty(),
            KeyCode::Char(letter) if !control => self.answer.push(letter),
            KeyCode::Backspace => self.answer.pop(),
            _ => {}
        }
        Wish::Nothing
    }
}

/// What a key means for a login in hand.
enum Wish {
    Nothing,
    Send(Option<SecretString>),
    LetGo,
    Quit,
}

impl App {
    /// Begins a login, or says why there is no way to.
    pub(super) fn sign_in(&mut self) -> Vec<Effect> {
        if self.signing_in().is_some() {
            return Vec::new();
        }
        let Some(fleet) = &self.fleet else { return Vec::new() };
        let Some(way) = fleet.deployment.login.clone() else {
            let words =
                "the profile names no way to log in (vault.login); a login in another window is picked up";
            self.say(words.to_owned(), Role::Warn);
            return Vec::new();
        };
        let asks = way.question.is_some();
        self.layers.push(Layer::SignIn(SigningIn::by(way)));
        if asks { Vec::new() } else { vec![Effect::SignIn(None.into())] }
    }

    /// A key while a login is in front.
    pub(super) fn sign_in_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let Some(signing_in) = self.signing_in() else { return Vec::new() };
        match signing_in.key(key) {
            Wish::Nothing => Vec::new(),
            Wish::Quit => self.leave(),
            Wish::Send(answer) => {
                signing_in.stage = SignInStage::Waiting;
                signing_in.remarks.clear();
                vec![Effect::SignIn(answer.into())]
            }
            Wish::LetGo => {
                self.layers.pop();
                vec![Effect::LetGoOfSignIn]
            }
        }
    }

    /// Pasted text goes into the answer.
    pub(super) fn sign_in_paste(&mut self, text: &str) {
        let Some(signing_in) = self.signing_in() else { return };
        if signing_in.stage != SignInStage::Waiting {
            text.chars().for_each(|letter| signing_in.answer.push(letter));
        }
    }

    /// A login command said something.
    pub(super) fn sign_in_said(&mut self, remark: String) {
        let Some(signing_in) = self.signing_in() else { return };
        signing_in.remarks.push(remark);
        let surplus = signing_in.remarks.len().saturating_sub(REMARKS);
        signing_in.remarks.drain(..surplus);
    }

    /// A login has ended.
    pub(super) fn signed_in(&mut self, outcome: Result<(), Trouble>) -> Vec<Effect> {
        let Some(signing_in) = self.signing_in() else { return Vec::new() };
        if let Err(trouble) = outcome {
            signing_in.stage = SignInStage::Typing(Some(trouble));
            return Vec::new();
        }
        let words = format!("logged in to vault by {}; looking again at everything", signing_in.way.name);
        self.layers.pop();
        self.say(words, Role::Ok);
        vec![Effect::RefreshAll]
    }

    fn signing_in(&mut self) -> Option<&mut SigningIn> {
        match self.layers.last_mut() {
            Some(Layer::SignIn(signing_in)) => Some(signing_in),
            _ => None,
        }
    }
}
