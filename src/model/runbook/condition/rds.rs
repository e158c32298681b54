//! Conditions on the RDS instance and the AWS identity.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use super::{Scene, Standing};
use crate::model::facts::{LoginOutcome, RdsFacts, ValueShape};
use crate::model::trouble::Trouble;

const MINUTES_OF_A_DAY: i64 = 24 * 60;
const MINUTES_OF_A_WEEK: i64 = 7 * MINUTES_OF_A_DAY;

/// RDS tells its events by its own clock, which may be a little behind.
const CLOCK_TOLERANCE_SECONDS: i64 = 5;

pub(super) fn available(scene: &Scene<'_>) -> Result<Standing, Trouble> {
    let rds = scene.fleet.rds(scene.now)?;
    Ok(if rds.status == "available" {
        Standing::told("it is available")
    } else {
        Standing::fails(format!("{} is {}", rds.identifier, rds.status))
    })
}

pub(super) fn nothing_pending(scene: &Scene<'_>) -> Result<Standing, Trouble> {
    let rds = scene.fleet.rds(scene.now)?;
    Ok(match pending(&rds) {
        None => Standing::told("nothing is pending"),
        Some(what) => Standing::fails(format!("{what} is pending")),
    })
}

fn pending(rds: &RdsFacts) -> Option<String> {
    let names: Vec<&str> = rds.pending.iter().map(|(name, _)| name.as_str()).collect();
    match (names.is_empty(), rds.pending_password) {
        (false, _) => Some(names.join(", ")),
        (true, true) => Some("a new master password".to_owned()),
        (true, false) => None,
    }
}

pub(super) fn password_applied(scene: &Scene<'_>, step: &str) -> Result<Standing, Trouble> {
    let since = scene.since(step, None)?;
    let rds = scene.fleet.rds(scene.now)?;
    if rds.at < since {
        return Err(Trouble::new("rds was not looked at since"));
    }
    if rds.pending_password || rds.status != "available" {
        let pending = if rds.pending_password { ", the password pending" } else { "" };
        return Ok(Standing::fails(format!("{} is {}{pending}", rds.identifier, rds.status)));
    }
    Ok(Standing::of(&rds.events, |events| {
        let earliest = since.as_second() - CLOCK_TOLERANCE_SECONDS;
        let told =
            events.iter().find(|event| event.resets_master_password() && event.at.as_second() >= earliest);
        match told {
            Some(event) => Standing::told(format!("\"{}\" at {}", event.message, event.at)),
            None => Standing::fails("rds has not told of a new password yet"),
        }
    }))
}

pub(super) fn password_ours(scene: &Scene<'_>) -> Result<Standing, Trouble> {
    let rds = scene.fleet.rds(scene.now)?;
    Ok(match &rds.managed_secret {
        None => Standing::told("it is set by hand"),
        Some(status) => {
            let trouble =
                Trouble::new("AWS manages the master password").because(format!("its secret is {status}"));
            Standing::Fails { trouble: trouble.hint("rotate it there, or end that first") }
        }
    })
}

pub(super) fn master_is(scene: &Scene<'_>, user: &str) -> Result<Standing, Trouble> {
    let rds = scene.fleet.rds(scene.now)?;
    if rds.master_user == user {
        return Ok(Standing::told(format!("both are {user}")));
    }
    let trouble = Trouble::new(format!("pg_user is {user}, the master user is {}", rds.master_user));
    let because = "modify-db-instance changes the master user's password only";
    Ok(Standing::Fails { trouble: trouble.because(because).hint("ALTER ROLE changes another user's") })
}

pub(super) fn endpoint_is(scene: &Scene<'_>, host: &str, port: &str) -> Result<Standing, Trouble> {
    let rds = scene.fleet.rds(scene.now)?;
    let (Some(address), Some(listens)) = (&rds.endpoint_address, rds.endpoint_port) else {
        return Ok(Standing::fails(format!("{} has no endpoint yet", rds.identifier)));
    };
    Ok(if address == host && listens.to_string() == port {
        Standing::found(format!("{address}:{listens}"), address)
    } else {
        Standing::fails(format!("the endpoint is {address}:{listens}, not {host}:{port}"))
    })
}

pub(super) fn right_account(scene: &Scene<'_>) -> Result<Standing, Trouble> {
    let account = scene.fleet.account(scene.now)?;
    Ok(match &scene.fleet.deployment.aws_account {
        None => Standing::told(format!("account {}; the profile names none to compare", account.account)),
        Some(wanted) if *wanted == account.account => Standing::told(format!("account {wanted}")),
        Some(wanted) => {
            let trouble = Trouble::new(format!("the AWS account is {}, not {wanted}", account.account));
            Standing::Fails { trouble: trouble.because(format!("{} by {}", account.arn, account.provider)) }
        }
    })
}

pub(super) fn login_proved(scene: &Scene<'_>) -> Result<Standing, Trouble> {
    let login = scene.fleet.login(scene.now)?;
    match &login.outcome {
        LoginOutcome::Ok { .. } => {}
        LoginOutcome::Refused { class, message, .. } => {
            return Ok(Standing::Fails { trouble: Trouble::new(class.to_string()).because(message) });
        }
        LoginOutcome::Unreachable { because } => {
            return Err(Trouble::new("the database did not answer").because(because));
        }
    }
    for (name, shape, least) in
        [("pg_password", &login.password_shape, 8), ("secret_key", &login.secret_key_shape, 50)]
    {
        if let Some(trouble) = misshapen(name, shape.as_ref().map_err(Trouble::clone)?, least) {
            return Ok(Standing::Fails { trouble });
        }
    }
    let told = format!("{}@{} with version {}", login.user, login.host, login.secret_version);
    Ok(Standing::found(told, login.secret_version.to_string()))
}

fn misshapen(name: &str, shape: &ValueShape, least: usize) -> Option<Trouble> {
    if shape.length < least {
        return Some(Trouble::new(format!("{name} has {} characters, fewer than {least}", shape.length)));
    }
    if shape.trailing_newline {
        return Some(Trouble::new(format!("{name} ends in a newline")));
    }
    let forbidden = shape.forbidden.join(", ");
    (!forbidden.is_empty())
        .then(|| Trouble::new(format!("{name} holds characters that are not kept: {forbidden}")))
}

pub(super) fn quiet_for(scene: &Scene<'_>, minutes: i64) -> Result<Standing, Trouble> {
    let rds = scene.fleet.rds(scene.now)?;
    for (name, window) in [("maintenance", &rds.maintenance_window), ("backup", &rds.backup_window)] {
        let Some(window) = window else { continue };
        let opens = opens_in(window, scene.now).ok_or_else(|| {
            Trouble::new(format!("the {name} window cannot be read"))
                .because(format!("it is told as {window}"))
        })?;
        if opens <= minutes {
            let when = if opens == 0 { "is open".to_owned() } else { format!("opens in {opens} min") };
            return Ok(Standing::fails(format!("the {name} window {when} ({window} UTC)")));
        }
    }
    Ok(Standing::told(format!("none opens within {minutes} min")))
}

/// Minutes until a window opens, 0 while it is open: `sun:05:00-sun:06:00` once a week, `03:00-03:30` every day.
fn opens_in(window: &str, now: Timestamp) -> Option<i64> {
    let (from, to) = window.split_once('-')?;
    let (opens, closes) = (minute(from)?, minute(to)?);
    let cycle = if from.len() > "03:00".len() { MINUTES_OF_A_WEEK } else { MINUTES_OF_A_DAY };
    let local = now.to_zoned(TimeZone::UTC);
    let days = i64::from(local.weekday().to_monday_zero_offset());
    let minute_now = (days * MINUTES_OF_A_DAY + i64::from(local.hour()) * 60 + i64::from(local.minute()))
        .rem_euclid(cycle);
    let length = (closes - opens).rem_euclid(cycle);
    let since_opening = (minute_now - opens).rem_euclid(cycle);
    Some(if since_opening < length { 0 } else { cycle - since_opening })
}

/// The minute of the week, or of the day where no day is named.
fn minute(text: &str) -> Option<i64> {
    let (day, time) = match text.split(':').collect::<Vec<_>>().as_slice() {
        [day, hour, minute] => (days_after_monday(day)?, [*hour, *minute]),
        [hour, minute] => (0, [*hour, *minute]),
        _ => return None,
    };
    let [hour, minute] = time.map(|part| part.parse::<i64>().ok());
    Some(day * MINUTES_OF_A_DAY + hour? * 60 + minute?)
}

fn days_after_monday(day: &str) -> Option<i64> {
    let days = [
        ("mon", Weekday::Monday),
        ("tue", Weekday::Tuesday),
        ("wed", Weekday::Wednesday),
        ("thu", Weekday::Thursday),
        ("fri", Weekday::Friday),
        ("sat", Weekday::Saturday),
        ("sun", Weekday::Sunday),
    ];
    let (_, day) = days.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(day))?;
    Some(i64::from(day.to_monday_zero_offset()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_open_or_opens_in_so_many_minutes() {
        // a Sunday
        let at = |time: &str| format!("2026-11-22T{time}:00Z").parse::<Timestamp>().unwrap();
        for (window, time, opens) in [
            ("sun:05:00-sun:06:00", "04:30", 30),
            ("sun:05:00-sun:06:00", "05:59", 0),
            ("sun:05:00-sun:06:00", "06:00", MINUTES_OF_A_WEEK - 60),
            ("mon:00:10-mon:00:40", "23:50", 20),
            ("sat:23:30-sun:00:30", "00:10", 0),
            ("03:00-03:30", "02:00", 60),
            ("23:45-00:15", "00:10", 0),
            ("23:45-00:15", "00:15", 23 * 60 + 30),
        ] {
            assert_eq!(opens_in(window, at(time)), Some(opens), "{window} at {time}");
        }
        assert_eq!(opens_in("whenever", at("00:00")), None);
    }
}
