//! The control host that vaultdeck runs on: what in the operator's own account bends what Vault's and Ansible's tools do.

use std::path::{Path, PathBuf};
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
    playbook: PathBuf,
}

impl StationProbe {
    /// A probe of the operator's account, and of the playbook that deploys.
    pub fn new(vault: Arc<Vault>, station: Station, playbook: PathBuf) -> Self {
        Self { vault, station, playbook }
    }

    fn file(&self, path: &Path) -> Part<FileFacts> {
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
            token_file: self.file(self.vault.tokens().file()),
            variables: self.station.variables().to_vec(),
            foreign_cli_config: foreign.map(|path| path.display().to_string()),
            ansible_diff: self.station.ansible_diff(),
            playbook: self.file(&self.playbook),
            operator: self.station.operator().to_owned(),
        }))
    }
}
