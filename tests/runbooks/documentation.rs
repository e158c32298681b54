//! The documentation and the runbooks held against each other: no command of the page is missing, and what a step shows is the
//! page's command, translated; where it is more than that, the step says why.

use std::collections::BTreeMap;

use serde::Deserialize;
use vaultdeck::config;
use vaultdeck::model::runbook::documented::{Translated, translate};
use vaultdeck::model::runbook::{Content, Step, built_in};

/// Every command of the page, verbatim, under the heading of its section.
const COMMANDS: &str = include_str!("../fixtures/documentation/commands.txt");

/// Who carries each of them, and what is shown.
const CARRIED: &str = include_str!("../fixtures/documentation/carried.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    command: Vec<Carried>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Carried {
    section: String,
    begins: String,
    runbook: String,
    step: String,
    shown: String,
}

/// Section and verbatim text of every command, in the page's order.
fn commands() -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut section = String::new();
    let mut open: Option<String> = None;
    for line in COMMANDS.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            heading.clone_into(&mut section);
        } else if let Some(text) = &mut open {
            text.push('\n');
            text.push_str(line);
        } else if !line.starts_with('#') {
            open = Some(line.to_owned());
        }
        let ended = open.as_ref().is_some_and(|text| {
            if text.contains("<<'EOF'") { text.ends_with("\nEOF") } else { !text.ends_with('\\') }
        });
        if ended {
            found.extend(open.take().map(|text| (section.clone(), text)));
        }
    }
    found
}

fn table() -> Vec<Carried> {
    toml::from_str::<Table>(CARRIED).unwrap().command
}

fn step(runbook: &str, step: &str) -> &'static Step {
    let runbook = built_in().unwrap().iter().find(|one| one.id == runbook).unwrap();
    runbook.step(step).unwrap_or_else(|| panic!("{} has no step {step}", runbook.id))
}

/// The documented values of the profile's slots; the operator's home is nobody's business here.
fn slots() -> BTreeMap<String, String> {
    let mut slots = config::documented("documented").unwrap().slots(&[]);
    slots.remove("home");
    slots
}

fn command_of(step: &Step) -> Option<String> {
    let slots = slots();
    let known = |slot: &str| slots.get(slot).map(String::as_str);
    Some(step.command.as_ref()?.known(&known).to_string())
}

fn directory_of(step: &Step) -> Option<String> {
    let slots = slots();
    let known = |slot: &str| slots.get(slot).map(String::as_str);
    step.directory.as_ref()?.fill(&known).ok()?.plain().ok()
}

/// What a step shows in the place of a command of the page.
fn shown(step: &Step, text: &str) -> String {
    if text.starts_with("cd ") {
        return format!("directory {}", directory_of(step).unwrap_or_default());
    }
    match step.generate.iter().next() {
        Some((name, made)) => format!("{name}: {} alphanumeric characters", made.length),
        None => command_of(step).unwrap_or_default(),
    }
}

#[test]
fn every_command_of_the_page_is_carried_by_a_step_that_shows_it() {
    let commands = commands();
    let table = table();
    assert_eq!(commands.len(), 37);
    assert_eq!(commands.len(), table.len());
    for ((section, text), carried) in commands.iter().zip(&table) {
        assert_eq!(*section, carried.section, "{text}");
        assert!(text.starts_with(&carried.begins), "{text}\nis not {}", carried.begins);
        let step = step(&carried.runbook, &carried.step);
        assert_eq!(shown(step, text), carried.shown, "{} {}", carried.runbook, carried.step);
        let documented = step.documented.as_ref().unwrap_or_else(|| panic!("{text} has no page beside it"));
        assert_eq!(documented.section, *section, "{text}");
        assert!(documented.command.contains(text.as_str()), "{} {}: {text}", carried.runbook, carried.step);
    }
}

#[test]
fn what_a_step_says_is_documented_stands_on_the_page() {
    let commands = commands();
    for runbook in built_in().unwrap() {
        for step in &runbook.steps {
            let Some(documented) = &step.documented else { continue };
            let on_page = |(section, text): &(String, String)| {
                documented.section == *section && documented.command.contains(text)
            };
            assert!(commands.iter().any(on_page), "{} {}", runbook.id, step.id);
        }
    }
}

/// What a step is, said as the translation says it.
fn as_translated(step: &Step) -> Translated {
    let generate = step.generate.iter().next().map(|(name, made)| (name.clone(), made.alphabet, made.length));
    let capture = step.capture.iter().find(|(_, capture)| capture.output).map(|(name, _)| name.clone());
    Translated {
        command: command_of(step).map(|line| line.parse().unwrap()),
        stdin: step.stdin.as_ref().map(flattened),
        file: step.file.clone(),
        directory: directory_of(step),
        capture,
        generate,
        tolerates_refusal: false,
    }
}

/// HCL means the same however it is indented.
fn flattened(content: &Content) -> Content {
    let slots = slots();
    let known = |slot: &str| slots.get(slot).map(String::as_str);
    let Content::Text(text) = content else { return content.clone() };
    let text = text.fill(&known).map_or_else(|_| text.to_string(), |text| text.to_string());
    Content::Text(text.lines().map(str::trim).collect::<Vec<_>>().join("\n").as_str().into())
}

#[test]
fn a_step_is_its_documented_command_translated_or_says_why_not() {
    for runbook in built_in().unwrap() {
        for step in &runbook.steps {
            let Some(documented) = &step.documented else { continue };
            let translated =
                translate(&documented.command).unwrap().into_iter().next_back().unwrap_or_default();
            let stdin = translated.stdin.as_ref().map(flattened);
            let same = Translated { stdin, ..translated } == as_translated(step);
            let place = format!("{} {}", runbook.id, step.id);
            match &documented.changed {
                None => assert!(same, "{place} is not what the page says:\n{:#?}", as_translated(step)),
                Some(_) => assert!(!same, "{place} is what the page says and claims to be changed"),
            }
        }
    }
}
