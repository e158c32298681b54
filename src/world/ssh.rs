//! Hosts over the operator's own OpenSSH: his configuration, agent, jump hosts, known hosts and host-key policy, his
//! open control master where there is one. One connection per host carries every command and forwarded socket.
//!
//! ```text
//!  idle ──first use──▶ connecting ──▶ open ──deadline passed, connection lost──▶ idle
//!                          │
//!                          └──refused──▶ resting, the same trouble for everybody who asks ──▶ idle
//! ```

mod destination;
mod duplex;
mod folder;
mod master;
mod refusal;
mod remote;
mod settings;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use openssh::{ForwardType, Session, Stdio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Mutex, Semaphore};
use zeroize::Zeroizing;

use crate::model::trouble::{Trouble, TroubleKind};

use self::folder::Folder;
use self::master::Master;
use super::clean;
use super::process::Environment;
use crate::config::Surroundings;

pub use destination::{Destination, quoted};
pub use duplex::Duplex;
pub use master::Origin;
pub use remote::{Ending, FromHost, Remote};

/// Connections that are made at the same time: key exchange is work for this machine.
const CONNECTING_AT_ONCE: usize = 6;

/// A command that takes longer has lost its host.
const COMMAND_DEADLINE: Duration = Duration::from_secs(8);

/// After a refusal everybody who waits gets the same answer instead of a try of his own.
const REST_AFTER_REFUSAL: Duration = Duration::from_secs(2);

/// Bytes of output that a command may have.
const LONGEST_OUTPUT: u64 = 4 * 1024 * 1024;

/// What all connections of one deployment share.
#[derive(Debug)]
pub struct Ssh {
    environment: Environment,
    folder: Folder,
    connecting: Semaphore,
}

impl Ssh {
    /// Opens the private folder for sockets; ssh will run in the operator's environment, as far as it needs it.
    ///
    /// # Errors
    /// Trouble when no folder can be had that is ours alone.
    pub fn open(surroundings: &Surroundings) -> Result<Arc<Self>, Trouble> {
        let environment = Environment::of(surroundings);
        let folder = Folder::open(surroundings)?;
        Ok(Arc::new(Self { environment, folder, connecting: Semaphore::new(CONNECTING_AT_ONCE) }))
    }
}

/// One host; connected when first used and again after the connection was lost.
pub struct Connection {
    ssh: Arc<Ssh>,
    destination: Destination,
    state: Mutex<State>,
    operators_master_hung: AtomicBool,
}

enum State {
    Idle,
    Open(Arc<Open>),
    Resting { trouble: Trouble, since: Instant },
}

/// What a forwarded socket leads to, seen from the host.
#[derive(Debug, Clone, Copy)]
pub enum FarEnd<'a> {
    /// A socket file.
    Socket(&'a Path),
    /// A name or address, and a port.
    Port(&'a str, u16),
}

impl FarEnd<'_> {
    fn socket(&self) -> openssh::Socket<'_> {
        match *self {
            Self::Socket(path) => path.into(),
            Self::Port(host, port) => openssh::Socket::TcpSocket { host: host.into(), port },
        }
    }
}

impl fmt::Display for FarEnd<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(formatter, "{}", path.display()),
            Self::Port(host, port) => write!(formatter, "{host}:{port}"),
        }
    }
}

/// What a command on the host left behind.
#[derive(Debug)]
pub struct Output {
    /// Standard output as it came.
    pub stdout: Vec<u8>,
    /// Standard error, cleaned.
    pub stderr: String,
    /// Exit status; `None` when a signal ended the command.
    pub status: Option<i32>,
    /// From sending the command to its end.
    pub took: Duration,
    /// Whose connection carried it.
    pub origin: Origin,
}

impl Connection {
    /// A host that is not connected yet.
    pub fn new(ssh: Arc<Ssh>, destination: Destination) -> Self {
        let state = Mutex::new(State::Idle);
        Self { ssh, destination, state, operators_master_hung: AtomicBool::new(false) }
    }

    /// Where it leads.
    pub fn destination(&self) -> &Destination {
        &self.destination
    }

    /// Runs a command line of the host's login shell with this text on its standard input, to its end.
    ///
    /// # Errors
    /// Trouble when the host cannot be reached, does not answer in time or answers without end.
    pub async fn run(&self, command: &str, input: &[u8]) -> Result<Output, Trouble> {
        let open = self.open().await?;
        match self.attempt(&open, command, input).await {
            Err(Lost::BeforeStart) => {
                self.forget(&open).await;
                let open = self.open().await?;
                self.attempt(&open, command, input).await.map_err(|lost| self.lost(lost))
            }
            outcome => outcome.map_err(|lost| self.lost(lost)),
        }
    }

    /// Starts a command line of the host's login shell that may take its time, with this text on its standard input.
    ///
    /// # Errors
    /// Trouble when the host cannot be reached: nothing was started.
    pub async fn carry(&self, command: &str, input: Zeroizing<String>) -> Result<Remote, Trouble> {
        let open = self.open().await?;
        match self.begun(&open, command, input.clone()).await {
            Err(Lost::BeforeStart) => {
                self.forget(&open).await;
                let open = self.open().await?;
                self.begun(&open, command, input).await.map_err(|lost| self.lost(lost))
            }
            outcome => outcome.map_err(|lost| self.lost(lost)),
        }
    }

    async fn begun(&self, open: &Arc<Open>, command: &str, input: Zeroizing<String>) -> Result<Remote, Lost> {
        let starting = Remote::start(Arc::clone(&open.session), command, input);
        let Ok(outcome) = tokio::time::timeout(COMMAND_DEADLINE, starting).await else {
            self.give_up(open).await;
            return Err(Lost::Silent);
        };
        let outcome = outcome.map_err(not_started);
        if matches!(outcome, Err(Lost::Broken(_))) {
            self.forget(open).await;
        }
        outcome
    }

    /// Starts a command and hands over its standard input and output.
    ///
    /// # Errors
    /// Trouble when the host cannot be reached.
    pub async fn start(&self, command: &str) -> Result<Duplex, Trouble> {
        let open = self.open().await?;
        match tokio::time::timeout(COMMAND_DEADLINE, Duplex::start(Arc::clone(&open.session), command)).await
        {
            Ok(Ok(duplex)) => Ok(duplex),
            Ok(Err(error)) => {
                self.forget(&open).await;
                Err(self.lost(Lost::Broken(described(&error))))
            }
            Err(_) => {
                self.give_up(&open).await;
                Err(self.lost(Lost::Silent))
            }
        }
    }

    /// A socket on this machine behind which a socket or port answers as the host reaches it. Whether anybody listens
    /// there shows only when it is used.
    ///
    /// # Errors
    /// Trouble when the host cannot be reached or ssh will not forward.
    pub async fn forward(&self, remote: FarEnd<'_>) -> Result<PathBuf, Trouble> {
        let open = self.open().await?;
        match open.forward(remote).await {
            Ok(local) => Ok(local),
            Err(openssh::Error::Disconnected) => {
                self.forget(&open).await;
                let open = self.open().await?;
                open.forward(remote).await.map_err(|error| self.cannot_forward(remote, &error))
            }
            Err(error) => Err(self.cannot_forward(remote, &error)),
        }
    }

    /// Asks the host for a sign of life when something that goes through the connection has not answered; a dead
    /// connection is given up, so that the next use makes a new one.
    pub async fn doubt(&self) {
        let open = match &*self.state.lock().await {
            State::Open(open) => Arc::clone(open),
            _ => return,
        };
        let _ = tokio::time::timeout(COMMAND_DEADLINE, self.attempt(&open, "true", b"")).await;
    }

    /// A free path in the private folder, for a socket of ours that leads to this host.
    pub fn place_for_socket(&self) -> PathBuf {
        static TAKEN: AtomicUsize = AtomicUsize::new(0);
        let number = TAKEN.fetch_add(1, Ordering::Relaxed);
        self.ssh.folder.bridge(&format!("{}-{number}", std::process::id()))
    }

    async fn open(&self) -> Result<Arc<Open>, Trouble> {
        let mut state = self.state.lock().await;
        match &*state {
            State::Open(open) => return Ok(Arc::clone(open)),
            State::Resting { trouble, since } if since.elapsed() < REST_AFTER_REFUSAL => {
                return Err(trouble.clone());
            }
            _ => {}
        }
        match self.connect().await {
            Ok(master) => {
                let open = Arc::new(Open::over(Arc::clone(&self.ssh), master));
                *state = State::Open(Arc::clone(&open));
                Ok(open)
            }
            Err(trouble) => {
                *state = State::Resting { trouble: trouble.clone(), since: Instant::now() };
                Err(trouble)
            }
        }
    }

    async fn connect(&self) -> Result<Master, Trouble> {
        let _turn = self.ssh.connecting.acquire().await;
        let distrust = self.operators_master_hung.load(Ordering::Relaxed);
        master::connect(&self.ssh, &self.destination, distrust).await
    }

    async fn attempt(&self, open: &Arc<Open>, command: &str, input: &[u8]) -> Result<Output, Lost> {
        let Ok(outcome) = tokio::time::timeout(COMMAND_DEADLINE, open.run(command, input)).await else {
            self.give_up(open).await;
            return Err(Lost::Silent);
        };
        if matches!(outcome, Err(Lost::Broken(_))) {
            self.forget(open).await;
        }
        outcome
    }

    /// The master has ended: the next use connects anew.
    async fn forget(&self, open: &Arc<Open>) {
        let mut state = self.state.lock().await;
        if matches!(&*state, State::Open(current) if Arc::ptr_eq(current, open)) {
            *state = State::Idle;
        }
    }

    /// The master lives and its host does not answer: ours is ended, the operator's is left alone and not used again.
    async fn give_up(&self, open: &Arc<Open>) {
        self.forget(open).await;
        match open.origin {
            Origin::Ours => master::end(&self.ssh.environment, open.session.control_socket()).await,
            Origin::Operator => self.operators_master_hung.store(true, Ordering::Relaxed),
        }
    }

    fn lost(&self, lost: Lost) -> Trouble {
        let trouble = Trouble::new(format!("lost {}", self.destination)).kind(TroubleKind::Unreachable);
        match lost {
            Lost::Silent => trouble
                .because(format!("the connection is open and a command got no answer within {} s", COMMAND_DEADLINE.as_secs()))
                .hint("the host may hang or the network between may be cut; it is connected anew at the next look"),
            Lost::BeforeStart => trouble.because("the connection ended").hint("it is connected anew at the next look"),
            Lost::Broken(why) => trouble.because(why).hint("it is connected anew at the next look"),
            Lost::Endless => Trouble::new(format!("too long an answer from {}", self.destination))
                .because(format!("more than {} MiB came back", LONGEST_OUTPUT >> 20)),
        }
    }

    fn cannot_forward(&self, remote: FarEnd<'_>, error: &openssh::Error) -> Trouble {
        Trouble::new(format!("cannot forward {remote} of {}", self.destination)).because(described(error))
    }
}

/// How a command was lost on its way.
enum Lost {
    /// The master was gone: nothing has run yet.
    BeforeStart,
    /// No end within the deadline.
    Silent,
    /// The connection broke while it ran.
    Broken(String),
    /// More output than is looked at.
    Endless,
}

/// A connection that stands.
struct Open {
    ssh: Arc<Ssh>,
    session: Arc<Session>,
    origin: Origin,
    name: String,
    /// Far ends as ssh writes them, with their ends on this machine.
    forwarded: Mutex<BTreeMap<PathBuf, PathBuf>>,
}

impl Open {
    fn over(ssh: Arc<Ssh>, master: Master) -> Self {
        Self {
            ssh,
            session: Arc::new(Session::resume_mux(master.control_path.into(), None)),
            origin: master.origin,
            name: master.name,
            forwarded: Mutex::new(BTreeMap::new()),
        }
    }

    async fn run(&self, command: &str, input: &[u8]) -> Result<Output, Lost> {
        let began = Instant::now();
        let mut command = self.session.raw_command(command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().await.map_err(not_started)?;
        let (stdin, stdout, stderr) = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        let fed = async {
            if let Some(mut stdin) = stdin {
                // a command that does not read all of it says so with its exit status
                let _ = stdin.write_all(input).await;
            }
        };
        let ((), stdout, stderr) = tokio::join!(fed, read(stdout), read(stderr));
        let (stdout, stderr) = (stdout?, stderr?);
        let status = match child.wait().await {
            Ok(status) => status.code(),
            Err(openssh::Error::RemoteProcessTerminated) => None,
            Err(error) => return Err(Lost::Broken(described(&error))),
        };
        let stderr = clean::block(&stderr);
        Ok(Output { stdout, stderr, status, took: began.elapsed(), origin: self.origin })
    }

    /// In a master of ours the socket has a name of its own and is shared with other calls; in the operator's it is
    /// this call's and taken back at the end.
    async fn forward(&self, remote: FarEnd<'_>) -> Result<PathBuf, openssh::Error> {
        let name = PathBuf::from(remote.to_string());
        let mut forwarded = self.forwarded.lock().await;
        if let Some(local) = forwarded.get(&name).filter(|local| local.exists()) {
            return Ok(local.clone());
        }
        let local = self.ssh.folder.forwarded(&self.name, &ending(&name, self.origin));
        if self.origin == Origin::Operator {
            let _ = std::fs::remove_file(&local);
        }
        self.session.request_port_forward(ForwardType::Local, local.as_path(), remote.socket()).await?;
        forwarded.insert(name, local.clone());
        Ok(local)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.origin == Origin::Ours {
            return;
        }
        for (remote, local) in std::mem::take(self.forwarded.get_mut()) {
            master::take_back(&self.ssh.environment, self.session.control_socket(), &local, &remote);
        }
    }
}

fn ending(remote: &Path, origin: Origin) -> String {
    let remote = settings::fingerprint(&remote.to_string_lossy());
    let short: String = remote.chars().take(4).collect();
    match origin {
        Origin::Ours => short,
        Origin::Operator => format!("{short}-{}", std::process::id()),
    }
}

async fn read(stream: Option<impl AsyncReadExt + Unpin>) -> Result<Vec<u8>, Lost> {
    let mut bytes = Vec::new();
    let Some(stream) = stream else { return Ok(bytes) };
    stream
        .take(LONGEST_OUTPUT)
        .read_to_end(&mut bytes)
        .await
        .map_err(|error| Lost::Broken(error.to_string()))?;
    if bytes.len() as u64 == LONGEST_OUTPUT { Err(Lost::Endless) } else { Ok(bytes) }
}

fn not_started(error: openssh::Error) -> Lost {
    match error {
        openssh::Error::Disconnected => Lost::BeforeStart,
        error => Lost::Broken(described(&error)),
    }
}

/// An error with its causes, for openssh's own first line says little.
fn described(error: &openssh::Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    clean::line(words.as_bytes())
}
