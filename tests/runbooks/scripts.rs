//! The exported scripts: every one is POSIX shell, keeps secrets out of arguments and environments, and reaches its end against
//! tools that are played.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use vaultdeck::cli::runbook::script::{Surroundings, script};
use vaultdeck::config;
use vaultdeck::model::runbook::{Runbook, built_in};

fn documented() -> Surroundings {
    Surroundings::of(&config::documented("documented").unwrap())
}

fn runbook(id: &str) -> &'static Runbook {
    built_in().unwrap().iter().find(|runbook| runbook.id == id).unwrap()
}

/// A folder in which the tools are played and the services keep their state.
struct Theatre {
    folder: tempfile::TempDir,
    ram: tempfile::TempDir,
}

/// Names under which the tools are called.
const TOOLS: [&str; 7] = ["vault", "aws", "psql", "ssh", "docker", "ansible-playbook", "terraform"];

impl Theatre {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tools = folder.path().join("tools");
        fs::create_dir_all(&tools).unwrap();
        fs::create_dir_all(folder.path().join("state/data")).unwrap();
        for folder_of_the_page in
            ["authentik", "terraform-plan/organization/environments/shared-services/rds/authentik"]
        {
            fs::create_dir_all(folder.path().join("work").join(folder_of_the_page)).unwrap();
        }
        for tool in TOOLS {
            let player = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runbooks/tools/pretend");
            symlink(player, tools.join(tool)).unwrap();
        }
        let theatre = Self { folder, ram: tempfile::tempdir_in("/dev/shm").unwrap() };
        theatre.hold("database", r#"{"pg_host":"db.example","pg_user":"authentik","pg_password":"canary-old","pg_name":"authentik","pg_port":"5432"}"#);
        theatre.hold("database-version", "7");
        theatre.hold("config", r#"{"secret_key":"canary-key"}"#);
        theatre.hold("config-version", "3");
        theatre.hold("rds-password", "canary-old");
        theatre
    }

    fn state(&self, name: &str) -> PathBuf {
        self.folder.path().join("state").join(name)
    }

    fn hold(&self, name: &str, value: &str) {
        fs::write(self.state(name), value).unwrap();
    }

    fn held(&self, name: &str) -> String {
        fs::read_to_string(self.state(name)).unwrap_or_default().trim().to_owned()
    }

    /// Runs a runbook's script under a shell, with answers in the environment and a secret on standard input.
    fn run(&self, id: &str, answers: &[(&str, &str)]) -> Output {
        let file = self.folder.path().join("script.sh");
        fs::write(&file, script(runbook(id), &documented())).unwrap();
        let path =
            format!("{}:{}", self.folder.path().join("tools").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("sh");
        command.arg(&file).current_dir(self.folder.path().join("work")).stdin(Stdio::null());
        command.env("PATH", path).env("STATE", self.folder.path().join("state")).env("HOSTS", "one,two");
        command.env("HOME", self.folder.path()).env("RAM_FOLDER", self.ram.path());
        command.envs(answers.iter().copied());
        command.output().unwrap()
    }

    /// Nothing that is secret was an argument or a variable of any tool.
    fn kept_its_secrets(&self) {
        let seen = self.held("argv") + &self.held("environ");
        let given = self.held("secrets") + "\n" + &self.held("rds-password");
        let secrets = given.lines().filter(|line| line.len() > 8).chain([
            "canary-old",
            "canary-key",
            "canary-secret-id",
            "canary-wrapped",
            "canary-token",
        ]);
        for secret in secrets {
            assert!(!seen.contains(secret), "{secret} was seen in\n{}", self.held("argv"));
        }
        let left = fs::read_dir(self.ram.path()).unwrap().count();
        assert_eq!(left, 0, "something is left on RAM");
    }
}

fn assert_done(output: &Output) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}\n{errors}", output.status.code());
}

#[test]
fn every_script_is_posix_shell_as_the_system_s_own_reads_it() {
    for runbook in built_in().unwrap() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("script.sh");
        fs::write(&file, script(runbook, &documented())).unwrap();
        let read = Command::new("sh").arg("-n").arg(&file).output().unwrap();
        assert!(read.status.success(), "{}: {}", runbook.id, String::from_utf8_lossy(&read.stderr));
    }
}

#[test]
fn what_nobody_has_filled_stops_the_script_with_its_name() {
    for runbook in built_in().unwrap() {
        let text = script(runbook, &Surroundings { slots: BTreeMap::new(), ..documented() });
        let main = text.split("# -----").next().unwrap();
        for slot in
            runbook.steps.iter().filter_map(|step| step.command.as_ref()).flat_map(|line| line.slots())
        {
            assert!(main.contains(&format!("${{{}", slot.to_uppercase())), "{}: {slot}", runbook.id);
        }
    }
    let theatre = Theatre::new();
    let output = theatre.run("seed-secrets", &[]);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && errors.contains("PASSWORD_SOURCE"), "{errors}");
}

#[test]
fn a_rotation_ends_with_one_password_everywhere_and_the_old_one_refused() {
    let theatre = Theatre::new();
    assert_done(&theatre.run("rotate-rds-password", &[]));
    let database: BTreeMap<String, String> = serde_json::from_str(&theatre.held("database")).unwrap();
    assert_eq!(database["pg_password"], theatre.held("rds-password"));
    assert_eq!(database["pg_password"].len(), 32);
    assert_eq!(database["pg_host"], "db.example", "sibling keys stay");
    assert_eq!(
        (theatre.held("database-version"), theatre.held("rotation_state")),
        ("8".into(), "done".into())
    );
    assert_eq!(theatre.held("argv").matches("[restart] [server] [worker]").count(), 2, "each host once");
    theatre.kept_its_secrets();
}

#[test]
fn a_rotation_that_rds_refuses_is_rolled_back_and_one_without_an_answer_is_held() {
    let refused = Theatre::new();
    refused.hold("rds-refuses", "");
    let output = refused.run("rotate-rds-password", &[]);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(refused.held("database").contains("canary-old"), "{}", refused.held("database"));
    assert_eq!(refused.held("rotation_state"), "undone");
    assert!(!refused.held("argv").contains("[restart]"));

    let silent = Theatre::new();
    silent.hold("rds-is-silent", "");
    let output = silent.run("rotate-rds-password", &[]);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!silent.held("database").contains("canary-old"), "nothing is taken back after a lost reply");
    silent.kept_its_secrets();
}

#[test]
fn secrets_are_seeded_once_and_never_again() {
    let theatre = Theatre::new();
    for name in ["database", "database-version", "config", "config-version"] {
        fs::remove_file(theatre.state(name)).unwrap();
    }
    assert_done(&theatre.run("seed-secrets", &[("PASSWORD_SOURCE", "generate")]));
    let database = theatre.held("database");
    assert!(
        database.contains("db.example") && database.contains(&theatre.held("rds-password")),
        "{database}"
    );
    assert_done(&theatre.run("seed-secrets", &[("PASSWORD_SOURCE", "generate")]));
    assert_eq!(theatre.held("database"), database);
    theatre.kept_its_secrets();
}

#[test]
fn an_address_is_written_only_where_it_differs() {
    let theatre = Theatre::new();
    assert_done(&theatre.run("update-rds-endpoint", &[]));
    assert_eq!(theatre.held("database-version"), "7", "it is right already");
    let database = theatre.held("database").replace("db.example", "old.example");
    theatre.hold("database", &database);
    assert_done(&theatre.run("update-rds-endpoint", &[("SOURCE", "rds")]));
    assert!(theatre.held("database").contains("db.example"));
    assert_eq!(theatre.held("database-version"), "8");
    theatre.kept_its_secrets();
}

#[test]
fn each_host_gets_its_own_secret_id_and_loses_only_its_own_old_ones() {
    let theatre = Theatre::new();
    assert_done(&theatre.run("regenerate-secret-id", &[("LEAKED", "true")]));
    assert_eq!(theatre.held("delivered"), "canary-secret-id\ncanary-secret-id");
    let destroyed = theatre.held("destroyed");
    let gone: Vec<_> = destroyed.lines().collect();
    assert_eq!(gone, ["secret_id_accessor=old-one", "secret_id_accessor=old-two"]);
    assert!(theatre.held("argv").contains("vault [token] [revoke] [-accessor] [a-token]"));
    theatre.kept_its_secrets();
}

#[test]
fn every_other_writing_action_comes_to_its_end() {
    for (id, answers) in [
        ("console-policy", &[][..]),
        ("setup-policy", &[]),
        ("setup-approle", &[]),
        ("deploy", &[]),
        ("rotate-secret-key", &[]),
        ("ansible-policy", &[("TOKEN", "renew")]),
        ("fix-agent-auth", &[]),
        ("fix-render", &[]),
        ("rollback-secret", &[("VERSION", "2")]),
        ("undelete-secret", &[("VERSION", "2")]),
    ] {
        let theatre = Theatre::new();
        theatre.hold("database.before", &theatre.held("database"));
        theatre.hold("deleted", "2026-11-22T14:00:00Z");
        theatre.hold("data/secret-id", "canary-secret-id");
        theatre.hold("data/role-id", "canary-role-id");
        theatre.hold("data/template", "secret/data/cwiq/shared/authentik/database pg_password");
        assert_done(&theatre.run(id, answers));
        theatre.kept_its_secrets();
    }
}

#[test]
fn a_script_of_assertions_asks_all_of_them_and_fails_at_its_end_when_one_does_not_hold() {
    let theatre = Theatre::new();
    theatre.hold("data/role-id", "canary-role-id");
    fs::remove_file(theatre.state("config")).unwrap();
    let output = theatre.run("security-check", &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("of what was asked does not hold"), "{said}");
    assert!(said.contains("holds: the role's tokens live 1h00m"), "{said}");
    assert!(said.contains("DOES NOT HOLD") && said.contains("config is there with every key"), "{said}");
    for step in &runbook("security-check").steps {
        assert!(said.lines().any(|line| line.starts_with(&step.id)), "{} is not asked:\n{said}", step.id);
    }
    theatre.kept_its_secrets();
}
