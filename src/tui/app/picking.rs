//! Choosing a theme: the whole screen looks like the one under the cursor; enter keeps it, esc goes back to the one before.
//!
//! ```text
//! T ─▶ Effect::LoadThemes ─▶ Message::Themes ─▶ move … ─enter─▶ Effect::KeepTheme
//! ```

use crossterm::event::KeyEvent;

use crate::model::trouble::Trouble;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::{Role, Shelf, Theme};
use crate::tui::widgets::cursor::Cursor;

use super::{App, Effect, Layer};

/// The list of themes in front of a view; it lives as long as it is open.
#[derive(Debug, Clone, Default)]
pub struct Picking {
    /// The themes, once they are read.
    pub shelf: Option<Shelf>,
    /// The theme looked at.
    pub cursor: Cursor,
}

impl Picking {
    /// The theme under the cursor.
    pub fn theme(&self) -> Option<&Theme> {
        let themes = &self.shelf.as_ref()?.themes;
        themes.get(self.cursor.among(themes.len()))
    }
}

impl App {
    pub(super) fn pick_theme(&mut self) -> Vec<Effect> {
        self.layers.push(Layer::Themes(Picking::default()));
        vec![Effect::LoadThemes]
    }

    /// Every theme is read; the list opens at the one in use.
    pub(super) fn know_themes(&mut self, read: Shelf) {
        let in_use = read.themes.iter().position(|theme| theme.name == self.theme.name);
        match self.layers.last_mut() {
            Some(Layer::Themes(picking)) => {
                picking.cursor.set(in_use.unwrap_or(0));
                picking.shelf = Some(read);
            }
            Some(Layer::Palette(palette)) => palette.know_themes(read.themes),
            _ => {}
        }
    }

    /// The theme of an earlier evening is one of the operator's own, and could be read only now.
    pub(super) fn use_own_theme(&mut self, read: Result<Box<Theme>, Trouble>) {
        match read {
            Ok(theme) => self.theme = *theme,
            Err(trouble) => {
                let words = trouble.in_one_line();
                self.say(words, Role::Warn);
            }
        }
    }

    /// A key while the list is in front.
    pub(super) fn theme_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let action = self.keymap.action(key, &[Context::Table, Context::Global]);
        match action {
            Some(Action::Why) => return self.keep_theme(),
            Some(Action::Quit) => return self.leave(),
            Some(Action::Back | Action::Close | Action::Theme) => _ = self.layers.pop(),
            Some(moving) => self.theme_moved(moving),
            None => {}
        }
        Vec::new()
    }

    fn theme_moved(&mut self, action: Action) {
        let Some(Layer::Themes(picking)) = self.layers.last_mut() else { return };
        let count = picking.shelf.as_ref().map_or(0, |shelf| shelf.themes.len());
        picking.cursor.moved(action, count);
    }

    fn keep_theme(&mut self) -> Vec<Effect> {
        let Some(Layer::Themes(picking)) = self.layers.pop() else { return Vec::new() };
        let Some(theme) = picking.theme().cloned() else { return Vec::new() };
        self.use_theme(theme)
    }

    pub(super) fn use_theme(&mut self, theme: Theme) -> Vec<Effect> {
        self.theme = theme;
        self.say(format!("theme {}", self.theme.name), Role::Muted);
        vec![Effect::KeepTheme(self.theme.name.clone())]
    }

    /// The theme in use, or the one being looked at.
    pub(in crate::tui) fn theme(&self) -> &Theme {
        let looked_at = self.layers.iter().find_map(|layer| match layer {
            Layer::Themes(picking) => picking.theme(),
            _ => None,
        });
        looked_at.unwrap_or(&self.theme)
    }
}
