//! The themes there are: those compiled into the binary, and the operator's own.

use crate::model::trouble::Trouble;

use super::{Depth, Theme};

/// The themes of the binary, as their files say them, in the order of the list.
pub(super) const BUILT_IN: [(&str, &str); 9] = [
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.toml")),
    ("colour-blind", include_str!("../../../themes/colour-blind.toml")),
    ("colour-blind-light", include_str!("../../../themes/colour-blind-light.toml")),
    ("solarized-dark", include_str!("../../../themes/solarized-dark.toml")),
    ("solarized-light", include_str!("../../../themes/solarized-light.toml")),
    ("sixteen", include_str!("../../../themes/sixteen.toml")),
    (COLOURLESS, include_str!("../../../themes/mono.toml")),
];

/// The theme of a terminal without colour.
pub(super) const COLOURLESS: &str = "mono";

/// A file of the operator's own: its name, and its text or why it has none.
pub type OwnFile = (String, Result<String, Trouble>);

/// Every theme that suits a terminal.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    /// The themes.
    pub themes: Vec<Theme>,
    /// What is wrong with files that were passed over.
    pub troubles: Vec<Trouble>,
}

impl Shelf {
    /// Those of the binary and the operator's own. A terminal without colour is offered only what needs none.
    pub fn of(own: Vec<OwnFile>, depth: Depth) -> Self {
        let suits = |name: &str| depth != Depth::Mono || name == COLOURLESS;
        let brought = BUILT_IN.iter().filter(|(name, _)| suits(name));
        let themes = brought.filter_map(|(_, text)| Theme::read(text, depth).ok()).collect();
        let mut shelf = Self { themes, troubles: Vec::new() };
        for file in own.into_iter().filter(|_| depth != Depth::Mono) {
            shelf.add(file, depth);
        }
        shelf
    }

    /// The theme of a name.
    pub fn find(&self, name: &str) -> Option<&Theme> {
        self.themes.iter().find(|theme| theme.name == name)
    }

    fn add(&mut self, (file, text): OwnFile, depth: Depth) {
        let read = text.and_then(|text| Theme::read(&text, depth)).and_then(|theme| {
            let taken = self.find(&theme.name).is_some();
            if taken {
                Err(Trouble::new(format!("there is a theme {} already", theme.name)))
            } else {
                Ok(theme)
            }
        });
        match read {
            Ok(theme) => self.themes.push(theme),
            Err(trouble) => {
                self.troubles.push(Trouble { what: format!("{file}: {}", trouble.what), ..trouble });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_faulty_file_is_told_and_passed_over() {
        let own = |name: &str, text: &str| (name.to_owned(), Ok(text.to_owned()));
        let files = vec![
            own("good.toml", "name = \"mine\"\ninherits = \"dark\"\n[roles]"),
            own("bad.toml", "name = \"bad\"\n[roles]\nok = { fg = \"blurple\" }"),
            own("twice.toml", "name = \"dark\"\n[roles]"),
        ];
        let shelf = Shelf::of(files, Depth::True);
        assert!(shelf.find("mine").is_some() && shelf.find("bad").is_none());
        let told: Vec<_> = shelf.troubles.iter().map(Trouble::in_one_line).collect();
        assert!(
            told[0].starts_with("bad.toml: cannot read the theme") && told[0].contains("blurple"),
            "{told:?}"
        );
        assert_eq!(told[1], "twice.toml: there is a theme dark already");
    }
}
