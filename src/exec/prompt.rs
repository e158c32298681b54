//! A question that a child asks on its terminal, on its way to whoever can answer it: the operator at the screen or at the
//! terminal of a headless run.

use tokio::sync::{mpsc, oneshot};
use zeroize::Zeroizing;

/// Where questions go. Without anybody at the other end every question is refused.
#[derive(Debug, Clone)]
pub struct Prompts(mpsc::UnboundedSender<Prompt>);

/// One question. Dropped, it is refused.
#[derive(Debug)]
pub struct Prompt {
    /// The command that asks.
    pub asker: String,
    /// What it asks, cleaned.
    pub text: String,
    /// Whether the answer may not be shown while it is typed.
    pub hidden: bool,
    answer: oneshot::Sender<Zeroizing<String>>,
}

impl Prompts {
    /// The end of those who ask, and of those who answer.
    pub fn new() -> (Self, mpsc::UnboundedReceiver<Prompt>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Asks; the answer, or the end of the channel when it is refused.
    pub(super) fn ask(&self, asker: &str, text: &str, hidden: bool) -> oneshot::Receiver<Zeroizing<String>> {
        let (answer, answered) = oneshot::channel();
        let prompt = Prompt { asker: asker.to_owned(), text: text.to_owned(), hidden, answer };
        let _ = self.0.send(prompt);
        answered
    }
}

impl Prompt {
    /// Answers it.
    pub fn answer(self, text: Zeroizing<String>) {
        let _ = self.answer.send(text);
    }

    /// Waits until nobody waits for the answer any more: the command has ended.
    pub async fn withdrawn(&mut self) {
        self.answer.closed().await;
    }
}
