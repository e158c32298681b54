//! A longer text that a step hands over: through a child's stdin, in the body of a request, or in a file on RAM that only its
//! owner may read and that is unlinked at once after use. These are places where a secret may stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::model::command::{FilledPiece, FilledText, Template};
use crate::model::trouble::Trouble;

/// A text in one of the forms that programs read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Content {
    /// As it stands.
    Text(Template),
    /// A JSON object of strings: what `vault kv put PATH -` and `ansible-playbook -e @FILE` read.
    Json(BTreeMap<String, Template>),
    /// Fields of one line of a PostgreSQL password file.
    Passfile(Vec<Template>),
}

/// The same with its plain slots filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilledContent {
    /// As it stands.
    Text(FilledText),
    /// A JSON object of strings.
    Json(BTreeMap<String, FilledText>),
    /// Fields of one line of a PostgreSQL password file.
    Passfile(Vec<FilledText>),
}

impl Content {
    /// Names of the plain slots in it.
    pub fn slots(&self) -> BTreeSet<&str> {
        self.templates().flat_map(Template::slots).collect()
    }

    /// Names of the secrets in it.
    pub fn secrets(&self) -> BTreeSet<&str> {
        self.templates().flat_map(Template::secrets).collect()
    }

    /// Fills the slots with plain values.
    ///
    /// # Errors
    /// Trouble when a slot has no value.
    pub fn fill<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> Result<FilledContent, Trouble> {
        Ok(match self {
            Self::Text(text) => FilledContent::Text(text.fill(value)?),
            Self::Json(fields) => {
                let filled = fields.iter().map(|(key, text)| Ok((key.clone(), text.fill(value)?)));
                FilledContent::Json(filled.collect::<Result<_, Trouble>>()?)
            }
            Self::Passfile(fields) => {
                FilledContent::Passfile(fields.iter().map(|text| text.fill(value)).collect::<Result<_, _>>()?)
            }
        })
    }

    fn templates(&self) -> Box<dyn Iterator<Item = &Template> + '_> {
        match self {
            Self::Text(text) => Box::new(std::iter::once(text)),
            Self::Json(fields) => Box::new(fields.values()),
            Self::Passfile(fields) => Box::new(fields.iter()),
        }
    }
}

impl FilledContent {
    /// The bytes that are handed over, secrets and all; wiped when dropped.
    ///
    /// # Errors
    /// Trouble when a secret is not in hand, or cannot stand in this form.
    pub fn reveal<'s>(
        &self,
        secret: &impl Fn(&str) -> Option<&'s str>,
    ) -> Result<Zeroizing<String>, Trouble> {
        // room for all of it at once: a string that grows leaves its old bytes behind
        let mut whole = Zeroizing::new(String::with_capacity(64 * 1024));
        match self {
            Self::Text(text) => spell(text, secret, &mut |piece| {
                whole.push_str(piece);
                Ok(())
            })?,
            Self::Json(fields) => {
                whole.push('{');
                for (index, (key, text)) in fields.iter().enumerate() {
                    whole.push_str(if index == 0 { "\"" } else { ",\"" });
                    push_json(&mut whole, key);
                    whole.push_str("\":\"");
                    spell(text, secret, &mut |piece| {
                        push_json(&mut whole, piece);
                        Ok(())
                    })?;
                    whole.push('"');
                }
                whole.push_str("}\n");
            }
            Self::Passfile(fields) => {
                for (index, text) in fields.iter().enumerate() {
                    if index > 0 {
                        whole.push(':');
                    }
                    spell(text, secret, &mut |piece| push_passfile(&mut whole, piece))?;
                }
                whole.push('\n');
            }
        }
        Ok(whole)
    }
}

fn spell<'s>(
    text: &FilledText,
    secret: &impl Fn(&str) -> Option<&'s str>,
    push: &mut impl FnMut(&str) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    for piece in text.pieces() {
        match piece {
            FilledPiece::Text(text) => push(text)?,
            FilledPiece::Secret(name) => {
                push(
                    secret(name)
                        .ok_or_else(|| Trouble::new(format!("the secret `${{{name}}}` is not in hand")))?,
                )?;
            }
        }
    }
    Ok(())
}

fn push_json(whole: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '"' => whole.push_str("\\\""),
            '\\' => whole.push_str("\\\\"),
            '\n' => whole.push_str("\\n"),
            character if character.is_control() => {
                let _ = write!(whole, "\\u{:04x}", u32::from(character));
            }
            character => whole.push(character),
        }
    }
}

fn push_passfile(whole: &mut String, text: &str) -> Result<(), Trouble> {
    for character in text.chars() {
        match character {
            '\n' | '\r' => return Err(Trouble::new("a line break cannot stand in a password file")),
            ':' | '\\' => whole.extend(['\\', character]),
            character => whole.push(character),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reveal(content: &Content, plain: &str, secret: &str) -> String {
        let filled = content.fill(&|_: &str| Some(plain)).unwrap();
        filled.reveal(&|_: &str| Some(secret)).unwrap().to_string()
    }

    #[test]
    fn each_form_is_written_as_its_reader_expects_it() {
        let text = Content::Text("{a} and ${B}".into());
        assert_eq!(reveal(&text, "x", "y"), "x and y");
        let passfile = Content::Passfile(vec!["{host}".into(), "${P}".into()]);
        assert_eq!(reveal(&passfile, "db:5432", r"a\b"), "db\\:5432:a\\\\b\n");
    }

    #[test]
    fn a_secret_that_is_not_in_hand_is_named() {
        let filled = Content::Text("${GONE}".into()).fill(&|_: &str| None).unwrap();
        assert!(filled.reveal(&|_: &str| None).unwrap_err().what.contains("GONE"));
    }

    proptest! {
        #[test]
        fn json_carries_any_value_unchanged(plain in ".*", secret in ".*") {
            let content = Content::Json([("a".to_owned(), "{x}".into()), ("b".to_owned(), "${Y}".into())].into());
            let read: BTreeMap<String, String> = serde_json::from_str(&reveal(&content, &plain, &secret)).unwrap();
            prop_assert_eq!(read, BTreeMap::from([("a".to_owned(), plain), ("b".to_owned(), secret)]));
        }
    }
}
