//! The pretend KV engine: versions and who wrote them. Values are told apart by a number; there are no secrets here.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Path of the database credentials below the mount.
pub(super) const DATABASE: &str = "cwiq/shared/authentik/database";

/// Path of authentik's own configuration below the mount.
pub(super) const CONFIG: &str = "cwiq/shared/authentik/config";

/// Versions that the engine keeps when a secret asks for no other number.
pub(super) const KEPT: usize = 10;

/// A KV version 2 mount.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kv {
    /// Secrets by path.
    pub(super) secrets: BTreeMap<String, Secret>,
}

/// One secret with its history.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Secret {
    /// Versions that are kept.
    pub(super) versions: BTreeMap<u64, Version>,
    /// When anything of it last changed.
    pub(super) updated: Option<Timestamp>,
    /// Free fields.
    pub(super) custom: BTreeMap<String, String>,
    /// Whether a write must name the version it replaces.
    pub(super) cas_required: bool,
}

/// One version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Version {
    /// When it was written.
    pub(super) created: Timestamp,
    /// When it was deleted.
    pub(super) deleted: Option<Timestamp>,
    /// What each key holds.
    pub(super) values: BTreeMap<String, Value>,
}

/// What a key holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Value {
    /// Something that is no secret: a host name, a port.
    Plain(String),
    /// Something that is: known by its number alone.
    Hidden(Hidden),
}

/// A secret value that does not exist: a number to tell it from others, and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hidden {
    /// Equal numbers mean equal values.
    pub(super) id: u64,
    /// Characters.
    pub(super) length: usize,
}

impl Secret {
    /// Version that a read asks for; 0 when there is none.
    pub(super) fn current(&self) -> u64 {
        self.versions.last_key_value().map_or(0, |(number, _)| *number)
    }

    /// The current version, unless it is deleted.
    pub(super) fn readable(&self) -> Option<(u64, &Version)> {
        let (number, version) = self.versions.last_key_value()?;
        version.deleted.is_none().then_some((*number, version))
    }

    /// Writes a version that holds what the last one held, with these changes; returns its number.
    pub(super) fn patch(&mut self, at: Timestamp, changes: BTreeMap<String, Value>) -> u64 {
        let mut values = self.readable().map(|(_, version)| version.values.clone()).unwrap_or_default();
        values.extend(changes);
        self.put(at, values)
    }

    /// Writes a version that holds just this; returns its number.
    pub(super) fn put(&mut self, at: Timestamp, values: BTreeMap<String, Value>) -> u64 {
        let number = self.current() + 1;
        self.versions.insert(number, Version { created: at, deleted: None, values });
        self.updated = Some(at);
        while self.versions.len() > KEPT {
            self.versions.pop_first();
        }
        number
    }

    /// Sets free fields.
    pub(super) fn annotate(&mut self, at: Timestamp, fields: &BTreeMap<String, String>) {
        self.custom.extend(fields.iter().map(|(name, value)| (name.clone(), value.clone())));
        self.updated = Some(at);
    }
}

impl Kv {
    /// A secret, whatever its state.
    pub(super) fn secret(&self, path: &str) -> Option<&Secret> {
        self.secrets.get(path)
    }

    /// The current value of a key.
    pub(super) fn value(&self, path: &str, key: &str) -> Option<&Value> {
        self.secret(path)?.readable()?.1.values.get(key)
    }

    /// The current database password.
    pub(super) fn password(&self) -> Option<Hidden> {
        match self.value(DATABASE, "pg_password")? {
            Value::Hidden(hidden) => Some(*hidden),
            Value::Plain(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(key: &str, id: u64) -> BTreeMap<String, Value> {
        BTreeMap::from([(key.to_owned(), Value::Hidden(Hidden { id, length: 32 }))])
    }

    #[test]
    fn a_patch_keeps_the_other_keys_and_counts_on() {
        let mut secret = Secret::default();
        secret.patch(Timestamp::UNIX_EPOCH, changes("pg_user", 1));
        let number = secret.patch(Timestamp::UNIX_EPOCH, changes("pg_password", 2));
        let (current, version) = secret.readable().unwrap();
        assert_eq!((number, current, version.values.len()), (2, 2, 2));
    }

    #[test]
    fn only_ten_versions_are_kept() {
        let mut secret = Secret::default();
        for id in 0..14 {
            secret.patch(Timestamp::UNIX_EPOCH, changes("pg_password", id));
        }
        assert_eq!(secret.versions.keys().copied().collect::<Vec<_>>(), (5..=14).collect::<Vec<_>>());
    }
}
