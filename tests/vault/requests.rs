//! What `vault …` becomes on the wire, held against `requests.toml`; and what is known of a request that brought no answer.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use vaultdeck::config::LoginSettings;
use vaultdeck::exec::Failure;
use vaultdeck::model::runbook::Content;
use vaultdeck::model::trouble::TroubleKind;
use vaultdeck::world::vault::Vault;
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{Cases, settings, surroundings, vault_at};
use crate::orders::{Acting, CANARY, no_aws, order, with_stdin};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    command: String,
    stdin: Option<Content>,
    #[serde(default)]
    answers: Vec<Given>,
    sends: Vec<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    request_ids: Vec<String>,
    #[serde(default)]
    json: BTreeMap<String, String>,
    output: Option<String>,
    #[serde(default)]
    status: i32,
    #[serde(default)]
    missing: bool,
    #[serde(default)]
    refused: bool,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Given {
    to: String,
    #[serde(default = "good")]
    status: u16,
    #[serde(default)]
    body: String,
}

fn good() -> u16 {
    200
}

async fn vault_that_answers(answers: Vec<Given>) -> MockServer {
    let server = MockServer::start().await;
    let respond = move |request: &Request| {
        let asked = place(request);
        let given = answers.iter().find(|given| given.to == asked);
        let given = given.map(|given| ResponseTemplate::new(given.status).set_body_string(&given.body));
        given.unwrap_or_else(|| ResponseTemplate::new(404).set_body_string(r#"{"errors":[]}"#))
    };
    Mock::given(wiremock::matchers::any()).respond_with(respond).mount(&server).await;
    server
}

fn place(request: &Request) -> String {
    let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{} {}{query}", request.method, request.url.path())
}

fn told(request: &Request) -> String {
    let body: Option<Value> = serde_json::from_slice(&request.body).ok();
    place(request) + &body.map(|body| format!(" {body}")).unwrap_or_default()
}

fn acting_on(server: &MockServer) -> Acting {
    Acting::through(vault_at(&server.uri(), &[]), no_aws(), None, None)
}

#[tokio::test]
async fn every_verb_of_the_runbooks_is_the_request_that_the_cli_would_send() {
    let Cases::<Case> { case: cases } = toml::from_str(include_str!("requests.toml")).unwrap();
    for case in cases {
        let name = &case.name;
        let server = vault_that_answers(case.answers).await;
        let order = order(&case.command);
        let order = match &case.stdin {
            Some(stdin) => with_stdin(order, stdin),
            None => order,
        };
        let reply =
            acting_on(&server).carry_out(&order).await.unwrap_or_else(|none| panic!("{name}: {none:?}"));
        let requests = server.received_requests().await.unwrap();
        assert_eq!(requests.iter().map(told).collect::<Vec<_>>(), case.sends, "{name}");
        for request in &requests {
            let sent = |header: &str| request.headers.get(header).map(|value| value.to_str().unwrap());
            assert_eq!(sent("x-vault-request"), Some("true"), "{name}");
            assert_eq!(sent("x-vault-token"), Some("s.canary-token"), "{name}");
        }
        for (header, value) in &case.headers {
            let mut sent = requests.iter().filter_map(|request| request.headers.get(header.as_str()));
            assert_eq!(sent.next_back().map(|sent| sent.to_str().unwrap()), Some(value.as_str()), "{name}");
        }
        let answer = &reply.answer;
        assert_eq!(
            (answer.status, answer.missing, reply.refused),
            (case.status, case.missing, case.refused),
            "{name}"
        );
        assert_eq!(reply.request_ids, case.request_ids, "{name}");
        for (pointer, value) in &case.json {
            assert_eq!(answer.at(pointer).as_deref(), Some(value.as_str()), "{name}: {pointer}");
        }
        if let Some(output) = case.output {
            assert_eq!(answer.output, output, "{name}");
        }
    }
}

#[tokio::test]
async fn what_vault_warns_of_is_told_clean() {
    let body = r#"{"warnings":["TTL of \u001b[1m800h exceeded the mount's"],"data":null}"#.to_owned();
    let server = vault_that_answers(vec![Given { to: "PUT /v1/a".to_owned(), status: 200, body }]).await;
    let mut acting = acting_on(&server);
    acting.carry_out(&order("vault write a b=c")).await.unwrap();
    assert_eq!(acting.said(), ["warning: TTL of 800h exceeded the mount's"]);
}

async fn failure(address: &str, more: &[(&str, &str)]) -> Failure {
    let acting = Acting::through(vault_at(address, more), no_aws(), None, None);
    let failure = acting.carry_out(&order("vault write a b=${SECRET}")).await.unwrap_err();
    assert!(!failure.trouble.to_string().contains(CANARY), "{}", failure.trouble);
    failure
}

#[tokio::test]
async fn a_request_that_never_left_certainly_was_not_carried_out() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert!(failure(&format!("http://127.0.0.1:{port}"), &[]).await.definite, "nobody listens");
    let plain = MockServer::start().await;
    assert!(failure(&plain.uri().replacen("http", "https", 1), &[]).await.definite, "no tls");
    assert!(failure("http://no-such-host.invalid:8200", &[]).await.definite, "no such name");
}

#[tokio::test]
async fn a_request_whose_reply_is_lost_may_have_been_carried_out() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    assert!(!failure(&address, &[("VAULT_CLIENT_TIMEOUT", "300ms")]).await.definite, "no reply in time");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.readable().await.unwrap();
            drop(stream);
        }
    });
    assert!(!failure(&address, &[]).await.definite, "cut before the reply");
}

#[tokio::test]
async fn what_answers_in_vaults_place_says_nothing_of_what_vault_did() {
    for (status, body) in
        [(200, "<html><title>Portal</title>"), (502, "bad gateway"), (503, "<html>no server")]
    {
        let given = Given { to: "PUT /v1/a".to_owned(), status, body: body.to_owned() };
        let server = vault_that_answers(vec![given]).await;
        assert!(!failure(&server.uri(), &[]).await.definite, "{status}");
    }
}

#[tokio::test]
async fn a_write_is_sent_once_and_never_to_another_host() {
    let elsewhere = vault_that_answers(Vec::new()).await;
    let server = MockServer::start().await;
    let away = ResponseTemplate::new(307).insert_header("Location", format!("{}/v1/a", elsewhere.uri()));
    Mock::given(path("/v1/a")).respond_with(away).mount(&server).await;
    assert!(
        failure(&server.uri(), &[("VAULT_MAX_RETRIES", "3")]).await.definite,
        "who redirects has not obeyed"
    );
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

/// A Vault that has forgotten the operator's token and knows the password.
async fn vault_after_the_token() -> MockServer {
    let server = MockServer::start().await;
    let dead = ResponseTemplate::new(403).set_body_string(r#"{"errors":["permission denied"]}"#);
    let alive = ResponseTemplate::new(204);
    Mock::given(header("X-Vault-Token", "s.canary-token")).respond_with(dead).mount(&server).await;
    Mock::given(header("X-Vault-Token", "s.fresh")).respond_with(alive).mount(&server).await;
    Mock::given(method("POST"))
        .and(path("/v1/auth/userpass/login/jane"))
        .and(body_string(r#"{"password":"geheim"}"#))
        .respond_with(ResponseTemplate::new(200).set_body_string(r#"{"auth":{"client_token":"s.fresh"}}"#))
        .mount(&server)
        .await;
    server
}

fn by_password(server: &MockServer) -> Vault {
    let login = LoginSettings::Userpass { username: "jane".to_owned(), mount: "userpass".to_owned() };
    let profile = vaultdeck::config::VaultSettings { login: Some(login), ..settings() };
    let variables = [("VAULT_ADDR", server.uri()), ("VAULT_TOKEN", "s.canary-token".to_owned())];
    let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Vault::new(&profile, &surroundings(&variables, std::path::Path::new("/nonexistent")))
}

#[tokio::test]
async fn a_token_that_dies_in_a_run_is_replaced_by_a_login_and_the_request_is_sent_again() {
    let server = vault_after_the_token().await;
    let mut acting = Acting::through(by_password(&server), no_aws(), None, Some("geheim"));
    let write = order("vault write a b=c");
    let both = tokio::time::timeout(Duration::from_secs(20), async {
        tokio::join!(acting.carry_out(&write), acting.carry_out(&write))
    });
    let (one, two) = both.await.unwrap();
    assert_eq!((one.unwrap().answer.status, two.unwrap().answer.status), (0, 0));
    let requests = server.received_requests().await.unwrap();
    let logins = requests.iter().filter(|request| request.url.path().contains("login")).count();
    assert_eq!(logins, 1, "who meets the dead token first logs in for all");
    assert!(acting.said().iter().any(|line| line.contains("logging in again")));
}

#[tokio::test]
async fn a_dead_token_is_replaced_before_a_step_and_one_that_lives_is_kept() {
    let server = vault_after_the_token().await;
    let acting = Acting::through(by_password(&server), no_aws(), None, Some("geheim"));
    assert!(acting.logged_in_anew().await.unwrap());
    assert!(!acting.logged_in_anew().await.unwrap(), "it lives now");

    let unanswered = Acting::through(by_password(&server), no_aws(), None, None);
    let trouble = unanswered.logged_in_anew().await.unwrap_err();
    assert!(trouble.what.contains("logging in again failed"), "{trouble}");
}

#[tokio::test]
async fn a_login_that_nobody_answers_or_that_is_refused_leaves_the_run_to_be_resumed() {
    for answer in [None, Some("falsch")] {
        let server = vault_after_the_token().await;
        let acting = Acting::through(by_password(&server), no_aws(), None, answer);
        let failure = acting.carry_out(&order("vault write a b=c")).await.unwrap_err();
        assert!(failure.definite, "{answer:?}");
        assert_eq!(failure.trouble.kind, TroubleKind::Credentials);
        assert!(failure.trouble.what.contains("does not accept the token"), "{}", failure.trouble);
    }
}

#[tokio::test]
async fn a_token_that_is_to_be_revoked_is_not_replaced_first() {
    let server = vault_after_the_token().await;
    let acting = Acting::through(by_password(&server), no_aws(), None, Some("geheim"));
    let reply = acting.carry_out(&order("vault token revoke -self")).await.unwrap();
    assert_eq!((reply.answer.status, reply.refused), (2, true));
    assert!(
        server.received_requests().await.unwrap().iter().all(|request| !request.url.path().contains("login"))
    );
}

#[tokio::test]
async fn vault_login_goes_the_profiles_own_way() {
    let server = vault_after_the_token().await;
    let acting = Acting::through(by_password(&server), no_aws(), None, Some("geheim"));
    assert_eq!(acting.carry_out(&order("vault-login")).await.unwrap().answer.status, 0);
    let reply = acting.carry_out(&order("vault write a b=c")).await.unwrap();
    assert_eq!(reply.answer.status, 0);
}
