//! What ssh wrote to standard error when it could not connect, as the trouble it means.

use crate::model::trouble::{Trouble, TroubleKind};

use super::Destination;

/// A sentence of ssh, and what it means.
struct Sign {
    /// Words in ssh's output; the first sign that is found wins, so causes stand above consequences.
    words: &'static str,
    because: &'static str,
    hint: Hint,
    kind: TroubleKind,
}

/// What the operator can try.
enum Hint {
    /// The same connection by hand, which asks what we may not ask.
    ByHand(&'static str),
    /// Something else.
    Say(&'static str),
}

const SIGNS: &[Sign] = &[
    Sign {
        words: "HOST IDENTIFICATION HAS CHANGED",
        because: "the host key is not the one in known_hosts",
        hint: Hint::Say(
            "ask who reinstalled the host and compare fingerprints; only then remove the old key with ssh-keygen -R",
        ),
        kind: TroubleKind::Denied,
    },
    Sign {
        words: "Host key verification failed",
        because: "the host key is not in known_hosts",
        hint: Hint::ByHand("connect once by hand and compare the fingerprint"),
        kind: TroubleKind::Denied,
    },
    Sign {
        words: "Too many authentication failures",
        because: "the host gave up before the right key was offered",
        hint: Hint::Say("set IdentityFile and IdentitiesOnly for this host in the ssh configuration"),
        kind: TroubleKind::Denied,
    },
    Sign {
        words: "Could not resolve hostname",
        because: "the name does not resolve",
        hint: Hint::Say(
            "check the name in the profile or inventory, or give it a HostName in the ssh configuration",
        ),
        kind: TroubleKind::Unreachable,
    },
    Sign {
        words: "Connection refused",
        because: "connection refused: the host is up, nothing listens on its ssh port",
        hint: Hint::ByHand("check the port and that sshd runs"),
        kind: TroubleKind::Unreachable,
    },
    Sign {
        words: "No route to host",
        because: "no route to host",
        hint: Hint::Say("check that the host is up, its security group and the network between"),
        kind: TroubleKind::Unreachable,
    },
    Sign {
        words: "Network is unreachable",
        because: "the network is unreachable",
        hint: Hint::Say("check the network of this machine"),
        kind: TroubleKind::Unreachable,
    },
    Sign {
        words: "timed out during banner exchange",
        because: "the port accepts connections and nobody answers",
        hint: Hint::Say("the host hangs, or something else listens on its ssh port; look at its console"),
        kind: TroubleKind::Unreachable,
    },
    Sign {
        words: "timed out",
        because: "connection timed out",
        hint: Hint::Say("check that the host is up, its security group and the network between"),
        kind: TroubleKind::Unreachable,
    },
    Sign {
        words: "configuration option",
        because: "the ssh configuration has an option that ssh does not know",
        hint: Hint::ByHand("ssh names the file and line"),
        kind: TroubleKind::Other,
    },
    Sign {
        words: "Can't open user config file",
        because: "the ssh configuration file cannot be opened",
        hint: Hint::Say("check hosts.ssh_config in the profile"),
        kind: TroubleKind::Other,
    },
    Sign {
        words: "Unable to negotiate",
        because: "ssh and the host share no algorithm",
        hint: Hint::ByHand("ssh names the algorithms that the host offers"),
        kind: TroubleKind::Other,
    },
    Sign {
        words: "kex_exchange_identification",
        because: "the host closed the connection before login",
        hint: Hint::Say("sshd may be starting, overloaded (MaxStartups) or told to refuse this address"),
        kind: TroubleKind::Unreachable,
    },
    Sign {
        words: "Connection reset",
        because: "the host reset the connection",
        hint: Hint::ByHand("sshd may be starting or overloaded"),
        kind: TroubleKind::Unreachable,
    },
];

/// The trouble behind ssh's complaint.
pub(super) fn trouble(destination: &Destination, jump: Option<&str>, complaint: &str) -> Trouble {
    let trouble = match jump.filter(|_| is_of_the_jump(complaint)) {
        Some(jump) => Trouble::new(format!("cannot reach {destination} through {jump}")),
        None => Trouble::new(format!("cannot reach {destination}")),
    };
    if let Some((line, sign)) = signs_in(complaint).next() {
        let hint = match sign.hint {
            Hint::ByHand(why) => format!("{why}: {}", destination.by_hand()),
            Hint::Say(hint) => hint.to_owned(),
        };
        return trouble.because(because(sign, line)).hint(hint).kind(sign.kind);
    }
    if let Some(line) = complaint.lines().find(|line| line.contains("Permission denied (")) {
        return permission_denied(trouble, destination, line);
    }
    let last = complaint.lines().rev().find(|line| !line.trim().is_empty());
    trouble
        .because(format!("ssh: {}", last.unwrap_or("ended without a word")))
        .hint(format!("try by hand: {}", destination.by_hand()))
        .kind(TroubleKind::Unreachable)
}

/// No answer of any kind before the deadline.
pub(super) fn no_answer(destination: &Destination, seconds: u64) -> Trouble {
    Trouble::new(format!("cannot reach {destination}"))
        .because(format!("ssh was not through within {seconds} s"))
        .hint(format!("the host may hang; try by hand: {}", destination.by_hand()))
        .kind(TroubleKind::Unreachable)
}

fn signs_in(complaint: &str) -> impl Iterator<Item = (&str, &'static Sign)> {
    SIGNS.iter().filter_map(move |sign| {
        let line = complaint.lines().find(|line| line.contains(sign.words))?;
        Some((line, sign))
    })
}

/// Our words, and ssh's own where they say more than ours (which name, which port).
fn because(sign: &Sign, line: &str) -> String {
    let said = line.trim().trim_matches('@').trim();
    match said.strip_prefix("ssh: ") {
        Some(said) => format!("{} ({said})", sign.because),
        None => sign.because.to_owned(),
    }
}

fn permission_denied(trouble: Trouble, destination: &Destination, line: &str) -> Trouble {
    let asks = line.contains("password") || line.contains("keyboard-interactive");
    let trouble = trouble.kind(TroubleKind::Denied);
    if asks {
        return trouble
            .because(format!("no key was accepted and ssh would ask for a password ({})", line.trim()))
            .hint(format!(
                "load the key into an agent (ssh-add), or keep a session open: {} -fNM",
                destination.by_hand()
            ));
    }
    trouble
        .because(format!("no key was accepted ({})", line.trim()))
        .hint(format!("see which keys the agent holds (ssh-add -l), then: {}", destination.by_hand()))
}

/// ssh -W on the jump host ended, so its words stand above ours.
fn is_of_the_jump(complaint: &str) -> bool {
    complaint.contains("UNKNOWN port 65535") || complaint.contains("stdio forwarding failed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(complaint: &str) -> String {
        trouble(&Destination::named("db-2"), None, complaint).sentence()
    }

    #[test]
    fn each_refusal_of_ssh_is_told_apart() {
        let changed = "@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@\nHost key \
                       verification failed.";
        let cases = [
            (changed, "cannot reach db-2: the host key is not the one in known_hosts"),
            (
                "No ED25519 host key is known for db-2 and you have requested strict checking.\nHost key verification \
              failed.",
                "cannot reach db-2: the host key is not in known_hosts",
            ),
            (
                "ssh: connect to host db-2 port 22: Connection refused",
                "cannot reach db-2: connection refused: the \
              host is up, nothing listens on its ssh port (connect to host db-2 port 22: Connection refused)",
            ),
            (
                "ssh: Could not resolve hostname db-2: Name or service not known",
                "cannot reach db-2: the name does not \
              resolve (Could not resolve hostname db-2: Name or service not known)",
            ),
            (
                "Connection timed out during banner exchange\nConnection to 127.0.0.1 port 2222 timed out",
                "cannot reach db-2: the port accepts connections and nobody answers",
            ),
            (
                "ssh: connect to host db-2 port 22: Connection timed out",
                "cannot reach db-2: connection timed out \
              (connect to host db-2 port 22: Connection timed out)",
            ),
            (
                "a@db-2: Permission denied (publickey).",
                "cannot reach db-2: no key was accepted (a@db-2: Permission \
              denied (publickey).)",
            ),
            ("what is this", "cannot reach db-2: ssh: what is this"),
            ("", "cannot reach db-2: ssh: ended without a word"),
        ];
        for (complaint, expected) in cases {
            assert_eq!(sentence(complaint), expected);
        }
    }

    #[test]
    fn a_password_is_never_typed_and_the_operator_is_told_so() {
        let refused = trouble(&Destination::named("db-2"), None, "Permission denied (publickey,password).");
        assert!(refused.because.unwrap().contains("would ask for a password"));
        assert!(refused.hint.unwrap().contains("ssh-add"));
    }

    #[test]
    fn a_jump_host_that_refuses_is_named() {
        let complaint = "ssh: connect to host bastion port 22: Connection refused\nkex_exchange_identification: \
                         Connection closed by remote host\nConnection closed by UNKNOWN port 65535";
        let refused = trouble(&Destination::named("db-2"), Some("bastion"), complaint);
        assert_eq!(refused.what, "cannot reach db-2 through bastion");
        assert!(refused.because.unwrap().contains("connection refused"));
    }
}
