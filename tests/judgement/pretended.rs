//! The rules over the pretend fleet: each scenario shows what it is named after, and the healthy one nothing grave.

use std::collections::BTreeMap;
use std::time::Duration;

use vaultdeck::demo::{self, Options, Time};
use vaultdeck::model::finding::{self, Judgement, State};
use vaultdeck::model::fleet::{Fleet, Observation};

use super::evening::{Evening, now};

/// What every rule says once every probe of a scenario has looked once; the login is asked for as well.
async fn judgements(scenario: &str) -> BTreeMap<&'static str, Judgement> {
    let parts = demo::fleet(Options {
        documented: Evening::healthy().deployment,
        folder: None,
        reset: true,
        scenario: Some(scenario.to_owned()),
        hosts: None,
        time: Time::Still(now()),
    })
    .unwrap();
    let mut fleet = Fleet::new(parts.deployment);
    let now = (parts.clock)();
    for probe in parts.probes {
        let facts = probe.look().await;
        fleet.record(Observation { subject: probe.subject(), at: now, took: Duration::ZERO, facts });
    }
    finding::judge(&fleet, now).into_iter().map(|judgement| (judgement.rule, judgement)).collect()
}

/// Rules that fire in a scenario, by name.
async fn firing(scenario: &str) -> Vec<&'static str> {
    let judgements = judgements(scenario).await;
    judgements
        .values()
        .filter(|judgement| judgement.state == State::Firing)
        .map(|judgement| judgement.rule)
        .collect()
}

#[tokio::test]
async fn nothing_fires_and_nothing_is_unknown_in_the_healthy_fleet() {
    for judgement in judgements("healthy").await.values() {
        assert_eq!(judgement.state, State::Ok, "{}: {:?}", judgement.rule, judgement.why);
    }
}

#[tokio::test]
async fn each_scenario_shows_what_it_is_named_after() {
    for (scenario, rules) in [
        (
            "trouble",
            &["AG-HEALTHY-DEAD", "AG-RESTART-TRAP", "REND-BEHIND", "HOST-DIVERGE", "APP-STALE-ENV"][..],
        ),
        ("secret-id-expired", &["SID-NONE", "AG-AUTH-LOOP"]),
        ("role-locked", &["ROLE-LOCKED", "AG-AUTH-LOOP"]),
        ("half-rotation", &["ROT-HALF", "DB-AUTH-FAIL"]),
        ("empty", &["KV-DELETED", "POLICY-DRIFT", "CONT-DOWN", "TMPFS-LOST"]),
    ] {
        let firing = firing(scenario).await;
        for rule in rules {
            assert!(firing.contains(rule), "{scenario} does not show {rule}: {firing:?}");
        }
    }
}

#[tokio::test]
async fn the_host_that_locked_the_role_is_named() {
    let locked = &judgements("role-locked").await["ROLE-LOCKED"].findings[0];
    assert!(locked.headline.ends_with("look at authentik-2 first"), "{}", locked.headline);
}
