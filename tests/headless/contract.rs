//! The JSON of `status` keeps to its schema, and the schema says no more than the JSON holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use vaultdeck::cli::report::Report;
use vaultdeck::model::agent_log::Class;
use vaultdeck::model::facts::Maintenance;
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::{Trouble, TroubleKind};

use super::{Format, SCENARIOS, pretend, seen, status_of};
use crate::judgement::evening::{Evening, HOSTS, now};

const SCHEMA: &str = include_str!("../../src/cli/status.schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn broken_rules(document: &Value) -> Vec<String> {
    let validator = jsonschema::options().should_validate_formats(true).build(&schema()).unwrap();
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

async fn json_of(deck: (vaultdeck::deck::Deck, vaultdeck::model::fleet::Fleet)) -> Value {
    serde_json::from_str(&status_of(deck, Format::Json).await).unwrap()
}

/// Something of everything: pending password and maintenance, a looping agent, acknowledgements, trouble.
fn eventful() -> Evening {
    Evening::with(|evening| {
        evening.loops(HOSTS[2], Class::NoSecretId);
        evening.acknowledges("AG-AUTH-LOOP", None, false);
        evening.acknowledges("RDS-CERT", None, true);
        evening.rds(|rds| rds.pending = vec![("MasterUserPassword".to_owned(), "****".to_owned())]);
        evening.rds(|rds| {
            let action = "system-update".to_owned();
            let update =
                Maintenance { action, description: None, applies: Some(now()), forced: None, opt_in: None };
            rds.maintenance = Ok(vec![update]);
        });
        evening.seen.insert(
            Subject::Host(HOSTS[1].to_owned()),
            Err(Trouble::new("cannot reach authentik-2").because("timed out").hint("ssh authentik-2 true")),
        );
    })
}

#[test]
fn the_schema_allows_nothing_it_does_not_describe() {
    let schema = schema();
    let mut objects = vec![&schema];
    objects.extend(schema["$defs"].as_object().unwrap().values());
    for object in objects.into_iter().filter(|object| object["properties"].is_object()) {
        assert_eq!(object["additionalProperties"], Value::Bool(false), "{}", object["description"]);
        for (name, property) in object["properties"].as_object().unwrap() {
            let described = property["description"].is_string() || property["$ref"].is_string();
            assert!(described, "{name} of {} is not described", object["description"]);
        }
    }
}

#[tokio::test]
async fn what_is_printed_of_the_pretend_fleet_keeps_to_the_schema() {
    for scenario in SCENARIOS {
        let document = json_of(pretend(scenario)).await;
        assert_eq!(broken_rules(&document), Vec::<String>::new(), "{scenario}");
    }
}

#[tokio::test]
async fn what_is_printed_of_any_evening_keeps_to_the_schema() {
    let blind = Evening::with(|evening| {
        for facts in evening.seen.values_mut() {
            *facts = Err(Trouble::new("no answer").kind(TroubleKind::Unreachable));
        }
    });
    let without_rds = Evening::with(|evening| evening.deployment.rds_instance = None);
    for evening in [Evening::healthy(), eventful(), blind, without_rds] {
        assert_eq!(broken_rules(&json_of(seen(&evening)).await), Vec::<String>::new());
    }
}

#[tokio::test]
async fn every_field_of_the_schema_is_printed_somewhere() {
    let mut printed = BTreeMap::new();
    for document in [json_of(seen(&eventful())).await, json_of(pretend("trouble")).await] {
        walk(&schema(), &schema(), &document, &mut printed);
    }
    for (name, definition) in schema()["$defs"].as_object().unwrap() {
        let Some(properties) = definition["properties"].as_object() else { continue };
        let described: BTreeSet<String> = properties.keys().cloned().collect();
        let key = format!("#/$defs/{name}");
        assert_eq!(
            printed.get(&key),
            Some(&described),
            "{name}: printed on the left, described on the right"
        );
    }
}

/// Collects the field names that stand in a document, by the definition that describes them.
fn walk(root: &Value, schema: &Value, document: &Value, printed: &mut BTreeMap<String, BTreeSet<String>>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let definition = root.pointer(reference.trim_start_matches('#')).unwrap();
        if let Some(fields) = document.as_object() {
            printed.entry(reference.to_owned()).or_default().extend(fields.keys().cloned());
        }
        return walk(root, definition, document, printed);
    }
    for choice in schema["anyOf"].as_array().into_iter().flatten() {
        walk(root, choice, document, printed);
    }
    for item in document.as_array().into_iter().flatten() {
        walk(root, &schema["items"], item, printed);
    }
    for (name, value) in document.as_object().into_iter().flatten() {
        walk(root, &schema["properties"][name], value, printed);
    }
}

#[tokio::test]
async fn the_top_level_is_as_promised() {
    let document = json_of(pretend("healthy")).await;
    let keys: Vec<_> = document.as_object().unwrap().keys().map(String::as_str).collect();
    let promised = [
        "approle",
        "at",
        "deployment",
        "expiries",
        "findings",
        "hosts",
        "rds",
        "schema",
        "secrets",
        "sources",
        "token",
        "vault",
    ];
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, promised);
    assert_eq!(document["schema"], "vaultdeck.status/1");
}

#[test]
fn every_rule_is_listed_whatever_it_says() {
    let report = Report::of(&Evening::healthy().fleet(), now());
    let listed: Vec<_> = report.findings.iter().map(|finding| finding.id).collect();
    let rules: Vec<_> = vaultdeck::model::finding::rules().map(|rule| rule.id).collect();
    assert_eq!(listed, rules);
    assert!(rules.len() >= 40);
}
