//! One errand's command: made into orders, carried out, and its answer understood. Nothing here writes anything down.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use jiff::SignedDuration;
use zeroize::Zeroizing;

use super::carrier::Ports;
use super::random;
use crate::exec::{Failure, Lines, Order, Reply, Secrets, Target};
use crate::model::command::{Route, Template};
use crate::model::run::{Errand, Outcome, Run};
use crate::model::runbook::{Act, Answer, Capture, Expect, Place, Step, is_secret_name};
use crate::model::span;
use crate::model::trouble::Trouble;

/// Characters of a refusal that are told.
const LONGEST_REFUSAL: usize = 600;

/// How long the same answer is told once.
const TOLD_AGAIN: SignedDuration = SignedDuration::from_secs(30);

/// What an errand is done with.
#[derive(Clone, Copy)]
pub(super) struct Bench<'a> {
    pub(super) run: &'a Run,
    pub(super) ports: &'a Ports,
    pub(super) secrets: &'a Secrets,
}

/// How often a reading command was carried out so far, and what was told of it last.
#[derive(Default)]
struct Tries {
    count: u32,
    told: Option<(String, SignedDuration)>,
}

impl Tries {
    /// What is said of one more try that did not succeed: the first, each with another answer, and now and then one of the
    /// many with the same.
    fn told(&mut self, trouble: &Trouble, left: SignedDuration) -> Option<String> {
        self.count += 1;
        let answer = trouble.because.as_ref().unwrap_or(&trouble.what);
        let known = self.told.as_ref().is_some_and(|(told, at)| told == answer && *at - left < TOLD_AGAIN);
        if known {
            return None;
        }
        self.told = Some((answer.clone(), left));
        let left = span::words(left.as_secs());
        Some(format!("try {}: {answer}; goes on trying for {left} at most", self.count))
    }
}

/// For whom one command of an errand is.
#[derive(Clone, Copy, Default)]
struct Aim<'a> {
    host: Option<&'a str>,
    item: Option<&'a str>,
}

impl Bench<'_> {
    /// Makes the secrets that a step generates, those apart that are in hand already.
    pub(super) fn generate(&self, step: &Step, errand: &Errand) {
        for (name, generate) in &step.generate {
            let host = errand.host.as_deref();
            if self.secrets.held_for(host, [name]).get(name).is_none() {
                self.secrets.keep(host, name, random::secret(generate));
            }
        }
    }

    /// Carries an errand's own command out and understands its answer. A step that repeats its reading command does so until
    /// the answer is what it must be, or its time is up.
    pub(super) async fn outcome(&self, errand: &Errand, lines: &Lines) -> Result<Outcome, Failure> {
        let none = || Failure::before_the_act(Trouble::new("the plan has no such step"));
        let step = self.run.step(errand).ok_or_else(none)?;
        let Some(act) = step.act() else { return Ok(Outcome::default()) };
        let lookout = &self.ports.lookout;
        let began = lookout.now();
        let mut tries = Tries::default();
        loop {
            let asked = lookout.now();
            let outcome = self.outcome_once(errand, step, &act, lines).await;
            let (Some(repeat), Err(failure)) = (&step.repeat, &outcome) else { return outcome };
            let left = seconds(repeat.deadline_seconds) - lookout.now().duration_since(began);
            if left <= SignedDuration::ZERO {
                return outcome;
            }
            if let Some(words) = tries.told(&failure.trouble, left) {
                lines.say(words);
            }
            while lookout.now().duration_since(asked) < seconds(repeat.every_seconds) {
                lookout.stirred(&[]).await;
            }
        }
    }

    async fn outcome_once(
        &self,
        errand: &Errand,
        step: &Step,
        act: &Act<'_>,
        lines: &Lines,
    ) -> Result<Outcome, Failure> {
        let Some(list) = &step.for_each else {
            let reply = self.carried_out(errand, act, hides(step.capture.keys()), lines).await?;
            return self.understood(errand, step, &reply);
        };
        let host = errand.host.as_deref();
        let items: Vec<String> = listed(self.run.value(host, list).unwrap_or_default());
        let keeps = step.capture.values().any(|capture| capture.kept);
        let mut kept = Vec::new();
        let mut request_ids = Vec::new();
        for item in items {
            let aim = Aim { host, item: Some(&item) };
            let reply = self.send(errand, act, aim, false, lines).await?;
            let says = if keeps {
                self.is_met(errand, step, &reply)
            } else {
                self.says_enough(errand, step, &reply)
            };
            let says = says.map_err(Failure::before_the_act)?;
            if !says && !keeps {
                return Err(self.unmet(errand, step, &reply));
            }
            kept.extend(says.then_some(item));
            request_ids.extend(reply.request_ids);
        }
        let kept = kept.join(",");
        let captures = step.capture.iter().filter(|(_, capture)| capture.kept);
        let captures = captures.map(|(name, _)| (name.clone(), kept.clone())).collect();
        Ok(Outcome { captures, request_ids, ..Outcome::default() })
    }

    /// Carries one act out, on every host at the same time where it says so and none is in hand; the first that does not
    /// succeed answers for all.
    pub(super) async fn carried_out(
        &self,
        errand: &Errand,
        act: &Act<'_>,
        hides: bool,
        lines: &Lines,
    ) -> Result<Reply, Failure> {
        let host = errand.host.as_deref();
        if act.place != Place::EachHost || host.is_some() {
            return self.send(errand, act, Aim { host, item: None }, hides, lines).await;
        }
        let aims = self.run.plan.hosts.iter().map(|host| Aim { host: Some(host), item: None });
        let replies = join_all(aims.map(|aim| self.send(errand, act, aim, hides, lines))).await;
        let mut last = Reply::default();
        for reply in replies {
            last = reply?;
            if last.answer.status != 0 {
                break;
            }
        }
        Ok(last)
    }

    async fn send(
        &self,
        errand: &Errand,
        act: &Act<'_>,
        aim: Aim<'_>,
        hides: bool,
        lines: &Lines,
    ) -> Result<Reply, Failure> {
        let order = self.order(errand, act, aim, hides).map_err(Failure::before_the_act)?;
        self.ports.executor.execute(&order, lines).await
    }

    fn order(&self, errand: &Errand, act: &Act<'_>, aim: Aim<'_>, hides: bool) -> Result<Order, Trouble> {
        let value = |slot: &str| match slot {
            "item" if aim.item.is_some() => aim.item,
            "host" if aim.host.is_some() => aim.host,
            slot => self.run.value(aim.host, slot),
        };
        let target = Target::of(act.place, aim.host.or_else(|| self.run.value(None, "host")))?;
        let file_path = self.ports.executor.file_path(&self.run.plan.run, &errand.to_string());
        let held = self.secrets.held_for(aim.host, act.secrets());
        let order = Order::fill(&self.run.plan.run, act, target, &file_path, &value, held)?;
        // what a child prints about a secret that nobody knows yet could not be redacted
        Ok(Order { answers_a_secret: hides && order.route == Route::Child, ..order })
    }

    /// What an errand's own answer means.
    fn understood(&self, errand: &Errand, step: &Step, reply: &Reply) -> Result<Outcome, Failure> {
        if !self.says_enough(errand, step, reply).map_err(Failure::before_the_act)? {
            return Err(self.unmet(errand, step, reply));
        }
        if is_gone(step.gone.as_ref(), &reply.answer) {
            return Ok(Outcome { request_ids: reply.request_ids.clone(), ..Outcome::default() });
        }
        let taken = self.taken(&step.capture, reply, errand);
        taken.map_err(|trouble| Failure { trouble, definite: !step.writes })
    }

    fn says_enough(&self, errand: &Errand, step: &Step, reply: &Reply) -> Result<bool, Trouble> {
        let answer = &reply.answer;
        let failure_counts = step.capture.values().any(|capture| capture.takes_failure(answer))
            || is_gone(step.gone.as_ref(), answer);
        if answer.status != 0 && failure_counts {
            return Ok(true);
        }
        self.is_met(errand, step, reply)
    }

    /// Whether an answer says what the step expects.
    fn is_met(&self, errand: &Errand, step: &Step, reply: &Reply) -> Result<bool, Trouble> {
        let answer = &reply.answer;
        let value = |slot: &str| self.run.value(errand.host.as_deref(), slot);
        step.expect.as_ref().map_or(Ok(answer.status == 0), |expect| expect.holds(answer, &value))
    }

    /// What is taken out of an answer: plain values into the outcome, secrets into memory.
    pub(super) fn taken<'c>(
        &self,
        captures: impl IntoIterator<Item = (&'c String, &'c Capture)>,
        reply: &Reply,
        errand: &Errand,
    ) -> Result<Outcome, Trouble> {
        let value = |slot: &str| self.run.value(errand.host.as_deref(), slot);
        let mut outcome = Outcome { request_ids: reply.request_ids.clone(), ..Outcome::default() };
        let (hidden, plain): (Vec<_>, Vec<_>) =
            captures.into_iter().partition(|(name, _)| is_secret_name(name));
        for (name, capture) in hidden {
            let secret = Zeroizing::new(capture.take(name, &reply.answer, &value)?);
            self.secrets.keep(errand.host.as_deref(), name, secret);
            outcome.secrets.insert(name.clone());
        }
        for (name, capture) in plain {
            let taken = capture.take(name, &reply.answer, &value)?;
            if self.secrets.stand_in(&taken) {
                return Err(Trouble::new(format!("the answer for `{name}` holds a secret"))
                    .because("plain values are shown and written down")
                    .hint("name the capture in capitals"));
            }
            outcome.captures.insert(name.clone(), taken);
        }
        Ok(outcome)
    }

    /// A sentence of the runbook with those slots filled that have a value.
    pub(super) fn told(&self, sentence: &str, errand: &Errand) -> String {
        Template::from(sentence).known(&|slot| self.run.value(errand.host.as_deref(), slot)).to_string()
    }

    fn unmet(&self, errand: &Errand, step: &Step, reply: &Reply) -> Failure {
        let answer = &reply.answer;
        let definite = reply.refused || !step.writes;
        if answer.status != 0 && step.expect.as_ref().is_none_or(|expect| expect.refused.is_none()) {
            return Failure { trouble: self.refusal(&step.title, answer), definite };
        }
        let wanted = step.expect.as_ref().map(Expect::sentence).unwrap_or_default();
        let trouble = Trouble::new(format!("{}: the answer is not what it must be", step.title))
            .because(format!("expected that it {}", self.told(&wanted, errand)));
        Failure { trouble, definite }
    }

    /// A refusal in words that hold no secret.
    pub(super) fn refusal(&self, title: &str, answer: &Answer) -> Trouble {
        let said = if answer.errors.trim().is_empty() { &answer.output } else { &answer.errors };
        let said: String = self.secrets.redacted(said.trim()).chars().take(LONGEST_REFUSAL).collect();
        let trouble = Trouble::new(format!("{title}: it was refused"));
        if said.is_empty() {
            trouble.because(format!("exit status {}", answer.status))
        } else {
            trouble.because(said)
        }
    }

    /// Trouble without any secret in it.
    pub(super) fn redacted(&self, trouble: &Trouble) -> Trouble {
        let clean = |text: &String| self.secrets.redacted(text);
        Trouble {
            what: clean(&trouble.what),
            because: trouble.because.as_ref().map(clean),
            hint: trouble.hint.as_ref().map(clean),
            kind: trouble.kind,
        }
    }
}

/// Whether an answer of failure means that there was nothing left to do.
pub(super) fn is_gone(words: Option<&String>, answer: &Answer) -> bool {
    answer.status != 0 && words.is_some_and(|words| answer.errors.contains(words))
}

/// Whether an answer will hold a secret that is not known yet.
pub(super) fn hides<'c>(captures: impl IntoIterator<Item = &'c String>) -> bool {
    captures.into_iter().any(|name| is_secret_name(name))
}

/// Hosts that a condition asks about for an errand.
pub(super) fn hosts(run: &Run, errand: &Errand) -> Vec<String> {
    errand.host.clone().map_or_else(|| run.plan.hosts.clone(), |host| vec![host])
}

/// Whether something of a list is not filled yet.
pub(super) fn unfilled(run: &Run, host: Option<&str>, slots: &BTreeSet<&str>) -> bool {
    slots.iter().any(|slot| run.value(host, slot).is_none())
}

/// Seconds as a duration.
pub(super) fn seconds(seconds: u64) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn listed(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_tell_of_another_answer_at_once_and_of_the_same_one_now_and_then() {
        let mut tries = Tries::default();
        let refused = Trouble::new("log in: it was refused").because("password authentication failed");
        let mut told = |trouble: &Trouble, left| tries.told(trouble, SignedDuration::from_secs(left));
        let first = told(&refused, 900).unwrap();
        assert_eq!(first, "try 1: password authentication failed; goes on trying for 15m at most");
        assert_eq!(told(&refused, 898), None);
        assert!(told(&Trouble::new("no answer"), 896).unwrap().starts_with("try 3: no answer"));
        assert_eq!(told(&Trouble::new("no answer"), 880), None);
        assert!(told(&Trouble::new("no answer"), 860).unwrap().starts_with("try 5: no answer; goes on"));
    }
}
