//! The real stack as a test holds it: its facts, the operator's environment, faults that heal themselves.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use vaultdeck::config::{Profile, Surroundings};

/// The running stack, held by one test at a time, also across processes.
pub struct Stack {
    folder: PathBuf,
    facts: Value,
    _turn: File,
}

/// A fault in force; dropping it heals it.
pub struct Fault<'stack> {
    stack: &'stack Stack,
    words: Vec<&'stack str>,
}

impl Stack {
    /// Waits for its turn, heals what an aborted test left broken, and reads the facts.
    pub fn take() -> Self {
        let folder = std::env::var_os("VAULTDECK_STACK")
            .map(PathBuf::from)
            .expect("VAULTDECK_STACK names no stack: start one with tests/real/up, or run tests/run");
        let facts = std::fs::read_to_string(folder.join("facts.json"))
            .expect("the stack in VAULTDECK_STACK is not up");
        let turn = File::create(folder.join("turn")).unwrap();
        turn.lock().unwrap();
        let stack = Self { folder, facts: serde_json::from_str(&facts).unwrap(), _turn: turn };
        stack.script("heal", &["--all"]);
        stack
    }

    /// A fact of `facts.json` by JSON pointer: `/vault/address`.
    pub fn fact(&self, pointer: &str) -> &str {
        self.facts.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no fact {pointer}"))
    }

    /// Content of the file that a fact names.
    pub fn file(&self, pointer: &str) -> String {
        std::fs::read_to_string(self.fact(pointer)).unwrap()
    }

    /// A program in the operator's environment, and in no other.
    pub fn operator(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env_clear().envs(self.environment());
        command
    }

    /// The operator's environment, name and value.
    pub fn environment(&self) -> Vec<(String, String)> {
        let environment = self.facts["environment"].as_object().unwrap();
        let text = |(name, value): (&String, &Value)| (name.clone(), value.as_str().unwrap().to_owned());
        environment.iter().map(text).collect()
    }

    /// The operator's environment as a value, for what runs inside the test.
    pub fn surroundings(&self) -> Surroundings {
        Surroundings {
            variables: self.environment().into_iter().collect(),
            home: self.fact("/home").into(),
            directory: self.folder.clone(),
        }
    }

    /// The stack's profile.
    pub fn profile(&self) -> Profile {
        vaultdeck::config::load(Some(Path::new(self.fact("/profile"))), None).unwrap().profile
    }

    /// Names of the hosts.
    pub fn hosts(&self) -> Vec<String> {
        let hosts = self.facts["hosts"].as_array().unwrap();
        hosts.iter().map(|host| host["name"].as_str().unwrap().to_owned()).collect()
    }

    /// What a shell command says on a host, where the operator may `sudo`.
    pub fn on(&self, host: &str, words: &str) -> String {
        let output =
            self.operator("ssh").args(["-F", self.fact("/ssh_config"), host, words]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// vaultdeck as the operator runs it, with the stack's profile.
    pub fn vaultdeck(&self) -> Command {
        let mut command = self.operator(env!("CARGO_BIN_EXE_vaultdeck"));
        command.args(["--config", self.fact("/profile")]);
        command
    }

    /// Breaks something of the whole stack; returns when it is broken. `tests/real/fault --list` names what there is.
    pub fn fault<'stack>(&'stack self, name: &'stack str) -> Fault<'stack> {
        self.break_it(vec![name])
    }

    /// Breaks something on one host; returns when it is broken.
    pub fn fault_on<'stack>(&'stack self, host: &'stack str, name: &'stack str) -> Fault<'stack> {
        self.break_it(vec![name, host])
    }

    /// Breaks what these words of `tests/real/fault` say, `NAME [HOST]`; returns when it is broken.
    pub fn break_it<'stack>(&'stack self, words: Vec<&'stack str>) -> Fault<'stack> {
        let fault = Fault { stack: self, words };
        self.script("fault", &fault.words);
        fault
    }

    /// A script of the stack.
    pub fn script_of(&self, name: &str) -> Command {
        let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real").join(name));
        command.env("VAULTDECK_STACK", &self.folder);
        command
    }

    fn script(&self, name: &str, words: &[&str]) -> Output {
        let output = self.script_of(name).args(words).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tests/real/{name} {}: {said}", words.join(" "));
        output
    }
}

impl Drop for Fault<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return; // the next test's `take` heals, and its failure would hide this one's
        }
        self.stack.script("heal", &self.words);
    }
}
