//! The page of one secret: its versions, two of them side by side, and a value that is shown or copied for seconds.
//!
//! ```text
//! enter ─▶ Effect::Compare ─▶ Message::Compared ─▶ key by key, masked
//! enter, y on a key ─▶ question ─▶ Effect::ReadValue ─▶ Message::ValueRead ─▶ Revealed 10 s, or Effect::Copy … ClearClipboard
//! ```

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::model::comparison::Comparison;
use crate::model::facts::SecretFacts;
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::model::verdict::Health;
use crate::tui::filter::Filter;
use crate::tui::selection::Selection;
use crate::tui::terminal::MOST_COPIED;
use crate::tui::theme::Role;
use crate::tui::widgets::sheet::SheetState;

use super::masked::Answer;
use super::question::{Asks, Question};
use super::{App, Effect, Layer, View};

/// How long a value is shown, in seconds.
const SHOWN_SECONDS: u64 = 10;
/// How long a copied value stays in the clipboard, in seconds.
const COPIED_SECONDS: i64 = 30;

/// The page.
#[derive(Debug, Clone)]
pub struct SecretPage {
    /// Path below the mount.
    pub path: String,
    /// The versions to compare, the one chosen first in front.
    pub chosen: Vec<u64>,
    /// What was found.
    pub looked: Looked,
    /// Where the cursor is.
    pub state: SheetState,
    number: u64,
}

/// How far a comparison is.
#[derive(Debug, Clone, PartialEq)]
pub enum Looked {
    /// Nobody has asked for it.
    Not,
    /// Both versions are being read.
    Reading,
    /// It is made, or cannot be.
    Seen(Result<Comparison, Trouble>),
}

/// One value that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueWanted {
    /// Path of the secret.
    pub path: String,
    /// Version to read.
    pub version: u64,
    /// The key.
    pub key: String,
    /// Whether it goes to the clipboard; else it is shown.
    pub copied: bool,
}

/// A question about a value: which versions have it, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueAsked {
    path: String,
    key: String,
    versions: Vec<u64>,
    copied: bool,
}

/// What a terminal holds that we sent.
#[derive(Debug, Clone, Copy)]
pub struct Copied {
    /// When it is cleared.
    pub until: Timestamp,
}

impl SecretPage {
    fn of(facts: &SecretFacts, version: Option<u64>, number: u64) -> Self {
        let newest = version.filter(|version| *version != facts.current).unwrap_or_else(|| {
            facts.versions.keys().copied().filter(|version| *version < facts.current).max().unwrap_or(0)
        });
        let chosen = [newest, facts.current].into_iter().filter(|version| *version > 0).collect();
        let state = SheetState::default();
        Self { path: facts.path.clone(), chosen, looked: Looked::Not, state, number }
    }

    /// The two versions to compare, older first.
    pub fn pair(&self) -> Option<(u64, u64)> {
        let [one, other] = self.chosen.as_slice() else { return None };
        Some((*one.min(other), *one.max(other)))
    }

    /// The one that was chosen first makes way.
    fn choose(&mut self, version: u64) {
        if self.chosen.contains(&version) {
            return;
        }
        if self.chosen.len() > 1 {
            self.chosen.remove(0);
        }
        self.chosen.push(version);
        self.looked = Looked::Not;
    }
}

impl App {
    /// Opens the page of what is selected among the secrets; says whether it did. What is not well is explained first.
    pub(super) fn open_secret(&mut self, selection: &Selection) -> bool {
        let Some(Subject::Secret(path)) = selection.subjects.first() else { return false };
        let well = selection.verdict.as_ref().is_none_or(|verdict| verdict.health == Health::Ok);
        if self.view != View::Secrets || !self.layers.is_empty() || !(well || selection.version.is_some()) {
            return false;
        }
        let subject = Subject::Secret(path.clone());
        let facts = self.fleet.as_ref().and_then(|fleet| fleet.last::<SecretFacts>(&subject));
        let Some(page) = facts.map(|facts| SecretPage::of(facts.facts, selection.version, self.pages + 1))
        else {
            return false;
        };
        self.pages += 1;
        self.filter = Filter::default();
        self.layers.push(Layer::Secret(page));
        true
    }

    /// The version under the cursor becomes one of the two.
    pub(super) fn choose_version(&mut self) {
        let version = self.selection().version;
        if let (Some(Layer::Secret(page)), Some(version)) = (self.layers.last_mut(), version) {
            page.choose(version);
        }
    }

    /// Reads both versions; on a key, asks whether its value is shown.
    pub(super) fn look_into_secret(&mut self) -> Vec<Effect> {
        if self.selection().key.is_some() {
            self.ask_for_value(false);
            return Vec::new();
        }
        let Some(Layer::Secret(page)) = self.layers.last_mut() else { return Vec::new() };
        let Some((older, newer)) = page.pair().filter(|_| page.looked != Looked::Reading) else {
            return Vec::new();
        };
        page.looked = Looked::Reading;
        vec![Effect::Compare { number: page.number, path: page.path.clone(), older, newer }]
    }

    /// Two versions were held against each other.
    pub(super) fn compared(&mut self, number: u64, comparison: Result<Comparison, Trouble>) {
        let Some(page) = self.secret_page(number) else { return };
        let still_wanted =
            |comparison: &Comparison| page.pair() == Some((comparison.older, comparison.newer));
        if page.looked == Looked::Reading && comparison.as_ref().map_or(true, still_wanted) {
            page.looked = Looked::Seen(comparison);
        }
    }

    /// Copies the value that is shown, or asks whether the one under the cursor is copied.
    pub(super) fn copy_value(&mut self) -> Vec<Effect> {
        match &self.layers[..] {
            // asked anew: who shows a value to himself has not said that a terminal may keep it
            [.., Layer::Secret(_), Layer::Revealed(_)] => _ = self.layers.pop(),
            [.., Layer::Revealed(revealed)] => {
                let (title, value) = (revealed.title.clone(), revealed.value.clone());
                return self.copy_secret(&title, value);
            }
            _ => {}
        }
        self.ask_for_value(true);
        Vec::new()
    }

    fn ask_for_value(&mut self, copied: bool) {
        if self.reveals_nothing() {
            return;
        }
        let selection = self.selection();
        let Some(Layer::Secret(page)) = self.layers.last() else { return };
        let (Some(key), Looked::Seen(Ok(seen))) = (selection.key, &page.looked) else { return };
        let Some(pair) = seen.keys.iter().find(|pair| pair.key == key) else { return };
        let newer = pair.newer.as_ref().map(|_| seen.newer);
        let versions: Vec<_> = newer.into_iter().chain(pair.older.as_ref().map(|_| seen.older)).collect();
        let asked = ValueAsked { path: page.path.clone(), key, versions, copied };
        self.layers.push(Layer::Question(Box::new(asked.question())));
    }

    /// The question is answered: the value is read.
    pub(super) fn value_asked(&mut self, asked: &ValueAsked, answer: usize) -> Vec<Effect> {
        let version = answer.checked_sub(1).and_then(|place| asked.versions.get(place).copied());
        let (Some(version), Some(Layer::Secret(page))) = (version, self.layers.last()) else {
            return Vec::new();
        };
        let wanted =
            ValueWanted { path: asked.path.clone(), version, key: asked.key.clone(), copied: asked.copied };
        vec![Effect::ReadValue(page.number, wanted)]
    }

    /// A value was read. Where its page was closed meanwhile, nobody wants it any more.
    pub(super) fn value_read(
        &mut self,
        number: u64,
        wanted: &ValueWanted,
        value: Result<SecretString, Trouble>,
    ) -> Vec<Effect> {
        if self.secret_page(number).is_none() {
            return Vec::new();
        }
        let title = format!("{} of version {}", wanted.key, wanted.version);
        match value {
            Err(trouble) => self.say(trouble.in_one_line(), Role::Bad),
            Ok(value) if wanted.copied => return self.copy_secret(&title, value),
            Ok(value) => self.revealed(title, value, SHOWN_SECONDS),
        }
        Vec::new()
    }

    /// Whether the profile forbids to show values; then it says so.
    pub(super) fn reveals_nothing(&mut self) -> bool {
        let refused = self.deployment().is_some_and(|deployment| !deployment.reveal);
        if refused {
            self.say("no value is shown or copied: the profile says reveal = \"off\"".to_owned(), Role::Warn);
        }
        refused
    }

    /// What is to be cleared from the clipboard by now.
    pub(super) fn clipboard_due(&mut self) -> Vec<Effect> {
        let due = self.copied.take_if(|copied| copied.until <= self.now).is_some();
        if due { vec![Effect::ClearClipboard] } else { Vec::new() }
    }

    fn copy_secret(&mut self, title: &str, value: SecretString) -> Vec<Effect> {
        if self.reveals_nothing() {
            return Vec::new();
        }
        let length = value.expose_secret().len();
        if length > MOST_COPIED {
            let words = format!(
                "{title} is too long for a terminal's clipboard: {length} bytes, {MOST_COPIED} at most"
            );
            self.say(words, Role::Warn);
            return Vec::new();
        }
        self.copied = Some(Copied { until: self.in_our_seconds(COPIED_SECONDS) });
        let words = format!(
            "{title} sent to your terminal, not verified; its clipboard is cleared in {COPIED_SECONDS}s"
        );
        self.say(words, Role::Accent);
        vec![Effect::Copy(Answer(Some(value)))]
    }

    fn secret_page(&mut self, number: u64) -> Option<&mut SecretPage> {
        self.layers.iter_mut().find_map(|layer| match layer {
            Layer::Secret(page) if page.number == number => Some(page),
            _ => None,
        })
    }
}

impl ValueAsked {
    fn question(self) -> Question {
        let (title, words) = if self.copied {
            let words = format!(
                "any program that reads your clipboard can have it; it is cleared after {COPIED_SECONDS} s"
            );
            (format!("send {} to your terminal's clipboard?", self.key), words)
        } else {
            let words = format!("it stands on this screen for {SHOWN_SECONDS} s; who else can see it?");
            (format!("show {}?", self.key), words)
        };
        let (answers, versions) = match self.versions.as_slice() {
            [newer, older] => (
                vec!["cancel", "the newer", "the older"],
                format!("the newer is version {newer}, the older version {older}"),
            ),
            only => {
                let only = only.first().copied().unwrap_or_default();
                (vec!["cancel", "go on"], format!("of version {only}"))
            }
        };
        let read = format!("{versions}; it is read into memory and wiped after that");
        Question::new(Asks::Value(self), title, answers).saying(read).saying(words).dangerous()
    }
}
