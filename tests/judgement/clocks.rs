//! Every clock in one list: what is in it, and in which order.

use vaultdeck::model::expiry::{Expiry, expiries};
use vaultdeck::model::facts::{Maintenance, SecretIdState};
use vaultdeck::model::span;
use vaultdeck::model::verdict::Health;

use super::evening::*;

fn list(evening: &Evening) -> Vec<Expiry> {
    expiries(&evening.fleet(), now())
}

fn lines(evening: &Evening) -> Vec<String> {
    list(evening)
        .iter()
        .map(|expiry| format!("{} {}", span::between(expiry.at, now()), expiry.what))
        .collect()
}

/// The line about something.
fn line(evening: &Evening, what: &str) -> Expiry {
    let all = list(evening);
    all.iter().find(|expiry| expiry.what.contains(what)).unwrap_or_else(|| panic!("{what}: {all:#?}")).clone()
}

#[test]
fn every_clock_of_a_healthy_evening_stands_in_one_sorted_list() {
    let expected = [
        "47m your token",
        "2h51m authentik-1 logs in again (max TTL)",
        "2h51m authentik-2 logs in again (max TTL)",
        "2h51m authentik-3 logs in again (max TTL)",
        "27d secret-id authenti… authentik-1",
        "27d secret-id authenti… authentik-2",
        "27d secret-id authenti… authentik-3",
        "400d rds certificate rds-ca-rsa2048-g1",
    ];
    assert_eq!(lines(&Evening::healthy()), expected);
}

#[test]
fn what_happens_by_itself_and_what_ends_is_all_in_the_list() {
    let evening = Evening::with(|evening| {
        let action = Maintenance {
            action: "system-update".to_owned(),
            description: None,
            applies: Some(ahead(3 * DAY)),
            forced: None,
            opt_in: None,
        };
        evening.rds(|rds| rds.maintenance = Ok(vec![action]));
        evening.secret(DATABASE, |secret| secret.versions.get_mut(&2).unwrap().deleted = Some(ahead(DAY)));
        evening.acknowledges("SWAP-ON", Some("authentik-1"), false);
        evening.token(|token| token.explicit_max_ttl_seconds = 2 * HOUR);
    });
    assert_eq!(line(&evening, "rds system-update").health, Health::Warn);
    assert_eq!(line(&evening, "database version 2 is deleted").health, Health::Bad);
    let acknowledgement = line(&evening, "acknowledgement of SWAP-ON for authentik-1");
    assert_eq!(acknowledgement.at.to_string(), "2026-11-23T00:00:00Z");
    assert_eq!(line(&evening, "your token for good").at, ahead(107 * MINUTE));
}

#[test]
fn a_secret_id_that_several_hosts_live_on_is_one_line() {
    let evening = Evening::with(|evening| {
        evening.ledger(|ledger| {
            ledger.truncate(1);
            ledger[0].host = None;
            ledger[0].expires = Some(ahead(DAY));
        });
    });
    let shared = line(&evening, "secret-id");
    assert!(shared.what.ends_with("authentik-1, authentik-2, authentik-3"), "{}", shared.what);
    assert_eq!(shared.health, Health::Bad);
    assert_eq!(shared.consequence, "agents that use it break by 2026-11-23 18:02");
}

#[test]
fn a_login_that_will_find_its_secret_id_dead_is_the_clock_that_matters() {
    let evening = Evening::with(|evening| evening.ledger(|ledger| ledger[2].expires = Some(ahead(HOUR))));
    let login = line(&evening, "authentik-3 logs in again");
    assert_eq!(login.health, Health::Bad);
    assert_eq!(line(&evening, "authentik-1 logs in again").health, Health::Ok);
}

#[test]
fn what_is_over_has_left_the_list() {
    let evening = Evening::with(|evening| {
        evening.token(|token| token.expires = Some(ago(1)));
        evening.ledger(|ledger| ledger.iter_mut().for_each(|row| row.state = SecretIdState::Dangling));
        evening.rds(|rds| rds.certificate_valid_till = Some(ago(DAY)));
        for host in HOSTS {
            evening.log(host, |log| log.last_login = Some(ago(5 * HOUR)));
        }
    });
    assert_eq!(lines(&evening), [""; 0]);
}
