//! What is going to be run, for whom and on what: all that the operator confirms, and all that a resumed run needs to know.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Answered;
use crate::model::command::Template;
use crate::model::deployment::Environment;
use crate::model::runbook::{Access, Input, Kind, Requirement, Runbook, Standing, Step, When};
use crate::model::trouble::Trouble;

/// A runbook with everything that was known when it was planned. Secret-free.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Id of the run; whatever its steps create carries it.
    pub run: String,
    /// The runbook itself: a run is carried on as it was planned, even by a newer vaultdeck.
    pub runbook: Runbook,
    /// The deployment's name, typed to confirm.
    pub deployment: String,
    /// How carefully to tread.
    pub environment: Environment,
    /// Hosts that the steps visit, in order.
    pub hosts: Vec<String>,
    /// Who runs it: `jane@ansible from 10.0.0.7`.
    pub operator: String,
    /// Why, as the operator named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// Values of [`PROFILE_SLOTS`](crate::model::runbook::PROFILE_SLOTS) and
    /// [`RUN_SLOTS`](crate::model::runbook::RUN_SLOTS), `host` and `file` left out.
    pub slots: BTreeMap<String, String>,
    /// Answers that were given with the command.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, Answered>,
    /// What must hold, and whether it did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preconditions: Vec<Precondition>,
    /// What the operator's token must be allowed, and whether it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<Right>,
}

/// A requirement and how it stood when the plan was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Precondition {
    /// The requirement.
    pub requirement: Requirement,
    /// How it stood.
    pub standing: Standing,
}

/// What the operator's token must be allowed on one path, and how that stood when the plan was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Right {
    /// The path, filled, and what must be allowed there.
    pub access: Access,
    /// How it stood.
    pub standing: Standing,
}

/// A text that is told by people, so that it can stand in JSON, in a word of a command and in a line of a page: letters,
/// digits and a few signs stay, everything else becomes `_`. For the slots `run`, `ticket`, `operator` and `control_host`.
pub fn tame(text: &str) -> String {
    let stays = |character: char| character.is_alphanumeric() || "-_./:@#+, ".contains(character);
    text.trim().chars().map(|character| if stays(character) { character } else { '_' }).collect()
}

impl Plan {
    /// The same for those hosts alone that the runbook's question for hosts was answered with, as soon as it is.
    #[must_use]
    pub fn of_chosen_hosts(mut self) -> Self {
        let question = self.runbook.inputs.iter().find(|input| input.kind == Kind::Hosts);
        let values = self.values();
        if let Some(answer) = question.and_then(|question| values.get(&(None, question.name.clone()))) {
            let chosen: Vec<&str> = answer.split(',').map(str::trim).collect();
            self.hosts.retain(|host| chosen.contains(&host.as_str()));
        }
        self
    }

    /// Every plain value that is known when the run begins, by slot.
    pub fn known(&self) -> BTreeMap<String, String> {
        self.values().into_iter().map(|((_, slot), value)| (slot, value)).collect()
    }

    /// Steps that cannot be undone, without those that the answers leave out.
    pub fn irreversible(&self) -> Vec<&Step> {
        let known = self.known();
        let value = |slot: &str| known.get(slot).map(String::as_str);
        let left_out = |when: &When| known.contains_key(&when.slot) && !when.holds(&value);
        let steps = self.runbook.irreversible().map(|(step, _)| step);
        steps.filter(|step| !step.when.iter().any(left_out)).collect()
    }

    /// What is hit if it goes wrong or while it runs, in one sentence.
    pub fn blast_radius(&self) -> String {
        let known = self.known();
        self.runbook.blast_radius.known(&|slot| known.get(slot).map(String::as_str)).to_string()
    }

    /// Everything that the plan rests on, in words with those slots filled that have a value, and how it stood: what is
    /// required first, then what the operator's token may do.
    pub fn foundations(&self) -> Vec<(String, &Standing)> {
        let known = self.known();
        let value = |slot: &str| known.get(slot).map(String::as_str);
        let told = |sentence: String| Template::from(sentence.as_str()).known(&value).to_string();
        let required = self
            .preconditions
            .iter()
            .map(|known| (told(known.requirement.condition.sentence()), &known.standing));
        let allowed = self.rights.iter().map(|right| (right.access.sentence(), &right.standing));
        required.chain(allowed).collect()
    }

    /// The first that speaks against beginning.
    pub fn obstacle(&self) -> Option<&Trouble> {
        self.foundations().into_iter().find_map(|(_, standing)| standing.failure())
    }

    /// The plain values that stand when the run begins: defaults of inputs, the profile's and the run's slots, answers.
    pub(super) fn values(&self) -> BTreeMap<(Option<String>, String), String> {
        let given = |slot: &str| self.slots.get(slot).map(String::as_str);
        let default = |input: &Input| {
            let default = input.default.as_ref()?.fill(&given).ok()?.plain().ok()?;
            Some((input.name.clone(), default))
        };
        let defaults = self.runbook.questions().filter_map(default);
        let answers = self.inputs.iter().filter_map(|(slot, answer)| match answer {
            Answered::Plain(value) => Some((slot.clone(), value.clone())),
            Answered::Secret => None,
        });
        let slots = self.slots.clone().into_iter();
        slots.chain(defaults).chain(answers).map(|(slot, value)| ((None, slot), value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_tell_can_stand_anywhere() {
        assert_eq!(tame(" OPS-12: jane@ansible "), "OPS-12: jane@ansible");
        assert_eq!(tame("a\"b\\c\n$(d)"), "a_b_c___d_");
    }
}
