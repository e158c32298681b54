//! Reading the values of a KV secret: only when an operator asks for it, and only into memory that is wiped.

use std::collections::BTreeMap;
use std::fmt;

use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Request, Vault};
use crate::model::trouble::Trouble;

/// The values of one version. Prints as key names alone.
#[derive(Debug)]
pub struct SecretValues {
    /// Version that was read.
    pub version: u64,
    /// Values by key.
    pub values: BTreeMap<String, SecretString>,
}

#[derive(Deserialize)]
struct Versioned {
    data: Option<BTreeMap<String, Value>>,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    version: u64,
    #[serde(default)]
    destroyed: bool,
}

impl Vault {
    /// Reads the current values of a secret on a KV v2 mount.
    ///
    /// # Errors
    /// Trouble when there are none, they are deleted, or Vault refuses.
    pub async fn read_secret(&self, mount: &str, path: &str) -> Result<SecretValues, Trouble> {
        self.read_values(mount, path, &[]).await
    }

    /// Reads the values of one version of a secret on a KV v2 mount.
    ///
    /// # Errors
    /// As [`Vault::read_secret`]; a version that is not kept is deleted to Vault.
    pub async fn read_secret_version(
        &self,
        mount: &str,
        path: &str,
        version: u64,
    ) -> Result<SecretValues, Trouble> {
        self.read_values(mount, path, &[("version".to_owned(), version.to_string())]).await
    }

    async fn read_values(
        &self,
        mount: &str,
        path: &str,
        query: &[(String, String)],
    ) -> Result<SecretValues, Trouble> {
        let data = format!("{mount}/data/{path}");
        let answer = self.request(Request { query, ..Request::new(Method::GET, &data) }).await?;
        if answer.status == 404
            && let Ok(gone) = answer.flat::<super::Reply<Versioned>>()
            && let Some(gone) = gone.data
        {
            return Err(deleted(path, &gone.metadata));
        }
        let read = answer.data::<Versioned>()?;
        let Some(data) = read.data else { return Err(deleted(path, &read.metadata)) };
        let values = data.into_iter().map(|(key, Value(value))| (key, value)).collect();
        Ok(SecretValues { version: read.metadata.version, values })
    }
}

fn deleted(path: &str, metadata: &Metadata) -> Trouble {
    let version = metadata.version;
    let trouble = Trouble::new(format!("{path} has no values to read"));
    if metadata.destroyed {
        return trouble
            .because(format!("version {version} is destroyed"))
            .hint("roll back to a version that is kept");
    }
    trouble.because(format!("version {version} is deleted")).hint("undelete it, or roll back")
}

/// A value as text. Strings go straight from the wiped answer into wiped memory.
struct Value(SecretString);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AsText).map(Value)
    }
}

struct AsText;

impl<'de> Visitor<'de> for AsText {
    type Value = SecretString;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value that is text, a number, true, false or null")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<SecretString, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<SecretString, E> {
        Ok(text.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<SecretString, E> {
        Ok(number.to_string().into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<SecretString, E> {
        Ok(number.to_string().into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<SecretString, E> {
        Ok(number.to_string().into())
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<SecretString, E> {
        Ok(truth.to_string().into())
    }

    fn visit_unit<E: Error>(self) -> Result<SecretString, E> {
        Ok("".into())
    }

    /// Nested values hold nothing that authentik reads; their text is only there to tell whether they changed.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SecretString, A::Error> {
        let mut pieces = Vec::new();
        while let Some(Value(piece)) = list.next_element()? {
            pieces.push(piece);
        }
        Ok(joined(&pieces))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretString, A::Error> {
        let mut pieces = Vec::new();
        while let Some((Value(key), Value(value))) = map.next_entry()? {
            pieces.extend([key, value]);
        }
        Ok(joined(&pieces))
    }
}

/// A piece per line, in memory whose size is known before, so that no copy is left behind while it grows.
fn joined(pieces: &[SecretString]) -> SecretString {
    let length = pieces.iter().map(|piece| piece.expose_secret().len() + 1).sum();
    let mut text = String::with_capacity(length);
    for piece in pieces {
        text.push_str(piece.expose_secret());
        text.push('\n');
    }
    SecretString::from(text)
}
