//! The rows of [`rules`](super::rules) tried one by one, and what the rows cannot say.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use vaultdeck::model::agent_log::Class;
use vaultdeck::model::facts::*;
use vaultdeck::model::finding::{self, Judgement, Severity, State};
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::TroubleKind;

use super::evening::*;
use super::rules::CASES;

/// The guided actions; a fix names one of them.
const ACTIONS: &[&str] = &[
    "console-policy",
    "setup-policy",
    "setup-approle",
    "seed-secrets",
    "update-rds-endpoint",
    "deploy",
    "rotate-rds-password",
    "rotate-secret-key",
    "regenerate-secret-id",
    "ansible-policy",
    "fix-agent-auth",
    "fix-render",
    "rollback-secret",
    "undelete-secret",
    "verify-secrets",
    "security-check",
];

#[test]
fn no_rule_fires_or_is_unknown_on_a_healthy_evening() {
    let judgements = Evening::healthy().judgements();
    let not_ok: Vec<_> = judgements.iter().filter(|judgement| judgement.state != State::Ok).collect();
    assert!(not_ok.is_empty(), "{not_ok:#?}");
}

#[test]
fn every_rule_fires_for_its_fault_with_evidence() {
    for case in CASES {
        let judgement = Evening::with(case.fault).judgement(case.rule);
        assert_eq!(judgement.state, State::Firing, "{}: {:?}", case.rule, judgement.why);
        let said = judgement.findings.iter().find(|finding| finding.headline.contains(case.says));
        let said = said.unwrap_or_else(|| panic!("{}: {:#?}", case.rule, judgement.findings));
        assert_eq!(said.severity, case.severity, "{}", case.rule);
        assert!(!said.evidence.is_empty(), "{} has no evidence", case.rule);
        assert!(said.evidence.iter().all(|evidence| !evidence.text.is_empty()), "{}", case.rule);
        assert_eq!(said.id, case.rule);
    }
}

#[test]
fn every_rule_is_unknown_with_a_reason_without_its_signal() {
    for case in CASES {
        let judgement = Evening::with(case.blind).judgement(case.rule);
        assert_eq!(judgement.state, State::Unknown, "{}: {:#?}", case.rule, judgement.findings);
        assert!(judgement.why.is_some_and(|why| !why.is_empty()), "{}", case.rule);
    }
}

#[test]
fn every_rule_has_a_row_and_no_row_names_another() {
    let rows: BTreeSet<_> = CASES.iter().map(|case| case.rule).collect();
    let rules: BTreeSet<_> = finding::rules().map(|rule| rule.id).collect();
    assert_eq!(rows, rules);
}

#[test]
fn rules_have_names_of_their_own_and_words_for_people() {
    let mut seen = BTreeSet::new();
    for rule in finding::rules() {
        assert!(seen.insert(rule.id), "{} twice", rule.id);
        assert!(!rule.title.is_empty() && !rule.about.is_empty() && !rule.reads.is_empty(), "{}", rule.id);
        assert!(!rule.title.ends_with('.') && !rule.about.ends_with('.'), "{} ends in a full stop", rule.id);
    }
}

#[test]
fn no_finding_is_worse_than_its_rule_says() {
    for case in CASES {
        let rule = finding::rules().find(|rule| rule.id == case.rule).unwrap();
        assert!(case.severity <= rule.severity, "{}", case.rule);
    }
}

#[test]
fn every_fix_is_one_of_the_guided_actions() {
    for case in CASES {
        for finding in Evening::with(case.fault).judgements().iter().flat_map(|judgement| &judgement.findings)
        {
            assert!(
                finding.fix.is_none_or(|fix| ACTIONS.contains(&fix)),
                "{}: {:?}",
                finding.id,
                finding.fix
            );
        }
    }
}

#[test]
fn a_rule_fires_for_the_host_it_sees_and_says_which_it_does_not_see() {
    let evening = Evening::with(|evening| {
        evening.loops("authentik-1", Class::NoSecretId);
        evening.fails(Subject::Agent("authentik-2".to_owned()), TroubleKind::Unreachable);
    });
    let judgement = evening.judgement("AG-AUTH-LOOP");
    assert_eq!(judgement.state, State::Firing);
    assert_eq!(judgement.findings.len(), 1);
    assert_eq!(judgement.unseen.len(), 1);
    assert!(judgement.why.unwrap().starts_with("authentik-2: cannot look at authentik-2 agent"));
}

#[test]
fn the_same_trouble_of_several_hosts_is_told_once() {
    let evening = Evening::with(|evening| evening.lacks_all(|host| Subject::Agent(host.to_owned())));
    let why = evening.judgement("AG-AUTH-LOOP").why.unwrap();
    assert_eq!(why, "authentik-1, authentik-2, authentik-3: not looked yet");
}

#[test]
fn a_rule_that_waits_for_a_login_says_that_nobody_asked() {
    let evening = Evening::with(|evening| evening.lacks(&Subject::Login));
    for rule in ["DB-AUTH-FAIL", "RDS-USER-MISMATCH", "RDS-HOST-MISMATCH", "SECRET-SHAPE"] {
        let judgement = evening.judgement(rule);
        assert_eq!(judgement.state, State::Unknown, "{rule}");
        assert!(judgement.only_not_asked(), "{rule}");
        assert_eq!(judgement.why.as_deref(), Some("not asked"), "{rule}");
    }
    let judgements = evening.judgements();
    let mut unknown = judgements.iter().filter(|judgement| judgement.state == State::Unknown);
    assert!(unknown.all(Judgement::only_not_asked));
}

#[test]
fn a_rotation_that_was_started_is_half_done_without_any_login() {
    let evening = Evening::with(|evening| {
        evening.lacks(&Subject::Login);
        evening.secret(CONFIG, |secret| {
            secret.custom_metadata = BTreeMap::from([("rotation_state".to_owned(), "started".to_owned())]);
            secret.updated = Some(ago(16 * MINUTE));
        });
    });
    let judgement = evening.judgement("ROT-HALF");
    assert_eq!(judgement.findings[0].fix, Some("rotate-secret-key"));
}

#[test]
fn a_rotation_in_hand_is_not_half_done() {
    let evening = Evening::with(|evening| {
        evening.secret(DATABASE, |secret| {
            secret.custom_metadata = BTreeMap::from([("rotation_state".to_owned(), "started".to_owned())]);
            secret.updated = Some(ago(15 * MINUTE));
        });
    });
    assert_eq!(evening.judgement("ROT-HALF").state, State::Ok);
}

#[test]
fn a_password_that_rds_has_reset_is_no_half_rotation() {
    let evening = Evening::with(|evening| {
        evening.secret(DATABASE, |secret| {
            secret.versions = written(&[60 * DAY, 10 * DAY, HOUR]);
            secret.current = 3;
        });
        let event = |age, message: &str| RdsEvent {
            at: ago(age),
            message: message.to_owned(),
            categories: Vec::new(),
        };
        evening.rds(|rds| rds.events = Ok(vec![event(55 * MINUTE, "Reset master credentials")]));
        evening.lacks(&Subject::Login);
    });
    assert_eq!(evening.judgement("ROT-HALF").state, State::Ok);
}

#[test]
fn a_deployment_without_rds_has_no_rds_rules_to_break() {
    let evening = Evening::with(|evening| {
        evening.deployment.rds_instance = None;
        evening.lacks(&Subject::Rds);
        evening.lacks(&Subject::Account);
    });
    for judgement in evening.judgements() {
        assert_eq!(judgement.state, State::Ok, "{}", judgement.rule);
    }
    let why = evening.judgement("RDS-CERT").why.unwrap();
    assert_eq!(why, "does not apply: no rds instance in the profile");
}

#[test]
fn an_error_that_has_not_lasted_is_no_loop() {
    let evening = Evening::with(|evening| {
        evening.loops("authentik-3", Class::Unreachable);
        evening.log("authentik-3", |reading| reading.since = Some(ago(119)));
    });
    assert_eq!(evening.judgement("AG-AUTH-LOOP").state, State::Ok);
}

#[test]
fn a_secret_that_was_written_lately_is_not_behind_yet() {
    let evening = |age| {
        Evening::with(|evening| {
            evening.secret(DATABASE, |secret| {
                secret.versions = written(&[60 * DAY, 10 * DAY, age]);
                secret.current = 3;
            });
        })
    };
    assert_eq!(evening(330).judgement("REND-BEHIND").state, State::Ok);
    assert_eq!(evening(331).judgement("REND-BEHIND").findings.len(), 3);
}

#[test]
fn hosts_may_differ_while_a_new_value_is_on_its_way() {
    let evening = |age| {
        Evening::with(|evening| {
            evening.env("authentik-1", |env| {
                env.digests.insert("AUTHENTIK_SECRET_KEY".to_owned(), "new".to_owned());
                env.file.stat.as_mut().unwrap().modified = ago(age);
            });
        })
    };
    assert_eq!(evening(330).judgement("HOST-DIVERGE").state, State::Ok);
    let late: Vec<_> =
        evening(331).judgement("HOST-DIVERGE").findings.into_iter().map(|finding| finding.subject).collect();
    assert_eq!(late, [Subject::Host("authentik-2".to_owned()), Subject::Host("authentik-3".to_owned())]);
}

#[test]
fn an_agent_whose_address_variable_says_what_the_file_says_is_not_overridden() {
    let evening = Evening::with(|evening| {
        evening.container("authentik-1", Service::Agent, |agent| {
            let address = "https://vault.example:8200".to_owned();
            agent.vault_overrides = BTreeMap::from([("VAULT_ADDR".to_owned(), address)]);
        });
    });
    assert_eq!(evening.judgement("ENV-OVERRIDES").state, State::Ok);
}

#[test]
fn a_secret_id_that_was_just_issued_may_stand_beside_the_old_one() {
    let evening = |login| {
        Evening::with(|evening| {
            evening.ledger(|ledger| {
                ledger.push(SecretId { created: Some(ago(5 * MINUTE)), ..secret_id("authentik-1") });
            });
            evening.log("authentik-1", |reading| reading.last_login = Some(ago(login)));
        })
    };
    assert_eq!(evening(HOUR).judgement("SID-OLD-LIVE").state, State::Ok);
    assert_eq!(evening(MINUTE).judgement("SID-OLD-LIVE").state, State::Firing);
}

#[test]
fn an_acknowledgement_marks_a_finding_and_does_not_hide_it() {
    let evening = Evening::with(|evening| {
        evening.loops("authentik-1", Class::NoSecretId);
        evening.loops("authentik-3", Class::NoSecretId);
        evening.acknowledges("AG-AUTH-LOOP", Some("authentik-3"), false);
    });
    let judgement = evening.judgement("AG-AUTH-LOOP");
    assert_eq!(judgement.findings.len(), 2);
    let open: Vec<_> = judgement.open().map(|finding| finding.subject.host()).collect();
    assert_eq!(open, [Some("authentik-1")]);
    assert_eq!(evening.judgement("AG-HEALTHY-DEAD").open().count(), 2);
}

#[test]
fn an_acknowledgement_counts_through_its_last_day_and_no_longer() {
    let evening = Evening::with(|evening| {
        evening.role(|role| role.secret_id_num_uses = 1);
        evening.acknowledges("ROLE-NUMUSES", None, false);
    });
    let open_at = |now: &str| {
        let judgements = finding::judge(&evening.fleet(), now.parse().unwrap());
        let judgement = judgements.into_iter().find(|judgement| judgement.rule == "ROLE-NUMUSES").unwrap();
        judgement.open().count()
    };
    assert_eq!(open_at("2026-11-22T23:59:59Z"), 0);
    assert_eq!(open_at("2026-11-23T00:00:00Z"), 1);
}

#[test]
fn an_unknown_is_taken_on_only_by_an_acknowledgement_that_says_so() {
    let evening = |unknown| {
        Evening::with(|evening| {
            evening.mounts(|mounts| mounts.audit = Err(no_permission()));
            evening.acknowledges("NO-AUDIT-DEVICE", None, unknown);
        })
    };
    assert!(evening(true).judgement("NO-AUDIT-DEVICE").acknowledged.is_some());
    assert!(evening(false).judgement("NO-AUDIT-DEVICE").acknowledged.is_none());
}

#[test]
fn the_worst_finding_comes_first_and_its_severity_is_the_judgement_s() {
    let evening = Evening::with(|evening| {
        evening.ledger(|ledger| {
            ledger[0].expires = Some(ahead(13 * DAY));
            ledger[2].expires = Some(ahead(DAY));
        });
    });
    let judgement = evening.judgement("SID-EXPIRING");
    assert_eq!(judgement.severity, Severity::Critical);
    assert_eq!(judgement.findings[0].subject, Subject::Host("authentik-3".to_owned()));
    assert_eq!(judgement.findings[1].severity, Severity::Warning);
}

#[test]
fn one_failed_look_is_no_alarm_while_the_last_good_facts_are_fresh_and_a_second_is() {
    let mut fleet = Evening::healthy().fleet();
    let trouble =
        vaultdeck::model::trouble::Trouble::new("cannot reach vault").kind(TroubleKind::Unreachable);
    let mut fail_at = |seconds| {
        fleet.record(vaultdeck::model::fleet::Observation {
            subject: Subject::Vault,
            at: ahead(seconds),
            took: std::time::Duration::ZERO,
            facts: Err(trouble.clone()),
        });
        let judgements = finding::judge(&fleet, ahead(seconds));
        judgements.into_iter().find(|judgement| judgement.rule == "VAULT-UNREACHABLE").unwrap().state
    };
    assert_eq!(fail_at(10), State::Ok);
    assert_eq!(fail_at(13), State::Firing);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RealFaults {
    rules: BTreeMap<String, RealFault>,
}

/// The fault of the real stack that makes a rule fire, or why none can.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RealFault {
    fault: Option<String>,
    #[serde(default)]
    other: Vec<String>,
    because: Option<String>,
}

/// Faults that the real stack knows: `describe NAME …` in the files of `tests/real/faults`.
fn known_faults() -> BTreeSet<String> {
    let files = std::fs::read_dir("tests/real/faults").unwrap();
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let names = |text: String| {
        let described = text.lines().filter_map(|line| line.strip_prefix("describe "));
        described.filter_map(|line| line.split(' ').next()).map(str::to_owned).collect::<Vec<_>>()
    };
    texts.flat_map(names).collect()
}

#[test]
fn every_rule_names_the_real_fault_that_makes_it_fire_or_why_none_can() {
    let real: RealFaults = toml::from_str(include_str!("../rules.toml")).unwrap();
    let listed: BTreeSet<_> = real.rules.keys().map(String::as_str).collect();
    let rules: BTreeSet<_> = finding::rules().map(|rule| rule.id).collect();
    assert_eq!(listed, rules);
    let known = known_faults();
    for (rule, real) in &real.rules {
        assert!(real.fault.is_some() != real.because.is_some(), "{rule}: a fault or a reason, not both");
        for fault in real.fault.iter().chain(&real.other) {
            assert!(known.contains(fault), "{rule}: no fault is called {fault}");
        }
        assert!(real.because.as_ref().is_none_or(|because| because.len() > 20), "{rule}: why?");
    }
}

#[test]
fn a_service_that_is_well_on_no_host_is_an_outage() {
    let evening = Evening::with(|evening| {
        for host in ["authentik-1", "authentik-2", "authentik-3"] {
            let unhealthy = |server: &mut Container| server.health = Some(ContainerHealth::Unhealthy);
            evening.container(host, Service::Server, unhealthy);
        }
    });
    let judgement = evening.judgement("CONT-DOWN");
    assert!(judgement.findings.iter().all(|finding| finding.severity == Severity::Critical));
    assert_eq!(judgement.findings.len(), 3);
}

#[test]
fn while_a_rotation_is_in_hand_nothing_is_to_be_restarted_onto_it() {
    let stale = |evening: &mut Evening| {
        evening.env("authentik-3", |env| env.file.stat.as_mut().unwrap().modified = ago(DAY));
    };
    let fix = |evening: Evening| evening.judgement("APP-STALE-ENV").findings[0].fix;
    assert_eq!(fix(Evening::with(stale)), Some("fix-render"));
    let rotating = Evening::with(|evening| {
        stale(evening);
        let marked = [("rotation_state".to_owned(), "started".to_owned())].into();
        evening.secret(DATABASE, |secret| secret.custom_metadata = marked);
    });
    assert_eq!(fix(rotating), Some("rotate-rds-password"));
}

#[test]
fn a_login_with_an_older_version_proves_nothing_of_the_newest() {
    let refused = |evening: &mut Evening| {
        evening.login(|login| {
            let (sqlstate, message) = ("28P01".to_owned(), "password authentication failed".to_owned());
            login.outcome = LoginOutcome::Refused { class: RefusalClass::of(&sqlstate), sqlstate, message };
        });
    };
    assert_eq!(Evening::with(refused).judgement("DB-AUTH-FAIL").state, State::Firing);
    let rotated = Evening::with(|evening| {
        refused(evening);
        evening.secret(DATABASE, |secret| secret.current += 1);
    });
    let judgement = rotated.judgement("DB-AUTH-FAIL");
    assert_eq!(judgement.state, State::Unknown);
    assert!(judgement.only_not_asked(), "{:?}", judgement.why);
}
