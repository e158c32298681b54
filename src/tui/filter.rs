//! What rows of a table are wanted, as it is typed behind `/`. Every table asks this one, so a filter means the same
//! everywhere.
//!
//! | typed | rows that are kept |
//! |---|---|
//! | `rds` | have these words |
//! | `~rrp` | have these letters in this order, with gaps |
//! | `=~ v[0-9]+$` | match this regular expression |
//! | `!…` | any of the three, turned round |

use regex_lite::Regex;

use crate::model::trouble::Trouble;

use super::fuzzy;

/// A filter as it was typed, and what it means.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    typed: String,
    inverse: bool,
    wanted: Wanted,
}

#[derive(Debug, Clone, Default)]
enum Wanted {
    #[default]
    Everything,
    Words(String),
    Letters(String),
    Pattern(Regex),
    /// A pattern that is none, or none yet; it keeps everything.
    Faulty(Trouble),
}

impl Filter {
    /// Reads what was typed. A pattern that is no pattern hides nothing; see [`Filter::fault`].
    pub fn read(typed: &str) -> Self {
        let (inverse, rest) = typed.strip_prefix('!').map_or((false, typed), |rest| (true, rest));
        let wanted = if let Some(pattern) = rest.strip_prefix("=~") {
            pattern_of(pattern.trim_start())
        } else if let Some(letters) = rest.strip_prefix('~') {
            Wanted::something(letters, Wanted::Letters)
        } else {
            Wanted::something(rest, |words| Wanted::Words(words.to_lowercase()))
        };
        Self { typed: typed.to_owned(), inverse, wanted }
    }

    /// As it was typed.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.typed.is_empty()
    }

    /// What is wrong with the pattern.
    pub fn fault(&self) -> Option<&Trouble> {
        match &self.wanted {
            Wanted::Faulty(trouble) => Some(trouble),
            _ => None,
        }
    }

    /// Whether a row that says these things is kept.
    pub fn keeps<'a>(&self, said: impl IntoIterator<Item = &'a str>) -> bool {
        let mut said = said.into_iter();
        let found = match &self.wanted {
            Wanted::Everything | Wanted::Faulty(_) => return true,
            Wanted::Words(words) => said.any(|text| text.to_lowercase().contains(words)),
            Wanted::Letters(letters) => said.any(|text| fuzzy::find(letters, text).is_some()),
            Wanted::Pattern(pattern) => said.any(|text| pattern.is_match(text)),
        };
        found != self.inverse
    }
}

impl Wanted {
    /// A sign alone asks for nothing yet.
    fn something(text: &str, wanted: impl FnOnce(String) -> Self) -> Self {
        if text.is_empty() { Self::Everything } else { wanted(text.to_owned()) }
    }
}

fn pattern_of(pattern: &str) -> Wanted {
    if pattern.is_empty() {
        return Wanted::Everything;
    }
    match Regex::new(&format!("(?i){pattern}")) {
        Ok(pattern) => Wanted::Pattern(pattern),
        Err(error) => {
            Wanted::Faulty(Trouble::new("no regular expression yet, so every row is shown").because(error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept<'a>(typed: &str, rows: &[&'a str]) -> Vec<&'a str> {
        let filter = Filter::read(typed);
        rows.iter().copied().filter(|row| filter.keeps([*row])).collect()
    }

    const ROWS: [&str; 3] = ["rotate-rds-password", "rotate-secret-key", "deploy"];

    #[test]
    fn words_letters_and_patterns_each_have_their_sign() {
        assert_eq!(kept("SECRET", &ROWS), ["rotate-secret-key"]);
        assert_eq!(kept("~rrp", &ROWS), ["rotate-rds-password"]);
        assert_eq!(kept("=~ ^(dep|fix)", &ROWS), ["deploy"]);
    }

    #[test]
    fn an_exclamation_mark_turns_each_of_them_round() {
        assert_eq!(kept("!rotate", &ROWS), ["deploy"]);
        assert_eq!(kept("!~rrp", &ROWS), ["rotate-secret-key", "deploy"]);
        assert_eq!(kept("!=~y$", &ROWS), ["rotate-rds-password"]);
    }

    #[test]
    fn a_sign_alone_and_a_broken_pattern_hide_nothing() {
        for typed in ["", "!", "~", "=~", "!=~", "=~(", "!=~["] {
            assert_eq!(kept(typed, &ROWS), ROWS, "{typed}");
        }
        assert!(Filter::read("=~(").fault().is_some());
        assert!(Filter::read("=~()").fault().is_none());
    }
}
