//! How each system is looked at. Four ports stand here: [`Probe`] answers one look at one subject, [`Follow`] hands out
//! a container's log line by line, [`Rights`] asks what the operator's token may do, [`SignIn`] gets the operator a new one
//! when looks are refused. The real systems implement them below this file, the pretend fleet in `demo`.

pub mod access;
pub mod account;
pub mod agent;
pub mod containers;
pub mod follow;
pub mod host;
mod log_lines;
pub mod login;
pub mod mounts;
pub mod policy;
pub mod rds;
pub mod role;
pub mod secret;
pub mod sign_in;
pub mod station;
mod stirring;
pub mod token;
pub mod vault;
pub mod versions;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::model::facts::{AccessFacts, Facts};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;

/// Tells the moment it is for a deployment; a pretend fleet has a time of its own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// One subject and how it is looked at.
#[async_trait]
pub trait Probe: Send + Sync {
    /// What is looked at.
    fn subject(&self) -> Subject;

    /// Time between two looks; `None` for a subject that is looked at only when somebody asks.
    fn every(&self) -> Option<Duration>;

    /// Time after which a look is given up.
    fn deadline(&self) -> Duration {
        Duration::from_secs(10)
    }

    /// Looks once.
    ///
    /// # Errors
    /// Trouble that kept the whole look from its facts; troubles of parts stand inside the facts.
    async fn look(&self) -> Result<Facts, Trouble>;

    /// Returns when the outside says that a look is due before its time (a Docker event, a log line); most subjects
    /// never say so.
    async fn stirred(&self) {
        std::future::pending::<()>().await;
    }
}

/// One line of a container's log, cleaned of everything but text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Docker's timestamp.
    pub at: Timestamp,
    /// Whether it came from standard error.
    pub stderr: bool,
    /// The text.
    pub text: String,
}

/// Which log, and from where on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRequest {
    /// Host.
    pub host: String,
    /// Container name.
    pub container: String,
    /// Lines of the past at most.
    pub tail: usize,
    /// Nothing before this moment.
    pub since: Option<Timestamp>,
}

/// Logs by the line, past ones first, then live ones until the stream is dropped.
#[async_trait]
pub trait Follow: Send + Sync {
    /// Opens a log.
    ///
    /// # Errors
    /// Trouble when host, Docker or container cannot be reached.
    async fn follow(
        &self,
        request: LogRequest,
    ) -> Result<BoxStream<'static, Result<LogLine, Trouble>>, Trouble>;
}

/// Asks what the operator's token may do.
#[async_trait]
pub trait Rights: Send + Sync {
    /// What it may do on each of these paths, in one question.
    ///
    /// # Errors
    /// Trouble when Vault does not answer, or refuses.
    async fn granted(&self, paths: &BTreeSet<String>) -> Result<AccessFacts, Trouble>;
}

/// Logs the operator in to Vault again, in the way that [`Deployment::login`](crate::model::deployment::Deployment::login)
/// describes.
#[async_trait]
pub trait SignIn: Send + Sync {
    /// Logs in, with the answer to the way's question where it has one. Remarks (the page to open in a browser) go to
    /// `say`, cleaned, line by line.
    ///
    /// # Errors
    /// Trouble when it fails; the token in use until now stays in use.
    async fn sign_in(
        &self,
        answer: Option<SecretString>,
        say: &(dyn Fn(String) + Sync),
    ) -> Result<(), Trouble>;
}
