//! Themes and other choices read and kept beside the loop, which goes on meanwhile.

use crate::config;
use crate::model::trouble::Trouble;
use crate::tui::app::{Effect, Message};
use crate::tui::theme::{Depth, Shelf, Theme};

use super::{Console, Mail};

impl Console {
    /// Hands on what is wanted of themes; gives back what is not.
    pub(super) fn theming(&mut self, effect: Effect) -> Option<Effect> {
        let depth = self.depth;
        match effect {
            Effect::LoadThemes => self.in_background(move || Message::Themes(shelf(depth))),
            Effect::KeepTheme(name) => {
                self.keep_choice(
                    move || config::keep_theme(&name),
                    |trouble| Message::OwnTheme(Err(trouble)),
                );
            }
            Effect::KeepChoices(choices) => {
                self.keep_choice(move || config::keep_choices(&choices), Message::Failed);
            }
            effect => return Some(effect),
        }
        None
    }

    /// The theme that was chosen last is none of the binary's.
    pub(super) fn find_own_theme(&self, name: String) {
        let depth = self.depth;
        self.in_background(move || Message::OwnTheme(own(&name, depth).map(Box::new)));
    }

    /// A choice holds for this evening in any case; only what cannot be kept is told.
    pub(super) fn keep_choice(
        &self,
        keep: impl FnOnce() -> Result<(), Trouble> + Send + 'static,
        failed: impl FnOnce(Trouble) -> Message + Send + 'static,
    ) {
        let sender = self.sender.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(trouble) = keep() {
                let _ = sender.blocking_send(Mail::Message(failed(trouble)));
            }
        });
    }
}

fn shelf(depth: Depth) -> Shelf {
    Shelf::of(config::own_themes(config::theme_folder().as_deref()), depth)
}

fn own(name: &str, depth: Depth) -> Result<Theme, Trouble> {
    let Shelf { themes, troubles } = shelf(depth);
    let found = themes.into_iter().find(|theme| theme.name == name);
    found.ok_or_else(|| {
        let trouble = Trouble::new(format!("there is no theme {name} any more"));
        troubles.first().map_or(trouble.clone(), |faulty| trouble.because(faulty.in_one_line()))
    })
}
