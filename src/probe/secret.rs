//! One KV secret without its values: versions and dates of `metadata`, key names of `subkeys`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{Probe, mounts};
use crate::model::deployment::Deployment;
use crate::model::facts::{Facts, Part, SecretFacts, SecretVersion};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::world::clean;
use crate::world::vault::{Answer, Refusal, Reply, Vault, moment};

/// Versions kept by a mount that sets nothing.
const DEFAULT_MAX_VERSIONS: u64 = 10;

/// Looks at one secret.
pub struct SecretProbe {
    vault: Arc<Vault>,
    mount: String,
    path: String,
}

impl SecretProbe {
    /// A probe of the secret at a path below the deployment's KV mount.
    pub fn new(vault: Arc<Vault>, deployment: &Deployment, path: &str) -> Self {
        Self { vault, mount: deployment.kv_mount.clone(), path: path.to_owned() }
    }

    /// A KV v1 mount answers metadata as if there were nothing, and only its mount says why.
    async fn refuse_version_1(&self) -> Result<(), Trouble> {
        let answer = self.vault.read(&format!("sys/internal/ui/mounts/{}", self.mount)).await?;
        match mounts::kv_mount(&answer, &self.mount)? {
            Ok(mount) if mount.version == 1 => Err(Trouble::new(format!("{} has no versions", self.path))
                .because(format!("{}/ is a KV v1 mount", self.mount))
                .hint("agents re-read KV v1 only after weeks: move the secret to a KV v2 mount")),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Probe for SecretProbe {
    fn subject(&self) -> Subject {
        Subject::Secret(self.path.clone())
    }

    fn every(&self) -> Option<Duration> {
        Some(Duration::from_secs(30))
    }

    fn deadline(&self) -> Duration {
        self.vault.deadline()
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        let metadata = format!("{}/metadata/{}", self.mount, self.path);
        let subkeys = format!("{}/subkeys/{}", self.mount, self.path);
        let (metadata, subkeys) =
            future::try_join(self.vault.read(&metadata), self.vault.read(&subkeys)).await?;
        if metadata.refusal() == Some(Refusal::Missing) {
            self.refuse_version_1().await?;
        }
        secret_facts(&self.path, &metadata, &subkeys).map(Facts::Secret)
    }
}

#[derive(Deserialize)]
struct MetadataReply {
    current_version: u64,
    max_versions: u64,
    cas_required: bool,
    #[serde(default, deserialize_with = "moment")]
    updated_time: Option<Timestamp>,
    custom_metadata: Option<BTreeMap<String, String>>,
    versions: Option<BTreeMap<u64, Version>>,
}

#[derive(Deserialize)]
struct Version {
    #[serde(default, deserialize_with = "moment")]
    created_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "moment")]
    deletion_time: Option<Timestamp>,
    #[serde(default)]
    destroyed: bool,
}

#[derive(Deserialize)]
struct Subkeys {
    subkeys: Option<BTreeMap<String, Value>>,
    metadata: SubkeysVersion,
}

#[derive(Deserialize)]
struct SubkeysVersion {
    version: u64,
}

/// What `metadata` and `subkeys` say together; a secret that was never written is a fact.
///
/// # Errors
/// Trouble when the metadata cannot be read.
pub fn secret_facts(path: &str, metadata: &Answer, subkeys: &Answer) -> Result<SecretFacts, Trouble> {
    if metadata.refusal() == Some(Refusal::Missing) {
        return Ok(never_written(path));
    }
    let metadata: MetadataReply = metadata.data()?;
    let kept = metadata.versions.unwrap_or_default().into_iter();
    Ok(SecretFacts {
        path: path.to_owned(),
        current: metadata.current_version,
        versions: kept.map(|(number, version)| (number, dates(&version))).collect(),
        updated: metadata.updated_time,
        max_versions: if metadata.max_versions == 0 { DEFAULT_MAX_VERSIONS } else { metadata.max_versions },
        cas_required: metadata.cas_required,
        custom_metadata: cleaned(metadata.custom_metadata.unwrap_or_default()),
        keys: keys(subkeys)?,
    })
}

fn never_written(path: &str) -> SecretFacts {
    SecretFacts {
        path: path.to_owned(),
        current: 0,
        versions: BTreeMap::new(),
        updated: None,
        max_versions: DEFAULT_MAX_VERSIONS,
        cas_required: false,
        custom_metadata: BTreeMap::new(),
        keys: Ok(BTreeSet::new()),
    }
}

fn dates(version: &Version) -> SecretVersion {
    SecretVersion {
        created: version.created_time,
        deleted: version.deletion_time,
        destroyed: version.destroyed,
    }
}

fn cleaned(custom: BTreeMap<String, String>) -> BTreeMap<String, String> {
    custom
        .into_iter()
        .map(|(key, value)| (clean::line(key.as_bytes()), clean::line(value.as_bytes())))
        .collect()
}

/// Key names of the current version. A deleted version answers 404 too, but with a body that names it.
fn keys(answer: &Answer) -> Result<Part<BTreeSet<String>>, Trouble> {
    if answer.refusal() == Some(Refusal::Missing)
        && let Ok(Reply { data: Some(gone), .. }) = answer.flat::<Reply<Subkeys>>()
    {
        return Ok(Err(Trouble::new("no key names")
            .because(format!("version {} is deleted or destroyed", gone.metadata.version))));
    }
    let names = |subkeys: Subkeys| subkeys.subkeys.unwrap_or_default().into_keys();
    let keys = answer.part::<Subkeys>()?;
    Ok(keys.map(|subkeys| names(subkeys).map(|name| clean::line(name.as_bytes())).collect()))
}
