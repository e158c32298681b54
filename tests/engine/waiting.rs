//! What is awaited and does not come: the failure tells it in the values of the run.

use vaultdeck::config;
use vaultdeck::deck::{Asked, Hand, PretendOptions, PretendTime, Switch};
use vaultdeck::model::run::Next;
use vaultdeck::model::runbook::Runbook;

const AWAITS: &str = r#"
id = "awaits"
title = "wait for a version"
why = "test"
blast_radius = "none"
confirm = "none"
writes = false

[[inputs]]
name = "wanted"
title = "version"
kind = "string"

[[steps]]
id = "rendered"
title = "wait until it is rendered"
why = "test"
added = "test"
waits_for = { condition = { rendered = { secret = "{database_secret}", version = "{wanted}" } }, deadline_seconds = 1 }
"#;

#[tokio::test]
async fn what_did_not_come_is_told_in_the_values_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let hand = Hand::pretend(PretendOptions {
        documented: config::documented("demo").unwrap().deployment(Vec::new()),
        folder: Some(folder.path().to_owned()),
        reset: false,
        scenario: Some("healthy".to_owned()),
        hosts: None,
        time: PretendTime::Still("2026-11-22T12:00:00Z".parse().unwrap()),
    });
    let hand = hand.unwrap();
    let asked = Asked { answers: [("wanted".to_owned(), "99".to_owned())].into(), ticket: None };
    let plan = hand.plan(&Runbook::read(AWAITS).unwrap(), &asked).await.unwrap();
    let mut carrier = hand.begin(plan).unwrap();
    carrier.confirm(Some("demo")).unwrap();
    let next = carrier.proceed(&Switch::default()).await.unwrap();
    let Next::Decide { trouble, .. } = next else { panic!("{next:?}") };
    let told = "it did not come within 1 s that the .env holds version 99 of cwiq/shared/authentik/database";
    assert_eq!(trouble.what, told);
}
