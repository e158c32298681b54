//! `vault …` in this process: the CLI's own grammar made into requests, and the answers told as the CLI tells them.
//!
//! ```text
//! Order ──spoken──▶ words ──grammar──▶ Said { verb, flags, fields } ──verbs──▶ Request ──Server──▶ Response ──▶ Reply
//! ```
//! Nothing is spawned, so a secret in a word goes into the body of a TLS request and nowhere else.

mod grammar;
mod kv;
mod telling;
mod verbs;

use async_trait::async_trait;
use serde_json::Value;

use super::{Failure, Order};

pub use verbs::carry_out;

/// A Vault server, as the CLI speaks to it.
#[async_trait]
pub trait Server: Send + Sync {
    /// Sends one request.
    ///
    /// # Errors
    /// A failure when nothing that could be Vault answers. Any status is an answer.
    async fn send(&self, request: Request) -> Result<Response, Failure>;
}

/// HTTP methods that Vault knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Lists.
    List,
    /// Writes.
    Put,
    /// Changes a part.
    Patch,
    /// Deletes.
    Delete,
}

/// One request. Its body may hold secrets, so it is never printed.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// How.
    pub method: Method,
    /// Path below `/v1/`.
    pub path: String,
    /// Query parameters.
    pub query: Vec<(String, String)>,
    /// JSON object.
    pub body: Option<Value>,
    /// `X-Vault-Wrap-TTL`.
    pub wrap_ttl: Option<String>,
    /// Namespace; the operator's own when absent.
    pub namespace: Option<String>,
}

impl Request {
    fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), body: None, wrap_ttl: None, namespace: None }
    }

    fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

/// One response.
#[derive(Clone, Default)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// The body, where there is one.
    pub json: Option<Value>,
}

impl Response {
    /// Whether it is a good one.
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
