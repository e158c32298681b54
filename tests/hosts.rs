//! Hosts that misbehave, with the real ssh client and without a real host.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use vaultdeck::config::Surroundings;
use vaultdeck::model::trouble::{Trouble, TroubleKind};
use vaultdeck::world::ansible;
use vaultdeck::world::ssh::{Connection, Destination, Ssh};

/// An operator whose sockets and caches lie in this folder.
fn operator(folder: &Path) -> Surroundings {
    let here = Surroundings::here().unwrap();
    let own = |name: &str| (name.to_owned(), folder.display().to_string());
    let variables: BTreeMap<_, _> =
        here.variables.into_iter().chain([own("XDG_RUNTIME_DIR"), own("XDG_CACHE_HOME")]).collect();
    Surroundings { variables, home: folder.to_owned(), directory: folder.to_owned() }
}

async fn refusal(folder: &Path, port: u16) -> Trouble {
    let destination = Destination {
        address: Some("127.0.0.1".into()),
        port: Some(port),
        config_file: Some("/dev/null".into()),
        ..Destination::named("db-2")
    };
    let connection = Connection::new(Ssh::open(&operator(folder)).unwrap(), destination);
    connection.run("true", b"").await.unwrap_err()
}

fn processes_that_mention(folder: &Path) -> usize {
    let wanted = folder.display().to_string();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|process| fs::read(process.path().join("cmdline")).ok())
        .filter(|words| String::from_utf8_lossy(words).contains(&wanted))
        .count()
}

#[tokio::test]
async fn a_host_that_accepts_and_never_answers_is_trouble_in_time_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let began = Instant::now();
    let trouble = refusal(folder.path(), silent.local_addr().unwrap().port()).await;
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    assert_eq!(trouble.kind, TroubleKind::Unreachable);
    assert!(trouble.sentence().starts_with("cannot reach db-2: "), "{trouble}");
    assert_eq!(processes_that_mention(folder.path()), 0);
}

#[tokio::test]
async fn a_host_without_sshd_is_told_with_the_command_to_try() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let trouble = refusal(folder.path(), port).await;
    assert!(trouble.because.unwrap().starts_with("connection refused"));
    assert!(trouble.hint.unwrap().ends_with(&format!("ssh -p {port} -F /dev/null 127.0.0.1")));
}

#[tokio::test]
async fn everybody_who_waits_for_a_refused_host_gets_the_one_answer() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let destination = Destination { port: Some(port), ..Destination::named("127.0.0.1") };
    let connection = Connection::new(Ssh::open(&operator(folder.path())).unwrap(), destination);
    let (one, other) = tokio::join!(connection.run("true", b""), connection.run("true", b""));
    assert_eq!(one.unwrap_err(), other.unwrap_err());
}

/// An `ansible-inventory` that answers with this and counts how often it was asked.
fn pretend_ansible(folder: &Path, script: &str) -> Surroundings {
    let program = folder.join("ansible-inventory");
    fs::write(&program, format!("#!/bin/sh\necho >>{}/asked\n{script}\n", folder.display())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut surroundings = operator(folder);
    let path = surroundings.variables.get("PATH").cloned().unwrap_or_default();
    surroundings.variables.insert("PATH".into(), format!("{}:{path}", folder.display()));
    surroundings
}

fn asked(folder: &Path) -> usize {
    fs::read_to_string(folder.join("asked")).map_or(0, |lines| lines.lines().count())
}

#[tokio::test]
async fn an_inventory_is_asked_for_once_until_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = folder.path().join("inventory.ini");
    fs::write(&inventory, "[web]\na\n").unwrap();
    let answer = r#"echo '{"web": {"hosts": ["a"]}, "_meta": {"hostvars": {"a": {"ansible_user": "ops"}}}}'"#;
    let surroundings = pretend_ansible(folder.path(), answer);
    for _ in 0..2 {
        let hosts = ansible::hosts(&surroundings, &inventory, Some("web")).await.unwrap();
        assert_eq!(hosts.first().unwrap().by_hand(), "ssh -l ops a");
    }
    assert_eq!(asked(folder.path()), 1);
    fs::write(&inventory, "[web]\na\nb\n").unwrap();
    ansible::hosts(&surroundings, &inventory, Some("web")).await.unwrap();
    assert_eq!(asked(folder.path()), 2);
}

#[tokio::test]
async fn a_malformed_inventory_is_trouble_and_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = folder.path().join("inventory.ini");
    fs::write(&inventory, "[[[").unwrap();
    for (script, expected) in [
        (
            "printf '[WARNING]: Failed to parse \\033[31minventory\\n' >&2; exit 4",
            "[WARNING]: Failed to parse inventory",
        ),
        ("echo '<html>'", "no JSON object"),
        ("echo '{\"web\": 7}'", "group web"),
    ] {
        let surroundings = pretend_ansible(folder.path(), script);
        let trouble = ansible::hosts(&surroundings, &inventory, None).await.unwrap_err();
        assert!(trouble.because.unwrap().contains(expected), "{script}");
        assert!(trouble.hint.unwrap().contains("--graph"));
    }
    assert_eq!(asked(folder.path()), 3);
}
