//! Logs being followed in the background: the lines of all come back in common batches, and letting go of them ends it. However
//! many logs there are, no more lines come at once than of one.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::deck::{Follow, LogLine, LogRequest};
use crate::model::trouble::Trouble;
use crate::tui::app::{Message, ToFollow};

use super::Mail;

/// Lines that come back at once.
const BATCH: usize = 500;
/// Rest between two batches, so that a flood of lines is drawn and not only read.
const REST: Duration = Duration::from_millis(50);

/// Logs that are followed until this is dropped.
pub(super) struct Following {
    task: JoinHandle<()>,
}

/// What comes of one log.
enum Came {
    Line(LogLine),
    End(Option<Trouble>),
}

impl Following {
    /// Follows logs; their lines are sent with the number of what they are a part of.
    pub(super) fn start(logs: Arc<dyn Follow>, wanted: ToFollow, sender: mpsc::Sender<Mail>) -> Self {
        Self { task: tokio::spawn(follow(logs, wanted, sender)) }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(logs: Arc<dyn Follow>, wanted: ToFollow, sender: mpsc::Sender<Mail>) {
    let ToFollow { number, first, requests, .. } = wanted;
    let sources = requests.into_iter().zip(first..);
    let sources = sources.map(|(request, source)| {
        source_of(Arc::clone(&logs), request).map(move |came| (source, came)).boxed()
    });
    let mut batches = stream::select_all(sources).ready_chunks(BATCH);
    while let Some(batch) = batches.next().await {
        for message in parted(number, batch) {
            // The console may have been left in the meantime; then nobody wants to know.
            if sender.send(Mail::Message(message)).await.is_err() {
                return;
            }
        }
        tokio::time::sleep(REST).await;
    }
}

/// One log to its end, which comes last.
fn source_of(logs: Arc<dyn Follow>, request: LogRequest) -> BoxStream<'static, Came> {
    let opened = async move {
        match logs.follow(request).await {
            Err(refused) => stream::iter([Came::End(Some(refused))]).boxed(),
            Ok(lines) => told(lines),
        }
    };
    stream::once(opened).flatten().boxed()
}

/// Lines of a log, and that it has ended: by a trouble, or because there is no more.
fn told(lines: BoxStream<'static, Result<LogLine, Trouble>>) -> BoxStream<'static, Came> {
    let lines = lines.map(Some).chain(stream::iter([None]));
    let came = lines.scan(false, |over, line| {
        let came = match line {
            _ if *over => None,
            Some(Ok(line)) => Some(Came::Line(line)),
            Some(Err(trouble)) => Some(Came::End(Some(trouble))),
            None => Some(Came::End(None)),
        };
        *over |= matches!(came, Some(Came::End(_)));
        std::future::ready(came)
    });
    came.boxed()
}

/// The lines of a batch, then what has ended in it.
fn parted(number: u64, batch: Vec<(usize, Came)>) -> Vec<Message> {
    let (mut lines, mut messages) = (Vec::new(), Vec::new());
    for (source, came) in batch {
        match came {
            Came::Line(line) => lines.push((source, line)),
            Came::End(trouble) => messages.push(Message::LogEnded(number, source, trouble)),
        }
    }
    if !lines.is_empty() {
        messages.insert(0, Message::Logged(number, lines));
    }
    messages
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use jiff::Timestamp;

    use super::*;

    /// Each container says its name three times and ends; one cannot be read, and one breaks off.
    struct Talking;

    #[async_trait]
    impl Follow for Talking {
        async fn follow(
            &self,
            request: LogRequest,
        ) -> Result<BoxStream<'static, Result<LogLine, Trouble>>, Trouble> {
            let line = LogLine { at: Timestamp::UNIX_EPOCH, stderr: false, text: request.container.clone() };
            match request.container.as_str() {
                "closed" => Err(Trouble::new("cannot read the log")),
                "torn" => Ok(stream::iter([Ok(line.clone()), Err(Trouble::new("lost")), Ok(line)]).boxed()),
                _ => Ok(stream::iter([Ok(line.clone()), Ok(line.clone()), Ok(line)]).boxed()),
            }
        }
    }

    fn request(container: &str) -> LogRequest {
        LogRequest { host: "authentik-1".to_owned(), container: container.to_owned(), tail: 9, since: None }
    }

    #[tokio::test]
    async fn every_log_comes_with_its_number_and_its_end_after_its_last_line() {
        let (sender, mut mail) = mpsc::channel(64);
        let requests = ["agent", "closed", "torn", "server"].map(request).to_vec();
        follow(Arc::new(Talking), ToFollow { number: 7, anew: true, first: 10, requests }, sender).await;
        let (mut lines, mut ends) = (Vec::new(), Vec::new());
        while let Some(Mail::Message(message)) = mail.recv().await {
            match message {
                Message::Logged(7, batch) => {
                    lines.extend(batch.into_iter().map(|(source, line)| (source, line.text)));
                }
                Message::LogEnded(7, source, trouble) => {
                    ends.push((source, trouble.map(|trouble| trouble.what)));
                }
                other => panic!("{other:?}"),
            }
        }
        lines.sort();
        ends.sort();
        let said = |source, text: &str| (source, text.to_owned());
        let expected = [
            (10, "agent"),
            (10, "agent"),
            (10, "agent"),
            (12, "torn"),
            (13, "server"),
            (13, "server"),
            (13, "server"),
        ];
        assert_eq!(lines, expected.map(|(source, text)| said(source, text)));
        let what = |words: &str| Some(words.to_owned());
        assert_eq!(ends, [(10, None), (11, what("cannot read the log")), (12, what("lost")), (13, None)]);
    }
}
