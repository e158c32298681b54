//! The face without a screen: what is printed is what was seen, by the contract that stands in the schema.

mod contract;
mod exit_codes;
mod formats;
mod looking;
mod touring;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, empty};
use jiff::Timestamp;
use secrecy::SecretString;
use vaultdeck::cli::args::CheckFormat;
use vaultdeck::cli::check::{self, check};
use vaultdeck::cli::exit::Exit;
use vaultdeck::cli::paint::Paint;
use vaultdeck::cli::status::{Format, status};
use vaultdeck::config;
use vaultdeck::deck::{Deck, Opened, PretendOptions, PretendTime};
use vaultdeck::model::facts::Facts;
use vaultdeck::model::fleet::Fleet;
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::Trouble;
use vaultdeck::probe::{Follow, LogLine, LogRequest, Probe, SignIn};

use crate::judgement::evening::{Evening, now};

/// How the pretend fleet can start.
const SCENARIOS: [&str; 6] =
    ["healthy", "trouble", "secret-id-expired", "role-locked", "half-rotation", "empty"];

/// A probe that answers the same after the same time.
struct Canned {
    subject: Subject,
    facts: Result<Facts, Trouble>,
    after: Duration,
}

#[async_trait]
impl Probe for Canned {
    fn subject(&self) -> Subject {
        self.subject.clone()
    }

    fn every(&self) -> Option<Duration> {
        (self.subject != Subject::Login).then_some(Duration::from_secs(3600))
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        tokio::time::sleep(self.after).await;
        self.facts.clone()
    }
}

struct NoLogs;

#[async_trait]
impl Follow for NoLogs {
    async fn follow(&self, _: LogRequest) -> Result<BoxStream<'static, Result<LogLine, Trouble>>, Trouble> {
        Ok(empty().boxed())
    }
}

struct NoSignIn;

#[async_trait]
impl SignIn for NoSignIn {
    async fn sign_in(&self, _: Option<SecretString>, _: &(dyn Fn(String) + Sync)) -> Result<(), Trouble> {
        Err(Trouble::new("nobody logs in here"))
    }
}

/// A deck over probes that see this evening, at its hour.
fn deck_over(evening: &Evening, after: Duration) -> (Deck, Fleet) {
    let canned = |(subject, facts): (&Subject, &Result<Facts, Trouble>)| -> Arc<dyn Probe> {
        Arc::new(Canned { subject: subject.clone(), facts: facts.clone(), after })
    };
    let probes = evening.seen.iter().map(canned).collect();
    let deck = Deck::watch(probes, Arc::new(NoLogs), Arc::new(NoSignIn), Arc::new(now));
    (deck, Fleet::new(evening.deployment.clone()))
}

/// The pretend fleet, standing still at one moment.
fn pretend(scenario: &str) -> (Deck, Fleet) {
    let documented = config::documented("demo").unwrap().deployment(Vec::new());
    let options = PretendOptions {
        documented,
        folder: None,
        reset: false,
        scenario: Some(scenario.to_owned()),
        hosts: None,
        time: PretendTime::Still(moment()),
    };
    let Opened { deck, deployment, .. } = Deck::pretend(options).unwrap();
    (deck, Fleet::new(deployment))
}

fn moment() -> Timestamp {
    "2026-11-22T14:02:11Z".parse().unwrap()
}

async fn status_of((mut deck, mut fleet): (Deck, Fleet), format: Format) -> String {
    let mut out = Vec::new();
    assert_eq!(status(&mut deck, &mut fleet, format, &mut out).await.unwrap(), Exit::Ok);
    String::from_utf8(out).unwrap()
}

async fn check_of((mut deck, mut fleet): (Deck, Fleet), format: CheckFormat, verify: bool) -> (Exit, String) {
    let mut out = Vec::new();
    let options = check::Options { format, verify, paint: Paint::Plain };
    let exit = check(&mut deck, &mut fleet, options, &mut out).await.unwrap();
    (exit, String::from_utf8(out).unwrap())
}

fn seen(evening: &Evening) -> (Deck, Fleet) {
    deck_over(evening, Duration::ZERO)
}
