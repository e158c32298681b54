//! Foreign text (logs, error messages, names, file contents) is cleaned here, once, before any other room sees it:
//! what is left can neither move the cursor nor reorder, hide or forge what stands beside it on the screen.

use std::borrow::Cow;

/// Characters that a cleaned line has at most; what is longer ends in `…`.
pub const LONGEST_LINE: usize = 16 * 1024;

/// Bytes of a raw line that are looked at; the rest of a longer one is cut before any work is spent on it.
const LONGEST_RAW_LINE: usize = 4 * LONGEST_LINE;

/// How far a tab goes. Fixed, for after escape sequences are gone nobody knows the column it was meant for.
const TAB: &[u8] = b"    ";

/// One line of foreign text: a line break inside becomes a space.
///
/// Bytes that are no UTF-8 become `U+FFFD`, tabs become spaces, a line longer than [`LONGEST_LINE`] is cut.
pub fn line(raw: &[u8]) -> String {
    let looked_at = raw.get(..LONGEST_RAW_LINE).unwrap_or(raw);
    let stripped = strip_ansi_escapes::strip(spaces_for_tabs(looked_at));
    let text: String = String::from_utf8_lossy(&stripped).chars().filter_map(visible).collect();
    shortened(text, looked_at.len() < raw.len())
}

/// Foreign text of several lines, each cleaned by [`line()`] and joined by `\n` again.
pub fn block(raw: &[u8]) -> String {
    let lines: Vec<String> = raw.split(|byte| *byte == b'\n').map(line).collect();
    lines.join("\n").trim_end().to_owned()
}

/// The answer of a program, which is read before it is shown: as it came where nothing in it could do harm on a screen, else
/// cleaned as a [`block`].
pub fn answer(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    let harmful = |sign: char| is_deceptive(sign) || (sign.is_control() && !matches!(sign, '\n' | '\t'));
    if text.contains(harmful) { block(raw) } else { text.into_owned() }
}

/// The escape sequence filter knows no tabs and would drop them.
fn spaces_for_tabs(raw: &[u8]) -> Cow<'_, [u8]> {
    if !raw.contains(&b'\t') {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(raw.split(|byte| *byte == b'\t').collect::<Vec<_>>().join(TAB))
}

fn visible(character: char) -> Option<char> {
    match character {
        '\n' | '\u{2028}' | '\u{2029}' => Some(' '),
        character if character.is_control() || is_deceptive(character) => None,
        character => Some(character),
    }
}

/// Characters that change how others are shown and show nothing themselves.
fn is_deceptive(character: char) -> bool {
    matches!(character,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}' // direction
        | '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2065}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' // no width
        | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}' // annotations and tags
    )
}

fn shortened(text: String, more_was_cut: bool) -> String {
    let end = text.char_indices().nth(LONGEST_LINE).map(|(index, _)| index);
    if end.is_none() && !more_was_cut {
        return text;
    }
    text.chars().take(LONGEST_LINE - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_clean(text: &str) -> bool {
        text.chars().all(|character| !character.is_control() && !is_deceptive(character))
    }

    #[test]
    fn colours_titles_and_cursor_moves_are_gone() {
        let hostile = b"\x1b[31mred\x1b[0m \x1b]0;owned\x07title \x1b[2J\x1b[1;1Hhome\x1b(B";
        assert_eq!(line(hostile), "red title home");
    }

    #[test]
    fn text_cannot_be_reordered_or_hidden() {
        assert_eq!(line("a\u{202E}cba\u{2066}b\u{200B}c\u{FEFF}\u{9B}d".as_bytes()), "acbabcd");
    }

    #[test]
    fn a_line_break_inside_a_line_is_a_space_and_a_carriage_return_overwrites_nothing() {
        assert_eq!(line(b"one\ntwo\rthree\x08\x00"), "one twothree");
    }

    #[test]
    fn tabs_keep_words_apart() {
        assert_eq!(line(b"a\tb"), "a    b");
    }

    #[test]
    fn broken_utf8_is_shown_as_broken() {
        assert_eq!(line(b"caf\xe9 \xff"), "caf\u{FFFD} \u{FFFD}");
    }

    #[test]
    fn a_line_of_a_megabyte_is_cut_and_says_so() {
        let cut = line(&vec![b'x'; 1 << 20]);
        assert_eq!(cut.chars().count(), LONGEST_LINE);
        assert!(cut.ends_with('…'));
    }

    #[test]
    fn a_block_keeps_its_lines() {
        assert_eq!(block(b"one\x1b[1m\n\ttwo\r\n"), "one\n    two");
    }

    proptest! {
        #[test]
        fn visible_text_stays_as_it_is(text in "[ -~äöüßéñčжשع中文字кириллица€→✗]{0,200}") {
            prop_assert_eq!(line(text.as_bytes()), text);
        }

        #[test]
        fn nothing_but_visible_text_is_left(raw in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(is_clean(&line(&raw)));
        }

        #[test]
        fn nothing_but_visible_text_is_left_of_any_unicode(text in any::<String>()) {
            prop_assert!(is_clean(&line(text.as_bytes())));
        }

        #[test]
        fn cleaning_twice_changes_nothing(text in "(\x1b\\[|\x1b\\]|\u{9b}|[\u{0}-\u{ff}]|\u{202e}|\u{200b}|\t|x){0,80}") {
            let once = line(text.as_bytes());
            prop_assert_eq!(line(once.as_bytes()), once);
        }
    }
}
