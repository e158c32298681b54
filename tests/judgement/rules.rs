//! Each rule as a row: what makes it fire, what it then says, and without what it cannot tell.

use std::collections::BTreeMap;

use vaultdeck::model::agent_log::{Class, FetchProblem};
use vaultdeck::model::facts::*;
use vaultdeck::model::finding::Severity::{self, Critical, High, Info, Warning};
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::TroubleKind;

use super::evening::*;

/// One rule, one fault.
pub struct Case {
    pub rule: &'static str,
    /// Breaks the healthy evening.
    pub fault: fn(&mut Evening),
    pub severity: Severity,
    /// Words of the headline.
    pub says: &'static str,
    /// Takes the signal away from the healthy evening.
    pub blind: fn(&mut Evening),
}

const fn case(
    rule: &'static str,
    severity: Severity,
    says: &'static str,
    fault: fn(&mut Evening),
    blind: fn(&mut Evening),
) -> Case {
    Case { rule, fault, severity, says, blind }
}

fn host_subject(host: &str) -> Subject {
    Subject::Host(host.to_owned())
}

fn agent_subject(host: &str) -> Subject {
    Subject::Agent(host.to_owned())
}

fn containers_subject(host: &str) -> Subject {
    Subject::Containers(host.to_owned())
}

fn no_vault(evening: &mut Evening) {
    evening.lacks(&Subject::Vault);
}

fn no_token(evening: &mut Evening) {
    evening.lacks(&Subject::Token);
}

fn no_role(evening: &mut Evening) {
    evening.fails(Subject::Role, TroubleKind::Denied);
}

fn no_ledger(evening: &mut Evening) {
    evening.role(|role| role.ledger = Err(no_permission()));
}

fn no_hosts(evening: &mut Evening) {
    evening.lacks_all(host_subject);
}

fn no_agents(evening: &mut Evening) {
    evening.lacks_all(agent_subject);
}

fn no_containers(evening: &mut Evening) {
    evening.lacks_all(containers_subject);
}

fn no_env(evening: &mut Evening) {
    evening.every_host(|host| host.env = Err(no_permission()));
}

fn no_config(evening: &mut Evening) {
    evening.every_host(|host| host.agent_config = Err(no_permission()));
}

fn no_secrets(evening: &mut Evening) {
    evening.lacks(&Subject::Secret(DATABASE.to_owned()));
}

fn no_rds(evening: &mut Evening) {
    evening.fails(Subject::Rds, TroubleKind::Credentials);
}

fn no_account(evening: &mut Evening) {
    evening.fails(Subject::Account, TroubleKind::Unreachable);
}

fn no_login(evening: &mut Evening) {
    evening.lacks(&Subject::Login);
}

fn no_station(evening: &mut Evening) {
    evening.lacks(&Subject::Station);
}

fn no_mounts(evening: &mut Evening) {
    evening.lacks(&Subject::Mounts);
}

fn refused(evening: &mut Evening, sqlstate: &str) {
    evening.login(|login| {
        login.outcome = LoginOutcome::Refused {
            sqlstate: sqlstate.to_owned(),
            class: RefusalClass::of(sqlstate),
            message: "password authentication failed".to_owned(),
        };
    });
}

/// A new password was written an hour ago, and RDS has told of no reset since.
fn written_lately(evening: &mut Evening) {
    evening.secret(DATABASE, |secret| {
        secret.versions = written(&[60 * DAY, 10 * DAY, HOUR]);
        secret.current = 3;
    });
    evening.login(|login| login.secret_version = 3);
}

fn expires_in(evening: &mut Evening, days: i64) {
    evening.ledger(|ledger| ledger[2].expires = Some(ahead(days * DAY - HOUR)));
}

/// Every rule has at least one row.
pub const CASES: &[Case] = &[
    // the operator's token
    case(
        "TOK-DEAD",
        Critical,
        "~/.vault-token is dead",
        |e| e.token(|t| t.dead = Some("permission denied".to_owned())),
        no_token,
    ),
    case(
        "TOK-SHADOW",
        High,
        "VAULT_TOKEN hides the token of ~/.vault-token",
        |e| {
            e.token(|token| {
                token.shadows = Some(ShadowedToken { source: token.source.clone(), differs: true });
                token.source = TokenSource::Environment("VAULT_TOKEN".to_owned());
            });
        },
        no_token,
    ),
    case(
        "TOK-EXPIRING",
        Warning,
        "ends at 14:16: renew it",
        |e| e.token(|t| t.expires = Some(ahead(14 * MINUTE))),
        no_token,
    ),
    case(
        "TOK-EXPIRING",
        Critical,
        "it cannot be renewed, log in again",
        |e| {
            e.token(|token| {
                token.expires = Some(ahead(4 * MINUTE));
                token.renewable = false;
            });
        },
        |e| e.token(|token| token.blind = true),
    ),
    case(
        "TOK-ROOT",
        High,
        "it never expires",
        |e| e.token(|token| token.expires = None),
        |e| e.token(|token| token.dead = Some("permission denied".to_owned())),
    ),
    case(
        "TOK-ROOT",
        High,
        "its policies contain root",
        |e| e.token(|t| _ = t.policies.insert("root".to_owned())),
        no_token,
    ),
    case(
        "ACL-MISSING",
        High,
        "regenerate-secret-id needs update on auth/approle/role/authentik/secret-id",
        |e| e.access(|access| access.granted.values_mut().for_each(std::collections::BTreeSet::clear)),
        |e| e.access(|access| access.granted.clear()),
    ),
    // vault
    case(
        "VAULT-UNREACHABLE",
        Critical,
        "no answer within 10 s",
        |e| e.fails(Subject::Vault, TroubleKind::Unreachable),
        no_vault,
    ),
    case(
        "SEALED",
        Critical,
        "vault is sealed",
        |e| e.vault(|vault| vault.node = NodeState::Sealed),
        no_vault,
    ),
    case(
        "SEALED",
        Critical,
        "not initialised",
        |e| e.vault(|vault| vault.node = NodeState::Uninitialised),
        no_vault,
    ),
    case(
        "NO-LEADER",
        Critical,
        "no leader",
        |e| {
            e.vault(|vault| {
                vault.node = NodeState::Standby;
                vault.leader = Ok(LeaderFacts { ha_enabled: true, is_self: false, address: None });
            });
        },
        |e| {
            e.vault(|vault| {
                vault.node = NodeState::Standby;
                vault.leader = Err(no_permission());
            });
        },
    ),
    case(
        "ADDR-TLS",
        High,
        "certificate does not fit",
        |e| e.fails(Subject::Vault, TroubleKind::Tls),
        no_vault,
    ),
    case(
        "ADDR-TLS",
        High,
        "only the default",
        |e| e.vault(|v| v.address_source = "default".to_owned()),
        no_vault,
    ),
    case(
        "NO-AUDIT-DEVICE",
        Warning,
        "keeps no audit log",
        |e| e.mounts(|m| m.audit = Ok(Vec::new())),
        |e| {
            e.mounts(|mounts| mounts.audit = Err(no_permission()));
        },
    ),
    case(
        "POLICY-DRIFT",
        Warning,
        "differs from the documented one: grants delete",
        |e| e.policy(|policy| policy.drift.push("grants delete".to_owned())),
        |e| e.lacks(&Subject::Policy),
    ),
    case(
        "POLICY-DRIFT",
        High,
        "does not exist",
        |e| e.policy(|policy| policy.text = None),
        |e| e.lacks(&Subject::Policy),
    ),
    // the role and its secret-ids
    case("SID-EXPIRING", Warning, "last secret-id of authentik-3 expires", |e| expires_in(e, 14), no_ledger),
    case("SID-EXPIRING", High, "authentik-3", |e| expires_in(e, 7), no_role),
    case("SID-EXPIRING", Critical, "authentik-3", |e| expires_in(e, 2), no_role),
    case("SID-NONE", Critical, "no live secret-id", |e| e.ledger(Vec::clear), no_ledger),
    case(
        "SID-NONE",
        Critical,
        "no live secret-id",
        |e| {
            e.ledger(|ledger| {
                for row in ledger {
                    row.state = SecretIdState::Dangling;
                }
            });
        },
        no_role,
    ),
    case(
        "SID-NONE",
        High,
        "authentik-3 has no live secret-id of its own",
        |e| e.ledger(|ledger| _ = ledger.pop()),
        no_ledger,
    ),
    case(
        "ROLE-LOCKED",
        Critical,
        "role authentik is locked out",
        |e| e.role(|role| role.locked = Ok(true)),
        no_role,
    ),
    case(
        "ROLE-LOCKED",
        Critical,
        "look at authentik-1 first",
        |e| {
            e.role(|role| role.locked = Err(no_permission()));
            e.loops("authentik-1", Class::SecretIdRefused);
            e.loops("authentik-2", Class::RoleLocked);
        },
        |e| e.role(|role| role.locked = Err(no_permission())),
    ),
    case(
        "SID-OLD-LIVE",
        Warning,
        "1 older secret-ids of authentik-1 still work",
        |e| {
            e.ledger(|ledger| {
                ledger.push(SecretId { created: Some(ago(20 * DAY)), ..secret_id("authentik-1") });
            });
        },
        no_ledger,
    ),
    case(
        "ROLE-NUMUSES",
        High,
        "secret_id_num_uses = 1",
        |e| e.role(|role| role.secret_id_num_uses = 1),
        no_role,
    ),
    case("ROLE-NUMUSES", High, "token_num_uses = 5", |e| e.role(|role| role.token_num_uses = 5), no_role),
    case(
        "SID-TTL-CAPPED",
        Warning,
        "live 32d, not the 180d",
        |e| e.role(|role| role.secret_id_ttl_seconds = 180 * DAY),
        |e| {
            e.mounts(|mounts| mounts.approle = Err(no_permission()));
        },
    ),
    case(
        "SID-UNLABELLED",
        Warning,
        "1 of 3 live secret-ids carry no host's name",
        |e| e.ledger(|l| l[0].host = None),
        no_ledger,
    ),
    case(
        "ONE-SID-FOR-MANY-HOSTS",
        Warning,
        "authentik-1, authentik-2, authentik-3 share 1 unlabelled secret-id",
        |e| {
            e.ledger(|ledger| {
                ledger.truncate(1);
                ledger[0].host = None;
            });
        },
        no_ledger,
    ),
    case(
        "SID-NEVER-EXPIRES",
        Warning,
        "never expires",
        |e| e.ledger(|ledger| ledger[0].expires = None),
        no_ledger,
    ),
    case(
        "ROLE-PERIODIC",
        Warning,
        "are periodic",
        |e| e.role(|role| role.token_period_seconds = HOUR),
        no_role,
    ),
    // agents
    case(
        "AG-AUTH-LOOP",
        Critical,
        "authentik-3 cannot log in since 10:02: no secret-id",
        |e| e.loops("authentik-3", Class::NoSecretId),
        no_agents,
    ),
    case(
        "AG-HEALTHY-DEAD",
        Critical,
        "authentik-3 looks healthy but cannot log in since 10:02",
        |e| e.loops("authentik-3", Class::SecretIdRefused),
        no_containers,
    ),
    case(
        "AG-RESTART-TRAP",
        High,
        "secret-id is not there",
        |e| e.host("authentik-3", |host| host.secret_id_file.as_mut().unwrap().stat = None),
        |e| e.every_host(|host| host.secret_id_file = Err(no_permission())),
    ),
    case(
        "AG-RESTART-TRAP",
        High,
        "user 100:1000 may not read",
        |e| e.container("authentik-3", Service::Agent, |agent| agent.user = Some("100:1000".to_owned())),
        no_config,
    ),
    case(
        "AG-RESTART-TRAP",
        High,
        "the wrapping token in",
        |e| e.host("authentik-3", |host| host.agent_config.as_mut().unwrap().unwraps_secret_id = true),
        no_hosts,
    ),
    case(
        "AG-RENEW-OVERDUE",
        High,
        "authentik-3 has not renewed its token since 13:12",
        |e| e.log("authentik-3", |reading| reading.last_renewal = Some(ago(50 * MINUTE))),
        no_role,
    ),
    case(
        "AG-RENEW-OVERDUE",
        High,
        "has not renewed",
        |e| {
            e.log("authentik-3", |reading| {
                reading.last_renewal = None;
                reading.last_login = None;
            });
        },
        |e| {
            for host in HOSTS {
                e.agent(host, |agent| agent.covers_from = Some(ago(MINUTE)));
                e.log(host, |reading| {
                    reading.last_renewal = None;
                    reading.last_login = None;
                });
            }
        },
    ),
    case(
        "AG-403-TEMPLATE",
        High,
        "authentik-3 may not read secret/data/x",
        |e| {
            e.log("authentik-3", |reading| {
                reading.class = Class::PermissionDenied;
                reading.fetches.push(FetchProblem {
                    path: "secret/data/x".to_owned(),
                    class: Class::PermissionDenied,
                    since: Some(ago(HOUR)),
                    attempts: 3,
                    next_attempt: None,
                });
            });
        },
        no_agents,
    ),
    case(
        "AG-RENDER-FAILING",
        High,
        "authentik-3 cannot render .env since 10:02: template broken",
        |e| e.loops("authentik-3", Class::TemplateError),
        no_agents,
    ),
    case(
        "METHOD-WRAP-WITH-TEMPLATES",
        High,
        "wraps the login itself",
        |e| {
            e.host("authentik-3", |host| {
                host.agent_config.as_mut().unwrap().method_wrap_ttl = Some("5m".to_owned());
            });
        },
        no_config,
    ),
    case(
        "ENV-OVERRIDES",
        Warning,
        "VAULT_SKIP_VERIFY=true",
        |e| {
            e.container("authentik-3", Service::Agent, |agent| {
                let overrides = [("VAULT_SKIP_VERIFY", "true"), ("VAULT_ADDR", "https://vault.example:8200")];
                agent.vault_overrides =
                    overrides.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
            });
        },
        no_containers,
    ),
    case(
        "HEALTHCHECK-EXISTENCE-ONLY",
        Info,
        "means only that .env exists",
        |e| {
            e.container("authentik-3", Service::Agent, |agent| {
                agent.health_check = Some("test -f /vault/secrets/.env".to_owned());
            });
        },
        no_containers,
    ),
    // the rendered .env
    case(
        "APP-STALE-ENV",
        High,
        "server and worker on authentik-3 started before .env last changed",
        |e| e.env("authentik-3", |env| env.file.stat.as_mut().unwrap().modified = ago(DAY)),
        no_env,
    ),
    case(
        "REND-BEHIND",
        High,
        "authentik-3 holds database 1, 2 is the newest",
        |e| e.env("authentik-3", |env| _ = env.markers.insert("database".to_owned(), 1)),
        no_secrets,
    ),
    case(
        "REND-NOVALUE",
        Critical,
        "no value for AUTHENTIK_POSTGRESQL__NAME",
        |e| e.env("authentik-3", |env| _ = env.no_value.insert("AUTHENTIK_POSTGRESQL__NAME".to_owned())),
        no_env,
    ),
    case(
        "REND-NOVALUE",
        Critical,
        "no value for AUTHENTIK_SECRET_KEY",
        |e| e.env("authentik-3", |env| _ = env.empty.insert("AUTHENTIK_SECRET_KEY".to_owned())),
        no_env,
    ),
    case(
        "HOST-DIVERGE",
        High,
        "different values of AUTHENTIK_SECRET_KEY",
        |e| {
            e.env("authentik-3", |env| {
                _ = env.digests.insert("AUTHENTIK_SECRET_KEY".to_owned(), "other".to_owned());
            });
        },
        no_env,
    ),
    case(
        "TMPFS-LOST",
        Critical,
        ".env is gone on authentik-3",
        |e| e.env("authentik-3", |env| env.file.stat = None),
        no_env,
    ),
    case(
        "ENV-ON-DISK",
        High,
        ".env on authentik-3 lies on a disk",
        |e| e.env("authentik-3", |env| env.on_ram = Some(false)),
        |e| {
            e.every_host(|host| host.env.as_mut().unwrap().on_ram = None);
        },
    ),
    case(
        "NO-VERSION-MARKER",
        Info,
        "add one line to the template",
        |e| e.host("authentik-3", |host| host.template.as_mut().unwrap().has_version_marker = false),
        |e| e.every_host(|host| host.template = Err(no_permission())),
    ),
    case(
        "KV-V1-TEMPLATE",
        High,
        "secret/ is KV version 1",
        |e| e.mounts(|m| m.kv.as_mut().unwrap().version = 1),
        no_mounts,
    ),
    // containers
    case(
        "CONT-DOWN",
        Critical,
        "worker on authentik-3 is exited with exit code 1",
        |e| {
            e.container("authentik-3", Service::Worker, |worker| {
                worker.state = ContainerState::Exited;
                worker.exit_code = Some(1);
            });
        },
        no_containers,
    ),
    case(
        "CONT-DOWN",
        Critical,
        "server on authentik-3 has no container",
        |e| e.containers("authentik-3", |facts| facts.containers.retain(|it| it.service != Service::Server)),
        no_containers,
    ),
    case(
        "CONT-DOWN",
        High,
        "has restarted 9 times",
        |e| {
            e.container("authentik-3", Service::Server, |server| {
                server.restarts = 9;
                server.started = Some(ago(MINUTE));
            });
        },
        no_containers,
    ),
    case(
        "CONT-DOWN",
        High,
        "fails its health check",
        |e| {
            e.container("authentik-3", Service::Server, |server| {
                server.health = Some(ContainerHealth::Unhealthy);
            });
        },
        no_containers,
    ),
    case(
        "ENV-BAKED",
        High,
        "stores AUTHENTIK_SECRET_KEY with authentik-server-1",
        |e| {
            e.container("authentik-3", Service::Server, |it| {
                it.baked_names.push("AUTHENTIK_SECRET_KEY".to_owned());
            });
        },
        no_containers,
    ),
    case(
        "FILE-BIND",
        Warning,
        "mounts /vault/secrets/.env as a single file",
        |e| {
            e.container("authentik-3", Service::Server, |server| {
                server.mounts[0].destination = "/vault/secrets/.env".to_owned();
                server.mounts[0].kind = MountKind::BindFile;
            });
        },
        no_containers,
    ),
    // secrets
    case(
        "ROT-HALF",
        Critical,
        "rotation of database by jane is half done since 13:02",
        |e| {
            e.secret(DATABASE, |secret| {
                secret.updated = Some(ago(HOUR));
                secret.custom_metadata = BTreeMap::from(
                    [("rotation_state", "started"), ("rotated_by", "jane")]
                        .map(|(key, value)| (key.to_owned(), value.to_owned())),
                );
            });
        },
        no_secrets,
    ),
    case(
        "ROT-HALF",
        Critical,
        "a password that the database refuses and rds never reset",
        |e| {
            written_lately(e);
            refused(e, "28P01");
        },
        |e| {
            written_lately(e);
            no_login(e);
        },
    ),
    case(
        "KV-DELETED",
        Critical,
        "database is deleted",
        |e| e.secret(DATABASE, |secret| secret.versions.get_mut(&2).unwrap().deleted = Some(ago(HOUR))),
        no_secrets,
    ),
    case(
        "KV-DELETED",
        Critical,
        "database is destroyed",
        |e| e.secret(DATABASE, |secret| secret.versions.get_mut(&2).unwrap().destroyed = true),
        no_secrets,
    ),
    case(
        "KV-KEY-MISSING",
        Critical,
        "database lacks pg_host",
        |e| e.secret(DATABASE, |secret| _ = secret.keys.as_mut().unwrap().remove("pg_host")),
        |e| e.secret(DATABASE, |secret| secret.keys = Err(no_permission())),
    ),
    case(
        "CAS-REQUIRED-BREAKS-RUNBOOK",
        Warning,
        "requires check-and-set",
        |e| e.secret(DATABASE, |s| s.cas_required = true),
        no_secrets,
    ),
    case(
        "MAX-VERSIONS-LOW",
        Warning,
        "only 3 versions",
        |e| e.secret(DATABASE, |secret| secret.max_versions = 3),
        no_secrets,
    ),
    // the database
    case("DB-AUTH-FAIL", Critical, "refuses the password of version 2", |e| refused(e, "28P01"), no_login),
    case(
        "DB-AUTH-FAIL",
        High,
        "no such database",
        |e| refused(e, "3D000"),
        |e| {
            e.login(|login| login.outcome = LoginOutcome::Unreachable { because: "timeout".to_owned() });
        },
    ),
    case(
        "AWS-CREDS",
        High,
        "AWS credentials do not work",
        |e| e.fails(Subject::Account, TroubleKind::Credentials),
        no_account,
    ),
    case(
        "AWS-WRONG-ACCT",
        Critical,
        "AWS account 999999999999 is in use",
        |e| e.account(|a| a.account = "999999999999".to_owned()),
        no_account,
    ),
    case(
        "AWS-WRONG-ACCT",
        Critical,
        "come from the instance role, not from profile shared-services",
        |e| e.account(|account| account.provider = "the instance role".to_owned()),
        no_account,
    ),
    case(
        "RDS-PENDING-PW",
        High,
        "has not applied its new master password since 13:50",
        |e| {
            e.rds(|rds| {
                rds.pending_password = true;
                rds.pending_password_since = Some(ago(12 * MINUTE));
            });
        },
        |e| e.rds(|rds| rds.pending_password = true),
    ),
    case(
        "RDS-NOT-AVAIL",
        Critical,
        "is storage-full",
        |e| e.rds(|rds| rds.status = "storage-full".to_owned()),
        no_rds,
    ),
    case(
        "RDS-NOT-AVAIL",
        Warning,
        "is backing-up",
        |e| e.rds(|rds| rds.status = "backing-up".to_owned()),
        no_rds,
    ),
    case(
        "RDS-USER-MISMATCH",
        High,
        "KV says pg_user authentik, rds says master user postgres",
        |e| e.rds(|r| r.master_user = "postgres".to_owned()),
        no_login,
    ),
    case(
        "RDS-HOST-MISMATCH",
        High,
        "rds says endpoint db.example:5433",
        |e| e.rds(|rds| rds.endpoint_port = Some(5433)),
        no_login,
    ),
    case(
        "RDS-HOST-MISMATCH",
        High,
        "pg_host other.example",
        |e| e.login(|it| it.host = "other.example".to_owned()),
        no_rds,
    ),
    case(
        "RDS-CERT",
        Warning,
        "certificate rds-ca-rsa2048-g1 expires on",
        |e| e.rds(|r| r.certificate_valid_till = Some(ahead(90 * DAY))),
        no_rds,
    ),
    case(
        "RDS-CERT",
        Critical,
        "expires on 2026-12-06",
        |e| e.rds(|rds| rds.certificate_valid_till = Some(ahead(14 * DAY))),
        |e| {
            e.rds(|rds| rds.certificate_valid_till = None);
        },
    ),
    case("RDS-MAINT", Warning, "plans system-update on 2026-11-25", |e| maintenance(e, 3), no_rds),
    case(
        "RDS-MAINT",
        Info,
        "plans system-update",
        |e| maintenance(e, 30),
        |e| e.rds(|rds| rds.maintenance = Err(no_permission())),
    ),
    case(
        "RDS-MANAGED-PW",
        High,
        "AWS manages the master password",
        |e| e.rds(|rds| rds.managed_secret = Some("active".to_owned())),
        no_rds,
    ),
    case(
        "SECRET-SHAPE",
        Warning,
        "secret_key has 44 characters",
        |e| e.login(|it| it.secret_key_shape.as_mut().unwrap().length = 44),
        no_login,
    ),
    case(
        "SECRET-SHAPE",
        Warning,
        "pg_password contains space, ends in a newline",
        |e| {
            e.login(|login| {
                let shape = login.password_shape.as_mut().unwrap();
                shape.forbidden.push("space".to_owned());
                shape.trailing_newline = true;
            });
        },
        |e| e.login(|login| login.password_shape = Err(no_permission())),
    ),
    // hosts
    case(
        "HOST-UNREACHABLE",
        High,
        "authentik-3 cannot be looked at",
        |e| e.fails(host_subject("authentik-3"), TroubleKind::Unreachable),
        no_hosts,
    ),
    case(
        "CLOCK-SKEW",
        Warning,
        "the clock of authentik-3 is 45 s behind",
        |e| e.host("authentik-3", |host| host.clock_offset_seconds = -45.0),
        no_hosts,
    ),
    case(
        "CLOCK-SKEW",
        Critical,
        "the clock of vault is 301 s ahead",
        |e| e.vault(|vault| vault.clock_offset_seconds = 301.0),
        no_vault,
    ),
    case(
        "PERM-LOOSE",
        Warning,
        ".env has mode 0644 on authentik-3",
        |e| e.env("authentik-3", |env| mode(&mut env.file, 0o644)),
        no_env,
    ),
    case(
        "PERM-LOOSE",
        Warning,
        "secret-id has mode 0640",
        |e| e.host("authentik-3", |host| mode(host.secret_id_file.as_mut().unwrap(), 0o640)),
        no_hosts,
    ),
    case(
        "PERM-LOOSE",
        Warning,
        ".vault-token has mode 0644",
        |e| e.station(|it| mode(it.token_file.as_mut().unwrap(), 0o644)),
        no_station,
    ),
    case(
        "SWAP-ON",
        Warning,
        "swap is active on authentik-3",
        |e| e.host("authentik-3", |host| host.swap_active = Ok(true)),
        |e| e.every_host(|host| host.swap_active = Err(no_permission())),
    ),
    case(
        "ANSIBLE-DIFF-ON",
        Warning,
        "prints differences",
        |e| e.station(|station| station.ansible_diff = Ok(true)),
        |e| {
            e.station(|station| station.ansible_diff = Err(no_permission()));
        },
    ),
    case(
        "VAULT-FILE-CONFLICT",
        Warning,
        "~/.vault is not the vault CLI's",
        |e| e.station(|station| station.foreign_cli_config = Some("~/.vault".to_owned())),
        no_station,
    ),
];

fn maintenance(evening: &mut Evening, days: i64) {
    let action = Maintenance {
        action: "system-update".to_owned(),
        description: None,
        applies: Some(ahead(days * DAY)),
        forced: None,
        opt_in: None,
    };
    evening.rds(|rds| rds.maintenance = Ok(vec![action]));
}

fn mode(file: &mut FileFacts, mode: u32) {
    file.stat.as_mut().unwrap().mode = mode;
}
