//! Something of the outside that is listened to beside a probe, so that a change is looked at before its time: Docker's
//! events, a log.
//!
//! ```text
//! reach ──▶ open ──▶ listening ──item──▶ due
//!   ▲                    │ ended
//!   └──── back off ◀─────┘ due
//! ```

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bollard::errors::Error;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::model::trouble::Trouble;
use crate::world::host::Host;

/// First wait after a stream that has ended.
const SHORTEST_BACK_OFF: Duration = Duration::from_secs(1);

/// Longest wait between two tries.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(30);

/// A stream that has lasted this long was a good one: its end is waited for shortly.
const GOOD: Duration = Duration::from_secs(20);

/// Whatever an item is: only that it came matters.
pub(super) type Stirs = BoxStream<'static, Result<(), Error>>;

/// Listens from the first time somebody asks until it is dropped.
#[derive(Default)]
pub(super) struct Stirring {
    due: Arc<Notify>,
    listener: OnceLock<JoinSet<()>>,
}

impl Stirring {
    /// Returns when something has come since the last time; `open` says how to listen.
    pub(super) async fn stirred<F, O>(&self, host: &Arc<Host>, open: F)
    where
        F: Fn(Arc<Host>) -> O + Send + Sync + 'static,
        O: Future<Output = Result<Stirs, Trouble>> + Send + 'static,
    {
        self.listener.get_or_init(|| {
            let mut listener = JoinSet::new();
            listener.spawn(listen(Arc::clone(&self.due), Arc::clone(host), open));
            listener
        });
        self.due.notified().await;
    }
}

async fn listen<F, O>(due: Arc<Notify>, host: Arc<Host>, open: F)
where
    F: Fn(Arc<Host>) -> O + Send + Sync + 'static,
    O: Future<Output = Result<Stirs, Trouble>> + Send + 'static,
{
    let mut wait = SHORTEST_BACK_OFF;
    let mut was_lost = false;
    loop {
        if let Ok(stream) = open(Arc::clone(&host)).await {
            if was_lost {
                due.notify_one();
            }
            let began = Instant::now();
            pass_on(stream, &due, &host).await;
            due.notify_one();
            was_lost = true;
            if began.elapsed() >= GOOD {
                wait = SHORTEST_BACK_OFF;
            }
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_BACK_OFF);
    }
}

async fn pass_on(mut stream: Stirs, due: &Notify, host: &Host) {
    while let Some(item) = stream.next().await {
        match item {
            Ok(()) => due.notify_one(),
            Err(error) => {
                host.engine.trouble("the stream of events has ended", &error).await;
                return;
            }
        }
    }
}
