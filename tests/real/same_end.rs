//! Every writing action of `same_end.toml` reaches the end that its exported script reaches with the real CLIs, and nothing
//! secret leaves memory meanwhile: no command line, environment, file, journal of a host or print holds a canary.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::SystemTime;

use serde::Deserialize;
use vaultdeck::model::runbook::built_in;

use super::canary::canaries;
use super::operator::Operator;
use super::shape::{Names, Shape};
use super::stack::Stack;
use super::watch::{Process, Watch, in_files, in_print};

/// The plays by the name of their test.
static PLAYS: LazyLock<BTreeMap<String, Play>> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/same_end.toml");
    toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Play {
    id: String,
    /// `stack`, or `proof`: one with secrets, role and policy of its own beside the stack's.
    deployment: String,
    #[serde(default)]
    as_root: bool,
    #[serde(default)]
    start: Vec<Vec<String>>,
    #[serde(default)]
    end: Vec<Vec<String>>,
    #[serde(default)]
    answers: Answers,
    secret: Option<String>,
    #[serde(default)]
    policies: Vec<String>,
}

/// Answers by question.
type Answers = BTreeMap<String, String>;

/// A test for each play, and one that no writing action is forgotten.
macro_rules! plays {
    ($($name:ident)+) => {
        $(
            #[test]
            #[ignore = "needs the real stack"]
            fn $name() {
                play(stringify!($name));
            }
        )+

        #[test]
        fn every_writing_action_is_played() {
            let played = BTreeSet::from([$(stringify!($name)),+]);
            assert_eq!(played, PLAYS.keys().map(String::as_str).collect());
            let writing = built_in().unwrap().iter().filter(|runbook| runbook.writes);
            let ids: BTreeSet<_> = PLAYS.values().map(|play| play.id.as_str()).collect();
            assert_eq!(ids, writing.map(|runbook| runbook.id.as_str()).collect());
        }
    };
}

plays! {
    console_policy setup_policy setup_approle ansible_policy seed_secrets seed_secrets_with_a_new_password update_rds_endpoint deploy rotate_rds_password
    rotate_secret_key regenerate_secret_id rollback_secret undelete_secret fix_agent_auth fix_render
}

fn play(name: &str) {
    let (stack, play) = (Stack::take(), &PLAYS[name]);
    let theatre = Theatre::of(&stack, play);
    let before = canaries(&stack);

    let start = theatre.begin();
    theatre.run_script(&theatre.answers());
    let by_script = theatre.shape().since(&start);

    let start = theatre.begin();
    let answers = theatre.answers(); // before anybody watches what our children know
    let since = SystemTime::now();
    let us = std::process::id();
    let started = move |process: &Process| process.descends_from(us) && process.program() != "vaultdeck";
    let watch = Watch::start(started);
    let output = theatre.run_action(&answers);
    let seen = watch.end();
    let by_action = theatre.shape().since(&start);

    let canaries: Vec<_> = before.into_iter().chain(canaries(&stack)).collect();
    let mut leaks: Vec<_> = seen.leaks(&canaries).into_iter().collect();
    leaks.extend(in_print(&canaries, &output, "what it printed"));
    for written in [Path::new(stack.fact("/home")), Path::new("/tmp"), Path::new("/dev/shm")] {
        leaks.extend(in_files(&canaries, written, since));
    }
    for host in stack.hosts() {
        let journal = stack.on(&host, "sudo journalctl --no-pager -o cat --since -10min");
        leaks.extend(in_print(&canaries, journal.as_bytes(), &format!("the journal of {host}")));
    }
    Operator::of(&stack).settle();
    theatre.prepare(&play.end);
    assert!(leaks.is_empty(), "{leaks:#?}");
    let differences = by_action.differences(&by_script);
    assert!(differences.is_empty(), "by the action, and by its script: {differences:#?}");
}

/// The stack with what one play needs.
struct Theatre<'a> {
    stack: &'a Stack,
    play: &'a Play,
    folder: tempfile::TempDir,
}

impl<'a> Theatre<'a> {
    fn of(stack: &'a Stack, play: &'a Play) -> Self {
        let theatre = Self { stack, play, folder: tempfile::tempdir().unwrap() };
        std::fs::write(theatre.profile(), theatre.profile_text()).unwrap();
        theatre
    }

    fn profile(&self) -> PathBuf {
        self.folder.path().join("vaultdeck.toml")
    }

    fn profile_text(&self) -> String {
        let text = std::fs::read_to_string(self.stack.fact("/profile")).unwrap();
        if self.play.deployment == "stack" {
            return text;
        }
        let mut file: toml::Table = toml::from_str(&text).unwrap();
        let profiles = file["profiles"].as_table_mut().unwrap();
        let mut proof = profiles.remove("stack").unwrap();
        let own: toml::Table = toml::from_str(PROOF).unwrap();
        for (section, values) in own {
            let sections = proof.as_table_mut().unwrap();
            match (sections.get_mut(&section).and_then(toml::Value::as_table_mut), values.as_table()) {
                (Some(table), Some(values)) => table.extend(values.clone()),
                _ => drop(sections.insert(section, values)),
            }
        }
        profiles.insert("proof".to_owned(), proof);
        file.to_string()
    }

    fn names(&self) -> Names {
        let policies = self.play.policies.clone();
        let (secrets, name) = match self.play.deployment.as_str() {
            "stack" => (self.stack.fact("/vault/secrets"), ("approle", "authentik")),
            _ => ("secret/proof/authentik", ("proof", "proof")),
        };
        Names { secrets: secrets.to_owned(), approle: name.0.to_owned(), role: name.1.to_owned(), policies }
    }

    fn shape(&self) -> Shape {
        Shape::of(self.stack, &self.names())
    }

    /// The start of the play, and what then stands there.
    fn begin(&self) -> Shape {
        Operator::of(self.stack).settle();
        self.prepare(&self.play.start);
        Shape::start_of(self.stack, &self.names())
    }

    fn prepare(&self, commands: &[Vec<String>]) {
        for words in commands {
            let mut command = match words[0].as_str() {
                script @ ("fault" | "heal") => self.stack.script_of(script),
                program => Operator::of(self.stack).as_root(program),
            };
            let output = command.args(&words[1..]).output().unwrap();
            // what is to be taken away may not be there
            let tolerated = words[0] == "bao";
            assert!(output.status.success() || tolerated, "{}", String::from_utf8_lossy(&output.stderr));
        }
    }

    fn run_script(&self, answers: &Answers) {
        let mut exported = self.vaultdeck();
        let script = exported.args(["runbook", "script", &self.play.id]).output().unwrap();
        assert!(script.status.success(), "{}", String::from_utf8_lossy(&script.stderr));
        let file = self.folder.path().join("script.sh");
        std::fs::write(&file, script.stdout).unwrap();
        let mut shell = self.operator("sh");
        shell.arg(&file).env("TICKET", "OPS-9").env("HOSTS", self.stack.hosts().join(","));
        for (name, value) in answers {
            shell.env(name.to_uppercase(), value);
        }
        self.done(shell);
    }

    fn run_action(&self, answers: &Answers) -> Vec<u8> {
        let mut run = self.vaultdeck();
        run.args(["run", &self.play.id, "--ticket", "OPS-9", "--yes", "--confirm", &self.play.deployment]);
        for (name, value) in answers {
            run.args(["--set", &format!("{name}={value}")]);
        }
        self.done(run)
    }

    /// The answers, with the version that Vault holds at the moment.
    fn answers(&self) -> Answers {
        let newest = || {
            let path = format!("secret/{}", self.play.answers["secret"]);
            let metadata = Operator::of(self.stack).bao(&["kv", "metadata", "get", &path]);
            metadata["data"]["current_version"].as_u64().unwrap()
        };
        let answered = |text: &str| match text {
            "{newest}" => newest().to_string(),
            "{before-newest}" => (newest() - 1).to_string(),
            said => said.to_owned(),
        };
        self.play.answers.iter().map(|(name, text)| (name.clone(), answered(text))).collect()
    }

    /// Carries out, with the secret that is asked for on standard input; what it said. Into a file: a kept ssh connection
    /// would keep a pipe open.
    fn done(&self, mut command: Command) -> Vec<u8> {
        let said = self.folder.path().join("said");
        let out = File::create(&said).unwrap();
        command.stdin(Stdio::piped()).stderr(out.try_clone().unwrap()).stdout(out);
        let mut child = command.current_dir(self.folder.path()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        if let Some(pointer) = &self.play.secret {
            writeln!(stdin, "{}", self.stack.file(pointer).trim()).unwrap();
        }
        drop(stdin);
        let status = child.wait().unwrap();
        let said = std::fs::read(&said).unwrap();
        assert!(status.success(), "{status}: {}", String::from_utf8_lossy(&said));
        said
    }

    fn vaultdeck(&self) -> Command {
        let mut vaultdeck = self.operator(env!("CARGO_BIN_EXE_vaultdeck"));
        vaultdeck.arg("--config").arg(self.profile());
        vaultdeck
    }

    fn operator(&self, program: &str) -> Command {
        if self.play.as_root {
            Operator::of(self.stack).as_root(program)
        } else {
            self.stack.operator(program)
        }
    }
}

/// What the deployment `proof` has of its own.
const PROOF: &str = r#"
secrets = [
  { path = "proof/authentik/database", keys = ["pg_host", "pg_user", "pg_password", "pg_name", "pg_port"] },
  { path = "proof/authentik/config", keys = ["secret_key"] },
]

[approle]
mount = "proof"
role = "proof"
policy = "proof-read"
policy_text = '''
path "secret/data/proof/authentik/*" {
  capabilities = ["read", "list"]
}
path "secret/metadata/proof/authentik/*" {
  capabilities = ["read", "list"]
}
'''

[database]
secret = "proof/authentik/database"
key_secret = "proof/authentik/config"
"#;
