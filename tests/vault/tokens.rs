//! Where the token comes from, held against `tokens.toml`; and how a token that has died is replaced.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;
use vaultdeck::config::LoginSettings;
use vaultdeck::model::facts::TokenSource;
use vaultdeck::world::vault::{TokenKeeper, Vault};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::Cases;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    token: Option<String>,
    from: Option<String>,
    shadows: Option<String>,
    differs: Option<bool>,
    foreign: Option<String>,
    trouble: Option<String>,
    because: Option<String>,
}

#[tokio::test]
async fn the_token_is_the_one_that_the_cli_would_use() {
    let Cases::<Case> { case: cases } = toml::from_str(include_str!("tokens.toml")).unwrap();
    for case in cases {
        let home = tempfile::tempdir().unwrap();
        let here = |text: &String| text.replace("{home}", home.path().to_str().unwrap());
        let variables = case.variables.iter().map(|(name, value)| (name.clone(), here(value))).collect();
        write_files(home.path(), &case.files, &here);
        let tokens = TokenKeeper::new(&super::surroundings(&variables, home.path()), "https://vault.example");
        check(&case, &tokens, &here).await;
    }
}

fn write_files(home: &Path, files: &BTreeMap<String, String>, here: &impl Fn(&String) -> String) {
    for (name, text) in files {
        let file = home.join(name);
        std::fs::write(&file, here(text)).unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o700)).unwrap();
    }
}

async fn check(case: &Case, tokens: &TokenKeeper, here: &impl Fn(&String) -> String) {
    let name = &case.name;
    let foreign = tokens.cli_config().foreign.as_ref().map(|path| path.display().to_string());
    assert_eq!(foreign, case.foreign.as_ref().map(here), "{name}");
    match (tokens.current().await, &case.trouble) {
        (Ok(token), None) => {
            assert_eq!(Some(token.value.expose_secret()), case.token.as_deref(), "{name}");
            let (source, shadows) = tokens.provenance().await;
            assert_eq!(Some(source.to_string()), case.from.as_ref().map(here), "{name}");
            let hidden = shadows.as_ref().map(|shadow| shadow.source.to_string());
            assert_eq!(hidden, case.shadows.as_ref().map(here), "{name}");
            assert_eq!(shadows.map(|shadow| shadow.differs), case.differs, "{name}");
        }
        (Err(said), Some(trouble)) => {
            assert_eq!(said.what, here(trouble), "{name}");
            let because = case.because.clone().unwrap_or_default();
            assert!(said.because.unwrap_or_default().contains(&because), "{name}");
        }
        (outcome, trouble) => panic!("{name}: {outcome:?} but {trouble:?}"),
    }
}

/// A Vault that accepts one token and calls every other dead.
async fn vault_that_accepts(token: &str) -> MockServer {
    let server = MockServer::start().await;
    let dead = ResponseTemplate::new(403).set_body_json(json!({ "errors": ["permission denied"] }));
    Mock::given(method("GET")).respond_with(dead).with_priority(5).mount(&server).await;
    let alive = ResponseTemplate::new(200).set_body_json(json!({ "data": {} }));
    Mock::given(header("X-Vault-Token", token)).respond_with(alive).with_priority(1).mount(&server).await;
    server
}

/// A Vault whose token lies in a file at home.
fn with_token_file(server: &MockServer, token: &str) -> (TempDir, Vault) {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join(".vault-token"), token).unwrap();
    let variables = [("VAULT_ADDR".to_owned(), server.uri())].into();
    let vault = Vault::new(&super::settings(), &super::surroundings(&variables, home.path()));
    (home, vault)
}

#[tokio::test]
async fn a_login_in_another_window_is_picked_up() {
    let server = vault_that_accepts("s.new").await;
    let (home, vault) = with_token_file(&server, "s.old");
    assert_eq!(vault.read("auth/token/lookup-self").await.unwrap().status, 403);
    std::fs::write(home.path().join(".vault-token"), "s.new").unwrap();
    assert_eq!(vault.read("auth/token/lookup-self").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_helper_is_asked_again_once_its_token_has_died() {
    let server = vault_that_accepts("s.new").await;
    let home = tempfile::tempdir().unwrap();
    let kept = home.path().join("kept");
    let script = format!("#!/bin/sh\ncat {}; echo s.new > {}\n", kept.display(), kept.display());
    let files = [
        (".vault".to_owned(), format!("token_helper = \"{}/helper\"", home.path().display())),
        ("helper".to_owned(), script),
        ("kept".to_owned(), "s.old".to_owned()),
    ];
    write_files(home.path(), &files.into(), &String::clone);
    let variables = [("VAULT_ADDR".to_owned(), server.uri())].into();
    let vault = Vault::new(&super::settings(), &super::surroundings(&variables, home.path()));
    assert_eq!(vault.read("auth/token/lookup-self").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_helper_that_knows_only_a_dead_token_is_left_alone_for_a_while() {
    let server = vault_that_accepts("s.new").await;
    let home = tempfile::tempdir().unwrap();
    let asked = home.path().join("asked");
    let files = [
        (".vault".to_owned(), format!("token_helper = \"{}/helper\"", home.path().display())),
        ("helper".to_owned(), format!("#!/bin/sh\necho once >> {}\necho s.old\n", asked.display())),
    ];
    write_files(home.path(), &files.into(), &String::clone);
    let variables = [("VAULT_ADDR".to_owned(), server.uri())].into();
    let vault = Vault::new(&super::settings(), &super::surroundings(&variables, home.path()));
    for _ in 0..5 {
        assert_eq!(vault.read("auth/token/lookup-self").await.unwrap().status, 403);
    }
    assert_eq!(std::fs::read_to_string(asked).unwrap(), "once\nonce\n");
}

#[tokio::test]
async fn a_login_is_held_in_memory_and_wins_until_vault_refuses_it() {
    let server = vault_that_accepts("s.fresh").await;
    let login = ResponseTemplate::new(200).set_body_json(json!({ "auth": { "client_token": "s.fresh" } }));
    Mock::given(path("/v1/auth/userpass/login/jane"))
        .and(body_json(json!({ "password": "open sesame" })))
        .respond_with(login)
        .mount(&server)
        .await;
    let (home, vault) = with_token_file(&server, "s.old");
    let method = LoginSettings::Userpass { username: "jane".to_owned(), mount: "userpass".to_owned() };
    assert_eq!(method.way().question.as_deref(), Some("password of jane at userpass"));
    vault.log_in(&method, Some("open sesame".into()), &|_| {}).await.unwrap();
    let (source, shadows) = vault.tokens().provenance().await;
    assert_eq!(source, TokenSource::Profile("userpass".to_owned()));
    assert!(shadows.unwrap().differs);
    assert_eq!(vault.read("sys/mounts").await.unwrap().status, 200);
    assert_eq!(std::fs::read_to_string(home.path().join(".vault-token")).unwrap(), "s.old");
    server.reset().await;
    let dead = ResponseTemplate::new(403).set_body_json(json!({ "errors": ["permission denied"] }));
    Mock::given(method_get()).respond_with(dead).mount(&server).await;
    vault.read("sys/mounts").await.unwrap();
    let (source, _) = vault.tokens().provenance().await;
    assert!(matches!(source, TokenSource::File(_)), "{source}");
}

fn method_get() -> impl wiremock::Match {
    method("GET")
}

#[tokio::test]
async fn a_login_command_prints_the_token_or_leaves_it_in_the_file() {
    let server = vault_that_accepts("s.printed").await;
    let (home, vault) = with_token_file(&server, "s.old");
    let files = [
        ("prints".to_owned(), "#!/bin/sh\necho 'open the page' >&2\necho s.printed\n".to_owned()),
        (
            "leaves".to_owned(),
            format!(
                "#!/bin/sh\necho Success! You are logged in\nprintf s.left > {}/.vault-token\n",
                home.path().display()
            ),
        ),
        ("fails".to_owned(), "#!/bin/sh\necho 'no ticket' >&2\nexit 1\n".to_owned()),
    ];
    write_files(home.path(), &files.into(), &String::clone);
    let by = |name: &str| LoginSettings::Command { command: home.path().join(name).display().to_string() };
    let said = std::sync::Mutex::new(Vec::new());
    vault.log_in(&by("prints"), None, &|line| said.lock().unwrap().push(line)).await.unwrap();
    assert_eq!(vault.tokens().current().await.unwrap().value.expose_secret(), "s.printed");
    assert_eq!(*said.lock().unwrap(), ["open the page"]);
    vault.log_in(&by("leaves"), None, &|_| {}).await.unwrap();
    assert_eq!(vault.tokens().current().await.unwrap().value.expose_secret(), "s.left");
    let trouble = vault.log_in(&by("fails"), None, &|_| {}).await.unwrap_err();
    assert!(trouble.because.as_deref().unwrap().ends_with("no ticket"), "{trouble}");
}

#[tokio::test]
async fn a_token_that_is_typed_wrong_cannot_break_a_header() {
    let server = MockServer::start().await;
    let (_home, vault) = with_token_file(&server, "s.old");
    let typed = SecretString::from("s.canary\nX-Evil: yes");
    vault.log_in(&LoginSettings::Token {}, Some(typed), &|_| {}).await.unwrap();
    let trouble = vault.read("sys/mounts").await.err().unwrap();
    assert_eq!(trouble.what, "the token from login by token cannot be sent");
    assert!(!trouble.to_string().contains("canary"));
    assert!(server.received_requests().await.unwrap().is_empty());
}
