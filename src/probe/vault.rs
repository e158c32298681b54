//! The Vault server itself: health, seal and leader, the three answers that need no token and stand outside `data`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::Probe;
use crate::model::facts::{Facts, LeaderFacts, NodeState, SealFacts, VaultFacts};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::world::vault::{Address, Answer, Vault};

const HALF_A_SECOND: SignedDuration = SignedDuration::from_millis(500);

/// Looks at the server.
pub struct VaultProbe {
    vault: Arc<Vault>,
}

impl VaultProbe {
    /// A probe of one server.
    pub fn new(vault: Arc<Vault>) -> Self {
        Self { vault }
    }
}

#[async_trait]
impl Probe for VaultProbe {
    fn subject(&self) -> Subject {
        Subject::Vault
    }

    fn every(&self) -> Option<Duration> {
        Some(Duration::from_secs(10))
    }

    fn deadline(&self) -> Duration {
        self.vault.deadline()
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        let address = &self.vault.settings()?.address;
        let (health, seal, leader) = future::join3(
            self.vault.ask("sys/health"),
            self.vault.ask("sys/seal-status"),
            self.vault.ask("sys/leader"),
        )
        .await;
        vault_facts(address, &health?, seal, leader).map(Facts::Vault)
    }
}

#[derive(Deserialize)]
struct Health {
    version: String,
    cluster_name: Option<String>,
    server_time_utc: i64,
}

#[derive(Deserialize)]
struct SealStatus {
    r#type: String,
    sealed: bool,
    t: u32,
    n: u32,
    progress: u32,
    storage_type: Option<String>,
}

#[derive(Deserialize)]
struct Leader {
    ha_enabled: bool,
    /// Absent where there is no high availability.
    #[serde(default)]
    is_self: bool,
    #[serde(rename = "leader_address")]
    address: Option<String>,
}

/// What `sys/health`, `sys/seal-status` and `sys/leader` say together.
///
/// # Errors
/// Trouble when health is not an answer that Vault gives.
pub fn vault_facts(
    address: &Address,
    health: &Answer,
    seal: Result<Answer, Trouble>,
    leader: Result<Answer, Trouble>,
) -> Result<VaultFacts, Trouble> {
    let Some(node) = node_state(health.status) else { return Err(no_health(address, health)) };
    let said: Health = health.flat().map_err(|_| no_health(address, health))?;
    Ok(VaultFacts {
        address: address.to_string(),
        address_source: address.source.clone(),
        node,
        version: said.version,
        cluster_name: said.cluster_name.filter(|name| !name.is_empty()),
        seal: seal.and_then(|answer| seal_facts(&answer)),
        leader: leader.and_then(|answer| leader_facts(&answer)),
        clock_offset_seconds: clock_offset(said.server_time_utc, health.asked, health.answered),
    })
}

fn node_state(status: u16) -> Option<NodeState> {
    Some(match status {
        200 => NodeState::Active,
        429 => NodeState::Standby,
        472 => NodeState::DisasterRecoverySecondary,
        473 => NodeState::PerformanceStandby,
        501 => NodeState::Uninitialised,
        503 => NodeState::Sealed,
        _ => return None,
    })
}

fn no_health(address: &Address, health: &Answer) -> Trouble {
    match health.accept::<serde::de::IgnoredAny>() {
        Err(trouble) => trouble,
        Ok(_) => Trouble::new(format!("{address} answers sys/health as no Vault does"))
            .because(format!("status {}", health.status)),
    }
}

fn seal_facts(answer: &Answer) -> Result<SealFacts, Trouble> {
    answer.accept::<serde::de::IgnoredAny>()?;
    let seal: SealStatus = answer.flat()?;
    Ok(SealFacts {
        kind: seal.r#type,
        sealed: seal.sealed,
        threshold: seal.t,
        shares: seal.n,
        progress: seal.progress,
        storage: seal.storage_type,
    })
}

fn leader_facts(answer: &Answer) -> Result<LeaderFacts, Trouble> {
    answer.accept::<serde::de::IgnoredAny>()?;
    let leader: Leader = answer.flat()?;
    Ok(LeaderFacts {
        ha_enabled: leader.ha_enabled,
        is_self: leader.is_self,
        address: leader.address.filter(|address| !address.is_empty()),
    })
}

/// Server clock minus ours at the middle of the request. The server tells whole seconds, of which half of one is lost on
/// average; what is left of an offset below that says nothing.
fn clock_offset(server: i64, asked: Timestamp, answered: Timestamp) -> f64 {
    let middle = asked + answered.duration_since(asked) / 2;
    let server = Timestamp::from_second(server).unwrap_or_default() + HALF_A_SECOND;
    let offset = server.duration_since(middle);
    if offset.abs() <= HALF_A_SECOND { 0.0 } else { offset.as_secs_f64() }
}
