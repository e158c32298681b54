//! TLS with servers that disagree with the profile in each of the usual ways.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, Stream};
use vaultdeck::model::trouble::{Trouble, TroubleKind};

use super::vault_at;

const HEALTH: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/vault/tls")).join(name)
}

fn text_of(name: &str) -> String {
    fixture(name).display().to_string()
}

/// A server for `vault.lab` that answers one connection, and tells the SNI name and the request it saw.
struct Server {
    port: u16,
    seen: JoinHandle<Option<(String, String)>>,
}

impl Server {
    fn start(wants_client_certificate: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Arc::new(config(wants_client_certificate));
        let seen = std::thread::spawn(move || serve(&listener.accept().ok()?.0, config));
        Self { port, seen }
    }
}

fn serve(mut socket: &TcpStream, config: Arc<ServerConfig>) -> Option<(String, String)> {
    let mut connection = ServerConnection::new(config).ok()?;
    let mut stream = Stream::new(&mut connection, &mut socket);
    let mut request = [0; 4096];
    let length = stream.read(&mut request).ok()?;
    stream.write_all(HEALTH).ok()?;
    connection.send_close_notify();
    connection.complete_io(&mut socket).ok();
    let name = connection.server_name().unwrap_or_default().to_owned();
    Some((name, String::from_utf8_lossy(request.get(..length)?).into_owned()))
}

fn config(wants_client_certificate: bool) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(fixture("ca.pem")).unwrap()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = if wants_client_certificate {
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    let certificate = CertificateDer::from_pem_file(fixture("server.pem")).unwrap();
    builder
        .with_single_cert(vec![certificate], PrivateKeyDer::from_pem_file(fixture("server.key")).unwrap())
        .unwrap()
}

/// Asks a server at this machine's address for its health.
async fn ask(port: u16, variables: &[(&str, &str)]) -> Result<u16, Trouble> {
    let vault = vault_at(&format!("https://127.0.0.1:{port}"), variables);
    Ok(vault.ask("sys/health").await?.status)
}

async fn trouble(port: u16, variables: &[(&str, &str)]) -> (String, String) {
    let trouble = ask(port, variables).await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Tls, "{trouble}");
    (trouble.because.unwrap_or_default(), trouble.hint.unwrap_or_default())
}

#[tokio::test]
async fn an_unknown_authority_is_named_with_its_remedy() {
    let (because, hint) = trouble(Server::start(false).port, &[]).await;
    assert_eq!(because, "its certificate is signed by an unknown authority");
    assert!(hint.contains("VAULT_CACERT"));
}

#[tokio::test]
async fn a_certificate_for_another_name_tells_which_and_offers_the_name_variable() {
    let (because, hint) = trouble(Server::start(false).port, &[("VAULT_CACERT", &text_of("ca.pem"))]).await;
    assert!(because.contains("vault.lab") && because.contains("127.0.0.1"), "{because}");
    assert!(hint.contains("VAULT_TLS_SERVER_NAME"));
}

#[tokio::test]
async fn the_server_name_is_sent_and_verified_in_place_of_the_address() {
    for (variable, value) in [("VAULT_CACERT", text_of("ca.pem")), ("VAULT_CAPATH", text_of(""))] {
        let server = Server::start(false);
        let variables = [(variable, value.as_str()), ("VAULT_TLS_SERVER_NAME", "vault.lab")];
        assert_eq!(ask(server.port, &variables).await, Ok(200));
        let (name, request) = server.seen.join().unwrap().unwrap();
        assert_eq!(name, "vault.lab");
        assert!(request.to_lowercase().contains(&format!("host: 127.0.0.1:{}", server.port)), "{request}");
    }
}

#[tokio::test]
async fn a_ca_in_a_variable_and_no_verification_at_all_both_get_through() {
    let ca = std::fs::read_to_string(fixture("ca.pem")).unwrap();
    let bytes = [("VAULT_CACERT_BYTES", ca.as_str()), ("VAULT_TLS_SERVER_NAME", "vault.lab")];
    assert_eq!(ask(Server::start(false).port, &bytes).await, Ok(200));
    assert_eq!(ask(Server::start(false).port, &[("VAULT_SKIP_VERIFY", "true")]).await, Ok(200));
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate_says_so_and_takes_ours() {
    let ca = text_of("ca.pem");
    let trusted = [("VAULT_CACERT", ca.as_str()), ("VAULT_TLS_SERVER_NAME", "vault.lab")];
    let (because, hint) = trouble(Server::start(true).port, &trusted).await;
    assert!(because.starts_with("the server ended the handshake"), "{because}");
    assert!(hint.contains("VAULT_CLIENT_CERT"));
    let (certificate, key) = (text_of("client.pem"), text_of("client.key"));
    let mut with_ours = trusted.to_vec();
    with_ours.extend([("VAULT_CLIENT_CERT", certificate.as_str()), ("VAULT_CLIENT_KEY", key.as_str())]);
    assert_eq!(ask(Server::start(true).port, &with_ours).await, Ok(200));
}

#[tokio::test]
async fn https_to_a_plain_port_is_told_from_a_dead_server() {
    let plain = wiremock::MockServer::start().await;
    let (because, hint) = trouble(plain.address().port(), &[]).await;
    assert_eq!(because, "it answers plain http, not https");
    assert_eq!(hint, format!("set VAULT_ADDR to {}", plain.uri()));
}

#[tokio::test]
async fn a_ca_file_that_is_missing_or_empty_is_named() {
    for (path, what) in
        [("/nonexistent/ca.pem", "cannot read the ca file"), ("/dev/null", "no ca certificate in")]
    {
        let trouble = ask(9, &[("VAULT_CACERT", path)]).await.unwrap_err();
        assert_eq!(trouble.what, format!("{what} {path}"));
    }
}

#[tokio::test]
async fn a_server_name_that_is_an_address_is_refused() {
    let trouble =
        ask(9, &[("VAULT_TLS_SERVER_NAME", "10.0.0.1"), ("VAULT_SKIP_VERIFY", "1")]).await.unwrap_err();
    assert_eq!(trouble.what, "the tls server name is no host name");
}
