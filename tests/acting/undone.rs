//! A run that is turned back leaves what was there before it, wherever it was broken off, and wherever its undoing is.

use std::collections::BTreeMap;

use vaultdeck::deck::Carrier;
use vaultdeck::model::run::{Ending, Next};
use vaultdeck::model::runbook::Step;

use super::{Death, Evening, Left, begun, carried, each_death, lines_of, unless_it_dies};

const UNDONE: Next = Next::Ended { ending: Ending::Undone };

/// Whether nothing has begun yet that is declared irreversible.
fn can_be_undone(carrier: &Carrier) -> bool {
    let is_started = |step: &&Step| carrier.run().step_started_at(&step.id, None).is_some();
    let mut begun = carrier.run().runbook().steps.iter().filter(is_started);
    !begun.any(|step| step.writes && step.irreversible.is_some())
}

/// A secret that a run has let go is as free as one that none has held.
fn freed(shape: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let freed = |how: String| how.strip_suffix("undone").map(str::to_owned).unwrap_or(how);
    shape.into_iter().map(|(what, how)| (what, freed(how))).collect()
}

/// The process dies wherever it can; a new one takes the run up and turns it back. What is declared irreversible may stay: from
/// there on only the run's end is looked at.
async fn is_as_before_when_undone(scenario: &str, id: &str, answers: &[(&str, &str)]) {
    let before = Evening::new(scenario);
    begun(&before, tempfile::tempdir().unwrap().path(), id, answers).await;
    let start = freed(before.shape().await);
    let mut compared = 0;
    each_death(scenario, id, answers, async |left, point| {
        let mut carrier = left.taken_up();
        let reversible = can_be_undone(&carrier);
        carrier.turn_back().unwrap();
        assert_eq!(carried(&mut carrier).await, UNDONE, "{point}");
        if reversible {
            compared += 1;
            assert_eq!(freed(left.evening.shape().await), start, "{point}");
        }
    })
    .await;
    assert!(compared > 0, "{id}: nothing of it can be undone");
}

/// The process dies at the last point from which everything can be taken back; the one that takes it back dies after each line
/// that it writes, and a third one ends it.
async fn is_as_before_wherever_the_undoing_dies(scenario: &str, id: &str, answers: &[(&str, &str)]) {
    let before = Evening::new(scenario);
    begun(&before, tempfile::tempdir().unwrap().path(), id, answers).await;
    let start = freed(before.shape().await);
    let last = last_reversible(scenario, id, answers).await;
    let mut deaths = 0;
    for number in 1.. {
        let left = Left::at(last, scenario, id, answers).await.unwrap();
        let mut carrier = left.taken_up();
        carrier.turn_back().unwrap();
        let written = lines_of(&left.journal());
        *left.evening.dies.lock().unwrap() = Some(Death::AfterLine(written + number));
        if unless_it_dies(carried(&mut carrier)).await.is_some() {
            break;
        }
        drop(carrier);
        *left.evening.dies.lock().unwrap() = None;
        let point = format!("{id}, {last:?}, the undoing after {number} lines");
        assert_eq!(carried(&mut left.taken_up()).await, UNDONE, "{point}");
        assert_eq!(freed(left.evening.shape().await), start, "{point}");
        deaths += 1;
    }
    assert!(deaths > 1, "{id}: its undoing dies nowhere");
}

/// The last line of a run's journal after which all of it can be taken back.
async fn last_reversible(scenario: &str, id: &str, answers: &[(&str, &str)]) -> Death {
    let mut last = Death::AfterLine(2);
    while let Some(left) = Left::at(last.next(), scenario, id, answers).await {
        if !can_be_undone(&left.taken_up()) {
            break;
        }
        last = last.next();
    }
    last
}

#[tokio::test]
async fn what_was_set_up_is_taken_back_from_wherever_it_was_broken_off() {
    is_as_before_when_undone("empty", "setup-policy", &[]).await;
    is_as_before_when_undone("empty", "setup-approle", &[]).await;
    is_as_before_when_undone("empty", "console-policy", &[]).await;
    is_as_before_when_undone("healthy", "ansible-policy", &[]).await;
}

#[tokio::test]
async fn what_was_stored_is_taken_back_from_wherever_it_was_broken_off() {
    is_as_before_when_undone("empty", "seed-secrets", &[("password_source", "generate")]).await;
    is_as_before_when_undone("healthy", "update-rds-endpoint", &[]).await;
    is_as_before_when_undone("healthy", "rotate-rds-password", &[]).await;
    is_as_before_when_undone("healthy", "rotate-secret-key", &[]).await;
    let answers = [("secret", "cwiq/shared/authentik/config"), ("version", "2")];
    is_as_before_when_undone("healthy", "rollback-secret", &answers).await;
}

#[tokio::test]
async fn what_was_issued_is_taken_back_from_wherever_it_was_broken_off() {
    is_as_before_when_undone("healthy", "deploy", &[]).await;
    is_as_before_when_undone("healthy", "regenerate-secret-id", &[]).await;
}

#[tokio::test]
async fn what_was_given_to_a_host_that_could_not_log_in_is_taken_back_from_wherever_it_was_broken_off() {
    is_as_before_when_undone("secret-id-expired", "fix-agent-auth", &[("hosts", "authentik-2")]).await;
}

#[tokio::test]
async fn an_undoing_that_is_broken_off_is_gone_on_with() {
    is_as_before_wherever_the_undoing_dies("empty", "setup-approle", &[]).await;
    is_as_before_wherever_the_undoing_dies("empty", "console-policy", &[]).await;
    is_as_before_wherever_the_undoing_dies("healthy", "ansible-policy", &[]).await;
    is_as_before_wherever_the_undoing_dies("healthy", "update-rds-endpoint", &[]).await;
    is_as_before_wherever_the_undoing_dies("healthy", "rotate-rds-password", &[]).await;
    is_as_before_wherever_the_undoing_dies("healthy", "rotate-secret-key", &[]).await;
    is_as_before_wherever_the_undoing_dies("healthy", "deploy", &[]).await;
}
