//! What a terminal and a program are told when something is found that was not there before: the console in a terminal of its
//! own, over the pretend fleet, whose Vault is sealed while it is watched.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use vaultdeck::config;
use vaultdeck::deck::{Deck, Memory, Opened, PretendOptions, PretendTime};
use vaultdeck::demo;
use vaultdeck::model::deployment::Deployment;
use vaultdeck::model::facts::{Facts, NodeState};
use vaultdeck::model::notice::{NoticeWay, Notices};
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::Trouble;
use vaultdeck::probe::Probe;
use vaultdeck::tui;

use super::{PATIENCE, text};
use crate::pty::Pty;

/// Quiet hours of the console that this test's own binary is run again as.
const QUIET: &str = "VAULTDECK_TEST_QUIET";
/// Vault is sealed once this file lies in the working directory.
const SEAL: &str = "seal";
/// Where the program writes what it is told.
const TOLD: &str = "told";
const BELL_AND_NOTICE: &str = "\u{1b}]9;vaultdeck demo: critical: ";

/// The pretend Vault, which somebody seals.
struct Sealed(Arc<dyn Probe>);

#[async_trait]
impl Probe for Sealed {
    fn subject(&self) -> Subject {
        self.0.subject()
    }

    fn every(&self) -> Option<Duration> {
        Some(Duration::from_millis(200))
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        let mut facts = self.0.look().await?;
        if let Facts::Vault(vault) = &mut facts
            && Path::new(SEAL).exists()
        {
            vault.node = NodeState::Sealed;
            if let Ok(seal) = &mut vault.seal {
                seal.sealed = true;
            }
        }
        Ok(facts)
    }
}

/// Runs the console in this process, which is a child of the test.
fn console_with_notices(quiet: &str) {
    let command = ["sh", "-c", "cat >>told"].map(str::to_owned).to_vec();
    let quiet = quiet.to_owned().try_into().unwrap();
    let notices = Notices { bell: true, terminal: NoticeWay::Osc9, command, quiet, ..Notices::default() };
    let documented = config::documented("demo").unwrap().deployment(Vec::new());
    let options = PretendOptions {
        documented: Deployment { notices, ..documented },
        folder: None,
        reset: false,
        scenario: Some("healthy".to_owned()),
        hosts: Some(3),
        time: PretendTime::Running(1.0),
    };
    let open = async {
        let parts = demo::fleet(options)?;
        let probes = parts.probes.into_iter().map(|probe| match probe.subject() {
            Subject::Vault => Arc::new(Sealed(probe)) as Arc<dyn Probe>,
            _ => probe,
        });
        let deck = Deck::watch(probes.collect(), parts.logs, parts.sign_in, parts.clock);
        let hand = Err(Trouble::new("nothing is run here"));
        let memory = Memory::new(None, "demo");
        Ok(Opened { deployment: parts.deployment, deck, hand, prompts: None, memory })
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(tui::show(tui::Start::default()).unwrap().run(open)).unwrap();
    std::process::exit(0);
}

/// What a console writes, and what its program is told, from before Vault is sealed until Home says that it is.
fn sealed_at_the_console(test: &str, quiet: &str) -> (String, PathBuf, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let own = std::env::current_exe().unwrap().display().to_string();
    let words = [&own, "--exact", test, "--nocapture"].map(str::to_owned);
    let environment = [(QUIET.to_owned(), quiet.to_owned())];
    let mut pty = Pty::start(&words, &environment, folder.path(), 40, 120);
    let home =
        pty.until(PATIENCE, |screen| screen.contains("authentik-3") && screen.contains("rds certificate"));
    assert!(home.is_some(), "{}", pty.contents());
    pty.listen(Duration::from_secs(2));
    assert!(!text(&pty).contains(BELL_AND_NOTICE), "it called before anything was new");
    std::fs::write(folder.path().join(SEAL), "").unwrap();
    let shown = pty.until(PATIENCE, |screen| screen.contains("1 critical"));
    assert!(shown.is_some(), "{}", pty.contents());
    pty.listen(Duration::from_secs(1));
    let told = folder.path().join(TOLD);
    (text(&pty), told, folder)
}

#[test]
fn a_terminal_and_a_program_are_told_once_of_what_is_new() {
    if let Ok(quiet) = std::env::var(QUIET) {
        return console_with_notices(&quiet);
    }
    let this = "console::notices::a_terminal_and_a_program_are_told_once_of_what_is_new";
    let (written, told, _folder) = sealed_at_the_console(this, "");
    let (_, after) = written.split_once(BELL_AND_NOTICE).expect("the terminal was not called");
    let (words, after) = after.split_once('\u{7}').unwrap();
    assert!(words.contains("sealed"), "{words}");
    assert!(after.starts_with('\u{7}'), "the bell does not follow");
    assert!(!after.contains(BELL_AND_NOTICE), "it called twice");
    let told = when_written(&told);
    let given: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sealed: Vec<_> = given.iter().filter(|given| given["rule"] == "SEALED").collect();
    assert_eq!(sealed.len(), 1, "{told}");
    assert_eq!((&sealed[0]["deployment"], &sealed[0]["subject"]), (&"demo".into(), &"vault".into()));
}

#[test]
fn nobody_is_told_anything_in_quiet_hours() {
    if let Ok(quiet) = std::env::var(QUIET) {
        return console_with_notices(&quiet);
    }
    let this = "console::notices::nobody_is_told_anything_in_quiet_hours";
    let (written, told, _folder) = sealed_at_the_console(this, "00:00-00:00");
    assert!(!written.contains("\u{1b}]9;") && !written.contains('\u{7}'), "the terminal was called");
    assert!(!told.exists(), "the program was told");
}

/// The file's text, once a whole line stands in it.
fn when_written(file: &Path) -> String {
    let waited = Instant::now();
    loop {
        match std::fs::read_to_string(file) {
            Ok(text) if text.ends_with('\n') => return text,
            _ if waited.elapsed() > PATIENCE => panic!("the program was not told"),
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}
