//! The control host that vaultdeck runs on: what in the operator's own account bends what Vault's and Ansible's tools do.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Probe;
use crate::model::facts::{Facts, FileFacts, Part, StationFacts};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::world::station::Station;
use crate::world::vault::Vault;

/// Looks at files and variables; asks nobody.
pub struct StationProbe {
    vault: Arc<Vault>,
    station: Station,
}

impl StationProbe {
    /// A probe of the operator's account.
    pub fn new(vault: Arc<Vault>, station: Station) -> Self {
        Self { vault, station }
    }

    fn token_file(&self) -> Part<FileFacts> {
        let path = self.vault.tokens().file();
        Ok(FileFacts { path: path.display().to_string(), stat: self.station.stat(path)? })
    }
}

#[async_trait]
impl Probe for StationProbe {
    fn subject(&self) -> Subject {
        Subject::Station
    }

    fn every(&self) -> Option<Duration> {
        Some(Duration::from_secs(60))
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        let foreign = self.vault.tokens().cli_config().foreign.as_ref();
        Ok(Facts::Station(StationFacts {
            token_file: self.token_file(),
            variables: self.station.variables().to_vec(),
            foreign_cli_config: foreign.map(|path| path.display().to_string()),
            ansible_diff: self.station.ansible_diff(),
            operator: self.station.operator().to_owned(),
        }))
    }
}
