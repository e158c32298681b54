//! Versions of secrets that are read in the background because the operator asked; what comes back is a message.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::deck::ReadVersion;
use crate::tui::app::{Message, ValueWanted};

use super::Mail;

/// Holds two versions of a secret against each other.
pub(super) fn compare(
    versions: Arc<dyn ReadVersion>,
    (number, path): (u64, String),
    (older, newer): (u64, u64),
    sender: mpsc::Sender<Mail>,
) {
    send(sender, async move { Message::Compared(number, versions.compare(&path, older, newer).await) });
}

/// Reads one value.
pub(super) fn value(
    versions: Arc<dyn ReadVersion>,
    number: u64,
    wanted: ValueWanted,
    sender: mpsc::Sender<Mail>,
) {
    send(sender, async move {
        let value = versions.value(&wanted.path, wanted.version, &wanted.key).await;
        Message::ValueRead(number, wanted, value)
    });
}

fn send(sender: mpsc::Sender<Mail>, message: impl Future<Output = Message> + Send + 'static) {
    // The console may have been left in the meantime; then nobody wants to know.
    tokio::spawn(async move { drop(sender.send(Mail::Message(message.await)).await) });
}
