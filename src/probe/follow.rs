//! The log of any container on any host of the deployment: the past first, then what comes, until nobody listens.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use super::log_lines::{lines, options};
use super::{Follow, LogLine, LogRequest};
use crate::model::trouble::Trouble;
use crate::world::host::Host;

/// Logs of a deployment's hosts.
pub struct ContainerLogs {
    hosts: BTreeMap<String, Arc<Host>>,
}

impl ContainerLogs {
    /// Logs on these hosts.
    pub fn on(hosts: &[Arc<Host>]) -> Self {
        Self { hosts: hosts.iter().map(|host| (host.name.clone(), Arc::clone(host))).collect() }
    }
}

#[async_trait]
impl Follow for ContainerLogs {
    async fn follow(
        &self,
        request: LogRequest,
    ) -> Result<BoxStream<'static, Result<LogLine, Trouble>>, Trouble> {
        let cannot = format!("cannot read the log of {} on {}", request.container, request.host);
        let Some(host) = self.hosts.get(&request.host).map(Arc::clone) else {
            return Err(Trouble::new(cannot).because("the profile knows no such host"));
        };
        let docker = host.engine.reach().await?;
        let outputs = docker.api.logs(&request.container, Some(options(true, request.tail, request.since)));
        let since = request.since;
        let wanted = lines(outputs).filter(move |line| {
            let early = line.as_ref().is_ok_and(|line| since.is_some_and(|since| line.at < since));
            std::future::ready(!early)
        });
        Ok(wanted
            .then(move |line| {
                let (host, cannot, docker) = (Arc::clone(&host), cannot.clone(), docker.clone());
                async move {
                    let _open_while_read = docker;
                    match line {
                        Ok(line) => Ok(line),
                        Err(error) => Err(host.engine.trouble(&cannot, &error).await),
                    }
                }
            })
            .boxed())
    }
}
