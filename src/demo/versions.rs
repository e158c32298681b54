//! The pretend fleet's side of the port [`ReadVersion`].

use std::sync::Arc;

use async_trait::async_trait;

use super::look;
use super::stage::Stage;
use crate::model::trouble::Trouble;
use crate::probe::versions::{ReadVersion, Values};

/// Reads versions of the pretend secrets.
pub(super) struct PretendVersions(Arc<Stage>);

impl PretendVersions {
    pub(super) fn of(stage: &Arc<Stage>) -> Arc<dyn ReadVersion> {
        Arc::new(Self(Arc::clone(stage)))
    }
}

#[async_trait]
impl ReadVersion for PretendVersions {
    async fn read_version(&self, path: &str, version: u64) -> Result<Values, Trouble> {
        self.0.see(|pretend| look::values(pretend, &self.0.deployment, path, version))
    }
}
