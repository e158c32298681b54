//! What a command answers: what is taken out of it, and what it must say.

use regex_lite::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::input::matches_whole;
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
    /// Whether the failure is that there is nothing: the server answered 404.
    pub missing: bool,
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
    /// One place in the JSON answer, as a JSON pointer: `/data/version`. A list of texts is told separated by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<Template>,
    /// The first group of a regular expression over the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// `true` when output or errors of the command contain this text, else `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<Template>,
    /// `true` when the command succeeded, else `false`: every failure is then an answer.
    #[serde(default, skip_serializing_if = "is_false")]
    pub succeeded: bool,
    /// `true` when the command succeeded, `false` when it failed because there is nothing. Any other failure is one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub exists: bool,
    /// Those items of the step's `for_each`, separated by commas, whose answer says what the step expects.
    #[serde(default, skip_serializing_if = "is_false")]
    pub kept: bool,
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
    /// Look at this place of the JSON answer instead of the output; a place that is not there is empty, a list of texts is
    /// told separated by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<Template>,
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
    /// All of it matches this regular expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
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
        told(self.json.as_ref()?.pointer(pointer)?)
    }
}

fn told(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => Some(items.iter().filter_map(told).collect::<Vec<_>>().join(",")),
        other => Some(other.to_string()),
    }
}

/// A pointer with its slots filled; a value stands for one name in it, whatever signs it holds.
fn placed<'v>(pointer: &Template, value: &impl Fn(&str) -> Option<&'v str>) -> Result<String, Trouble> {
    let slots = pointer.slots();
    let escape = |slot: &str| value(slot).map(|value| value.replace('~', "~0").replace('/', "~1"));
    let escaped: Vec<(&str, Option<String>)> = slots.into_iter().map(|slot| (slot, escape(slot))).collect();
    let of = |slot: &str| escaped.iter().find(|(name, _)| *name == slot)?.1.as_deref();
    pointer.fill(&of)?.plain()
}

impl Capture {
    /// How many ways of taking are set; one when it is whole.
    pub(super) fn ways(&self) -> usize {
        let switches = [self.output, self.succeeded, self.exists, self.kept];
        let places = [self.pointer.is_some(), self.pattern.is_some(), self.says.is_some()];
        switches.into_iter().chain(places).filter(|set| *set).count()
    }

    /// Whether an answer of failure is an answer to it.
    pub fn takes_failure(&self, answer: &Answer) -> bool {
        self.succeeded || self.exists && answer.missing
    }

    /// Takes the value out of an answer.
    ///
    /// # Errors
    /// Trouble when it is not there; its words hold nothing of the answer.
    pub fn take<'v>(
        &self,
        name: &str,
        answer: &Answer,
        value: &impl Fn(&str) -> Option<&'v str>,
    ) -> Result<String, Trouble> {
        if let Some(text) = &self.says {
            let text = text.fill(value)?.plain()?;
            return Ok((answer.output.contains(&text) || answer.errors.contains(&text)).to_string());
        }
        if self.succeeded || self.exists {
            return Ok((answer.status == 0).to_string());
        }
        let (found, place) = match (&self.pointer, &self.pattern) {
            (Some(pointer), _) => {
                let place = placed(pointer, value)?;
                (answer.at(&place), format!("nothing at {place}"))
            }
            (None, Some(pattern)) => {
                (first_group(pattern, &answer.output)?, format!("nothing matches {pattern}"))
            }
            (None, None) => (
                Some(answer.output.trim().to_owned()).filter(|output| !output.is_empty()),
                "it is empty".to_owned(),
            ),
        };
        let missing = || Trouble::new(format!("the answer holds nothing for `{name}`")).because(place);
        found.or_else(|| self.default.clone()).ok_or_else(missing)
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
        let words = [
            &self.is,
            &self.is_not,
            &self.contains,
            &self.lacks,
            &self.at_least,
            &self.refused,
            &self.pointer,
        ];
        words.into_iter().flatten()
    }

    /// Whether it says nothing of an answer.
    pub(super) fn is_empty(&self) -> bool {
        self.matches.is_none() && self.templates().count() == usize::from(self.pointer.is_some())
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
            Some(pointer) => answer.at(&placed(pointer, value)?).unwrap_or_default(),
            None => answer.output.trim().to_owned(),
        };
        if let Some(pattern) = &self.matches
            && !matches_whole(pattern, &said)?
        {
            return Ok(false);
        }
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
        say("matches", &self.matches.as_deref().map(Template::from));
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
            json: Some(json!({"data": {"version": 8, "keys": ["a", "b"], "gone": null}})),
            ..Answer::default()
        }
    }

    fn take_from_refusal(capture: &Capture) -> String {
        capture.take("x", &refusal(), &|_: &str| None).unwrap()
    }

    fn refusal() -> Answer {
        Answer { errors: "FATAL: password authentication failed".to_owned(), status: 2, ..Answer::default() }
    }

    #[test]
    fn a_value_is_taken_from_output_pointer_pattern_or_presence() {
        let slot = |_: &str| Some("keys");
        let take = |capture: Capture| capture.take("x", &answer(), &slot);
        assert_eq!(take(Capture { output: true, ..Capture::default() }).unwrap(), "version 8 written");
        let at = |pointer: &str| Capture { pointer: Some(pointer.into()), ..Capture::default() };
        assert_eq!(take(at("/data/version")).unwrap(), "8");
        assert_eq!(take(at("/data/{x}")).unwrap(), "a,b");
        assert!(take(at("/data/gone")).unwrap_err().because.unwrap().contains("/data/gone"));
        assert_eq!(take(Capture { default: Some("0".to_owned()), ..at("/data/none") }).unwrap(), "0");
        assert_eq!(
            take(Capture { pattern: Some("version ([0-9]+)".to_owned()), ..Capture::default() }).unwrap(),
            "8"
        );
        assert_eq!(take(Capture { says: Some("9".into()), ..Capture::default() }).unwrap(), "false");
        assert_eq!(take_from_refusal(&Capture { succeeded: true, ..Capture::default() }), "false");
        let exists = Capture { exists: true, ..Capture::default() };
        assert!(
            !exists.takes_failure(&refusal()) && exists.takes_failure(&Answer { missing: true, ..refusal() })
        );
    }

    #[test]
    fn an_answer_is_held_against_all_that_is_expected() {
        let version = |least: &str| Expect {
            pointer: Some("/data/version".into()),
            at_least: Some(least.into()),
            ..Expect::default()
        };
        let none = |_: &str| None;
        assert!(version("8").holds(&answer(), &none).unwrap());
        assert!(!version("9").holds(&answer(), &none).unwrap());
        assert!(version("{n}").holds(&answer(), &|_: &str| Some("7")).unwrap());
        assert!(version("{n}").holds(&answer(), &none).is_err());
        let either = Expect { matches: Some("version [78] .*|root".to_owned()), ..Expect::default() };
        assert!(either.holds(&answer(), &none).unwrap());
        let refused = Expect { refused: Some("password authentication failed".into()), ..Expect::default() };
        assert!(refused.holds(&refusal(), &none).unwrap());
        assert!(!refused.holds(&answer(), &none).unwrap());
        assert!(!Expect::default().holds(&refusal(), &none).unwrap());
    }
}
