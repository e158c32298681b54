//! One login in the background: its remarks and its end come back as messages, and letting go of it ends it.

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::deck::SignIn;
use crate::tui::app::Message;

use super::Mail;

/// A login that goes on until this is dropped.
pub(super) struct SigningIn {
    task: JoinHandle<()>,
}

impl SigningIn {
    /// Begins it.
    pub(super) fn start(
        port: Arc<dyn SignIn>,
        answer: Option<SecretString>,
        sender: mpsc::Sender<Mail>,
    ) -> Self {
        Self { task: tokio::spawn(sign_in(port, answer, sender)) }
    }
}

impl Drop for SigningIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn sign_in(port: Arc<dyn SignIn>, answer: Option<SecretString>, sender: mpsc::Sender<Mail>) {
    let remarks = sender.clone();
    // A remark for which there is no room is one of many.
    let say = move |remark| _ = remarks.try_send(Mail::Message(Message::SignInSaid(remark)));
    let outcome = port.sign_in(answer, &say).await;
    // The console may have been left in the meantime; then nobody wants to know.
    let _ = sender.send(Mail::Message(Message::SignedIn(outcome))).await;
}
