//! What a command answers: what is taken out of it, and what it must say.

use regex_lite::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::command::Template;
use crate::model::trouble::Trouble;

/// The answer of a command, as its executor hands it over. It may hold secrets and is never written down.
#[derive(Clone, Default)]
pub struct Answer {
    /// What a child printed on its standard output; of a request in this process what the real tool prints without a format.
    pub output: String,
    /// What a child printed on its standard error, or the server's words of refusal.
    pub errors: String,
    /// Exit status, as the real tool has it: 0 done.
    pub status: i32,
    /// The answer as JSON, as the real tool prints it with `-format=json` (vault) or `--output json` (aws).
    pub json: Option<Value>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// What is taken out of an answer into a slot; exactly one way is set. The slot is a secret when its name is in capitals.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capture {
    /// All of the output, without spaces and line ends around it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub output: bool,
    /// One place in the JSON answer, as a JSON pointer: `/data/version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The first group of a regular expression over the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// `true` when output or errors contain this text, else `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// `true` when the command succeeded, else `false`; a refusal is then an answer and no failure.
    #[serde(default, skip_serializing_if = "is_false")]
    pub succeeded: bool,
    /// The value when the place is not there; without it that is a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// For a secret: the reading command that brings it back when it is no longer in memory. Without one the step that
    /// captured it is undone and done again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recall: Option<super::Recall>,
}

/// What an answer must say; everything that is set must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Look at this place of the JSON answer instead of the output; a place that is not there is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// It is just this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<Template>,
    /// It is anything but this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_not: Option<Template>,
    /// It contains this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<Template>,
    /// It does not contain this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lacks: Option<Template>,
    /// It is a number and at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Template>,
    /// The command is refused, with these words among the errors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Template>,
}

/// `serde` asks by reference.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}

impl Answer {
    /// The value at a place of the JSON answer; `None` when it is not there or null.
    pub fn at(&self, pointer: &str) -> Option<String> {
        match self.json.as_ref()?.pointer(pointer)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}

impl Capture {
    /// How many ways of taking are set; one when it is whole.
    pub(super) fn ways(&self) -> usize {
        [self.output, self.pointer.is_some(), self.pattern.is_some(), self.says.is_some(), self.succeeded]
            .into_iter()
            .filter(|set| *set)
            .count()
    }

    /// Takes the value out of an answer.
    ///
    /// # Errors
    /// Trouble when it is not there; its words hold nothing of the answer.
    pub fn take(&self, name: &str, answer: &Answer) -> Result<String, Trouble> {
        if let Some(text) = &self.says {
            return Ok((answer.output.contains(text) || answer.errors.contains(text)).to_string());
        }
        if self.succeeded {
            return Ok((answer.status == 0).to_string());
        }
        let found = match (&self.pointer, &self.pattern) {
            (Some(pointer), _) => answer.at(pointer),
            (None, Some(pattern)) => first_group(pattern, &answer.output)?,
            (None, None) => Some(answer.output.trim().to_owned()).filter(|output| !output.is_empty()),
        };
        found.or_else(|| self.default.clone()).ok_or_else(|| {
            Trouble::new(format!("the answer holds nothing for `{name}`")).because(self.place())
        })
    }

    fn place(&self) -> String {
        match (&self.pointer, &self.pattern) {
            (Some(pointer), _) => format!("nothing at {pointer}"),
            (None, Some(pattern)) => format!("nothing matches {pattern}"),
            (None, None) => "it is empty".to_owned(),
        }
    }
}

fn first_group(pattern: &str, text: &str) -> Result<Option<String>, Trouble> {
    let regex = Regex::new(pattern)
        .map_err(|error| Trouble::new(format!("`{pattern}` is no regular expression")).because(error))?;
    Ok(regex
        .captures(text)
        .and_then(|groups| groups.get(1).or(groups.get(0)))
        .map(|found| found.as_str().to_owned()))
}

impl Expect {
    /// Everything that it compares with.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        [&self.is, &self.is_not, &self.contains, &self.lacks, &self.at_least, &self.refused]
            .into_iter()
            .flatten()
    }

    /// Whether an answer says what it must. An answer of failure never does, unless failure is what is expected.
    ///
    /// # Errors
    /// Trouble when a slot has no value, or holds a secret.
    pub fn holds<'v>(
        &self,
        answer: &Answer,
        value: &impl Fn(&str) -> Option<&'v str>,
    ) -> Result<bool, Trouble> {
        let fill = |template: &Option<Template>| {
            template.as_ref().map(|template| template.fill(value)?.plain()).transpose()
        };
        if let Some(words) = fill(&self.refused)? {
            return Ok(answer.status != 0 && answer.errors.contains(&words));
        }
        if answer.status != 0 {
            return Ok(false);
        }
        let said = match &self.pointer {
            Some(pointer) => answer.at(pointer).unwrap_or_default(),
            None => answer.output.trim().to_owned(),
        };
        let number = |text: &str| text.trim().parse::<i64>().ok();
        Ok(fill(&self.is)?.is_none_or(|wanted| said == wanted)
            && fill(&self.is_not)?.is_none_or(|unwanted| said != unwanted)
            && fill(&self.contains)?.is_none_or(|wanted| said.contains(&wanted))
            && fill(&self.lacks)?.is_none_or(|unwanted| !said.contains(&unwanted))
            && fill(&self.at_least)?
                .is_none_or(|least| number(&said) >= number(&least) && number(&said).is_some()))
    }

    /// In words, for the plan: `is read`.
    pub fn sentence(&self) -> String {
        let mut said = Vec::new();
        let mut say = |verb: &str, what: &Option<Template>| {
            said.extend(what.as_ref().map(|what| format!("{verb} `{what}`")));
        };
        say("is", &self.is);
        say("is not", &self.is_not);
        say("contains", &self.contains);
        say("does not contain", &self.lacks);
        say("is at least", &self.at_least);
        say("is a refusal that says", &self.refused);
        let place = self.pointer.as_ref().map(|pointer| format!("{pointer} ")).unwrap_or_default();
        format!("{place}{}", said.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer() -> Answer {
        Answer {
            output: "version 8 written\n".to_owned(),
            json: Some(json!({"data": {"version": 8, "keys": ["a"], "gone": null}})),
            ..Answer::default()
        }
    }

    fn refusal() -> Answer {
        Answer { errors: "FATAL: password authentication failed".to_owned(), status: 2, ..Answer::default() }
    }

    #[test]
    fn a_value_is_taken_from_output_pointer_pattern_or_presence() {
        let take = |capture: Capture| capture.take("x", &answer());
        assert_eq!(take(Capture { output: true, ..Capture::default() }).unwrap(), "version 8 written");
        let at = |pointer: &str| Capture { pointer: Some(pointer.to_owned()), ..Capture::default() };
        assert_eq!(take(at("/data/version")).unwrap(), "8");
        assert!(take(at("/data/gone")).unwrap_err().because.unwrap().contains("/data/gone"));
        assert_eq!(take(Capture { default: Some("0".to_owned()), ..at("/data/none") }).unwrap(), "0");
        assert_eq!(
            take(Capture { pattern: Some("version ([0-9]+)".to_owned()), ..Capture::default() }).unwrap(),
            "8"
        );
        assert_eq!(take(Capture { says: Some("9".to_owned()), ..Capture::default() }).unwrap(), "false");
        assert_eq!(Capture { succeeded: true, ..Capture::default() }.take("x", &refusal()).unwrap(), "false");
    }

    #[test]
    fn an_answer_is_held_against_all_that_is_expected() {
        let version = |least: &str| Expect {
            pointer: Some("/data/version".to_owned()),
            at_least: Some(least.into()),
            ..Expect::default()
        };
        let none = |_: &str| None;
        assert!(version("8").holds(&answer(), &none).unwrap());
        assert!(!version("9").holds(&answer(), &none).unwrap());
        assert!(version("{n}").holds(&answer(), &|_: &str| Some("7")).unwrap());
        assert!(version("{n}").holds(&answer(), &none).is_err());
        let refused = Expect { refused: Some("password authentication failed".into()), ..Expect::default() };
        assert!(refused.holds(&refusal(), &none).unwrap());
        assert!(!refused.holds(&answer(), &none).unwrap());
        assert!(!Expect::default().holds(&refusal(), &none).unwrap());
    }
}
