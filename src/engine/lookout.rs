//! The port through which the engine sees the deployment: conditions are judged on what is freshly seen, not on hope.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::deployment::Deployment;
use crate::model::facts::AccessFacts;
use crate::model::fleet::Fleet;
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;

/// Looks at the deployment when asked.
#[async_trait]
pub trait Lookout: Send + Sync {
    /// The moment it is for the deployment.
    fn now(&self) -> Timestamp;

    /// What the operator says the deployment is.
    fn deployment(&self) -> &Deployment;

    /// Looks at these subjects now, and returns what is believed of the whole deployment then.
    async fn look(&self, subjects: &[Subject]) -> Fleet;

    /// What the operator's token may do on these paths.
    ///
    /// # Errors
    /// Trouble when that cannot be told.
    async fn granted(&self, paths: &BTreeSet<String>) -> Result<AccessFacts, Trouble>;

    /// Returns when it may be worth looking at these subjects again.
    async fn stirred(&self, subjects: &[Subject]);
}
