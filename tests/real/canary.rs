//! Nothing secret leaves memory: while vaultdeck looks at the real stack, nobody's command line, no environment of what it
//! started, no file it wrote and no byte it printed holds one of the stack's secrets.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::sockets::Sockets;
use super::stack::Stack;
use super::watch::{Canary, Process, Watch, in_files, in_print};
use crate::pty::Pty;

const PATIENCE: Duration = Duration::from_secs(60);

/// Files of the stack that hold a secret, by JSON pointer into its facts.
const SECRET_FILES: [&str; 5] = [
    "/vault/root_token_file",
    "/vault/unseal_key_file",
    "/vault/operator_token_file",
    "/vault/operator_password_file",
    "/database/password_file",
];

/// Keys pressed, and what the screen then shows: every view, evidence, a log, the proof of a login.
const WALK: [(&str, &str); 10] = [
    ("", "renewed"),
    ("\r", "because, newest first"),
    ("\u{1b}", "FINDINGS"),
    ("2", "SECRET-IDS"),
    ("3", "pg_password"),
    ("4", "authentik-3"),
    ("5", "token"),
    ("]", "PROOF OF A LOGIN"),
    ("v", "welcome, postgres"),
    ("1", "NEXT TO EXPIRE"),
];

/// Every secret that the stack knows.
pub fn canaries(stack: &Stack) -> Vec<Canary> {
    let mut canaries = SECRET_FILES.map(|pointer| Canary::new(pointer, stack.file(pointer).trim())).to_vec();
    canaries.push(Canary::new("pg_password in KV", &in_kv(stack, "database", "pg_password")));
    canaries.push(Canary::new("secret_key in KV", &in_kv(stack, "config", "secret_key")));
    let hosts = ["authentik-1", "authentik-2", "authentik-3"];
    let own = hosts.into_iter().filter_map(|host| Some((host, secret_id(stack, host)?)));
    canaries.extend(own.map(|(host, value)| Canary::new(&format!("secret-id of {host}"), &value)));
    canaries
}

/// A value as the real CLI reads it with the root token.
fn in_kv(stack: &Stack, secret: &str, key: &str) -> String {
    let path = format!("{}/{secret}", stack.fact("/vault/secrets"));
    let mut bao = stack.operator("bao");
    bao.args(["kv", "get", "-format=json", &path]).env("BAO_TOKEN", stack.file(SECRET_FILES[0]).trim());
    let answer: Value = serde_json::from_slice(&bao.output().unwrap().stdout).unwrap();
    answer["data"]["data"][key].as_str().unwrap().to_owned()
}

/// `None` where the agent has taken its file away after reading.
fn secret_id(stack: &Stack, host: &str) -> Option<String> {
    let read = "f=/data/authentik/vault/config/secret-id; sudo test ! -e $f || sudo cat $f";
    let value = stack.on(host, read).trim().to_owned();
    (!value.is_empty()).then_some(value)
}

/// One run of vaultdeck in folders of its own, with the operator's token in its environment as well: his children must
/// not inherit it.
struct Run<'a> {
    stack: &'a Stack,
    sockets: &'a Sockets,
    folder: &'a Path,
}

impl Run<'_> {
    fn variables(&self) -> Vec<(String, String)> {
        let mut variables = self.stack.environment();
        let token = self.stack.file("/vault/operator_token_file").trim().to_owned();
        let own = |name: &str, folder: &Path| (name.to_owned(), folder.display().to_string());
        variables.push(("VAULT_TOKEN".to_owned(), token));
        variables.push(own("XDG_RUNTIME_DIR", self.sockets.path()));
        variables.push(own("XDG_CACHE_HOME", &self.folder.join("cache")));
        variables
    }

    /// Everything that a command prints.
    fn printed(&self, words: &[&str]) -> Vec<u8> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vaultdeck"));
        command.args(["--config", self.stack.fact("/profile")]).args(words).current_dir(self.folder);
        let mut output = command.env_clear().envs(self.variables()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout.append(&mut output.stderr);
        output.stdout
    }

    /// Everything that the console draws while somebody walks through it.
    fn drawn(&self) -> Vec<u8> {
        let words = [env!("CARGO_BIN_EXE_vaultdeck"), "--config", self.stack.fact("/profile")];
        let mut console = Pty::start(&words.map(str::to_owned), &self.variables(), self.folder, 40, 120);
        for (keys, shown) in WALK {
            console.send(keys);
            let came = console.until(PATIENCE, |screen| screen.contains(shown));
            assert!(came.is_some(), "{keys:?} does not show {shown}:\n{}", console.contents());
        }
        console.send("q");
        assert_eq!(console.ended(PATIENCE), Some(0));
        console.output.clone()
    }
}

#[test]
#[ignore = "needs the real stack"]
fn no_secret_is_in_any_command_line_environment_file_or_print() {
    let stack = Stack::take();
    let canaries = canaries(&stack);
    assert_eq!(canaries.len(), SECRET_FILES.len() + 5, "a host is without its secret-id");
    let (sockets, folder) = (Sockets::own(), tempfile::tempdir().unwrap());
    let run = Run { stack: &stack, sockets: &sockets, folder: folder.path() };
    let (us, connections) = (std::process::id(), sockets.path().display().to_string());
    let started = move |process: &Process| {
        let ours = process.descends_from(us) || process.mentions(&connections);
        ours && process.program() != "vaultdeck" // whose own VAULT_TOKEN is the operator's
    };
    let (since, watch) = (SystemTime::now(), Watch::start(started));

    let mut leaks = in_print(&canaries, &run.printed(&["status", "--json"]), "status");
    leaks.extend(in_print(&canaries, &run.printed(&["check", "--verify"]), "check"));
    leaks.extend(in_print(&canaries, &run.drawn(), "the terminal"));

    let seen = watch.end();
    assert!(seen.programs.contains("ssh"), "only {:?} were looked at", seen.programs);
    leaks.extend(seen.leaks(&canaries));
    for written in [Path::new(stack.fact("/home")), Path::new("/tmp")] {
        leaks.extend(in_files(&canaries, written, since));
    }
    assert!(leaks.is_empty(), "{leaks:#?}");
}
