//! One look at everything, and looking on until somebody ends it.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use vaultdeck::cli::exit::Exit;
use vaultdeck::cli::paint::Paint;
use vaultdeck::cli::status::watch;
use vaultdeck::model::facts::Facts;
use vaultdeck::model::subject::Subject;

use super::*;
use crate::judgement::evening::Evening;

#[tokio::test]
async fn a_sweep_takes_as_long_as_its_slowest_source() {
    let slowest = Duration::from_millis(300);
    let evening = Evening::healthy();
    let began = Instant::now();
    status_of(deck_over(&evening, slowest), Format::Json).await;
    let took = began.elapsed();
    assert!(took >= slowest && took < slowest * 2, "{} sources took {took:?}", evening.seen.len());
}

/// Sees what it is told to see.
struct Told {
    facts: Mutex<Facts>,
    stir: Notify,
}

#[async_trait]
impl Probe for Told {
    fn subject(&self) -> Subject {
        Subject::Rds
    }

    fn every(&self) -> Option<Duration> {
        Some(Duration::from_secs(3600))
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        Ok(self.facts.lock().unwrap().clone())
    }

    async fn stirred(&self) {
        self.stir.notified().await;
    }
}

/// Lines as they are printed; its reader leaves after so many.
struct Paper {
    lines: tokio::sync::mpsc::UnboundedSender<String>,
    reader_stays_for: usize,
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.reader_stays_for == 0 {
            return Err(ErrorKind::BrokenPipe.into());
        }
        self.reader_stays_for -= 1;
        self.lines.send(String::from_utf8(bytes.to_vec()).unwrap()).unwrap();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn rds_of(evening: &Evening) -> Facts {
    evening.seen[&Subject::Rds].clone().unwrap()
}

fn full(evening: &mut Evening) {
    evening.rds(|rds| "storage-full".clone_into(&mut rds.status));
}

#[tokio::test]
async fn watching_prints_a_line_per_change_and_ends_when_asked() {
    let evening = Evening::healthy();
    let probe = Arc::new(Told { facts: Mutex::new(rds_of(&evening)), stir: Notify::new() });
    let probes = vec![Arc::clone(&probe) as Arc<dyn Probe>];
    let mut deck = Deck::watch(probes, Arc::new(NoLogs), Arc::new(NoSignIn), Arc::new(now));
    let mut fleet = Fleet::new(evening.deployment.clone());
    let (lines, mut printed) = tokio::sync::mpsc::unbounded_channel();
    let end = Arc::new(Notify::new());
    let ending = Arc::clone(&end);
    let watching = tokio::spawn(async move {
        let mut paper = Paper { lines, reader_stays_for: usize::MAX };
        watch(&mut deck, &mut fleet, Format::Json, &mut paper, ending.notified()).await
    });

    let status = |line: String| {
        let document: serde_json::Value = serde_json::from_str(line.trim_end()).unwrap();
        document["rds"]["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status(printed.recv().await.unwrap()), "available");
    *probe.facts.lock().unwrap() = rds_of(&Evening::with(full));
    probe.stir.notify_one();
    assert_eq!(status(printed.recv().await.unwrap()), "storage-full");
    probe.stir.notify_one();
    end.notify_one();
    assert_eq!(watching.await.unwrap().unwrap(), Exit::Ok);
    assert!(printed.recv().await.is_none(), "the same again is no news");
}

#[tokio::test]
async fn a_reader_that_leaves_ends_the_watch_and_is_no_failure() {
    let (mut deck, mut fleet) = seen(&Evening::healthy());
    let (lines, _printed) = tokio::sync::mpsc::unbounded_channel();
    let mut paper = Paper { lines, reader_stays_for: 0 };
    let format = Format::Page(Paint::Plain);
    let ended = watch(&mut deck, &mut fleet, format, &mut paper, std::future::pending()).await;
    assert_eq!(ended.unwrap(), Exit::Ok);
}
