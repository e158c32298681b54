//! How a text is written so that it is read back as itself, by this house and by a POSIX shell alike.

/// A text as part of a word: bare where nothing in it has a meaning, else in single quotes.
pub(super) fn quoted(text: &str) -> String {
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
