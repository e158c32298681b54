//! `vaultdeck config`: every effective value of the profile, and where it comes from.

use serde_json::json;
use toml::Value as Toml;

use super::paint::{Field, Paint, columns};
use crate::config::{Effective, Source, Value};
use crate::model::trouble::Trouble;

/// Name and version of the JSON.
const SCHEMA: &str = "vaultdeck.config/1";

/// A table for people.
pub fn text(effective: &Effective, paint: Paint) -> String {
    let head = [("profile", &effective.name), ("file", &effective.file)];
    let head = head.map(|(what, (value, source))| row(what, source.to_string(), value.clone()));
    let values = effective.values.iter().map(|value| row(&value.key, said_by(&value.source), shown(value)));
    format!("{}\n{}", columns(&head, paint), columns(&values.collect::<Vec<_>>(), paint))
}

/// The file stands in the head; its profile is enough beside each value.
fn said_by(source: &Source) -> String {
    let told = source.to_string();
    match (source, told.find("[profiles.")) {
        (Source::File(_), Some(at)) => told.get(at..).unwrap_or_default().to_owned(),
        _ => told,
    }
}

/// One JSON document.
///
/// # Errors
/// Trouble when a value has no form in JSON.
pub fn json(effective: &Effective) -> Result<String, Trouble> {
    let document = json!({
        "schema": SCHEMA,
        "profile": { "name": effective.name.0, "source": effective.name.1 },
        "file": { "path": effective.file.0, "source": effective.file.1 },
        "values": effective.values,
    });
    let text = serde_json::to_string_pretty(&document);
    text.map(|text| text + "\n").map_err(|error| Trouble::new("cannot print the profile").because(error))
}

fn row(what: &str, source: String, value: String) -> Vec<Field> {
    vec![Field::plain(what), Field::plain(source), Field::plain(value)]
}

fn shown(value: &Value) -> String {
    match &value.value {
        None => "-".to_owned(),
        Some(Toml::String(text)) if text.trim().contains('\n') => {
            let lines = text.trim().lines().count();
            format!("{} ... ({lines} lines)", text.trim().lines().next().unwrap_or_default())
        }
        Some(value) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::config::{Asked, Surroundings, effective};

    fn pretended() -> Effective {
        let nowhere = Surroundings { variables: [].into(), home: PathBuf::new(), directory: PathBuf::new() };
        effective(Asked { demo: true, ..Asked::default() }, &nowhere).unwrap()
    }

    #[test]
    fn each_value_is_one_line_with_its_source() {
        let text = text(&pretended(), Paint::Plain);
        let line = |key: &str| {
            let line = text.lines().find(|line| line.trim_start().starts_with(key)).unwrap();
            line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(line("environment"), ["environment", "--demo", "\"demo\""]);
        assert_eq!(line("vault.namespace"), ["vault.namespace", "not", "set", "-"]);
        assert_eq!(line("approle.policy_text")[1], "default");
    }

    #[test]
    fn the_json_holds_whole_values_and_null_for_what_nobody_sets() {
        let document: serde_json::Value = serde_json::from_str(&json(&pretended()).unwrap()).unwrap();
        let values = document["values"].as_array().unwrap();
        let value = |key: &str| values.iter().find(|value| value["key"] == key).unwrap().clone();
        assert_eq!(document["schema"], SCHEMA);
        assert_eq!(value("environment")["source"], json!({ "from": "flag", "name": "--demo" }));
        assert_eq!(value("rds.region")["value"], serde_json::Value::Null);
        assert!(value("approle.policy_text")["value"].as_str().unwrap().lines().count() > 3);
    }
}
