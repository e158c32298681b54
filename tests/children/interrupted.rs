//! The real binary carries a run of real programs and is interrupted: what it was doing is finished or ended by its kind, written
//! down, and taken up again; nothing of it is left running and nothing typed is left lying.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::runs;
use crate::pty::Pty;

const PATIENCE: Duration = Duration::from_secs(20);
const TYPED: &str = "typed-93bd17";

/// Says who it is, waits until it may end, and leaves a line.
const SLOW: &str = r#"echo $$ > "$1.process"
while [ ! -e "$1.may-end" ]; do sleep 0.05; done
echo "$1" >> done"#;

/// Asks, and leaves what was said.
const ASKING: &str = r#"echo $$ > "$1.process"
stty -echo; printf 'Vault password: '; read -r said; stty echo; echo
echo "${#said} letters" >> done"#;

/// A deployment without hosts, and a procedure of two programs.
struct Site(tempfile::TempDir);

impl Site {
    fn new(program: &str, writes: bool) -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        let write = |name: &str, text: &str| {
            let path = site.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("program", &format!("#!/bin/sh\ncd {}\n{program}\n", site.path("").display()));
        fs::set_permissions(site.path("program"), fs::Permissions::from_mode(0o755)).unwrap();
        write(
            "vaultdeck.toml",
            "[profiles.lab]\nenvironment = \"dev\"\nvault.address = \"http://127.0.0.1:9\"\nrds.instance = \"\"\n",
        );
        let step = |id: &str| {
            let program = site.path("program").display().to_string();
            let undo = if writes { "check.again = \"no harm\"\nirreversible = \"a line\"\n" } else { "" };
            format!(
                "[[steps]]\nid = \"{id}\"\ntitle = \"write a line: {id}\"\nwhy = \"to see it\"\n\
                 command = \"{program} {id}\"\nwhere = \"control-host\"\ntimeout_seconds = 60\nwrites = {writes}\n{undo}"
            )
        };
        let head = format!(
            "id = \"slow\"\ntitle = \"two programs\"\nwhy = \"to see them\"\nblast_radius = \"a file\"\n\
             confirm = \"{}\"\nwrites = {writes}\n",
            if writes { "yes" } else { "none" }
        );
        write("config/vaultdeck/runbooks/slow.toml", &[head, step("first"), step("second")].concat());
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn vaultdeck(&self, words: &[&str]) -> Pty {
        let own = |name: &str, folder: &str| (name.to_owned(), self.path(folder).display().to_string());
        let environment = [own("XDG_CONFIG_HOME", "config"), own("HOME", "home")];
        let words: Vec<String> =
            [env!("CARGO_BIN_EXE_vaultdeck")].iter().chain(words).map(|word| (*word).to_owned()).collect();
        Pty::start(&words, &environment, self.0.path(), 50, 160)
    }

    /// The process of a program, once it runs.
    fn process(&self, step: &str) -> u32 {
        let path = self.path(&format!("{step}.process"));
        until(|| fs::read_to_string(&path).is_ok_and(|text| text.ends_with('\n')));
        let number = fs::read_to_string(&path).unwrap().trim().parse().unwrap();
        fs::remove_file(path).unwrap();
        number
    }

    fn may_end(&self, step: &str) {
        fs::write(self.path(&format!("{step}.may-end")), "").unwrap();
    }

    fn done(&self) -> String {
        fs::read_to_string(self.path("done")).unwrap_or_default()
    }

    /// The journal of the one run, and its id.
    fn journal(&self) -> (String, String) {
        let path =
            files(self.0.path()).into_iter().find(|path| path.extension().is_some_and(|e| e == "jsonl"));
        let path = path.unwrap();
        (fs::read_to_string(&path).unwrap(), path.file_stem().unwrap().to_string_lossy().into_owned())
    }

    /// What the journal says happened, in order, output left out.
    fn happened(&self) -> Vec<String> {
        let kind = |line: &str| {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            Some(entry.pointer("/entry/event/kind")?.as_str().unwrap().to_owned())
        };
        let kinds: Vec<String> = self.journal().0.lines().filter_map(kind).collect();
        kinds.into_iter().filter(|kind| kind != "output").collect()
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn until(true_at_last: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !true_at_last() {
        assert!(Instant::now() < end, "it does not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn signal(number: u32, signal: Signal) {
    kill_process(Pid::from_raw(number.try_into().unwrap()).unwrap(), signal).unwrap();
}

#[test]
fn ctrl_c_finishes_a_step_that_writes_and_the_run_is_taken_up_behind_it() {
    let site = Site::new(SLOW, true);
    let mut console = site.vaultdeck(&["run", "slow", "--yes"]);
    let first = site.process("first");
    console.send("\u{3}");
    console.listen(Duration::from_millis(300));
    assert!(runs(first), "what is typed into our terminal does not reach the program");
    site.may_end("first");
    assert_eq!(console.ended(PATIENCE), Some(3), "{}", console.contents());
    assert_eq!((site.done().as_str(), runs(first)), ("first\n", false));
    assert_eq!(site.happened().last().map(String::as_str), Some("paused"));
    site.may_end("second");
    let (_, id) = site.journal();
    let mut console = site.vaultdeck(&["runs", "resume", &id, "--yes"]);
    assert_eq!(console.ended(PATIENCE), Some(0), "{}", console.contents());
    assert_eq!(site.done(), "first\nsecond\n");
}

#[test]
fn ctrl_c_ends_a_step_that_only_reads() {
    let site = Site::new(SLOW, false);
    let mut console = site.vaultdeck(&["run", "slow"]);
    let first = site.process("first");
    console.send("\u{3}");
    assert_eq!(console.ended(PATIENCE), Some(3), "{}", console.contents());
    until(|| !runs(first));
    assert_eq!(site.done(), "");
    assert_eq!(site.happened().last().map(String::as_str), Some("paused"));
}

#[test]
fn a_lost_session_finishes_the_step_writes_it_down_and_leaves_nothing_running() {
    let site = Site::new(SLOW, true);
    let mut console = site.vaultdeck(&["run", "slow", "--yes"]);
    let first = site.process("first");
    signal(console.pid(), Signal::HUP);
    console.listen(Duration::from_millis(300));
    assert!(runs(first), "a step that writes is not broken off");
    site.may_end("first");
    assert!(console.ended(PATIENCE).is_some());
    assert_eq!((site.done().as_str(), runs(first)), ("first\n", false));
    let happened = site.happened();
    assert_eq!(happened[happened.len() - 2..], ["finished", "paused"]);
    assert!(!site.path("second.process").exists());
}

#[test]
fn a_killed_vaultdeck_takes_its_program_along_and_the_run_reaches_its_end_all_the_same() {
    let site = Site::new(SLOW, true);
    let mut console = site.vaultdeck(&["run", "slow", "--yes"]);
    let first = site.process("first");
    signal(console.pid(), Signal::KILL);
    assert!(console.ended(PATIENCE).is_some());
    until(|| !runs(first));
    assert_eq!(site.done(), "");
    let (_, id) = site.journal();
    site.may_end("first");
    site.may_end("second");
    let mut console = site.vaultdeck(&["runs", "resume", &id, "--yes"]);
    assert_eq!(console.ended(PATIENCE), Some(0), "{}", console.contents());
    assert_eq!(site.done(), "first\nsecond\n");
}

#[test]
fn what_a_program_asks_is_answered_at_the_terminal_and_is_neither_shown_nor_written() {
    let site = Site::new(ASKING, true);
    let mut console = site.vaultdeck(&["run", "slow", "--yes"]);
    for step in ["first", "second"] {
        let asks = format!("program {step}: Vault password: ");
        assert!(
            console.until(PATIENCE, |screen| screen.contains(asks.trim())).is_some(),
            "{}",
            console.contents()
        );
        console.send(&format!("{TYPED}\r"));
    }
    assert_eq!(console.ended(PATIENCE), Some(0), "{}", console.contents());
    assert_eq!(site.done(), "12 letters\n12 letters\n");
    assert!(!String::from_utf8_lossy(&console.output).contains(TYPED));
    for path in files(site.0.path()) {
        assert!(!fs::read_to_string(&path).unwrap().contains(TYPED), "{}", path.display());
    }
}

#[test]
fn ctrl_c_at_the_question_of_a_program_refuses_it_and_ends_the_program() {
    let site = Site::new(ASKING, true);
    let mut console = site.vaultdeck(&["run", "slow", "--yes"]);
    let first = site.process("first");
    assert!(console.until(PATIENCE, |screen| screen.contains("Vault password:")).is_some());
    console.listen(Duration::from_millis(300));
    console.send("\u{3}");
    assert!(console.ended(PATIENCE).is_some(), "{}", console.contents());
    until(|| !runs(first));
    assert!(console.contents().contains("nobody answered"), "{}", console.contents());
    assert_eq!(site.done(), "");
}
