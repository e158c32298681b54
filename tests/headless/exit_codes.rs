//! What `check` says to the shell.

use proptest::prelude::*;
use vaultdeck::cli::args::CheckFormat;
use vaultdeck::cli::exit::Exit;
use vaultdeck::cli::report::{Acknowledged, Finding, Found};
use vaultdeck::cli::tally::Tally;
use vaultdeck::model::finding::{Severity, State};
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::TroubleKind;

use super::{check_of, seen};
use crate::judgement::evening::Evening;

async fn exit_of(evening: &Evening, verify: bool) -> Exit {
    check_of(seen(evening), CheckFormat::Text, verify).await.0
}

#[tokio::test]
async fn a_healthy_evening_is_ok() {
    assert_eq!(exit_of(&Evening::healthy(), true).await, Exit::Ok);
}

#[tokio::test]
async fn what_hurts_now_is_critical_whatever_else_there_is() {
    let evening = Evening::with(|evening| {
        evening.vault(|vault| vault.node = vaultdeck::model::facts::NodeState::Sealed);
        evening.fails(Subject::Rds, TroubleKind::Unreachable);
    });
    assert_eq!(exit_of(&evening, false).await, Exit::Critical);
}

#[tokio::test]
async fn what_cannot_be_seen_is_unknown_and_never_ok() {
    let evening = Evening::with(|evening| evening.fails(Subject::Mounts, TroubleKind::Other));
    assert_eq!(exit_of(&evening, false).await, Exit::Unknown);
}

#[tokio::test]
async fn what_is_taken_on_alarms_nobody_and_is_still_shown() {
    let fault = |evening: &mut Evening| evening.rds(|rds| "storage-full".clone_into(&mut rds.status));
    assert_eq!(exit_of(&Evening::with(fault), false).await, Exit::Critical);
    let taken_on = Evening::with(|evening| {
        fault(evening);
        evening.acknowledges("RDS-NOT-AVAIL", None, false);
    });
    let (exit, text) = check_of(seen(&taken_on), CheckFormat::Text, false).await;
    assert_eq!(exit, Exit::Ok, "{text}");
    assert!(text.contains("until 2026-11-22: known, OPS-12"), "{text}");
}

#[tokio::test]
async fn a_login_that_nobody_asked_for_alarms_nobody_until_it_is_asked_for() {
    let evening = Evening::with(|evening| evening.fails(Subject::Login, TroubleKind::Unreachable));
    assert_eq!(exit_of(&evening, false).await, Exit::Ok);
    assert_eq!(exit_of(&evening, true).await, Exit::Unknown);
}

fn severities() -> impl Strategy<Value = Severity> {
    prop::sample::select(vec![Severity::Info, Severity::Warning, Severity::High, Severity::Critical])
}

fn taken_on(yes: bool) -> Option<Acknowledged> {
    yes.then(|| Acknowledged { reason: "known".to_owned(), until: jiff::civil::date(2026, 11, 22) })
}

prop_compose! {
    fn found()(severity in severities(), acknowledged in any::<bool>()) -> Found {
        Found {
            subject: "vault".to_owned(),
            severity,
            headline: "something".to_owned(),
            evidence: Vec::new(),
            fix: None,
            acknowledged: taken_on(acknowledged),
        }
    }
}

prop_compose! {
    fn findings()(
        rules in prop::collection::vec(
            (prop::collection::vec(found(), 0..3), any::<bool>(), any::<bool>(), any::<bool>()), 0..6
        )
    ) -> Vec<Finding> {
        rules.into_iter().map(|(subjects, blind, not_asked, acknowledged)| Finding {
            id: "RULE",
            title: "a rule",
            severity: Severity::Critical,
            state: match (subjects.is_empty(), blind) {
                (false, _) => State::Firing,
                (true, true) => State::Unknown,
                (true, false) => State::Ok,
            },
            why: blind.then(|| "no signal".to_owned()),
            not_asked: blind && not_asked,
            acknowledged: taken_on(blind && acknowledged),
            subjects,
        }).collect()
    }
}

proptest! {
    #[test]
    fn critical_goes_over_warning_over_unknown(findings in findings(), verify in any::<bool>()) {
        let open = |wanted: &[Severity]| findings.iter().flat_map(Finding::open).any(|found| wanted.contains(&found.severity));
        let blind = findings.iter().any(|finding| {
            finding.is_blind() && finding.acknowledged.is_none() && (verify || !finding.not_asked)
        });
        let expected = if open(&[Severity::Critical]) {
            Exit::Critical
        } else if open(&[Severity::High, Severity::Warning]) {
            Exit::Warning
        } else if blind {
            Exit::Unknown
        } else {
            Exit::Ok
        };
        prop_assert_eq!(Tally::of(&findings, verify).exit(), expected);
    }

    #[test]
    fn one_finding_more_never_makes_it_better(findings in findings(), more in found(), verify in any::<bool>()) {
        let rank = |exit| match exit { Exit::Critical => 3, Exit::Warning => 2, Exit::Unknown => 1, _ => 0 };
        let before = Tally::of(&findings, verify).exit();
        let mut findings = findings;
        findings.push(Finding {
            id: "MORE", title: "one more", severity: more.severity, state: State::Firing, why: None,
            not_asked: false, acknowledged: None, subjects: vec![more],
        });
        prop_assert!(rank(Tally::of(&findings, verify).exit()) >= rank(before));
    }
}
