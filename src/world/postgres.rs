//! The door to PostgreSQL: one login, to see whether it is let in or to ask one question, ended at once.
//!
//! ```text
//! dial (here, or through a host) ──▶ TLS as the profile wants it ──▶ login ──▶ let in │ refused (SQLSTATE) │ no answer
//!                                                                       └──▶ question ──▶ rows │ refused
//! ```

mod question;
mod tls;
mod way;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret as _, SecretString};
use tokio_postgres::NoTls;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::TlsConnect;

use crate::model::facts::{LoginOutcome, RefusalClass};
use crate::world::clean;

pub use crate::config::TlsMode;
pub use question::{Asked, Row};
pub use way::{Dial, Direct, Stream, ThroughHost};

/// Longest wait for a connection and for the whole login on it, each.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// How the login appears in `pg_stat_activity` and in the server's log.
const APPLICATION: &str = "vaultdeck";

/// Who logs in where, and how the way is protected.
#[derive(Debug)]
pub struct Login {
    /// Name in the server's certificate.
    pub host: String,
    /// Database.
    pub database: String,
    /// Role.
    pub user: String,
    /// Password.
    pub password: SecretString,
    /// How the way is protected.
    pub tls: TlsMode,
    /// PEM file of the CA; the system's roots when absent.
    pub ca_file: Option<PathBuf>,
}

impl Login {
    /// Tries the login over a stream that is open already, and hangs up.
    pub async fn attempt(&self, stream: Box<dyn Stream>) -> LoginOutcome {
        let login = match self.tls {
            TlsMode::Disable => exchange(self.settings(), stream, NoTls),
            mode => match tls::connect(mode, self.ca_file.as_deref(), &self.host) {
                Ok(handshake) => exchange(self.settings(), stream, handshake),
                Err(trouble) => return unreachable(trouble.sentence()),
            },
        };
        match tokio::time::timeout(PATIENCE, login).await {
            Ok(outcome) => outcome,
            Err(_) => {
                unreachable(format!("the server did not answer the login within {} s", PATIENCE.as_secs()))
            }
        }
    }

    fn settings(&self) -> tokio_postgres::Config {
        let mut settings = tokio_postgres::Config::new();
        settings
            .user(&self.user)
            .dbname(&self.database)
            .password(self.password.expose_secret())
            .application_name(APPLICATION)
            .ssl_mode(if self.tls == TlsMode::Disable { SslMode::Disable } else { SslMode::Require });
        settings
    }
}

/// Generic over the stream, for the compiler cannot see through a boxed one that what it becomes can be sent.
fn exchange<S, T>(settings: tokio_postgres::Config, stream: S, tls: T) -> BoxFuture<'static, LoginOutcome>
where
    S: Stream + 'static,
    T: TlsConnect<S, Stream: Send, Future: Send> + Send + 'static,
{
    Box::pin(async move {
        let (client, connection) = match settings.connect_raw(stream, tls).await {
            Ok(connected) => connected,
            Err(error) => return outcome_of(&error),
        };
        let server_version = connection.parameter("server_version").unwrap_or_default();
        let server_version = clean::line(server_version.as_bytes());
        drop(client);
        // says goodbye, so that the server logs no broken connection; we were let in whatever it answers
        let _ = connection.await;
        LoginOutcome::Ok { server_version }
    })
}

fn outcome_of(error: &tokio_postgres::Error) -> LoginOutcome {
    let Some(refusal) = error.as_db_error() else { return unreachable(chain(error)) };
    let sqlstate = refusal.code().code();
    LoginOutcome::Refused {
        sqlstate: clean::line(sqlstate.as_bytes()),
        class: RefusalClass::of(sqlstate),
        message: clean::line(refusal.message().as_bytes()),
    }
}

fn unreachable(because: String) -> LoginOutcome {
    LoginOutcome::Unreachable { because }
}

fn chain(error: &tokio_postgres::Error) -> String {
    let mut levels = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if levels.last().is_none_or(|last| !last.contains(&words)) {
            levels.push(words);
        }
        next = cause.source();
    }
    clean::line(levels.join(": ").as_bytes())
}
