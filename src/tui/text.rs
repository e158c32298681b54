//! Text in cells: how wide, cut to fit, broken into lines. A wide character takes two cells and is never cut in half.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Cells that a text takes.
pub fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// The text in at most so many cells, ending in `…` where it was cut.
pub fn clip(text: &str, cells: u16) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    if cells == 0 {
        return Cow::Borrowed("");
    }
    let mut clipped: String = head(text, cells - 1).trim_end().to_owned();
    clipped.push('…');
    Cow::Owned(clipped)
}

/// The longest start of a text that fits.
fn head(text: &str, cells: u16) -> &str {
    let mut taken = 0;
    for (index, character) in text.char_indices() {
        taken += character.width().unwrap_or(0);
        if taken > usize::from(cells) {
            return text.get(..index).unwrap_or(text);
        }
    }
    text
}

/// What was pasted into a single line: line ends and other control characters are blanks, none at its ends.
pub fn in_one_line(pasted: &str) -> String {
    let blank = |letter: char| if letter.is_control() { ' ' } else { letter };
    pasted.trim_matches(|letter: char| letter.is_control()).chars().map(blank).collect()
}

/// The text in lines of at most so many cells, broken at spaces where there are some.
pub fn wrap(text: &str, cells: u16) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text;
    while width(rest) > cells.max(1) {
        let fits = head(rest, cells.max(1));
        let whole_words = fits.rfind(' ').filter(|at| *at > 0);
        let line = whole_words.and_then(|at| rest.get(..at)).unwrap_or(fits);
        let line = if line.is_empty() { first_character(rest) } else { line };
        lines.push(line.to_owned());
        rest = rest.get(line.len()..).unwrap_or_default();
        rest = if whole_words.is_some() { rest.trim_start() } else { rest };
    }
    lines.push(rest.to_owned());
    lines
}

/// A character wider than the line still takes one, so that breaking lines always comes to an end.
fn first_character(text: &str) -> &str {
    let length = text.chars().next().map_or(0, char::len_utf8);
    text.get(..length).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_that_does_not_fit_says_so() {
        assert_eq!(clip("no secret-id, looping", 12), "no secret-i…");
        assert_eq!(clip("sealed", 6), "sealed");
        assert_eq!(clip("日本語", 4), "日…");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("nothing is left to log in with", 12), ["nothing is", "left to log", "in with"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
    }

    proptest! {
        #[test]
        fn what_is_clipped_or_wrapped_always_fits(text in "\\PC{0,80}", cells in 2_u16..40) {
            prop_assert!(width(&clip(&text, cells)) <= cells);
            prop_assert!(wrap(&text, cells).iter().all(|line| width(line) <= cells));
        }
    }
}
