//! `psql …` on the real database, told as psql tells it. What the password is never becomes a file.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::exec::{Failure, Order, Reply, psql};
use crate::model::facts::{LoginOutcome, RefusalClass};
use crate::model::runbook::Answer;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::world::postgres::{Asked, Dial, Login, TlsMode};

/// Exit status of psql when it is not let in.
const NOT_LET_IN: i32 = 2;

/// Exit status of psql when a statement is refused.
const STATEMENT_REFUSED: i32 = 1;

/// `sslrootcert` for the certificates of the system.
const SYSTEM: &str = "system";

/// Carries a `psql` command out.
pub(super) async fn carry_out(way: &dyn Dial, order: &Order) -> Result<Reply, Failure> {
    let said = psql::Said::of(order).map_err(Failure::before_the_act)?;
    let login = login(&said).map_err(Failure::before_the_act)?;
    let port = said.port().map_err(Failure::before_the_act)?;
    let stream = way.dial(&login.host, port).await.map_err(Failure::before_the_act)?;
    let place = format!("connection to server at \"{}\", port {port} failed", login.host);
    match login.ask(stream, &said.statement).await {
        Asked::Rows(rows) => {
            let output = rows.iter().map(|row| row.join("|") + "\n").collect();
            Ok(Reply { answer: Answer { output, ..Answer::default() }, ..Reply::default() })
        }
        Asked::Refused(words) => Ok(refused(STATEMENT_REFUSED, format!("ERROR:  {words}"))),
        Asked::Lost(because) => Err(Failure::in_the_act(unreachable(&login).because(because))),
        Asked::NotLetIn(outcome) => not_let_in(&login, &place, outcome),
    }
}

fn login(said: &psql::Said) -> Result<Login, Trouble> {
    let word = said.given("sslmode").unwrap_or("require");
    let modes = [TlsMode::Disable, TlsMode::Require, TlsMode::VerifyCa, TlsMode::VerifyFull];
    let tls = modes.into_iter().find(|mode| mode.to_string() == word).ok_or_else(|| {
        Trouble::new(format!("sslmode={word} is not known here"))
            .hint("disable, require, verify-ca or verify-full: each says what it promises")
    })?;
    Ok(Login {
        host: said.parameter("host")?.to_owned(),
        database: said.parameter("dbname")?.to_owned(),
        user: said.parameter("user")?.to_owned(),
        password: SecretString::from(said.password.as_str()),
        tls,
        ca_file: said.given("sslrootcert").filter(|path| *path != SYSTEM).map(PathBuf::from),
    })
}

/// A server that is full or starting says nothing about the password: that is no answer.
fn not_let_in(login: &Login, place: &str, outcome: LoginOutcome) -> Result<Reply, Failure> {
    match outcome {
        LoginOutcome::Refused {
            class: class @ (RefusalClass::TooManyConnections | RefusalClass::StartingUp),
            message,
            ..
        } => Err(Failure::before_the_act(unreachable(login).because(format!("{class}: {message}")))),
        LoginOutcome::Refused { message, .. } => {
            Ok(refused(NOT_LET_IN, format!("psql: error: {place}: FATAL:  {message}")))
        }
        LoginOutcome::Unreachable { because } => {
            Err(Failure::before_the_act(unreachable(login).because(because)))
        }
        LoginOutcome::Ok { .. } => Err(Failure::before_the_act(unreachable(login))),
    }
}

fn unreachable(login: &Login) -> Trouble {
    Trouble::new(format!("the database at {} does not answer", login.host)).kind(TroubleKind::Unreachable)
}

fn refused(status: i32, errors: String) -> Reply {
    let answer = Answer { errors, status, ..Answer::default() };
    Reply { answer, refused: true, ..Reply::default() }
}
