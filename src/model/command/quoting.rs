//! How a text is written so that it is read back as itself, by this house and by a POSIX shell alike.

use super::{FilledPiece, Piece};

/// A piece of a word that is to be written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    /// Meant as it is.
    Text(&'a str),
    /// A plain slot, by its name.
    Slot(&'a str),
    /// A secret, by its name.
    Secret(&'a str),
}

impl<'a> From<&'a Piece> for Part<'a> {
    fn from(piece: &'a Piece) -> Self {
        match piece {
            Piece::Text(text) => Self::Text(text),
            Piece::Slot(name) => Self::Slot(name),
            Piece::Secret(name) => Self::Secret(name),
        }
    }
}

impl<'a> From<&'a FilledPiece> for Part<'a> {
    fn from(piece: &'a FilledPiece) -> Self {
        match piece {
            FilledPiece::Text(text) => Self::Text(text),
            FilledPiece::Secret(name) => Self::Secret(name),
        }
    }
}

/// A word as it is written: in double quotes where slots stand among texts that need quotes, else piece by piece.
pub(super) fn word(parts: &[Part<'_>]) -> String {
    let needs_quotes = |part: &Part<'_>| matches!(part, Part::Text(text) if !text.chars().all(is_plain));
    let is_quiet = |part: &Part<'_>| !matches!(part, Part::Text(text) if text.contains(['"', '\\', '$', '`', '{', '}', '!']));
    if parts.is_empty() {
        return "''".to_owned();
    }
    if parts.len() > 1 && parts.iter().any(needs_quotes) && parts.iter().all(is_quiet) {
        let inside = |part: &Part<'_>| match part {
            Part::Text(text) => (*text).to_owned(),
            Part::Slot(name) => format!("{{{name}}}"),
            Part::Secret(name) => format!("${{{name}}}"),
        };
        return format!("\"{}\"", parts.iter().map(inside).collect::<String>());
    }
    let bare = |part: &Part<'_>| match part {
        Part::Text(text) => quoted(text),
        Part::Slot(name) => format!("{{{name}}}"),
        Part::Secret(name) => format!("\"${{{name}}}\""),
    };
    parts.iter().map(bare).collect()
}

/// A text as part of a word: bare where nothing in it has a meaning, else in single quotes.
fn quoted(text: &str) -> String {
    if text.chars().all(is_plain) {
        return text.to_owned();
    }
    let quote = |part: &str| if part.is_empty() { String::new() } else { format!("'{part}'") };
    text.split('\'').map(quote).collect::<Vec<_>>().join(r"\'")
}

/// Whether a character means itself wherever it stands in a word.
pub(super) fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_./:=@,+%^".contains(character)
}

/// Whether a character would hide or reorder what stands beside it on a screen.
pub(super) fn is_unshowable(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{061c}' | '\u{feff}')
}
