//! Which secrets an errand needs, and how one that is no longer in memory is brought back.

use super::{Errand, Next, Progress, Run};
use crate::model::runbook::{Act, Input, Recall, Step, is_secret_name};

/// Names of the secrets that a step takes out of its answer.
pub(super) fn captured(step: &Step) -> Vec<String> {
    step.capture.keys().filter(|name| is_secret_name(name)).cloned().collect()
}

impl Run {
    /// What must happen first so that a command can be carried out: the first of its secrets that is not in hand is asked
    /// for, read back, or made anew.
    pub(super) fn before(&self, errand: &Errand, act: &Act<'_>) -> Option<Next> {
        let missing = act.secrets().into_iter().find(|secret| !self.holds_secret(errand, secret))?.to_owned();
        self.bring_back(errand, &missing)
    }

    /// Whether an errand has a secret at hand.
    pub fn holds_secret(&self, errand: &Errand, secret: &str) -> bool {
        let of = |host: &Option<String>| self.secrets.contains(&(host.clone(), secret.to_owned()));
        of(&errand.host) || of(&None)
    }

    fn bring_back(&self, errand: &Errand, secret: &str) -> Option<Next> {
        let value = |slot: &str| self.value(errand.host.as_deref(), slot);
        let asked = |input: &Input| input.name == secret && input.when.iter().all(|when| when.holds(&value));
        if self.runbook().questions().any(asked) {
            return Some(Next::Ask { slot: secret.to_owned() });
        }
        let source = self.source(errand, secret)?;
        let step = self.step(&source)?;
        let generated = step.generate.get(secret);
        let recall = match generated {
            Some(generate) => generate.recall.as_ref(),
            None => step.capture.get(secret)?.recall.as_ref(),
        };
        if let Some(recall) = recall.filter(|recall| self.is_kept(errand, recall)) {
            let (command, secret) = (recall.command.clone(), secret.to_owned());
            return Some(Next::Recall { errand: source, secret, command });
        }
        // what a writing step created goes with its secret: nobody could use it any more
        if generated.is_none() && step.writes && self.progress(&source).has_acted() {
            return Some(Next::Undo { errand: source });
        }
        Some(Next::Execute { errands: vec![source] })
    }

    /// The errand that a secret came from: the same host's, or that of no host.
    fn source(&self, errand: &Errand, secret: &str) -> Option<Errand> {
        let made_by = |step: &&Step| step.generate.contains_key(secret) || step.capture.contains_key(secret);
        let made_by = |candidate: &&Errand| self.step(candidate).as_ref().is_some_and(made_by);
        let near = |candidate: &&Errand| candidate.host.is_none() || candidate.host == errand.host;
        let mut candidates = self.errands().iter().filter(made_by).filter(near);
        candidates
            .rfind(|candidate| *self.progress(candidate) != Progress::Pending && self.applies(candidate))
            .cloned()
    }

    fn is_kept(&self, errand: &Errand, recall: &Recall) -> bool {
        let Some(keeper) = &recall.kept_by else { return true };
        let of_keeper = |candidate: &&Errand| candidate.step == *keeper;
        let near = |candidate: &&Errand| candidate.host.is_none() || candidate.host == errand.host;
        self.errands().iter().filter(of_keeper).filter(near).any(|keeper| self.progress(keeper).has_acted())
    }
}
