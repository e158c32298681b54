//! A theme as its file says it. One that inherits another says only what differs, field by field.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::model::trouble::Trouble;

use super::{Depth, Role};

/// Themes that may stand one upon the other; more are taken for a ring.
const LONGEST_LINE: usize = 8;

/// A file, read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ThemeFile {
    /// Name as settings write it.
    pub name: String,
    /// The theme that it changes.
    #[serde(default)]
    inherits: Option<String>,
    /// The background that it is made for.
    #[serde(default, deserialize_with = "colour")]
    pub on: Option<Color>,
    #[serde(default)]
    roles: BTreeMap<Role, Spec>,
}

/// What a file says of one role.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
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
    bold: Option<bool>,
    dim: Option<bool>,
    italic: Option<bool>,
    underline: Option<bool>,
    reversed: Option<bool>,
}

impl ThemeFile {
    /// Reads a file and those it inherits, whose texts `find` knows by name.
    pub(super) fn read<'a>(text: &str, find: &impl Fn(&str) -> Option<&'a str>) -> Result<Self, Trouble> {
        let mut file = Self::alone(text)?;
        for _ in 0..LONGEST_LINE {
            let Some(name) = file.inherits.take() else { return Ok(file) };
            let below = find(&name)
                .ok_or_else(|| cannot_read(format!("it inherits `{name}`, and there is no such theme")))?;
            file = file.over(Self::alone(below)?);
        }
        Err(cannot_read("the themes it inherits go round in a ring"))
    }

    fn alone(text: &str) -> Result<Self, Trouble> {
        toml::from_str(text).map_err(cannot_read)
    }

    fn over(self, below: Self) -> Self {
        let mut roles = below.roles;
        for (role, spec) in self.roles {
            let under = roles.get(&role).copied().unwrap_or_default();
            roles.insert(role, spec.over(under));
        }
        Self { name: self.name, inherits: below.inherits, on: self.on.or(below.on), roles }
    }

    /// The style of each role that is named, on a terminal of a depth.
    pub(super) fn styles(&self, depth: Depth) -> BTreeMap<Role, Style> {
        self.roles.iter().map(|(role, spec)| (*role, spec.style(*role, depth))).collect()
    }
}

impl Spec {
    fn over(self, under: Self) -> Self {
        Self {
            fg: self.fg.or(under.fg),
            bg: self.bg.or(under.bg),
            ansi: self.ansi.or(under.ansi),
            ansi_bg: self.ansi_bg.or(under.ansi_bg),
            bold: self.bold.or(under.bold),
            dim: self.dim.or(under.dim),
            italic: self.italic.or(under.italic),
            underline: self.underline.or(under.underline),
            reversed: self.reversed.or(under.reversed),
        }
    }

    fn style(&self, role: Role, depth: Depth) -> Style {
        let bg = depth.shows(self.bg, self.ansi_bg);
        let style = Style { fg: depth.shows(self.fg, self.ansi), bg, ..Style::new() };
        // What is marked by a background that cannot be shown is turned round.
        let unmarked = self.bg.is_some() && bg.is_none() && role != Role::Background;
        style.add_modifier(self.modifiers(unmarked))
    }

    fn modifiers(&self, unmarked: bool) -> Modifier {
        let wanted = [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.italic, Modifier::ITALIC),
            (self.underline, Modifier::UNDERLINED),
            (self.reversed.or(unmarked.then_some(true)), Modifier::REVERSED),
        ];
        wanted.into_iter().filter(|(on, _)| *on == Some(true)).map(|(_, modifier)| modifier).collect()
    }
}

fn cannot_read(because: impl std::fmt::Display) -> Trouble {
    Trouble::new("cannot read the theme").because(because)
}

fn colour<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Color>, D::Error> {
    let word = String::deserialize(deserializer)?;
    word.parse().map(Some).map_err(|_| D::Error::custom(format!("`{word}` is no colour")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BELOW: &str =
        "name = \"below\"\non = \"#ffffff\"\n[roles]\nwarn = { fg = \"#ff0000\", bold = true }";

    fn read(text: &str) -> Result<ThemeFile, Trouble> {
        let ring = "name = \"ring\"\ninherits = \"ring\"\n[roles]";
        ThemeFile::read(text, &|name| match name {
            "below" => Some(BELOW),
            "ring" => Some(ring),
            _ => None,
        })
    }

    #[test]
    fn a_theme_that_inherits_says_only_what_differs() {
        let file = read("name = \"t\"\ninherits = \"below\"\n[roles]\nwarn = { fg = \"#00ff00\" }").unwrap();
        let warn = file.styles(Depth::True)[&Role::Warn];
        assert_eq!((warn.fg, warn.add_modifier), (Some(Color::Rgb(0, 255, 0)), Modifier::BOLD));
        assert_eq!((file.name.as_str(), file.on), ("t", Some(Color::Rgb(255, 255, 255))));
    }

    #[test]
    fn themes_that_inherit_each_other_or_nobody_are_refused() {
        let because = |text: &str| read(text).unwrap_err().because.unwrap();
        assert!(because("name = \"t\"\ninherits = \"ring\"\n[roles]").contains("ring"));
        assert!(because("name = \"t\"\ninherits = \"none\"\n[roles]").contains("`none`"));
    }

    #[test]
    fn a_background_that_cannot_be_shown_is_told_by_turning_round() {
        let file = read("name = \"t\"\n[roles]\nselected = { bg = \"#102030\" }").unwrap();
        assert_eq!(file.styles(Depth::Sixteen)[&Role::Selected].add_modifier, Modifier::REVERSED);
        assert_eq!(file.styles(Depth::True)[&Role::Selected].add_modifier, Modifier::empty());
    }
}
