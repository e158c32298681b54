//! The program itself on the pretend fleet: what it refuses before anything happens, what it leaves when it is killed, and what
//! can be said to a run without a screen.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The pretend fleet of one state folder, through the binary.
fn vaultdeck(state: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vaultdeck"));
    command.env("XDG_STATE_HOME", state).env("XDG_CONFIG_HOME", state).stdin(Stdio::null());
    command.arg("--demo").args(arguments);
    command
}

fn said(state: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = vaultdeck(state, arguments).output().unwrap();
    let told =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), told)
}

#[test]
fn a_process_that_is_killed_in_the_middle_leaves_a_run_that_another_one_finishes() {
    for step in [1, 3, 5, 8] {
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
