//! One step of a runbook: what is carried out, where, what is taken from its answer, how it is verified when nobody knows
//! whether it happened, and how it is undone.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Capture, Condition, Confirm, Content, Expect, Input};
use crate::model::command::{CommandLine, Route, Template};
use crate::model::finding::Signal;

/// One step. Its parts happen in this order: inputs are asked, secrets generated, the command carried out, its answer held
/// against `expect`, values captured, `waits_for` awaited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name within the runbook: `patch-vault`.
    pub id: String,
    /// What it does, in a few words.
    pub title: String,
    /// Why it is done, and why here.
    pub why: String,
    /// Set when it carries a command of the documentation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documented: Option<Documented>,
    /// Set when vaultdeck adds it: the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<String>,
    /// The command is carried out for each item of this slot, a list separated by commas; `{item}` is the item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_each: Option<String>,
    /// What is carried out; a step may also only ask, generate or wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandLine>,
    /// What the command reads on its standard input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdin: Option<Content>,
    /// A file on RAM that exists only while the command runs; `{file}` is its path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Content>,
    /// Where a child is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Template>,
    /// Where the command is carried out; told by its first words when left out.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Whether it is repeated for each host. Steps on each host are, without saying so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_host: Option<Pace>,
    /// What is asked when the step is reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    /// Secrets that are made for this step and those after it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub generate: BTreeMap<String, Generate>,
    /// What is taken out of the answer, by the slot it fills.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub capture: BTreeMap<String, Capture>,
    /// What the answer must say; that it is no failure when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expect>,
    /// The command is carried out again and again until its answer says what it must.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
    /// A failure with these words means that there was nothing left to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<String>,
    /// How long the command may take, in seconds.
    #[serde(default = "a_minute")]
    pub timeout_seconds: u64,
    /// What is awaited after the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Wait>,
    /// What must hold when the step is reached: it is looked at once and told with what was seen, and the run goes on whatever
    /// it is. A run in which one does not hold fails at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asserts: Option<Condition>,
    /// How it is told whether the step happened, when it has started and its end was not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// How it is undone; those that apply, in order. Each may be carried out twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undo: Vec<Undo>,
    /// Why it cannot be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub irreversible: Option<String>,
    /// Steps that are undone at once when this one is definitely refused; never after a timeout or a lost reply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_refusal: Vec<String>,
    /// What is looked at again after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub touches: Vec<Signal>,
    /// What the operator must answer before this very step.
    #[serde(default)]
    pub confirm: Confirm,
    /// Whether it changes anything; a step that does not say so counts as writing.
    #[serde(default = "yes")]
    pub writes: bool,
    /// The step applies only when these hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<When>,
    /// Set when a failed step may be left out: what is then not known or not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skippable: Option<String>,
    /// A captured secret that is shown on the screen for a while, on request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reveal: Option<Reveal>,
}

/// A command of the documentation, as it stands there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documented {
    /// The section it stands in.
    pub section: String,
    /// Its text in the documentation, with pipes, here-documents and all.
    pub command: String,
    /// Why the step does it in another form, where that goes beyond the translation of [`documented`](super::documented).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
}

/// Where a step comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    /// From the documentation.
    Documented(&'a Documented),
    /// From vaultdeck, with the reason.
    Added(&'a str),
    /// From the operator, in a runbook of their own.
    Own,
}

/// Where a command is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In this process, as a request.
    Process,
    /// As a child on the control host.
    ControlHost,
    /// As a child on the host that the input `host` names.
    OneHost,
    /// As a child on each host.
    EachHost,
}

/// How a step is repeated for hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// Not at all.
    Once,
    /// One host after the other; neighbouring steps of this pace are all done on one host before the next one's turn.
    HostByHost,
    /// On all hosts at the same time.
    Together,
}

/// A secret that is made at random.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generate {
    /// Characters to choose from.
    pub alphabet: Alphabet,
    /// How many characters.
    pub length: usize,
    /// How to get it back when it is no longer in memory; without one it is made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recall: Option<Recall>,
}

/// Characters that a generated secret may have. All are accepted by RDS and survive a sourced `.env`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alphabet {
    /// Letters and digits, as the documentation makes them.
    Alphanumeric,
}

impl Alphabet {
    /// The characters.
    pub fn characters(self) -> &'static str {
        match self {
            Self::Alphanumeric => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        }
    }
}

/// A reading command whose answer is a secret that this run has stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recall {
    /// The step that stores the secret: before it is done there is nothing to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_by: Option<String>,
    /// The command; the secret is all of its output.
    pub command: CommandLine,
}

/// How often a reading command is carried out again, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// Seconds between two answers.
    pub every_seconds: u64,
    /// After this many seconds it counts as failed.
    pub deadline_seconds: u64,
}

/// A condition on what is seen of the deployment, with the time it may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// What must come to hold; in a step that visits hosts, on the host in hand.
    pub condition: Condition,
    /// After this many seconds it counts as failed.
    pub deadline_seconds: u64,
}

/// How it is told whether a step happened. Either it may simply be done again, or a command answers, or what is seen of the
/// deployment does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The step may be done twice: why that is harmless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
    /// A reading command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandLine>,
    /// A file on RAM for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Content>,
    /// What it reads on its standard input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdin: Option<Content>,
    /// Where; told by its first words when left out.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The step happened when the answer says this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Expect>,
    /// It did not happen when the answer says this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone: Option<Expect>,
    /// What it means when the answer says neither.
    #[serde(default)]
    pub otherwise: Otherwise,
    /// What the step would have captured, taken from the answer of the check.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub capture: BTreeMap<String, Capture>,
    /// The step happened when this holds of what is seen of the deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// The plain slot that takes what the condition found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

/// What an answer means that does not say that the step happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Otherwise {
    /// It did not happen.
    #[default]
    Undone,
    /// Nobody knows: the run holds.
    Doubt,
}

/// One command that takes a step back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// The command. Carried out twice it must do no more than once.
    pub command: CommandLine,
    /// What it reads on its standard input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdin: Option<Content>,
    /// A file on RAM for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Content>,
    /// Where a child is started; where the step's was when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Template>,
    /// Where; told by its first words when left out, and for a child where the step's command was. On each host, in a step
    /// that does not visit hosts, means on all of them at the same time.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// A failure with these words means that there is nothing left to undo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<String>,
    /// What is awaited after it, before the next undoing command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Wait>,
    /// On the way back it applies only while this step has not begun: from then on what it would take away is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// On the way back it applies only while this later step has not been undone: its undoing does the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_with: Option<String>,
    /// It applies only when these hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<When>,
}

/// What one slot must hold. All of a list must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The plain slot: an input, a capture or one of the profile. One that is not filled is empty.
    pub slot: String,
    /// It is one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub is: Vec<Template>,
    /// It is none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub is_not: Vec<Template>,
}

/// A secret on the screen, for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    /// The captured secret.
    pub secret: String,
    /// For how many seconds.
    pub seconds: u64,
}

/// Something to carry out: a step's own command, the command of its check, an undo or a recall.
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    /// The command.
    pub command: &'a CommandLine,
    /// What it reads on its standard input.
    pub stdin: Option<&'a Content>,
    /// A file on RAM for it.
    pub file: Option<&'a Content>,
    /// Where a child is started.
    pub directory: Option<&'a Template>,
    /// Where it is carried out.
    pub place: Place,
    /// How long it may take, in seconds.
    pub timeout_seconds: u64,
    /// Whether it changes anything.
    pub writes: bool,
}

impl Act<'_> {
    /// Names of the plain slots that must be filled.
    pub fn slots(&self) -> BTreeSet<&str> {
        let contents = self.stdin.into_iter().chain(self.file).flat_map(Content::slots);
        let directory = self.directory.into_iter().flat_map(Template::slots);
        self.command.slots().into_iter().chain(contents).chain(directory).collect()
    }

    /// Names of the secrets that must be in hand.
    pub fn secrets(&self) -> BTreeSet<&str> {
        let contents = self.stdin.into_iter().chain(self.file).flat_map(Content::secrets);
        self.command.secrets().into_iter().chain(contents).collect()
    }
}

impl Step {
    /// Where it comes from.
    pub fn origin(&self) -> Origin<'_> {
        match (&self.documented, &self.added) {
            (Some(documented), _) => Origin::Documented(documented),
            (None, Some(reason)) => Origin::Added(reason),
            (None, None) => Origin::Own,
        }
    }

    /// How it is repeated for hosts.
    pub fn pace(&self) -> Pace {
        match (self.per_host, self.place) {
            (Some(pace), _) => pace,
            (None, Some(Place::EachHost)) => Pace::HostByHost,
            (None, _) => Pace::Once,
        }
    }

    /// What is looked at after its command, and for how many seconds at most; an assertion is looked at once.
    pub fn awaited(&self) -> Option<(&Condition, u64)> {
        let waits = self.waits_for.as_ref().map(|wait| (&wait.condition, wait.deadline_seconds));
        waits.or_else(|| self.asserts.as_ref().map(|condition| (condition, 0)))
    }

    /// Its command, ready to be filled.
    pub fn act(&self) -> Option<Act<'_>> {
        let command = self.command.as_ref()?;
        Some(Act {
            command,
            stdin: self.stdin.as_ref(),
            file: self.file.as_ref(),
            directory: self.directory.as_ref(),
            place: self.place.unwrap_or_else(|| place_of(command, Place::ControlHost)),
            timeout_seconds: self.timeout_seconds,
            writes: self.writes,
        })
    }

    /// The command of its check, where a command answers.
    pub fn check_act(&self) -> Option<Act<'_>> {
        let check = self.check.as_ref()?;
        let command = check.command.as_ref()?;
        Some(Act {
            command,
            stdin: check.stdin.as_ref(),
            file: check.file.as_ref(),
            directory: self.directory.as_ref(),
            place: check.place.unwrap_or_else(|| place_of(command, self.childs_place())),
            timeout_seconds: self.timeout_seconds,
            writes: false,
        })
    }

    /// One of its undoing commands.
    pub fn undo_act<'a>(&'a self, undo: &'a Undo) -> Act<'a> {
        Act {
            command: &undo.command,
            stdin: undo.stdin.as_ref(),
            file: undo.file.as_ref(),
            directory: undo.directory.as_ref().or(self.directory.as_ref()),
            place: undo.place.unwrap_or_else(|| place_of(&undo.command, self.childs_place())),
            timeout_seconds: self.timeout_seconds,
            writes: true,
        }
    }

    /// A recalling command of one of its secrets.
    pub fn recall_act<'a>(&'a self, recall: &'a Recall) -> Act<'a> {
        Act {
            command: &recall.command,
            stdin: None,
            file: None,
            directory: self.directory.as_ref(),
            place: place_of(&recall.command, self.childs_place()),
            timeout_seconds: self.timeout_seconds,
            writes: false,
        }
    }

    /// Names that it fills: inputs, captures (those of the check too) and generated secrets.
    pub fn fills(&self) -> BTreeSet<&str> {
        let inputs = self.inputs.iter().map(|input| input.name.as_str());
        let check = self.check.iter();
        let found = check.clone().filter_map(|check| check.found.as_deref());
        let captured = self.capture.keys().chain(check.flat_map(|check| check.capture.keys()));
        inputs.chain(found).chain(captured.chain(self.generate.keys()).map(String::as_str)).collect()
    }

    fn childs_place(&self) -> Place {
        match (self.place, self.pace()) {
            (Some(place), _) if place != Place::Process => place,
            _ => Place::ControlHost,
        }
    }
}

fn place_of(command: &CommandLine, child: Place) -> Place {
    if command.route() == Route::Child { child } else { Place::Process }
}

impl When {
    /// Whether it holds. A value that it compares with and that is not known is like no value.
    pub fn holds<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> bool {
        let held = value(&self.slot).unwrap_or_default();
        let like = |one: &Template| one.fill(value).and_then(|one| one.plain()).is_ok_and(|one| one == held);
        (self.is.is_empty() || self.is.iter().any(like)) && !self.is_not.iter().any(like)
    }

    /// In words: `restart is containers`.
    pub fn sentence(&self) -> String {
        let told = |values: &[Template]| {
            let told = values
                .iter()
                .map(|value| if value.is_empty() { "empty".to_owned() } else { value.to_string() });
            told.collect::<Vec<_>>().join(" or ")
        };
        match (self.is.is_empty(), self.is_not.is_empty()) {
            (false, true) => format!("{} is {}", self.slot, told(&self.is)),
            (true, false) => format!("{} is not {}", self.slot, told(&self.is_not)),
            _ => format!("{} is {} and not {}", self.slot, told(&self.is), told(&self.is_not)),
        }
    }
}

fn a_minute() -> u64 {
    60
}

fn yes() -> bool {
    true
}
