//! What holds whatever is broken and whatever is missing.

use proptest::prelude::*;
use vaultdeck::model::expiry::expiries;
use vaultdeck::model::finding::{self, Signal, State};
use vaultdeck::model::fleet::Fleet;
use vaultdeck::model::health;
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::TroubleKind;

use super::evening::*;
use super::rules::CASES;

/// An evening on which up to three things are broken, and any subset of the looks failed or never came back.
fn evenings() -> impl Strategy<Value = Evening> {
    let faults = prop::collection::vec(0..CASES.len(), 0..=3);
    let fates = prop::collection::vec(prop_oneof![4 => Just(0), 1 => Just(1), 1 => Just(2)], 32);
    (faults, fates).prop_map(|(faults, fates)| {
        let mut evening = Evening::healthy();
        for fault in faults {
            try_fault(&mut evening, fault);
        }
        let subjects: Vec<_> = evening.seen.keys().cloned().collect();
        for (subject, fate) in subjects.into_iter().zip(fates) {
            match fate {
                1 => evening.lacks(&subject),
                2 => evening.fails(subject, TroubleKind::Unreachable),
                _ => {}
            }
        }
        evening
    })
}

/// A fault may find its facts gone by an earlier one; then it changes nothing.
fn try_fault(evening: &mut Evening, fault: usize) {
    let before = evening.clone();
    let broken = std::panic::catch_unwind(|| {
        let mut evening = before;
        (CASES[fault].fault)(&mut evening);
        evening
    });
    if let Ok(broken) = broken {
        *evening = broken;
    }
}

/// Whether everything behind a signal was seen.
fn seen(fleet: &Fleet, signal: Signal) -> bool {
    let now = now();
    let hosts = &fleet.deployment.hosts;
    match signal {
        Signal::Vault => fleet.vault(now).is_ok(),
        Signal::Token => fleet.token(now).is_ok(),
        Signal::Access => fleet.access(now).is_ok(),
        Signal::Mounts => fleet.mounts(now).is_ok(),
        Signal::Policy => fleet.policy(now).is_ok(),
        Signal::Role => fleet.role(now).is_ok(),
        Signal::Secrets => {
            fleet.deployment.secrets.iter().all(|secret| fleet.secret(&secret.path, now).is_ok())
        }
        Signal::Hosts => hosts.iter().all(|host| fleet.host(host, now).is_ok()),
        Signal::Containers => hosts.iter().all(|host| fleet.containers(host, now).is_ok()),
        Signal::Agents => hosts.iter().all(|host| fleet.agent(host, now).is_ok()),
        Signal::Rds => fleet.rds(now).is_ok(),
        Signal::Account => fleet.account(now).is_ok(),
        Signal::Login => fleet.login(now).is_ok(),
        Signal::Station => fleet.station(now).is_ok(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_rule_is_ok_whose_signal_is_missing(evening in evenings()) {
        let fleet = evening.fleet();
        for (rule, judgement) in finding::rules().zip(finding::judge(&fleet, now())) {
            prop_assert_eq!(rule.id, judgement.rule);
            if judgement.state == State::Ok && judgement.why.is_none() {
                let missing: Vec<_> = rule.reads.iter().filter(|signal| !seen(&fleet, **signal)).collect();
                prop_assert!(missing.is_empty(), "{} is ok without {:?}", rule.id, missing);
            }
        }
    }

    #[test]
    fn every_unknown_has_its_reason_and_every_finding_its_evidence(evening in evenings()) {
        for judgement in evening.judgements() {
            prop_assert_eq!(judgement.state == State::Firing, !judgement.findings.is_empty());
            prop_assert!(judgement.state != State::Unknown || judgement.why.is_some(), "{}", judgement.rule);
            for finding in &judgement.findings {
                prop_assert!(!finding.evidence.is_empty(), "{}", finding.headline);
            }
        }
    }

    #[test]
    fn every_cell_has_words_and_a_bad_one_its_reasons(evening in evenings()) {
        let fleet = evening.fleet();
        let mut cells: Vec<_> = health::flow(&fleet, now()).into_iter().map(|step| step.verdict).collect();
        for host in HOSTS {
            for cell in [health::ssh, health::agent, health::secret_id, health::env, health::server, health::worker] {
                cells.push(cell(&fleet, host, now()));
            }
        }
        for cell in cells {
            prop_assert!(!cell.words.is_empty());
            let grave = matches!(cell.health, vaultdeck::model::verdict::Health::Warn | vaultdeck::model::verdict::Health::Bad);
            prop_assert!(!grave || !cell.because.is_empty(), "{}", cell.words);
            prop_assert!(cell.changes.is_none_or(|changes| changes > now()), "{}", cell.words);
            let times: Vec<_> = cell.because.iter().map(|evidence| evidence.at).collect();
            prop_assert!(times.is_sorted_by(|one, next| one >= next), "newest first: {times:?}");
        }
    }

    #[test]
    fn expiries_lie_ahead_and_come_in_order(evening in evenings()) {
        let all = expiries(&evening.fleet(), now());
        prop_assert!(all.is_sorted_by_key(|expiry| expiry.at));
        prop_assert!(all.iter().all(|expiry| expiry.at > now()));
    }

    #[test]
    fn judgement_never_panics_however_far_the_clock_is_off(seconds in any::<i32>()) {
        let fleet = Evening::healthy().fleet();
        let now = ahead(i64::from(seconds));
        finding::judge(&fleet, now);
        health::flow(&fleet, now);
        expiries(&fleet, now);
    }
}

#[test]
fn an_empty_fleet_is_all_unknown_and_nothing_is_ok_unless_it_does_not_apply() {
    let mut evening = Evening::healthy();
    evening.seen.clear();
    for judgement in evening.judgements() {
        assert_eq!(judgement.state, State::Unknown, "{}", judgement.rule);
    }
    evening.deployment.hosts.clear();
    evening.deployment.secrets.clear();
    evening.deployment.rds_instance = None;
    for judgement in evening.judgements() {
        let exempt = judgement.why.is_some_and(|why| why.starts_with("does not apply"));
        assert_eq!(judgement.state == State::Ok, exempt, "{}", judgement.rule);
    }
    assert!(evening.fleet().look(&Subject::Vault).is_none());
}
