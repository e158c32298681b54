//! `secret/…`: data, metadata and key names of the pretend KV engine.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::{data, missing, nothing, refusal};
use crate::demo::kv::{Secret, Value, Version};
use crate::demo::pretend::Pretend;
use crate::exec::vault::{Method, Request, Response};

pub(super) fn answer(pretend: &mut Pretend, request: &Request, part: &str) -> Option<Response> {
    let path = request.path.splitn(3, '/').nth(2)?.to_owned();
    match (part, request.method) {
        ("data", Method::Get) => Some(read(pretend, request, &path)),
        ("data", Method::Put) => Some(write(pretend, request, &path, false)),
        ("data", Method::Patch) => Some(write(pretend, request, &path, true)),
        ("data", Method::Delete) => Some(delete(pretend, &path)),
        ("undelete", Method::Put) => Some(undelete(pretend, request, &path)),
        ("subkeys", Method::Get) => Some(subkeys(pretend, &path)),
        ("metadata", Method::Get) => Some(pretend.kv.secret(&path).map_or_else(missing, metadata)),
        ("metadata", Method::Put | Method::Patch) => Some(annotate(pretend, request, &path)),
        ("metadata", Method::Delete) => {
            pretend.kv.secrets.remove(&path);
            Some(nothing())
        }
        _ => None,
    }
}

fn read(pretend: &Pretend, request: &Request, path: &str) -> Response {
    let asked = request.query.iter().find(|(name, _)| name == "version");
    let asked = asked.and_then(|(_, version)| version.parse::<u64>().ok()).filter(|version| *version > 0);
    let Some(secret) = pretend.kv.secret(path) else { return missing() };
    let number = asked.unwrap_or_else(|| secret.current());
    let Some(version) = secret.versions.get(&number).filter(|version| version.deleted.is_none()) else {
        return missing();
    };
    let values: Map<String, Json> =
        version.values.iter().map(|(key, value)| (key.clone(), pretend.text_of(value).into())).collect();
    data(json!({ "data": values, "metadata": dates(number, version, secret) }))
}

fn write(pretend: &mut Pretend, request: &Request, path: &str, keeps_others: bool) -> Response {
    let body = request.body.clone().unwrap_or_default();
    let current = pretend.kv.secret(path).map_or(0, Secret::current);
    let cas = body.pointer("/options/cas").and_then(Json::as_u64);
    if cas.is_some_and(|cas| cas != current) {
        return refusal(400, "check-and-set parameter did not match the current version");
    }
    if cas.is_none() && pretend.kv.secret(path).is_some_and(|secret| secret.cas_required) {
        return refusal(400, "check-and-set parameter required for this call");
    }
    if keeps_others && pretend.kv.secret(path).and_then(Secret::readable).is_none() {
        return missing();
    }
    let fields = body.get("data").and_then(Json::as_object).cloned().unwrap_or_default();
    let changes: BTreeMap<String, Value> = fields
        .iter()
        .map(|(key, text)| (key.clone(), pretend.value_of(key, text.as_str().unwrap_or_default())))
        .collect();
    let now = pretend.now;
    let secret = pretend.kv.secrets.entry(path.to_owned()).or_default();
    let number = if keeps_others { secret.patch(now, changes) } else { secret.put(now, changes) };
    data(
        json!({ "version": number, "created_time": now.to_string(), "destroyed": false, "deletion_time": "" }),
    )
}

/// Hides the newest version.
fn delete(pretend: &mut Pretend, path: &str) -> Response {
    let now = pretend.now;
    let Some(secret) = pretend.kv.secrets.get_mut(path) else { return nothing() };
    if let Some((_, version)) = secret.versions.iter_mut().next_back() {
        version.deleted.get_or_insert(now);
        secret.updated = Some(now);
    }
    nothing()
}

/// Yes to whatever is asked, as the real one says; versions that are not kept stay gone.
fn undelete(pretend: &mut Pretend, request: &Request, path: &str) -> Response {
    let versions = request.body.as_ref().and_then(|body| body.get("versions")?.as_array());
    let now = pretend.now;
    let Some(secret) = pretend.kv.secrets.get_mut(path) else { return missing() };
    for number in versions.into_iter().flatten().filter_map(Json::as_u64) {
        if let Some(version) = secret.versions.get_mut(&number) {
            version.deleted = None;
            secret.updated = Some(now);
        }
    }
    nothing()
}

fn subkeys(pretend: &Pretend, path: &str) -> Response {
    let Some((number, version)) = pretend.kv.secret(path).and_then(Secret::readable) else {
        return missing();
    };
    let keys: Map<String, Json> = version.values.keys().map(|key| (key.clone(), Json::Null)).collect();
    data(json!({ "subkeys": keys, "metadata": { "version": number } }))
}

fn metadata(secret: &Secret) -> Response {
    let versions: Map<String, Json> = secret
        .versions
        .iter()
        .map(|(number, version)| (number.to_string(), dates(*number, version, secret)))
        .collect();
    data(json!({
        "current_version": secret.current(),
        "cas_required": secret.cas_required,
        "custom_metadata": secret.custom,
        "versions": versions,
    }))
}

fn dates(number: u64, version: &Version, secret: &Secret) -> Json {
    json!({
        "version": number,
        "created_time": version.created.to_string(),
        "deletion_time": version.deleted.map(|at| at.to_string()).unwrap_or_default(),
        "destroyed": false,
        "custom_metadata": secret.custom,
    })
}

fn annotate(pretend: &mut Pretend, request: &Request, path: &str) -> Response {
    let now = pretend.now;
    let custom = request.body.as_ref().and_then(|body| body.get("custom_metadata")?.as_object());
    let fields: BTreeMap<String, String> = custom
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    if request.method == Method::Patch && pretend.kv.secret(path).is_none() {
        return missing();
    }
    let secret = pretend.kv.secrets.entry(path.to_owned()).or_default();
    if request.method == Method::Put {
        secret.custom.clear();
    }
    secret.annotate(now, &fields);
    nothing()
}
