//! The real program in a real pseudo-terminal, over the pretend fleet: what it leaves behind however it ends, and what it
//! may write in between.

mod notices;
mod reconnect;

use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use vaultdeck::tui::{self, Start};

use crate::pty::Pty;

const PATIENCE: Duration = Duration::from_secs(20);
const LEAVES_SCREEN: &str = "\u{1b}[?1049l";
const SHOWS_CURSOR: &str = "\u{1b}[?25h";
const FRAME_BEGINS: &str = "\u{1b}[?2026h";
const FRAME_ENDS: &str = "\u{1b}[?2026l";

/// A console on its Home view, in a folder of its own.
fn console() -> (tempfile::TempDir, Pty) {
    let folder = tempfile::tempdir().unwrap();
    let pty = console_in(folder.path());
    (folder, pty)
}

/// A console on its Home view, over the fleet that is kept in a folder.
fn console_in(folder: &Path) -> Pty {
    let mut pty = started_in(folder);
    let home = pty.until(PATIENCE, |screen| screen.contains("authentik-3") && screen.contains("FINDINGS"));
    assert!(home.is_some(), "no home view after {:?}: {}", pty.started.elapsed(), pty.contents());
    pty
}

/// A console over the fleet that is kept in a folder, wherever it opens.
fn started_in(folder: &Path) -> Pty {
    let words = [env!("CARGO_BIN_EXE_vaultdeck"), "demo"].map(str::to_owned);
    Pty::start(&words, &[], folder, 40, 120)
}

/// Types, and waits until the screen shows something.
#[track_caller]
fn leads_to(pty: &mut Pty, keys: &str, shown: &str) {
    pty.send(keys);
    let seen = pty.until(PATIENCE, |screen| screen.contains(shown));
    assert!(seen.is_some(), "`{keys}` did not lead to `{shown}`: {}", pty.contents());
}

/// A deployment that has begun and waits for the first host.
fn deploying(pty: &mut Pty) {
    leads_to(pty, "7", "seed-secrets");
    leads_to(pty, "/deploy\r", "deploy authentik");
    leads_to(pty, "\r", "[ show the plan ]");
    leads_to(pty, "\t\t", "show the plan");
    leads_to(pty, "\r", "enter asks for the name demo");
    leads_to(pty, "\r", "type demo to confirm");
    leads_to(pty, "demo", "demo▏");
    leads_to(pty, "\t\r", "run ▸ deploy");
    leads_to(pty, "", "✓ see that the playbook"); // before that it may not be written down that it was confirmed
}

fn signal(pty: &Pty, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pty.pid()).unwrap()).unwrap(), signal).unwrap();
}

fn text(pty: &Pty) -> String {
    String::from_utf8_lossy(&pty.output).into_owned()
}

fn assert_given_back(pty: &Pty) {
    let text = text(pty);
    let left = text.rfind(LEAVES_SCREEN).expect("the alternate screen was not left");
    assert!(text.rfind("\u{1b}[?1049h").unwrap() < left, "the alternate screen was entered again");
    assert!(text.contains(SHOWS_CURSOR), "the cursor was not given back");
}

#[test]
fn the_terminal_is_given_back_when_the_operator_leaves() {
    let (_folder, mut pty) = console();
    pty.send("q");
    assert_eq!(pty.ended(PATIENCE), Some(0));
    assert_given_back(&pty);
}

#[test]
fn the_terminal_is_given_back_when_somebody_ends_the_console() {
    for ending in [Signal::TERM, Signal::HUP] {
        let (_folder, mut pty) = console();
        signal(&pty, ending);
        assert!(pty.ended(PATIENCE).is_some(), "{ending:?} did not end it");
        assert_given_back(&pty);
    }
}

/// Set where this test's own binary is run again, as the console that panics.
const PANICS: &str = "VAULTDECK_TEST_PANICS";

#[test]
fn the_terminal_is_given_back_when_something_panics() {
    if std::env::var_os(PANICS).is_some() {
        return panic_in_a_console();
    }
    let folder = tempfile::tempdir().unwrap();
    let own = std::env::current_exe().unwrap().display().to_string();
    let this = "console::the_terminal_is_given_back_when_something_panics";
    let words = [&own, "--exact", this, "--nocapture"].map(str::to_owned);
    let mut pty = Pty::start(&words, &[(PANICS.to_owned(), "yes".to_owned())], folder.path(), 40, 120);
    assert_eq!(pty.ended(PATIENCE), Some(101), "{}", pty.contents());
    assert_given_back(&pty);
    let text = text(&pty);
    let (drawn, after) = text.rsplit_once(LEAVES_SCREEN).unwrap();
    assert!(drawn.contains(FRAME_ENDS), "it panicked before the first frame");
    assert!(after.contains("opening went wrong"), "the panic is not told where it can be read: {after:?}");
}

/// A console whose deployment panics while it is opened, beside the loop that holds the terminal.
fn panic_in_a_console() {
    let start = Start { name: "panics".to_owned(), ..Start::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let ended = runtime.block_on(tui::show(start).unwrap().run(async { panic!("opening went wrong") }));
    unreachable!("the console outlived the panic: {ended:?}");
}

#[test]
fn a_key_is_seen_without_waiting_for_anything_else_to_happen() {
    let (_folder, mut pty) = console();
    let mut waits = Vec::new();
    for (key, shown) in [("2", "YOUR TOKEN"), ("1", "FINDINGS")].into_iter().cycle().take(11) {
        let pressed = std::time::Instant::now();
        pty.send(key);
        assert!(pty.until(PATIENCE, |screen| screen.contains(shown)).is_some(), "{key} was not seen");
        waits.push(pressed.elapsed());
    }
    waits.sort();
    assert!(waits[5] < Duration::from_millis(250), "keys wait: {waits:?}");
}

#[test]
fn a_suspended_console_gives_the_terminal_back_and_comes_again() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["sh", "-c", concat!(env!("CARGO_BIN_EXE_vaultdeck"), " demo; true")].map(str::to_owned);
    let mut pty = Pty::start(&words, &[], folder.path(), 40, 120);
    assert!(pty.until(PATIENCE, |screen| screen.contains("authentik-3")).is_some());
    let shell = pty.pid();
    let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
    let pid: u32 = children.trim().parse().unwrap();
    pty.send("\u{1a}");
    let state = || std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let stopped = |stat: &str| stat.rsplit(')').next().unwrap().trim_start().starts_with('T');
    let waited = std::time::Instant::now();
    while !(stopped(&state()) && text(&pty).contains(LEAVES_SCREEN)) {
        assert!(waited.elapsed() < PATIENCE, "it was not suspended");
        pty.listen(Duration::from_millis(20));
    }
    assert_given_back(&pty);
    let before = pty.output.len();
    let process = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(process, Signal::CONT).unwrap();
    pty.until(PATIENCE, |screen| screen.contains("authentik-3"));
    let again = String::from_utf8_lossy(&pty.output[before..]).into_owned();
    assert!(
        again.contains("\u{1b}[?1049h") && again.contains("authentik-3"),
        "it did not come back: {again:?}"
    );
    drop(pty);
    let waited = std::time::Instant::now();
    while Path::new(&format!("/proc/{pid}/exe")).read_link().is_ok() {
        assert!(waited.elapsed() < PATIENCE, "it outlives its terminal and its shell");
    }
}

#[test]
fn where_no_shell_would_bring_it_back_the_console_does_not_step_aside() {
    let (_folder, mut pty) = console();
    leads_to(&mut pty, "\u{1a}", "no shell has started this");
    leads_to(&mut pty, "?", "keys");
}

#[test]
fn a_run_whose_console_was_killed_is_taken_up_where_it_stood() {
    let (folder, mut pty) = console();
    deploying(&mut pty);
    signal(&pty, Signal::KILL);
    assert!(pty.ended(PATIENCE).is_some());
    let mut pty = console_in(folder.path());
    leads_to(&mut pty, "8", "! left");
    leads_to(&mut pty, "\r", "left where it stood");
    leads_to(&mut pty, "p", "take run");
    leads_to(&mut pty, "\t\r", "✓ done");
}

#[test]
fn a_run_in_hand_is_paused_before_the_console_is_left() {
    let (folder, mut pty) = console();
    deploying(&mut pty);
    leads_to(&mut pty, "\u{3}", "leave while run");
    pty.send("\t\r");
    assert_eq!(pty.ended(PATIENCE), Some(0));
    assert_given_back(&pty);
    let mut pty = console_in(folder.path());
    leads_to(&mut pty, "8", "! paused");
}

#[test]
fn a_run_in_hand_outlives_the_session_up_to_the_next_place_where_it_can_pause() {
    let (folder, mut pty) = console();
    deploying(&mut pty);
    signal(&pty, Signal::HUP);
    assert!(pty.ended(PATIENCE).is_some(), "it goes on for ever");
    let mut pty = started_in(folder.path());
    leads_to(&mut pty, "8", "! paused");
}

#[test]
fn everything_drawn_stands_inside_synchronized_updates() {
    let (_folder, mut pty) = console();
    for keys in ["2", "3", "4", "5", "6", "1", "?", "\u{1b}"] {
        pty.key(keys);
    }
    let text = text(&pty);
    // The last frame may still be on its way.
    let whole_frames =
        text.rsplit_once(FRAME_ENDS).map(|(frames, _)| format!("{frames}{FRAME_ENDS}")).unwrap();
    let outside = whole_frames
        .split(FRAME_BEGINS)
        .map(|part| part.rsplit_once(FRAME_ENDS).map_or(part, |(_, after)| after));
    for part in outside {
        let shown: String = strip(part);
        assert!(shown.trim().is_empty(), "drawn outside a frame: {shown:?}");
    }
}

/// Text without escape sequences.
fn strip(text: &str) -> String {
    String::from_utf8(strip_ansi_escapes::strip(text)).unwrap()
}
