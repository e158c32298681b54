//! The JSON Schemas name exactly what is accepted: what serde itself says it knows is held against every definition.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::{Value, from_value, json};
use vaultdeck::cli::args::Schema;
use vaultdeck::config::{self, Discovery};
use vaultdeck::model::deployment::{Acknowledgement, Environment, SecretSpec, Thresholds};
use vaultdeck::model::finding::Signal;
use vaultdeck::model::notice::{NoticeFrom, NoticeWay, Notices};
use vaultdeck::model::runbook::{self, Condition, Content};
use vaultdeck::tui::theme::{Depth, Theme};

/// Stands in no file.
const STRANGE: &str = "zzz";

fn schema(which: Schema) -> Value {
    serde_json::from_str(which.text()).unwrap()
}

/// A definition of a schema as a schema of its own.
fn definition(which: Schema, name: &str) -> Value {
    let whole = schema(which);
    json!({ "$ref": format!("#/$defs/{name}"), "$defs": whole["$defs"] })
}

fn faults(schema: &Value, document: &Value) -> Vec<String> {
    let validator = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn read(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
}

/// The names that serde offers when it complains of the strange one.
fn known_in(complaint: &str) -> BTreeSet<String> {
    let complaint = complaint.get(complaint.find("unknown ").unwrap_or_default()..).unwrap_or_default();
    let quoted: Vec<_> = complaint.split('`').skip(1).step_by(2).collect();
    assert_eq!(quoted.first(), Some(&STRANGE), "{complaint}");
    quoted.into_iter().skip(1).map(str::to_owned).collect()
}

fn keys_of<T: DeserializeOwned>() -> BTreeSet<String> {
    complaint::<T>(json!({ STRANGE: 1 }))
}

fn words_of<T: DeserializeOwned>() -> BTreeSet<String> {
    complaint::<T>(json!(STRANGE))
}

fn complaint<T: DeserializeOwned>(document: Value) -> BTreeSet<String> {
    known_in(&from_value::<T>(document).err().map(|error| error.to_string()).unwrap_or_default())
}

fn properties(definition: &Value) -> BTreeSet<String> {
    definition["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// The word of each choice: itself, its one key, or the value of its tag.
fn choices(definition: &Value) -> BTreeSet<String> {
    let word = |choice: &Value| {
        let tag = || choice["properties"].as_object()?.values().find_map(|value| value["const"].as_str());
        choice["const"].as_str().or_else(tag).map(str::to_owned)
    };
    let choices = definition["oneOf"].as_array().unwrap().iter();
    choices.map(|choice| word(choice).or_else(|| properties(choice).pop_first()).unwrap()).collect()
}

/// Every definition of a schema with what serde knows there; one that stands in no table fails.
fn held_to(which: Schema, accepted: &[(&str, BTreeSet<String>)]) {
    let schema = schema(which);
    let definitions = schema["$defs"].as_object().unwrap();
    let of_objects_and_choices = definitions
        .iter()
        .filter(|(_, definition)| definition["properties"].is_object() || definition["oneOf"].is_array());
    let named: BTreeSet<_> = of_objects_and_choices.map(|(name, _)| name.as_str()).collect();
    assert_eq!(named, accepted.iter().map(|(name, _)| *name).collect(), "{which:?}: definitions");
    for (name, accepted) in accepted {
        let definition = &definitions[*name];
        let described =
            if definition["oneOf"].is_array() { choices(definition) } else { properties(definition) };
        assert_eq!(&described, accepted, "{which:?} {name}: described on the left, accepted on the right");
    }
}

#[test]
fn the_schema_of_a_runbook_names_what_a_runbook_may_say() {
    held_to(
        Schema::Runbook,
        &[
            ("Access", keys_of::<runbook::Access>()),
            ("AgentFile", words_of::<runbook::AgentFile>()),
            ("Alphabet", words_of::<runbook::Alphabet>()),
            ("Capture", keys_of::<runbook::Capture>()),
            ("Check", keys_of::<runbook::Check>()),
            ("Condition", words_of::<Condition>()),
            ("Confirm", words_of::<runbook::Confirm>()),
            ("Content", words_of::<Content>()),
            ("Documented", keys_of::<runbook::Documented>()),
            ("Expect", keys_of::<runbook::Expect>()),
            ("Generate", keys_of::<runbook::Generate>()),
            ("Input", keys_of::<runbook::Input>()),
            ("Kind", words_of::<runbook::Kind>()),
            ("Otherwise", words_of::<runbook::Otherwise>()),
            ("Pace", words_of::<runbook::Pace>()),
            ("Place", words_of::<runbook::Place>()),
            ("Recall", keys_of::<runbook::Recall>()),
            ("Repeat", keys_of::<runbook::Repeat>()),
            ("Requirement", keys_of::<runbook::Requirement>()),
            ("Reveal", keys_of::<runbook::Reveal>()),
            ("Signal", words_of::<Signal>()),
            ("Step", keys_of::<runbook::Step>()),
            ("Undo", keys_of::<runbook::Undo>()),
            ("Wait", keys_of::<runbook::Wait>()),
            ("When", keys_of::<runbook::When>()),
        ],
    );
    assert_eq!(properties(&schema(Schema::Runbook)), keys_of::<runbook::Runbook>());
}

#[test]
fn the_schema_of_a_runbook_names_what_each_condition_takes() {
    let condition = &schema(Schema::Runbook)["$defs"]["Condition"];
    for choice in condition["oneOf"].as_array().unwrap() {
        let Some((name, takes)) = choice["properties"].as_object().and_then(|all| all.iter().next()) else {
            continue;
        };
        let accepted = complaint::<Condition>(json!({ name: { STRANGE: 1 } }));
        assert_eq!(properties(takes), accepted, "{name}");
    }
}

#[test]
fn the_schema_of_a_profile_names_what_a_profile_may_say() {
    let accepted = [
        ("Acknowledgement", keys_of::<Acknowledgement>()),
        ("AgentSettings", keys_of::<config::AgentSettings>()),
        ("AnsibleSettings", keys_of::<config::AnsibleSettings>()),
        ("ApproleSettings", keys_of::<config::ApproleSettings>()),
        ("DatabaseSettings", keys_of::<config::DatabaseSettings>()),
        ("Environment", words_of::<Environment>()),
        ("Habits", keys_of::<vaultdeck::model::deployment::Habits>()),
        ("HostSettings", keys_of::<config::HostSettings>()),
        ("LoginSettings", complaint::<config::LoginSettings>(json!({ "method": STRANGE }))),
        ("NoticeFrom", words_of::<NoticeFrom>()),
        ("NoticeWay", words_of::<NoticeWay>()),
        ("Notices", keys_of::<Notices>()),
        ("Profile", keys_of::<config::Profile>()),
        ("RdsSettings", keys_of::<config::RdsSettings>()),
        ("Reveal", words_of::<config::Reveal>()),
        ("SecretSpec", keys_of::<SecretSpec>()),
        ("TerraformSettings", keys_of::<config::TerraformSettings>()),
        ("Thresholds", keys_of::<Thresholds>()),
        ("TlsMode", words_of::<config::TlsMode>()),
        ("VaultSettings", keys_of::<config::VaultSettings>()),
    ];
    held_to(Schema::Profile, &accepted);
}

#[test]
fn the_schema_of_a_profile_names_what_each_way_to_log_in_takes() {
    let login = &schema(Schema::Profile)["$defs"]["LoginSettings"]["oneOf"];
    for way in login.as_array().unwrap() {
        let method = &way["properties"]["method"]["const"];
        let refused = from_value::<config::LoginSettings>(json!({ "method": method, STRANGE: 1 }));
        assert!(refused.is_err(), "{method} takes what no schema describes");
        let mut described = properties(way);
        described.remove("method");
        let whole: serde_json::Map<_, _> = described.iter().map(|key| (key.clone(), json!("x"))).collect();
        let mut whole = Value::Object(whole);
        whole["method"] = method.clone();
        assert!(from_value::<config::LoginSettings>(whole).is_ok(), "{method}: {described:?}");
    }
}

#[test]
fn the_schema_of_a_theme_names_what_a_theme_may_say() {
    let known = |text: &str| {
        let trouble = Theme::read(text, Depth::True).unwrap_err();
        known_in(&trouble.because.unwrap().lines().last().unwrap().replace("TOML parse error", ""))
    };
    let schema = schema(Schema::Theme);
    assert_eq!(properties(&schema), known("zzz = 1"));
    assert_eq!(properties(&schema["properties"]["roles"]), known("name = \"t\"\n[roles]\nzzz = {}"));
    assert_eq!(properties(&schema["$defs"]["Look"]), known("name = \"t\"\n[roles]\ntext = { zzz = 1 }"));
}

#[test]
fn every_file_that_comes_with_vaultdeck_keeps_to_its_schema() {
    let profile = schema(Schema::Profile);
    assert_eq!(faults(&definition(Schema::Profile, "Profile"), &read(config::DEFAULT)), Vec::<String>::new());
    assert_eq!(faults(&profile, &read(&Discovery::default().profile("shared"))), Vec::<String>::new());
    let mut checked = 0;
    for (folder, which) in [("src/runbooks", Schema::Runbook), ("themes", Schema::Theme)] {
        let schema = schema(which);
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let document = read(&std::fs::read_to_string(&path).unwrap());
                assert_eq!(faults(&schema, &document), Vec::<String>::new(), "{}", path.display());
                checked += 1;
            }
        }
    }
    assert!(checked > 15, "only {checked} files");
}

#[test]
fn a_profile_of_the_readme_keeps_to_the_schema() {
    let readme = include_str!("../README.md");
    let example = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(faults(&schema(Schema::Profile), &read(example)), Vec::<String>::new());
}

const STEP: &str = "id = \"a\"\ntitle = \"a\"\nwhy = \"a\"\nblast_radius = \"a\"\nconfirm = \"yes\"\n[[steps]]\nid = \"a\"\ntitle = \"a\"\nwhy = \"a\"\n";

#[test]
fn what_is_broken_does_not_keep_to_the_schema() {
    assert_eq!(faults(&schema(Schema::Runbook), &read(STEP)), Vec::<String>::new());
    let profiles = [
        "profile = 1",
        "profiles = 1",
        "default = 1",
        "[profiles.a]\nenvironment = \"production\"",
        "[profiles.a]\nvault.adress = \"x\"",
        "[profiles.a]\nvault.login = { method = \"magic\" }",
        "[profiles.a]\nvault.login = { method = \"userpass\" }",
        "[profiles.a]\nvault.login = { method = \"token\", username = \"a\" }",
        "[profiles.a]\nhosts.become = \"yes\"",
        "[profiles.a]\nthresholds.secret_id_days = [1, 2]",
        "[profiles.a]\ndatabase.tls = \"prefer\"",
        "[profiles.a]\nnotices.terminal = \"osc52\"",
        "[profiles.a]\nnotices.from = \"info\"",
        "[profiles.a]\nnotices.quiet = \"22-7\"",
        "[profiles.a]\nnotices.command = \"page-me\"",
        "[[profiles.a.secrets]]\nkeys = [\"a\"]",
        "[[profiles.a.acknowledge]]\nrule = \"A\"\nreason = \"a\"\nuntil = \"soon\"",
    ];
    let steps = [
        "shell = true",
        "where = \"everywhere\"",
        "timeout_seconds = -1",
        "asserts = \"vault-opened\"",
        "asserts = { rendered = {} }",
        "confirm = \"always\"",
        "touches = [\"everything\"]",
        "generate = { A = { alphabet = \"greek\", length = 3 } }",
        "stdin = { yaml = \"a\" }",
        "inputs = [{ name = \"a\" }]",
    ];
    let themes = [
        "roles = {}",
        "name = \"a\"",
        "name = \"a\"\n[roles]\nbda = {}",
        "name = \"a\"\n[roles]\nbad = { fg = \"blood\" }",
        "name = \"a\"\n[roles]\nbad = { bold = 1 }",
        "name = \"a\"\nwidgets = 1\n[roles]",
    ];
    let steps = steps.map(|step| format!("{STEP}{step}\n"));
    let broken = profiles.iter().map(|text| (Schema::Profile, (*text).to_owned()));
    let broken = broken.chain(steps.map(|text| (Schema::Runbook, text)));
    for (which, text) in broken.chain(themes.iter().map(|text| (Schema::Theme, (*text).to_owned()))) {
        assert!(!faults(&schema(which), &read(&text)).is_empty(), "{which:?} takes\n{text}");
    }
}
