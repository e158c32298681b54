//! Reading the values of a KV secret: only when an operator asks for it, and only into memory that is wiped.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Vault;
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
        let answer = self.read(&format!("{mount}/data/{path}")).await?;
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
    let trouble = Trouble::new(format!("{path} has no current values"));
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

    /// Nested values hold nothing that authentik reads: they count as empty.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SecretString, A::Error> {
        while list.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        Ok("".into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretString, A::Error> {
        while map.next_entry::<serde::de::IgnoredAny, serde::de::IgnoredAny>()?.is_some() {}
        Ok("".into())
    }
}
