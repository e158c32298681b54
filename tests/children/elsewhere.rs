//! Commands on hosts that are not to be had: nothing is begun, and it is said why; and `docker …` where Docker is had without ssh.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use vaultdeck::config::{self, Surroundings};
use vaultdeck::exec::child::Children;
use vaultdeck::exec::{Failure, Lines, Order, Prompts, Reply, Target};
use vaultdeck::world::host;
use vaultdeck::world::process::Environment;

use super::order;

/// A host whose ssh port is closed, and whose Docker is where the profile says; `docker` here tells how it was called.
async fn on_host(docker: &str, words: &[&str], directory: Option<&Path>) -> Result<Reply, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ssh_config = folder.path().join("ssh_config");
    fs::write(&ssh_config, format!("Host one\n  HostName 127.0.0.1\n  Port {port}\n")).unwrap();
    let program = folder.path().join("docker");
    fs::write(&program, "#!/bin/sh\necho \"$DOCKER_HOST: $*\"\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut surroundings = Surroundings::here().unwrap();
    let path = format!("{}:{}", folder.path().display(), surroundings.variables["PATH"]);
    surroundings.variables.insert("PATH".into(), path);
    surroundings.variables.insert("XDG_RUNTIME_DIR".into(), folder.path().display().to_string());
    let mut profile = config::documented("lab").unwrap();
    profile.hosts.list = vec!["one".into()];
    profile.hosts.ssh_config = Some(ssh_config);
    profile.hosts.docker = docker.into();
    let hosts = host::hosts(&profile, &surroundings).await.unwrap();
    let children = Children::new(hosts, Environment::of(&surroundings), Prompts::new().0);
    let directory = directory.map(|directory| directory.display().to_string());
    let order = Order { target: Target::Host("one".into()), directory, ..order(words) };
    children.execute(&order, &Lines::new(0).0).await
}

#[tokio::test]
async fn on_a_host_that_cannot_be_reached_nothing_was_begun() {
    let failure = on_host("ssh", &["docker", "compose", "restart", "server"], None).await.unwrap_err();
    assert!(failure.definite);
    assert!(
        failure.trouble.sentence().starts_with("cannot reach one: connection refused"),
        "{}",
        failure.trouble
    );
}

#[tokio::test]
async fn docker_is_asked_from_here_where_the_profile_reaches_it_without_ssh() {
    let folder = tempfile::tempdir().unwrap();
    for (url, directory) in [("unix:///run/lab.sock", Some(folder.path())), ("tcp://10.0.0.4:2375", None)] {
        let reply = on_host(url, &["docker", "inspect", "x y"], directory).await.unwrap();
        assert_eq!(reply.answer.output, format!("{url}: inspect x y\n"));
    }
}

#[tokio::test]
async fn what_needs_the_host_itself_is_not_done_beside_it_and_the_way_out_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let words: [(&[&str], Option<&Path>); 2] =
        [(&["cat", "/etc/hostname"], None), (&["docker", "compose", "ps"], Some(folder.path()))];
    for (words, directory) in words {
        let failure = on_host("tcp://10.0.0.4:2375", words, directory).await.unwrap_err();
        assert!(failure.definite);
        assert!(failure.trouble.hint.unwrap().contains("tcp://10.0.0.4:2375, which runs no programs"));
    }
}
