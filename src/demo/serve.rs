//! The pretend Vault server's HTTP API, as far as the runbooks use it: requests change the pretend system, and whoever looks
//! sees it. What it refuses it refuses in the words of the real one.

mod approle;
mod kv;
mod policy;
mod tokens;

use serde_json::{Value, json};

pub(super) use approle::{accessor_in, role_id, text_of as secret_id_text};

use super::pretend::Pretend;
use crate::exec::vault::{Method, Request, Response};
use crate::model::deployment::Deployment;

/// Answers one request of the operator.
pub(super) fn answer(pretend: &mut Pretend, deployment: &Deployment, request: &Request) -> Response {
    if request.path == "sys/seal-status" {
        return good(
            json!({ "sealed": pretend.vault.sealed, "t": 3, "n": 5, "progress": 0, "version": "2.7.2" }),
        );
    }
    if pretend.vault.sealed {
        return refusal(503, "Vault is sealed");
    }
    if !pretend.operator.token_alive(pretend.now) {
        return refusal(403, "permission denied");
    }
    if pretend.operator.lacks.contains(&request.path) {
        return refusal(403, "1 error occurred:\n\t* permission denied\n\n");
    }
    let approle = format!("auth/{}/role/", deployment.approle_mount);
    let segments: Vec<&str> = request.path.split('/').collect();
    let answered = match segments.as_slice() {
        ["sys", "policies", "acl"] => Some(policy::list(pretend, deployment)),
        ["sys", "policies", "acl", name] => policy::answer(pretend, deployment, request, name),
        ["sys", "capabilities" | "capabilities-self"] => {
            Some(policy::capabilities(pretend, deployment, request))
        }
        ["sys", "auth"] | ["sys", "auth", _] => mounted(pretend, deployment, request),
        ["sys", "internal", "ui", "mounts", ..] => Some(kv_mount(deployment)),
        ["sys", "locked-users", ..] => approle::locked(pretend, request),
        ["auth", "token", rest @ ..] => tokens::answer(pretend, deployment, request, rest),
        [mount, part, ..] if *mount == deployment.kv_mount => kv::answer(pretend, request, part),
        _ => match request.path.strip_prefix(&approle) {
            Some(_) if !pretend.approle_enabled => None,
            Some(rest) => approle::answer(pretend, deployment, request, rest),
            None => None,
        },
    };
    answered.unwrap_or_else(|| no_route(&request.path))
}

/// A good answer with data.
fn data(data: Value) -> Response {
    let id = request_id(&data);
    good(Value::Object(
        [("request_id".to_owned(), id.into()), ("data".to_owned(), data)].into_iter().collect(),
    ))
}

fn good(json: Value) -> Response {
    Response { status: 200, json: Some(json) }
}

fn nothing() -> Response {
    Response { status: 204, json: None }
}

fn missing() -> Response {
    Response { status: 404, json: Some(json!({ "errors": [] })) }
}

fn refusal(status: u16, error: &str) -> Response {
    Response { status, json: Some(json!({ "errors": [error] })) }
}

fn no_route(path: &str) -> Response {
    refusal(404, &format!("no handler for route \"{path}\". route entry not found."))
}

fn field<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.body.as_ref()?.get(name)?.as_str()
}

/// An id that is another for another answer.
fn request_id(data: &Value) -> String {
    super::dice::Dice::new(1).about(&data.to_string()).accessor()
}

fn kv_mount(deployment: &Deployment) -> Response {
    data(json!({ "path": format!("{}/", deployment.kv_mount), "type": "kv", "options": { "version": "2" } }))
}

fn mounted(pretend: &mut Pretend, deployment: &Deployment, request: &Request) -> Option<Response> {
    let path = request.path.strip_prefix("sys/auth").unwrap_or_default().trim_matches('/');
    let is_ours = path == deployment.approle_mount;
    match request.method {
        Method::Get => {
            let accessor = format!("auth_approle_{}", pretend.dice.about("approle mount").hex(8));
            let mut mounts = json!({ "token/": { "type": "token", "accessor": "auth_token_demo" } });
            if pretend.approle_enabled {
                let path = format!("{}/", deployment.approle_mount);
                mounts[path] = json!({ "type": "approle", "accessor": accessor });
            }
            Some(data(mounts))
        }
        Method::Put if is_ours && pretend.approle_enabled => {
            Some(refusal(400, &format!("path is already in use at {path}/")))
        }
        Method::Put if is_ours => {
            pretend.approle_enabled = true;
            Some(nothing())
        }
        Method::Delete if is_ours => {
            pretend.approle_enabled = false;
            pretend.role = None;
            Some(nothing())
        }
        _ => None,
    }
}
