//! What is written down, when, and who may go on with it.

use std::fs;

use vaultdeck::engine::{Runs, State, Switch};
use vaultdeck::model::run::{Choice, Ending, Next};
use vaultdeck::model::trouble::Trouble;

use super::outside::{Death, Outside, World, begun, carried, done, owner};

#[tokio::test]
async fn a_step_is_on_the_disk_before_it_acts_and_no_secret_ever_is() {
    let folder = tempfile::tempdir().unwrap();
    let outside = Outside::new(World::fresh());
    *outside.death.lock().unwrap() = Some(Death::Before(1));
    let mut carrier = begun(folder.path(), &outside);
    tokio::select! {
        () = outside.died.notified() => {}
        next = carried(&mut carrier, None) => panic!("{next:?}"),
    }
    let text = fs::read_to_string(folder.path().join("r1.jsonl")).unwrap();
    assert!(text.lines().last().unwrap().contains(r#""kind":"started","errand":{"step":"patch"}"#), "{text}");
    drop(carrier);
    *outside.death.lock().unwrap() = None;
    let (mut carrier, _) = Runs::new(folder.path()).take_up("r1", &owner(), outside.ports()).unwrap();
    assert_eq!(carried(&mut carrier, None).await, done());
    let text = fs::read_to_string(folder.path().join("r1.jsonl")).unwrap();
    let world = outside.world.lock().unwrap();
    let delivered = world.delivered.values().cloned();
    for secret in delivered.chain([world.database.clone()]) {
        assert!(!text.contains(&secret), "{secret} is in\n{text}");
    }
    assert!(text.contains("request-1") && text.contains("a line of vault version"), "{text}");
}

#[tokio::test]
async fn a_full_disk_lets_nothing_happen_and_the_run_goes_on_when_there_is_room() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let _writes_fail_instead_of_killing =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(25));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r1.jsonl");
    let outside = Outside::new(World::fresh());
    let mut carrier = begun(folder.path(), &outside);
    let Next::Ask { slot } = carrier.proceed(&Switch::default()).await.unwrap() else { panic!() };
    carrier.answer(&slot, zeroize::Zeroizing::new("because".to_owned())).unwrap();
    carrier.confirm(Some("demo")).unwrap();
    let before = fs::read_to_string(&path).unwrap();
    let room = getrlimit(Resource::Fsize);
    let none = Rlimit { current: Some(before.len() as u64 + 20), maximum: room.maximum };
    setrlimit(Resource::Fsize, none).unwrap();
    let trouble = carrier.proceed(&Switch::default()).await.unwrap_err();
    setrlimit(Resource::Fsize, room).unwrap();
    assert!(trouble.what.contains("cannot write the journal"), "{trouble}");
    assert!(outside.calls.lock().unwrap().is_empty());
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    assert_eq!(carried(&mut carrier, None).await, done());
}

#[tokio::test]
async fn a_second_console_is_told_who_carries_the_run_and_takes_it_over_only_when_that_process_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let outside = Outside::new(World::fresh());
    let runs = Runs::new(folder.path());
    let carrier = begun(folder.path(), &outside);
    let Err(trouble) = runs.take_up("r1", &owner(), outside.ports()) else { panic!("two carry it") };
    assert!(trouble.because.unwrap().contains("jane@ansible"));
    assert_eq!(runs.list().unwrap()[0].state, State::Running);
    drop(carrier);
    assert_eq!(runs.list().unwrap()[0].state, State::Left);
    let (mut carrier, _) = runs.take_up("r1", &owner(), outside.ports()).unwrap();
    assert_eq!(carried(&mut carrier, None).await, done());
    drop(carrier);
    let Err(trouble) = runs.take_up("r1", &owner(), outside.ports()) else { panic!("it has ended") };
    assert!(trouble.what.contains("done"), "{trouble}");
}

#[tokio::test]
async fn a_definite_refusal_takes_back_what_it_must_and_a_lost_reply_takes_back_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let outside = Outside::new(World::fresh());
    *outside.refuses.lock().unwrap() = Some(("modify", false));
    let next = carried(&mut begun(folder.path(), &outside), None).await;
    assert_eq!(next, Next::Ended { ending: Ending::Failed });
    assert_eq!(outside.world.lock().unwrap().versions.len(), 3, "rolled back as a new version");

    let folder = tempfile::tempdir().unwrap();
    let outside = Outside::new(World::fresh());
    *outside.refuses.lock().unwrap() = Some(("modify", true));
    let mut carrier = begun(folder.path(), &outside);
    let Next::Decide { errand, trouble, .. } = carried(&mut carrier, None).await else {
        panic!("it went on")
    };
    assert_eq!((errand.step.as_str(), trouble.what.as_str()), ("modify", "no answer"));
    assert_eq!(outside.world.lock().unwrap().versions.len(), 2);
    *outside.refuses.lock().unwrap() = None;
    assert_eq!(carried(&mut carrier, Some(Choice::Retry)).await, done());
}

#[tokio::test]
async fn a_pause_comes_before_the_next_step_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let outside = Outside::new(World::fresh());
    let mut carrier = begun(folder.path(), &outside);
    let switch = Switch::default();
    switch.pause(Trouble::new("the session was lost"));
    let next = carrier.proceed(&switch).await.unwrap();
    assert_eq!(next, Next::Paused { because: Trouble::new("the session was lost") });
    drop(carrier);
    let listed = Runs::new(folder.path()).list().unwrap();
    assert_eq!((listed[0].state, listed[0].runbook.as_str()), (State::Paused, "small"));
}

#[tokio::test]
async fn a_name_that_was_not_typed_confirms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let outside = Outside::new(World::fresh());
    let mut carrier = begun(folder.path(), &outside);
    let Next::Ask { slot } = carrier.proceed(&Switch::default()).await.unwrap() else { panic!() };
    carrier.answer(&slot, zeroize::Zeroizing::new("because".to_owned())).unwrap();
    assert!(carrier.confirm(None).is_err() && carrier.confirm(Some("prod")).is_err());
    assert!(matches!(carrier.proceed(&Switch::default()).await.unwrap(), Next::Confirm { .. }));
    carrier.confirm(Some("demo")).unwrap();
    assert_eq!(carried(&mut carrier, None).await, done());
}
