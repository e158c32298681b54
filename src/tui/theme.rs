//! What things look like: a theme gives a style to each meaning, never to a widget. A meaning that a theme leaves out
//! looks like its parent, so an old theme file stays whole when a meaning is added.
//!
//! ```text
//! themes/*.toml ──read──▶ spec per role ──Depth──▶ Style per role ──Theme::style(role)──▶ a cell
//! ```

#[cfg(test)]
mod contrast;
mod depth;
mod file;
mod shelf;

use std::collections::BTreeMap;

use ratatui::style::{Color, Style};
use serde::Deserialize;

use crate::model::trouble::Trouble;
use crate::model::verdict::Health;

use file::ThemeFile;
use shelf::{BUILT_IN, COLOURLESS};

pub use depth::Depth;
pub use shelf::{OwnFile, Shelf};

/// What a piece of the screen means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The whole screen; a theme that does not name it leaves the terminal's own.
    Background,
    /// Plain text; the parent of everything.
    Text,
    /// What may be overlooked.
    Muted,
    /// Names of fields and columns.
    Label,
    /// Headings.
    Title,
    /// The one colour that draws the eye without alarm.
    Accent,
    /// Keys that can be pressed.
    Key,
    /// Lines around things.
    Border,
    /// As it should be.
    Ok,
    /// On its way.
    Busy,
    /// Not measured.
    Unknown,
    /// Will hurt later.
    Warn,
    /// Hurts now.
    Bad,
    /// Production, and what cannot be taken back.
    Danger,
    /// Where the cursor is.
    Selected,
    /// Text that was searched for.
    Match,
}

impl Role {
    /// Whose look this role takes when a theme says nothing about it.
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::Background | Self::Text => None,
            Self::Muted | Self::Title | Self::Accent | Self::Ok | Self::Selected => Some(Self::Text),
            Self::Label | Self::Border | Self::Unknown => Some(Self::Muted),
            Self::Key | Self::Busy | Self::Warn => Some(Self::Accent),
            Self::Bad => Some(Self::Warn),
            Self::Danger => Some(Self::Bad),
            Self::Match => Some(Self::Selected),
        }
    }

    /// The role of words that say how something is.
    pub fn of(health: Health) -> Self {
        match health {
            Health::Ok => Self::Text,
            Health::Busy => Self::Busy,
            Health::Unknown => Self::Unknown,
            Health::Warn => Self::Warn,
            Health::Bad => Self::Bad,
        }
    }
}

/// A style for every role, at the depth of the terminal in use.
#[derive(Debug, Clone)]
pub struct Theme {
    /// Name as files and settings write it.
    pub name: String,
    on: Option<Color>,
    styles: BTreeMap<Role, Style>,
}

impl Theme {
    /// A theme that comes with the binary, without reading the others; `None` where there is none of that name. A terminal
    /// without colour gets the one without.
    pub fn named(wanted: &str, depth: Depth) -> Option<Self> {
        let wanted = if depth == Depth::Mono { COLOURLESS } else { wanted };
        Self::read(built_in(wanted)?, depth).ok()
    }

    /// Reads a theme file, and what it inherits.
    ///
    /// # Errors
    /// Trouble naming the line that is not understood.
    pub fn read(text: &str, depth: Depth) -> Result<Self, Trouble> {
        let file = ThemeFile::read(text, &built_in)?;
        Ok(Self { styles: file.styles(depth), name: file.name, on: file.on })
    }

    /// How a meaning looks.
    pub fn style(&self, role: Role) -> Style {
        match (self.styles.get(&role), role.parent()) {
            (Some(style), _) => *style,
            (None, Some(parent)) => self.style(parent),
            (None, None) => Style::new(),
        }
    }

    /// The background it is made for, where its file names one.
    pub fn on(&self) -> Option<Color> {
        self.on
    }
}

/// The text of a theme that comes with the binary.
fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_theme_that_comes_with_the_binary_can_be_read() {
        for (name, text) in BUILT_IN {
            assert_eq!(Theme::read(text, Depth::True).unwrap().name, name);
            assert_eq!(Theme::named(name, Depth::Mono).unwrap().name, COLOURLESS);
        }
        assert_eq!(Shelf::of(Vec::new(), Depth::True).themes.len(), BUILT_IN.len());
    }

    #[test]
    fn a_role_that_a_theme_leaves_out_looks_like_its_parent() {
        let theme = Theme::read("name = \"t\"\n[roles]\nwarn = { fg = \"#ff0000\" }", Depth::True).unwrap();
        assert_eq!(theme.style(Role::Danger), theme.style(Role::Warn));
        assert_eq!(theme.style(Role::Muted), Style::new());
    }

    #[test]
    fn a_terminal_without_colour_is_given_none() {
        for theme in Shelf::of(Vec::new(), Depth::Mono).themes {
            assert_eq!((theme.style(Role::Bad).fg, theme.style(Role::Selected).bg), (None, None));
        }
    }

    #[test]
    fn an_unknown_role_is_named_in_the_trouble() {
        let trouble = Theme::read("name = \"t\"\n[roles]\nbda = {}", Depth::True).unwrap_err();
        assert!(trouble.because.unwrap().contains("bda"));
    }
}
