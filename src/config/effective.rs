//! Every value that is in force and where it comes from, for `vaultdeck config`.
//!
//! ```text
//! default.toml ◀── the profile in its file ◀── flags;  what neither says ◀── variables of the Vault CLI and of AWS
//! ```

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use toml::{Table, Value as Toml};

use super::{DEFAULT, Found, Profile, Surroundings, documented, load, where_profiles_live};
use crate::model::trouble::Trouble;

/// Keys that need not be set, with the variables that are asked instead, the first that is set wins.
const OPTIONAL: &[(&str, &[&str])] = &[
    ("vault.address", &["BAO_AGENT_ADDR", "VAULT_AGENT_ADDR", "BAO_ADDR", "VAULT_ADDR"]),
    ("vault.namespace", &["BAO_NAMESPACE", "VAULT_NAMESPACE"]),
    ("vault.ca_file", &["BAO_CACERT", "VAULT_CACERT"]),
    ("vault.tls_server_name", &["BAO_TLS_SERVER_NAME", "VAULT_TLS_SERVER_NAME"]),
    ("vault.login", &[]),
    ("hosts.list", &[]),
    ("hosts.inventory", &[]),
    ("hosts.group", &[]),
    ("hosts.ssh_config", &[]),
    ("rds.region", &["AWS_REGION", "AWS_DEFAULT_REGION"]),
    ("rds.account", &[]),
    ("rds.endpoint_url", &[]),
    ("database.ca_file", &[]),
    ("acknowledge", &[]),
];

/// Options of a command whose value is not shown.
const SECRET_WORDS: &[&str] = &["token", "secret", "password", "passwd", "passphrase", "credential", "key"];

/// What the command line says of the profile.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// `--config`.
    pub file: Option<&'a Path>,
    /// `--profile`.
    pub profile: Option<&'a str>,
    /// `--demo`.
    pub demo: bool,
}

/// A profile value by value.
#[derive(Debug, Clone, PartialEq)]
pub struct Effective {
    /// Its name, and what chose it.
    pub name: (String, Source),
    /// Its file, and what chose that; empty where there is none.
    pub file: (String, Source),
    /// Every value, in the order of `default.toml`.
    pub values: Vec<Value>,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Value {
    /// Its key, with dots: `vault.address`.
    pub key: String,
    /// What it is; `None` where nobody sets it.
    pub value: Option<Toml>,
    /// Who says so.
    pub source: Source,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "from", content = "name")]
pub enum Source {
    /// The documented value.
    Default,
    /// A file.
    File(String),
    /// A variable of the environment.
    Variable(String),
    /// A word of the command line.
    Flag(String),
    /// Nobody.
    Unset,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File(file) => formatter.write_str(file),
            Self::Variable(name) => write!(formatter, "${name}"),
            Self::Flag(flag) => formatter.write_str(flag),
            Self::Unset => formatter.write_str("not set"),
        }
    }
}

/// The profile that is named or found, value by value; where there is none, the deployment as documented.
///
/// # Errors
/// Trouble when a file is named or found that cannot be understood.
pub fn effective(asked: Asked<'_>, surroundings: &Surroundings) -> Result<Effective, Trouble> {
    if asked.demo {
        return pretended();
    }
    let named = asked.file.is_some() || asked.profile.is_some();
    if !named && !where_profiles_live().iter().any(|place| place.exists()) {
        let values = values(&documented("documented")?, &Table::new(), &Source::Default, surroundings)?;
        let file = (String::new(), Source::Unset);
        return Ok(Effective { name: ("documented".to_owned(), Source::Default), file, values });
    }
    let found = load(asked.file, asked.profile)?;
    let shown = found.path.display().to_string();
    let said = said(&found)?;
    let source = Source::File(format!("{shown} [profiles.{}]", found.profile.name));
    Ok(Effective {
        values: values(&found.profile, &said, &source, surroundings)?,
        name: (found.profile.name.clone(), chosen_by(asked, &shown)),
        file: (shown.clone(), file_chosen_by(asked, &found.path)),
    })
}

/// The pretend fleet asks no variable: it is as documented.
fn pretended() -> Result<Effective, Trouble> {
    let flag = Source::Flag("--demo".to_owned());
    let nowhere = Surroundings { variables: [].into(), home: PathBuf::new(), directory: PathBuf::new() };
    let mut values = values(&documented("demo")?, &Table::new(), &Source::Default, &nowhere)?;
    for value in values.iter_mut().filter(|value| value.key == "environment") {
        value.value = Some(Toml::String("demo".to_owned()));
        value.source = flag.clone();
    }
    Ok(Effective { name: ("demo".to_owned(), flag), file: (String::new(), Source::Unset), values })
}

/// What the file itself says in the profile.
fn said(found: &Found) -> Result<Table, Trouble> {
    let unreadable = || Trouble::new(format!("cannot read {}", found.path.display()));
    let text = std::fs::read_to_string(&found.path).map_err(|error| unreadable().because(error))?;
    let file = text.parse::<Table>().map_err(|error| unreadable().because(error))?;
    let profile = file.get("profiles").and_then(|profiles| profiles.get(&found.profile.name));
    Ok(profile.and_then(Toml::as_table).cloned().unwrap_or_default())
}

fn chosen_by(asked: Asked<'_>, file: &str) -> Source {
    match asked.profile {
        Some(_) => Source::Flag("--profile".to_owned()),
        None => Source::File(file.to_owned()),
    }
}

fn file_chosen_by(asked: Asked<'_>, path: &Path) -> Source {
    match asked.file {
        Some(_) => Source::Flag("--config".to_owned()),
        None if path.is_absolute() => Source::File("the config folder".to_owned()),
        None => Source::File("the working directory".to_owned()),
    }
}

fn values(
    profile: &Profile,
    said: &Table,
    file: &Source,
    surroundings: &Surroundings,
) -> Result<Vec<Value>, Trouble> {
    let whole = Table::try_from(profile)
        .map_err(|error| Trouble::new("the profile cannot be told value by value").because(error))?;
    let mut values = Vec::new();
    leaves(&whole, "", &mut |key, value| {
        let source = if at(said, &key).is_some() { file.clone() } else { Source::Default };
        values.push(Value { value: Some(discreet(&key, value)), key, source });
    });
    values.retain(|value| value.source != Source::Default || !is_optional_and_empty(value));
    let set =
        |key: &str| values.iter().any(|value| value.key == key || value.key.starts_with(&format!("{key}.")));
    let unset = OPTIONAL.iter().filter(|(key, _)| !set(key));
    let asked = unset.map(|(key, variables)| asked_instead(key, variables, surroundings));
    let asked: Vec<Value> = asked.collect();
    values.extend(asked);
    values.sort_by_key(|value| place(&value.key));
    Ok(values)
}

/// An empty list that nobody wrote is as good as not set.
fn is_optional_and_empty(value: &Value) -> bool {
    let empty = matches!(&value.value, Some(Toml::Array(items)) if items.is_empty());
    empty && OPTIONAL.iter().any(|(key, _)| *key == value.key)
}

fn asked_instead(key: &str, variables: &[&str], surroundings: &Surroundings) -> Value {
    let known = |name: &str| surroundings.variables.get(name);
    // BAO_ADDR hides VAULT_ADDR, also where it is empty
    let hidden = |name: &str| {
        name.strip_prefix("VAULT_").is_some_and(|suffix| known(&format!("BAO_{suffix}")).is_some())
    };
    let shown = |name: &str| known(name).filter(|value| !value.is_empty() && !hidden(name));
    match variables.iter().find_map(|name| Some((*name, shown(name)?))) {
        Some((name, value)) => Value {
            key: key.to_owned(),
            value: Some(discreet(key, &Toml::String(value.clone()))),
            source: Source::Variable(name.to_owned()),
        },
        None => Value { key: key.to_owned(), value: None, source: Source::Unset },
    }
}

fn leaves(table: &Table, before: &str, take: &mut impl FnMut(String, &Toml)) {
    for (key, value) in table {
        let key = if before.is_empty() { key.clone() } else { format!("{before}.{key}") };
        match value {
            Toml::Table(below) => leaves(below, &key, take),
            value => take(key, value),
        }
    }
}

fn at<'t>(table: &'t Table, key: &str) -> Option<&'t Toml> {
    match key.split_once('.') {
        Some((first, rest)) => at(table.get(first)?.as_table()?, rest),
        None => table.get(key),
    }
}

/// Where a key stands in `default.toml`, set or as a comment.
fn place(key: &str) -> (usize, usize) {
    let mut parts = key.splitn(3, '.');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    let headings = [format!("\n[{first}]"), format!("[[{first}]]"), format!("\n{first} =")];
    let section = headings.iter().find_map(|heading| DEFAULT.find(heading)).unwrap_or(usize::MAX);
    let within = second.and_then(|second| {
        let below = DEFAULT.get(section..)?;
        ["\n", "\n# "].iter().filter_map(|start| below.find(&format!("{start}{second} ="))).min()
    });
    (section, within.unwrap_or_default())
}

/// A profile holds no secret; an address or a command may by mistake.
fn discreet(key: &str, value: &Toml) -> Toml {
    match value {
        Toml::String(text) if key == "vault.login.command" => Toml::String(without_secrets(text)),
        Toml::String(text) => Toml::String(without_login(text)),
        Toml::Array(words) if key == "notices.command" => {
            let words: Vec<_> = words.iter().filter_map(Toml::as_str).collect();
            Toml::Array(discreet_words(&words).into_iter().map(Toml::String).collect())
        }
        other => other.clone(),
    }
}

/// `https://jane:word@vault` without what stands before the `@`.
fn without_login(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match host.rsplit_once('@') {
        Some((login, _)) => format!("{scheme}://{}", rest.get(login.len() + 1..).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A command with `***` for the value of every option that is named like a secret.
fn without_secrets(command: &str) -> String {
    discreet_words(&command.split_whitespace().collect::<Vec<_>>()).join(" ")
}

fn discreet_words(words: &[&str]) -> Vec<String> {
    let is_secret = |word: &str| {
        let name = word.split('=').next().unwrap_or_default().to_lowercase();
        SECRET_WORDS.iter().any(|secret| name.contains(secret))
    };
    let mut hidden = false;
    let words = words.iter().enumerate().map(|(index, word)| {
        let hide = std::mem::take(&mut hidden);
        match word.split_once('=') {
            Some((name, _)) if is_secret(word) => format!("{name}=***"),
            _ if hide && !word.starts_with('-') => "***".to_owned(),
            _ => {
                hidden = index > 0 && word.starts_with('-') && is_secret(word);
                (*word).to_owned()
            }
        }
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "default = \"shared\"\n[profiles.shared]\nenvironment = \"prod\"\nhosts.list = [\"a\"]\n\
        vault.login = { method = \"command\", command = \"login --token hunter2 --role ops\" }\n\
        rds.endpoint_url = \"http://jane:hunter2@rds:5000/\"\n[profiles.other]\n";

    fn surroundings(variables: &[(&str, &str)]) -> Surroundings {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Surroundings { variables: variables.collect(), home: PathBuf::new(), directory: PathBuf::new() }
    }

    fn of_file(variables: &[(&str, &str)]) -> Effective {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vaultdeck.toml");
        std::fs::write(&file, FILE).unwrap();
        let asked = Asked { file: Some(&file), ..Asked::default() };
        effective(asked, &surroundings(variables)).unwrap()
    }

    fn value<'e>(effective: &'e Effective, key: &str) -> &'e Value {
        effective.values.iter().find(|value| value.key == key).unwrap_or_else(|| panic!("no {key}"))
    }

    #[test]
    fn each_value_names_its_source() {
        let seen = of_file(&[("VAULT_ADDR", "https://v:8200"), ("BAO_ADDR", "https://b:8200")]);
        assert_eq!(seen.name.0, "shared");
        assert_eq!(seen.file.1, Source::Flag("--config".to_owned()));
        assert!(
            matches!(&value(&seen, "environment").source, Source::File(file) if file.ends_with("[profiles.shared]"))
        );
        assert_eq!(value(&seen, "vault.kv_mount").source, Source::Default);
        assert_eq!(value(&seen, "vault.address").source, Source::Variable("BAO_ADDR".to_owned()));
        assert_eq!(value(&seen, "vault.address").value, Some(Toml::String("https://b:8200".to_owned())));
        assert_eq!(value(&seen, "rds.region").source, Source::Unset);
    }

    #[test]
    fn what_was_put_there_by_mistake_is_not_shown() {
        let seen = of_file(&[("VAULT_ADDR", "https://jane:hunter2@v:8200/x")]);
        assert!(!format!("{seen:?}").contains("hunter2"), "{seen:?}");
        assert_eq!(value(&seen, "vault.address").value, Some(Toml::String("https://v:8200/x".to_owned())));
        let command = Toml::String("login --token *** --role ops".to_owned());
        assert_eq!(value(&seen, "vault.login.command").value, Some(command));
    }

    #[test]
    fn the_pretend_fleet_is_as_documented_and_asks_no_variable() {
        let asked = Asked { demo: true, ..Asked::default() };
        let seen = effective(asked, &surroundings(&[("VAULT_ADDR", "https://v:8200")])).unwrap();
        assert_eq!(value(&seen, "environment").source, Source::Flag("--demo".to_owned()));
        assert_eq!(value(&seen, "vault.address").source, Source::Unset);
    }

    #[test]
    fn values_stand_in_the_order_of_the_defaults_and_every_key_is_named_there() {
        let seen = of_file(&[]);
        let first: Vec<_> = seen.values.iter().take(3).map(|value| value.key.as_str()).collect();
        assert_eq!(first, ["environment", "reveal", "vault.address"]);
        for value in &seen.values {
            assert_ne!(place(&value.key).0, usize::MAX, "{} is not in default.toml", value.key);
        }
    }
}
