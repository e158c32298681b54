//! Reading the values of a chosen version of a secret. It is done only when an operator asks for it, and what was read is
//! wiped when the question is answered.
//!
//! ```text
//! compare ──▶ read both ──▶ digest with a salt made for it ──▶ Comparison; values and salt are gone
//! value ────▶ read one ───▶ the value asked for; the others are gone
//! ```

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};

use super::host::Salt;
use super::login::KvMount;
use crate::model::comparison::{Comparison, KeyPair};
use crate::model::trouble::Trouble;

/// Hexadecimal digits of a digest that are told; enough to see at a glance that two differ.
const DIGITS: usize = 8;

/// Values by key, in memory that wipes itself.
pub type Values = BTreeMap<String, SecretString>;

/// Reads versions of secrets below the deployment's KV mount.
#[async_trait]
pub trait ReadVersion: Send + Sync {
    /// The values of a version.
    ///
    /// # Errors
    /// Trouble that names path and version when they are deleted, destroyed, or Vault refuses.
    async fn read_version(&self, path: &str, version: u64) -> Result<Values, Trouble>;

    /// Two versions side by side.
    ///
    /// # Errors
    /// As [`ReadVersion::read_version`], of the first that cannot be read.
    async fn compare(&self, path: &str, older: u64, newer: u64) -> Result<Comparison, Trouble> {
        let first = self.read_version(path, older).await?;
        let second = self.read_version(path, newer).await?;
        Ok(Comparison { older, newer, keys: pairs(&first, &second, &Salt::random()) })
    }

    /// One value of a version.
    ///
    /// # Errors
    /// As [`ReadVersion::read_version`], and when the version lacks the key.
    async fn value(&self, path: &str, version: u64, key: &str) -> Result<SecretString, Trouble> {
        let mut values = self.read_version(path, version).await?;
        values.remove(key).ok_or_else(|| {
            Trouble::new(format!("cannot show {key} of {path}"))
                .because(format!("version {version} has no such key"))
        })
    }
}

#[async_trait]
impl ReadVersion for KvMount {
    async fn read_version(&self, path: &str, version: u64) -> Result<Values, Trouble> {
        Ok(self.vault.read_secret_version(&self.mount, path, version).await?.values)
    }
}

fn pairs(older: &Values, newer: &Values, salt: &Salt) -> Vec<KeyPair> {
    let keys: BTreeSet<_> = older.keys().chain(newer.keys()).collect();
    let digest = |values: &Values, key: &String| {
        let value = values.get(key)?;
        let mut digest = salt.digest(key, value.expose_secret().as_bytes());
        digest.truncate(DIGITS);
        Some(digest)
    };
    let pair =
        |key: &String| KeyPair { key: key.clone(), older: digest(older, key), newer: digest(newer, key) };
    keys.into_iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::comparison::Change;

    fn values(all: &[(&str, &str)]) -> Values {
        all.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect()
    }

    #[test]
    fn keys_are_told_apart_without_their_values() {
        let older = values(&[("gone", "a-canary"), ("pg_host", "db-canary"), ("pg_password", "old-canary")]);
        let newer = values(&[("new", "a-canary"), ("pg_host", "db-canary"), ("pg_password", "new-canary")]);
        let pairs = pairs(&older, &newer, &Salt::random());
        let told: Vec<_> = pairs.iter().map(|pair| (pair.key.as_str(), pair.change())).collect();
        let expected = [
            ("gone", Change::Removed),
            ("new", Change::Added),
            ("pg_host", Change::Same),
            ("pg_password", Change::Changed),
        ];
        assert_eq!(told, expected);
        assert!(!format!("{pairs:?} {older:?}").contains("canary"));
    }

    #[test]
    fn a_digest_says_nothing_to_another_look() {
        let both = values(&[("pg_port", "5432")]);
        let digest = || pairs(&both, &both, &Salt::random())[0].newer.clone();
        assert_ne!(digest(), digest());
    }
}
