//! In which order the errands of a plan are done: step by step, and where neighbouring steps go host by host, host by host.

use super::{Errand, Plan};
use crate::model::runbook::{Pace, Step};

/// Every errand of a plan, in order.
pub(super) fn errands(plan: &Plan) -> Vec<Errand> {
    let steps = &plan.runbook.steps;
    steps.chunk_by(both_host_by_host).flat_map(|block| of_block(block, &plan.hosts)).collect()
}

fn both_host_by_host(one: &Step, next: &Step) -> bool {
    one.pace() == Pace::HostByHost && next.pace() == Pace::HostByHost
}

fn of_block(block: &[Step], hosts: &[String]) -> Vec<Errand> {
    match block.first().map(Step::pace) {
        None => Vec::new(),
        Some(Pace::Once) => block.iter().map(|step| Errand { step: step.id.clone(), host: None }).collect(),
        Some(Pace::HostByHost | Pace::Together) => {
            let on = |host: &String| {
                let host = host.clone();
                block.iter().map(move |step| Errand { step: step.id.clone(), host: Some(host.clone()) })
            };
            hosts.iter().flat_map(on).collect()
        }
    }
}
