//! How to reach Vault, put together as its CLI does: the profile stands where the CLI has flags, then come the
//! variables, then the defaults. A function of values; no file is opened here.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::Url;
use secrecy::SecretString;

use super::proxy;
use super::variables::{Variable, flag, unreadable, variable};
use crate::config::{Surroundings, VaultSettings};
use crate::model::trouble::Trouble;

/// Where the CLI looks when nobody says anything.
const DEFAULT_ADDRESS: &str = "https://127.0.0.1:8200";

/// How long a console waits for one answer. The CLI waits 60 s, but nobody looks at a screen for that long;
/// `VAULT_CLIENT_TIMEOUT` is honoured when it is set.
const PATIENCE: Duration = Duration::from_secs(8);

/// Everything a connection needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where Vault is.
    pub address: Address,
    /// Namespace without slashes at its ends.
    pub namespace: Option<String>,
    /// How the server proves who it is, and how we do.
    pub tls: Tls,
    /// Proxy to go through, as Go's HTTP client would choose it.
    pub proxy: Option<Url>,
    /// Time for one answer.
    pub timeout: Duration,
    /// Whether one redirect may be followed (to the same host only).
    pub follows_redirect: bool,
    /// How often a read is repeated after a server error or a broken connection.
    pub retries: u32,
}

/// Vault's address and who named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Base of every request, without user or password.
    pub url: Url,
    /// Unix socket, for an address `unix:///path`.
    pub socket: Option<PathBuf>,
    /// `profile`, the variable's name, or `default`.
    pub source: String,
}

/// The TLS half of the settings.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// CA certificates to trust instead of the system's.
    pub authorities: Vec<Authorities>,
    /// Client certificate and its key.
    pub client: Option<(Pem, Pem)>,
    /// Name expected in the server's certificate, and sent as SNI.
    pub server_name: Option<String>,
    /// Whether the server's certificate is taken unseen.
    pub skip_verify: bool,
}

/// A place that CA certificates come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorities {
    /// A PEM file.
    File(PathBuf),
    /// PEM text, of `VAULT_CACERT_BYTES`.
    Text(String),
    /// A folder of PEM files.
    Folder(PathBuf),
}

/// A PEM block in a file or in a variable.
#[derive(Debug, Clone)]
pub enum Pem {
    /// In a file.
    File(PathBuf),
    /// In a variable; it may be a private key.
    Text(SecretString),
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.socket {
            Some(path) => write!(formatter, "unix://{}", path.display()),
            None => formatter.write_str(self.url.as_str().trim_end_matches('/')),
        }
    }
}

impl Settings {
    /// Puts the settings together.
    ///
    /// # Errors
    /// Trouble when the profile or a variable says something that cannot be understood; the CLI refuses it as well.
    pub fn read(profile: &VaultSettings, surroundings: &Surroundings) -> Result<Self, Trouble> {
        let address = address(profile, surroundings)?;
        Ok(Self {
            namespace: namespace(profile, surroundings),
            tls: tls(profile, surroundings)?,
            proxy: proxy::chosen(surroundings, &address)?,
            timeout: timeout(surroundings)?,
            follows_redirect: !flag(surroundings, "DISABLE_REDIRECTS")?,
            retries: retries(surroundings)?,
            address,
        })
    }
}

fn address(profile: &VaultSettings, surroundings: &Surroundings) -> Result<Address, Trouble> {
    let named = variable(surroundings, "AGENT_ADDR").or_else(|| variable(surroundings, "ADDR"));
    let (text, source) = match (&profile.address, named) {
        (Some(address), _) => (address.as_str(), "profile"),
        (None, Some(Variable { name, value })) => (value, name),
        (None, None) => (DEFAULT_ADDRESS, "default"),
    };
    parse_address(text, source)
}

fn parse_address(text: &str, source: &str) -> Result<Address, Trouble> {
    let (url, socket) = match text.strip_prefix("unix://") {
        Some(path) => ("http://localhost", Some(PathBuf::from(path))),
        None => (text, None),
    };
    let mut url = url
        .parse::<Url>()
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| no_address(text, source))?;
    // Vault knows no HTTP logins; a password in an address would only find its way to the screen.
    let cleared = url.set_username("").and_then(|()| url.set_password(None));
    cleared.map_err(|()| no_address("", source))?;
    url.set_query(None);
    url.set_fragment(None);
    Ok(Address { url, socket, source: source.to_owned() })
}

fn no_address(text: &str, source: &str) -> Trouble {
    let bare = text.rsplit('@').next().unwrap_or(text);
    Trouble::new(format!("no vault address in {source}"))
        .because(format!("`{bare}` is no http or https url"))
        .hint("write it with its scheme: https://vault.example:8200")
}

fn namespace(profile: &VaultSettings, surroundings: &Surroundings) -> Option<String> {
    let variable = variable(surroundings, "NAMESPACE").map(|variable| variable.value);
    let name = profile.namespace.as_deref().or(variable)?.trim_matches('/');
    (!name.is_empty() && name != "root").then(|| name.to_owned())
}

fn tls(profile: &VaultSettings, surroundings: &Surroundings) -> Result<Tls, Trouble> {
    let value = |suffix| variable(surroundings, suffix).map(|variable| variable.value);
    let server_name = profile.tls_server_name.as_deref().or(value("TLS_SERVER_NAME")).map(str::to_owned);
    Ok(Tls {
        authorities: authorities(profile, surroundings),
        client: client_certificate(surroundings)?,
        server_name,
        skip_verify: flag(surroundings, "SKIP_VERIFY")?,
    })
}

/// HashiCorp's CLI reads the first of these that is set, OpenBao's reads all; trusting all serves both.
fn authorities(profile: &VaultSettings, surroundings: &Surroundings) -> Vec<Authorities> {
    if let Some(file) = &profile.ca_file {
        return vec![Authorities::File(file.clone())];
    }
    let value = |suffix| variable(surroundings, suffix).map(|variable| variable.value);
    let file = value("CACERT").map(|path| Authorities::File(path.into()));
    let text = value("CACERT_BYTES").map(|text| Authorities::Text(text.to_owned()));
    let folder = value("CAPATH").map(|path| Authorities::Folder(path.into()));
    [file, text, folder].into_iter().flatten().collect()
}

fn client_certificate(surroundings: &Surroundings) -> Result<Option<(Pem, Pem)>, Trouble> {
    let file = |suffix| variable(surroundings, suffix).map(|path| Pem::File(path.value.into()));
    let text = |suffix| variable(surroundings, suffix).map(|text| Pem::Text(text.value.into()));
    match (file("CLIENT_CERT"), file("CLIENT_KEY")) {
        (Some(certificate), Some(key)) => return Ok(Some((certificate, key))),
        (None, None) => {}
        _ => return Err(half_a_certificate("CLIENT_CERT", "CLIENT_KEY")),
    }
    match (text("CLIENT_CERT_BYTES"), text("CLIENT_KEY_BYTES")) {
        (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
        (None, None) => Ok(None),
        _ => Err(half_a_certificate("CLIENT_CERT_BYTES", "CLIENT_KEY_BYTES")),
    }
}

fn half_a_certificate(certificate: &str, key: &str) -> Trouble {
    Trouble::new("half a client certificate")
        .because(format!("only one of VAULT_{certificate} and VAULT_{key} is set"))
        .hint("set both, or neither")
}

fn timeout(surroundings: &Surroundings) -> Result<Duration, Trouble> {
    let Some(variable) = variable(surroundings, "CLIENT_TIMEOUT") else { return Ok(PATIENCE) };
    let seconds = variable.value.parse::<u64>().ok().map(Duration::from_secs);
    let spelled = || variable.value.parse::<SignedDuration>().ok()?.try_into().ok();
    match seconds.or_else(spelled) {
        Some(Duration::ZERO) => Ok(PATIENCE),
        Some(timeout) => Ok(timeout),
        None => Err(unreadable(variable, "no length of time", "write seconds, or 30s, or 1m30s")),
    }
}

fn retries(surroundings: &Surroundings) -> Result<u32, Trouble> {
    let Some(variable) = variable(surroundings, "MAX_RETRIES") else { return Ok(0) };
    variable.value.parse().map_err(|_| unreadable(variable, "no count", "write a number from 0"))
}
