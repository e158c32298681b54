//! What the pretend authentik writes: JSON lines like the real one's, worked out only when somebody reads them. At most
//! one line falls into each slot of a few seconds, so any stretch of the log can be written without what came before.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::dice::{Dice, after};
use super::host::{App, Host};
use super::pretend::Pretend;
use crate::model::facts::Service;

/// Milliseconds of a slot.
const SLOT: i64 = 4_000;

/// Lines written at the start of a process: delay in milliseconds, logger, event.
const STARTING: [(i64, &str, &str); 4] = [
    (140, "authentik.lib.config", "Booting authentik"),
    (900, "authentik.lib.config", "Loaded environment variables"),
    (1_400, "lifecycle.wait_for_db", "PostgreSQL connection successful"),
    (6_200, "authentik.root.setup", "authentik is up"),
];

/// What a worker works on.
const TASKS: [&str; 5] = [
    "authentik.core.tasks.clean_expired_models",
    "authentik.outposts.tasks.outpost_service_connection_monitor",
    "authentik.events.tasks.notification_cleanup",
    "authentik.blueprints.v1.tasks.blueprints_discovery",
    "authentik.admin.tasks.update_latest_version",
];

/// What a server is asked for.
const PATHS: [&str; 5] = [
    "/-/health/live/",
    "/-/health/live/",
    "/api/v3/core/users/me/",
    "/application/o/token/",
    "/if/flow/login/",
];

/// Where a tail of so many lines begins at the latest.
pub(super) fn begin_of_tail(now: Timestamp, lines: usize) -> Timestamp {
    let slots = i64::try_from(lines).unwrap_or(i64::MAX).saturating_add(1);
    after(now, SignedDuration::from_millis(slots.saturating_mul(SLOT).saturating_neg()))
}

/// Lines of a container after one moment, up to now.
pub(super) fn lines(
    pretend: &Pretend,
    host: &Host,
    service: Service,
    from: Timestamp,
) -> Vec<(Timestamp, String)> {
    let app = if service == Service::Server { &host.server } else { &host.worker };
    let Some(started) = app.process.started else { return Vec::new() };
    let writer = Writer { pretend, app, service, dice: pretend.dice.about(&host.name).about("words") };
    let mut lines: Vec<_> = if app.process.running { writer.running(started, from) } else { writer.ended() };
    lines.retain(|(at, _)| *at > from && *at <= pretend.now);
    lines.sort_by_key(|(at, _)| *at);
    lines
}

struct Writer<'a> {
    pretend: &'a Pretend,
    app: &'a App,
    service: Service,
    dice: Dice,
}

impl Writer<'_> {
    fn running(&self, started: Timestamp, from: Timestamp) -> Vec<(Timestamp, String)> {
        let begins = STARTING.iter().filter(|(millis, ..)| self.app.came_up || *millis < 1_000);
        let mut lines: Vec<_> = begins
            .map(|(millis, logger, event)| {
                let at = after(started, SignedDuration::from_millis(*millis));
                (at, line(at, "info", logger, event, &json!({})))
            })
            .collect();
        let steady = after(started, SignedDuration::from_secs(8)).max(from);
        let slots = steady.as_millisecond() / SLOT..=self.pretend.now.as_millisecond() / SLOT;
        lines.extend(slots.filter_map(|slot| self.in_slot(slot)).filter(|(at, _)| *at >= steady));
        lines
    }

    /// Without an `.env` the start script ends at once.
    fn ended(&self) -> Vec<(Timestamp, String)> {
        let Some(at) = self.app.process.finished.filter(|_| self.app.process.exit_code == 2) else {
            return Vec::new();
        };
        vec![(at, "/bin/sh: 1: .: can't open '/vault/secrets/.env'".to_owned())]
    }

    fn in_slot(&self, slot: i64) -> Option<(Timestamp, String)> {
        let dice = self.dice.about(&self.service.to_string()).number(slot.cast_unsigned());
        let offset = SignedDuration::from_millis(SLOT).as_secs_f64() * dice.about("when").between(0.0, 1.0);
        let begin = Timestamp::from_millisecond(slot.checked_mul(SLOT)?).ok()?;
        let at = after(begin, SignedDuration::try_from_secs_f64(offset).ok()?);
        if let Some(error) = self.app.turned_away(&self.pretend.database, at) {
            return Some((at, self.refused(at, &error)));
        }
        let words = match dice.about("quiet").between(0.0, 1.0) {
            ..0.35 => return None,
            0.35..0.37 => warned(at, self.service),
            0.37..0.40 => debugged(at, self.service),
            _ if self.service == Service::Server => asked(at, dice),
            _ => worked(at, dice),
        };
        Some((at, words))
    }

    /// Who never got in waits for the database; who was in once meets the refusal at work.
    fn refused(&self, at: Timestamp, error: &str) -> String {
        if !self.app.came_up {
            let event = format!("PostgreSQL connection failed, retrying... ({error})");
            return line(at, "info", "lifecycle.wait_for_db", &event, &json!({}));
        }
        let logger = if self.service == Service::Server { "authentik.asgi" } else { "authentik.tasks" };
        line(at, "error", logger, "database error", &json!({ "error": error, "exc": "OperationalError" }))
    }
}

fn asked(at: Timestamp, dice: Dice) -> String {
    let path = dice.about("path").one_of(&PATHS, "/-/health/live/");
    let runtime = 4 + dice.about("runtime").id() % 60;
    let fields = json!({
        "method": if path == "/application/o/token/" { "POST" } else { "GET" },
        "remote": format!("10.20.{}.{}", dice.about("net").id() % 4, dice.about("node").id() % 250),
        "request_id": dice.about("request").hex(16),
        "runtime": runtime,
        "status": 200,
    });
    line(at, "info", "authentik.asgi", path, &fields)
}

fn worked(at: Timestamp, dice: Dice) -> String {
    let task = dice.about("task").one_of(&TASKS, "authentik.core.tasks.clean_expired_models");
    let fields = json!({ "task_id": dice.about("id").accessor(), "task_name": task, "state": "SUCCESS" });
    line(at, "info", "authentik.root.celery", "Task finished", &fields)
}

/// What is no trouble yet, and is said now and then.
fn warned(at: Timestamp, service: Service) -> String {
    let (logger, event) = match service {
        Service::Server => ("authentik.policies.reputation", "login failed, reputation lowered"),
        _ => ("authentik.root.celery", "task took longer than expected"),
    };
    line(at, "warning", logger, event, &json!({}))
}

/// What only those want to know who wrote it.
fn debugged(at: Timestamp, service: Service) -> String {
    let (logger, event) = match service {
        Service::Server => ("authentik.flows.planner", "flow planned from cache"),
        _ => ("authentik.outposts.controller", "outpost is as it should be"),
    };
    line(at, "debug", logger, event, &json!({}))
}

fn line(at: Timestamp, level: &str, logger: &str, event: &str, fields: &Value) -> String {
    let mut whole =
        json!({ "event": event, "level": level, "logger": logger, "timestamp": format!("{at:.6}") });
    if let (Some(whole), Some(fields)) = (whole.as_object_mut(), fields.as_object()) {
        whole.extend(fields.clone());
    }
    whole.to_string()
}
