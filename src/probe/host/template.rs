//! `.env.tpl` as far as it matters here: which secrets it reads, which keys it names there, and whether it writes each
//! secret's version into a comment. Follows the template's blocks (`with`, `range`, `if` … `end`) and variables.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::facts::TemplateFacts;
use crate::world::clean;

/// Reads the text; what is not understood is passed over, as it names no secret.
pub(super) fn read(text: &str) -> TemplateFacts {
    let mut reading = Reading::default();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((action, after)) = after.split_once("}}") else { break };
        let line = before.rsplit('\n').next().unwrap_or(before);
        reading.action(&tokens(action), line);
        rest = after;
    }
    let has_version_marker =
        !reading.reads.is_empty() && reading.reads.keys().all(|path| reading.marked.contains(path));
    TemplateFacts { reads: reading.reads, has_version_marker }
}

#[derive(Default)]
struct Reading {
    reads: BTreeMap<String, BTreeSet<String>>,
    /// Secrets whose version stands in a comment.
    marked: BTreeSet<String>,
    /// What `.` is in each open block; `None` where it is no secret.
    dots: Vec<Option<String>>,
    /// Variables that hold a secret.
    variables: BTreeMap<String, String>,
}

impl Reading {
    /// One `{{ … }}`, and what stands before it on its line.
    fn action(&mut self, tokens: &[Token], line: &str) {
        let keyword = tokens.first().and_then(Token::word);
        if keyword == Some("end") {
            self.dots.pop();
            return;
        }
        let path = secret_path(tokens).map(str::to_owned);
        if let Some(path) = &path {
            self.reads.entry(path.clone()).or_default();
        }
        if let (Some(variable), Some(path)) = (declared(tokens), &path) {
            self.variables.insert(variable.to_owned(), path.clone());
        }
        self.keys(tokens, path.as_deref(), line);
        match keyword {
            Some("with") => self.dots.push(path.or_else(|| self.renamed(tokens))),
            Some("range" | "block" | "define") => self.dots.push(None),
            Some("if") => self.dots.push(self.dot().map(str::to_owned)),
            _ => {}
        }
    }

    fn dot(&self) -> Option<&str> {
        self.dots.last().and_then(Option::as_deref)
    }

    /// `with $db`: the dot is the secret that the variable holds.
    fn renamed(&self, tokens: &[Token]) -> Option<String> {
        let word = tokens.get(1)?.word()?;
        self.variables.get(word).cloned()
    }

    fn keys(&mut self, tokens: &[Token], own: Option<&str>, line: &str) {
        for (index, token) in tokens.iter().enumerate() {
            let Some((holder, fields)) = token.word().and_then(|word| word.split_once(".Data")) else {
                continue;
            };
            let path = match holder {
                "" if own.is_some() => own.map(str::to_owned),
                "" => self.dot().map(str::to_owned),
                variable => self.variables.get(variable).cloned(),
            };
            let Some(path) = path else { continue };
            if fields == ".metadata.version" {
                self.mark(&path, line);
            } else if let Some(key) = named_key(fields).or_else(|| indexed_key(fields, tokens.get(index + 1)))
            {
                self.reads.entry(path).or_default().insert(key);
            }
        }
    }

    fn mark(&mut self, path: &str, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if matches!(*words.as_slice(), ["#", "kv", _, "v"]) {
            self.marked.insert(path.to_owned());
        }
    }
}

/// `.data.KEY` of KV v2, `.KEY` of KV v1.
fn named_key(fields: &str) -> Option<String> {
    let fields = fields.strip_prefix('.')?;
    let key = match fields.split_once('.') {
        Some(("data", key)) => key,
        Some(_) => return None,
        None => Some(fields).filter(|key| !matches!(*key, "data" | "metadata"))?,
    };
    Some(clean::line(key.as_bytes()))
}

/// `index .Data.data "KEY"`.
fn indexed_key(fields: &str, next: Option<&Token>) -> Option<String> {
    match next {
        Some(Token::Text(key)) if fields == ".data" || fields.is_empty() => Some(clean::line(key.as_bytes())),
        _ => None,
    }
}

/// The path in `secret "PATH"`.
fn secret_path<'a>(tokens: &[Token<'a>]) -> Option<&'a str> {
    tokens.windows(2).find_map(|pair| match pair {
        [Token::Word("secret"), Token::Text(path)] => Some(*path),
        _ => None,
    })
}

/// `$NAME := …`, also behind `with`.
fn declared<'a>(tokens: &[Token<'a>]) -> Option<&'a str> {
    tokens.windows(2).find_map(|pair| match pair {
        [Token::Word(name), Token::Word(":=" | "=")] if name.starts_with('$') => Some(*name),
        _ => None,
    })
}

/// A piece of an action.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    /// Between quotes.
    Text(&'a str),
}

impl<'a> Token<'a> {
    fn word(&self) -> Option<&'a str> {
        match *self {
            Token::Word(word) => Some(word),
            Token::Text(_) => None,
        }
    }
}

/// Words and quoted texts; parentheses and pipes only part them, trim marks and comments go.
fn tokens(action: &str) -> Vec<Token<'_>> {
    let action = action.strip_prefix('-').unwrap_or(action);
    let mut rest = action.strip_suffix('-').unwrap_or(action).trim();
    if rest.starts_with("/*") {
        return Vec::new();
    }
    let mut tokens = Vec::new();
    let parts = |character: char| character.is_whitespace() || "()|,\"`".contains(character);
    while let Some(first) = rest.chars().next() {
        if let Some((text, after)) = quoted(rest, first) {
            tokens.push(Token::Text(text));
            rest = after;
        } else if parts(first) {
            rest = rest.trim_start_matches(first);
        } else {
            let (word, after) = rest.split_at(rest.find(parts).unwrap_or(rest.len()));
            tokens.push(Token::Word(word));
            rest = after;
        }
    }
    tokens
}

fn quoted(rest: &str, quote: char) -> Option<(&str, &str)> {
    if quote != '"' && quote != '`' {
        return None;
    }
    rest.strip_prefix(quote)?.split_once(quote)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DATABASE: &str = "secret/data/cwiq/shared/authentik/database";

    fn keys(text: &str) -> Vec<String> {
        read(text).reads.get(DATABASE).map(|keys| keys.iter().cloned().collect()).unwrap_or_default()
    }

    #[test]
    fn secrets_and_keys_of_the_documented_template_are_found() {
        let template = read(
            r#"
{{- with secret "secret/data/cwiq/shared/authentik/database" -}}
A={{ .Data.data.pg_host }}
B={{ .Data.data.pg_password }}
{{ end -}}
{{- with secret "secret/data/cwiq/shared/authentik/config" -}}
C={{ .Data.data.secret_key }}
{{ end -}}
"#,
        );
        let reads: Vec<_> = template.reads.iter().map(|(path, keys)| (path.as_str(), keys.len())).collect();
        assert_eq!(reads, [("secret/data/cwiq/shared/authentik/config", 1), (DATABASE, 2)]);
        assert!(!template.has_version_marker);
    }

    #[test]
    fn a_template_has_markers_when_each_secret_writes_its_version() {
        let database = r#"{{ with secret "a/data/b" }}# kv b v{{ .Data.metadata.version }} {{ .Data.metadata.created_time }}
B={{ .Data.data.b }}
{{ end }}"#;
        assert!(read(database).has_version_marker);
        assert!(
            !read(&format!("{database}{{{{ with secret \"a/data/c\" }}}}{{{{ end }}}}")).has_version_marker
        );
        assert!(
            !read(r#"{{ with secret "a/data/b" }}V={{ .Data.metadata.version }}{{ end }}"#)
                .has_version_marker
        );
    }

    #[test]
    fn keys_are_found_in_every_form_a_template_may_have() {
        for (text, key) in [
            (r#"{{ with secret "PATH" }}{{ index .Data.data "pg-host" }}{{ end }}"#, "pg-host"),
            (r#"{{ (secret "PATH").Data.data.pg_host }}"#, "pg_host"),
            (r#"{{ $db := secret "PATH" }}{{ $db.Data.data.pg_host | toJSON }}"#, "pg_host"),
            (
                r#"{{ with $db := secret "PATH" }}{{ if true }}{{ $db.Data.data.pg_host }}{{ end }}{{ end }}"#,
                "pg_host",
            ),
            (
                r#"{{ with secret "PATH" }}{{ if .Data.data.pg_host }}{{ .Data.data.pg_host }}{{ end }}{{ end }}"#,
                "pg_host",
            ),
            (r#"{{ with secret "PATH" }}{{ .Data.pg_host }}{{ end }}"#, "pg_host"),
        ] {
            assert_eq!(keys(&text.replace("PATH", DATABASE)), [key], "{text}");
        }
    }

    #[test]
    fn behind_the_end_of_a_block_the_dot_is_another() {
        let text = r#"{{ with secret "PATH" }}{{ end }}{{ .Data.data.stray }}{{/* {{ secret "x" }} */}}"#;
        assert!(keys(&text.replace("PATH", DATABASE)).is_empty());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([{}]{2}|\"|`|with|end|secret|\\.Data|\\$a|:=|-| |\n|é){0,60}") {
            let _ = read(&text);
        }
    }
}
