//! Vault as its CLI reaches it: variables and files, the token, what servers answer (recorded) and what strangers answer
//! in their place.

mod environment;
mod hostile;
mod recorded;
mod requests;
mod tls;
mod tokens;

use std::collections::BTreeMap;
use std::path::Path;

use vaultdeck::config::{Profile, Surroundings, VaultSettings};
use vaultdeck::model::deployment::Deployment;
use vaultdeck::world::vault::Vault;

/// A file of cases.
#[derive(serde::Deserialize)]
struct Cases<Case> {
    case: Vec<Case>,
}

/// The documented profile.
fn profile() -> Profile {
    toml::from_str(vaultdeck::config::DEFAULT).unwrap()
}

fn deployment() -> Deployment {
    profile().deployment(vec![])
}

fn settings() -> VaultSettings {
    profile().vault
}

/// A control host whose home is a folder of the test.
fn surroundings(variables: &BTreeMap<String, String>, home: &Path) -> Surroundings {
    Surroundings { variables: variables.clone(), home: home.to_owned(), directory: home.to_owned() }
}

/// A Vault at an address, with a token in `VAULT_TOKEN`.
pub(crate) fn vault_at(address: &str, more: &[(&str, &str)]) -> Vault {
    let fixed = [("VAULT_ADDR", address), ("VAULT_TOKEN", "s.canary-token")];
    let variables = fixed.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Vault::new(&settings(), &surroundings(&variables.collect(), Path::new("/nonexistent")))
}
