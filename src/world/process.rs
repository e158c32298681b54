//! How a child process is started: without a shell, without a terminal to prompt on, and with only those variables of
//! our environment that the tools of a control host need, so that no token travels along.

mod kindred;
mod session;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;

use super::clean;
use crate::config::Surroundings;

pub use super::spoken::Voice;
pub(super) use kindred::began;
pub use session::{Heard, Session, Start};

/// Variables that a child inherits. Everything else, above all `VAULT_TOKEN` and `AWS_SECRET_ACCESS_KEY`, stays here.
const INHERITED: &[&str] = &[
    "ANSIBLE_CONFIG",
    "ANSIBLE_HOME",
    "ANSIBLE_INVENTORY",
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_SHARED_CREDENTIALS_FILE",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "KRB5CCNAME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LOGNAME",
    "NO_PROXY",
    "PATH",
    "PYTHONPATH",
    "SHELL",
    "SSH_AGENT_PID",
    "SSH_AUTH_SOCK",
    "TMPDIR",
    "TZ",
    "USER",
    "VIRTUAL_ENV",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
];

/// Parts of names whose values stay here whatever runs; `VAULT_TOKEN_PATH` and the like name files.
const SECRET_NAMES: &[&str] =
    &["TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "ACCESS_KEY", "API_KEY"];
const FILE_NAMES: &[&str] = &["_PATH", "_FILE"];

/// Bytes of standard error that are kept.
const LONGEST_COMPLAINT: u64 = 16 * 1024;

/// The part of the operator's environment that children get.
#[derive(Debug, Clone)]
pub struct Environment(Vec<(String, String)>);

impl Environment {
    /// Of the operator's whole environment.
    pub fn of(surroundings: &Surroundings) -> Self {
        let known = |name: &&str| Some(((*name).to_owned(), surroundings.variables.get(*name)?.clone()));
        Self(INHERITED.iter().filter_map(known).collect())
    }

    /// For a program of the site's own, which may need anything: all of it but what is named like a secret.
    pub fn for_site(surroundings: &Surroundings) -> Self {
        let open = surroundings.variables.iter().filter(|(name, _)| !is_named_like_a_secret(name));
        Self(open.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// A command in this environment, in a process group of its own so that nothing it starts can read the operator's
    /// keyboard, killed when dropped.
    pub fn command(&self, program: &str) -> Command {
        let mut command = self.bare(program);
        command.stdin(Stdio::null()).process_group(0).kill_on_drop(true);
        command
    }

    /// The value of a variable that children get.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn bare(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.0.iter().map(|(name, value)| (name, value)));
        command
    }
}

fn is_named_like_a_secret(name: &str) -> bool {
    let name = name.to_uppercase();
    SECRET_NAMES.iter().any(|part| name.contains(part)) && !FILE_NAMES.iter().any(|end| name.ends_with(end))
}

/// How a child ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status; `None` when it was killed because its time was up.
    pub status: Option<ExitStatus>,
    /// Standard output as it came.
    pub stdout: Vec<u8>,
    /// Standard error, cleaned.
    pub complaint: String,
}

impl Ended {
    /// Whether it ended by itself and well.
    pub fn well(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }
}

/// Runs a child to its end or to the deadline, after which it and all it started are killed.
///
/// Output goes to unnamed temporary files: a grandchild that keeps them open (`ssh -f`) keeps nobody waiting.
///
/// # Errors
/// When the program cannot be started.
pub async fn run(mut command: Command, deadline: Duration) -> io::Result<Ended> {
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
    let mut child = command.spawn()?;
    let group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    let status = match tokio::time::timeout(deadline, child.wait()).await {
        Ok(status) => {
            group.leave();
            Some(status?)
        }
        Err(_) => None,
    };
    let complaint = clean::block(&from_start(&mut stderr, LONGEST_COMPLAINT)?);
    Ok(Ended { status, stdout: from_start(&mut stdout, u64::MAX)?, complaint })
}

fn from_start(file: &mut File, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A process group that is killed when this is dropped before it could [`leave`](Self::leave).
struct Group(Option<Pid>);

impl Group {
    fn leave(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        let mut surroundings = Surroundings::here().unwrap();
        surroundings.variables.insert("VAULT_TOKEN".into(), "canary".into());
        surroundings.variables.insert("AWS_SECRET_ACCESS_KEY".into(), "canary".into());
        Environment::of(&surroundings)
    }

    fn shell(script: &str) -> Command {
        let mut shell = environment().command("sh");
        shell.args(["-c", script]);
        shell
    }

    #[tokio::test]
    async fn a_child_finds_its_programs_and_no_token() {
        let ended = run(shell("env"), Duration::from_secs(5)).await.unwrap();
        let seen = String::from_utf8(ended.stdout).unwrap();
        assert!(seen.contains("PATH="));
        assert!(!seen.contains("canary"), "{seen}");
    }

    #[test]
    fn a_program_of_the_site_gets_everything_but_secrets() {
        let mut surroundings = Surroundings::here().unwrap();
        for name in ["VAULT_TOKEN", "BAO_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PGPASSWORD"] {
            surroundings.variables.insert(name.into(), "canary".into());
        }
        surroundings.variables.insert("GNUPGHOME".into(), "/keys".into());
        surroundings.variables.insert("VAULT_TOKEN_PATH".into(), "/token".into());
        let Environment(variables) = Environment::for_site(&surroundings);
        let value =
            |wanted: &str| variables.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        assert_eq!((value("GNUPGHOME"), value("VAULT_TOKEN_PATH")), (Some("/keys"), Some("/token")));
        assert!(variables.iter().all(|(_, value)| value != "canary"), "{variables:?}");
    }

    #[tokio::test]
    async fn a_child_that_does_not_end_is_killed_with_all_it_started() {
        let ended = run(shell("sleep 1000 & echo $!; wait"), Duration::from_millis(300)).await.unwrap();
        assert!(ended.status.is_none());
        let grandchild: i32 = String::from_utf8(ended.stdout).unwrap().trim().parse().unwrap();
        let grandchild = Pid::from_raw(grandchild).unwrap();
        for _ in 0..100 {
            let status = std::fs::read_to_string(format!("/proc/{}/stat", grandchild.as_raw_nonzero()));
            if status.map_or(true, |stat| stat.contains(") Z ")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the grandchild still runs");
    }

    #[tokio::test]
    async fn complaints_are_cleaned() {
        let complaining = shell("printf '\\033[31mno\\033[0m\\n' >&2; exit 3");
        let ended = run(complaining, Duration::from_secs(5)).await.unwrap();
        assert_eq!((ended.complaint.as_str(), ended.well()), ("no", false));
    }
}
