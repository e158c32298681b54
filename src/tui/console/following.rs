//! One log being followed in the background: its lines come back in batches, and letting go of it ends it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::deck::{Follow, LogLine, LogRequest};
use crate::model::trouble::Trouble;
use crate::tui::app::Message;

use super::Mail;

/// Lines that come back at once.
const BATCH: usize = 500;
/// Rest between two batches, so that a flood of lines is drawn and not only read.
const REST: Duration = Duration::from_millis(50);

/// A log that is followed until this is dropped.
pub(super) struct Following {
    task: JoinHandle<()>,
}

impl Following {
    /// Follows a log; its lines are sent with a number.
    pub(super) fn start(
        logs: Arc<dyn Follow>,
        number: u64,
        request: LogRequest,
        sender: mpsc::Sender<Mail>,
    ) -> Self {
        Self { task: tokio::spawn(follow(logs, number, request, sender)) }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(logs: Arc<dyn Follow>, number: u64, request: LogRequest, sender: mpsc::Sender<Mail>) {
    let mut trouble = None;
    match logs.follow(request).await {
        Err(refused) => trouble = Some(refused),
        Ok(lines) => {
            let mut batches = lines.ready_chunks(BATCH);
            while let Some(batch) = batches.next().await {
                let (lines, failed) = parted(batch);
                trouble = failed.or(trouble);
                if sender.send(Mail::Message(Message::Logged(number, lines))).await.is_err() {
                    return;
                }
                tokio::time::sleep(REST).await;
            }
        }
    }
    // The console may have been left in the meantime; then nobody wants to know.
    let _ = sender.send(Mail::Message(Message::LogEnded(number, trouble))).await;
}

fn parted(batch: Vec<Result<LogLine, Trouble>>) -> (Vec<LogLine>, Option<Trouble>) {
    let mut trouble = None;
    let lines = batch.into_iter().filter_map(|line| line.map_err(|failed| trouble = Some(failed)).ok());
    (lines.collect(), trouble)
}
