//! `vaultdeck runbook` as an operator runs it: offline, without a profile, with runbooks of their own beside the built-in ones.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use vaultdeck::cli::paint::Paint;
use vaultdeck::cli::runbook::show::show;
use vaultdeck::config;
use vaultdeck::model::runbook::built_in;

/// A home without a profile; the operator's own runbooks live in it.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn holds(&self, name: &str, text: &str) {
        let folder = self.path().join("config/vaultdeck/runbooks");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), text).unwrap();
    }

    fn runbook(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vaultdeck"));
        command.arg("runbook").args(arguments).current_dir(self.path()).env_clear();
        command.env("HOME", self.path()).env("XDG_CONFIG_HOME", self.path().join("config"));
        command.output().unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_action_is_listed_in_a_line_and_as_json() {
    let home = Home::new();
    let listed = text(&home.runbook(&["list"]).stdout);
    let lines: Vec<Value> = serde_json::from_slice(&home.runbook(&["list", "--json"]).stdout).unwrap();
    assert_eq!((listed.lines().count(), lines.len()), (16, 16));
    for line in &lines {
        let id = line["id"].as_str().unwrap();
        assert!(listed.lines().any(|row| row.split_whitespace().next() == Some(id)), "{id}");
        assert!(line["steps"].as_u64().unwrap() > 0 && line["file"].is_null());
    }
}

#[test]
fn every_action_is_shown_with_its_steps_and_where_each_comes_from() {
    let slots = config::documented("documented").unwrap().slots_offline();
    for runbook in built_in().unwrap() {
        let page = show(runbook, &slots, Paint::Plain);
        for step in &runbook.steps {
            assert!(page.contains(&format!("  {}   {}", step.id, step.title)), "{} {}", runbook.id, step.id);
        }
        let told = page.matches("\n    documented  ").count() + page.matches("\n    added       ").count();
        assert_eq!(told, runbook.steps.len(), "{}", runbook.id);
        assert!(!page.contains("{role}") && !page.contains("{database_secret}"), "{}", runbook.id);
    }
}

#[test]
fn the_plan_of_a_rotation_reads_so() {
    let slots = config::documented("documented").unwrap().slots_offline();
    let runbook = built_in().unwrap().iter().find(|runbook| runbook.id == "rotate-rds-password").unwrap();
    insta::with_settings!({snapshot_path => "../snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("runbook_rotate_rds_password", show(runbook, &slots, Paint::Plain));
    });
}

#[test]
fn a_profile_s_own_names_stand_in_plan_and_script() {
    let home = Home::new();
    fs::write(
        home.path().join("vaultdeck.toml"),
        "[profiles.mine]\napprole.role = \"sso\"\nhosts.list = [\"a\", \"b\"]\nhosts.become = true\nrds.account = \"123456789012\"\n",
    )
    .unwrap();
    let shown = text(&home.runbook(&["show", "setup-approle"]).stdout);
    assert!(shown.contains("vault write auth/approle/role/sso "), "{shown}");
    let script = text(&home.runbook(&["script", "deploy"]).stdout);
    for told in
        ["HOSTS=\"${HOSTS:-a,b}\"", "ROLE=sso", "BECOME='sudo -n'", "ACCOUNT=123456789012", "confirm mine "]
    {
        assert!(script.contains(told), "{told}");
    }
}

#[test]
fn a_name_that_is_not_there_is_a_mistyped_command() {
    let output = Home::new().runbook(&["show", "rotate-rds-pasword"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("did you mean rotate-rds-password?"), "{}", text(&output.stderr));
}

#[test]
fn a_new_runbook_is_written_listed_shown_and_never_overwritten() {
    let home = Home::new();
    let written = home.runbook(&["new", "look-around"]);
    assert!(written.status.success(), "{}", text(&written.stderr));
    assert!(text(&home.runbook(&["list"]).stdout).contains("look-around"));
    assert!(text(&home.runbook(&["show", "look-around"]).stdout).contains("uptime -s"));
    assert!(text(&home.runbook(&["script", "look-around"]).stdout).contains("answer on_host '' uptime -s"));
    let again = home.runbook(&["new", "look-around"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("exists already"));
}

#[test]
fn every_fault_of_every_file_is_told_together() {
    let home = Home::new();
    home.holds("one.toml", "id = \"one\"\nsteps = 3\n");
    home.holds(
        "two.toml",
        include_str!("../../src/cli/runbook/new/template.toml")
            .replace("uptime -s", "uptime {since_when} {whom}")
            .as_str(),
    );
    let output = home.runbook(&["list"]);
    assert_eq!(output.status.code(), Some(78));
    let told = text(&output.stderr);
    for fault in ["one.toml: line ", "two.toml: ", "nothing fills `since_when`", "nothing fills `whom`"] {
        assert!(told.contains(fault), "{fault} is not in\n{told}");
    }
    assert!(String::from_utf8(output.stdout).unwrap().contains("fix-agent-auth"), "the others are offered");
}
