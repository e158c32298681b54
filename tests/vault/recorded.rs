//! Answers of real servers made into facts, held against `recorded.toml`; and values, which are read only on request.

use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::Value;
use toml::Table;
use vaultdeck::model::facts::{MountsFacts, Part, SecretId, TokenSource};
use vaultdeck::model::trouble::Trouble;
use vaultdeck::probe::token::Provenance;
use vaultdeck::probe::{access, mounts, policy, role, secret, token, vault};
use vaultdeck::world::vault::{Address, Answer};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};
use zeroize::Zeroizing;

use super::Cases;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    look: String,
    answers: Vec<String>,
    #[serde(default)]
    expect: Table,
    trouble: Option<String>,
}

#[test]
fn answers_of_real_servers_become_facts() {
    let Cases::<Case> { case: cases } = toml::from_str(include_str!("recorded.toml")).unwrap();
    for Case { name, look, answers, expect, trouble } in cases {
        let answers: Vec<Answer> = answers.iter().map(|answer| recorded(answer)).collect();
        match (facts(&look, answers), trouble) {
            (Ok(facts), None) => {
                for (pointer, expected) in expect {
                    assert_eq!(at(&facts, &pointer), plain(&expected), "{name}: {pointer} in {facts:#}");
                }
            }
            (Err(said), Some(trouble)) => assert!(said.what.starts_with(&trouble), "{name}: {said}"),
            (outcome, trouble) => panic!("{name}: {outcome:?} but {trouble:?}"),
        }
    }
}

fn recorded(name: &str) -> Answer {
    let exchange = exchange(name);
    let text = |pointer: &str| exchange.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let path = text("/request/path").trim_start_matches("/v1/").split('?').next().unwrap();
    let verb = match text("/request/method") {
        "GET" => "read",
        "LIST" => "list",
        _ => "call",
    };
    let status = u16::try_from(exchange["response"]["status"].as_u64().unwrap()).unwrap();
    let body = match &exchange["response"]["body"] {
        Value::Null => Vec::new(),
        body => serde_json::to_vec(body).unwrap(),
    };
    Answer::new(&format!("{verb} {path}"), "http://vault.example", status, Zeroizing::new(body))
}

fn exchange(name: &str) -> Value {
    let file = format!("{}/tests/fixtures/vault/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}")))
        .unwrap()
}

fn facts(look: &str, answers: Vec<Answer>) -> Result<Value, Trouble> {
    let deployment = super::deployment();
    let mut next = answers.into_iter();
    let mut one = || next.next().expect("another answer");
    Ok(match look {
        "vault" => as_json(vault::vault_facts(&address(), &one(), Ok(one()), Ok(one()))?),
        "token" => as_json(token::token_facts(Ok(one()), provenance())?),
        "access" => as_json(access::access_facts(&one())?),
        "policy" => as_json(policy::policy_facts(&one(), &deployment.policy, &deployment.policy_text)?),
        "secret" => as_json(secret::secret_facts("cwiq/shared/authentik/database", &one(), &one())?),
        "mounts" => as_json(MountsFacts {
            kv: mounts::kv_mount(&one(), "secret")?,
            approle: mounts::auth_mount(&one(), &one(), "approle")?,
            audit: mounts::audit_devices(&one())?,
        }),
        "role" => {
            let (role, role_id, locked, listed) = (one(), one(), one(), one());
            let ledger = ledger(&listed, one)?;
            as_json(role::role_facts("authentik", &role, &role_id, &locked, ledger)?)
        }
        other => panic!("no look {other}"),
    })
}

fn ledger(listed: &Answer, mut next: impl FnMut() -> Answer) -> Result<Part<Vec<SecretId>>, Trouble> {
    match role::accessors(listed)? {
        Err(trouble) => Ok(Err(trouble)),
        Ok(accessors) => accessors.iter().map(|accessor| role::secret_id(&next(), accessor)).collect(),
    }
}

fn as_json(facts: impl serde::Serialize) -> Value {
    serde_json::to_value(facts).unwrap()
}

fn address() -> Address {
    Address { url: "http://vault.example".parse().unwrap(), socket: None, source: "VAULT_ADDR".to_owned() }
}

fn provenance() -> Provenance {
    Provenance { source: TokenSource::Environment("VAULT_TOKEN".to_owned()), shadows: None }
}

fn at(facts: &Value, pointer: &str) -> String {
    let value = facts.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {facts:#}"));
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn the_role_is_locked_when_its_role_id_is_among_the_locked_users() {
    let locked_users = recorded("sys_locked_users");
    let role_id = |id: &str| {
        let body = format!("{{\"data\":{{\"role_id\":\"{id}\"}}}}");
        Answer::new("read role-id", "", 200, Zeroizing::new(body.into_bytes()))
    };
    for (id, locked) in [("1551c94e-11a7-810b-fe01-afede6f6a09b", true), ("another", false)] {
        let role = recorded("approle_role_read");
        let facts = role::role_facts("authentik", &role, &role_id(id), &locked_users, Ok(vec![])).unwrap();
        assert_eq!(facts.locked, Ok(locked));
    }
}

#[test]
fn metadata_of_a_secret_id_names_host_issuer_and_ticket() {
    let body = br#"{"data":{"metadata":{"host":"authentik-1","issued_by":"jane","ticket":"OPS-\u001b[1m7"},
        "creation_time":"2026-11-22T05:05:23+02:00","expiration_time":"0001-01-01T00:00:00Z","secret_id_num_uses":4}}"#;
    let answer = Answer::new("call lookup", "", 200, Zeroizing::new(body.to_vec()));
    let row = role::secret_id(&answer, "a1b2c3d4-e5").unwrap().unwrap();
    assert_eq!(row.host.as_deref(), Some("authentik-1"));
    assert_eq!((row.issued_by.as_deref(), row.ticket.as_deref()), (Some("jane"), Some("OPS-7")));
    assert_eq!(row.created, Some("2026-11-22T03:05:23Z".parse().unwrap()));
    assert_eq!((row.expires, row.uses_left, row.short().as_str()), (None, 4, "a1b2c3d4"));
}

#[test]
fn the_clock_is_compared_at_the_middle_of_the_request() {
    let at = |second: &str| second.parse().unwrap();
    let health = recorded("sys_health_active_200"); // the server says 03:05:23
    let told = |asked: &str, answered: &str| {
        let health = recorded("sys_health_active_200").between(at(asked), at(answered));
        let offset = |answer: &str| Ok(recorded(answer));
        vault::vault_facts(&address(), &health, offset("sys_seal_status_unsealed"), offset("sys_leader_dev"))
            .unwrap()
            .clock_offset_seconds
    };
    assert!(health.data::<Value>().is_err(), "health stands outside of data");
    let same = told("2026-11-22T03:05:22.5Z", "2026-11-22T03:05:24.5Z");
    assert!(same.abs() < 0.01, "{same}");
    let ahead = told("2026-11-22T03:04:22.5Z", "2026-11-22T03:04:24.5Z");
    assert!((ahead - 60.0).abs() < 0.01, "{ahead}");
}

async fn vault_with_secret(recording: &str) -> (MockServer, vaultdeck::world::vault::Vault) {
    let exchange = exchange(recording);
    let server = MockServer::start().await;
    let status = u16::try_from(exchange["response"]["status"].as_u64().unwrap()).unwrap();
    let answer = ResponseTemplate::new(status).set_body_json(&exchange["response"]["body"]);
    Mock::given(path("/v1/secret/data/a/database")).respond_with(answer).mount(&server).await;
    let vault = super::vault_at(&server.uri(), &[]);
    (server, vault)
}

#[tokio::test]
async fn values_are_read_into_memory_that_does_not_print() {
    let (_server, vault) = vault_with_secret("kv2_get_v4").await;
    let secret = vault.read_secret("secret", "a/database").await.unwrap();
    assert_eq!(secret.version, 4);
    assert_eq!(secret.values["pg_user"].expose_secret(), "authentik");
    assert!(!format!("{secret:?}").contains("FAKEpw"));
}

#[tokio::test]
async fn a_deleted_secret_and_one_that_never_was_are_told_apart() {
    let (_server, vault) = vault_with_secret("kv2_get_deleted_404_with_body").await;
    let trouble = vault.read_secret("secret", "a/database").await.unwrap_err();
    assert_eq!(trouble.because.as_deref(), Some("version 4 is deleted"));
    let (_server, vault) = vault_with_secret("kv2_get_404_never").await;
    let trouble = vault.read_secret("secret", "a/database").await.unwrap_err();
    assert_eq!(trouble.because.as_deref(), Some("there is nothing at that path (404)"));
}
