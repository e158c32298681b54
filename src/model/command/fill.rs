//! Filling a command or a text with plain values. Secrets stay names: whoever carries the command out decides where a value
//! may stand, and a child's arguments can only be made of a line that has none.

use std::fmt;

use super::quoting::{self, is_unshowable};
use super::{CommandLine, Piece, Template, Word};
use crate::model::trouble::Trouble;

/// A command whose slots are filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilledLine {
    words: Vec<FilledWord>,
}

/// A filled word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilledWord {
    pieces: Vec<FilledPiece>,
}

/// A text whose slots are filled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilledText {
    pieces: Vec<FilledPiece>,
}

/// What remains of a piece when its slots are filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilledPiece {
    /// Plain text.
    Text(String),
    /// The place of a secret, by its name.
    Secret(String),
}

impl CommandLine {
    /// Fills the slots with plain values.
    ///
    /// # Errors
    /// Trouble when a slot has no value, or one that cannot be shown as it would be run.
    pub fn fill<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> Result<FilledLine, Trouble> {
        let words = self.words().iter().map(|word| filled_word(word, value));
        Ok(FilledLine { words: words.collect::<Result<_, _>>()? })
    }
}

impl Template {
    /// Fills the slots with plain values, which here may have several lines.
    ///
    /// # Errors
    /// Trouble when a slot has no value.
    pub fn fill<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> Result<FilledText, Trouble> {
        let pieces = self.pieces().iter().map(|piece| filled(piece, value));
        Ok(FilledText { pieces: joined(pieces.collect::<Result<_, _>>()?) })
    }
}

impl FilledLine {
    /// Its words, for whoever carries it out in this process.
    pub fn words(&self) -> &[FilledWord] {
        &self.words
    }

    /// Program and arguments of a child.
    ///
    /// # Errors
    /// Trouble when a secret stands in it: no secret goes into the arguments of a process.
    pub fn argv(&self) -> Result<Vec<String>, Trouble> {
        self.words.iter().map(|word| plain(&word.pieces)).collect()
    }
}

impl FilledWord {
    /// Its pieces, in order.
    pub fn pieces(&self) -> &[FilledPiece] {
        &self.pieces
    }
}

impl FilledText {
    /// Its pieces, in order.
    pub fn pieces(&self) -> &[FilledPiece] {
        &self.pieces
    }

    /// The text.
    ///
    /// # Errors
    /// Trouble when a secret stands in it.
    pub fn plain(&self) -> Result<String, Trouble> {
        plain(&self.pieces)
    }
}

fn filled_word<'v>(word: &Word, value: &impl Fn(&str) -> Option<&'v str>) -> Result<FilledWord, Trouble> {
    let pieces = word.pieces().iter().map(|piece| match filled(piece, value)? {
        FilledPiece::Text(text) if text.contains(is_unshowable) => {
            Err(Trouble::new(format!("the value of {} cannot stand in a command", named(piece)))
                .because("it has several lines or a control character"))
        }
        piece => Ok(piece),
    });
    Ok(FilledWord { pieces: joined(pieces.collect::<Result<_, _>>()?) })
}

fn filled<'v>(piece: &Piece, value: &impl Fn(&str) -> Option<&'v str>) -> Result<FilledPiece, Trouble> {
    match piece {
        Piece::Text(text) => Ok(FilledPiece::Text(text.clone())),
        Piece::Secret(name) => Ok(FilledPiece::Secret(name.clone())),
        Piece::Slot(name) => match value(name) {
            Some(value) => Ok(FilledPiece::Text(value.to_owned())),
            None => Err(Trouble::new(format!("nothing fills {}", named(piece)))),
        },
    }
}

fn named(piece: &Piece) -> String {
    match piece {
        Piece::Text(text) => format!("`{text}`"),
        Piece::Slot(name) => format!("`{{{name}}}`"),
        Piece::Secret(name) => format!("`${{{name}}}`"),
    }
}

fn joined(pieces: Vec<FilledPiece>) -> Vec<FilledPiece> {
    let mut whole: Vec<FilledPiece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match (whole.last_mut(), piece) {
            (_, FilledPiece::Text(text)) if text.is_empty() => {}
            (Some(FilledPiece::Text(before)), FilledPiece::Text(text)) => before.push_str(&text),
            (_, piece) => whole.push(piece),
        }
    }
    whole
}

fn plain(pieces: &[FilledPiece]) -> Result<String, Trouble> {
    let text = |piece: &FilledPiece| match piece {
        FilledPiece::Text(text) => Ok(text.clone()),
        FilledPiece::Secret(name) => {
            Err(Trouble::new(format!("the secret `${{{name}}}` may not stand here"))
                .because("arguments of a process can be read by others")
                .hint("give it as `stdin`, or in a `file`"))
        }
    };
    pieces.iter().map(text).collect()
}

impl fmt::Display for FilledLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.words.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            write!(formatter, "{gap}{word}")?;
        }
        Ok(())
    }
}

impl fmt::Display for FilledWord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<quoting::Part<'_>> = self.pieces.iter().map(quoting::Part::from).collect();
        formatter.write_str(&quoting::word(&parts))
    }
}

impl fmt::Display for FilledText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                FilledPiece::Text(text) => formatter.write_str(text)?,
                FilledPiece::Secret(name) => write!(formatter, "${{{name}}}")?,
            }
        }
        Ok(())
    }
}
