//! What a runbook asks, and which answers it takes.

use regex_lite::Regex;
use serde::{Deserialize, Serialize};

use super::When;
use crate::model::command::Template;
use crate::model::trouble::Trouble;

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The slot it fills: small letters for a plain value, capitals for a secret.
    pub name: String,
    /// The question, in a few words.
    pub title: String,
    /// What kind of answer it takes.
    pub kind: Kind,
    /// The answer when none is given; may hold slots of the profile. A question without one must be answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Template>,
    /// Answers to choose from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Regular expression that the whole answer must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// What the pattern means, in words: `letters and digits`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern_says: Option<String>,
    /// Asked only when these hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<When>,
}

/// Kinds of answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One line.
    String,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Bool,
    /// One of the choices.
    Choice,
    /// One host of the deployment.
    Host,
    /// Hosts of the deployment, separated by commas.
    Hosts,
    /// One line that is not shown, not kept and not written down.
    Secret,
    /// Several lines.
    Text,
}

impl Input {
    /// Whether the answer is a secret.
    pub fn is_secret(&self) -> bool {
        self.kind == Kind::Secret
    }

    /// Whether it takes an answer. The words of the trouble never hold the answer to a secret question.
    ///
    /// # Errors
    /// Trouble that says what it takes.
    pub fn check(&self, answer: &str, hosts: &[String]) -> Result<(), Trouble> {
        let refused =
            |takes: String| Err(Trouble::new(format!("{} is not accepted", self.told(answer))).hint(takes));
        if self.kind != Kind::Text && answer.chars().any(char::is_control) {
            return refused(format!("{} takes one line", self.name));
        }
        let unknown = || answer.split(',').find(|name| !hosts.iter().any(|host| host == name));
        match self.kind {
            Kind::Number if answer.parse::<i64>().is_err() => {
                return refused(format!("{} is a whole number", self.name));
            }
            Kind::Bool if !matches!(answer, "true" | "false") => {
                return refused(format!("{} is true or false", self.name));
            }
            Kind::Choice if !self.choices.iter().any(|choice| choice == answer) => {
                return refused(format!("{} is one of {}", self.name, self.choices.join(", ")));
            }
            Kind::Host if !hosts.iter().any(|host| host == answer) => {
                return refused(format!("{} is one of {}", self.name, hosts.join(", ")));
            }
            Kind::Hosts if unknown().is_some() => {
                return refused(format!("{} are some of {}", self.name, hosts.join(", ")));
            }
            Kind::Secret if answer.is_empty() => return refused(format!("{} cannot be empty", self.name)),
            _ => {}
        }
        match &self.pattern {
            Some(pattern) if !matches_whole(pattern, answer)? => {
                let says = self.pattern_says.clone().unwrap_or_else(|| format!("must match {pattern}"));
                refused(format!("{}: {says}", self.name))
            }
            _ => Ok(()),
        }
    }

    fn told(&self, answer: &str) -> String {
        if self.is_secret() { "the secret".to_owned() } else { format!("`{answer}`") }
    }
}

/// Whether a pattern matches all of a text.
///
/// # Errors
/// Trouble when the pattern is no regular expression.
pub(super) fn matches_whole(pattern: &str, text: &str) -> Result<bool, Trouble> {
    let regex = Regex::new(&format!("^(?:{pattern})$"))
        .map_err(|error| Trouble::new(format!("`{pattern}` is no regular expression")).because(error))?;
    Ok(regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(kind: Kind) -> Input {
        Input {
            name: "x".to_owned(),
            title: "x".to_owned(),
            kind,
            default: None,
            choices: vec!["a".to_owned(), "b".to_owned()],
            pattern: None,
            pattern_says: None,
            when: Vec::new(),
        }
    }

    #[test]
    fn each_kind_takes_its_answers_and_no_others() {
        let hosts = ["one".to_owned(), "two".to_owned()];
        for (kind, taken, refused) in [
            (Kind::String, "anything", "two\nlines"),
            (Kind::Number, "-12", "twelve"),
            (Kind::Bool, "true", "yes"),
            (Kind::Choice, "b", "c"),
            (Kind::Host, "two", "one,two"),
            (Kind::Hosts, "one,two", "one,three"),
            (Kind::Secret, "hunter2", ""),
        ] {
            assert!(input(kind).check(taken, &hosts).is_ok(), "{kind:?}");
            assert!(input(kind).check(refused, &hosts).is_err(), "{kind:?}");
        }
        assert!(input(Kind::Text).check("two\nlines", &hosts).is_ok());
    }

    #[test]
    fn a_pattern_must_match_the_whole_answer_and_a_refused_secret_is_not_repeated() {
        let secret = Input { pattern: Some("[a-z]{4,}".to_owned()), ..input(Kind::Secret) };
        assert!(secret.check("abcd", &[]).is_ok());
        let trouble = secret.check("abcd1", &[]).unwrap_err();
        assert!(!trouble.to_string().contains("abcd1"), "{trouble}");
    }
}
