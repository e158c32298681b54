//! The ssh process that holds the one connection to a host: the operator's own control master where one is open, else
//! one of ours that other calls of vaultdeck share and that ends by itself when nobody has used it for a minute.
//!
//! ```text
//! ssh -G ─▶ operator's ControlPath alive? ──yes──▶ use it, never end it
//!              │ no
//!              ▼
//!           ours alive? ──yes──▶ use it
//!              │ no (lock)
//!              ▼
//!           ssh -M -N -f  ──▶ ours; ControlPersist ends it
//! ```

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use openssh::Session;

use crate::model::trouble::Trouble;
use crate::world::process::{self, Environment};

use super::folder::Folder;
use super::settings::{self, Settings};
use super::{Destination, Ssh, refusal};

/// A host that is not through by then is told as trouble; below the deadline of every probe.
const CONNECT_DEADLINE: Duration = Duration::from_secs(8);

/// A living master answers at once: it is a process on this machine.
const LOCAL_DEADLINE: Duration = Duration::from_secs(2);

/// How long an unused connection of ours stays.
const PERSIST: &str = "ControlPersist=60";

/// Where a connection came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Made by vaultdeck with the operator's ssh configuration.
    Ours,
    /// A control master that the operator had open.
    Operator,
}

/// A connected master.
pub(super) struct Master {
    pub(super) control_path: PathBuf,
    pub(super) origin: Origin,
    /// The name that files of this connection carry in our folder.
    pub(super) name: String,
}

/// Finds a living master for this host or starts one. The operator's is passed over when it has let us down before.
pub(super) async fn connect(
    ssh: &Ssh,
    destination: &Destination,
    distrust_operator: bool,
) -> Result<Master, Trouble> {
    let settings = settings::of(&ssh.environment, destination).await?;
    let operators = settings.control_path.clone().filter(|_| !distrust_operator);
    if let Some(control_path) = operators
        && lives(&control_path).await
    {
        return Ok(Master { control_path, origin: Origin::Operator, name: settings.fingerprint });
    }
    let control_path = ssh.folder.master(&settings.fingerprint);
    let _lock = locked(&ssh.folder, destination, &settings.fingerprint).await?;
    if !lives(&control_path).await {
        start(&ssh.environment, destination, &settings, &control_path).await?;
    }
    Ok(Master { control_path, origin: Origin::Ours, name: settings.fingerprint })
}

/// Whether a master answers on this control socket.
async fn lives(control_path: &Path) -> bool {
    if !control_path.exists() {
        return false;
    }
    let session = Session::resume_mux(control_path.into(), None);
    matches!(tokio::time::timeout(LOCAL_DEADLINE, session.check()).await, Ok(Ok(())))
}

async fn start(
    environment: &Environment,
    destination: &Destination,
    settings: &Settings,
    control_path: &Path,
) -> Result<(), Trouble> {
    end(environment, control_path).await;
    let mut command = environment.command("ssh");
    command.args(arguments(destination, settings, control_path));
    // where a jump host or an old ssh would prompt all the same, it is answered by a program that says no
    command.env("SSH_ASKPASS_REQUIRE", "force").env("SSH_ASKPASS", "/bin/false");
    let ended = process::run(command, CONNECT_DEADLINE)
        .await
        .map_err(|error| Trouble::new("cannot run ssh").because(error).hint("install the OpenSSH client"))?;
    if ended.well() {
        return Ok(());
    }
    let _ = std::fs::remove_file(control_path);
    if ended.status.is_none() && ended.complaint.is_empty() {
        return Err(refusal::no_answer(destination, CONNECT_DEADLINE.as_secs()));
    }
    Err(refusal::trouble(destination, settings.jump.as_deref(), &ended.complaint))
}

/// Host keys, identities, jump hosts, agents and algorithms are the operator's; only what would ask, forward, log in
/// interactively or outlive us is set here.
fn arguments(destination: &Destination, settings: &Settings, control_path: &Path) -> Vec<OsString> {
    let ours = CONNECT_DEADLINE.as_secs() - 1;
    let timeout = settings.connect_timeout.map_or(ours, |theirs| theirs.min(ours));
    let mut arguments: Vec<OsString> = ["-M", "-N", "-f", "-T", "-a", "-x", "-S"].map(OsString::from).into();
    arguments.push(control_path.into());
    for option in [
        "BatchMode=yes",
        PERSIST,
        &format!("ConnectTimeout={timeout}"),
        "ServerAliveInterval=5",
        "ServerAliveCountMax=3",
        "ClearAllForwardings=yes",
        "StreamLocalBindUnlink=yes",
        "StreamLocalBindMask=0177",
        "PermitLocalCommand=no",
        "RemoteCommand=none",
        "Tunnel=no",
    ] {
        arguments.extend(["-o".into(), option.into()]);
    }
    arguments.extend(destination.options());
    arguments.extend(["--".into(), destination.target().into()]);
    arguments
}

/// Ends a master of ours that has stopped answering, and removes its socket.
pub(super) async fn end(environment: &Environment, control_path: &Path) {
    if !control_path.exists() {
        return;
    }
    let mut command = environment.command("ssh");
    command.args(["-F", "/dev/null", "-O", "exit", "-S"]).arg(control_path).args(["--", "unused"]);
    let _ = process::run(command, LOCAL_DEADLINE).await;
    let _ = std::fs::remove_file(control_path);
}

/// The lock of this connection's name; another call that is connecting may hold it for as long as a connect takes.
async fn locked(folder: &Folder, destination: &Destination, name: &str) -> Result<File, Trouble> {
    let cannot = |error: std::io::Error| Trouble::new(format!("cannot reach {destination}")).because(error);
    let file = folder.lock(name).map_err(cannot)?;
    let taken = async {
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(TryLockError::Error(error)) => return Err(cannot(error)),
            }
        }
    };
    match tokio::time::timeout(CONNECT_DEADLINE, taken).await {
        Ok(taken) => taken.map(|()| file),
        Err(_) => Err(refusal::no_answer(destination, CONNECT_DEADLINE.as_secs())),
    }
}

/// Cancels a forward in the operator's master and removes its socket. Does not wait: it is called while things end.
pub(super) fn take_back(environment: &Environment, control_path: &Path, local: &Path, remote: &Path) {
    let forward = format!("{}:{}", local.display(), remote.display());
    let mut command = environment.command("ssh");
    command
        .args(["-F", "/dev/null", "-O", "cancel", "-L", &forward, "-S"])
        .arg(control_path)
        .args(["--", "unused"]);
    let command = command.kill_on_drop(false).as_std_mut();
    let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let _ = std::fs::remove_file(local);
}
