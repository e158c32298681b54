//! What the operator's ssh configuration says about a host, as `ssh -G` answers it.

use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::model::trouble::Trouble;
use crate::world::process::{self, Environment};

use super::{Destination, refusal};

/// `ssh -G` reads files and may run `Match exec` commands; it does not use the network.
const DEADLINE: Duration = Duration::from_secs(4);

/// The answers that matter here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    /// Where the operator's own control socket would be.
    pub(super) control_path: Option<PathBuf>,
    /// `ConnectTimeout` in seconds, where one is set.
    pub(super) connect_timeout: Option<u64>,
    /// First jump host, or the words of a proxy command.
    pub(super) jump: Option<String>,
    /// Name for this very configuration: whatever changes a setting changes the name.
    pub(super) fingerprint: String,
}

/// Asks ssh.
pub(super) async fn of(environment: &Environment, destination: &Destination) -> Result<Settings, Trouble> {
    destination.check()?;
    let mut command = environment.command("ssh");
    command.arg("-G").args(destination.options()).arg("--").arg(destination.target());
    let ended = process::run(command, DEADLINE)
        .await
        .map_err(|error| Trouble::new("cannot run ssh").because(error).hint("install the OpenSSH client"))?;
    if !ended.well() {
        return Err(refusal::trouble(destination, None, &ended.complaint));
    }
    Ok(read(&String::from_utf8_lossy(&ended.stdout)))
}

fn read(text: &str) -> Settings {
    let value = |key: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(' '))
            .filter(|value| *value != "none" && !value.is_empty())
    };
    Settings {
        control_path: value("controlpath").map(PathBuf::from),
        connect_timeout: value("connecttimeout").and_then(|seconds| seconds.parse().ok()),
        jump: value("proxyjump").or_else(|| value("proxycommand")).map(str::to_owned),
        fingerprint: fingerprint(text),
    }
}

/// Sixteen hexadecimal digits.
pub(super) fn fingerprint(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let head = digest.first_chunk().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_that_matter_are_read() {
        let settings =
            read("host db\nuser ops\nconnecttimeout 7\ncontrolpath /run/a b/x\nproxyjump bastion\n");
        assert_eq!(settings.control_path, Some(PathBuf::from("/run/a b/x")));
        assert_eq!((settings.connect_timeout, settings.jump.as_deref()), (Some(7), Some("bastion")));
        assert_eq!(settings.fingerprint.len(), 16);
    }

    #[test]
    fn none_is_no_answer() {
        let settings = read("connecttimeout none\ncontrolpath none\n");
        assert_eq!((settings.connect_timeout, settings.control_path, settings.jump), (None, None, None));
    }

    #[test]
    fn another_setting_is_another_name() {
        assert_ne!(read("port 22\n").fingerprint, read("port 23\n").fingerprint);
    }
}
