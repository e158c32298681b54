//! A rotation as an operator lives it at the console: planned, confirmed, interrupted by the death of the token, and done.

use super::console::{PATIENCE, console};
use super::operator::Operator;
use super::sockets::Sockets;
use super::stack::Stack;

#[test]
#[ignore = "needs the real stack"]
fn a_rotation_is_run_from_the_screen_and_survives_the_death_of_the_token() {
    let (stack, sockets) = (Stack::take(), Sockets::own());
    let operator = Operator::of(&stack);
    let old = operator.database_password();
    let mut console = console(&stack, &sockets);
    let mut shows = |keys: &str, words: &str| {
        console.send(keys);
        let shown = console.until(PATIENCE, |screen| screen.contains(words));
        assert!(shown.is_some(), "`{words}` is not on the screen:\n{}", console.contents());
    };
    shows("7", "rotate-rds-password");
    shows("/rotate-rds", "esc gives up");
    shows("\r\r", "[ show the plan ]");
    shows("\r\r\r\r\r", "enter asks for the name stack"); // every answer as it stands, and the button
    shows("\r", "type stack to confirm");
    shows("stack", "stack");
    shows("\t\r", "store it in Vault");
    shows("", "wait until every host has rendered it");
    let dead = stack.fault("token-dead");
    shows("", "password of operator at userpass");
    let password = stack.file("/vault/operator_password_file");
    shows(password.trim(), &"•".repeat(password.trim().len()));
    shows("\r", "✓ done");
    shows("q8", "rotate-rds-password");
    let drawn = String::from_utf8_lossy(&console.output).into_owned();
    let new = operator.database_password();
    for secret in [password.trim(), &old, &new] {
        assert!(!drawn.contains(secret), "a secret was drawn");
    }
    assert!(operator.logs_in_to_the_database(&new) && !operator.logs_in_to_the_database(&old));
    operator.settle();
    drop(dead);
}
