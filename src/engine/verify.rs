//! Whether an errand happened that has started and was not seen to end: its check is asked, never the errand itself.
//!
//! ```text
//! in hand ─▶ done │ undone, and so done (again) │ doubt
//! lost    ─▶ done │ doubt: it did not happen, and why; the operator says whether it is tried again
//! ```
//! What may simply be done again is: forward by its command, and backward, as though it had happened, by its undo.

use std::collections::BTreeMap;

use super::carrier::Carrier;
use super::errands;
use crate::exec::Reply;
use crate::model::run::{Direction, Errand, Outcome, Progress, Verdict};
use crate::model::runbook::{Check, Condition, Otherwise, Standing, Step};
use crate::model::trouble::Trouble;

impl Carrier {
    /// Asks the check of an errand.
    pub(super) async fn verdict(&self, errand: &Errand) -> Verdict {
        let Some(step) = self.run().step(errand) else { return Verdict::Undone };
        let forward = *self.run().direction() == Direction::Forward;
        let verdict = match &step.check {
            None => Verdict::Undone,
            Some(check) if check.again.is_some() && (forward || !self.can_be_undone(errand, step)) => {
                Verdict::Undone
            }
            Some(check) if check.again.is_some() => Verdict::Done { outcome: Outcome::default() },
            Some(Check { condition: Some(condition), found, .. }) => {
                self.by_what_is_seen(errand, condition, found.as_ref()).await
            }
            Some(check) => self.by_command(errand, step, check).await,
        };
        match (verdict, self.run().progress(errand)) {
            (Verdict::Undone, Progress::Lost { trouble }) if forward => {
                Verdict::Doubt { trouble: trouble.clone() }
            }
            (Verdict::Doubt { trouble }, _) => Verdict::Doubt { trouble: self.bench().redacted(&trouble) },
            (verdict, _) => verdict,
        }
    }

    /// Whether everything is known that undoing it takes: what its own answer would have told went down with the process.
    fn can_be_undone(&self, errand: &Errand, step: &Step) -> bool {
        let known = |slot: &str| slot == "file" || self.run().value(errand.host.as_deref(), slot).is_some();
        self.run().undoing(errand).into_iter().all(|undo| step.undo_act(undo).slots().into_iter().all(known))
    }

    async fn by_what_is_seen(
        &self,
        errand: &Errand,
        condition: &Condition,
        found_in: Option<&String>,
    ) -> Verdict {
        match self.standing(condition, errand).await {
            Standing::Holds { found, .. } => {
                let captures: BTreeMap<_, _> = found_in.cloned().zip(found).into_iter().collect();
                Verdict::Done { outcome: Outcome { captures, ..Outcome::default() } }
            }
            Standing::Fails { .. } => Verdict::Undone,
            Standing::Unknown { trouble } => Verdict::Doubt { trouble },
        }
    }

    async fn by_command(&self, errand: &Errand, step: &Step, check: &Check) -> Verdict {
        let Some(act) = step.check_act() else { return Verdict::Undone };
        let hides = errands::hides(check.capture.keys());
        match self.carry_out(errand, &act, hides).await {
            Ok(reply) => {
                self.read(errand, check, &reply).unwrap_or_else(|trouble| Verdict::Doubt { trouble })
            }
            Err(failure) => Verdict::Doubt { trouble: failure.trouble },
        }
    }

    fn read(&self, errand: &Errand, check: &Check, reply: &Reply) -> Result<Verdict, Trouble> {
        let value = |slot: &str| self.run().value(errand.host.as_deref(), slot);
        let done = check.done.as_ref().map(|expect| expect.holds(&reply.answer, &value)).transpose()?;
        if done.unwrap_or(false) {
            let outcome = self.bench().taken(&check.capture, reply, errand)?;
            return Ok(Verdict::Done { outcome });
        }
        let undone = check.undone.as_ref().map(|expect| expect.holds(&reply.answer, &value)).transpose()?;
        if undone.unwrap_or(false) || (check.otherwise == Otherwise::Undone && is_an_answer(reply)) {
            return Ok(Verdict::Undone);
        }
        let title = "nobody knows whether it happened";
        let trouble = match reply.answer.status {
            0 => Trouble::new(title).because("the check found neither that it did nor that it did not"),
            _ => self.bench().refusal(title, &reply.answer),
        };
        Ok(Verdict::Doubt { trouble })
    }
}

/// A sealed Vault or a token without access says nothing about what happened.
fn is_an_answer(reply: &Reply) -> bool {
    reply.answer.status == 0
        || reply.answer.missing
        || (reply.refused && !reply.answer.errors.contains("permission denied"))
}
