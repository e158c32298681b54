//! The RDS front keeps its word, with the real aws CLI and real logins as referees: a password change is pending, then
//! resetting, then in force.

use serde_json::Value;

use super::operator::Operator;
use super::stack::Stack;

#[test]
#[ignore = "needs the real stack"]
fn a_password_change_is_pending_then_resetting_then_in_force() {
    let stack = Stack::take();
    let _wrong_password = stack.fault("database-password");
    assert!(!login_works(&stack), "the password in Vault must be wrong at first");

    let pending = stack.fault("rds-pending");
    assert_eq!(database(&stack)["DBInstanceStatus"], "available");
    assert_eq!(database(&stack)["PendingModifiedValues"]["MasterUserPassword"], "****");

    let resetting = stack.fault("rds-resetting");
    assert_eq!(database(&stack)["DBInstanceStatus"], "resetting-master-credentials");
    assert!(!login_works(&stack), "a change that is under way must not be in force");

    drop((resetting, pending));
    assert_eq!(database(&stack)["DBInstanceStatus"], "available");
    assert!(login_works(&stack), "the changed password must be in force");
    assert!(events(&stack).contains("Reset master credentials"));
}

#[test]
#[ignore = "needs the real stack"]
fn a_second_change_while_one_is_pending_is_refused() {
    let stack = Stack::take();
    let _pending = stack.fault("rds-pending");
    let words = ["modify-db-instance", "--db-instance-identifier", instance(&stack), "--apply-immediately"];
    assert!(aws(&stack, &words).unwrap_err().contains("InvalidDBInstanceState"));
}

fn database(stack: &Stack) -> Value {
    aws(stack, &["describe-db-instances"]).unwrap()["DBInstances"][0].take()
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
    Operator::of(stack).logs_in_to_the_database(&stack.file("/database/password_file"))
}
