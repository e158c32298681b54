//! What the console sees of real hosts over ssh: files, containers, agents and their logs, well and broken.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use jiff::Timestamp;
use vaultdeck::config::{Profile, Surroundings};
use vaultdeck::model::agent_log::{Class, State};
use vaultdeck::model::facts::{
    AgentFacts, ContainerHealth, ContainerState, ContainersFacts, HostFacts, MountKind, Service,
};
use vaultdeck::model::fleet::Kind;
use vaultdeck::model::trouble::{Trouble, TroubleKind};
use vaultdeck::probe::agent::AgentProbe;
use vaultdeck::probe::containers::ContainersProbe;
use vaultdeck::probe::follow::ContainerLogs;
use vaultdeck::probe::host::{HostProbe, Salt};
use vaultdeck::probe::{Clock, Follow as _, LogRequest, Probe};
use vaultdeck::world::host::{self, Host};

use super::stack::Stack;

const FIRST: &str = "authentik-1";
const AGENT: &str = "authentik-vault-agent-1";

/// Every probe gives up by then.
const DEADLINE: Duration = Duration::from_secs(20);

/// The stack's hosts as the operator reaches them, with sockets in a folder of this test's own.
struct Console {
    sockets: tempfile::TempDir,
    profile: Profile,
    surroundings: Surroundings,
    salt: Salt,
}

impl Console {
    fn of(stack: &Stack) -> Self {
        let sockets = tempfile::tempdir().unwrap();
        let mut surroundings = stack.surroundings();
        surroundings.variables.insert("XDG_RUNTIME_DIR".into(), sockets.path().display().to_string());
        Self { sockets, profile: stack.profile(), surroundings, salt: Salt::random() }
    }

    async fn hosts(&self) -> Vec<Arc<Host>> {
        host::hosts(&self.profile, &self.surroundings).await.unwrap()
    }

    async fn host(&self) -> Arc<Host> {
        Arc::clone(self.hosts().await.first().unwrap())
    }

    async fn look(&self, host: &Arc<Host>) -> Result<HostFacts, Trouble> {
        seen(&HostProbe::new(Arc::clone(host), clock(), self.salt.clone())).await
    }

    /// Masters of ours that run, by their command lines.
    fn masters(&self) -> Vec<String> {
        let wanted = self.sockets.path().display().to_string();
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let words = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
        let lines = words.map(|words| String::from_utf8_lossy(&words).replace('\0', " "));
        lines.filter(|line| line.contains(&wanted)).collect()
    }
}

impl Drop for Console {
    /// Masters would stay for a minute; their sockets go with the folder.
    fn drop(&mut self) {
        for entry in fs::read_dir(self.sockets.path().join("vaultdeck")).into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|ending| ending == "master") {
                let end = ["-F", "/dev/null", "-O", "exit", "-S"];
                let _ = std::process::Command::new("ssh").args(end).arg(entry.path()).arg("x").output();
            }
        }
    }
}

fn clock() -> Clock {
    Arc::new(Timestamp::now)
}

async fn seen<T: Kind + Clone>(probe: &dyn Probe) -> Result<T, Trouble> {
    let facts = tokio::time::timeout(DEADLINE, probe.look()).await.expect("a look within its deadline")?;
    Ok(T::of(&facts).cloned().unwrap())
}

async fn containers(host: &Arc<Host>) -> Result<ContainersFacts, Trouble> {
    seen(&ContainersProbe::new(Arc::clone(host), clock())).await
}

async fn agent(host: &Arc<Host>) -> Result<AgentFacts, Trouble> {
    seen(&AgentProbe::new(Arc::clone(host), clock())).await
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn hosts_of_the_inventory_show_their_files_and_their_env_without_its_values() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let hosts = console.hosts().await;
    assert_eq!(
        hosts.iter().map(|host| host.name.as_str()).collect::<Vec<_>>(),
        ["authentik-1", "authentik-2", "authentik-3"]
    );
    let looks = hosts.iter().map(|host| console.look(host));
    let facts: Vec<HostFacts> = futures_util::future::try_join_all(looks).await.unwrap();
    for host in &facts {
        assert!(host.clock_offset_seconds.abs() < 2.0, "{}", host.clock_offset_seconds);
        assert_eq!(host.secret_id_file.as_ref().unwrap().stat.as_ref().unwrap().mode, 0o600);
        let config = host.agent_config.as_ref().unwrap();
        assert_eq!((config.method.as_deref(), config.render_interval_seconds), (Some("approle"), 20));
        assert_eq!(host.template.as_ref().unwrap().reads.len(), 2);
        let env = host.env.as_ref().unwrap();
        assert_eq!((env.on_ram, env.keys.len(), env.digests.len()), (Some(true), 6, 6));
        assert!(env.no_value.is_empty() && env.empty.is_empty());
        assert_eq!(env.digests, facts[0].env.as_ref().unwrap().digests, "equal values have equal digests");
    }
    let marked = |host: &HostFacts| {
        (host.template.as_ref().unwrap().has_version_marker, host.env.as_ref().unwrap().markers.len())
    };
    assert_eq!(facts.iter().map(marked).collect::<Vec<_>>(), [(true, 2), (true, 2), (false, 0)]);
    assert!(!format!("{facts:?}").contains(stack.file("/database/password_file").trim()));
    assert_eq!(console.masters().len(), 3, "one ssh process for each host: {:?}", console.masters());
    assert!(console.masters().iter().all(|line| line.contains("ControlPersist=60")), "none stays for ever");
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn containers_show_state_health_and_what_carries_their_mounts() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let facts = containers(&console.host().await).await.unwrap();
    assert_eq!((facts.through.as_str(), facts.containers.len()), ("socket over ssh", 3));
    for service in [Service::Agent, Service::Server, Service::Worker] {
        let container = facts.of(service).unwrap();
        assert_eq!(
            (container.state, container.health),
            (ContainerState::Running, Some(ContainerHealth::Healthy))
        );
    }
    let mounts = &facts.of(Service::Agent).unwrap().mounts;
    let kind = |path: &str| mounts.iter().find(|mount| mount.destination == path).map(|mount| mount.kind);
    assert_eq!(kind("/vault/secrets"), Some(MountKind::Tmpfs));
    assert_eq!(kind("/vault/config"), Some(MountKind::BindDirectory));
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn an_agent_is_read_from_its_log_and_a_refused_one_says_why() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let host = console.host().await;
    let well = agent(&host).await.unwrap();
    assert_eq!((well.container.as_str(), well.reading.state), (AGENT, State::Ok));
    assert!(well.reading.last_login.is_some());
    let _fault = stack.fault_on(FIRST, "secret-id-destroyed");
    let refused = agent(&host).await.unwrap();
    assert_eq!(refused.reading.state, State::Looping);
    assert!(
        matches!(refused.reading.class, Class::SecretIdRefused | Class::RoleLocked),
        "{:?}",
        refused.reading
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the real stack"]
async fn a_container_that_dies_is_seen_within_two_seconds() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let probe = ContainersProbe::new(console.host().await, clock());
    let before: ContainersFacts = seen(&probe).await.unwrap();
    assert!(before.of(Service::Agent).unwrap().up());
    let watched = async {
        loop {
            probe.stirred().await;
            let facts: ContainersFacts = seen(&probe).await.unwrap();
            let agent = facts.of(Service::Agent).unwrap();
            if !agent.up() {
                return Timestamp::now().duration_since(agent.finished.unwrap());
            }
        }
    };
    let killed = async { tokio::task::block_in_place(|| stack.fault_on(FIRST, "agent-killed")) };
    let (late, _fault) = tokio::join!(watched, killed);
    assert!(late.as_millis() < 2000, "seen {late:?} after its death");
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_host_that_falls_silent_is_trouble_in_time_and_comes_back() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let host = console.host().await;
    containers(&host).await.unwrap();
    let silent = stack.fault_on(FIRST, "silent-host");
    let began = Instant::now();
    let trouble = console.look(&host).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Unreachable, "{trouble}");
    let again = containers(&host).await.unwrap_err();
    assert!(began.elapsed() < 2 * DEADLINE, "{:?}: {again}", began.elapsed());
    drop(silent);
    let back = loop {
        if let Ok(facts) = console.look(&host).await {
            break facts;
        }
        assert!(began.elapsed() < 4 * DEADLINE, "the host does not come back");
    };
    assert!(back.env.is_ok());
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn each_way_a_host_can_be_lost_has_its_own_words() {
    let stack = Stack::take();
    for (fault, expected) in [
        ("ssh-refused", "connection refused"),
        ("host-key-changed", "the host key is not the one in known_hosts"),
        ("host-down", ""),
    ] {
        let _fault = stack.fault_on(FIRST, fault);
        let console = Console::of(&stack);
        let trouble = console.look(&console.host().await).await.unwrap_err();
        assert!(trouble.because.as_deref().unwrap_or_default().contains(expected), "{fault}: {trouble}");
        assert!(trouble.hint.is_some(), "{fault}: {trouble}");
        assert!(console.masters().is_empty(), "{fault} left {:?}", console.masters());
    }
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_host_without_docker_still_shows_its_files() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let host = console.host().await;
    let _fault = stack.fault_on(FIRST, "docker-down");
    let trouble = containers(&host).await.unwrap_err();
    assert!(trouble.what.starts_with("cannot reach docker"), "{trouble}");
    let facts = console.look(&host).await.unwrap();
    assert!(facts.config_file.unwrap().present());
    assert!(facts.env.is_err());
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_socket_that_only_root_may_use_is_reached_with_sudo() {
    let stack = Stack::take();
    let mut console = Console::of(&stack);
    let root = |words: &str| {
        let mut ssh = stack.operator("ssh");
        ssh.args(["-F", stack.fact("/ssh_config"), FIRST, "sudo"]).args(words.split(' '));
        assert!(ssh.status().unwrap().success());
    };
    root("chmod 0600 /var/run/docker.sock");
    let host = console.host().await;
    let with_sudo = containers(&host).await;
    let env = console.look(&host).await.map(|facts| facts.env.is_ok());
    console.profile.hosts.r#become = false;
    let without = containers(&console.host().await).await;
    root("chmod 0660 /var/run/docker.sock");
    assert_eq!(with_sudo.unwrap().through, "sudo -n docker system dial-stdio");
    assert!(env.unwrap());
    let refused = without.unwrap_err();
    assert_eq!(refused.kind, TroubleKind::Denied, "{refused}");
    assert!(refused.hint.unwrap().contains("hosts.become"));
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn an_open_control_master_of_the_operator_is_used_and_left_as_it_was() {
    let stack = Stack::take();
    let mut console = Console::of(&stack);
    let config = console.sockets.path().join("ssh_config");
    let socket = console.sockets.path().join("operators");
    let text = fs::read_to_string(stack.fact("/ssh_config")).unwrap();
    fs::write(&config, format!("{text}\nHost *\n  ControlPath {}\n", socket.display())).unwrap();
    let master = |words: &[&str]| {
        let mut ssh = stack.operator("ssh");
        ssh.arg("-F").arg(&config).args(words).arg(FIRST);
        ssh.stderr(std::process::Stdio::null()).status().unwrap().success()
    };
    assert!(master(&["-fNM"]));
    console.profile.hosts.ssh_config = Some(config.clone());
    console.profile.hosts.inventory = None;
    console.profile.hosts.list = vec![FIRST.to_owned()];
    let host = console.host().await;
    assert_eq!(console.look(&host).await.unwrap().session, "existing control master");
    let forwarded = || files_of(&console.sockets.path().join("vaultdeck"));
    assert_eq!(forwarded().len(), 1);
    drop(host);
    assert!(forwarded().is_empty());
    assert!(master(&["-O", "check"]), "the operator's master lives on");
    assert!(master(&["-O", "exit"]));
}

fn files_of(folder: &Path) -> Vec<std::path::PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn a_hostile_log_is_text_and_nothing_else() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let hosts = console.hosts().await;
    let _fault = stack.fault_on(FIRST, "hostile-log");
    let request =
        LogRequest { host: FIRST.into(), container: "authentik-server-1".into(), tail: 100, since: None };
    let mut log = ContainerLogs::on(&hosts).follow(request).await.unwrap();
    let (mut red, mut cut) = (false, false);
    while !(red && cut) {
        let line = tokio::time::timeout(DEADLINE, log.next()).await.unwrap().unwrap().unwrap();
        let bad = |character: char| character.is_control() || ('\u{202a}'..='\u{202e}').contains(&character);
        assert!(!line.text.contains(bad), "{:?}", line.text);
        red |= line.text.starts_with("red") && line.text.contains("evil over");
        cut |= line.text.starts_with("xxxx") && line.text.ends_with('…');
    }
}

#[tokio::test]
#[ignore = "needs the real stack"]
async fn three_hosts_take_little_longer_than_one() {
    let stack = Stack::take();
    let console = Console::of(&stack);
    let mut alone = Vec::new();
    for host in console.hosts().await {
        let began = Instant::now();
        console.look(&host).await.unwrap();
        alone.push(began.elapsed());
    }
    let warm_hosts = console.hosts().await;
    let began = Instant::now();
    futures_util::future::try_join_all(warm_hosts.iter().map(|host| console.look(host))).await.unwrap();
    let shared = began.elapsed();
    assert_eq!(console.masters().len(), 3, "the second call uses the sessions of the first");
    let cold = Console::of(&stack);
    let cold_hosts = cold.hosts().await;
    let began = Instant::now();
    futures_util::future::try_join_all(cold_hosts.iter().map(|host| cold.look(host))).await.unwrap();
    let together = began.elapsed();
    let slowest = alone.iter().max().copied().unwrap();
    println!(
        "connect to facts, each alone: {alone:?}; three at once: {together:?}; sessions shared: {shared:?}"
    );
    assert!(together < slowest * 3, "three at once must not wait for one another");
}
