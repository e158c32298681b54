//! Settings made into an HTTP client, and one question sent through it: bounded in time and size, with at most one
//! redirect, which stays on the same host.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HOST, HeaderValue, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Method, Proxy, RequestBuilder, Response, Url};
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::answer::Answer;
use super::certificates;
use super::settings::{Address, Settings};
use super::token::Token;
use super::unreachable;
use crate::model::trouble::{Trouble, TroubleKind};

/// Time for TCP and TLS.
const CONNECT: Duration = Duration::from_secs(5);

/// Longest answer that is read; Vault's own limit for a request is 32 MiB, and no answer we ask for comes near this.
const LONGEST_ANSWER: usize = 8 << 20;

/// Wait between two tries, where retries are asked for.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// An HTTP client bound to one Vault.
pub(super) struct Connection {
    http: Client,
    settings: Settings,
    /// Where requests go; its host is the TLS server name where one is set.
    base: Url,
}

/// One question, or one wish.
#[derive(Clone)]
pub struct Request<'a> {
    /// How.
    pub method: Method,
    /// Path below `/v1/`.
    pub path: &'a str,
    /// As the CLI lists: `GET` with `list=true`.
    pub list: bool,
    /// Outside of any namespace.
    pub openly: bool,
    /// Query parameters.
    pub query: &'a [(String, String)],
    /// `X-Vault-Wrap-TTL`, as the CLI sends it.
    pub wrap_ttl: Option<&'a str>,
    /// Namespace of this request alone; that of the settings when absent.
    pub namespace: Option<&'a str>,
    /// JSON.
    pub body: Option<Zeroizing<Vec<u8>>>,
}

/// No answer came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// Why.
    pub trouble: Trouble,
    /// Whether the request may have arrived: then nobody knows whether it was obeyed.
    pub sent: bool,
}

impl Unanswered {
    pub(super) fn before_sending(trouble: Trouble) -> Self {
        Self { trouble, sent: false }
    }

    fn after_sending(trouble: Trouble) -> Self {
        Self { trouble, sent: true }
    }
}

impl From<Unanswered> for Trouble {
    fn from(unanswered: Unanswered) -> Self {
        unanswered.trouble
    }
}

impl<'a> Request<'a> {
    /// A request with neither body nor headers of its own.
    pub fn new(method: Method, path: &'a str) -> Self {
        Self {
            method,
            path,
            list: false,
            openly: false,
            query: &[],
            wrap_ttl: None,
            namespace: None,
            body: None,
        }
    }

    /// What is asked, for troubles: `read sys/health`.
    fn in_words(&self) -> String {
        let verb = match (&self.method, self.list) {
            (_, true) => "list",
            (&Method::GET, false) => "read",
            (&Method::PUT | &Method::PATCH, false) => "write",
            (&Method::DELETE, false) => "delete",
            _ => "call",
        };
        format!("{verb} {}", self.path)
    }

    /// A part of a resource is sent as what it is: Vault refuses any other type with a patch.
    fn content_type(&self) -> &'static str {
        if self.method == Method::PATCH { "application/merge-patch+json" } else { "application/json" }
    }
}

impl Connection {
    pub(super) fn open(settings: &Settings) -> Result<Self, Trouble> {
        let mut builder = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(settings.timeout)
            .user_agent(concat!("vaultdeck/", env!("CARGO_PKG_VERSION")));
        if let Some(proxy) = &settings.proxy {
            builder = builder.proxy(Proxy::all(proxy.clone()).map_err(|error| unusable(&error))?);
        }
        if let Some(socket) = &settings.address.socket {
            builder = builder.unix_socket(socket.as_path());
        }
        let mut base = settings.address.url.clone();
        builder = certificates::prove(builder, &settings.tls, base.scheme() == "https")?;
        if let (Some(name), "https") = (&settings.tls.server_name, base.scheme()) {
            builder = under_another_name(builder, &mut base, name)?;
        }
        let http = builder.build().map_err(|error| unusable(&error))?;
        Ok(Self { http, settings: settings.clone(), base })
    }

    /// Asks; a read is repeated after server errors as often as the settings say.
    pub(super) async fn send(
        &self,
        request: Request<'_>,
        token: Option<&Token>,
    ) -> Result<Answer, Unanswered> {
        let retries =
            if request.method == Method::GET && !request.openly { self.settings.retries } else { 0 };
        for _ in 0..retries {
            match self.send_once(&request, token).await {
                Ok(answer) if !answer.is_worth_a_retry() => return Ok(answer),
                Err(none) if none.trouble.kind != TroubleKind::Unreachable => return Err(none),
                _ => tokio::time::sleep(BETWEEN_TRIES).await,
            }
        }
        self.send_once(&request, token).await
    }

    async fn send_once(&self, request: &Request<'_>, token: Option<&Token>) -> Result<Answer, Unanswered> {
        let asked = Timestamp::now();
        let url = self.url(request);
        let mut response = self.exchange(url.clone(), request, token).await?;
        if response.status().is_redirection() {
            // who sends us elsewhere has not obeyed
            let next = self.redirected(&url, &response).map_err(Unanswered::before_sending)?;
            response = self.exchange(next, request, token).await?;
        }
        let answered = Timestamp::now();
        let status = response.status().as_u16();
        let body = self.body(response).await.map_err(Unanswered::after_sending)?;
        Ok(Answer::new(&request.in_words(), &self.address().to_string(), status, body)
            .between(asked, answered))
    }

    async fn exchange(
        &self,
        url: Url,
        request: &Request<'_>,
        token: Option<&Token>,
    ) -> Result<Response, Unanswered> {
        let mut asked = self.http.request(request.method.clone(), url).header("X-Vault-Request", "true");
        let namespace = request.namespace.or(self.settings.namespace.as_deref());
        if let (Some(namespace), false) = (namespace, request.openly) {
            asked = asked.header("X-Vault-Namespace", namespace);
        }
        if let Some(ttl) = request.wrap_ttl {
            asked = asked.header("X-Vault-Wrap-TTL", ttl);
        }
        if let Some(token) = token {
            asked = asked.header("X-Vault-Token", token_header(token).map_err(Unanswered::before_sending)?);
        }
        if let Some(body) = &request.body {
            asked = asked.header("Content-Type", request.content_type()).body(body.to_vec());
        }
        let sent = self.with_host(asked).send().await;
        sent.map_err(|error| Unanswered {
            trouble: unreachable::trouble(&error, &self.settings),
            // name, route, port and TLS handshake come before the first byte of a request
            sent: !(error.is_connect() || error.is_builder()),
        })
    }

    /// Under a TLS server name the URL carries that name; the `Host` header keeps the one in the address.
    fn with_host(&self, asked: RequestBuilder) -> RequestBuilder {
        if self.base.host() == self.address().url.host() {
            return asked;
        }
        let host = self.address().url.host_str().unwrap_or_default();
        match self.address().url.port() {
            Some(port) => asked.header(HOST, format!("{host}:{port}")),
            None => asked.header(HOST, host),
        }
    }

    fn url(&self, request: &Request<'_>) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(request.path.split('/'));
        }
        if request.list {
            url.query_pairs_mut().append_pair("list", "true");
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(request.query);
        }
        url
    }

    /// Where a redirect leads, when the token may go there: same scheme, host and port, by the address or by the name
    /// that stands in its place.
    fn redirected(&self, from: &Url, response: &Response) -> Result<Url, Trouble> {
        let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        let next = location.and_then(|location| from.join(location).ok());
        let Some(mut next) = next else { return Err(redirected_away(self.address(), None)) };
        let is_ours = next.origin() == self.address().url.origin() || next.origin() == from.origin();
        if !self.settings.follows_redirect || !is_ours || next.set_host(from.host_str()).is_err() {
            return Err(redirected_away(self.address(), Some(&next)));
        }
        Ok(next)
    }

    async fn body(&self, mut response: Response) -> Result<Zeroizing<Vec<u8>>, Trouble> {
        let mut body = Zeroizing::new(Vec::new());
        loop {
            let chunk =
                response.chunk().await.map_err(|error| unreachable::trouble(&error, &self.settings))?;
            let Some(chunk) = chunk else { return Ok(body) };
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(Trouble::new(format!("the answer of {} is too long", self.address()))
                    .because(format!("more than {} MiB came back", LONGEST_ANSWER >> 20))
                    .hint("this is not how Vault answers: check what stands at that address"));
            }
            body.extend_from_slice(&chunk);
        }
    }

    fn address(&self) -> &Address {
        &self.settings.address
    }
}

fn token_header(token: &Token) -> Result<HeaderValue, Trouble> {
    let mut header = HeaderValue::from_str(token.value.expose_secret()).map_err(|_| {
        Trouble::new(format!("the token from {} cannot be sent", token.source))
            .because("it contains characters that no token has")
            .kind(TroubleKind::Credentials)
    })?;
    header.set_sensitive(true);
    Ok(header)
}

fn redirected_away(address: &Address, next: Option<&Url>) -> Trouble {
    let trouble = Trouble::new(format!("{address} sends us elsewhere"));
    let Some(next) = next else { return trouble.because("a redirect that says nothing about where to") };
    let origin = next.origin().ascii_serialization();
    trouble
        .because(format!("it redirects to {origin}, where the token does not go"))
        .hint(format!("if that is Vault's active node, set VAULT_ADDR={origin}"))
}

/// reqwest takes SNI and the verified name from the URL: the URL gets the name, and the name resolves to the address.
fn under_another_name(builder: ClientBuilder, base: &mut Url, name: &str) -> Result<ClientBuilder, Trouble> {
    let host = base.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let is_a_name = name.parse::<std::net::IpAddr>().is_err() && base.set_host(Some(name)).is_ok();
    if !is_a_name {
        return Err(Trouble::new("the tls server name is no host name")
            .because(format!("`{name}`"))
            .hint("VAULT_TLS_SERVER_NAME is the name in the server's certificate: vault.example"));
    }
    Ok(builder.http1_only().dns_resolver(AlwaysAt(host)))
}

/// Resolves every name to the addresses of one host.
struct AlwaysAt(String);

impl Resolve for AlwaysAt {
    fn resolve(&self, _: Name) -> Resolving {
        let host = self.0.clone();
        Box::pin(async move {
            let addresses: Vec<_> = tokio::net::lookup_host((host, 0)).await?.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn unusable(error: &reqwest::Error) -> Trouble {
    Trouble::new("cannot set up the connection to vault")
        .because(unreachable::innermost(error))
        .kind(TroubleKind::Tls)
}
