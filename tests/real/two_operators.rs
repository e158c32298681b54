//! Two operators, each with a state folder of his own, start the same rotation: one wins and the other is told who holds the
//! secret; the winner killed, the other takes over.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};

use super::operator::Operator;
use super::stack::Stack;

const CLAIMED: &str = "done     say that this run holds the secret";
const STORED: &str = "done     store it in Vault";

#[test]
#[ignore = "needs the real stack"]
fn of_two_rotations_at_once_one_wins_and_the_other_is_told_who_holds_the_secret() {
    let stack = Stack::take();
    let operator = Operator::of(&stack);
    let version = operator.version("database");
    let jane = Person::named("jane");
    let mut winner = jane.begins(&stack, &[]);
    let lines = until(&mut winner, CLAIMED);

    let second = Person::named("joe").rotates(&stack, &[]);
    let told = said(&second);
    assert!(!second.status.success(), "{told}");
    let run = operator.metadata("database")["rotation_run"].as_str().unwrap().to_owned();
    assert!(told.contains("another run holds cwiq/shared/authentik/database"), "{told}");
    assert!(told.contains(&format!("run {run} by jane@")) && told.contains(" since "), "{told}");

    let mut rest = lines;
    assert!(rest.any(|line| line.contains(&format!("run {run}: done"))), "the winner was disturbed");
    assert!(winner.wait().unwrap().success());
    assert_eq!(operator.version("database"), version + 1, "nothing is written twice");
    operator.settle();
}

#[test]
#[ignore = "needs the real stack"]
fn a_rotation_whose_owner_was_killed_between_vault_and_rds_is_taken_over_by_its_name_alone() {
    let stack = Stack::take();
    let operator = Operator::of(&stack);
    let old = operator.database_password();
    let jane = Person::named("jane");
    let mut winner = jane.begins(&stack, &[]);
    drop(until(&mut winner, STORED));
    winner.kill().unwrap();
    winner.wait().unwrap();
    let dead = operator.metadata("database")["rotation_run"].as_str().unwrap().to_owned();
    let left = operator.database_password();
    assert!(operator.logs_in_to_the_database(&old) && !operator.logs_in_to_the_database(&left));

    let joe = Person::named("joe");
    let unnamed = joe.rotates(&stack, &[]);
    assert!(!unnamed.status.success(), "a secret that is held was taken silently");
    assert!(said(&unnamed).contains(&format!("take_over = {dead}")), "{}", said(&unnamed));

    let taken = joe.rotates(&stack, &["--set", &format!("take_over={dead}")]);
    assert!(taken.status.success(), "{}", said(&taken));
    assert!(said(&taken).contains(&format!("taken over from run {dead} by ")), "{}", said(&taken));
    let password = operator.database_password();
    assert!(operator.logs_in_to_the_database(&password), "the password in Vault is not that of the database");
    for gone in [&old, &left] {
        assert!(!operator.logs_in_to_the_database(gone), "an old password still works");
    }

    let late = jane.resumes(&stack, &dead);
    assert!(!late.status.success(), "a run that was taken over went on");
    assert!(said(&late).contains("what the plan rests on has changed"), "{}", said(&late));
    assert_eq!(operator.database_password(), password, "it has undone what was done after it");
    operator.settle();
}

/// Somebody with a journal of his own.
struct Person {
    name: &'static str,
    state: tempfile::TempDir,
}

impl Person {
    fn named(name: &'static str) -> Self {
        Self { name, state: tempfile::tempdir().unwrap() }
    }

    fn vaultdeck(&self, stack: &Stack) -> Command {
        let mut vaultdeck = stack.vaultdeck();
        vaultdeck.env("XDG_STATE_HOME", self.state.path()).env("USER", self.name).env("LOGNAME", self.name);
        vaultdeck
    }

    fn rotation(&self, stack: &Stack, more: &[&str]) -> Command {
        let mut rotation = self.vaultdeck(stack);
        rotation.args(["run", "rotate-rds-password", "--yes", "--confirm", "stack"]).args(more);
        rotation
    }

    fn begins(&self, stack: &Stack, more: &[&str]) -> Child {
        self.rotation(stack, more).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn rotates(&self, stack: &Stack, more: &[&str]) -> Output {
        self.rotation(stack, more).output().unwrap()
    }

    fn resumes(&self, stack: &Stack, run: &str) -> Output {
        self.vaultdeck(stack).args(["runs", "resume", run, "--yes", "--confirm", "stack"]).output().unwrap()
    }
}

/// Reads until it prints this; the lines after it.
fn until(child: &mut Child, words: &str) -> impl Iterator<Item = String> + use<> {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut before = Vec::new();
    for line in lines.by_ref() {
        if line.contains(words) {
            return lines;
        }
        before.push(line);
    }
    panic!("it ended before {words:?}:\n{}", before.join("\n"));
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}
