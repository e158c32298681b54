//! The words of a `vault` command told apart: what is to be done, flags before or between, then fields.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::Order;
use crate::model::trouble::Trouble;

/// Flags that stand alone; every other takes a value.
const ALONE: &[&str] = &["f", "force", "self", "accessor", "detailed", "no-default-policy", "orphan"];

/// A command told apart.
#[derive(Default)]
pub(super) struct Said {
    /// Words that are no flags, `vault` itself left out.
    pub(super) words: Vec<Zeroizing<String>>,
    flags: BTreeMap<String, Vec<Zeroizing<String>>>,
}

impl Said {
    /// Tells the words of an order apart.
    ///
    /// # Errors
    /// Trouble when a flag lacks its value, or a secret is not in hand.
    pub(super) fn of(order: &Order) -> Result<Self, Trouble> {
        let mut said = Self::default();
        let mut words = order.spoken()?.into_iter().skip(1);
        while let Some(word) = words.next() {
            let Some(flag) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
                said.words.push(word);
                continue;
            };
            let flag = flag.strip_prefix('-').unwrap_or(flag);
            let (name, value) = match flag.split_once('=') {
                Some((name, value)) => (name, Zeroizing::new(value.to_owned())),
                None if ALONE.contains(&flag) => (flag, Zeroizing::new(String::new())),
                None => {
                    let lacks = || Trouble::new(format!("the flag -{flag} lacks its value"));
                    (flag, words.next().ok_or_else(lacks)?)
                }
            };
            said.flags.entry(name.to_owned()).or_default().push(value);
        }
        Ok(said)
    }

    /// A word that must be there.
    ///
    /// # Errors
    /// Trouble when the command ends before it.
    pub(super) fn word(&self, index: usize, what: &str) -> Result<&str, Trouble> {
        let lacks = || Trouble::new(format!("the command lacks its {what}"));
        self.words.get(index).map(|word| word.as_str()).ok_or_else(lacks)
    }

    pub(super) fn has(&self, flag: &str) -> bool {
        self.flags.contains_key(flag)
    }

    /// The last value of a flag.
    pub(super) fn flag(&self, name: &str) -> Option<&str> {
        self.flags.get(name)?.last().map(|value| value.as_str())
    }

    /// Every value of a flag, each `key=value`.
    pub(super) fn pairs(&self, name: &str) -> Map<String, Value> {
        let values = self.flags.get(name).into_iter().flatten();
        values
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.into()))
            .collect()
    }

    /// The fields from a word on: `key=value`, `key=-`, `key=@FILE`, `-` and `@FILE` as the CLI reads them.
    ///
    /// # Errors
    /// Trouble when a field is none of these, or says it is read from where nothing is.
    pub(super) fn fields(&self, from: usize, order: &Order) -> Result<Map<String, Value>, Trouble> {
        let mut fields = Map::new();
        for word in self.words.iter().skip(from) {
            if word.as_str() == "-" || word.starts_with('@') {
                fields.extend(object(&handed_over(word, order)?)?);
                continue;
            }
            let (key, value) = word.split_once('=').ok_or_else(|| {
                Trouble::new("a field is no key=value").hint("write key=value, or - and the object on stdin")
            })?;
            let value = if value == "-" || value.starts_with('@') {
                Value::String(handed_over(value, order)?.to_string())
            } else {
                Value::String(value.to_owned())
            };
            add(&mut fields, key, value);
        }
        Ok(fields)
    }

    /// A text that is handed over at a word: `-` for stdin, or a file.
    ///
    /// # Errors
    /// Trouble when nothing is there.
    pub(super) fn text(&self, index: usize, order: &Order) -> Result<Zeroizing<String>, Trouble> {
        let word = self.word(index, "text")?;
        if word == "-" { handed_over(word, order) } else { handed_over(&format!("@{word}"), order) }
    }
}

/// A key that is named twice holds a list.
fn add(fields: &mut Map<String, Value>, key: &str, value: Value) {
    match fields.get_mut(key) {
        Some(Value::Array(values)) => values.push(value),
        Some(before) => *before = Value::Array(vec![before.take(), value]),
        None => {
            fields.insert(key.to_owned(), value);
        }
    }
}

fn object(text: &str) -> Result<Map<String, Value>, Trouble> {
    let read: Result<Value, _> = serde_json::from_str(text);
    match read {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(Trouble::new("what is handed over is no JSON object")),
    }
}

/// Stdin, or the order's own file: its content is in memory already.
fn handed_over(word: &str, order: &Order) -> Result<Zeroizing<String>, Trouble> {
    let path = word.strip_prefix('@');
    let content = match path {
        None => order.stdin_bytes()?,
        Some(path) if order.file.as_ref().is_some_and(|(own, _)| own == path) => order.file_bytes()?,
        Some(path) => {
            let unreadable = |error| Trouble::new(format!("cannot read {path}")).because(error);
            Some(Zeroizing::new(std::fs::read_to_string(path).map_err(unreadable)?))
        }
    };
    content.ok_or_else(|| Trouble::new("nothing is handed over").hint("give the step a stdin"))
}
