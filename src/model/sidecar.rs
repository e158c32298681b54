//! What a Vault Agent's log means for its host: whether it can still log in, whether it still renders, and since when
//! it cannot. Docker's word on the container is another matter and is not asked here.

use jiff::Timestamp;

use super::agent_log::{AgentEvent, AgentReading, Class, EventKind, State};
use super::facts::RoleFacts;
use super::span;
use super::trouble::Trouble;
use super::verdict::Evidence;

/// The last moment at which Vault is known to have accepted the agent: its latest login or renewal.
pub fn last_accepted(reading: &AgentReading) -> Option<Timestamp> {
    reading.last_login.max(reading.last_renewal)
}

/// Whether the problem in force keeps the agent from logging in or renewing.
pub fn cannot_log_in(reading: &AgentReading) -> bool {
    use Class::{
        CidrDenied, NoRoleId, NoSecretId, RenewFailed, RoleLocked, Sealed, SecretIdRefused,
        SecretIdUnreadable, Tls, Unknown, Unreachable, WrapInvalid,
    };
    let failing = matches!(reading.state, State::Looping | State::Failed);
    let login = matches!(
        reading.class,
        NoSecretId
            | NoRoleId
            | SecretIdUnreadable
            | SecretIdRefused
            | RoleLocked
            | CidrDenied
            | WrapInvalid
            | RenewFailed
    );
    let either = matches!(reading.class, Unreachable | Tls | Sealed | Unknown);
    failing && (login || either)
}

/// Whether it has not been able to log in for at least so many seconds. A loop whose beginning the log does not show is
/// older than the log.
pub fn loops_for(reading: &AgentReading, seconds: i64, now: Timestamp) -> bool {
    cannot_log_in(reading) && reading.since.is_none_or(|since| span::seconds(since, now) >= seconds)
}

/// Whether Vault has refused its secret-id since its last login. Five such tries lock the role for every host, and from
/// then on this agent is told the same 403 as all others.
pub fn sent_wrong_secret_id(reading: &AgentReading) -> bool {
    let refused = |event: &&AgentEvent| {
        event.kind == EventKind::AuthFailed
            && (event.text.contains("Code: 400") || event.text.contains("invalid role or secret ID"))
    };
    let lately =
        |event: &AgentEvent| reading.last_login.is_none_or(|login| event.last.is_some_and(|at| at > login));
    reading.class == Class::SecretIdRefused || reading.timeline.iter().filter(refused).any(lately)
}

/// Whether the problem in force is in what the template asks for or where it is written.
pub fn cannot_render(reading: &AgentReading) -> bool {
    matches!(
        reading.class,
        Class::MissingSecret | Class::MissingKey | Class::TemplateError | Class::WriteFailed
    )
}

/// The seconds after which an agent that has renewed must have renewed again: renewals come every 0.70 to 0.73 of the
/// token's life.
///
/// # Errors
/// When the role leaves the life of its tokens to the mount.
pub fn longest_quiet(role: &RoleFacts) -> Result<i64, Trouble> {
    let life = if role.token_period_seconds > 0 { role.token_period_seconds } else { role.token_ttl_seconds };
    if life == 0 {
        return Err(Trouble::new("renewals cannot be foretold").because("the role sets no token_ttl"));
    }
    Ok(life * 3 / 4)
}

/// When the next renewal is due at the latest, 0.7333 of the token's life after the last.
pub fn next_renewal(reading: &AgentReading, role: &RoleFacts) -> Option<Timestamp> {
    let quiet = longest_quiet(role).ok()?;
    Some(span::after(last_accepted(reading)?, quiet * 44 / 45))
}

/// When the agent stops renewing and logs in anew: tokens end at the role's maximum, counted from the last login; the
/// agent gives up renewing some way before.
pub fn next_login(reading: &AgentReading, role: &RoleFacts) -> Option<Timestamp> {
    if role.token_max_ttl_seconds == 0 || role.token_period_seconds > 0 {
        return None;
    }
    Some(span::after(reading.last_login?, role.token_max_ttl_seconds))
}

/// The problem in words: `no secret-id`.
pub fn problem(class: Class) -> &'static str {
    match class {
        Class::None => "ok",
        Class::NoSecretId => "no secret-id",
        Class::NoRoleId => "no role-id",
        Class::SecretIdUnreadable => "secret-id unreadable",
        Class::SecretIdRefused => "secret-id refused",
        Class::RoleLocked => "role locked",
        Class::CidrDenied => "address not allowed",
        Class::Unreachable => "cannot reach vault",
        Class::Tls => "no tls with vault",
        Class::Sealed => "vault sealed",
        Class::WrapInvalid => "wrapping token used up",
        Class::PermissionDenied => "may not read",
        Class::MissingSecret => "secret missing",
        Class::MissingKey => "key missing",
        Class::TemplateError => "template broken",
        Class::WriteFailed => "cannot write .env",
        Class::RenewFailed => "cannot renew",
        Class::Unknown => "failing",
    }
}

/// What the log says about the problem in force, newest first.
pub fn evidence(reading: &AgentReading, now: Timestamp) -> Vec<Evidence> {
    let mut told = Vec::new();
    if reading.class != Class::None {
        told.push(Evidence {
            at: reading.last_event_at,
            source: "log".to_owned(),
            text: format!("\"{}\"{}", reading.evidence, repeated(reading, now)),
        });
        told.push(Evidence {
            at: reading.since,
            source: "log".to_owned(),
            text: reading.class.cause().to_owned(),
        });
    }
    if let Some(renewed) = reading.last_renewal {
        told.push(Evidence::at(renewed, "log", "token renewed"));
    }
    if let Some(login) = reading.last_login {
        told.push(Evidence::at(login, "log", "logged in"));
    }
    told
}

fn repeated(reading: &AgentReading, now: Timestamp) -> String {
    let since = reading.since.map(|since| format!(" since {}", span::clock(since, now)));
    let next = reading.next_attempt.filter(|next| *next > now);
    let next = next.map(|next| format!(", next try in {}", span::between(next, now)));
    format!(" {} times{}{}", reading.attempts, since.unwrap_or_default(), next.unwrap_or_default())
}
