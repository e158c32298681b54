//! Each verb of the CLI as the request it stands for.

use serde_json::{Value, json};

use super::grammar::Said;
use super::telling::{plain, refused, request_ids, told, told_as};
use super::{Method, Order, Request, Server, kv};
use crate::exec::{Failure, Reply};
use crate::model::trouble::Trouble;

/// Carries a `vault` command out as the CLI would.
///
/// # Errors
/// A failure when the command is none of the CLI's, or nothing answers.
pub async fn carry_out(server: &dyn Server, order: &Order) -> Result<Reply, Failure> {
    let said = Said::of(order).map_err(Failure::before_the_act)?;
    let verb = said.word(0, "verb").map_err(Failure::before_the_act)?;
    match verb {
        "kv" => kv::carry_out(server, &said, order).await,
        "status" => status(server).await,
        "list" => keys(server, path_of(&said, 1)?).await,
        "policy" if said.word(1, "verb") == Ok("list") => policies(server).await,
        "policy" if said.word(1, "verb") == Ok("read") => policy(server, &said).await,
        "auth" | "secrets" if said.word(1, "verb") == Ok("list") => mounts(server, verb).await,
        "token" if said.word(1, "verb") == Ok("capabilities") => capabilities(server, &said).await,
        _ => {
            let request = request(&said, verb, order).map_err(Failure::before_the_act)?;
            let response = server.send(request.clone()).await?;
            Ok(told(&said, &request, response))
        }
    }
}

/// Verbs that are one request, told as it is answered.
fn request(said: &Said, verb: &str, order: &Order) -> Result<Request, Trouble> {
    let second = said.word(1, "verb").unwrap_or_default();
    let request =
        match (verb, second) {
            ("read", _) => {
                let query = said.fields(2, order)?.into_iter().map(|(key, value)| (key, plain(&value)));
                Request { query: query.collect(), ..Request::new(Method::Get, said.word(1, "path")?) }
            }
            ("write", _) => {
                let fields = said.fields(2, order)?;
                if fields.is_empty() && !said.has("f") && !said.has("force") {
                    return Err(Trouble::new("there is nothing to write").hint("-f writes without fields"));
                }
                Request::new(Method::Put, said.word(1, "path")?).with(Value::Object(fields))
            }
            ("delete", _) => Request::new(Method::Delete, said.word(1, "path")?),
            ("policy", "write") => {
                let text = said.text(3, order)?;
                Request::new(Method::Put, policy_path(said)?).with(json!({ "policy": text.as_str() }))
            }
            ("policy", "delete") => Request::new(Method::Delete, policy_path(said)?),
            ("auth", "enable") => enabled(said, "sys/auth")?,
            ("secrets", "enable") => enabled(said, "sys/mounts")?,
            ("auth", "tune") => {
                let path = said.word(2, "path")?.trim_matches('/');
                Request::new(Method::Put, format!("sys/mounts/auth/{path}/tune"))
                    .with(Value::Object(said.fields(3, order)?))
            }
            ("token", _) => token(said, second)?,
            ("lease", "lookup") => Request::new(Method::Put, "sys/leases/lookup")
                .with(json!({ "lease_id": said.word(2, "lease")? })),
            ("lease", "renew") => Request::new(Method::Put, "sys/leases/renew")
                .with(json!({ "lease_id": said.word(2, "lease")? })),
            ("lease", "revoke") => Request::new(Method::Put, "sys/leases/revoke")
                .with(json!({ "lease_id": said.word(2, "lease")? })),
            ("unwrap", _) => Request::new(Method::Put, "sys/wrapping/unwrap")
                .with(json!({ "token": said.word(1, "token")? })),
            _ => return Err(Trouble::new(format!("`vault {verb} {second}` is not known here"))),
        };
    let own = |flag: &str| said.flag(flag).map(str::to_owned);
    Ok(Request { wrap_ttl: own("wrap-ttl"), namespace: own("namespace"), ..request })
}

fn token(said: &Said, verb: &str) -> Result<Request, Trouble> {
    let accessor = || json!({ "accessor": said.word(2, "accessor").unwrap_or_default() });
    Ok(match verb {
        "lookup" if said.has("accessor") => {
            Request::new(Method::Put, "auth/token/lookup-accessor").with(accessor())
        }
        "lookup" => Request::new(Method::Get, "auth/token/lookup-self"),
        "renew" => {
            let increment = said.flag("increment").map(|increment| json!({ "increment": increment }));
            Request::new(Method::Put, "auth/token/renew-self").with(increment.unwrap_or_else(|| json!({})))
        }
        "revoke" if said.has("accessor") => {
            Request::new(Method::Put, "auth/token/revoke-accessor").with(accessor())
        }
        "revoke" if said.has("self") => Request::new(Method::Put, "auth/token/revoke-self").with(json!({})),
        other => return Err(Trouble::new(format!("`vault token {other}` is not known here"))),
    })
}

fn enabled(said: &Said, below: &str) -> Result<Request, Trouble> {
    let kind = said.word(2, "type")?;
    let path = said.flag("path").unwrap_or(kind).trim_matches('/').to_owned();
    Ok(Request::new(Method::Put, format!("{below}/{path}")).with(json!({ "type": kind })))
}

fn policy_path(said: &Said) -> Result<String, Trouble> {
    Ok(format!("sys/policies/acl/{}", said.word(2, "policy")?))
}

fn path_of(said: &Said, index: usize) -> Result<&str, Failure> {
    said.word(index, "path").map_err(Failure::before_the_act)
}

async fn status(server: &dyn Server) -> Result<Reply, Failure> {
    let request = Request::new(Method::Get, "sys/seal-status");
    let response = server.send(request.clone()).await?;
    if !response.is_good() {
        return Ok(refused(&request, &response));
    }
    let json = response.json.unwrap_or(Value::Null);
    let sealed = json.get("sealed").and_then(Value::as_bool).unwrap_or(true);
    let mut reply = told_as(format!("Sealed    {sealed}\n"), json, Vec::new());
    reply.answer.status = if sealed { 2 } else { 0 };
    Ok(reply)
}

/// The CLI tells the keys alone.
async fn keys(server: &dyn Server, path: &str) -> Result<Reply, Failure> {
    let request = Request::new(Method::List, path.trim_matches('/'));
    let response = server.send(request.clone()).await?;
    if !response.is_good() {
        return Ok(refused(&request, &response));
    }
    let json = response.json.unwrap_or(Value::Null);
    let keys = json.pointer("/data/keys").cloned().unwrap_or_else(|| json!([]));
    Ok(told_as(lines(&keys), keys, request_ids(&json)))
}

async fn policies(server: &dyn Server) -> Result<Reply, Failure> {
    keys(server, "sys/policies/acl").await
}

async fn policy(server: &dyn Server, said: &Said) -> Result<Reply, Failure> {
    let request = Request::new(Method::Get, policy_path(said).map_err(Failure::before_the_act)?);
    let response = server.send(request.clone()).await?;
    if !response.is_good() {
        return Ok(refused(&request, &response));
    }
    let json = response.json.unwrap_or(Value::Null);
    let text = json.pointer("/data/policy").map(plain).unwrap_or_default();
    Ok(told_as(text.clone(), json!({ "policy": text }), request_ids(&json)))
}

/// Mounts by their paths.
async fn mounts(server: &dyn Server, verb: &str) -> Result<Reply, Failure> {
    let request = Request::new(Method::Get, if verb == "auth" { "sys/auth" } else { "sys/mounts" });
    let response = server.send(request.clone()).await?;
    if !response.is_good() {
        return Ok(refused(&request, &response));
    }
    let json = response.json.unwrap_or(Value::Null);
    let mounts = json.get("data").and_then(Value::as_object).cloned().unwrap_or_default();
    let told: String = mounts.keys().flat_map(|path| [path.as_str(), "\n"]).collect();
    Ok(told_as(told, Value::Object(mounts), request_ids(&json)))
}

async fn capabilities(server: &dyn Server, said: &Said) -> Result<Reply, Failure> {
    let (path, body) = match (said.words.get(2), said.words.get(3)) {
        (Some(token), Some(path)) => {
            ("sys/capabilities", json!({ "token": token.as_str(), "paths": [path.as_str()] }))
        }
        _ => ("sys/capabilities-self", json!({ "paths": [path_of(said, 2)?] })),
    };
    let request = Request::new(Method::Put, path).with(body);
    let response = server.send(request.clone()).await?;
    if !response.is_good() {
        return Ok(refused(&request, &response));
    }
    let json = response.json.unwrap_or(Value::Null);
    let granted = json.pointer("/data/capabilities").cloned().unwrap_or_else(|| json!(["deny"]));
    let words = granted.as_array().into_iter().flatten().map(plain).collect::<Vec<_>>().join(", ");
    Ok(told_as(words, granted, request_ids(&json)))
}

fn lines(keys: &Value) -> String {
    keys.as_array().into_iter().flatten().map(|key| plain(key) + "\n").collect()
}
