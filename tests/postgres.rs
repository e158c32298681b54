//! The proof of a database login against a server that speaks just enough of the protocol to let in or refuse.

mod psql;
mod server;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use proptest::prelude::*;
use secrecy::SecretString;
use vaultdeck::model::facts::{Facts, LoginFacts, LoginOutcome, RefusalClass};
use vaultdeck::model::trouble::Trouble;
use vaultdeck::probe::Probe;
use vaultdeck::probe::login::{LoginPlan, LoginProbe, ReadSecret};
use vaultdeck::world::postgres::{Dial, Direct, Login, TlsMode};
use vaultdeck::world::vault::SecretValues;

use server::{PASSWORD, Server};

const CANARY: &str = "canary-5d1f";

/// What KV holds, without a Vault.
struct Values(Vec<(&'static str, String)>);

impl Values {
    fn of(port: u16) -> Self {
        Self(vec![
            ("pg_host", "127.0.0.1".to_owned()),
            ("pg_port", port.to_string()),
            ("pg_user", "authentik".to_owned()),
            ("pg_password", PASSWORD.to_owned()),
            ("pg_name", "authentik".to_owned()),
            ("secret_key", "k".repeat(50)),
        ])
    }

    fn with(mut self, key: &str, value: &str) -> Self {
        self.0.iter_mut().filter(|(name, _)| *name == key).for_each(|(_, held)| value.clone_into(held));
        self
    }

    fn without(mut self, key: &str) -> Self {
        self.0.retain(|(name, _)| *name != key);
        self
    }
}

#[async_trait]
impl ReadSecret for Values {
    async fn read(&self, _path: &str) -> Result<SecretValues, Trouble> {
        let values =
            self.0.iter().map(|(key, value)| ((*key).to_owned(), SecretString::from(value.as_str())));
        Ok(SecretValues { version: 8, values: values.collect() })
    }
}

async fn look(values: Values) -> Result<LoginFacts, Trouble> {
    let plan = LoginPlan {
        credentials: "database".to_owned(),
        key: "config".to_owned(),
        tls: TlsMode::Disable,
        ca_file: None,
    };
    match LoginProbe::new(Arc::new(values), Arc::new(Direct), plan).look().await? {
        Facts::Login(facts) => Ok(*facts),
        other => panic!("not about a login: {other:?}"),
    }
}

async fn log_in(server: &Server, host: &str, tls: TlsMode, ca_file: Option<&str>) -> LoginOutcome {
    let login = Login {
        host: host.to_owned(),
        database: "authentik".to_owned(),
        user: "authentik".to_owned(),
        password: SecretString::from(PASSWORD),
        tls,
        ca_file: ca_file.map(PathBuf::from),
    };
    login.attempt(Direct.dial("127.0.0.1", server.port()).await.unwrap()).await
}

const CA: Option<&str> = Some("tests/fixtures/postgres/ca.pem");

fn let_in() -> LoginOutcome {
    LoginOutcome::Ok { server_version: "15.18".to_owned() }
}

fn because(outcome: &LoginOutcome) -> &str {
    match outcome {
        LoginOutcome::Unreachable { because } => because,
        other => panic!("it was reached: {other:?}"),
    }
}

#[tokio::test]
async fn the_right_password_is_let_in_and_the_version_is_told() {
    let facts = look(Values::of(Server::plain().port())).await.unwrap();
    assert_eq!(facts.outcome, let_in());
    assert_eq!(
        (facts.secret_version, facts.through.as_str(), facts.tls.as_str()),
        (8, "control host", "disable")
    );
}

#[tokio::test]
async fn a_wrong_password_is_refused_with_its_sqlstate_and_stays_unsaid() {
    let facts = look(Values::of(Server::plain().port()).with("pg_password", CANARY)).await.unwrap();
    let LoginOutcome::Refused { sqlstate, class, .. } = &facts.outcome else { panic!("{:?}", facts.outcome) };
    assert_eq!((sqlstate.as_str(), *class), ("28P01", RefusalClass::WrongPassword));
    assert!(!format!("{facts:?}").contains(CANARY));
}

#[tokio::test]
async fn each_sqlstate_has_its_class() {
    let cases = [
        ("28000", RefusalClass::NotAllowed),
        ("3D000", RefusalClass::NoDatabase),
        ("53300", RefusalClass::TooManyConnections),
        ("57P03", RefusalClass::StartingUp),
        ("XX000", RefusalClass::Other),
    ];
    for (sqlstate, class) in cases {
        let server = Server::that_refuses(sqlstate, "no\u{1b}[2J way");
        let outcome = log_in(&server, "db.example", TlsMode::Disable, None).await;
        let message = "no way".to_owned();
        assert_eq!(outcome, LoginOutcome::Refused { sqlstate: sqlstate.to_owned(), class, message });
    }
}

#[tokio::test]
async fn verify_full_wants_the_chain_and_the_name() {
    let server = Server::with_tls();
    assert_eq!(log_in(&server, "db.example", TlsMode::VerifyFull, CA).await, let_in());
    let outcome = log_in(&server, "another.example", TlsMode::VerifyFull, CA).await;
    assert!(because(&outcome).contains("not valid for name"), "{outcome:?}");
}

#[tokio::test]
async fn verify_ca_wants_the_chain_alone() {
    let server = Server::with_tls();
    assert_eq!(log_in(&server, "another.example", TlsMode::VerifyCa, CA).await, let_in());
    let another_authority = Some("tests/fixtures/postgres/server.pem");
    let outcome = log_in(&server, "db.example", TlsMode::VerifyCa, another_authority).await;
    assert!(because(&outcome).contains("invalid peer certificate"), "{outcome:?}");
}

#[tokio::test]
async fn require_wants_tls_and_no_more() {
    assert_eq!(log_in(&Server::with_tls(), "another.example", TlsMode::Require, None).await, let_in());
    let outcome = log_in(&Server::plain(), "db.example", TlsMode::Require, None).await;
    assert!(because(&outcome).contains("server does not support TLS"), "{outcome:?}");
}

#[tokio::test]
async fn a_ca_file_that_is_not_there_is_named() {
    let outcome =
        log_in(&Server::with_tls(), "db.example", TlsMode::VerifyFull, Some("/nowhere/bundle.pem")).await;
    assert!(because(&outcome).contains("/nowhere/bundle.pem"), "{outcome:?}");
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_unreachable() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let facts = look(Values::of(port)).await.unwrap();
    assert!(because(&facts.outcome).to_lowercase().contains("connection refused"), "{:?}", facts.outcome);
}

#[tokio::test]
async fn a_missing_key_is_named_and_a_bad_port_is_told() {
    let trouble = look(Values::of(1).without("pg_password")).await.unwrap_err();
    assert_eq!(trouble.what, "database has no pg_password");
    let facts = look(Values::of(1).with("pg_port", "postgres")).await.unwrap();
    assert_eq!(because(&facts.outcome), "pg_port is no port number: postgres");
    let facts = look(Values::of(Server::plain().port()).without("secret_key")).await.unwrap();
    assert_eq!(facts.secret_key_shape.unwrap_err().what, "config has no secret_key");
}

#[tokio::test]
async fn a_value_is_told_by_its_shape() {
    let values = Values::of(1).with("pg_password", "p@ss w\u{f6}rd/\n").with("secret_key", "a/b@c$");
    let facts = look(values).await.unwrap();
    let password = facts.password_shape.unwrap();
    assert_eq!(password.length, 11);
    assert!(password.trailing_newline);
    assert_eq!(password.forbidden, ["space", "slash", "at sign", "not printable ascii"]);
    assert_eq!(facts.secret_key_shape.unwrap().forbidden, ["dollar"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_shape_never_repeats_the_value(secret in "[a-zA-Z0-9]{8,40}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let values = Values::of(1).with("pg_password", &secret).with("secret_key", &secret);
        let facts = runtime.block_on(look(values)).unwrap();
        prop_assert!(!serde_json::to_string(&facts).unwrap().contains(&secret));
        prop_assert!(facts.password_shape.unwrap().forbidden.is_empty());
    }
}
