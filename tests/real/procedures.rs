//! Procedures on the real stack, killed hard between any two outside effects: taken up again they reach the end that an
//! undisturbed run reaches, and nothing is left over.
//!
//! ```text
//! run ──▶ "begins X" kill -9 ──▶ resume ──▶ "done X" kill -9 ──▶ resume ──▶ … ──▶ done
//! ```

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::operator::Operator;
use super::stack::Stack;

/// The steps of a rotation that change something outside.
const ROTATION: [&str; 5] = [
    "say that this run holds the secret",
    "store it in Vault",
    "set it in RDS",
    "restart server and worker on all hosts together, authentik-1",
    "say that the rotation is done",
];

/// The steps that give one host a new secret-id, and change something outside.
const NEW_SECRET_ID: [&str; 4] = [
    "issue the host's own secret-id, authentik-1",
    "deliver it by the playbook, authentik-1",
    "restart the agent, authentik-1",
    "destroy the host's old secret-ids, authentik-1",
];

/// Forces a login.
const RESTART_AGENT: &str = "sudo docker restart authentik-vault-agent-1 >/dev/null";

#[test]
#[ignore = "needs the real stack"]
fn a_rotation_killed_between_any_two_effects_ends_with_one_new_password_that_everybody_has() {
    let stack = Stack::take();
    let operator = Operator::of(&stack);
    let (old_password, version) = (operator.database_password(), operator.version("database"));

    let run = killed_at_every_effect(&stack, &["rotate-rds-password"], &ROTATION);

    let password = operator.database_password();
    let metadata = operator.metadata("database");
    assert_ne!(password, old_password);
    assert_eq!(operator.version("database"), version + 1, "one rotation writes one version");
    assert_eq!(metadata["rotation_state"], "done");
    assert_eq!(metadata["rotation_run"], run.as_str());
    assert!(operator.logs_in_to_the_database(&password), "the password in Vault is not that of the database");
    assert!(!operator.logs_in_to_the_database(&old_password), "the old password still works");
    operator.settle();
    assert_well(&stack);
}

#[test]
#[ignore = "needs the real stack"]
fn a_new_secret_id_killed_between_any_two_effects_is_the_only_one_of_its_host() {
    let stack = Stack::take();
    let operator = Operator::of(&stack);
    let before = operator.secret_ids();

    let words = ["regenerate-secret-id", "--set", "hosts=authentik-1"];
    let run = killed_at_every_effect(&stack, &words, &NEW_SECRET_ID);

    let after = operator.secret_ids();
    let of = |all: &BTreeMap<String, Value>, host: &str| -> Vec<String> {
        let own = all.iter().filter(|(_, metadata)| metadata["host"] == host);
        own.map(|(accessor, _)| accessor.clone()).collect()
    };
    let new = of(&after, "authentik-1");
    assert_eq!(new.len(), 1, "{after:?}");
    assert!(!before.contains_key(&new[0]), "the old one is still there");
    assert_eq!(after[&new[0]]["run"], run.as_str(), "nobody could tell whose it is");
    for host in ["authentik-2", "authentik-3"] {
        assert_eq!(of(&before, host), of(&after, host), "{host} was not asked for");
    }
    operator.settle();
    assert_well(&stack);
}

#[test]
#[ignore = "needs the real stack"]
fn a_host_with_a_wrong_secret_id_is_named_and_stopped_and_the_role_unlocked_for_the_others() {
    let stack = Stack::take();
    let operator = Operator::of(&stack);
    let _wrong = stack.fault_on("authentik-2", "secret-id-destroyed");
    let is_locked = || {
        let locked = operator.bao_if_there(&["read", "sys/locked-users"]);
        locked.to_string().contains(stack.fact("/vault/role_id"))
    };
    for _ in 0..10 {
        if !is_locked() {
            stack.on("authentik-2", RESTART_AGENT); // a try each
        }
    }
    assert!(is_locked(), "wrong secret-ids lock no role");
    stack.on("authentik-1", RESTART_AGENT);

    let words = ["run", "fix-agent-auth", "--yes", "--confirm", "stack", "--ticket", "OPS-9"];
    let output = stack.vaultdeck().args(words).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("done     stop an agent that has no right secret-id, authentik-2"), "{said}");
    for innocent in ["authentik-1", "authentik-3"] {
        let stopped = format!("done     stop an agent that has no right secret-id, {innocent}");
        assert!(!said.contains(&stopped), "{said}");
    }
    assert!(!is_locked());
    stack.on("authentik-3", RESTART_AGENT);
    let logged_in = "started=$(sudo docker inspect -f '{{.State.StartedAt}}' authentik-vault-agent-1)
    for i in $(seq 60); do
        sudo docker logs --since \"$started\" authentik-vault-agent-1 2>&1 | grep -q 'renewed auth token' && echo yes && break
        sleep 0.5
    done";
    assert_eq!(stack.on("authentik-3", logged_in).trim(), "yes", "another host's login is refused");
    operator.settle();
}

#[test]
#[ignore = "needs the real stack"]
fn a_rotation_that_is_undone_leaves_the_password_that_was_there() {
    let stack = Stack::take();
    let operator = Operator::of(&stack);
    let before = operator.database_password();
    let words = ["run", "rotate-rds-password", "--yes", "--confirm", "stack", "--ticket", "OPS-9"];
    killed(&stack, &words.map(str::to_owned), &["done     set it in RDS".to_owned()]);
    let run = last_run(&stack);
    let left = operator.database_password();
    assert_ne!(left, before);

    let output = stack.vaultdeck().args(["runs", "undo", &run, "--yes", "--confirm", "stack"]).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(&format!("run {run}: undone")), "{said}");
    assert_eq!(operator.database_password(), before);
    assert!(operator.logs_in_to_the_database(&before) && !operator.logs_in_to_the_database(&left));
    assert_eq!(operator.metadata("database")["rotation_state"], "undone");
    operator.settle();
    assert_well(&stack);
}

/// Runs a procedure, kills it hard whenever one of these steps begins and whenever it has been done, takes it up each
/// time, and returns the id of the run that was at last done.
fn killed_at_every_effect(stack: &Stack, words: &[&str], steps: &[&str]) -> String {
    let begun = ["run"].iter().chain(words).chain(&["--confirm", "stack", "--ticket", "OPS-9"]);
    let mut words: Vec<String> = begun.map(|&word| word.to_owned()).collect();
    words.push("--yes".to_owned());
    let begins = |step: &&str| vec![format!("begins   {step}")];
    let done = |step: &&str| vec![format!("done     {step}"), format!("verified {step}: it had happened")];
    let mut moments: Vec<_> = steps.iter().flat_map(|step| [begins(step), done(step)]).collect();
    moments.pop(); // after the last one there is nothing left to take up
    for moment in moments {
        killed(stack, &words, &moment);
        words =
            ["runs", "resume", &last_run(stack), "--yes", "--confirm", "stack"].map(str::to_owned).to_vec();
    }
    let run = last_run(stack);
    let output = stack.vaultdeck().args(&words).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains(&format!("run {run}: done")), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0));
    let verified = stack.vaultdeck().args(["runs", "verify", &run]).status().unwrap();
    assert!(verified.success(), "its journal is broken");
    run
}

/// Starts vaultdeck and kills it as soon as it prints one of these.
fn killed(stack: &Stack, words: &[String], moments: &[String]) {
    let mut child =
        stack.vaultdeck().args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let met = moments.iter().any(|moment| line.contains(moment.as_str()));
        said.push(line);
        if met {
            child.kill().unwrap();
            child.wait().unwrap();
            return;
        }
    }
    let output = child.wait_with_output().unwrap();
    panic!("it ended before {moments:?}:\n{}\n{}", said.join("\n"), String::from_utf8_lossy(&output.stderr));
}

fn last_run(stack: &Stack) -> String {
    let runs = json(stack.vaultdeck().args(["runs", "list", "--json"]));
    runs[0]["id"].as_str().unwrap().to_owned()
}

fn assert_well(stack: &Stack) {
    let output = stack.vaultdeck().args(["run", "verify-secrets", "--yes"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

fn json(command: &mut Command) -> Value {
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}
