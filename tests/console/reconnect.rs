//! A session that is lost: the console comes back to where it stood, with the run that waits in front; one that was left begins
//! anew.

use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;

use super::{PATIENCE, console, console_in, deploying, leads_to, signal, started_in};

#[test]
fn a_console_that_lost_its_terminal_comes_back_to_its_view_and_its_row() {
    let (folder, mut pty) = console();
    leads_to(&mut pty, "4", "CONTAINERS");
    leads_to(&mut pty, "gj", "authentik-2");
    pty.listen(std::time::Duration::from_millis(300));
    signal(&pty, Signal::HUP);
    assert!(pty.ended(PATIENCE).is_some(), "it goes on for ever");
    let kept = folder.path().join("vaultdeck").join("demo").join("last-look.json");
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    let mut pty = started_in(folder.path());
    assert!(pty.until(PATIENCE, |screen| screen.contains("CONTAINERS")).is_some(), "{}", pty.contents());
    // the row is there as soon as its host has been seen; enter opens the page of the host under the cursor
    pty.listen(std::time::Duration::from_millis(500));
    leads_to(&mut pty, "\r", "hosts ▸ authentik-2");
    leads_to(&mut pty, "\u{3}", "");
    assert!(pty.ended(PATIENCE).is_some());
    let _home = console_in(folder.path());
}

#[test]
fn a_run_that_was_paused_by_the_loss_of_the_terminal_is_in_front_with_what_to_press() {
    let (folder, mut pty) = console();
    deploying(&mut pty);
    signal(&pty, Signal::HUP);
    assert!(pty.ended(PATIENCE).is_some(), "it goes on for ever");
    let mut pty = started_in(folder.path());
    let shown = pty
        .until(PATIENCE, |screen| screen.contains("run ▸ deploy") && screen.contains("p goes on · u undoes"));
    assert!(shown.is_some(), "{}", pty.contents());
    leads_to(&mut pty, "p", "take run");
    leads_to(&mut pty, "\t\r", "✓ done");
}
