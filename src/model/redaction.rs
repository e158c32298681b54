//! What looks like a secret in a line of text is hidden: tokens of Vault, secret-ids, passwords in their usual places. It is done
//! once, where a log line comes in, so that screen, search, clipboard and file all have the same text.

use std::borrow::Cow;
use std::ops::Range;

/// What stands where a secret stood.
pub const HIDDEN: &str = "[hidden]";

/// Ends of names whose value is a secret, in small letters. `AUTHENTIK_POSTGRESQL__PASSWORD` ends like `password`.
const SECRET_NAMES: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "secret_id",
    "secret-id",
    "secretid",
    "secret_key",
    "private_key",
    "access_key",
    "client_secret",
    "token",
    "secret",
];
/// Letters and digits of what stands after `Bearer`.
const SHORTEST_BEARER: usize = 12;

/// The line with every secret in it hidden; the line itself where there is none.
pub fn redacted(line: &str) -> Cow<'_, str> {
    let mut secrets: Vec<Range<usize>> = names(line).filter_map(|name| secret_at(line, &name)).collect();
    secrets.extend(password_of_url(line));
    if secrets.is_empty() {
        return Cow::Borrowed(line);
    }
    secrets.sort_by_key(|secret| secret.start);
    let mut shown = String::with_capacity(line.len());
    let mut from = 0;
    for secret in secrets {
        if secret.start >= from {
            shown.push_str(line.get(from..secret.start).unwrap_or_default());
            shown.push_str(HIDDEN);
        }
        from = from.max(secret.end);
    }
    shown.push_str(line.get(from..).unwrap_or_default());
    Cow::Owned(shown)
}

/// Where the words of a line stand that can be names, ids or tokens.
fn names(line: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = line.get(from..)?;
        let start = from + rest.find(in_name)?;
        let word = line.get(start..)?;
        let end = start + word.find(|letter| !in_name(letter)).unwrap_or(word.len());
        from = end;
        // a full stop ends a sentence, and no name
        let stops = line.get(start..end)?.len() - line.get(start..end)?.trim_end_matches('.').len();
        Some(start..end - stops)
    })
}

fn in_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_')
}

/// The secret that a word is, or that stands behind it.
fn secret_at(line: &str, name: &Range<usize>) -> Option<Range<usize>> {
    let word = line.get(name.clone())?;
    let before = line.get(..name.start)?;
    if is_token(word) || (is_uuid(word) && !says_what_it_is(before)) {
        return Some(name.clone());
    }
    let value = if word.eq_ignore_ascii_case("bearer") {
        bearer(line, name.end)
    } else {
        is_secret(word).then(|| value_behind(line, name.end, word)).flatten()
    };
    value.filter(|value| tells(line.get(value.clone()).unwrap_or_default()))
}

fn is_secret(word: &str) -> bool {
    let ends = |name: &str| {
        let start = word.len().checked_sub(name.len());
        start.and_then(|start| word.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(name))
    };
    SECRET_NAMES.into_iter().any(ends)
}

/// What a field without a value holds tells nobody anything, and what is hidden already stays so.
fn tells(value: &str) -> bool {
    let value = value.trim_end_matches(['}', ']', ')', ',', ';']);
    !matches!(value, "" | "null" | "nil" | "None" | "true" | "false" | "***" | "{" | "[" | "[hidden")
}

/// The value behind a name: `name=value`, `"name": "value"`, `name: value`, `PASSWORD 'value'`.
fn value_behind(line: &str, end: usize, name: &str) -> Option<Range<usize>> {
    let rest = line.get(end..)?;
    let quoted_name = rest.starts_with(['"', '\'', '\\']);
    let after_name = rest.trim_start_matches(['"', '\'', '\\']).trim_start_matches(' ');
    if !quoted_name && rest.starts_with(' ') && after_name.starts_with('\'') {
        return Some(value(line, line.len() - after_name.len()));
    }
    let after_sign = after_name.strip_prefix(['=', ':'])?;
    // in prose a colon stands behind a word that is no field: `invalid token: permission denied`
    let is_prose =
        after_name.starts_with(':') && !quoted_name && !name.contains(['_', '-']) && !is_password(name);
    if is_prose {
        return None;
    }
    let after_sign = after_sign.strip_prefix('=').unwrap_or(after_sign);
    Some(value(line, line.len() - after_sign.trim_start_matches(' ').len()))
}

fn is_password(name: &str) -> bool {
    name.to_ascii_lowercase().starts_with("pass")
}

/// A value from a place on: to its closing quote, or to the next space or quote.
fn value(line: &str, start: usize) -> Range<usize> {
    let rest = line.get(start..).unwrap_or_default();
    let escapes = rest.len() - rest.trim_start_matches('\\').len();
    let quote =
        rest.get(escapes..).and_then(|rest| rest.chars().next()).filter(|sign| matches!(sign, '"' | '\''));
    let Some(quote) = quote else {
        let length =
            rest.find(|sign: char| sign.is_whitespace() || matches!(sign, '"' | '\'')).unwrap_or(rest.len());
        return start..start + length;
    };
    let start = start + escapes + 1;
    let rest = line.get(start..).unwrap_or_default();
    let closes = |(at, _): &(usize, &str)| {
        let before = rest.get(..*at).unwrap_or_default();
        before.len() - before.trim_end_matches('\\').len() <= escapes
    };
    let end = rest.match_indices(quote).find(closes).map_or(rest.len(), |(at, _)| at);
    let end = rest.get(..end).map_or(end, |value| value.trim_end_matches('\\').len());
    start..start + end
}

fn bearer(line: &str, end: usize) -> Option<Range<usize>> {
    let rest = line.get(end..)?.strip_prefix(' ')?;
    let length =
        rest.find(|sign: char| sign.is_whitespace() || "\"',\\".contains(sign)).unwrap_or(rest.len());
    let token = rest.get(..length)?;
    let telling = token.len() >= SHORTEST_BEARER && token.bytes().any(|byte| byte.is_ascii_digit());
    telling.then_some(end + 1..end + 1 + length)
}

/// `postgres://user:password@host`.
fn password_of_url(line: &str) -> Option<Range<usize>> {
    let begin = line.find("://")? + 3;
    let rest = line.get(begin..)?;
    let rest = rest.get(..rest.find(char::is_whitespace).unwrap_or(rest.len()))?;
    let at = rest.rfind('@')?;
    let colon = rest.get(..at)?.find(':')?;
    (colon + 1 < at && !rest.get(..at)?.contains('/')).then_some(begin + colon + 1..begin + at)
}

/// `hvs.…`, `hvb.…`, `hvr.…`, the older `s.…`, `b.…`, `r.…` of 24 letters and digits, and signed tokens (`eyJ….….…`).
fn is_token(word: &str) -> bool {
    let Some((kind, body)) = word.split_once('.') else { return false };
    let first = body.split('.').next().unwrap_or_default();
    match kind {
        "hvs" | "hvb" | "hvr" => body.len() >= 20,
        "s" | "b" | "r" => first.len() >= 24 && first.chars().all(|sign| sign.is_ascii_alphanumeric()),
        kind => kind.starts_with("eyJ") && kind.len() >= 10 && body.len() >= 10,
    }
}

/// Role-ids and secret-ids are UUIDs.
fn is_uuid(word: &str) -> bool {
    let groups = || word.split('-').map(str::len);
    groups().eq([8, 4, 4, 4, 12]) && word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Whether a field says that the id in it is something else than a secret-id: `task_id=…`, `"request_id": "…"`.
fn says_what_it_is(before: &str) -> bool {
    let before = before.trim_end_matches(['"', '\'', '\\']);
    let name = before.strip_suffix('=').or_else(|| before.trim_end_matches(' ').strip_suffix(':'));
    let Some(name) = name.map(|name| name.trim_end_matches(['"', '\'', '\\'])) else { return false };
    let start = name.rfind(|letter| !in_name(letter)).map_or(0, |at| at + 1);
    let name = name.get(start..).unwrap_or_default().to_ascii_lowercase();
    let is_an_id =
        name.ends_with("_id") || name.ends_with("-id") || matches!(name.as_str(), "accessor" | "pk");
    is_an_id && !name.contains("secret") && !name.contains("role")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "hvs.CAESIJlU5hm2kpbs3cOIQzQ3pYZRJ8Bn";
    const ID: &str = "0f6b1c2d-aaaa-bbbb-cccc-0123456789ab";

    #[test]
    fn what_looks_like_a_secret_is_hidden_and_the_rest_stays() {
        for (line, wanted) in [
            (format!("token {TOKEN} was revoked"), "token [hidden] was revoked"),
            (format!("x=\"s.Zr0aQp5cJd8W1mT9uXvK2bLe\" id {ID}"), "x=\"[hidden]\" id [hidden]"),
            (format!("secret_id: {ID}"), "secret_id: [hidden]"),
            (format!("destroyed secret id {ID}."), "destroyed secret id [hidden]."),
            (format!("refused, got={ID} role_id={ID}"), "refused, got=[hidden] role_id=[hidden]"),
            ("password=hunter2,and;more next".to_owned(), "password=[hidden] next"),
            (
                r#"{"password": "hun\"ter 2", "user": "jane"}"#.to_owned(),
                r#"{"password": "[hidden]", "user": "jane"}"#,
            ),
            (
                r#"{"error": "bad \"client_token\": \"hunter2\" sent"}"#.to_owned(),
                r#"{"error": "bad \"client_token\": \"[hidden]\" sent"}"#,
            ),
            ("AUTHENTIK_SECRET_KEY=abc==".to_owned(), "AUTHENTIK_SECRET_KEY=[hidden]"),
            ("ALTER ROLE authentik PASSWORD 'a b'".to_owned(), "ALTER ROLE authentik PASSWORD '[hidden]'"),
            ("password = \"a b\" # hcl".to_owned(), "password = \"[hidden]\" # hcl"),
            ("X-Vault-Token: abc".to_owned(), "X-Vault-Token: [hidden]"),
            ("Authorization: Bearer abc123def456ghi".to_owned(), "Authorization: Bearer [hidden]"),
            (
                "at postgres://jane:pa:ss@db:5432/authentik".to_owned(),
                "at postgres://jane:[hidden]@db:5432/authentik",
            ),
            ("token=[hidden]".to_owned(), "token=[hidden]"),
        ] {
            assert_eq!(redacted(&line), wanted, "{line}");
        }
    }

    #[test]
    fn ordinary_lines_stay_as_they_are() {
        for line in [
            "agent.auth.handler: error getting path or data from method: error=\"no known secret ID\" backoff=1s",
            "FATAL:  password authentication failed for user \"authentik\"",
            "invalid token: permission denied",
            "agent.sink.file: token written: path=/vault/secrets/.token",
            "dial tcp: lookup s.vault.example.com on 10.0.0.2:53: no such host",
            "GET https://vault.example:8200/v1/auth/token/lookup-self",
            r#"{"task_id": "0f6b1c2d-aaaa-bbbb-cccc-0123456789ab", "password": null}"#,
            "accessor=0f6b1c2d-aaaa-bbbb-cccc-0123456789ab token_ttl=1h token_type=service",
        ] {
            assert!(matches!(redacted(line), Cow::Borrowed(_)), "{}", redacted(line));
        }
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic_and_a_token_never_stays(before in "\\PC{0,30}", after in "[ ,;\"'}]\\PC{0,30}") {
            let line = format!("{before} {TOKEN}{after}");
            prop_assert!(!redacted(&line).contains(TOKEN));
        }
    }
}
