//! The verdicts of the cells: a few words each, with evidence, consequence and the action that helps.
//!
//! A cell says less than the findings and never something else: both ask the same functions of `sidecar`, `ledger` and
//! `propagation`.

mod database;
mod flow;
mod host;
mod vault;

use super::fleet::Fleet;
use super::subject::Subject;
use super::trouble::{Trouble, TroubleKind};
use super::verdict::{Evidence, Health, Verdict};

pub use database::{account, login, rds};
pub use flow::{FlowStep, flow};
pub use host::{agent, container, env, host, secret_id, server, ssh, worker};
pub use vault::{access, mounts, policy, role, secret, station, token, vault};

/// The cell of something that could not be looked at.
fn unseen(trouble: &Trouble) -> Verdict {
    let words = match trouble.kind {
        TroubleKind::NotAsked => "not asked".to_owned(),
        TroubleKind::NotLooked => "…".to_owned(),
        TroubleKind::Unreachable => "no answer".to_owned(),
        TroubleKind::Tls => "tls does not fit".to_owned(),
        TroubleKind::Credentials => "no credentials".to_owned(),
        TroubleKind::Denied => "no permission".to_owned(),
        TroubleKind::NotThere => "not there yet".to_owned(),
        TroubleKind::Other => trouble.what.clone(),
    };
    let verdict = Verdict::new(Health::Unknown, words).because(Evidence::of("vaultdeck", trouble.sentence()));
    match &trouble.hint {
        Some(hint) => verdict.so(hint.clone()),
        None => verdict,
    }
}

/// The cell of a thing whose absence is itself the trouble: unknown until the first look, bad after one that failed.
fn unreachable(trouble: &Trouble) -> Verdict {
    let verdict = unseen(trouble);
    match trouble.kind {
        TroubleKind::NotLooked => verdict,
        _ => Verdict { health: Health::Bad, ..verdict },
    }
}

/// The verdict with the trouble of the latest look among its reasons, where that look failed and the facts are older. Once a
/// second look in a row has failed, nobody knows that it is still well; one may be a hiccup.
fn with_latest_trouble(fleet: &Fleet, subject: &Subject, mut verdict: Verdict) -> Verdict {
    let latest =
        fleet.look(subject).filter(|look| look.facts.is_some()).and_then(|look| look.trouble.as_ref());
    if let Some((at, trouble)) = latest {
        verdict = verdict.because(Evidence::at(
            *at,
            "vaultdeck",
            format!("latest look failed: {}", trouble.sentence()),
        ));
    }
    if fleet.is_lost(subject) && verdict.health <= Health::Busy {
        verdict = Verdict { health: Health::Unknown, words: format!("was {}", verdict.words), ..verdict };
    }
    verdict.in_order()
}

/// A verdict on the facts of a subject, or the cell of what could not be looked at.
fn judged(
    fleet: &Fleet,
    subject: &Subject,
    outcome: Result<Verdict, Trouble>,
    otherwise: impl Fn(&Trouble) -> Verdict,
) -> Verdict {
    match outcome {
        Ok(verdict) => with_latest_trouble(fleet, subject, verdict),
        Err(trouble) => otherwise(&trouble),
    }
}
