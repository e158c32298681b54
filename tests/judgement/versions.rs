//! Which version a host holds: marked in the file, or concluded from times and from hosts that hold the same values.

use vaultdeck::model::facts::Service;
use vaultdeck::model::finding::State;
use vaultdeck::model::health;
use vaultdeck::model::propagation::{self, Arrival, Rendered};

use super::evening::*;

/// No host marks its versions; `database` is at version 3, written so many seconds ago.
fn unmarked(age: i64) -> Evening {
    Evening::with(|evening| {
        evening.secret(DATABASE, |secret| {
            secret.versions = written(&[60 * DAY, 10 * DAY, age]);
            secret.current = 3;
        });
        for host in HOSTS {
            evening.env(host, |env| env.markers.clear());
        }
    })
}

fn database_on(evening: &Evening, host: &str) -> Arrival {
    propagation::arrivals(&evening.fleet(), host, now()).unwrap().swap_remove(0)
}

fn rendered_at(evening: &mut Evening, host: &str, age: i64) {
    evening.env(host, |env| {
        env.file.stat.as_mut().unwrap().modified = ago(age);
        env.digests.insert("AUTHENTIK_POSTGRESQL__PASSWORD".to_owned(), format!("digest of {age}"));
    });
}

#[test]
fn a_marker_is_believed_before_any_time() {
    let mut evening = unmarked(HOUR);
    evening.env("authentik-1", |env| _ = env.markers.insert("database".to_owned(), 3));
    assert_eq!(database_on(&evening, "authentik-1").rendered, Rendered::Marked { version: 3 });
}

#[test]
fn without_a_marker_the_version_is_the_newest_at_the_last_change_of_the_file() {
    let mut evening = unmarked(HOUR);
    rendered_at(&mut evening, "authentik-1", 59 * MINUTE);
    let fresh = database_on(&evening, "authentik-1");
    assert_eq!((fresh.rendered.version(), fresh.overdue), (Some(3), false));
    assert_eq!(fresh.rendered.sign(), "~3");
    let late = database_on(&evening, "authentik-2");
    assert_eq!((late.rendered.version(), late.overdue), (Some(2), true));
    assert_eq!(late.lacks_since, Some(ago(HOUR)));
}

#[test]
fn a_file_that_was_rendered_in_the_second_of_the_write_holds_what_was_written() {
    let mut evening = unmarked(HOUR);
    rendered_at(&mut evening, "authentik-1", HOUR + 1); // cut to whole seconds, or by a clock that is a second behind
    assert_eq!(database_on(&evening, "authentik-1").rendered.version(), Some(3));
    rendered_at(&mut evening, "authentik-1", HOUR + 3);
    assert_eq!(database_on(&evening, "authentik-1").rendered.version(), Some(2));
}

#[test]
fn a_host_with_the_values_of_one_that_is_up_to_date_is_up_to_date() {
    let mut evening = unmarked(HOUR);
    evening.env("authentik-1", |env| env.file.stat.as_mut().unwrap().modified = ago(59 * MINUTE));
    let twin = database_on(&evening, "authentik-2");
    assert_eq!((twin.rendered.version(), twin.overdue), (Some(3), false));
    let Rendered::Inferred { because, .. } = twin.rendered else { panic!("{:?}", twin.rendered) };
    assert!(because.contains("authentik-1"), "{because}");
}

#[test]
fn a_version_on_its_way_is_not_behind_until_the_interval_is_over() {
    let verdict = health::env(&unmarked(120).fleet(), "authentik-1", now());
    assert_eq!(verdict.words, "~2/~1 due, 2m");
    let verdict = health::env(&unmarked(4 * HOUR).fleet(), "authentik-1", now());
    assert_eq!(verdict.words, "~2/~1 4h00m behind");
}

#[test]
fn the_host_s_own_interval_decides_what_is_late() {
    let mut evening = unmarked(30);
    assert_eq!(evening.judgement("REND-BEHIND").state, State::Ok);
    evening.host("authentik-1", |host| host.agent_config.as_mut().unwrap().render_interval_seconds = 20);
    let judgement = evening.judgement("REND-BEHIND");
    assert_eq!(judgement.findings.len(), 1);
    assert!(judgement.findings[0].evidence.iter().any(|evidence| evidence.text.starts_with("inferred")));
}

#[test]
fn a_file_older_than_every_kept_version_tells_nothing() {
    let mut evening = unmarked(HOUR);
    for host in HOSTS {
        evening.env(host, |env| env.file.stat.as_mut().unwrap().modified = ago(90 * DAY));
    }
    assert!(matches!(database_on(&evening, "authentik-1").rendered, Rendered::Unknown { .. }));
    assert_eq!(evening.judgement("REND-BEHIND").state, State::Unknown);
    assert_eq!(health::env(&evening.fleet(), "authentik-1", now()).words, "?/? not told");
}

#[test]
fn rendered_is_not_loaded_until_the_container_starts_anew() {
    let mut evening = Evening::healthy();
    evening.env("authentik-1", |env| env.file.stat.as_mut().unwrap().modified = ago(HOUR));
    evening.container("authentik-1", Service::Server, |server| server.started = Some(ago(59 * MINUTE)));
    let stale = |service| propagation::stale(&evening.fleet(), "authentik-1", service, now()).unwrap();
    assert_eq!(stale(Service::Server), None);
    let worker = stale(Service::Worker).unwrap();
    assert_eq!((worker.started, worker.changed), (ago(3 * DAY), ago(HOUR)));
}
