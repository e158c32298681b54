//! Every condition that a runbook can name: it holds on a healthy evening, fails when one thing is broken, and is unknown when
//! nobody has looked.

use jiff::Timestamp;
use vaultdeck::model::agent_log::Class;
use vaultdeck::model::facts::*;
use vaultdeck::model::runbook::{Condition, Scene, Standing};
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::TroubleKind;

use super::evening::*;

/// A condition as a runbook writes it, what breaks it, what is then said, and what must be seen to tell.
struct Case {
    condition: &'static str,
    fault: fn(&mut Evening),
    said: &'static str,
    reads: fn(&mut Evening),
}

const ONE: &str = "authentik-1";
const STEP: i64 = 2 * HOUR;

fn lacks(subject: Subject) -> impl Fn(&mut Evening) {
    move |evening| evening.lacks(&subject)
}

const CASES: &[Case] = &[
    Case {
        condition: "'vault-unsealed'",
        fault: |evening| evening.vault(|vault| vault.node = NodeState::Sealed),
        said: "vault is sealed",
        reads: |evening| lacks(Subject::Vault)(evening),
    },
    Case {
        condition: "'vault-unsealed'",
        fault: |evening| {
            evening.vault(|vault| {
                vault.node = NodeState::Standby;
                vault.leader = Ok(LeaderFacts { ha_enabled: true, is_self: false, address: None });
            });
        },
        said: "vault has no leader",
        reads: |evening| lacks(Subject::Vault)(evening),
    },
    Case {
        condition: "{ token-outlives = { seconds = 3600 } }",
        fault: |evening| evening.token(|token| token.renewable = false),
        said: "your token lives 47m, the run needs 1h00m",
        reads: |evening| evening.token(|token| token.blind = true),
    },
    Case {
        condition: "'kv-has-versions'",
        fault: |evening| {
            evening.mounts(|mounts| mounts.kv = Ok(KvMount { path: "secret".to_owned(), version: 1 }));
        },
        said: "secret is KV version 1",
        reads: |evening| evening.mounts(|mounts| mounts.kv = Err(no_permission())),
    },
    Case {
        condition: "'role-unlocked'",
        fault: |evening| evening.role(|role| role.locked = Ok(true)),
        said: "role authentik is locked",
        reads: |evening| evening.role(|role| role.locked = Err(no_permission())),
    },
    Case {
        condition: "{ secret-whole = { secret = '{database_secret}' } }",
        fault: |evening| {
            evening.secret(DATABASE, |secret| {
                secret.keys.as_mut().unwrap().remove("pg_port");
            });
        },
        said: "cwiq/shared/authentik/database lacks pg_port",
        reads: |evening| evening.secret(DATABASE, |secret| secret.keys = Err(no_permission())),
    },
    Case {
        condition: "{ secret-whole = { secret = '{database_secret}' } }",
        fault: |evening| {
            evening.secret(DATABASE, |secret| secret.versions.get_mut(&2).unwrap().deleted = Some(ago(HOUR)));
        },
        said: "version 2 of cwiq/shared/authentik/database is deleted",
        reads: |evening| lacks(Subject::Secret(DATABASE.to_owned()))(evening),
    },
    Case {
        condition: "{ secret-at = { secret = '{database_secret}', version = '2' } }",
        fault: |evening| evening.secret(DATABASE, |secret| secret.current = 3),
        said: "cwiq/shared/authentik/database is at version 3, not 2",
        reads: |evening| lacks(Subject::Secret(DATABASE.to_owned()))(evening),
    },
    Case {
        condition: "{ secret-free = { secret = '{database_secret}' } }",
        fault: |evening| {
            evening.secret(DATABASE, |secret| {
                let fields = [("rotation_state", "started"), ("rotation_run", "r0"), ("rotated_by", "joe")];
                secret.custom_metadata.extend(fields.map(|(key, value)| (key.to_owned(), value.to_owned())));
            });
        },
        said: "another run holds cwiq/shared/authentik/database",
        reads: |evening| lacks(Subject::Secret(DATABASE.to_owned()))(evening),
    },
    Case {
        condition: "'rds-available'",
        fault: |evening| evening.rds(|rds| rds.status = "modifying".to_owned()),
        said: "cwiq-shared-authentik-postgres is modifying",
        reads: |evening| lacks(Subject::Rds)(evening),
    },
    Case {
        condition: "'rds-nothing-pending'",
        fault: |evening| evening.rds(|rds| rds.pending_password = true),
        said: "a new master password is pending",
        reads: |evening| lacks(Subject::Rds)(evening),
    },
    Case {
        condition: "'rds-password-ours'",
        fault: |evening| evening.rds(|rds| rds.managed_secret = Some("active".to_owned())),
        said: "AWS manages the master password",
        reads: |evening| lacks(Subject::Rds)(evening),
    },
    Case {
        condition: "{ rds-master-is = { user = 'authentik' } }",
        fault: |evening| evening.rds(|rds| rds.master_user = "postgres".to_owned()),
        said: "pg_user is authentik, the master user is postgres",
        reads: |evening| lacks(Subject::Rds)(evening),
    },
    Case {
        condition: "{ rds-endpoint-is = { host = 'db.example', port = '5432' } }",
        fault: |evening| evening.rds(|rds| rds.endpoint_port = Some(5433)),
        said: "the endpoint is db.example:5433, not db.example:5432",
        reads: |evening| lacks(Subject::Rds)(evening),
    },
    Case {
        condition: "{ rds-quiet-for = { minutes = 30 } }",
        fault: |evening| evening.rds(|rds| rds.backup_window = Some("14:20-14:50".to_owned())),
        said: "the backup window opens in 18 min (14:20-14:50 UTC)",
        reads: |evening| evening.rds(|rds| rds.backup_window = Some("at night".to_owned())),
    },
    Case {
        condition: "'right-account'",
        fault: |evening| evening.account(|account| account.account = "999999999999".to_owned()),
        said: "the AWS account is 999999999999, not 123456789012",
        reads: |evening| lacks(Subject::Account)(evening),
    },
    Case {
        condition: "'hosts-reached'",
        fault: |evening| evening.fails(Subject::Host(ONE.to_owned()), TroubleKind::Unreachable),
        said: "authentik-1: cannot look at authentik-1",
        reads: |evening| lacks(Subject::Host(ONE.to_owned()))(evening),
    },
    Case {
        condition: "{ agents-logged-in = {} }",
        fault: |evening| evening.loops(ONE, Class::NoSecretId),
        said: "authentik-1: the agent is not logged in",
        reads: |evening| evening.log(ONE, |reading| reading.last_login = None),
    },
    Case {
        condition: "{ agents-logged-in = {} }",
        // its last word was good, and it has said nothing since
        fault: |evening| evening.container(ONE, Service::Agent, |agent| agent.state = ContainerState::Exited),
        said: "authentik-1: the agent's container is exited",
        reads: |evening| lacks(Subject::Agent(ONE.to_owned()))(evening),
    },
    Case {
        condition: "{ agents-logged-in = { since = 'deliver' } }",
        fault: |evening| evening.log(ONE, |reading| reading.last_login = Some(ago(STEP + HOUR))),
        said: "authentik-1: the agent has not logged in since",
        reads: |evening| lacks(Subject::Agent(ONE.to_owned()))(evening),
    },
    Case {
        condition: "'agents-can-log-in-again'",
        fault: |evening| {
            evening.host(ONE, |host| host.secret_id_file.as_mut().unwrap().stat = None);
        },
        said: "authentik-1: a restarted agent could not log in",
        reads: |evening| evening.host(ONE, |host| host.secret_id_file = Err(no_permission())),
    },
    Case {
        condition: "{ rendered = { secret = '{database_secret}', version = '2' } }",
        fault: |evening| evening.env(ONE, |env| *env.markers.get_mut("database").unwrap() = 1),
        said: "authentik-1: the .env holds version 1 of cwiq/shared/authentik/database",
        reads: |evening| evening.host(ONE, |host| host.env = Err(no_permission())),
    },
    Case {
        condition: "{ apps-healthy = {} }",
        fault: |evening| {
            evening
                .container(ONE, Service::Worker, |worker| worker.health = Some(ContainerHealth::Unhealthy));
        },
        said: "authentik-1: the worker is unhealthy",
        reads: |evening| lacks(Subject::Containers(ONE.to_owned()))(evening),
    },
    Case {
        condition: "{ authentik-at-least = { version = '2023.6' } }",
        fault: |evening| {
            evening.container(ONE, Service::Server, |server| server.image = "server:2022.12".to_owned());
        },
        said: "authentik-1: authentik is 2022.12, older than 2023.6",
        reads: |evening| {
            evening.container(ONE, Service::Server, |server| server.image = "server:main".to_owned());
        },
    },
    Case {
        condition: "{ clocks-agree = { seconds = 30 } }",
        fault: |evening| evening.host(ONE, |host| host.clock_offset_seconds = -90.0),
        said: "authentik-1: its clock is off by -90.0 s",
        reads: |evening| lacks(Subject::Host(ONE.to_owned()))(evening),
    },
    Case {
        condition: "{ rendered = { secret = '{database_secret}' } }",
        fault: |evening| evening.env(ONE, |env| *env.markers.get_mut("database").unwrap() = 1),
        said: "authentik-1: the .env holds version 1 of cwiq/shared/authentik/database",
        reads: |evening| lacks(Subject::Secret(DATABASE.to_owned()))(evening),
    },
    Case {
        condition: "'envs-alike'",
        fault: |evening| {
            evening.env("authentik-2", |env| {
                env.digests.insert("AUTHENTIK_SECRET_KEY".to_owned(), "another".to_owned());
            });
        },
        said: "AUTHENTIK_SECRET_KEY differs between authentik-1 and authentik-2",
        reads: |evening| lacks(Subject::Host(ONE.to_owned()))(evening),
    },
    Case {
        condition: "'env-on-ram'",
        fault: |evening| evening.env(ONE, |env| env.on_ram = Some(false)),
        said: "authentik-1: /vault/secrets/.env is on a disk",
        reads: |evening| evening.env(ONE, |env| env.on_ram = None),
    },
    Case {
        condition: "{ injected = { variable = 'AUTHENTIK_POSTGRESQL__HOST', secret = '{database_secret}', key = 'pg_host' } }",
        fault: |evening| {
            evening.env(ONE, |env| {
                env.no_value.insert("AUTHENTIK_POSTGRESQL__HOST".to_owned());
            });
        },
        said: "authentik-1: AUTHENTIK_POSTGRESQL__HOST has no value",
        reads: |evening| evening.host(ONE, |host| host.template = Err(no_permission())),
    },
    Case {
        condition: "{ file-there = { file = 'role-id' } }",
        fault: |evening| evening.host(ONE, |host| host.role_id_file.as_mut().unwrap().stat = None),
        said: "authentik-1: /data/authentik/vault/config/role-id is not there",
        reads: |evening| evening.host(ONE, |host| host.role_id_file = Err(no_permission())),
    },
    Case {
        condition: "{ agent-configured = { render-seconds = 300 } }",
        fault: |evening| {
            evening.host(ONE, |host| host.agent_config.as_mut().unwrap().render_interval_seconds = 60);
        },
        said: "authentik-1: it fetches again every 60 s",
        reads: |evening| evening.host(ONE, |host| host.agent_config = Err(no_permission())),
    },
    Case {
        condition: "'apps-started-after-agent'",
        fault: |evening| {
            evening.container(ONE, Service::Worker, |worker| worker.started = Some(ago(9 * DAY)));
        },
        said: "authentik-1: the worker started before the agent",
        reads: |evening| evening.container(ONE, Service::Agent, |agent| agent.started = None),
    },
    Case {
        condition: "'login-proved'",
        fault: |evening| evening.login(|login| login.secret_key_shape.as_mut().unwrap().length = 44),
        said: "secret_key has 44 characters, fewer than 50",
        reads: |evening| lacks(Subject::Login)(evening),
    },
    Case {
        condition: "{ tokens-live = { seconds = 3600 } }",
        fault: |evening| evening.role(|role| role.token_ttl_seconds = 2 * HOUR),
        said: "token_ttl is 2h00m",
        reads: |evening| lacks(Subject::Role)(evening),
    },
    Case {
        condition: "'ttls-granted'",
        fault: |evening| evening.role(|role| role.secret_id_ttl_seconds = 4320 * HOUR),
        said: "secret_id_ttl asks 180d, the mount grants 32d",
        reads: |evening| evening.mounts(|mounts| mounts.approle = Err(no_permission())),
    },
    Case {
        condition: "{ rule-quiet = { rule = 'SWAP-ON' } }",
        fault: |evening| evening.host(ONE, |host| host.swap_active = Ok(true)),
        said: "swap is active on authentik-1: .env can reach the disk",
        reads: |evening| evening.host(ONE, |host| host.swap_active = Err(no_permission())),
    },
    Case {
        condition: "'ansible-diff-off'",
        fault: |evening| evening.station(|station| station.ansible_diff = Ok(true)),
        said: "ansible prints differences unasked",
        reads: |evening| evening.station(|station| station.ansible_diff = Err(no_permission())),
    },
];

fn condition(text: &str) -> Condition {
    #[derive(serde::Deserialize)]
    struct Holder {
        condition: Condition,
    }
    toml::from_str::<Holder>(&format!("condition = {text}")).unwrap().condition
}

/// How a condition stands in a run whose every step began [`STEP`] seconds ago.
fn judge(condition: &Condition, evening: &Evening) -> Standing {
    let fleet = evening.fleet();
    let hosts = HOSTS.map(str::to_owned);
    let value = |slot: &str| match slot {
        "database_secret" => Some(DATABASE.to_owned()),
        "run" => Some("r1".to_owned()),
        _ => None,
    };
    let started = |_: &str, _: Option<&str>| -> Option<Timestamp> { Some(ago(STEP)) };
    condition.judge(&Scene { fleet: &fleet, now: now(), hosts: &hosts, value: &value, started: &started })
}

/// Healthy, with authentik's version told by its image.
fn healthy() -> Evening {
    Evening::with(|evening| {
        for host in HOSTS {
            evening.container(host, Service::Server, |server| server.image = "server:2026.8.2".to_owned());
        }
    })
}

#[test]
fn every_condition_holds_fails_and_is_unknown() {
    for case in CASES {
        let condition = condition(case.condition);
        let judged = |change: fn(&mut Evening)| {
            let mut evening = healthy();
            change(&mut evening);
            judge(&condition, &evening)
        };
        assert!(judge(&condition, &healthy()).holds(), "{condition:?}: {:?}", judge(&condition, &healthy()));
        let Standing::Fails { trouble } = judged(case.fault) else {
            panic!("{condition:?}: {:?}", judged(case.fault));
        };
        assert_eq!(trouble.what, case.said, "{condition:?}");
        let unseen = judged(case.reads);
        assert!(matches!(unseen, Standing::Unknown { .. }), "{condition:?}: {unseen:?}");
    }
}

/// Only what a condition says it reads is seen.
fn only_seen(condition: &Condition, mut evening: Evening) -> Evening {
    let hosts = HOSTS.map(str::to_owned);
    let read: Vec<Subject> = condition
        .reads()
        .into_iter()
        .flat_map(|signal| signal.subjects(&evening.deployment, &hosts))
        .collect();
    evening.seen.retain(|subject, _| read.contains(subject));
    evening
}

#[test]
fn a_condition_reads_nothing_but_what_it_says() {
    for case in CASES {
        let condition = condition(case.condition);
        let standing = judge(&condition, &only_seen(&condition, healthy()));
        assert!(standing.holds(), "{condition:?}: {standing:?}");
    }
}

#[test]
fn apps_that_started_before_the_step_are_not_what_is_awaited() {
    let awaited = condition("{ apps-healthy = { since = 'restart' } }");
    let Standing::Fails { trouble } = judge(&awaited, &healthy()) else { panic!("they started days ago") };
    assert_eq!(trouble.what, "authentik-1: the server has not started again since");
    let mut restarted = healthy();
    for host in HOSTS {
        for service in [Service::Server, Service::Worker] {
            restarted.container(host, service, |container| container.started = Some(ago(HOUR)));
        }
    }
    assert!(judge(&awaited, &restarted).holds());
}

#[test]
fn a_password_is_applied_when_rds_tells_of_it_and_nothing_is_pending() {
    let applied = condition("{ rds-password-applied = { since = 'modify' } }");
    let told = |age: i64| {
        let event = RdsEvent {
            at: ago(age),
            message: "Reset master credentials".to_owned(),
            categories: vec!["configuration change".to_owned()],
        };
        Evening::with(|evening| evening.rds(|rds| rds.events = Ok(vec![event])))
    };
    assert!(judge(&applied, &told(HOUR)).holds());
    assert!(
        matches!(judge(&applied, &told(STEP + HOUR)), Standing::Fails { .. }),
        "an event of an earlier change"
    );
    let mut pending = told(HOUR);
    pending.rds(|rds| rds.pending_password = true);
    assert!(matches!(judge(&applied, &pending), Standing::Fails { .. }));
}

#[test]
fn a_secret_id_of_this_run_is_found_by_its_metadata() {
    let issued = condition("{ secret-id-issued = { host = 'authentik-2', run = '{run}' } }");
    assert!(matches!(judge(&issued, &healthy()), Standing::Fails { .. }));
    let ours = Evening::with(|evening| {
        evening.ledger(|ledger| {
            ledger.push(SecretId {
                run: Some("r1".to_owned()),
                accessor: "ours".to_owned(),
                ..secret_id("authentik-2")
            });
        });
    });
    let Standing::Holds { found, .. } = judge(&issued, &ours) else { panic!("{:?}", judge(&issued, &ours)) };
    assert_eq!(found.as_deref(), Some("ours"));
}

#[test]
fn a_rotation_started_by_this_run_does_not_hold_it_up() {
    let free = condition("{ secret-free = { secret = '{database_secret}' } }");
    let held_by = |run: &'static str| {
        Evening::with(|evening| {
            evening.secret(DATABASE, |secret| {
                let fields = [("rotation_state", "started"), ("rotation_run", run)];
                secret.custom_metadata.extend(fields.map(|(key, value)| (key.to_owned(), value.to_owned())));
            });
        })
    };
    assert!(judge(&free, &held_by("r1")).holds());
    assert!(!judge(&free, &held_by("r2")).holds());
}
