//! The stack breaks and heals for real, and its profile is one that vaultdeck understands.

use std::io::Read as _;
use std::net::TcpStream;
use std::process::ExitStatus;
use std::time::Duration;

use super::stack::Stack;

#[test]
#[ignore = "needs the real stack"]
fn a_silent_host_accepts_and_says_nothing_until_it_is_healed() {
    let stack = Stack::take();
    let silent = stack.fault_on("authentik-3", "silent-host");
    let mut connection = TcpStream::connect((stack.fact("/hosts/2/address"), 22)).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    assert!(connection.read(&mut [0; 1]).is_err(), "a silent host must not show its ssh banner");
    drop(silent);
    assert!(ssh(&stack, "authentik-3").success());
}

#[test]
#[ignore = "needs the real stack"]
fn the_operator_has_a_token_of_eight_hours() {
    let stack = Stack::take();
    let output = stack.operator("vault").args(["token", "lookup", "-format=json"]).output().unwrap();
    let token: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(token["data"]["display_name"], "userpass-operator");
    assert_eq!(token["data"]["creation_ttl"], 8 * 60 * 60);
}

#[test]
#[ignore = "needs the real stack"]
fn the_profile_of_the_stack_is_understood() {
    let stack = Stack::take();
    let output = stack.vaultdeck().arg("status").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn ssh(stack: &Stack, host: &str) -> ExitStatus {
    stack.operator("ssh").args(["-F", stack.fact("/ssh_config"), host, "true"]).status().unwrap()
}
