//! How a command is carried out. The port [`Executor`] stands here with what goes through it; the real systems implement
//! it below this file, the pretend fleet in `demo`.
//!
//! ```text
//! Step ──fill──▶ Order { line, stdin, file, target, held secrets } ──execute──▶ Reply { answer } | Failure { definite? }
//!                                                             └──▶ Lines, while it runs
//! ```
//! The line that was shown is the line in the order; secrets travel beside it and are put where they may stand only here.

pub mod aws;
pub mod child;
mod guard;
mod live;
mod order;
mod prompt;
pub mod psql;
mod secrets;
pub mod vault;

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::model::runbook::Answer;
use crate::model::trouble::Trouble;

pub use guard::Guard;
pub use live::{Doors, LiveExecutor, login_program};
pub use order::{Order, Target};
pub use prompt::{Prompt, Prompts};
pub use secrets::{Held, Secrets};

/// Carries commands out.
#[async_trait]
pub trait Executor: Send + Sync {
    /// Carries one order out, and returns when it has ended or its time is up. Dropped before that, nothing of it is left
    /// running.
    ///
    /// # Errors
    /// A failure when there is no answer at all. A refusal is an answer.
    async fn execute(&self, order: &Order, lines: &Lines) -> Result<Reply, Failure>;

    /// Logs the operator in again where Vault does not accept the token any more; whether it did. Where nothing can tell, it
    /// did not.
    ///
    /// # Errors
    /// Trouble when logging in failed.
    async fn logged_in_anew(&self, lines: &Lines) -> Result<bool, Trouble> {
        let _ = lines;
        Ok(false)
    }

    /// Where the file of an order is made: a path on RAM that is the order's alone.
    fn file_path(&self, run: &str, what: &str) -> String;
}

/// What came back.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// The answer; its status tells whether it is a refusal.
    pub answer: Answer,
    /// Ids that Vault or AWS gave the requests.
    pub request_ids: Vec<String>,
    /// Set by a refusal after which nothing has certainly been changed.
    pub refused: bool,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What happened instead.
    pub trouble: Trouble,
    /// Whether it certainly was not carried out: it never left this process, or was turned away.
    pub definite: bool,
}

impl Failure {
    /// It certainly was not carried out.
    pub fn before_the_act(trouble: Trouble) -> Self {
        Self { trouble, definite: true }
    }

    /// Nobody knows whether it was carried out.
    pub fn in_the_act(trouble: Trouble) -> Self {
        Self { trouble, definite: false }
    }
}

/// Where the lines go that a command prints while it runs; each carries the number of who printed it.
#[derive(Debug, Clone)]
pub struct Lines {
    number: usize,
    sender: mpsc::UnboundedSender<(usize, String)>,
}

impl Lines {
    /// The sending and the receiving end.
    pub fn new(number: usize) -> (Self, mpsc::UnboundedReceiver<(usize, String)>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self { number, sender }, receiver)
    }

    /// The same end for another number.
    #[must_use]
    pub fn tagged(&self, number: usize) -> Self {
        Self { number, sender: self.sender.clone() }
    }

    /// Hands a line on; it is cleaned already, and redacted by who takes it.
    pub fn say(&self, line: impl Into<String>) {
        let _ = self.sender.send((self.number, line.into()));
    }
}
