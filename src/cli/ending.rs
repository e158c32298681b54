//! When a command that goes on for ever should stop: somebody says so, or nobody reads any more.

use std::os::fd::AsFd as _;

use tokio::io::Interest;
use tokio::net::unix::pipe::Sender;
use tokio::signal::unix::{SignalKind, signal};

/// Returns at SIGINT, SIGTERM or SIGHUP, or when the reader of a pipe on standard output has gone.
pub async fn asked_to_end() {
    tokio::select! {
        () = one_of(SignalKind::interrupt()) => {}
        () = one_of(SignalKind::terminate()) => {}
        () = one_of(SignalKind::hangup()) => {}
        () = reader_gone() => {}
    }
}

async fn one_of(kind: SignalKind) {
    match signal(kind) {
        Ok(mut signals) => drop(signals.recv().await),
        Err(_) => std::future::pending().await,
    }
}

/// A pipe without reader is in error; a file or terminal never is.
async fn reader_gone() {
    // only watched: its mode is left as it is, for it is everybody's who has standard output
    let output = std::io::stdout().as_fd().try_clone_to_owned().and_then(Sender::from_owned_fd_unchecked);
    if let Ok(output) = output
        && let Ok(ready) = output.ready(Interest::ERROR).await
        && (ready.is_error() || ready.is_write_closed())
    {
        return;
    }
    std::future::pending::<()>().await;
}
