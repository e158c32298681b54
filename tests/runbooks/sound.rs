//! What holds of every built-in runbook.

use std::collections::BTreeSet;

use vaultdeck::model::run::Run;
use vaultdeck::model::runbook::{Confirm, Origin, Runbook, built_in};

use crate::runs::walk::Walk;

/// The fixed ids, in the order of a deployment's life.
const IDS: [&str; 16] = [
    "console-policy",
    "setup-policy",
    "setup-approle",
    "seed-secrets",
    "update-rds-endpoint",
    "deploy",
    "rotate-rds-password",
    "rotate-secret-key",
    "regenerate-secret-id",
    "ansible-policy",
    "fix-agent-auth",
    "fix-render",
    "rollback-secret",
    "undelete-secret",
    "verify-secrets",
    "security-check",
];

fn each(look: impl Fn(&Runbook)) {
    built_in().unwrap().iter().for_each(look);
}

#[test]
fn all_are_there_under_their_fixed_ids() {
    let ids: Vec<_> = built_in().unwrap().iter().map(|runbook| runbook.id.as_str()).collect();
    assert_eq!(ids, IDS);
}

#[test]
fn none_has_a_fault() {
    let faults: Vec<_> = built_in().unwrap().iter().flat_map(Runbook::faults).collect();
    let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert!(faults.is_empty(), "{}", told.join("\n"));
}

#[test]
fn every_step_says_where_it_comes_from() {
    each(|runbook| {
        for step in &runbook.steps {
            assert_ne!(step.origin(), Origin::Own, "{} {}", runbook.id, step.id);
        }
    });
}

#[test]
fn what_writes_is_confirmed_and_what_disturbs_is_confirmed_by_name() {
    each(|runbook| {
        let disturbs = runbook.steps.iter().any(|step| {
            let line = step.command.as_ref().map(ToString::to_string).unwrap_or_default();
            line.starts_with("ansible-playbook") && step.writes || line.starts_with("aws rds modify")
        });
        let least = match (runbook.writes, disturbs) {
            (false, _) => Confirm::None,
            (true, false) => Confirm::Yes,
            (true, true) if runbook.id == "fix-agent-auth" => Confirm::Yes,
            (true, true) => Confirm::Typed,
        };
        assert!(runbook.confirm >= least, "{}", runbook.id);
    });
}

#[test]
fn every_finding_that_names_an_action_names_one_that_is_there() {
    let ids: BTreeSet<_> = IDS.into();
    for file in ["agent", "approle", "container", "database", "render", "secret", "token", "vault"] {
        let text = std::fs::read_to_string(format!("src/model/finding/{file}.rs")).unwrap();
        for named in text.split(".fix(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(ids.contains(named), "{file}.rs names {named}");
        }
    }
}

#[test]
fn each_can_be_walked_to_its_end_and_replayed_from_its_journal() {
    each(|runbook| {
        let mut walk = Walk::of(runbook.clone());
        walk.until_end();
        let lines: Vec<_> = walk.entries.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
        let read: Vec<_> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(Run::replay(&read).unwrap(), walk.run, "{}", runbook.id);
    });
}
