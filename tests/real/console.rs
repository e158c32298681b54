//! The console over the real stack: what dies is on screen in time, what is silent holds nobody up, and nothing is left
//! behind.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::sockets::Sockets;
use super::stack::Stack;
use super::watch::{Process, processes};
use crate::pty::Pty;

pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A dying container is on screen within this.
const IN_TIME: SignedDuration = SignedDuration::from_secs(2);

/// How often the console looks at Vault.
const VAULT_REFRESH: Duration = Duration::from_secs(10);

/// How long an unused connection stays (`ControlPersist`).
const PERSIST: Duration = Duration::from_secs(60);

/// A console on its Home view that has seen all three hosts.
pub(super) fn console(stack: &Stack, sockets: &Sockets) -> Pty {
    let mut environment = stack.environment();
    // of its own, too, what a console remembers that lost its terminal: the next one would open where it stood
    for name in ["XDG_RUNTIME_DIR", "XDG_STATE_HOME"] {
        environment.push((name.to_owned(), sockets.path().display().to_string()));
    }
    let words = [env!("CARGO_BIN_EXE_vaultdeck"), "--config", stack.fact("/profile")].map(str::to_owned);
    let mut console = Pty::start(&words, &environment, sockets.path(), 40, 120);
    let complete =
        |screen: &str| hosts(screen).filter(|row| row.matches("healthy").count() == 2).count() == 3;
    let came = console.until(PATIENCE, complete);
    eprintln!("complete home after {:.1?}", console.started.elapsed());
    assert!(came.is_some(), "no complete home:\n{}", console.contents());
    console
}

/// The rows of the matrix of hosts.
fn hosts(screen: &str) -> impl Iterator<Item = &str> {
    let rows = screen.lines().skip_while(|line| !line.contains("SECRET-ID")).skip(1).take(3);
    rows.filter(|row| row.contains("authentik-"))
}

fn row<'a>(screen: &'a str, host: &str) -> &'a str {
    hosts(screen).find(|row| row.contains(host)).unwrap_or_default()
}

/// The row of a host in the view of hosts: its last column says how old its facts are.
fn host_seen<'a>(screen: &'a str, host: &str) -> &'a str {
    screen.lines().find(|line| line.contains(host)).unwrap_or_default().trim_end()
}

/// When Docker says that a container ended.
fn finished(stack: &Stack, host: &str, container: &str) -> Timestamp {
    let command = format!("docker inspect -f '{{{{.State.FinishedAt}}}}' {container}");
    let output =
        stack.operator("ssh").args(["-F", stack.fact("/ssh_config"), host, &command]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// Kills the worker of a host and returns how long after its end the screen shows it.
fn time_to_show_a_kill(stack: &Stack, console: &mut Pty, host: &'static str) -> SignedDuration {
    let killed = stack.fault_on(host, "worker-killed");
    let shown = console.until(PATIENCE, |screen| row(screen, host).contains("exited"));
    let shown = shown.unwrap_or_else(|| panic!("the killed worker is never shown:\n{}", console.contents()));
    let shown = Timestamp::now() - shown.elapsed();
    let took = shown.duration_since(finished(stack, host, "authentik-worker-1"));
    eprintln!("a killed container of {host} is on screen after {took:#}");
    drop(killed);
    took
}

#[test]
#[ignore = "needs the real stack"]
fn a_killed_container_is_on_screen_within_two_seconds() {
    let (stack, sockets) = (Stack::take(), Sockets::own());
    let mut console = console(&stack, &sockets);
    let took = time_to_show_a_kill(&stack, &mut console, "authentik-2");
    assert!(took < IN_TIME, "{took:#}");
}

#[test]
#[ignore = "needs the real stack"]
fn a_dead_host_holds_nobody_up_and_keeps_its_last_facts() {
    let (stack, sockets) = (Stack::take(), Sockets::own());
    let mut console = console(&stack, &sockets);
    let down = stack.fault_on("authentik-3", "host-down");
    let died = Instant::now();
    let took = time_to_show_a_kill(&stack, &mut console, "authentik-1");
    assert!(took < IN_TIME, "{took:#}");
    let lost = console.until(PATIENCE, |screen| row(screen, "authentik-3").contains("no answer"));
    eprintln!("a dead host is on screen after {:.1?}", lost.map_or(PATIENCE, |at| at - died));
    assert!(row(&console.contents(), "authentik-3").contains("healthy"), "{}", console.contents());
    console.send("4");
    let aged = console.until(PATIENCE * 2, |screen| host_seen(screen, "authentik-3").ends_with(" ago"));
    assert!(aged.is_some(), "the dead host's facts have no age:\n{}", console.contents());
    assert!(host_seen(&console.contents(), "authentik-1").ends_with("just now"), "{}", console.contents());
    drop(down);
}

#[test]
#[ignore = "needs the real stack"]
fn a_seal_is_on_screen_within_one_refresh() {
    let (stack, sockets) = (Stack::take(), Sockets::own());
    let mut console = console(&stack, &sockets);
    let sealed = stack.fault("seal");
    let at = Instant::now();
    let shown =
        console.until(PATIENCE, |screen| screen.lines().next().is_some_and(|top| top.contains("sealed")));
    let took = shown.expect("the seal is never shown").saturating_duration_since(at);
    eprintln!("a seal is on screen after {took:.1?}");
    assert!(took < VAULT_REFRESH + Duration::from_secs(2), "after {took:?}:\n{}", console.contents());
    drop(sealed);
}

#[test]
#[ignore = "needs the real stack"]
fn what_a_console_leaves_behind_ends_by_itself() {
    let (stack, sockets) = (Stack::take(), Sockets::own());
    let mut console = console(&stack, &sockets);
    console.send("q");
    assert_eq!(console.ended(PATIENCE), Some(0));
    let ended = Instant::now();
    let folder = sockets.path().display().to_string();
    let left = || processes().into_values().filter(|process| process.mentions(&folder)).collect::<Vec<_>>();
    let programs: Vec<_> = left().iter().map(Process::program).collect();
    assert_eq!(programs, ["ssh"; 3], "one connection for each host and nothing else");
    assert_eq!(sockets.masters().len(), 3);
    while !left().is_empty() {
        assert!(ended.elapsed() < PERSIST + Duration::from_secs(10), "connections outlive their time");
        std::thread::park_timeout(Duration::from_millis(200));
    }
    eprintln!(
        "connections have ended {:.1?} after the console, leaving {:?}",
        ended.elapsed(),
        sockets.files()
    );
    assert_eq!(sockets.masters(), Vec::<PathBuf>::new());
}

#[test]
#[ignore = "needs the real stack"]
fn an_operator_whose_token_was_revoked_logs_in_again_with_a_password() {
    let (stack, sockets) = (Stack::take(), Sockets::own());
    let dead = stack.fault("token-dead");
    let mut environment = stack.environment();
    environment.push(("XDG_RUNTIME_DIR".to_owned(), sockets.path().display().to_string()));
    let words = [env!("CARGO_BIN_EXE_vaultdeck"), "--config", stack.fact("/profile")].map(str::to_owned);
    let mut console = Pty::start(&words, &environment, sockets.path(), 40, 120);
    let mut shows = |keys: &str, words: &str| {
        console.send(keys);
        let shown = console.until(PATIENCE, |screen| screen.contains(words));
        assert!(shown.is_some(), "`{words}` is not on the screen:\n{}", console.contents());
    };
    shows("", "i logs in");
    shows("i", "password of operator at userpass");
    shows("not the password\r", "✗ vault refuses the login: vault answers 400: invalid");
    let password = stack.file("/vault/operator_password_file");
    shows(password.trim(), &"•".repeat(password.trim().len()));
    shows("\r", "logged in to vault by userpass");
    shows("", "operator 7h59m left");
    shows("2", "login by userpass");
    let drawn = String::from_utf8_lossy(&console.output).into_owned();
    assert!(!drawn.contains(password.trim()), "the password was drawn");
    drop(dead);
}
