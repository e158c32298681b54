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

/// The text in at most so many cells, its middle left out where it does not fit: names that begin alike still end differently.
pub fn clip_middle(text: &str, cells: u16) -> Cow<'_, str> {
    if width(text) <= cells || cells < 3 {
        return clip(text, cells);
    }
    let end = tail(text, cells / 2);
    let start = head(text, cells - 1 - width(end));
    Cow::Owned(format!("{start}…{end}"))
}

/// Names in one line, of many the first ones and how many more there are.
pub fn names(names: &[String], most: usize) -> String {
    let shown = names.get(..most).unwrap_or(names).join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} … and {more} more"),
    }
}

/// What names have in common at their start, up to a sign between two words.
pub fn common_start<'a>(names: impl IntoIterator<Item = &'a str>) -> &'a str {
    let mut names = names.into_iter();
    let first = names.next().unwrap_or_default();
    let mut common = first;
    let mut alone = true;
    for name in names {
        alone = false;
        let alike = common.char_indices().zip(name.chars()).take_while(|((_, one), other)| one == other);
        let end = alike.last().map_or(0, |((at, letter), _)| at + letter.len_utf8());
        common = common.get(..end).unwrap_or_default();
    }
    let end = common.rfind(['-', '/', '.', '_']).map_or(0, |at| at + 1);
    if alone || end == first.len() { "" } else { first.get(..end).unwrap_or_default() }
}

/// The longest end of a text that fits.
fn tail(text: &str, cells: u16) -> &str {
    let mut taken = 0;
    for (index, character) in text.char_indices().rev() {
        taken += character.width().unwrap_or(0);
        if taken > usize::from(cells) {
            return text.get(index + character.len_utf8()..).unwrap_or(text);
        }
    }
    text
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
        let line = whole_words(fits, rest).or_else(|| whole_parts(fits)).unwrap_or(fits);
        let line = if line.is_empty() { first_character(rest) } else { line };
        lines.push(line.to_owned());
        rest = rest.get(line.len()..).unwrap_or_default().trim_start();
    }
    lines.push(rest.to_owned());
    lines
}

/// What fits without its last word, where that goes on behind it.
fn whole_words<'t>(fits: &'t str, text: &str) -> Option<&'t str> {
    let ends = text.get(fits.len()..).is_some_and(|rest| rest.starts_with(' '));
    let at = if ends { Some(fits.len()) } else { fits.rfind(' ') };
    fits.get(..at.filter(|at| *at > 0)?)
}

/// Of a path, an address or a name that is longer than a line, what fits up to a sign between two parts.
fn whole_parts(fits: &str) -> Option<&str> {
    let at = fits.rfind(['/', ':', '.', ',', '-', '_', '='])? + 1;
    fits.get(..at).filter(|part| width(part) * 2 > width(fits))
}

/// The same in at most so many lines, ending in `…` where there is more.
pub fn wrap_at_most(text: &str, cells: u16, most: usize) -> Vec<String> {
    let mut lines = wrap(text, cells);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = format!("{}…", head(last, cells.saturating_sub(1)));
        }
    }
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
        assert_eq!(wrap("nothing is left", 10), ["nothing is", "left"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("AUTHENTIK_POSTGRESQL__PASSWORD", 26), ["AUTHENTIK_POSTGRESQL__", "PASSWORD"]);
        assert_eq!(wrap_at_most("nothing is left to log in with", 12, 2), ["nothing is", "left to log…"]);
    }

    #[test]
    fn names_that_begin_alike_can_be_told_apart_when_they_are_cut() {
        assert_eq!(clip_middle("auth/approle/role/authentik/role-id", 19), "auth/appr…k/role-id");
        assert_eq!(clip_middle("server-1", 8), "server-1");
        assert_eq!(common_start(["authentik-server-1", "authentik-worker-1"]), "authentik-");
        assert_eq!(common_start(["authentik-1", "authentik-12"]), "authentik-");
        assert_eq!(common_start(["sys/health", "auth/token"]), "");
        assert_eq!(common_start(["authentik-1"]), "");
    }

    #[test]
    fn of_many_names_the_first_are_told_and_how_many_more_there_are() {
        let hosts: Vec<_> = (1..=5).map(|number| format!("host-{number}")).collect();
        assert_eq!(names(&hosts, 2), "host-1, host-2 … and 3 more");
        assert_eq!(names(&hosts, 5), "host-1, host-2, host-3, host-4, host-5");
    }

    proptest! {
        #[test]
        fn what_is_clipped_or_wrapped_always_fits(text in "\\PC{0,80}", cells in 2_u16..40) {
            prop_assert!(width(&clip(&text, cells)) <= cells);
            prop_assert!(width(&clip_middle(&text, cells)) <= cells);
            prop_assert!(wrap(&text, cells).iter().all(|line| width(line) <= cells));
        }
    }
}
