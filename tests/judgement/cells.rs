//! The words of the cells, as the Home table shows them.

use std::collections::BTreeMap;
use std::time::Duration;

use vaultdeck::model::agent_log::{Class, State};
use vaultdeck::model::facts::*;
use vaultdeck::model::fleet::{Fleet, Observation};
use vaultdeck::model::health;
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::{Trouble, TroubleKind};
use vaultdeck::model::verdict::{Health, Verdict};

use super::evening::*;

const THIRD: &str = "authentik-3";

fn row(evening: &Evening, host: &str) -> [(Health, String); 6] {
    let fleet = evening.fleet();
    let cells = [health::ssh, health::agent, health::secret_id, health::env, health::server, health::worker];
    cells.map(|cell| {
        let verdict = cell(&fleet, host, now());
        (verdict.health, verdict.words)
    })
}

fn words(row: &[(Health, String); 6]) -> [&str; 6] {
    row.each_ref().map(|(_, words)| words.as_str())
}

fn strip(evening: &Evening) -> Vec<String> {
    let flow = health::flow(&evening.fleet(), now());
    flow.iter()
        .map(|step| format!("{}{}: {}", step.verdict.health.sign(), step.name, step.verdict.words))
        .collect()
}

/// A cell of the third host after something broke.
fn cell(cell: fn(&Fleet, &str, jiff::Timestamp) -> Verdict, fault: impl FnOnce(&mut Evening)) -> Verdict {
    cell(&Evening::with(fault).fleet(), THIRD, now())
}

fn told(verdict: &Verdict) -> String {
    verdict.because.iter().map(|evidence| evidence.text.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_healthy_row_says_so_in_six_short_cells() {
    let row = row(&Evening::healthy(), "authentik-1");
    assert_eq!(
        words(&row),
        ["34ms", "ok, renewed 12m ago, next in 32m", "27d", "2/1 fresh", "healthy 3d", "healthy 3d"]
    );
    assert!(row.iter().all(|(health, _)| *health == Health::Ok));
}

#[test]
fn a_host_whose_agent_lost_its_secret_id_is_the_row_that_stands_out() {
    let evening = Evening::with(|evening| {
        evening.loops(THIRD, Class::NoSecretId);
        evening.host(THIRD, |host| host.secret_id_file.as_mut().unwrap().stat = None);
        evening.env(THIRD, |env| {
            env.markers.insert("database".to_owned(), 1);
            env.file.stat.as_mut().unwrap().modified = ago(4 * HOUR);
        });
    });
    let row = row(&evening, THIRD);
    let expected = [
        "34ms",
        "no secret-id, looping since 10:02",
        "file gone",
        "1/1 10d behind",
        "before .env",
        "before .env",
    ];
    assert_eq!(words(&row), expected);
    let health = row.each_ref().map(|(health, _)| *health);
    assert_eq!(health, [Health::Ok, Health::Bad, Health::Bad, Health::Warn, Health::Warn, Health::Warn]);
}

#[test]
fn the_red_agent_cell_says_why_newest_first_and_warns_of_the_documented_restart() {
    let verdict = cell(health::agent, |evening| {
        evening.loops(THIRD, Class::NoSecretId);
        evening.host(THIRD, |host| host.secret_id_file.as_mut().unwrap().stat = None);
    });
    let told = told(&verdict);
    assert!(told.contains("authentik-vault-agent-1 is running and healthy"), "{told}");
    assert!(told.contains("143 times since 10:02, next try in 4m"), "{told}");
    assert!(told.contains("secret-id is not there"), "{told}");
    assert!(verdict.because.is_sorted_by(|one, next| one.at >= next.at));
    assert_eq!(verdict.so, "restarting the agent cannot help: nothing is left to log in with");
    assert_eq!(verdict.fix, Some("fix-agent-auth"));
}

#[test]
fn an_agent_that_lives_on_its_memory_is_a_warning_before_anything_hurts() {
    let verdict = cell(health::secret_id, |evening| {
        evening.host(THIRD, |host| host.secret_id_file.as_mut().unwrap().stat = None);
    });
    assert_eq!((verdict.health, verdict.words.as_str()), (Health::Warn, "27d, file gone"));
    assert!(verdict.so.contains("a restart would lose it"));
}

#[test]
fn an_unlabelled_secret_id_counts_for_every_host_and_is_shown_as_that() {
    let verdict = cell(health::secret_id, |evening| {
        evening.ledger(|ledger| {
            ledger.truncate(1);
            ledger[0].host = None;
        });
    });
    assert_eq!((verdict.health, verdict.words.as_str()), (Health::Warn, "27d unlabelled"));
}

#[test]
fn a_secret_id_shows_its_nearness_by_the_thresholds() {
    let at = |days: i64| {
        cell(health::secret_id, |evening| {
            evening.ledger(|ledger| ledger[2].expires = Some(ahead(days * DAY)));
        })
        .health
    };
    assert_eq!([15, 14, 2].map(at), [Health::Ok, Health::Warn, Health::Bad]);
    assert_eq!(
        cell(health::secret_id, |evening| evening.ledger(|ledger| _ = ledger.pop())).words,
        "none live"
    );
}

#[test]
fn a_host_out_of_reach_is_bad_at_ssh_and_unknown_in_the_rest() {
    let evening = Evening::with(|evening| {
        evening.fails(Subject::Host(THIRD.to_owned()), TroubleKind::Unreachable);
        evening.fails(Subject::Containers(THIRD.to_owned()), TroubleKind::Unreachable);
        evening.fails(Subject::Agent(THIRD.to_owned()), TroubleKind::Unreachable);
    });
    let row = row(&evening, THIRD);
    assert_eq!(words(&row), ["no answer", "no answer", "27d", "no answer", "no answer", "no answer"]);
    assert_eq!(row[0].0, Health::Bad);
    assert_eq!(row[1].0, Health::Unknown);
    assert_eq!(health::host(&evening.fleet(), THIRD, now()).health, Health::Bad);
}

#[test]
fn nothing_is_judged_before_the_first_look() {
    let mut evening = Evening::healthy();
    evening.seen.clear();
    assert_eq!(words(&row(&evening, THIRD)), ["…"; 6]);
    assert_eq!(health::host(&evening.fleet(), THIRD, now()).health, Health::Unknown);
}

#[test]
fn a_container_that_ended_says_when_and_with_which_code() {
    let verdict = cell(health::worker, |evening| {
        evening.container(THIRD, Service::Worker, |worker| {
            worker.state = ContainerState::Exited;
            worker.exit_code = Some(137);
            worker.oom_killed = true;
            worker.finished = Some(ago(4 * MINUTE));
        });
    });
    assert_eq!((verdict.health, verdict.words.as_str()), (Health::Bad, "exited 137, 4m ago"));
    assert!(told(&verdict).contains("killed by the kernel for memory"));
}

#[test]
fn an_agent_whose_container_ended_is_not_judged_by_its_last_words() {
    let verdict = cell(health::agent, |evening| {
        evening.container(THIRD, Service::Agent, |agent| {
            agent.state = ContainerState::Exited;
            agent.finished = Some(ago(4 * MINUTE));
        });
    });
    assert_eq!((verdict.health, verdict.words.as_str()), (Health::Bad, "exited, 4m ago"));
}

#[test]
fn an_agent_that_renders_badly_can_still_log_in_and_is_only_a_warning() {
    let verdict = cell(health::agent, |evening| evening.loops(THIRD, Class::MissingKey));
    assert_eq!((verdict.health, verdict.words.as_str()), (Health::Warn, "key missing since 10:02"));
    assert_eq!(verdict.fix, Some("fix-render"));
}

#[test]
fn an_agent_without_news_for_too_long_is_overdue() {
    let verdict =
        cell(health::agent, |evening| evening.log(THIRD, |log| log.last_renewal = Some(ago(46 * MINUTE))));
    assert_eq!((verdict.health, verdict.words.as_str()), (Health::Warn, "no renewal since 13:16"));
}

#[test]
fn an_agent_that_just_began_is_busy() {
    let verdict = cell(health::agent, |evening| evening.log(THIRD, |log| log.state = State::Starting));
    assert_eq!((verdict.health, verdict.words.as_str()), (Health::Busy, "starting"));
}

#[test]
fn a_hole_in_the_env_outweighs_its_version() {
    let verdict =
        cell(health::env, |evening| evening.env(THIRD, |env| _ = env.no_value.insert("A".to_owned())));
    assert_eq!((verdict.health, verdict.words.as_str()), (Health::Bad, "1 without value"));
    let verdict = cell(health::env, |evening| evening.env(THIRD, |env| env.file.stat = None));
    assert_eq!((verdict.health, verdict.words.as_str()), (Health::Bad, "gone"));
}

#[test]
fn a_skewed_clock_shows_beside_the_round_trip() {
    let verdict = cell(health::ssh, |evening| evening.host(THIRD, |host| host.clock_offset_seconds = 45.2));
    assert_eq!((verdict.health, verdict.words.as_str()), (Health::Warn, "34ms, clock +45s"));
}

#[test]
fn an_older_look_keeps_its_cell_and_owns_up_to_the_failed_one() {
    let mut fleet = Evening::healthy().fleet();
    fleet.record(vaultdeck::model::fleet::Observation {
        subject: Subject::Host(THIRD.to_owned()),
        at: now(),
        took: std::time::Duration::ZERO,
        facts: Err(vaultdeck::model::trouble::Trouble::new("lost authentik-3")),
    });
    let verdict = health::ssh(&fleet, THIRD, now());
    assert_eq!((verdict.health, verdict.words.as_str()), (Health::Ok, "34ms"));
    assert_eq!(verdict.because[0].text, "latest look failed: lost authentik-3");
}

#[test]
fn the_words_of_a_cell_change_when_it_says_they_do() {
    let fleet = Evening::healthy().fleet();
    let verdict = health::agent(&fleet, THIRD, ahead(1));
    let changes = verdict.changes.unwrap();
    let before = changes.checked_sub(jiff::SignedDuration::from_millis(2)).unwrap();
    assert_eq!(health::agent(&fleet, THIRD, before).words, verdict.words);
    assert_ne!(health::agent(&fleet, THIRD, changes).words, verdict.words);
}

/// What broke, the cell that shows it, and what it says.
type Shown = (fn(&mut Evening), fn(&Evening) -> Verdict, Health, &'static str);

const SHARED: &[Shown] = &[
    (|_| {}, |evening| health::vault(&evening.fleet(), now()), Health::Ok, "2.7.2 active"),
    (
        |e| e.vault(|v| v.node = NodeState::Sealed),
        |evening| health::vault(&evening.fleet(), now()),
        Health::Bad,
        "sealed 0/3",
    ),
    (
        |e| e.fails(Subject::Vault, TroubleKind::Tls),
        |evening| health::vault(&evening.fleet(), now()),
        Health::Bad,
        "tls does not fit",
    ),
    (|_| {}, |evening| health::token(&evening.fleet(), now()), Health::Ok, "userpass-jane 47m left"),
    (
        |e| e.token(|t| t.dead = Some("permission denied".to_owned())),
        |evening| health::token(&evening.fleet(), now()),
        Health::Bad,
        "dead",
    ),
    (
        |e| e.token(|t| t.blind = true),
        |evening| health::token(&evening.fleet(), now()),
        Health::Unknown,
        "may not look itself up",
    ),
    (
        |e| e.token(|t| t.expires = Some(ahead(299))),
        |evening| health::token(&evening.fleet(), now()),
        Health::Bad,
        "userpass-jane 4m left",
    ),
    (
        |e| e.token(|t| t.expires = None),
        |evening| health::token(&evening.fleet(), now()),
        Health::Warn,
        "userpass-jane, never ends",
    ),
    (|_| {}, |evening| health::access(&evening.fleet(), now()), Health::Ok, "ok"),
    (
        |e| e.access(|a| a.granted.clear()),
        |evening| health::access(&evening.fleet(), now()),
        Health::Warn,
        "lacks 1 of 1",
    ),
    (
        |e| e.mounts(|m| m.kv.as_mut().unwrap().version = 1),
        |evening| health::mounts(&evening.fleet(), now()),
        Health::Warn,
        "kv v1",
    ),
    (|_| {}, |evening| health::policy(&evening.fleet(), now()), Health::Ok, "as documented"),
    (
        |e| e.policy(|p| p.text = None),
        |evening| health::policy(&evening.fleet(), now()),
        Health::Warn,
        "missing",
    ),
    (|_| {}, |evening| health::role(&evening.fleet(), now()), Health::Ok, "ok, 3 ids"),
    (
        |e| e.role(|r| r.locked = Ok(true)),
        |evening| health::role(&evening.fleet(), now()),
        Health::Bad,
        "locked",
    ),
    (
        |e| e.ledger(|l| l[1].expires = Some(ahead(9 * DAY))),
        |evening| health::role(&evening.fleet(), now()),
        Health::Warn,
        "3 ids, 9d left",
    ),
    (
        |e| e.fails(Subject::Role, TroubleKind::Denied),
        |evening| health::role(&evening.fleet(), now()),
        Health::Unknown,
        "no permission",
    ),
    (|_| {}, |evening| health::secret(&evening.fleet(), DATABASE, now()), Health::Ok, "v2, 10d old"),
    (
        |e| e.secret(DATABASE, |s| s.versions.get_mut(&2).unwrap().deleted = Some(ago(HOUR))),
        |evening| health::secret(&evening.fleet(), DATABASE, now()),
        Health::Bad,
        "deleted",
    ),
    (
        |e| {
            e.secret(DATABASE, |s| {
                s.custom_metadata = BTreeMap::from([("rotation_state".to_owned(), "started".to_owned())]);
            });
        },
        |evening| health::secret(&evening.fleet(), DATABASE, now()),
        Health::Busy,
        "v2, 10d old, rotating",
    ),
    (|_| {}, |evening| health::rds(&evening.fleet(), now()), Health::Ok, "available"),
    (
        |e| e.rds(|r| r.pending_password = true),
        |evening| health::rds(&evening.fleet(), now()),
        Health::Busy,
        "available, password pending",
    ),
    (
        |e| e.rds(|r| r.status = "storage-full".to_owned()),
        |evening| health::rds(&evening.fleet(), now()),
        Health::Bad,
        "storage-full",
    ),
    (
        |e| e.rds(|r| r.certificate_valid_till = Some(ahead(61 * DAY))),
        |evening| health::rds(&evening.fleet(), now()),
        Health::Warn,
        "available, certificate 61d",
    ),
    (
        |e| e.deployment.rds_instance = None,
        |evening| health::rds(&evening.fleet(), now()),
        Health::Ok,
        "not watched",
    ),
    (
        |e| e.account(|a| a.account = "9".to_owned()),
        |evening| health::account(&evening.fleet(), now()),
        Health::Bad,
        "wrong account",
    ),
    (
        |e| e.fails(Subject::Account, TroubleKind::Credentials),
        |evening| health::account(&evening.fleet(), now()),
        Health::Warn,
        "no credentials",
    ),
    (|_| {}, |evening| health::login(&evening.fleet(), now()), Health::Ok, "ok with v2"),
    (
        |e| e.lacks(&Subject::Login),
        |evening| health::login(&evening.fleet(), now()),
        Health::Unknown,
        "not asked",
    ),
    (
        |e| e.station(|s| s.ansible_diff = Ok(true)),
        |evening| health::station(&evening.fleet(), now()),
        Health::Warn,
        "diff is on",
    ),
];

#[test]
fn shared_cells_say_how_things_stand_in_a_few_words() {
    for (fault, cell, health, words) in SHARED {
        let verdict = cell(&Evening::with(fault));
        assert_eq!((verdict.health, verdict.words.as_str()), (*health, *words));
    }
}

#[test]
fn the_strip_tells_the_whole_flow_of_a_healthy_evening() {
    let expected = [
        " ansible: ok",
        " AppRole: ok, 3 ids",
        " token: 3 ok",
        " secrets: database 2 config 1",
        " .env on tmpfs: 3 fresh",
        " server, worker: 6 up",
        " database: available",
    ];
    assert_eq!(strip(&Evening::healthy()), expected);
}

#[test]
fn the_strip_shows_how_far_a_stuck_agent_s_harm_reaches() {
    let evening = Evening::with(|evening| {
        evening.loops(THIRD, Class::SecretIdRefused);
        evening.env(THIRD, |env| _ = env.markers.insert("database".to_owned(), 1));
        evening.container("authentik-2", Service::Worker, |worker| worker.state = ContainerState::Exited);
        evening.login(|login| {
            login.outcome = LoginOutcome::Refused {
                sqlstate: "28P01".to_owned(),
                class: RefusalClass::WrongPassword,
                message: "password authentication failed".to_owned(),
            };
        });
    });
    let expected = [
        " ansible: ok",
        " AppRole: ok, 3 ids",
        "✗token: 2 of 3 ok",
        " secrets: database 2 config 1",
        "!.env on tmpfs: authentik-3 on database 1",
        "✗server, worker: 1 of 6 down",
        "✗database: password refused",
    ];
    assert_eq!(strip(&evening), expected);
    let flow = health::flow(&evening.fleet(), now());
    assert_eq!(flow[2].subject, Subject::Agent(THIRD.to_owned()));
    assert_eq!(flow[5].subject, Subject::Containers("authentik-2".to_owned()));
}

/// The fleet after the looks at these subjects have failed so many times.
fn failing(evening: &Evening, subjects: &[Subject], times: usize) -> Fleet {
    let mut fleet = evening.fleet();
    for subject in subjects.iter().flat_map(|subject| vec![subject; times]) {
        fleet.record(Observation {
            subject: subject.clone(),
            at: now(),
            took: Duration::ZERO,
            facts: Err(Trouble::new("no answer").kind(TroubleKind::Unreachable)),
        });
    }
    fleet
}

#[test]
fn what_a_second_look_could_not_confirm_is_said_to_have_been_so() {
    let evening = Evening::healthy();
    let subjects = [Subject::Containers, Subject::Agent, Subject::Host].map(|of| of(THIRD.to_owned()));
    let server = |times| {
        let verdict = health::server(&failing(&evening, &subjects, times), THIRD, now());
        (verdict.health, verdict.words)
    };
    assert_eq!(server(1), (Health::Ok, "healthy 3d".to_owned()));
    assert_eq!(server(2), (Health::Unknown, "was healthy 3d".to_owned()));
    let flow = health::flow(&failing(&evening, &subjects, 2), now());
    let words: Vec<_> = flow.iter().map(|step| step.verdict.words.as_str()).collect();
    assert!(words.contains(&"2 of 3 ok") && words.contains(&"2 of 3 fresh"), "{words:?}");
}

#[test]
fn a_container_that_serves_nobody_is_unhealthy_whatever_it_was_started_with() {
    let stale_and_unhealthy = |evening: &mut Evening| {
        evening.env(THIRD, |env| env.file.stat.as_mut().unwrap().modified = ago(DAY));
        evening.container(THIRD, Service::Server, |server| server.health = Some(ContainerHealth::Unhealthy));
    };
    let server = cell(health::server, stale_and_unhealthy);
    assert_eq!((server.health, server.words.as_str()), (Health::Bad, "unhealthy 3d"));
}

#[test]
fn the_colour_of_the_database_is_among_its_evidence() {
    let evening = Evening::with(|evening| {
        evening.rds(|rds| rds.certificate_valid_till = Some(ahead(10 * DAY)));
    });
    let rds = health::rds(&evening.fleet(), now());
    assert!(told(&rds).contains("is valid until"), "{}", told(&rds));
}

#[test]
fn without_its_playbook_ansible_is_not_said_to_be_well() {
    let evening = Evening::with(|evening| {
        evening.station(|station| station.playbook.as_mut().unwrap().stat = None);
    });
    let station = health::station(&evening.fleet(), now());
    assert_eq!((station.health, station.words.as_str()), (Health::Unknown, "no playbook"));
    assert!(told(&station).contains("authentik/setup.yml is not there"), "{}", told(&station));
}
