//! The engine's view of a deployment: the same probes as the watchers', asked when a condition has to be judged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::demo::Hasten;
use crate::engine::Lookout;
use crate::model::deployment::Deployment;
use crate::model::facts::AccessFacts;
use crate::model::fleet::{Fleet, Observation};
use crate::model::subject::Subject;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::probe::{Clock, Probe, Rights};

/// Time between two looks of somebody who waits.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// The same where pretend time is hastened.
const BETWEEN_PRETEND_LOOKS: Duration = Duration::from_millis(250);

/// Probes that are asked on demand, and all that they have told so far.
pub(super) struct Glance {
    probes: BTreeMap<Subject, Arc<dyn Probe>>,
    rights: Arc<dyn Rights>,
    seen: Mutex<Fleet>,
    deployment: Deployment,
    clock: Clock,
    hasten: Option<Hasten>,
    /// Whoever watches the deployment sees too what is seen here.
    told: Option<mpsc::Sender<Observation>>,
}

impl Glance {
    pub(super) fn over(
        probes: &[Arc<dyn Probe>],
        rights: Arc<dyn Rights>,
        deployment: Deployment,
        clock: Clock,
        hasten: Option<Hasten>,
        told: Option<mpsc::Sender<Observation>>,
    ) -> Arc<Self> {
        let probes = probes.iter().map(|probe| (probe.subject(), Arc::clone(probe))).collect();
        let seen = Mutex::new(Fleet::new(deployment.clone()));
        Arc::new(Self { probes, rights, seen, deployment, clock, hasten, told })
    }

    async fn observation(&self, probe: &Arc<dyn Probe>) -> Observation {
        let began = Instant::now();
        let facts = match tokio::time::timeout(probe.deadline(), probe.look()).await {
            Ok(facts) => facts,
            Err(_) => Err(Trouble::new(format!("no answer about {}", probe.subject()))
                .kind(TroubleKind::Unreachable)
                .because(format!("nothing came back within {} s", probe.deadline().as_secs_f32()))),
        };
        Observation { subject: probe.subject(), at: (self.clock)(), took: began.elapsed(), facts }
    }
}

#[async_trait]
impl Lookout for Glance {
    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    async fn look(&self, subjects: &[Subject]) -> Fleet {
        let asked = subjects.iter().filter_map(|subject| self.probes.get(subject));
        let observations = join_all(asked.map(|probe| self.observation(probe))).await;
        if let Some(told) = &self.told {
            for observation in &observations {
                // who is busy sees it at the watcher's own next look
                drop(told.try_send(observation.clone()));
            }
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for observation in observations {
            seen.record(observation);
        }
        seen.clone()
    }

    async fn granted(&self, paths: &BTreeSet<String>) -> Result<AccessFacts, Trouble> {
        self.rights.granted(paths).await
    }

    async fn stirred(&self, _: &[Subject]) {
        match &self.hasten {
            Some(hasten) => {
                tokio::time::sleep(BETWEEN_PRETEND_LOOKS).await;
                hasten();
            }
            None => tokio::time::sleep(BETWEEN_LOOKS).await,
        }
    }
}
