//! Typed letters found in a text, in their order but with gaps: `rrp` finds `rotate-rds-password`. Of all ways to find
//! them the likeliest counts: letters at the start of a word and letters side by side. Names here are short and few, so
//! every way is looked at; the crates for this bring word tables and threads for millions of lines.

use std::cmp::Reverse;

/// What a letter is worth that is found at all.
const FOUND: i32 = 8;
/// At the start of a word.
const STARTS_WORD: i32 = 8;
/// Right behind the letter found before.
const SIDE_BY_SIDE: i32 = 10;
/// Off for each letter of the text that is passed over between two found ones.
const PASSED_OVER: i32 = 1;
/// Beyond so many letters a text is no name, and only its start is looked at.
const MOST_LETTERS: usize = 200;

/// How well letters were found, and where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// More is likelier.
    pub score: i32,
    /// Which letters of the text they are, ascending.
    pub at: Vec<usize>,
}

/// Finds every word of what was typed, in any order; `None` when one is not there. Case does not count.
pub fn find(typed: &str, text: &str) -> Option<Found> {
    let text: Vec<char> = text.chars().take(MOST_LETTERS).collect();
    let mut all = Found::default();
    for word in typed.split_whitespace() {
        let found = find_word(word, &text)?;
        all.score += found.score;
        all.at.extend(found.at);
    }
    all.at.sort_unstable();
    all.at.dedup();
    Some(all)
}

/// The best way to find the letters so far that ends at one letter of the text.
#[derive(Debug, Clone, Copy)]
struct Way {
    score: i32,
    /// The letter of the text that stands for the letter before.
    from: usize,
}

fn find_word(word: &str, text: &[char]) -> Option<Found> {
    let mut letters = word.chars().map(lower);
    let mut rows = vec![begun(letters.next()?, text)];
    for letter in letters {
        let row = extended(rows.last()?, letter, text);
        rows.push(row);
    }
    let ends = rows.last()?.iter().enumerate().filter_map(|(at, way)| Some((way.as_ref()?.score, at)));
    let (score, mut here) = ends.max_by_key(|(score, at)| (*score, Reverse(*at)))?;
    let mut at = Vec::with_capacity(rows.len());
    for row in rows.iter().rev() {
        at.push(here);
        here = row[here]?.from;
    }
    at.reverse();
    Some(Found { score, at })
}

/// Every way to begin.
fn begun(letter: char, text: &[char]) -> Vec<Option<Way>> {
    let places = text.iter().enumerate();
    places
        .map(|(at, known)| (lower(*known) == letter).then(|| Way { score: worth(text, at), from: at }))
        .collect()
}

/// The ways for one letter more. The best of the earlier ones is carried along, so each place is looked at once.
fn extended(before: &[Option<Way>], letter: char, text: &[char]) -> Vec<Option<Way>> {
    let mut with_gap: Option<(i32, usize)> = None;
    let mut row = Vec::with_capacity(text.len());
    for (at, known) in text.iter().enumerate() {
        let beside = at.checked_sub(1).and_then(|from| Some((before[from]?.score, from)));
        let reached = beside.map(|(score, from)| (score + SIDE_BY_SIDE, from)).max(with_gap);
        let found = reached.filter(|_| lower(*known) == letter);
        row.push(found.map(|(score, from)| Way { score: score + worth(text, at), from }));
        with_gap = with_gap.max(beside).map(|(score, from)| (score - PASSED_OVER, from));
    }
    row
}

/// What it is worth to find a letter at a place.
fn worth(text: &[char], at: usize) -> i32 {
    FOUND + if starts_word(text, at) { STARTS_WORD } else { 0 }
}

fn starts_word(text: &[char], at: usize) -> bool {
    at.checked_sub(1).is_none_or(|before| !text[before].is_alphanumeric())
}

/// One letter stays one letter, so that places can be counted in letters.
fn lower(letter: char) -> char {
    let mut lowered = letter.to_lowercase();
    lowered.next().filter(|_| lowered.next().is_none()).unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn best<'a>(typed: &str, texts: &[&'a str]) -> Option<&'a str> {
        let scored = texts.iter().filter_map(|text| Some((find(typed, text)?.score, *text)));
        scored.max_by_key(|(score, _)| *score).map(|(_, text)| text)
    }

    #[test]
    fn first_letters_of_words_are_the_likeliest() {
        let names = ["rotate-secret-key", "rotate-rds-password", "regenerate-secret-id"];
        assert_eq!(best("rrp", &names), Some("rotate-rds-password"));
        assert_eq!(best("rsi", &names), Some("regenerate-secret-id"));
        assert_eq!(find("rrp", names[1]).unwrap().at, [0, 7, 11]);
    }

    #[test]
    fn letters_side_by_side_beat_letters_far_apart() {
        assert_eq!(find("data", "cwiq/audits/database").unwrap().at, [12, 13, 14, 15]);
        assert_eq!(best("host", &["has other settings", "hosts"]), Some("hosts"));
    }

    #[test]
    fn every_word_must_be_there_in_any_order() {
        assert!(find("key rot", "rotate-secret-key").is_some());
        assert_eq!(find("key rat x", "rotate-secret-key"), None);
        assert_eq!(find("", "anything"), Some(Found::default()));
    }

    proptest! {
        #[test]
        fn what_is_found_are_the_typed_letters_in_their_order(typed in "[a-c]{1,6}", text in "[a-d -]{0,40}") {
            let letters: Vec<char> = text.chars().collect();
            let mut rest = text.chars();
            let is_there = typed.chars().all(|letter| rest.any(|known| known == letter));
            let found = find(&typed, &text);
            prop_assert_eq!(found.is_some(), is_there);
            if let Some(found) = found {
                let spelt: String = found.at.iter().map(|at| letters[*at]).collect();
                prop_assert_eq!(spelt, typed);
            }
        }
    }
}
