//! The palette: everything that can be gone to or asked for, found by a few letters. It goes where a key would go and opens
//! what a key would open; what changes the world stands behind the same plan and the same question.
//!
//! ```text
//! `:` ─▶ typed letters ─▶ offers, likeliest first ─enter─▶ a view, a host, a secret, the form of an action, a theme, a key
//! ```

use std::cmp::Reverse;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::model::runbook::Runbook;
use crate::tui::fuzzy;
use crate::tui::keymap::{Action, Binding, Chord, Context};
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::views;
use crate::tui::widgets::cursor::Cursor;
use crate::tui::widgets::sheet::SheetState;

use super::{App, Effect, Layer, VIEWS, View};

/// The palette while it is open.
#[derive(Debug, Clone, Default)]
pub struct Palette {
    /// Typed so far.
    pub typed: String,
    /// Where the cursor is among the offers.
    pub cursor: Cursor,
    /// What could be asked for where it was opened, and the key that asks for it there.
    keys: Vec<(Action, Option<Chord>)>,
    /// The themes, once they are read.
    themes: Vec<Theme>,
}

/// What an offer is one of, in the order in which equal ones are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is told by its word")]
pub enum Kind {
    View,
    Action,
    Host,
    Secret,
    Key,
    Theme,
}

/// Where an offer leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// A view.
    View(View),
    /// The form or the plan of a guided action, by its id.
    Open(String),
    /// The page of a host.
    Host(String),
    /// A secret by its path.
    Secret(String),
    /// What a key asks for.
    Ask(Action),
    /// A theme by its name.
    Theme(String),
}

/// One thing that can be chosen.
#[derive(Debug, Clone)]
pub struct Offer {
    /// What it is one of.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub doc: String,
    /// The key that does the same.
    pub key: String,
    /// Where it leads.
    pub goal: Goal,
    /// Letters of the name that were typed.
    pub at: Vec<usize>,
    score: i32,
}

impl Kind {
    /// Its word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Action => "action",
            Self::Host => "host",
            Self::Secret => "secret",
            Self::Key => "key",
            Self::Theme => "theme",
        }
    }
}

impl Offer {
    fn new(kind: Kind, name: impl Into<String>, doc: impl Into<String>, goal: Goal) -> Self {
        let (name, doc) = (name.into(), doc.into());
        Self { kind, name, doc, key: String::new(), goal, at: Vec::new(), score: 0 }
    }

    fn with_key(mut self, key: Option<&Chord>) -> Self {
        self.key = key.map(ToString::to_string).unwrap_or_default();
        self
    }

    /// The offer as the typed letters fit it: best in its name, else word by word in what it is for.
    fn fitted(mut self, typed: &str) -> Option<Self> {
        if let Some(found) = fuzzy::find(typed, &self.name) {
            (self.score, self.at) = (found.score, found.at);
            return Some(self);
        }
        let told = format!("{} {} {}", self.kind.word(), self.name, self.doc).to_lowercase();
        typed.split_whitespace().all(|word| told.contains(&word.to_lowercase())).then_some(self)
    }
}

impl Palette {
    /// The themes are read.
    pub(super) fn know_themes(&mut self, themes: Vec<Theme>) {
        self.themes = themes;
    }

    /// Pasted text is typed.
    pub(super) fn paste(&mut self, text: &str) {
        self.typed.push_str(&text::in_one_line(text));
        self.cursor.set(0);
    }

    fn edit(&mut self, code: KeyCode, control: bool) {
        match code {
            KeyCode::Char('u') if control => self.typed.clear(),
            KeyCode::Char(letter) if !control => self.typed.push(letter),
            KeyCode::Backspace => _ = self.typed.pop(),
            _ => return,
        }
        self.cursor.set(0);
    }
}

impl App {
    /// Opens it; the runbooks are read when they are first wanted.
    pub(super) fn open_palette(&mut self) -> Vec<Effect> {
        let palette = Palette { keys: self.askable(), ..Palette::default() };
        self.layers.push(Layer::Palette(Box::new(palette)));
        let mut effects = self.wants_shelf();
        effects.push(Effect::LoadThemes);
        effects
    }

    /// Everything that the typed letters fit, likeliest first.
    pub(in crate::tui) fn offers(&self, palette: &Palette) -> Vec<Offer> {
        let all = self.places().into_iter().chain(self.asked_by_keys(palette)).chain(self.looks(palette));
        let mut offers: Vec<_> = all.filter_map(|offer| offer.fitted(&palette.typed)).collect();
        let likeliest = |offer: &Offer| (Reverse(offer.score), offer.kind);
        if palette.typed.is_empty() {
            offers.sort_by_key(|offer| offer.kind);
        } else {
            offers.sort_by_key(|offer| (likeliest(offer), offer.name.len()));
        }
        offers
    }

    /// A key while it is in front.
    pub(super) fn palette_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let Some(Layer::Palette(palette)) = self.layers.last() else { return Vec::new() };
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if control => return self.leave(),
            KeyCode::Esc => _ = self.layers.pop(),
            KeyCode::Backspace if palette.typed.is_empty() => _ = self.layers.pop(),
            KeyCode::Enter => return self.chosen_offer(),
            code => self.edit_palette(code, control),
        }
        Vec::new()
    }

    fn edit_palette(&mut self, code: KeyCode, control: bool) {
        let Some(Layer::Palette(palette)) = self.layers.last() else { return };
        let offers = self.offers(palette).len();
        let Some(Layer::Palette(palette)) = self.layers.last_mut() else { return };
        match moving(code, control) {
            Some(action) => _ = palette.cursor.moved(action, offers),
            None => palette.edit(code, control),
        }
    }

    fn chosen_offer(&mut self) -> Vec<Effect> {
        let Some(Layer::Palette(palette)) = self.layers.last() else { return Vec::new() };
        let mut offers = self.offers(palette);
        if offers.is_empty() {
            return Vec::new();
        }
        let offer = offers.swap_remove(palette.cursor.among(offers.len()));
        let Some(Layer::Palette(palette)) = self.layers.pop() else { return Vec::new() };
        match offer.goal {
            Goal::View(view) => self.go_to(view),
            Goal::Host(name) => {
                let effects = self.go_to(View::Hosts);
                self.show_host(name);
                effects
            }
            Goal::Secret(path) => self.go_to_secret(&path),
            Goal::Open(id) => self.open_by_name(&id),
            Goal::Ask(action) => self.act(action),
            Goal::Theme(name) => {
                let theme = palette.themes.into_iter().find(|theme| theme.name == name);
                theme.map_or_else(Vec::new, |theme| self.use_theme(theme))
            }
        }
    }

    fn go_to_secret(&mut self, path: &str) -> Vec<Effect> {
        let effects = self.go_to(View::Secrets);
        let Some((sheet, _)) = self.sheet() else { return effects };
        let Some(fleet) = &self.fleet else { return effects };
        let spec = fleet.deployment.secrets.iter().find(|spec| spec.path == path);
        if let Some(spec) = spec {
            self.secrets = SheetState::at_section(&sheet, &views::secrets::title(spec));
        }
        effects
    }

    /// Views, guided actions, hosts and secrets.
    fn places(&self) -> Vec<Offer> {
        let mut offers: Vec<_> = VIEWS.iter().map(|view| self.view_offer(*view)).collect();
        for Runbook { id, title, .. } in self.runbooks() {
            offers.push(Offer::new(Kind::Action, id, title, Goal::Open(id.clone())));
        }
        let Some(deployment) = self.deployment() else { return offers };
        for row in self.judged.iter().flat_map(|judged| &judged.hosts) {
            let said = row.said().nth(1).unwrap_or("well");
            offers.push(Offer::new(Kind::Host, &row.name, said, Goal::Host(row.name.clone())));
        }
        for spec in &deployment.secrets {
            offers.push(Offer::new(Kind::Secret, spec.name(), &spec.path, Goal::Secret(spec.path.clone())));
        }
        offers
    }

    fn view_offer(&self, view: View) -> Offer {
        let binding = self.keymap.binding(views::action_of(view));
        let name = binding.and_then(|binding| binding.hint.clone()).unwrap_or_default();
        let doc = binding.map(|binding| binding.doc.clone()).unwrap_or_default();
        Offer::new(Kind::View, name, doc, Goal::View(view))
            .with_key(binding.and_then(|binding| binding.keys.first()))
    }

    fn asked_by_keys(&self, palette: &Palette) -> Vec<Offer> {
        let offer = |(action, key): &(Action, Option<Chord>)| {
            let doc = &self.keymap.binding(*action)?.doc;
            let name = action.to_string().replace('-', " ");
            Some(Offer::new(Kind::Key, name, doc, Goal::Ask(*action)).with_key(key.as_ref()))
        };
        palette.keys.iter().filter_map(offer).collect()
    }

    fn looks(&self, palette: &Palette) -> Vec<Offer> {
        let mut names: Vec<_> = palette.themes.iter().map(|theme| theme.name.as_str()).collect();
        names.sort_unstable();
        let doc = |name: &str| if name == self.theme().name { "in use" } else { "" };
        names
            .into_iter()
            .map(|name| Offer::new(Kind::Theme, name, doc(name), Goal::Theme(name.to_owned())))
            .collect()
    }

    /// What can be asked for where you are, without what only moves, and the key that asks for it here, where one does.
    fn askable(&self) -> Vec<(Action, Option<Chord>)> {
        let (contexts, hinted) = (self.contexts(), self.hinted());
        let here = |binding: &&Binding| {
            let known = hinted.contains(&binding.context)
                || (binding.action == Action::Filter && contexts.contains(&Context::Table));
            known && !binding.action.only_moves() && self.makes_sense(binding.action)
        };
        let views = VIEWS.map(views::action_of);
        let bindings = self.keymap.bindings().iter().filter(here);
        let asked = bindings.filter(|binding| !views.contains(&binding.action));
        asked.map(|binding| (binding.action, self.keymap.key_here(binding, contexts).copied())).collect()
    }
}

/// The keys that move in a list whose letters are typed.
fn moving(code: KeyCode, control: bool) -> Option<Action> {
    match code {
        KeyCode::Down | KeyCode::Tab => Some(Action::Down),
        KeyCode::Up | KeyCode::BackTab => Some(Action::Up),
        KeyCode::PageDown => Some(Action::PageDown),
        KeyCode::PageUp => Some(Action::PageUp),
        KeyCode::Char('n' | 'j') if control => Some(Action::Down),
        KeyCode::Char('p' | 'k') if control => Some(Action::Up),
        _ => None,
    }
}
