//! Tests against the real stack of `tests/real/up`: a real `OpenBao`, three real hosts, a real `PostgreSQL` behind an RDS
//! front.
//!
//! Each is `#[ignore = "needs the real stack"]`: plain `cargo test` names them as ignored, `tests/run` starts the stack,
//! names it in `VAULTDECK_STACK` and runs them. A test begins with `let stack = Stack::take();` and holds the stack alone
//! until it drops it; what it breaks with [`stack::Stack::fault`] is healed when the guard is dropped.

mod canary;
mod console;
mod evenings;
mod faults;
mod hosts;
mod operator;
mod password_change;
mod procedures; // after the evenings by its name: a stack that has rotated tells other evidence for the same trouble
mod rotation_on_screen; // after the evenings, too
mod rotation_under_load; // after the evenings, too
mod same_end; // after the evenings, too
mod shape;
mod sockets;
mod stack;
mod two_operators;
mod vault;
mod watch;
mod ways;
