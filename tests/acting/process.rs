//! The program itself on the pretend fleet: what it refuses before anything happens, what it leaves when it is killed, and what
//! can be said to a run without a screen.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use vaultdeck::model::runbook::{Pace, built_in};

/// The pretend fleet of one state folder, through the binary.
pub fn vaultdeck(state: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vaultdeck"));
    command.env("XDG_STATE_HOME", state).env("XDG_CONFIG_HOME", state).stdin(Stdio::null());
    command.arg("--demo").args(arguments);
    command
}

pub fn said(state: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = vaultdeck(state, arguments).output().unwrap();
    let told =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), told)
}

#[test]
fn a_process_that_is_killed_in_the_middle_leaves_a_run_that_another_one_finishes() {
    for step in [3, 8] {
        let state = tempfile::tempdir().unwrap();
        said(state.path(), &["demo", "--reset", "--scenario", "healthy"]);
        let mut run = vaultdeck(state.path(), &["run", "rotate-rds-password", "--confirm", "demo"]);
        let mut process = run.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let begun = lines.filter(|line| line.contains(" begins ")).take(step).count();
        process.kill().unwrap();
        process.wait().unwrap();
        assert_eq!(begun, step);
        let (_, listed) = said(state.path(), &["runs", "list", "--json"]);
        let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
        assert_eq!(
            (listed[0]["state"].as_str(), listed[0]["runbook"].as_str()),
            (Some("left"), Some("rotate-rds-password"))
        );
        let id = listed[0]["id"].as_str().unwrap();
        let (code, told) = said(state.path(), &["runs", "resume", id]);
        assert_eq!(code, Some(0), "{told}");
        let (code, told) = said(state.path(), &["runs", "verify", id]);
        assert_eq!(code, Some(0), "{told}");
    }
}

#[test]
fn what_is_not_confirmed_does_not_begin() {
    let state = tempfile::tempdir().unwrap();
    said(state.path(), &["demo", "--reset", "--scenario", "healthy"]);
    for (arguments, code) in [
        (&["run", "setup-policy"][..], 64),
        (&["run", "rotate-rds-password", "--yes"], 64),
        (&["run", "rotate-rds-password", "--confirm", "prod"], 64),
        (&["run", "nothing"], 64),
        (&["run", "setup-policy", "--yes", "--set", "colour=red"], 64),
        (&["run", "rotate-rds-password", "--dry-run"], 0),
        (&["runs", "resume", "20260101-000000-0000"], 2),
    ] {
        let (ended, told) = said(state.path(), arguments);
        assert_eq!(ended, Some(code), "{arguments:?}: {told}");
    }
    assert_eq!(said(state.path(), &["runs", "list", "--json"]).1.trim(), "[]");
}

/// The operator's pretend token is not granted anything on a path.
fn without_right(state: &Path, path: &str) {
    let file = state.join("vaultdeck/demo/demo.json");
    let mut kept: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let lacks = kept.pointer_mut("/fleet/operator/lacks").unwrap();
    lacks.as_array_mut().unwrap().push(path.into());
    fs::write(file, kept.to_string()).unwrap();
}

#[test]
fn a_run_that_the_token_may_not_carry_out_is_refused_before_anything_happens() {
    let state = tempfile::tempdir().unwrap();
    said(state.path(), &["demo", "--reset", "--scenario", "healthy"]);
    let path = "secret/metadata/cwiq/shared/authentik/database";
    without_right(state.path(), path);
    let (code, told) = said(state.path(), &["run", "rotate-rds-password", "--confirm", "demo"]);
    assert_eq!(code, Some(2), "{told}");
    let refusal = format!("rotate-rds-password cannot begin: your token may not read, patch {path}");
    assert!(told.contains(&refusal) && told.contains("vaultdeck-operate"), "{told}");
    assert_eq!(said(state.path(), &["runs", "list", "--json"]).1.trim(), "[]");

    let (code, told) = said(state.path(), &["run", "rotate-rds-password", "--dry-run"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains(&format!("  FAILS    your token may read, patch {path}: ")), "{told}");
    let (_, told) = said(state.path(), &["run", "rotate-rds-password", "--dry-run", "--json"]);
    let plan: Value = serde_json::from_str(&told).unwrap();
    let standing = |path: &str| {
        let rights = plan["rights"].as_array().unwrap();
        let right = rights.iter().find(|right| right["access"]["path"] == path).unwrap();
        right["standing"]["standing"].as_str().unwrap().to_owned()
    };
    assert_eq!(standing(path), "fails");
    assert_eq!(standing("secret/data/cwiq/shared/authentik/database"), "holds");
    let (code, told) = said(state.path(), &["run", "rotate-secret-key", "--dry-run"]);
    assert_eq!(code, Some(0), "another secret's rotation needs it not: {told}");
}

/// Assertions that were told while the run went on, by what was said of them.
fn told_as<'t>(told: &'t str, sign: &str) -> Vec<&'t str> {
    let live = told.lines().filter(|line| line.get(2..3) == Some(":"));
    live.filter_map(|line| line.get(9..)?.strip_prefix(sign)).collect()
}

/// The last run there is.
pub fn last_run(state: &Path) -> Value {
    let (_, listed) = said(state, &["runs", "list", "--json"]);
    serde_json::from_str::<Value>(&listed).unwrap()[0].clone()
}

#[test]
fn a_security_check_tells_all_that_does_not_hold_together_and_fails_at_its_end() {
    let state = tempfile::tempdir().unwrap();
    said(state.path(), &["demo", "--reset", "--scenario", "trouble"]);
    let (code, told) = said(state.path(), &["run", "security-check", "--yes"]);
    assert_eq!(code, Some(2), "{told}");
    let runbook = built_in().unwrap().iter().find(|runbook| runbook.id == "security-check").unwrap();
    let errands = runbook.steps.iter().map(|step| if step.pace() == Pace::Once { 1 } else { 3 });
    let (holding, failing, unknown) =
        (told_as(&told, "holds"), told_as(&told, "FAILS"), told_as(&told, "unknown"));
    assert_eq!(holding.len() + failing.len() + unknown.len(), errands.sum::<usize>(), "{told}");
    assert!(failing.len() > 1, "{told}");
    let (id, at_end) = (last_run(state.path())["id"].clone(), told.rsplit_once("  FAILS ").unwrap().1);
    assert!(at_end.contains(&format!("of {} assertions ", runbook.steps.len())), "{at_end}");
    assert!(at_end.contains(&format!("run {}: failed", id.as_str().unwrap())), "{at_end}");
    let at_once: Vec<_> = told.lines().filter(|line| line.starts_with("  FAILS ")).collect();
    assert_eq!(at_once.len(), failing.len(), "all of them together:\n{told}");
    let (_, shown) = said(state.path(), &["runs", "show", id.as_str().unwrap()]);
    let (_, summary) = told.split_once("\n  FAILS ").unwrap();
    assert!(shown.ends_with(&format!("\n  FAILS {summary}")), "{shown}");
    assert_eq!(last_run(state.path())["state"], "failed");
    let (_, listed) = said(state.path(), &["runs", "list"]);
    assert!(listed.contains("assertions") && listed.lines().count() == 2, "{listed}");
}

#[test]
fn a_security_check_of_a_healthy_deployment_is_done_and_what_cannot_be_told_is_not_ok() {
    let state = tempfile::tempdir().unwrap();
    said(state.path(), &["demo", "--reset", "--scenario", "healthy"]);
    let (code, told) = said(state.path(), &["run", "security-check"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains(" hold, 0 fail, 0 are unknown"), "{told}");
    without_right(state.path(), "auth/approle/role/authentik");
    let (code, told) = said(state.path(), &["run", "security-check"]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains(" 0 fail, ") && !told.contains(" 0 are unknown"), "{told}");
}

/// A run that a step has failed of, and what was said at its end.
fn failed_run(state: &Path, words: &[&str]) -> (String, String) {
    let (code, told) = said(state, &[&["run"], words, &["--yes", "--confirm", "demo"]].concat());
    assert_eq!(code, Some(2), "{told}");
    let run = last_run(state)["id"].as_str().unwrap().to_owned();
    for way in ["resume {}` tries again", "undo {}` takes back", "stop {}` ends it where it stands"] {
        let way = way.replace("{}", &run);
        assert!(told.contains(&way), "{way} is not offered:\n{told}");
    }
    (run, told)
}

#[test]
fn a_failed_step_that_may_be_left_out_is_left_out_when_somebody_says_so() {
    let state = tempfile::tempdir().unwrap();
    let at = state.path();
    said(at, &["demo", "--reset", "--scenario", "trouble"]);
    let (run, told) = failed_run(at, &["fix-agent-auth"]);
    assert!(told.contains(&format!("resume {run} --skip` leaves the step out: whether the role")), "{told}");
    assert_eq!(said(at, &["runs", "resume", &run]).0, Some(2), "tried again, it fails again");
    let (code, told) = said(at, &["runs", "resume", &run, "--skip"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(last_run(at)["state"], "done");
    let (code, told) = said(at, &["runs", "resume", &run, "--skip"]);
    assert_eq!(code, Some(64), "{told}");
    assert!(told.contains("waits for no decision"), "{told}");
}

#[test]
fn a_failed_step_that_may_not_be_left_out_is_not_and_the_run_can_be_stopped_there() {
    let state = tempfile::tempdir().unwrap();
    let at = state.path();
    said(at, &["demo", "--reset", "--scenario", "trouble"]);
    let (run, told) = failed_run(at, &["fix-render", "--set", "hosts=authentik-3"]);
    assert!(!told.contains("--skip"), "{told}");
    let (code, refusal) = said(at, &["runs", "resume", &run, "--skip"]);
    assert_eq!(code, Some(64), "{refusal}");
    assert!(
        refusal.starts_with("`see that the agent could log in again` may not be left out\n"),
        "{refusal}"
    );
    assert_eq!(last_run(at)["state"], "undecided", "nothing has happened to it");
    let (_, shown) = said(at, &["runs", "show", &run]);
    assert!(shown.ends_with(told.rsplit_once("FAILED ").unwrap().1.split_once('\n').unwrap().1), "{shown}");
    let (code, told) = said(at, &["runs", "stop", &run]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(last_run(at)["state"], "stopped");
    assert_eq!(said(at, &["runs", "stop", &run]).0, Some(64), "it has ended");
}

#[test]
fn every_journal_is_verified_and_a_broken_one_is_named_in_one_line() {
    let state = tempfile::tempdir().unwrap();
    let at = state.path();
    said(at, &["demo", "--reset", "--scenario", "healthy"]);
    assert_eq!(said(at, &["runs", "verify"]), (Some(0), "runs verified: 0\n".to_owned()));
    said(at, &["run", "setup-policy", "--yes"]);
    said(at, &["run", "setup-policy", "--yes"]);
    let (code, told) = said(at, &["runs", "verify"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("runs verified: 2"), "{told}");
    let id = last_run(at)["id"].as_str().unwrap().to_owned();
    let file = at.join(format!("vaultdeck/demo/runs/{id}.jsonl"));
    fs::write(&file, fs::read_to_string(&file).unwrap().replacen("setup-policy", "setup-nothing", 1))
        .unwrap();
    let (code, told) = said(at, &["runs", "verify"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains(&format!("1 of 2 journals cannot be trusted\nbecause: {id}")), "{told}");
    let (_, listed) = said(at, &["runs", "list"]);
    assert_eq!(listed.lines().filter(|line| line.contains("is broken at line")).count(), 1, "{listed}");
    assert_eq!(listed.lines().count(), 3, "{listed}");
}

#[test]
fn a_refusal_of_several_lines_is_one_line_in_the_list_of_runs() {
    let state = tempfile::tempdir().unwrap();
    let at = state.path();
    said(at, &["demo", "--reset", "--scenario", "healthy"]);
    without_right(at, "sys/internal/ui/mounts/secret/cwiq/shared/authentik/database");
    let (run, _) = failed_run(at, &["verify-secrets"]);
    let (_, listed) = said(at, &["runs", "list", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert!(listed[0]["trouble"]["because"].as_str().unwrap().contains('\n'), "the refusal is {listed}");
    let (_, told) = said(at, &["runs", "list"]);
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(told.lines().last().unwrap().contains("permission denied"), "{told}");
    assert!(told.starts_with(&run), "{told}");
}
