//! `vault kv …`: the mount is found as the CLI finds it, and a patch is a patch.

use serde_json::{Map, Value, json};

use super::grammar::Said;
use super::telling::{refused, told};
use super::{Method, Order, Request, Response, Server};
use crate::exec::{Failure, Reply};
use crate::model::trouble::Trouble;

/// A secret's place: mount and path below it, without slashes at the ends.
struct Place {
    mount: String,
    path: String,
}

impl Place {
    fn at(&self, part: &str) -> String {
        format!("{}/{part}/{}", self.mount, self.path)
    }
}

/// Carries a `kv` command out.
pub(super) async fn carry_out(server: &dyn Server, said: &Said, order: &Order) -> Result<Reply, Failure> {
    let unsaid = Failure::before_the_act;
    let (verb, first) = match said.word(1, "verb").map_err(unsaid)? {
        "metadata" => (format!("metadata {}", said.word(2, "verb").map_err(unsaid)?), 3),
        verb => (verb.to_owned(), 2),
    };
    let place = match place(server, said, first).await? {
        Ok(place) => place,
        Err(reply) => return Ok(reply),
    };
    let fields = || said.fields(first + 1, order).map_err(unsaid);
    let custom = || json!({ "custom_metadata": said.pairs("custom-metadata") });
    let versions = || -> Vec<u64> {
        said.flag("versions").unwrap_or_default().split(',').filter_map(|each| each.parse().ok()).collect()
    };
    let request = match verb.as_str() {
        "get" => {
            let version = said.flag("version").map(|version| ("version".to_owned(), version.to_owned()));
            Request { query: version.into_iter().collect(), ..Request::new(Method::Get, place.at("data")) }
        }
        "put" => Request::new(Method::Put, place.at("data")).with(body(said, &fields()?)?),
        "patch" => return patch(server, said, &place, fields()?).await,
        "rollback" => return rollback(server, said, &place).await,
        "list" => Request::new(Method::List, place.at("metadata")),
        "delete" if said.has("versions") => {
            Request::new(Method::Put, place.at("delete")).with(json!({ "versions": versions() }))
        }
        "delete" => Request::new(Method::Delete, place.at("data")),
        "undelete" => Request::new(Method::Put, place.at("undelete")).with(json!({ "versions": versions() })),
        "destroy" => Request::new(Method::Put, place.at("destroy")).with(json!({ "versions": versions() })),
        "metadata get" => Request::new(Method::Get, place.at("metadata")),
        "metadata put" => Request::new(Method::Put, place.at("metadata")).with(custom()),
        "metadata patch" => Request::new(Method::Patch, place.at("metadata")).with(custom()),
        "metadata delete" => Request::new(Method::Delete, place.at("metadata")),
        other => {
            return Err(Failure::before_the_act(Trouble::new(format!("`vault kv {other}` is not known"))));
        }
    };
    let response = server.send(request.clone()).await?;
    Ok(told(said, &request, response))
}

/// The mount that a path lies in, by `-mount` or by asking, as the CLI does.
async fn place(server: &dyn Server, said: &Said, first: usize) -> Result<Result<Place, Reply>, Failure> {
    let path = said.word(first, "path").map_err(Failure::before_the_act)?.trim_matches('/');
    if let Some(mount) = said.flag("mount") {
        return Ok(Ok(Place { mount: mount.trim_matches('/').to_owned(), path: path.to_owned() }));
    }
    let request = Request::new(Method::Get, format!("sys/internal/ui/mounts/{path}"));
    let response =
        server.send(request.clone()).await.map_err(|failure| Failure { definite: true, ..failure })?;
    if !response.is_good() {
        return Ok(Err(Reply { refused: true, ..refused(&request, &response) }));
    }
    let found = response.json.as_ref().and_then(|json| json.pointer("/data/path")?.as_str());
    let mount = found.unwrap_or_default().trim_matches('/').to_owned();
    let below = path.strip_prefix(&mount).unwrap_or(path).trim_matches('/').to_owned();
    let version = response.json.as_ref().and_then(|json| json.pointer("/data/options/version")?.as_str());
    if version != Some("2") {
        let trouble = Trouble::new(format!("{mount} is no KV mount of version 2"));
        return Err(Failure::before_the_act(trouble.because("nothing there has versions to go back to")));
    }
    Ok(Ok(Place { mount, path: below }))
}

fn body(said: &Said, fields: &Map<String, Value>) -> Result<Value, Failure> {
    let cas = said.flag("cas").map(str::parse::<u64>).transpose();
    let cas = cas.map_err(|_| Failure::before_the_act(Trouble::new("-cas is no number")))?;
    let options = cas.map_or_else(|| json!({}), |cas| json!({ "cas": cas }));
    Ok(json!({ "data": fields, "options": options }))
}

/// A token that may not patch reads, changes and writes, as the CLI does, guarded by the version it has read.
async fn patch(
    server: &dyn Server,
    said: &Said,
    place: &Place,
    fields: Map<String, Value>,
) -> Result<Reply, Failure> {
    let request = Request::new(Method::Patch, place.at("data")).with(body(said, &fields)?);
    let response = server.send(request.clone()).await?;
    if !matches!(response.status, 403 | 405) {
        return Ok(told(said, &request, response));
    }
    let read = Request::new(Method::Get, place.at("data"));
    let before = server.send(read).await.map_err(|failure| Failure { definite: true, ..failure })?;
    if !before.is_good() {
        return Ok(refused(&request, &response));
    }
    let mut data = data_of(&before);
    data.extend(fields);
    let cas = said.flag("cas").and_then(|cas| cas.parse().ok()).unwrap_or_else(|| version_of(&before));
    let write =
        Request::new(Method::Put, place.at("data")).with(json!({ "data": data, "options": { "cas": cas } }));
    let response = server.send(write.clone()).await?;
    Ok(told(said, &write, response))
}

/// An older version written once more as the newest.
async fn rollback(server: &dyn Server, said: &Said, place: &Place) -> Result<Reply, Failure> {
    let lacks = || Failure::before_the_act(Trouble::new("a rollback lacks its -version"));
    let version = said.flag("version").ok_or_else(lacks)?.to_owned();
    let before = |failure| Failure { definite: true, ..failure };
    let metadata = Request::new(Method::Get, place.at("metadata"));
    let now = server.send(metadata.clone()).await.map_err(before)?;
    if !now.is_good() {
        return Ok(refused(&metadata, &now));
    }
    let current = now.json.as_ref().and_then(|json| json.pointer("/data/current_version")?.as_u64());
    let query = vec![("version".to_owned(), version)];
    let read = Request { query, ..Request::new(Method::Get, place.at("data")) };
    let old = server.send(read.clone()).await.map_err(before)?;
    if !old.is_good() {
        return Ok(refused(&read, &old));
    }
    let body = json!({ "data": data_of(&old), "options": { "cas": current.unwrap_or_default() } });
    let write = Request::new(Method::Put, place.at("data")).with(body);
    let response = server.send(write.clone()).await?;
    Ok(told(said, &write, response))
}

fn data_of(response: &Response) -> Map<String, Value> {
    let data = response.json.as_ref().and_then(|json| json.pointer("/data/data")?.as_object());
    data.cloned().unwrap_or_default()
}

fn version_of(response: &Response) -> u64 {
    let version = response.json.as_ref().and_then(|json| json.pointer("/data/metadata/version")?.as_u64());
    version.unwrap_or_default()
}
