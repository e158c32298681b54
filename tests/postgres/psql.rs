//! `psql …` of the runbooks: what it answers, and what is known where it does not.

use vaultdeck::exec::{Failure, Order, Reply};
use vaultdeck::model::runbook::Content;
use vaultdeck::model::trouble::TroubleKind;
use zeroize::Zeroizing;

use super::server::{PASSWORD, Server};
use crate::orders::{Acting, CANARY, FILE, no_aws, no_vault, order};

fn psql(port: u16, password: &str, statement: &str) -> Order {
    let place = format!("host=127.0.0.1 port={port} user=authentik dbname=authentik sslmode=disable");
    let order = order(&format!(r#"psql "{place} passfile={{file}}" -tA -c "{statement}""#));
    let held = order.held.clone().and("PASSWORD", Zeroizing::new(password.to_owned()));
    let fields = ["127.0.0.1", "5432", "authentik", "authentik", "${PASSWORD}"];
    let file = Content::Passfile(fields.into_iter().map(|field| field.parse().unwrap()).collect());
    Order { file: Some((FILE.to_owned(), file.fill(&|_: &str| None).unwrap())), held, ..order }
}

async fn carried_out(order: &Order) -> Result<Reply, Failure> {
    Acting::through(no_vault(), no_aws(), None, None).carry_out(order).await
}

#[tokio::test]
async fn the_password_of_the_orders_file_logs_in_and_the_question_is_answered() {
    let reply = carried_out(&psql(Server::plain().port(), PASSWORD, "select 1")).await.unwrap();
    assert_eq!((reply.answer.status, reply.answer.output.as_str()), (0, "1\n"));
    assert!(!std::path::Path::new(FILE).exists(), "the password is no file");
}

#[tokio::test]
async fn a_wrong_password_is_refused_in_psqls_words() {
    let reply = carried_out(&psql(Server::plain().port(), CANARY, "select 1")).await.unwrap();
    assert_eq!((reply.answer.status, reply.refused), (2, true));
    let words = "FATAL:  password authentication failed for user \"authentik\"";
    assert!(reply.answer.errors.ends_with(words), "{}", reply.answer.errors);
    assert!(!reply.answer.errors.contains(CANARY));
}

#[tokio::test]
async fn a_refused_statement_is_told_from_a_refused_login() {
    let reply = carried_out(&psql(Server::plain().port(), PASSWORD, "selekt 1")).await.unwrap();
    assert_eq!((reply.answer.status, reply.answer.errors.as_str()), (1, "ERROR:  syntax error"));
}

#[tokio::test]
async fn a_database_that_does_not_answer_refuses_nothing() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let full = Server::that_refuses("53300", "sorry, too many clients already");
    let starting = Server::that_refuses("57P03", "the database system is starting up");
    for port in [nobody, full.port(), starting.port()] {
        let failure = carried_out(&psql(port, PASSWORD, "select 1")).await.unwrap_err();
        assert!(failure.definite);
        assert_eq!(failure.trouble.kind, TroubleKind::Unreachable, "{}", failure.trouble);
    }
}

#[tokio::test]
async fn another_form_of_psql_and_another_password_file_are_refused_before_anything_happens() {
    let no_form = carried_out(&order("psql -l")).await.unwrap_err();
    assert!(no_form.trouble.what.contains("one form only"), "{}", no_form.trouble);
    let text = r#"psql "host=h dbname=d user=u passfile=/root/.pgpass" -tA -c "select 1""#;
    let no_file = carried_out(&order(text)).await.unwrap_err();
    assert!(no_file.trouble.what.contains("where the password is"), "{}", no_file.trouble);
}
