//! The KV mount and the AppRole mount that the deployment lives on, and whether anything is audited.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future;
use serde::Deserialize;
use serde_json::Value;

use super::Probe;
use crate::model::deployment::Deployment;
use crate::model::facts::{AuthMount, Facts, KvMount, MountsFacts, Part};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::world::vault::{Answer, Vault};

/// Looks at both mounts.
pub struct MountsProbe {
    vault: Arc<Vault>,
    kv: String,
    approle: String,
}

impl MountsProbe {
    /// A probe of the deployment's mounts.
    pub fn new(vault: Arc<Vault>, deployment: &Deployment) -> Self {
        Self { vault, kv: deployment.kv_mount.clone(), approle: deployment.approle_mount.clone() }
    }
}

#[async_trait]
impl Probe for MountsProbe {
    fn subject(&self) -> Subject {
        Subject::Mounts
    }

    fn every(&self) -> Option<Duration> {
        Some(Duration::from_secs(120))
    }

    fn deadline(&self) -> Duration {
        self.vault.deadline()
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        let kv = format!("sys/internal/ui/mounts/{}", self.kv);
        let tune = format!("sys/mounts/auth/{}/tune", self.approle);
        let (kv, tune, visible, audit) = future::try_join4(
            self.vault.read(&kv),
            self.vault.read(&tune),
            self.vault.read("sys/internal/ui/mounts"),
            self.vault.read("sys/audit"),
        )
        .await?;
        Ok(Facts::Mounts(MountsFacts {
            kv: kv_mount(&kv, &self.kv)?,
            approle: auth_mount(&tune, &visible, &self.approle)?,
            audit: audit_devices(&audit)?,
        }))
    }
}

#[derive(Deserialize)]
struct Mount {
    r#type: String,
    options: Option<BTreeMap<String, String>>,
    #[serde(default)]
    accessor: String,
}

#[derive(Deserialize)]
struct Visible {
    auth: BTreeMap<String, Mount>,
}

#[derive(Deserialize)]
struct Tune {
    max_lease_ttl: i64,
    #[serde(default)]
    user_lockout_disable: bool,
}

/// The KV mount, of the preflight that the CLI makes too.
///
/// # Errors
/// Trouble that concerns more than this path.
pub fn kv_mount(answer: &Answer, path: &str) -> Result<Part<KvMount>, Trouble> {
    Ok(answer.part::<Mount>()?.and_then(|mount| {
        let version = mount.options.unwrap_or_default().remove("version");
        match (mount.r#type.as_str(), version.as_deref()) {
            ("kv" | "generic", Some("2")) => Ok(KvMount { path: path.to_owned(), version: 2 }),
            ("kv" | "generic", _) => Ok(KvMount { path: path.to_owned(), version: 1 }),
            (other, _) => Err(Trouble::new(format!("{path}/ holds no secrets"))
                .because(format!("it is a mount of type {other}"))
                .hint("check vault.kv_mount in the profile")),
        }
    }))
}

/// The AppRole mount, of its tuning; its accessor where the token may see it.
///
/// # Errors
/// Trouble that concerns more than this path.
pub fn auth_mount(tune: &Answer, visible: &Answer, path: &str) -> Result<Part<AuthMount>, Trouble> {
    let accessor = visible
        .data::<Visible>()
        .ok()
        .and_then(|mut visible| visible.auth.remove(&format!("{path}/")).map(|mount| mount.accessor));
    Ok(tune.part::<Tune>()?.map(|tune| AuthMount {
        path: path.to_owned(),
        accessor: accessor.filter(|accessor| !accessor.is_empty()),
        max_lease_ttl_seconds: tune.max_lease_ttl,
        lockout_disabled: tune.user_lockout_disable,
    }))
}

/// Audit devices by path.
///
/// # Errors
/// Trouble that concerns more than this path.
pub fn audit_devices(answer: &Answer) -> Result<Part<Vec<String>>, Trouble> {
    let devices = answer.part::<BTreeMap<String, Value>>()?;
    Ok(devices.map(|devices| devices.into_keys().collect()))
}
