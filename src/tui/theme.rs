//! What things look like: a theme gives a style to each meaning, never to a widget. A meaning that a theme leaves out
//! looks like its parent, so an old theme file stays whole when a meaning is added.
//!
//! ```text
//! themes/*.toml ──read──▶ spec per role ──Depth──▶ Style per role ──Theme::style(role)──▶ a cell
//! ```

mod depth;

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::model::trouble::Trouble;
use crate::model::verdict::Health;

pub use depth::Depth;

/// What a piece of the screen means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
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
            Self::Text => None,
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
    styles: BTreeMap<Role, Style>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeFile {
    name: String,
    roles: BTreeMap<Role, Spec>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Spec {
    #[serde(deserialize_with = "colour")]
    fg: Option<Color>,
    #[serde(deserialize_with = "colour")]
    bg: Option<Color>,
    #[serde(deserialize_with = "colour")]
    ansi: Option<Color>,
    #[serde(deserialize_with = "colour")]
    ansi_bg: Option<Color>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    reversed: bool,
}

/// The themes compiled into the binary, as their files say them.
const BUILT_IN: [(&str, &str); 3] = [
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    (COLOURLESS, include_str!("../../themes/mono.toml")),
];

/// The theme of a terminal without colour.
const COLOURLESS: &str = "mono";

impl Theme {
    /// Every theme that comes with the binary, at a depth; a terminal without colour gets only the one without.
    pub fn built_in(depth: Depth) -> Vec<Self> {
        let suits = |name: &str| depth != Depth::Mono || name == COLOURLESS;
        let all = BUILT_IN.iter().filter(|(name, _)| suits(name));
        all.filter_map(|(_, text)| Self::read(text, depth).ok()).collect()
    }

    /// One of them, without reading the others; `None` where there is none of that name.
    pub fn named(wanted: &str, depth: Depth) -> Option<Self> {
        let wanted = if depth == Depth::Mono { COLOURLESS } else { wanted };
        let (_, text) = BUILT_IN.iter().find(|(name, _)| *name == wanted)?;
        Self::read(text, depth).ok()
    }

    /// Reads a theme file.
    ///
    /// # Errors
    /// Trouble naming the line that is not understood.
    pub fn read(text: &str, depth: Depth) -> Result<Self, Trouble> {
        let file: ThemeFile =
            toml::from_str(text).map_err(|error| Trouble::new("cannot read the theme").because(error))?;
        let styles = file.roles.iter().map(|(role, spec)| (*role, spec.style(depth))).collect();
        Ok(Self { name: file.name, styles })
    }

    /// How a meaning looks.
    pub fn style(&self, role: Role) -> Style {
        match (self.styles.get(&role), role.parent()) {
            (Some(style), _) => *style,
            (None, Some(parent)) => self.style(parent),
            (None, None) => Style::new(),
        }
    }
}

impl Spec {
    fn style(&self, depth: Depth) -> Style {
        let style = Style {
            fg: depth.shows(self.fg, self.ansi),
            bg: depth.shows(self.bg, self.ansi_bg),
            ..Style::new()
        };
        style.add_modifier(self.modifiers(depth))
    }

    fn modifiers(&self, depth: Depth) -> Modifier {
        // Without colours a background cannot mark anything, so what had one is reversed.
        let reversed = self.reversed || (depth == Depth::Mono && self.bg.is_some());
        let wanted = [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.italic, Modifier::ITALIC),
            (self.underline, Modifier::UNDERLINED),
            (reversed, Modifier::REVERSED),
        ];
        wanted.into_iter().filter(|(on, _)| *on).map(|(_, modifier)| modifier).collect()
    }
}

fn colour<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Color>, D::Error> {
    let word = String::deserialize(deserializer)?;
    word.parse().map(Some).map_err(|_| D::Error::custom(format!("`{word}` is no colour")))
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
        assert_eq!(Theme::built_in(Depth::True).len(), BUILT_IN.len());
    }

    #[test]
    fn a_role_that_a_theme_leaves_out_looks_like_its_parent() {
        let theme = Theme::read("name = \"t\"\n[roles]\nwarn = { fg = \"#ff0000\" }", Depth::True).unwrap();
        assert_eq!(theme.style(Role::Danger), theme.style(Role::Warn));
        assert_eq!(theme.style(Role::Muted), Style::new());
    }

    #[test]
    fn a_terminal_without_colour_is_given_none() {
        for theme in Theme::built_in(Depth::Mono) {
            assert_eq!((theme.style(Role::Bad).fg, theme.style(Role::Selected).bg), (None, None));
        }
    }

    #[test]
    fn an_unknown_role_is_named_in_the_trouble() {
        let trouble = Theme::read("name = \"t\"\n[roles]\nbda = {}", Depth::True).unwrap_err();
        assert!(trouble.because.unwrap().contains("bda"));
    }
}
