//! The settings that come of profile and variables, held against `environment.toml`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Table;
use vaultdeck::config::VaultSettings;
use vaultdeck::world::vault::Settings;

use super::Cases;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    profile: Table,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    expect: Table,
    trouble: Option<String>,
}

#[test]
fn the_variables_of_the_cli_mean_here_what_they_mean_there() {
    let Cases::<Case> { case: cases } = toml::from_str(include_str!("environment.toml")).unwrap();
    for Case { name, profile, variables, expect, trouble } in cases {
        let surroundings = super::surroundings(&variables, Path::new("/home/jane"));
        match (Settings::read(&profiled(profile), &surroundings), trouble) {
            (Ok(settings), None) => {
                let seen = seen(&settings);
                for (key, value) in expect {
                    assert_eq!(seen.get(&key), Some(&value), "{name}: {key}");
                }
            }
            (Err(said), Some(trouble)) => {
                assert!(said.what.starts_with(&trouble), "{name}: {said}");
                assert!(!said.to_string().contains("canary"), "{name}: {said}");
            }
            (outcome, trouble) => {
                panic!("{name}: {:?} but {trouble:?}", outcome.map(|settings| seen(&settings)))
            }
        }
    }
}

fn profiled(keys: Table) -> VaultSettings {
    let mut settings = toml::from_str::<Table>("kv_mount = \"secret\"").unwrap();
    settings.extend(keys);
    settings.try_into().unwrap()
}

/// Settings as the table spells them; what is absent is empty.
fn seen(settings: &Settings) -> Table {
    let text = |value: Option<String>| value.unwrap_or_default();
    let mut seen = Table::new();
    let mut put = |key: &str, value: toml::Value| seen.insert(key.to_owned(), value);
    put("address", settings.address.to_string().into());
    put("source", settings.address.source.clone().into());
    put("namespace", text(settings.namespace.clone()).into());
    put("server_name", text(settings.tls.server_name.clone()).into());
    put("skip_verify", settings.tls.skip_verify.into());
    put("authorities", i64::try_from(settings.tls.authorities.len()).unwrap().into());
    put("client_certificate", settings.tls.client.is_some().into());
    put("proxy", text(settings.proxy.as_ref().map(ToString::to_string)).into());
    put("timeout", settings.timeout.as_secs_f64().into());
    put("redirect", settings.follows_redirect.into());
    put("retries", i64::from(settings.retries).into());
    seen
}

#[test]
fn a_client_key_in_a_variable_does_not_print() {
    let variables = [("VAULT_CLIENT_CERT_BYTES", "cert"), ("VAULT_CLIENT_KEY_BYTES", "canary")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let settings =
        Settings::read(&super::settings(), &super::surroundings(&variables, Path::new("/"))).unwrap();
    assert!(!format!("{settings:?}").contains("canary"));
}
