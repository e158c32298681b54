//! What the operator's token may do on every path that a view, an action or a look needs, in one call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::{Probe, Rights};
use crate::model::deployment::Deployment;
use crate::model::facts::{AccessFacts, Facts};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::world::vault::{Answer, Vault};

/// Asks for capabilities.
pub struct AccessProbe {
    vault: Arc<Vault>,
    paths: BTreeSet<String>,
}

impl AccessProbe {
    /// A probe of the paths that the deployment needs, and of those that looks read besides.
    pub fn new(vault: Arc<Vault>, deployment: &Deployment) -> Self {
        Self { vault, paths: paths(deployment) }
    }
}

/// Paths that are asked about: those that an action or view needs, and those that looks read besides.
pub fn paths(deployment: &Deployment) -> BTreeSet<String> {
    let needed = deployment.needs.iter().map(|need| need.path.clone());
    needed.chain(paths_of_looks(deployment)).collect()
}

/// Paths that only looks read; no action needs them.
fn paths_of_looks(deployment: &Deployment) -> [String; 4] {
    [
        "auth/token/lookup-self".to_owned(),
        "auth/token/renew-self".to_owned(),
        format!("sys/mounts/auth/{}/tune", deployment.approle_mount),
        "sys/audit".to_owned(),
    ]
}

#[async_trait]
impl Probe for AccessProbe {
    fn subject(&self) -> Subject {
        Subject::Access
    }

    fn every(&self) -> Option<Duration> {
        Some(Duration::from_secs(60))
    }

    fn deadline(&self) -> Duration {
        self.vault.deadline()
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        granted(&self.vault, &self.paths).await.map(Facts::Access)
    }
}

/// Asks what the operator's token may do on paths that are named when it is asked.
pub struct VaultRights(Arc<Vault>);

impl VaultRights {
    /// Rights in this Vault.
    pub fn new(vault: Arc<Vault>) -> Self {
        Self(vault)
    }
}

#[async_trait]
impl Rights for VaultRights {
    async fn granted(&self, paths: &BTreeSet<String>) -> Result<AccessFacts, Trouble> {
        granted(&self.0, paths).await
    }
}

async fn granted(vault: &Vault, paths: &BTreeSet<String>) -> Result<AccessFacts, Trouble> {
    let answer = vault.call("sys/capabilities-self", &json!({ "paths": paths })).await?;
    access_facts(&answer)
}

/// What `sys/capabilities-self` says.
///
/// # Errors
/// Trouble when Vault refuses; a token without the `default` policy may not even ask.
pub fn access_facts(answer: &Answer) -> Result<AccessFacts, Trouble> {
    let granted: BTreeMap<String, BTreeSet<String>> = answer.data()?;
    Ok(AccessFacts { granted })
}
