//! Carries a run forward: asks it what it needs, does that one thing, writes down what happened, asks again.
//!
//! ```text
//!            ┌───────────────── Journal (synced) ◀────────────┐
//! run.next() ┼▶ Execute ─▶ Started ─▶ Executor ─▶ Finished │ Failed
//!            ├▶ Verify  ─▶ check   ─▶ Executor │ Lookout ─▶ Verified
//!            ├▶ Wait    ─▶ Lookout ─▶ Reached │ Failed
//!            └▶ Ask, Confirm, Decide, Paused, Ended ─▶ back to the operator
//! ```
//! What is written down happened or was about to; what could not be written down does not happen.

mod carrier;
mod errands;
mod journal;
mod lookout;
mod owner;
mod random;
mod runs;
mod verify;

pub use carrier::{Carrier, Ports, Switch};
pub use journal::{Journal, Recovered};
pub use lookout::Lookout;
pub use owner::Owner;
pub use random::run_id;
pub use runs::{Listed, Runs, State};
