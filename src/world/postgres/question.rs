//! One question to the database, after a login that is made for it alone.

use futures_util::future::BoxFuture;
use tokio_postgres::tls::TlsConnect;
use tokio_postgres::{NoTls, SimpleQueryMessage};

use super::{Login, PATIENCE, Stream, TlsMode, chain, outcome_of, tls, unreachable};
use crate::model::facts::LoginOutcome;
use crate::world::clean;

/// Values of a row; a null is an empty text.
pub type Row = Vec<String>;

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Its rows, as the database tells them: they may hold anything.
    Rows(Vec<Row>),
    /// The login was turned away, or nobody answered it.
    NotLetIn(LoginOutcome),
    /// The database lets in and refuses the question, in its own words, cleaned.
    Refused(String),
    /// The connection was lost, or patience, after the question had gone.
    Lost(String),
}

impl Login {
    /// Logs in over a stream that is open already, asks, and hangs up.
    pub async fn ask(&self, stream: Box<dyn Stream>, question: &str) -> Asked {
        let question = question.to_owned();
        match self.tls {
            TlsMode::Disable => asked(self.settings(), stream, NoTls, question).await,
            mode => match tls::connect(mode, self.ca_file.as_deref(), &self.host) {
                Ok(handshake) => asked(self.settings(), stream, handshake, question).await,
                Err(trouble) => Asked::NotLetIn(unreachable(trouble.sentence())),
            },
        }
    }
}

/// Generic over the stream for the same reason as the login.
fn asked<S, T>(
    settings: tokio_postgres::Config,
    stream: S,
    tls: T,
    question: String,
) -> BoxFuture<'static, Asked>
where
    S: Stream + 'static,
    T: TlsConnect<S, Stream: Send, Future: Send> + Send + 'static,
{
    Box::pin(async move {
        let silent =
            |what: &str| format!("the server did not answer the {what} within {} s", PATIENCE.as_secs());
        let login = tokio::time::timeout(PATIENCE, settings.connect_raw(stream, tls)).await;
        let (client, connection) = match login {
            Ok(Ok(connected)) => connected,
            Ok(Err(error)) => return Asked::NotLetIn(outcome_of(&error)),
            Err(_) => return Asked::NotLetIn(unreachable(silent("login"))),
        };
        let answered = async move {
            let answer = client.simple_query(&question).await;
            drop(client); // says goodbye
            answer
        };
        let both = async { tokio::join!(answered, connection).0 };
        match tokio::time::timeout(PATIENCE, both).await {
            Ok(Ok(messages)) => Asked::Rows(rows(&messages)),
            Ok(Err(error)) => match error.as_db_error() {
                Some(refusal) => Asked::Refused(clean::line(refusal.message().as_bytes())),
                None => Asked::Lost(chain(&error)),
            },
            Err(_) => Asked::Lost(silent("question")),
        }
    })
}

fn rows(messages: &[SimpleQueryMessage]) -> Vec<Row> {
    let row = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|index| row.get(index).unwrap_or_default().to_owned()).collect())
        }
        _ => None,
    };
    messages.iter().filter_map(row).collect()
}
