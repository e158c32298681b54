//! `auth/token/…`: tokens that runs have issued, and the operator's own.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{data, field, good, nothing, refusal};
use crate::demo::dice::after;
use crate::demo::pretend::{Pretend, Token};
use crate::exec::vault::{Method, Request, Response};
use crate::model::deployment::Deployment;

/// How long a token lives that a run has issued.
const TTL: SignedDuration = SignedDuration::from_mins(1);

pub(super) fn answer(
    pretend: &mut Pretend,
    deployment: &Deployment,
    request: &Request,
    rest: &[&str],
) -> Option<Response> {
    let now = pretend.now;
    pretend.tokens.retain(|token| token.expires > now);
    match (rest, request.method) {
        (["create"], Method::Put) => Some(create(pretend, request)),
        (["lookup-self"], Method::Get) => Some(own(pretend)),
        (["lookup-accessor"], Method::Put) => Some(lookup(pretend, deployment, request)),
        (["revoke-accessor"], Method::Put) => Some(revoke(pretend, request)),
        (["revoke-self"], Method::Put) => {
            pretend.operator.expires = now;
            Some(nothing())
        }
        (["accessors"], Method::List) => {
            let agents = pretend.hosts.iter().filter(|host| host.agent.session.is_some());
            let agents = agents.map(|host| agent_accessor(&host.name));
            let keys: Vec<String> =
                pretend.tokens.iter().map(|token| token.accessor.clone()).chain(agents).collect();
            Some(data(json!({ "keys": keys })))
        }
        _ => None,
    }
}

fn create(pretend: &mut Pretend, request: &Request) -> Response {
    let name = pretend.new_name("token");
    let policies = match request.body.as_ref().and_then(|body| body.get("policies")) {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(names)) => names.split(',').map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let accessor = name.accessor();
    let text = format!("hvs.Pretend{}{}", name.hex(16), name.number(1).hex(16));
    let answer =
        json!({ "client_token": text, "accessor": accessor, "policies": policies, "lease_duration": 60 });
    pretend.tokens.push(Token { accessor, text, policies, expires: after(pretend.now, TTL) });
    good(json!({ "request_id": name.number(2).accessor(), "auth": answer, "data": null }))
}

fn own(pretend: &Pretend) -> Response {
    let left = pretend.operator.expires.duration_since(pretend.now).as_secs();
    data(
        json!({ "display_name": format!("userpass-{}", pretend.operator.name), "ttl": left, "renewable": true }),
    )
}

fn lookup(pretend: &Pretend, deployment: &Deployment, request: &Request) -> Response {
    let accessor = field(request, "accessor").unwrap_or_default();
    if let Some(token) = pretend.tokens.iter().find(|token| token.accessor == accessor) {
        return data(json!({ "accessor": accessor, "policies": token.policies, "meta": null }));
    }
    match pretend
        .hosts
        .iter()
        .find(|host| agent_accessor(&host.name) == accessor && host.agent.session.is_some())
    {
        Some(host) => {
            let meta = json!({ "role_name": deployment.role, "host": host.name });
            data(json!({ "accessor": accessor, "policies": [deployment.policy], "meta": meta }))
        }
        None => refusal(400, "1 error occurred:\n\t* invalid accessor\n\n"),
    }
}

fn revoke(pretend: &mut Pretend, request: &Request) -> Response {
    let accessor = field(request, "accessor").unwrap_or_default();
    let before = pretend.tokens.len();
    pretend.tokens.retain(|token| token.accessor != accessor);
    if pretend.tokens.len() < before {
        return nothing();
    }
    let now = pretend.now;
    let host = pretend.hosts.iter_mut().find(|host| agent_accessor(&host.name) == accessor);
    match host.and_then(|host| host.agent.session.as_mut()) {
        Some(session) => {
            session.expires = now;
            session.ends = now;
            nothing()
        }
        None => refusal(400, "1 error occurred:\n\t* invalid accessor\n\n"),
    }
}

/// The agent's token is known by its host.
fn agent_accessor(host: &str) -> String {
    crate::demo::dice::Dice::new(7).about("agent token").about(host).accessor()
}
