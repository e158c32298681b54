//! What is wrong with a bad runbook, said so that whoever wrote it can mend it: each fault by itself, and all of them together.

use serde::Deserialize;
use vaultdeck::model::runbook::Runbook;
use vaultdeck::model::trouble::Trouble;

use crate::runs::walk::TEXT;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    replace: String,
    with: String,
    also_replace: Option<String>,
    also_with: Option<String>,
    says: Vec<String>,
    hint: Option<String>,
}

fn cases() -> Vec<Case> {
    toml::from_str::<Cases>(include_str!("faults.toml")).unwrap().case
}

fn replaced(text: &str, old: &str, new: &str, name: &str) -> String {
    assert!(text.contains(old), "{name}: the sound runbook does not hold {old}");
    text.replacen(old, new, 1)
}

fn broken(case: &Case) -> Vec<Trouble> {
    let mut text = replaced(TEXT, &case.replace, &case.with, &case.name);
    if let (Some(old), Some(new)) = (&case.also_replace, &case.also_with) {
        text = replaced(&text, old, new, &case.name);
    }
    Runbook::read(&text).unwrap_or_else(|trouble| panic!("{}: {trouble}", case.name)).faults()
}

#[test]
fn each_fault_is_named_with_its_place() {
    for case in cases() {
        let faults = broken(&case);
        for said in &case.says {
            let found = faults.iter().find(|fault| fault.what.contains(said));
            let Some(found) = found else { panic!("{}: {said} is not among {faults:#?}", case.name) };
            assert!(found.hint.is_some(), "{}: {found} says not what to do", case.name);
            if let Some(hint) = &case.hint {
                assert_eq!(found.hint.as_ref(), Some(hint), "{}", case.name);
            }
        }
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let mut text = TEXT.to_owned();
    let few: Vec<_> = cases().into_iter().filter(|case| case.also_replace.is_none()).take(4).collect();
    for case in &few {
        if text.contains(&case.replace) {
            text = text.replacen(&case.replace, &case.with, 1);
        }
    }
    let faults = Runbook::read(&text).unwrap().faults();
    assert!(faults.len() >= 3, "{faults:#?}");
}

#[test]
fn a_key_that_no_runbook_has_is_told_with_its_line() {
    let text = TEXT.replacen("why = \"to know\"", "wy = \"to know\"", 1);
    let trouble = Runbook::read(&text).unwrap_err();
    assert_eq!(trouble.to_string(), "line 16: unknown key `wy`\nhint: did you mean `why`?");
}

#[test]
fn a_command_that_needs_a_shell_is_refused_when_the_file_is_read() {
    let text = TEXT.replacen("tee secret-id", "cat x | tee secret-id", 1);
    let trouble = Runbook::read(&text).unwrap_err();
    assert!(trouble.what.contains("sign of the shell"), "{trouble}");
}
