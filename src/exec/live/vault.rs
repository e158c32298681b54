//! The real Vault as `vault …` speaks to it: with the operator's token, and with the remarks that the CLI would print.

use reqwest::Method as Http;
use zeroize::Zeroizing;

use super::sign_in::WayBack;
use crate::exec::vault::{Method, Request, Response, Server};
use crate::exec::{Failure, Lines};
use crate::model::trouble::{Trouble, TroubleKind};
use crate::world::clean;
use crate::world::vault::{self as door, Answer, Refusal, Unanswered};

/// One order's conversation with Vault.
pub(super) struct Speaker<'a> {
    pub(super) way_back: &'a WayBack,
    pub(super) lines: &'a Lines,
}

#[async_trait::async_trait]
impl Server for Speaker<'_> {
    /// A token that is not accepted has done nothing, so the same request may be sent once more after a login.
    async fn send(&self, request: Request) -> Result<Response, Failure> {
        let body = request.body.as_ref().map(bytes).transpose().map_err(Failure::before_the_act)?;
        let mark = self.way_back.mark().await;
        let mut asked = self.asked(&request, body.clone()).await;
        if !is_about_itself(&request) && is_without_token(&asked) {
            self.way_back.since(mark, self.lines).await.map_err(Failure::before_the_act)?;
            asked = self.asked(&request, body).await;
        }
        self.told(&asked?)
    }
}

impl Speaker<'_> {
    async fn asked(&self, request: &Request, body: Option<Zeroizing<Vec<u8>>>) -> Result<Answer, Unanswered> {
        let (method, list) = match request.method {
            Method::Get => (Http::GET, false),
            Method::List => (Http::GET, true),
            Method::Put => (Http::PUT, false),
            Method::Patch => (Http::PATCH, false),
            Method::Delete => (Http::DELETE, false),
        };
        let request = door::Request {
            list,
            query: &request.query,
            wrap_ttl: request.wrap_ttl.as_deref(),
            namespace: request.namespace.as_deref(),
            body,
            ..door::Request::new(method, &request.path)
        };
        self.way_back.vault().request(request).await
    }

    fn told(&self, answer: &Answer) -> Result<Response, Failure> {
        let json = answer.json().map_err(Failure::in_the_act)?;
        if answer.status >= 500 && !answer.is_vaults_own() {
            // a proxy that lost Vault: before or after it was asked, nobody knows
            let trouble = Trouble::new("vault did not answer")
                .because(format!("http {} came from something before it", answer.status));
            return Err(Failure::in_the_act(trouble.kind(TroubleKind::Unreachable)));
        }
        let warnings = json.as_ref().and_then(|json| json.get("warnings")?.as_array());
        for warning in warnings.into_iter().flatten().filter_map(serde_json::Value::as_str) {
            self.lines.say(format!("warning: {}", clean::line(warning.as_bytes())));
        }
        Ok(Response { status: answer.status, json })
    }
}

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        Self { trouble: unanswered.trouble, definite: !unanswered.sent }
    }
}

/// A request about the very token it carries means no other one.
fn is_about_itself(request: &Request) -> bool {
    request.path.starts_with("auth/token/") && request.path.ends_with("-self")
}

/// Whether a request was refused because Vault does not accept the token, or there is none.
pub(super) fn is_without_token(asked: &Result<Answer, Unanswered>) -> bool {
    match asked {
        Ok(answer) => answer.refusal() == Some(Refusal::DeadToken),
        Err(none) => !none.sent && none.trouble.kind == TroubleKind::Credentials,
    }
}

fn bytes(body: &serde_json::Value) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    let bytes = serde_json::to_vec(body).map(Zeroizing::new);
    bytes.map_err(|error| Trouble::new("cannot write the request to vault").because(error))
}
