//! A text with `{slots}` and `${SECRETS}` that is not a command: what goes to a child's stdin, into a file on RAM, into a
//! sentence. Braces that do not enclose a slot's name are just braces, so that HCL and JSON can stand in it.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Piece;
use super::words::{is_secret_name, slot_name};

/// A text with places to be filled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// Its pieces, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Names of the plain slots in it.
    pub fn slots(&self) -> BTreeSet<&str> {
        self.pieces.iter().filter_map(Piece::slot).collect()
    }

    /// Names of the secrets in it.
    pub fn secrets(&self) -> BTreeSet<&str> {
        self.pieces.iter().filter_map(Piece::secret).collect()
    }

    /// The same text with those slots filled that have a value; the others stay.
    #[must_use]
    pub fn known<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> Self {
        let piece = |piece: &Piece| match piece {
            Piece::Slot(name) => {
                value(name).map_or_else(|| piece.clone(), |value| Piece::Text(value.to_owned()))
            }
            piece => piece.clone(),
        };
        Self { pieces: self.pieces.iter().map(piece).collect() }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }
}

impl From<&str> for Template {
    fn from(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            let Some((piece, length)) = place(character, rest.as_str()) else {
                plain.push(character);
                continue;
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(piece);
            rest.by_ref().take(length).for_each(drop);
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Self { pieces }
    }
}

/// The place to be filled that begins with this character, and how many more characters belong to it.
fn place(first: char, rest: &str) -> Option<(Piece, usize)> {
    match first {
        '{' => {
            let name = slot_name(rest.chars())?;
            let length = name.len() + 1;
            Some((Piece::Slot(name), length))
        }
        '$' => {
            let name = rest.strip_prefix('{')?.split_once('}')?.0;
            is_secret_name(name).then(|| (Piece::Secret(name.to_owned()), name.len() + 2))
        }
        _ => None,
    }
}

impl FromStr for Template {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.into())
    }
}

impl fmt::Display for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => formatter.write_str(text)?,
                Piece::Slot(name) => write!(formatter, "{{{name}}}")?,
                Piece::Secret(name) => write!(formatter, "${{{name}}}")?,
            }
        }
        Ok(())
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(String::deserialize(deserializer)?.as_str().into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn braces_of_hcl_and_json_are_just_braces() {
        let text = Template::from(
            "path \"{kv_mount}/data\" { capabilities = [\"read\"] } {\"a\":\"${KEY}\"} {{x}} $HOME",
        );
        assert_eq!(text.slots(), BTreeSet::from(["kv_mount", "x"]));
        assert_eq!(text.secrets(), BTreeSet::from(["KEY"]));
    }

    proptest! {
        #[test]
        fn a_text_is_shown_as_it_was_written(text in "[a-zA-Z_{}$ \n\"]{0,60}") {
            prop_assert_eq!(Template::from(text.as_str()).to_string(), text);
        }
    }
}
