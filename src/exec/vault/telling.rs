//! Responses told as the CLI tells them: exit status, words of refusal, one field or all of them.

use serde_json::Value;

use super::grammar::Said;
use super::{Request, Response};
use crate::exec::Reply;
use crate::model::runbook::Answer;

/// The CLI's exit status when the server refuses.
const REFUSED: i32 = 2;

/// What came back, as a whole.
pub(super) fn told(said: &Said, request: &Request, response: Response) -> Reply {
    if !response.is_good() {
        return refused(request, &response);
    }
    let json = response.json.unwrap_or(Value::Null);
    let request_ids = request_ids(&json);
    let answer = match said.flag("field") {
        Some(field) => match field_of(&json, field) {
            Some(value) => Answer { output: plain(&value), ..Answer::default() },
            None => Answer {
                errors: format!("Field \"{field}\" not present in secret"),
                status: 1,
                ..Answer::default()
            },
        },
        None => Answer { output: table(&json), json: Some(json), ..Answer::default() },
    };
    Reply { answer, request_ids, refused: false }
}

/// A good answer that is told as these words and this JSON.
pub(super) fn told_as(output: String, json: Value, request_ids: Vec<String>) -> Reply {
    Reply { answer: Answer { output, json: Some(json), ..Answer::default() }, request_ids, refused: false }
}

/// A refusal.
pub(super) fn refused(request: &Request, response: &Response) -> Reply {
    let errors: Vec<&str> = response
        .json
        .as_ref()
        .and_then(|json| json.get("errors")?.as_array())
        .map(|errors| errors.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let missing = response.status == 404;
    let words = match (missing, errors.is_empty()) {
        (true, true) => format!("No value found at {}", request.path),
        (_, true) => format!("Code: {}. No errors were told", response.status),
        (_, false) => format!("Code: {}. Errors:\n\n* {}", response.status, errors.join("\n* ")),
    };
    let answer = Answer { errors: words, status: REFUSED, missing, ..Answer::default() };
    // a server error may come after the deed; a sealed server has done nothing
    Reply { answer, request_ids: Vec::new(), refused: response.status < 500 || response.status == 503 }
}

/// Ids of the requests that an answer carries.
pub(super) fn request_ids(json: &Value) -> Vec<String> {
    let id = json.get("request_id").and_then(Value::as_str).filter(|id| !id.is_empty());
    id.map(str::to_owned).into_iter().collect()
}

/// A value without quotes around a text.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn field_of(json: &Value, field: &str) -> Option<Value> {
    let inside = |pointer: &str| json.pointer(pointer)?.get(field).filter(|value| !value.is_null()).cloned();
    match field {
        "wrapping_token" => json.pointer("/wrap_info/token").cloned(),
        "wrapping_accessor" => json.pointer("/wrap_info/accessor").cloned(),
        _ if json.pointer("/data/metadata/version").is_some() => {
            inside("/data/data").or_else(|| inside("/data/metadata"))
        }
        _ => inside("/data").or_else(|| inside("/auth")),
    }
}

fn table(json: &Value) -> String {
    let data = json.pointer("/data/data").or_else(|| json.get("data")).filter(|data| data.is_object());
    let rows = data.and_then(Value::as_object).into_iter().flatten();
    rows.fold(String::new(), |told, (key, value)| told + key + "    " + &plain(value) + "\n")
}
