//! Other ways to a host and to its Docker than the plain one: a jump host, a socket of this machine, TCP.

use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use vaultdeck::config::{Profile, Surroundings};
use vaultdeck::model::facts::{ContainersFacts, Service};
use vaultdeck::model::fleet::Kind;
use vaultdeck::probe::Probe as _;
use vaultdeck::probe::containers::ContainersProbe;
use vaultdeck::world::host::{self, Host};

use super::sockets::Sockets;
use super::stack::Stack;

const PATIENCE: Duration = Duration::from_secs(20);

fn surroundings(stack: &Stack, sockets: &Sockets) -> Surroundings {
    let mut surroundings = stack.surroundings();
    let folder = sockets.path().display().to_string();
    surroundings.variables.insert("XDG_RUNTIME_DIR".into(), folder);
    surroundings
}

/// The host of that name, as the profile reaches it.
async fn host_of(profile: &Profile, surroundings: &Surroundings, name: &str) -> Arc<Host> {
    let hosts = host::hosts(profile, surroundings).await.unwrap();
    hosts.into_iter().find(|host| host.name == name).unwrap()
}

async fn containers(host: &Arc<Host>) -> ContainersFacts {
    let facts = ContainersProbe::new(Arc::clone(host), Arc::new(Timestamp::now)).look().await.unwrap();
    <ContainersFacts as Kind>::of(&facts).cloned().unwrap()
}

/// Docker of a host brought to this machine by an ssh of the operator's own; ends when dropped.
struct Forward(Child);

impl Forward {
    /// `local` is a path or an address and port.
    fn of(stack: &Stack, host: &str, local: &str, is_there: impl Fn() -> bool) -> Self {
        let mut ssh = stack.operator("ssh");
        let forward = format!("{local}:/var/run/docker.sock");
        ssh.args([
            "-F",
            stack.fact("/ssh_config"),
            "-N",
            "-o",
            "ExitOnForwardFailure=yes",
            "-L",
            &forward,
            host,
        ]);
        let forward = Self(ssh.stdin(Stdio::null()).spawn().unwrap());
        let began = Instant::now();
        while !is_there() {
            assert!(began.elapsed() < PATIENCE, "{local} is not forwarded");
            std::thread::park_timeout(Duration::from_millis(20));
        }
        forward
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_host_behind_a_jump_host_is_reached_as_the_operators_configuration_says() {
    let (stack, sockets) = (Stack::take(), Sockets::own());
    let config = sockets.path().join("ssh_config");
    let jump = format!("Host authentik-2\n  ProxyJump authentik-1\nInclude {}\n", stack.fact("/ssh_config"));
    // `Include` inside a `Host` block would belong to it alone
    std::fs::write(&config, jump.replace("\nInclude", "\nMatch all\nInclude")).unwrap();
    let mut profile = stack.profile();
    profile.hosts.ssh_config = Some(config);
    let host = host_of(&profile, &surroundings(&stack, &sockets), "authentik-2").await;

    let came_from = host.connection.run("echo $SSH_CLIENT", b"").await.unwrap();
    let came_from = String::from_utf8_lossy(&came_from.stdout).into_owned();
    let first = stack.fact("/hosts/0/address");
    assert!(came_from.starts_with(&format!("{first} ")), "it was reached from {came_from}");
    assert!(containers(&host).await.of(Service::Agent).unwrap().up());
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn docker_on_a_socket_of_this_machine_shows_the_same_containers() {
    let (stack, sockets) = (Stack::take(), Sockets::own());
    let socket = sockets.path().join("docker.sock");
    let _forward = Forward::of(&stack, "authentik-1", &socket.display().to_string(), || socket.exists());
    assert_same_containers(&stack, &sockets, &format!("unix://{}", socket.display())).await;
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn docker_on_a_tcp_port_shows_the_same_containers() {
    let (stack, sockets) = (Stack::take(), Sockets::own());
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let _forward =
        Forward::of(&stack, "authentik-1", &address, || std::net::TcpStream::connect(&address).is_ok());
    assert_same_containers(&stack, &sockets, &format!("tcp://{address}")).await;
}

async fn assert_same_containers(stack: &Stack, sockets: &Sockets, docker: &str) {
    let surroundings = surroundings(stack, sockets);
    let over_ssh = host_of(&stack.profile(), &surroundings, "authentik-1").await;
    let mut profile = stack.profile();
    profile.hosts.docker = docker.to_owned();
    let direct = host_of(&profile, &surroundings, "authentik-1").await;
    let (expected, seen) = (containers(&over_ssh).await, containers(&direct).await);
    assert_eq!(seen.through, docker);
    let started = |facts: &ContainersFacts| {
        let mut started: Vec<_> =
            facts.containers.iter().map(|container| (container.name.clone(), container.started)).collect();
        started.sort();
        started
    };
    assert_eq!(started(&seen), started(&expected));
    assert_eq!(seen.containers.len(), 3);
}
