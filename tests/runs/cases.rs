//! Turns of a run that matter by name.

use vaultdeck::model::run::{Choice, Ending, Errand, Next, Progress, RunEvent, Tally, Verdict};
use vaultdeck::model::runbook::{Confirm, Runbook};
use vaultdeck::model::trouble::Trouble;

use super::walk::{Fate, TEXT, Walk};

fn errand(step: &str, host: Option<&str>) -> Errand {
    Errand { step: step.to_owned(), host: host.map(str::to_owned) }
}

fn meet(walk: &mut Walk, fate: Fate, choice: Choice) {
    let next = walk.run.next();
    walk.meet(&next, fate, choice);
}

#[test]
fn the_runbook_that_is_walked_has_no_fault() {
    let faults = Runbook::read(TEXT).unwrap().faults();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn questions_come_first_then_the_confirmation_then_the_steps() {
    let mut walk = Walk::new();
    assert_eq!(walk.run.next(), Next::Ask { slot: "reason".to_owned() });
    meet(&mut walk, Fate::Succeeds, Choice::Retry);
    assert_eq!(walk.run.next(), Next::Confirm { level: Confirm::Typed, step: None });
    meet(&mut walk, Fate::Succeeds, Choice::Retry);
    assert_eq!(walk.run.next(), Next::Execute { errands: vec![errand("look", None)] });
}

#[test]
fn neighbouring_steps_go_host_by_host_and_a_step_together_goes_to_all_at_once() {
    let order: Vec<String> = Walk::new().run.errands().iter().map(ToString::to_string).collect();
    assert_eq!(
        order,
        [
            "look",
            "make",
            "patch",
            "issue on one",
            "deliver on one",
            "issue on two",
            "deliver on two",
            "modify",
            "restart on one",
            "restart on two"
        ]
    );
    let mut walk = Walk::new();
    assert_eq!(walk.until_step("restart"), [errand("restart", Some("one")), errand("restart", Some("two"))]);
    assert_eq!(walk.until_end(), Ending::Done);
}

#[test]
fn a_step_that_asks_for_itself_is_confirmed_for_itself() {
    let mut walk = Walk::new();
    walk.until_step("deliver");
    while !matches!(walk.run.next(), Next::Confirm { .. }) {
        meet(&mut walk, Fate::Succeeds, Choice::Retry);
    }
    assert_eq!(walk.run.next(), Next::Confirm { level: Confirm::Yes, step: Some("modify".to_owned()) });
}

#[test]
fn a_definite_refusal_takes_the_named_steps_back_and_a_lost_reply_does_not() {
    let mut refused = Walk::new();
    refused.until_step("modify");
    meet(&mut refused, Fate::Refused, Choice::Retry);
    assert_eq!(refused.run.next(), Next::Undo { errand: errand("patch", None) });
    assert_eq!(refused.until_end(), Ending::Failed);

    let mut lost = Walk::new();
    lost.until_step("modify");
    meet(&mut lost, Fate::Lost, Choice::Retry);
    assert_eq!(lost.run.next(), Next::Verify { errands: vec![errand("modify", None)] });
    let verdict = Verdict::Doubt { trouble: Trouble::new("both passwords are refused") };
    lost.tell(RunEvent::Verified { errand: errand("modify", None), verdict });
    assert!(matches!(lost.run.next(), Next::Decide { .. }), "it holds and says what was found");
}

#[test]
fn a_generated_secret_that_is_lost_is_made_anew_until_it_is_kept_and_read_back_after_that() {
    let mut early = Walk::new();
    early.until_step("patch");
    early.die();
    assert_eq!(early.run.next(), Next::Execute { errands: vec![errand("make", None)] });

    let mut late = Walk::new();
    late.until_step("modify");
    late.die();
    let Next::Recall { errand: source, secret, .. } = late.run.next() else {
        panic!("{:?}", late.run.next())
    };
    assert_eq!((source, secret.as_str()), (errand("make", None), "NEW"));
}

#[test]
fn a_secret_id_that_was_issued_and_lost_is_destroyed_and_issued_anew_for_that_host_alone() {
    let mut walk = Walk::new();
    walk.until_step("deliver");
    meet(&mut walk, Fate::Succeeds, Choice::Retry);
    meet(&mut walk, Fate::Succeeds, Choice::Retry);
    assert_eq!(walk.until_act(), Some(vec![errand("issue", Some("two"))]));
    meet(&mut walk, Fate::Killed, Choice::Retry);
    assert_eq!(walk.run.next(), Next::Verify { errands: vec![errand("issue", Some("two"))] });
    meet(&mut walk, Fate::Succeeds, Choice::Retry);
    assert_eq!(walk.run.next(), Next::Undo { errand: errand("issue", Some("two")) });
    meet(&mut walk, Fate::Succeeds, Choice::Retry);
    assert_eq!(walk.run.next(), Next::Execute { errands: vec![errand("issue", Some("two"))] });
    assert_eq!(walk.until_end(), Ending::Done);
}

#[test]
fn going_back_undoes_the_last_first_and_passes_over_what_cannot_be_undone() {
    let mut walk = Walk::new();
    walk.until_step("restart");
    walk.tell(RunEvent::TurnedBack { steps: Vec::new(), ending: Ending::Undone });
    let mut undone = Vec::new();
    while walk.run.ended().is_none() {
        if let Next::Undo { errand } = walk.run.next() {
            undone.push(errand.to_string());
        }
        meet(&mut walk, Fate::Succeeds, Choice::Retry);
    }
    assert_eq!(undone, ["modify", "issue on two", "issue on one", "patch"]);
    assert_eq!(walk.run.ended(), Some(Ending::Undone));
}

#[test]
fn a_failure_offers_to_leave_the_step_out_only_where_that_is_allowed() {
    let mut walk = Walk::new();
    walk.until_step("restart");
    meet(&mut walk, Fate::Refused, Choice::Retry);
    let Next::Decide { choices, .. } = walk.run.next() else { panic!("{:?}", walk.run.next()) };
    assert_eq!(choices, [Choice::Retry, Choice::Skip, Choice::Undo, Choice::Stop]);

    let mut walk = Walk::new();
    walk.until_step("patch");
    meet(&mut walk, Fate::Refused, Choice::Retry);
    let Next::Decide { choices, .. } = walk.run.next() else { panic!("{:?}", walk.run.next()) };
    assert_eq!(choices, [Choice::Retry, Choice::Undo, Choice::Stop]);
}

#[test]
fn a_paused_run_needs_somebody_to_resume_it() {
    let mut walk = Walk::new();
    walk.until_step("patch");
    let because = Trouble::new("the session was lost");
    walk.tell(RunEvent::Paused { because: because.clone() });
    assert_eq!(walk.run.next(), Next::Paused { because });
    walk.tell(RunEvent::Resumed { by: "jane".to_owned(), fresh: false });
    assert_eq!(walk.run.next(), Next::Execute { errands: vec![errand("patch", None)] });
}

/// Two assertions, one of them on each host, and a step behind them.
const ASSERTING: &str = r#"
id = "asserting"
title = "assert"
why = "to know"
blast_radius = "nothing"
confirm = "none"
writes = false

[[steps]]
id = "unsealed"
title = "it is unsealed"
why = "to know"
asserts = "vault-unsealed"
writes = false

[[steps]]
id = "alive"
title = "the hosts answer"
why = "to know"
asserts = "hosts-reached"
per_host = "together"
writes = false

[[steps]]
id = "behind"
title = "look"
why = "to know"
command = "uptime"
writes = false
"#;

/// A run of assertions of which these are met so; the others hold.
fn asserted(met: &[(Errand, bool)]) -> Walk {
    let mut walk = Walk::of(Runbook::read(ASSERTING).unwrap());
    while walk.run.ended().is_none() {
        let next = walk.run.next();
        let Next::Wait { errands, .. } = &next else {
            walk.meet(&next, Fate::Succeeds, Choice::Retry);
            continue;
        };
        for errand in errands.clone() {
            let event = match met.iter().find(|(of, _)| *of == errand) {
                Some((_, definite)) => {
                    let trouble = Trouble::new("it is not so");
                    RunEvent::Failed { errand, trouble, definite: *definite }
                }
                None => RunEvent::Reached { errand, told: "it is so".to_owned() },
            };
            walk.tell(event);
        }
    }
    walk
}

#[test]
fn a_run_of_assertions_that_all_hold_is_done() {
    assert!(Runbook::read(ASSERTING).unwrap().faults().is_empty());
    let walk = asserted(&[]);
    assert_eq!((walk.run.ended(), walk.run.objection()), (Some(Ending::Done), None));
    assert_eq!(walk.run.assertions(), Tally { hold: 2, fail: 0, unknown: 0 });
}

#[test]
fn an_assertion_that_does_not_hold_keeps_no_other_from_being_seen_and_fails_the_run_at_its_end() {
    let walk = asserted(&[(errand("unsealed", None), true), (errand("alive", Some("two")), false)]);
    assert_eq!(walk.run.ended(), Some(Ending::Failed));
    assert_eq!(walk.run.assertions(), Tally { hold: 0, fail: 1, unknown: 1 });
    let told: Vec<_> = walk.run.unmet().map(|(errand, _, _, known)| (errand.to_string(), known)).collect();
    assert_eq!(told, [("unsealed".to_owned(), true), ("alive on two".to_owned(), false)]);
    assert_eq!(*walk.run.progress(&errand("alive", Some("one"))), Progress::Done);
    assert_eq!(*walk.run.progress(&errand("behind", None)), Progress::Done);
    let objection = walk.run.objection().unwrap();
    assert_eq!(objection.what, "of 2 assertions 0 hold, 1 fail, 1 are unknown");
    assert_eq!(objection.because.unwrap(), "not known to hold: it is unsealed; the hosts answer");
}

#[test]
fn an_assertion_counts_once_by_the_worst_of_its_hosts() {
    let walk = asserted(&[(errand("alive", Some("one")), false), (errand("alive", Some("two")), true)]);
    assert_eq!(walk.run.assertions(), Tally { hold: 1, fail: 1, unknown: 0 });
}
