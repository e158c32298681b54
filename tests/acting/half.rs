//! A playbook that fails on half of the hosts: the other half is not played again.

use std::sync::Arc;

use vaultdeck::model::run::{Choice, Ending, Next};

use super::{Evening, begun, carried};

/// Plays that change something, each with the host that it is limited to.
fn plays(evening: &Arc<Evening>) -> Vec<String> {
    let lines = std::mem::take(&mut *evening.lines.lock().unwrap());
    let plays = lines.into_iter().filter(|line| line.starts_with("ansible-playbook"));
    plays.filter(|line| !line.contains("--list-hosts")).collect()
}

/// The hosts of some plays.
fn limits(plays: &[String]) -> Vec<&str> {
    plays.iter().map(|play| play.split("--limit ").nth(1).unwrap()).collect()
}

async fn only_the_failed_half_is_played_again(id: &str, answers: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let evening = Evening::new("healthy");
    let mut carrier = begun(&evening, folder.path(), id, answers).await;
    let run = carrier.run().plan.run.clone();
    *evening.fails.lock().unwrap() = Some("--limit authentik-2".to_owned());
    let next = carried(&mut carrier).await;
    let Next::Decide { errand, .. } = &next else { panic!("{id}: {next:?}") };
    assert_eq!(errand.host.as_deref(), Some("authentik-2"), "{id}");
    let before = plays(&evening);
    assert_eq!(limits(&before).iter().filter(|host| **host == "authentik-1").count(), 1, "{id}: {before:?}");
    drop(carrier);
    *evening.fails.lock().unwrap() = None;
    let (mut carrier, _) = evening.hand(folder.path()).take_up(&run).unwrap();
    let Next::Decide { .. } = carrier.run().next() else { panic!("{id}: {:?}", carrier.run().next()) };
    carrier.decide(Choice::Retry).unwrap();
    assert_eq!(carried(&mut carrier).await, Next::Ended { ending: Ending::Done }, "{id}");
    let after = plays(&evening);
    assert_eq!(limits(&after), ["authentik-2"], "{id}: {after:?}");
}

#[tokio::test]
async fn a_deployment_that_failed_on_one_host_is_played_again_on_that_host_alone() {
    only_the_failed_half_is_played_again("deploy", &[]).await;
}

#[tokio::test]
async fn new_secret_ids_that_failed_on_one_host_are_delivered_again_to_that_host_alone() {
    only_the_failed_half_is_played_again("regenerate-secret-id", &[]).await;
}

#[tokio::test]
async fn a_restart_by_playbook_that_failed_on_one_host_is_played_again_on_that_host_alone() {
    for id in ["rotate-rds-password", "rotate-secret-key"] {
        only_the_failed_half_is_played_again(id, &[("restart", "playbook")]).await;
    }
}
