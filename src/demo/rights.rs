//! The pretend fleet's side of the port [`Rights`]: the operator may do everything but what the scenario says he lacks.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;

use super::look;
use super::stage::Stage;
use crate::model::facts::AccessFacts;
use crate::model::trouble::Trouble;
use crate::probe::Rights;

/// Tells what the operator's pretend token may do.
pub(super) struct PretendRights(Arc<Stage>);

impl PretendRights {
    pub(super) fn of(stage: &Arc<Stage>) -> Arc<dyn Rights> {
        Arc::new(Self(Arc::clone(stage)))
    }
}

#[async_trait]
impl Rights for PretendRights {
    async fn granted(&self, paths: &BTreeSet<String>) -> Result<AccessFacts, Trouble> {
        self.0.see(|pretend| look::granted(pretend, paths))
    }
}
