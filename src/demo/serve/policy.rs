//! `sys/policies/acl/…` and `sys/capabilities…`: texts of policies, and what they grant.

use serde_json::{Value, json};

use super::{data, field, missing, nothing};
use crate::demo::look::CAPABILITIES;
use crate::demo::pretend::{Policy, Pretend};
use crate::exec::vault::{Method, Request, Response};
use crate::model::deployment::Deployment;

pub(super) fn list(pretend: &Pretend, deployment: &Deployment) -> Response {
    let agents = (pretend.policy != Policy::Absent).then(|| deployment.policy.clone());
    let mut names: Vec<String> = pretend.policies.keys().cloned().chain(agents).collect();
    names.extend(["default".to_owned(), "root".to_owned()]);
    names.sort();
    data(json!({ "keys": names }))
}

pub(super) fn answer(
    pretend: &mut Pretend,
    deployment: &Deployment,
    request: &Request,
    name: &str,
) -> Option<Response> {
    match request.method {
        Method::Get => Some(match text(pretend, deployment, name) {
            Some(text) => data(json!({ "name": name, "policy": text })),
            None => missing(),
        }),
        Method::Put => {
            write(pretend, deployment, name, field(request, "policy").unwrap_or_default());
            Some(nothing())
        }
        Method::Delete if name == deployment.policy => {
            pretend.delete_policy();
            Some(nothing())
        }
        Method::Delete => {
            pretend.policies.remove(name);
            Some(nothing())
        }
        _ => None,
    }
}

fn write(pretend: &mut Pretend, deployment: &Deployment, name: &str, text: &str) {
    if name != deployment.policy {
        pretend.policies.insert(name.to_owned(), text.to_owned());
    } else if text.trim() == deployment.policy_text.trim() {
        pretend.policy = Policy::Documented;
    } else {
        pretend.write_policy(text);
    }
}

/// The text of a policy.
fn text(pretend: &Pretend, deployment: &Deployment, name: &str) -> Option<String> {
    match &pretend.policy {
        _ if name != deployment.policy => pretend.policies.get(name).cloned(),
        Policy::Absent => None,
        Policy::Documented => Some(deployment.policy_text.clone()),
        Policy::Other(text) => Some(text.clone()),
    }
}

/// What a token's policies grant on a path; the operator's own token may do all that the runbooks ask for.
pub(super) fn capabilities(pretend: &Pretend, deployment: &Deployment, request: &Request) -> Response {
    let body = request.body.as_ref();
    let paths = body.and_then(|body| body.get("paths"));
    let path = match paths {
        Some(Value::Array(paths)) => paths.first().and_then(Value::as_str),
        Some(Value::String(path)) => Some(path.as_str()),
        _ => None,
    };
    let path = path.unwrap_or_default();
    let granted = match field(request, "token") {
        Some(token) => {
            let policies =
                pretend.tokens.iter().find(|known| known.text == token).map(|known| known.policies.clone());
            let texts =
                policies.unwrap_or_default().into_iter().filter_map(|name| text(pretend, deployment, &name));
            let granted: Vec<String> = texts.flat_map(|text| grants(&text, path)).collect();
            if granted.is_empty() { vec!["deny".to_owned()] } else { granted }
        }
        None => CAPABILITIES.map(str::to_owned).to_vec(),
    };
    data(json!({ "capabilities": granted, path: granted }))
}

/// Capabilities that a policy's text grants on a path.
fn grants(text: &str, path: &str) -> Vec<String> {
    let mut granted = Vec::new();
    for rule in text.split("path \"").skip(1) {
        let Some((pattern, rest)) = rule.split_once('"') else { continue };
        let Some(list) = rest.split_once('[').and_then(|(_, rest)| rest.split_once(']')) else { continue };
        if covers(pattern, path) {
            granted.extend(list.0.split(',').map(|word| word.trim().trim_matches('"').to_owned()));
        }
    }
    granted.retain(|word| !word.is_empty());
    granted.sort();
    granted.dedup();
    granted
}

/// `+` stands for one segment, `*` at the end for anything.
fn covers(pattern: &str, path: &str) -> bool {
    let (pattern, open) = pattern.strip_suffix('*').map_or((pattern, false), |begin| (begin, true));
    let mut rest = path;
    for (index, piece) in pattern.split('+').enumerate() {
        if index > 0 {
            rest = rest.find('/').and_then(|end| rest.get(end..)).unwrap_or("");
        }
        let Some(after) = rest.strip_prefix(piece) else { return false };
        rest = after;
    }
    open || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_covers_one_segment_and_a_star_at_the_end_everything() {
        for (pattern, path, covered) in [
            ("secret/data/a/*", "secret/data/a/b/c", true),
            ("secret/data/a/*", "secret/metadata/a/b", false),
            ("auth/approle/role/+/role-id", "auth/approle/role/x/role-id", true),
            ("auth/approle/role/+/role-id", "auth/approle/role/x/y/role-id", false),
            ("sys/auth", "sys/auth/x", false),
        ] {
            assert_eq!(covers(pattern, path), covered, "{pattern} {path}");
        }
        let text = "path \"secret/data/a/*\" {\n  capabilities = [\"read\", \"list\"]\n}\n";
        assert_eq!(grants(text, "secret/data/a/x"), ["list", "read"]);
        assert!(grants(text, "secret/data/b").is_empty());
    }
}
