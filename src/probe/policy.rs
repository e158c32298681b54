//! The agents' policy on the server, held against the documented text.

mod drift;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;

use super::Probe;
use crate::model::deployment::Deployment;
use crate::model::facts::{Facts, PolicyFacts};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::world::clean;
use crate::world::vault::{Answer, Refusal, Vault};

pub use drift::drift;

/// Reads the policy.
pub struct PolicyProbe {
    vault: Arc<Vault>,
    name: String,
    documented: String,
}

impl PolicyProbe {
    /// A probe of the policy that the deployment names.
    pub fn new(vault: Arc<Vault>, deployment: &Deployment) -> Self {
        Self { vault, name: deployment.policy.clone(), documented: deployment.policy_text.clone() }
    }
}

#[async_trait]
impl Probe for PolicyProbe {
    fn subject(&self) -> Subject {
        Subject::Policy
    }

    fn every(&self) -> Option<Duration> {
        Some(Duration::from_secs(120))
    }

    fn deadline(&self) -> Duration {
        self.vault.deadline()
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        let answer = self.vault.read(&format!("sys/policies/acl/{}", self.name)).await?;
        policy_facts(&answer, &self.name, &self.documented).map(Facts::Policy)
    }
}

#[derive(Deserialize)]
struct Policy {
    policy: String,
}

/// What `sys/policies/acl/:name` says; a policy that does not exist is a fact.
///
/// # Errors
/// Trouble when Vault refuses.
pub fn policy_facts(answer: &Answer, name: &str, documented: &str) -> Result<PolicyFacts, Trouble> {
    if answer.refusal() == Some(Refusal::Missing) {
        let drift = vec![format!("there is no policy {name} on the server")];
        return Ok(PolicyFacts { name: name.to_owned(), text: None, drift });
    }
    let Policy { policy } = answer.data()?;
    let drift = drift(&policy, documented);
    let text = clean::block(policy.as_bytes());
    Ok(PolicyFacts { name: name.to_owned(), text: Some(text), drift })
}
