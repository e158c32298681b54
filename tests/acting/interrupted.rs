//! The program in a terminal of its own, interrupted in the middle of a run: by ctrl-c, and by a session that is lost.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::process::{last_run, said, vaultdeck};
use crate::pty::Pty;

const PATIENCE: Duration = Duration::from_secs(30);

/// A step that changes something, one that reads once, and one that reads until it is as it must be.
const WRITES: &str = "set it in RDS";
const READS: &str = "see that it was not claimed by two at once";
const WAITS: &str = "wait until every host has rendered it";

/// A rotation at a terminal, in the middle of a step.
fn rotating(state: &Path, step: &str) -> Pty {
    said(state, &["demo", "--reset", "--scenario", "healthy"]);
    let words =
        [env!("CARGO_BIN_EXE_vaultdeck"), "--demo", "run", "rotate-rds-password", "--confirm", "demo"];
    let config = ("XDG_CONFIG_HOME".to_owned(), state.display().to_string());
    let mut pty = Pty::start(&words.map(str::to_owned), &[config], state, 50, 200);
    let begins = format!("begins   {step}");
    let begun = pty.until(PATIENCE, |screen| screen.contains(&begins));
    assert!(begun.is_some(), "{step} does not begin: {}", pty.contents());
    pty
}

/// What happened in a run, event by event: `started modify-rds`.
fn story(state: &Path, id: &str) -> Vec<String> {
    let (_, shown) = said(state, &["runs", "show", id, "--json"]);
    let entries: Vec<Value> = serde_json::from_str(&shown).unwrap();
    let word = |event: &Value| {
        let step = event.pointer("/errand/step").and_then(Value::as_str).unwrap_or_default();
        format!("{} {step}", event["kind"].as_str().unwrap()).trim_end().to_owned()
    };
    entries.iter().map(|entry| word(&entry["event"])).collect()
}

/// The run stands paused in its journal with this as its last words, and goes on to its end when somebody takes it up.
fn pauses_and_goes_on(state: &Path, because: &str) -> Vec<String> {
    let run = last_run(state);
    let id = run["id"].as_str().unwrap().to_owned();
    assert_eq!(run["state"], "paused", "{run}");
    assert_eq!(run["trouble"]["what"], because);
    let story = story(state, &id);
    assert_eq!(story.last().map(String::as_str), Some("paused"));
    let (code, told) = said(state, &["runs", "resume", &id]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(last_run(state)["state"], "done");
    assert_eq!(said(state, &["runs", "verify", &id]).0, Some(0));
    story
}

/// Nothing that was started for this state folder is still there.
fn assert_no_orphan(state: &Path) {
    let needle = format!("XDG_STATE_HOME={}", state.display());
    let own = std::process::id().to_string();
    let processes =
        std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    for process in processes.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()) && *name != own) {
        let environment = std::fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        let ours = environment.split(|byte| *byte == 0).any(|variable| variable == needle.as_bytes());
        assert!(!ours, "process {process} is left over");
    }
}

#[test]
fn ctrl_c_finishes_a_step_that_writes_and_pauses_the_run() {
    let state = tempfile::tempdir().unwrap();
    let mut pty = rotating(state.path(), WRITES);
    pty.send("\u{3}");
    assert_eq!(pty.ended(PATIENCE), Some(3), "{}", pty.contents());
    assert!(pty.contents().contains("is paused: the operator interrupted it"), "{}", pty.contents());
    let story = pauses_and_goes_on(state.path(), "the operator interrupted it");
    assert_eq!(story[story.len() - 3..], ["started modify-rds", "finished modify-rds", "paused"]);
    assert_no_orphan(state.path());
}

#[test]
fn ctrl_c_gives_a_step_up_that_only_reads_or_waits() {
    for (step, id) in [(READS, "claimed"), (WAITS, "rendered")] {
        let state = tempfile::tempdir().unwrap();
        let mut pty = rotating(state.path(), step);
        pty.send("\u{3}");
        assert_eq!(pty.ended(PATIENCE), Some(3), "{}", pty.contents());
        let story = pauses_and_goes_on(state.path(), "the operator interrupted it");
        let after = story.iter().rposition(|event| *event == format!("started {id}")).unwrap();
        let writes = |event: &String| event.starts_with("started") && !event.ends_with(id);
        assert!(!story[after..].iter().any(writes), "nothing else begins: {story:?}");
    }
}

fn hang_up(pid: u32) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), Signal::HUP).unwrap();
}

fn finished_the_step_and_paused(state: &Path) {
    let story = pauses_and_goes_on(state, "the session was lost");
    assert_eq!(story[story.len() - 3..], ["started modify-rds", "finished modify-rds", "paused"]);
    assert_no_orphan(state);
}

#[test]
fn a_lost_session_finishes_the_step_pauses_the_run_and_leaves_no_process() {
    let state = tempfile::tempdir().unwrap();
    let mut pty = rotating(state.path(), WRITES);
    hang_up(pty.pid());
    assert_eq!(pty.ended(PATIENCE), Some(3), "{}", pty.contents());
    finished_the_step_and_paused(state.path());
}

#[test]
fn a_lost_session_whose_reader_has_gone_too_finishes_the_step_all_the_same() {
    let state = tempfile::tempdir().unwrap();
    said(state.path(), &["demo", "--reset", "--scenario", "healthy"]);
    let mut run = vaultdeck(state.path(), &["run", "rotate-rds-password", "--confirm", "demo"]);
    let mut process = run.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains(&format!("begins   {WRITES}"))), "it does not begin");
    drop(lines);
    hang_up(process.id());
    process.wait().unwrap();
    finished_the_step_and_paused(state.path());
}
