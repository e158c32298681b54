//! Servers that answer badly, sit still, never stop, or try to lure the token away.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde::Deserialize;
use vaultdeck::model::trouble::{Trouble, TroubleKind};
use vaultdeck::world::vault::{Answer, Vault};
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};
use zeroize::Zeroizing;

use super::{Cases, vault_at};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    status: u16,
    #[serde(default)]
    body: String,
    bytes: Option<Vec<u8>>,
    what: String,
    because: String,
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Policy {
    #[expect(dead_code, reason = "only its presence is asked for")]
    policy: String,
}

async fn answering(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(response).mount(&server).await;
    server
}

async fn trouble_of(vault: &Vault) -> Trouble {
    let answer = vault.read("sys/policies/acl/x").await;
    answer.and_then(|answer| answer.data::<Policy>().map(|_| ())).expect_err("an answer that must not pass")
}

#[tokio::test]
async fn every_bad_answer_is_said_in_an_operators_words() {
    let Cases::<Case> { case: cases } = toml::from_str(include_str!("hostile.toml")).unwrap();
    for case in cases {
        let name = &case.name;
        let body = case.bytes.unwrap_or(case.body.into_bytes());
        let server = answering(ResponseTemplate::new(case.status).set_body_bytes(body)).await;
        let trouble = trouble_of(&vault_at(&server.uri(), &[])).await;
        let because = trouble.because.clone().unwrap_or_default();
        assert!(trouble.what.contains(&case.what), "{name}: {trouble}");
        assert!(because.contains(&case.because), "{name}: {trouble}");
        let kind = case.kind.unwrap_or_else(|| "Other".to_owned());
        assert_eq!(format!("{:?}", trouble.kind), kind, "{name}");
        let foreign =
            |text: &str| text.contains(|character: char| character.is_control() || character == '\u{202e}');
        assert!(!foreign(&trouble.what) && !foreign(&because), "{name}: {trouble:?}");
        assert!(!trouble.to_string().contains("canary"), "{name}: {trouble}");
    }
}

proptest! {
    #[test]
    fn whatever_comes_back_is_a_payload_or_clean_words(
        status in 100_u16..600,
        body in prop_oneof![any::<Vec<u8>>(), ".*".prop_map(|text| format!("{{\"errors\":[{text:?}]}}").into_bytes())]
    ) {
        let answer = Answer::new("read x", "http://vault.example", status, Zeroizing::new(body));
        if let Err(trouble) = answer.part::<Policy>().and_then(|part| part) {
            let because = trouble.because.clone().unwrap_or_default();
            prop_assert!(because.chars().count() < 1000 && !because.contains(char::is_control), "{trouble}");
        }
    }
}

#[tokio::test]
async fn the_token_never_follows_a_redirect_to_another_host() {
    for status in [301, 302, 307, 308] {
        let elsewhere = answering(ResponseTemplate::new(200).set_body_string("{}")).await;
        let target = format!("{}/v1/sys/policies/acl/x", elsewhere.uri());
        let server = answering(ResponseTemplate::new(status).insert_header("Location", target)).await;
        let trouble = trouble_of(&vault_at(&server.uri(), &[])).await;
        assert!(trouble.because.unwrap().contains(&elsewhere.uri()), "the trouble must say where to");
        assert!(elsewhere.received_requests().await.unwrap().is_empty(), "{status}: a request went there");
    }
}

#[tokio::test]
async fn one_redirect_to_the_same_host_is_followed_and_a_second_is_not() {
    let server = MockServer::start().await;
    let to = |place: &str| ResponseTemplate::new(307).insert_header("Location", place);
    Mock::given(path("/v1/once")).respond_with(to("/v1/there")).mount(&server).await;
    Mock::given(path("/v1/twice")).respond_with(to("/v1/once")).mount(&server).await;
    Mock::given(path("/v1/there"))
        .and(header("X-Vault-Token", "s.canary-token"))
        .respond_with(ResponseTemplate::new(200).set_body_string("{\"data\":{}}"))
        .mount(&server)
        .await;
    let vault = vault_at(&server.uri(), &[]);
    assert_eq!(vault.read("once").await.unwrap().status, 200);
    assert_eq!(vault.read("twice").await.unwrap().status, 307);
    let strict = vault_at(&server.uri(), &[("VAULT_DISABLE_REDIRECTS", "true")]);
    assert!(strict.read("once").await.is_err());
}

#[tokio::test]
async fn a_redirect_that_leads_nowhere_is_trouble() {
    for location in ["", "http://", "mailto:jane@example"] {
        let response = ResponseTemplate::new(302);
        let response = if location.is_empty() {
            response
        } else {
            response.insert_header("Location", location.as_bytes())
        };
        let server = answering(response).await;
        assert!(trouble_of(&vault_at(&server.uri(), &[])).await.what.ends_with("sends us elsewhere"));
    }
}

#[tokio::test]
async fn a_server_that_accepts_and_never_answers_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let began = Instant::now();
    let trouble = trouble_of(&vault_at(&address, &[("VAULT_CLIENT_TIMEOUT", "200ms")])).await;
    assert!(began.elapsed() < Duration::from_secs(3));
    assert_eq!(trouble.because.as_deref(), Some("no answer within 0.2 s"));
    assert_eq!(trouble.kind, TroubleKind::Unreachable);
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_unreachable() {
    let trouble = trouble_of(&vault_at("http://127.0.0.1:9", &[])).await;
    assert_eq!(trouble.because.as_deref(), Some("connection refused: nothing listens there"));
    assert_eq!(trouble.kind, TroubleKind::Unreachable);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_unreachable() {
    let trouble = trouble_of(&vault_at("http://vault.invalid:8200", &[])).await;
    assert!(trouble.because.as_deref().unwrap().starts_with("the name does not resolve"), "{trouble}");
    assert_eq!(trouble.kind, TroubleKind::Unreachable);
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let server = answering(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 9 << 20])).await;
    let trouble = trouble_of(&vault_at(&server.uri(), &[])).await;
    assert!(trouble.what.ends_with("is too long"), "{trouble}");
}

#[tokio::test]
async fn requests_carry_what_the_cli_sends() {
    let server = MockServer::start().await;
    Mock::given(path("/v1/secret/metadata/a%20b/"))
        .and(query_param("list", "true"))
        .and(header("X-Vault-Request", "true"))
        .and(header("X-Vault-Token", "s.canary-token"))
        .and(header("X-Vault-Namespace", "team"))
        .respond_with(ResponseTemplate::new(200).set_body_string("{\"data\":{}}"))
        .mount(&server)
        .await;
    let vault = vault_at(&server.uri(), &[("VAULT_NAMESPACE", "team")]);
    assert_eq!(vault.list("secret/metadata/a b/").await.unwrap().status, 200);
    vault.ask("sys/health").await.unwrap();
    let open = server.received_requests().await.unwrap().pop().unwrap();
    assert!(!open.headers.contains_key("X-Vault-Token"), "health needs no token");
    assert!(!open.headers.contains_key("X-Vault-Namespace"), "health belongs to no namespace");
}

#[tokio::test]
async fn a_read_is_repeated_as_often_as_the_variable_says() {
    let server = answering(ResponseTemplate::new(500)).await;
    vault_at(&server.uri(), &[("VAULT_MAX_RETRIES", "1")]).read("x").await.unwrap();
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
    vault_at(&server.uri(), &[]).read("x").await.unwrap();
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_proxy_is_gone_through_when_one_is_named() {
    let proxy = answering(ResponseTemplate::new(200).set_body_string("{\"data\":{}}")).await;
    let vault = vault_at("http://vault.invalid:8200", &[("HTTP_PROXY", &proxy.uri())]);
    assert_eq!(vault.read("sys/mounts").await.unwrap().status, 200);
}
