//! What Vault means when it says no: status and error text told apart, and put into words.

use crate::model::trouble::{Trouble, TroubleKind};
use crate::world::clean;

/// Errors of one answer that are told; a sentence holds no more.
const ERRORS_TOLD: usize = 4;

/// Characters of foreign words that stand in a sentence.
const LONGEST_WORDS: usize = 200;

/// Kinds of refusal that ask for different answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The token itself is not accepted: expired, revoked, unknown, or used from a wrong address.
    DeadToken,
    /// The token is alive and no policy of it allows this.
    Denied,
    /// The mount preflight says no, which it does for a mount that does not exist as well.
    DeniedOrNoMount,
    /// Nothing there.
    Missing,
    /// No mount serves the path.
    NoMount,
    /// The namespace does not exist.
    NoNamespace,
    /// Sealed, or not initialised: ordinary paths cannot tell the two apart.
    Sealed,
    /// A standby that knows no active node.
    NoLeader,
    /// Plain HTTP was spoken to an HTTPS port.
    WantsHttps,
    /// A rate limit.
    TooManyRequests,
    /// This node answers for no data: a disaster recovery secondary.
    DisasterRecoverySecondary,
    /// A performance standby that does not forward.
    PerformanceStandby,
    /// Not initialised.
    Uninitialised,
    /// An error inside Vault, or a proxy before it.
    ServerError,
    /// The question was not understood or not permitted by the server's own rules.
    BadRequest,
}

impl Refusal {
    /// Tells a refusal by its status and `errors`.
    ///
    /// A dead token is told from a weak one by the form of the text: OpenBao and Vault before 1.17 say a bare
    /// `permission denied`, later ones add `invalid token`; a policy's refusal comes as a list of one error.
    pub fn of(status: u16, errors: &[String]) -> Self {
        let says = |text: &str| errors.iter().any(|error| error.contains(text));
        match status {
            403 if says("invalid token") => Self::DeadToken,
            403 if errors.iter().any(|error| error.trim() == "permission denied") => Self::DeadToken,
            403 if says("preflight capability check") => Self::DeniedOrNoMount,
            403 => Self::Denied,
            400 if says("missing client token") => Self::DeadToken,
            400 if says("HTTP request to an HTTPS server") => Self::WantsHttps,
            404 if says("namespace not found") => Self::NoNamespace,
            404 if says("no handler for route") => Self::NoMount,
            404 => Self::Missing,
            429 => Self::TooManyRequests,
            472 => Self::DisasterRecoverySecondary,
            473 => Self::PerformanceStandby,
            501 => Self::Uninitialised,
            503 if says("sealed") => Self::Sealed,
            500 if says("active cluster node not found") => Self::NoLeader,
            500..=599 => Self::ServerError,
            _ => Self::BadRequest,
        }
    }

    /// Whether other paths may well be answered.
    pub fn concerns_one_path(self) -> bool {
        matches!(
            self,
            Self::Denied | Self::DeniedOrNoMount | Self::Missing | Self::NoMount | Self::BadRequest
        )
    }

    pub(super) fn trouble(self, request: &str, address: &str, status: u16, errors: &[String]) -> Trouble {
        let (what, because, hint) = self.words(request, address);
        let said = in_short(errors);
        let because = match (because.is_empty(), said.is_empty()) {
            (true, true) => format!("vault answers {status}"),
            (true, false) => format!("vault answers {status}: {said}"),
            (false, true) => format!("{because} ({status})"),
            (false, false) => format!("{because} ({status}: {said})"),
        };
        let trouble = Trouble::new(what).because(because).kind(self.kind());
        if hint.is_empty() { trouble } else { trouble.hint(hint) }
    }

    fn kind(self) -> TroubleKind {
        match self {
            Self::DeadToken => TroubleKind::Credentials,
            Self::Denied | Self::DeniedOrNoMount => TroubleKind::Denied,
            Self::NoMount => TroubleKind::NotThere,
            Self::WantsHttps => TroubleKind::Tls,
            _ => TroubleKind::Other,
        }
    }

    /// What, because and hint; an empty because leaves the word to the server.
    fn words(self, request: &str, address: &str) -> (String, &'static str, String) {
        let cannot = || format!("cannot {request}");
        let path = request.split_once(' ').map_or(request, |(_, path)| path);
        match self {
            Self::DeadToken => (
                "vault does not accept the token".to_owned(),
                "it has expired, was revoked, or may not be used from this address",
                "log in again".to_owned(),
            ),
            Self::Denied => (
                cannot(),
                "no policy of the token allows it",
                format!("`vault token capabilities {path}` shows what it may do"),
            ),
            Self::DeniedOrNoMount => (
                cannot(),
                "no policy of the token reaches that mount, or there is no such mount",
                "check the mount's name in the profile".to_owned(),
            ),
            Self::Missing => (cannot(), "there is nothing at that path", String::new()),
            Self::NoMount => (
                cannot(),
                "no mount serves that path",
                "check kv_mount and approle.mount in the profile, and the namespace".to_owned(),
            ),
            Self::NoNamespace => (
                cannot(),
                "the namespace does not exist, or the token does not belong to it",
                "check vault.namespace and VAULT_NAMESPACE".to_owned(),
            ),
            Self::WantsHttps => (
                format!("no tls with vault at {address}"),
                "it speaks https and was asked in plain http",
                format!("set VAULT_ADDR to {}", address.replacen("http:", "https:", 1)),
            ),
            Self::TooManyRequests => (
                cannot(),
                "vault asks us to slow down",
                "a rate limit quota stands on this path; the next look comes later".to_owned(),
            ),
            Self::BadRequest => (cannot(), "", String::new()),
            _ => self.words_about_the_server(address),
        }
    }

    fn words_about_the_server(self, address: &str) -> (String, &'static str, String) {
        let primary = || "point VAULT_ADDR at the primary cluster".to_owned();
        match self {
            Self::Sealed => (
                "vault is sealed".to_owned(),
                "it answers nothing until enough key holders unseal it",
                "`vault status` shows the progress, `vault operator unseal` is for each key holder"
                    .to_owned(),
            ),
            Self::Uninitialised => (
                "vault is not initialised".to_owned(),
                "it has no keys and no data yet",
                "is this the right server? check VAULT_ADDR".to_owned(),
            ),
            Self::NoLeader => (
                "the vault cluster has no leader".to_owned(),
                "no node is active",
                "nothing can be read or logged in until the cluster elects one: call who runs Vault"
                    .to_owned(),
            ),
            Self::DisasterRecoverySecondary => (
                format!("{address} is a disaster recovery secondary"),
                "it holds a copy and answers for none of it",
                primary(),
            ),
            Self::PerformanceStandby => (
                format!("{address} is a performance standby"),
                "it did not pass the request on to the active node",
                "point VAULT_ADDR at the active node or the load balancer".to_owned(),
            ),
            _ => (
                format!("vault at {address} fails"),
                "an error inside it, or in a proxy before it",
                "its server log says more".to_owned(),
            ),
        }
    }
}

/// Vault's first errors in one line, without the frame that Go puts around lists.
fn in_short(errors: &[String]) -> String {
    let lines = errors.iter().flat_map(|error| error.lines());
    let bare = lines.map(|line| line.trim().trim_start_matches("* "));
    let told = bare.filter(|line| !line.is_empty() && !line.ends_with("occurred:"));
    let mut lines: Vec<&str> = told.take(ERRORS_TOLD).collect();
    lines.dedup();
    one_line(&lines.join("; "))
}

/// Foreign text that fits into a sentence.
pub(super) fn one_line(text: &str) -> String {
    clean::line(text.trim().as_bytes()).chars().take(LONGEST_WORDS).collect()
}
