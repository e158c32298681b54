//! The RDS front keeps its word, with the real aws CLI and real logins as referees: a password change is pending, then
//! resetting, then in force.

use std::io::Write as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::stack::Stack;

/// Longer than any password change of the stack takes.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
#[ignore = "needs the real stack"]
fn a_password_change_is_pending_then_resetting_then_in_force() {
    let stack = Stack::take();
    let _wrong_password = stack.fault("database-password");
    assert!(!login_works(&stack), "the password in Vault must be wrong at first");

    let answer = modify_password(&stack);
    assert_eq!(answer["DBInstance"]["PendingModifiedValues"]["MasterUserPassword"], "****");

    let seen = statuses_until_in_force(&stack);
    assert_eq!(seen, ["available", "resetting-master-credentials", "available"]);
    assert!(login_works(&stack), "the changed password must be in force");
    assert!(events(&stack).contains("Reset master credentials"));
}

#[test]
#[ignore = "needs the real stack"]
fn a_second_change_while_one_is_pending_is_refused() {
    let stack = Stack::take();
    let _pending = stack.fault("rds-pending");
    let refused = aws(
        &stack,
        &["modify-db-instance", "--db-instance-identifier", instance(&stack), "--apply-immediately"],
    );
    assert!(refused.unwrap_err().contains("InvalidDBInstanceState"));
}

/// The statuses that `describe-db-instances` shows, each once, until nothing is pending any more.
fn statuses_until_in_force(stack: &Stack) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let described = aws(stack, &["describe-db-instances"]).unwrap();
        let database = &described["DBInstances"][0];
        let status = database["DBInstanceStatus"].as_str().unwrap();
        if seen.last().is_none_or(|last| last != status) {
            seen.push(status.to_owned());
        }
        if database["PendingModifiedValues"] == json!({}) {
            return seen;
        }
    }
    panic!("still pending after {PATIENCE:?}: {seen:?}");
}

/// Asks RDS for the password that Vault holds; it goes in a file, never in an argv.
fn modify_password(stack: &Stack) -> Value {
    let mut request = tempfile::NamedTempFile::new().unwrap();
    let body = json!({
        "DBInstanceIdentifier": instance(stack),
        "MasterUserPassword": stack.file("/database/password_file"),
        "ApplyImmediately": true,
    });
    write!(request, "{body}").unwrap();
    let input = format!("file://{}", request.path().display());
    aws(stack, &["modify-db-instance", "--cli-input-json", &input]).unwrap()
}

fn events(stack: &Stack) -> String {
    let words = ["describe-events", "--source-type", "db-instance", "--source-identifier", instance(stack)];
    aws(stack, &words).unwrap().to_string()
}

fn instance(stack: &Stack) -> &str {
    stack.fact("/rds/instance")
}

fn aws(stack: &Stack, words: &[&str]) -> Result<Value, String> {
    let output = stack
        .operator("aws")
        .args(["--profile", stack.fact("/rds/aws_profile"), "rds"])
        .args(words)
        .output()
        .unwrap();
    if output.status.success() {
        return Ok(serde_json::from_slice(&output.stdout).unwrap());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn login_works(stack: &Stack) -> bool {
    let at = |name: &str| stack.fact(&format!("/database/{name}"));
    let target = format!(
        "host={} port={} user={} dbname={} sslmode=verify-full sslrootcert={}",
        at("host"),
        at("port"),
        at("user"),
        at("name"),
        at("ca")
    );
    let output = stack
        .operator("psql")
        .args(["-qAtX", "-c", "select 1", &target])
        .env("PGPASSWORD", stack.file("/database/password_file"))
        .output()
        .unwrap();
    output.status.success()
}
