//! `auth/approle/role/…` and the lockout of its logins.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{data, field, good, missing, nothing, refusal};
use crate::demo::approle::{Lockout, Role, SecretId};
use crate::demo::pretend::Pretend;
use crate::exec::vault::{Method, Request, Response};
use crate::model::deployment::Deployment;

/// How the pretend secret-ids begin; the accessor follows.
const SECRET_ID: &str = "pretend-secret-id-";

/// How the pretend wrapping tokens begin; the accessor follows.
const WRAPPED: &str = "hvs.pretend-wrapped-";

pub(super) fn answer(
    pretend: &mut Pretend,
    deployment: &Deployment,
    request: &Request,
    rest: &str,
) -> Option<Response> {
    let (name, below) = rest.split_once('/').unwrap_or((rest, ""));
    if name != deployment.role {
        return Some(missing());
    }
    if below.is_empty() && request.method == Method::Put {
        return Some(write(pretend, request));
    }
    if below.is_empty() && request.method == Method::Delete {
        // one that is not there is no error
        pretend.role = None;
        return Some(nothing());
    }
    if pretend.role.is_none() {
        return Some(missing());
    }
    match (below, request.method) {
        ("", Method::Get) => pretend.role.as_ref().map(|role| settings(role, deployment)),
        ("role-id", Method::Get) => Some(data(json!({ "role_id": role_id(pretend) }))),
        ("secret-id", Method::Put) => issue(pretend, request),
        ("secret-id", Method::List) => pretend.role.as_ref().map(list),
        ("secret-id-accessor/lookup", Method::Put) => Some(lookup(pretend, request)),
        ("secret-id-accessor/destroy", Method::Put) => Some(destroy(pretend, request)),
        ("secret-id/lookup", Method::Put) => {
            let accessor = accessor_in(field(request, "secret_id").unwrap_or_default());
            let role = pretend.role.as_ref()?;
            let known = accessor.is_some_and(|accessor| role.knows(&accessor, pretend.now));
            Some(if known { data(json!({ "secret_id_num_uses": 0 })) } else { nothing() })
        }
        _ => None,
    }
}

/// `sys/locked-users/ACCESSOR/unlock/ROLE-ID`.
pub(super) fn locked(pretend: &mut Pretend, request: &Request) -> Option<Response> {
    let role = pretend.role.as_mut()?;
    (request.method == Method::Put).then(|| {
        role.lockout = Lockout::default();
        nothing()
    })
}

/// The accessor of the secret-id that a text is, wrapped or not.
pub(in crate::demo) fn accessor_in(text: &str) -> Option<String> {
    let text = text.trim();
    text.strip_prefix(SECRET_ID).or_else(|| text.strip_prefix(WRAPPED)).map(str::to_owned)
}

/// The text of the secret-id with an accessor.
pub(in crate::demo) fn text_of(accessor: &str) -> String {
    format!("{SECRET_ID}{accessor}")
}

/// The role's id.
pub(in crate::demo) fn role_id(pretend: &Pretend) -> String {
    pretend.dice.about("role id").accessor()
}

fn write(pretend: &mut Pretend, request: &Request) -> Response {
    let seconds = |name: &str| field(request, name).and_then(seconds);
    let mut role = pretend.role.take().unwrap_or_else(Role::documented);
    role.token_ttl = seconds("token_ttl").unwrap_or(role.token_ttl);
    role.token_max_ttl = seconds("token_max_ttl").unwrap_or(role.token_max_ttl);
    role.secret_id_ttl = seconds("secret_id_ttl").unwrap_or(role.secret_id_ttl);
    pretend.role = Some(role);
    nothing()
}

/// `1h`, `90m`, `720h`, `3600`.
fn seconds(text: &str) -> Option<SignedDuration> {
    let digits = text.trim_end_matches(char::is_alphabetic);
    let (number, unit) = (digits.parse::<i64>().ok()?, text.strip_prefix(digits)?);
    match unit {
        "" | "s" => Some(SignedDuration::from_secs(number)),
        "m" => Some(SignedDuration::from_mins(number)),
        "h" => Some(SignedDuration::from_hours(number)),
        _ => None,
    }
}

fn settings(role: &Role, deployment: &Deployment) -> Response {
    data(json!({
        "token_policies": [deployment.policy],
        "token_ttl": role.token_ttl.as_secs(),
        "token_max_ttl": role.token_max_ttl.as_secs(),
        "secret_id_ttl": role.secret_id_ttl.as_secs(),
        "secret_id_num_uses": 0,
        "bind_secret_id": true,
    }))
}

fn issue(pretend: &mut Pretend, request: &Request) -> Option<Response> {
    let metadata: Value =
        field(request, "metadata").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let known = |name: &str| metadata.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let issued_by = known("issued_by").unwrap_or_default().to_owned();
    let accessor = pretend.issue_secret_id(known("host"), &issued_by, known("ticket"))?;
    let ttl = pretend.role.as_ref()?.secret_id_ttl.as_secs();
    if let Some(secret_id) = pretend.role.as_mut().and_then(|role| role.ledger.last_mut()) {
        secret_id.run = known("run").map(str::to_owned);
    }
    if request.wrap_ttl.is_some() {
        let info =
            json!({ "token": format!("{WRAPPED}{accessor}"), "wrapped_accessor": accessor, "ttl": 600 });
        return Some(good(json!({ "request_id": "", "data": null, "wrap_info": info })));
    }
    Some(data(json!({
        "secret_id": text_of(&accessor),
        "secret_id_accessor": accessor,
        "secret_id_ttl": ttl,
        "secret_id_num_uses": 0,
    })))
}

fn list(role: &Role) -> Response {
    let keys: Vec<&str> = role.ledger.iter().map(|secret_id| secret_id.accessor.as_str()).collect();
    if keys.is_empty() { missing() } else { data(json!({ "keys": keys })) }
}

fn lookup(pretend: &Pretend, request: &Request) -> Response {
    match row(pretend, request) {
        Some(secret_id) if secret_id.expires > pretend.now => data(json!({
            "secret_id_accessor": secret_id.accessor,
            "creation_time": secret_id.created.to_string(),
            "expiration_time": secret_id.expires.to_string(),
            "metadata": {
                "host": secret_id.host,
                "issued_by": secret_id.issued_by,
                "ticket": secret_id.ticket,
                "run": secret_id.run,
            },
        })),
        Some(_) => nothing(),
        None => missing(),
    }
}

fn destroy(pretend: &mut Pretend, request: &Request) -> Response {
    let Some(accessor) = row(pretend, request).map(|secret_id| secret_id.accessor.clone()) else {
        return refusal(500, "failed to find accessor entry for secret_id_accessor");
    };
    pretend.destroy(&accessor);
    nothing()
}

fn row<'p>(pretend: &'p Pretend, request: &Request) -> Option<&'p SecretId> {
    let accessor = field(request, "secret_id_accessor")?;
    pretend.role.as_ref()?.ledger.iter().find(|secret_id| secret_id.accessor == accessor)
}
