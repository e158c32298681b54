//! A procedure as data: what is asked, what must hold, what is done step by step, how each step is verified and undone.
//!
//! ```text
//! TOML ──read──▶ Runbook ──faults()──▶ all that is wrong with it, together
//!                   └──▶ Plan ──▶ Run (see `run`)
//! ```
//! A name in small letters, `{new_version}`, is a plain slot; a name in capitals, `${NEW_PASSWORD}`, stands for a secret.
//! Plain slots are filled, in this order of precedence, by the target (`{host}`), by what earlier steps captured, by inputs,
//! by the run itself ([`RUN_SLOTS`]) and by the profile ([`PROFILE_SLOTS`]).

mod access;
mod answer;
mod built_in;
mod condition;
mod content;
pub mod documented;
mod fault;
mod input;
mod reading;
mod slot;
mod step;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::command::Template;
use super::deployment::Habits;
use super::trouble::Trouble;

pub use access::Access;
pub use answer::{Answer, Capture, Expect};
pub use built_in::built_in;
pub use condition::{AgentFile, Condition, Scene, Standing};
pub use content::{Content, FilledContent};
pub use input::{Input, Kind};
pub use reading::Row;
pub use slot::{PROFILE_SLOTS, RUN_SLOTS, is_secret_name, is_slot_name};
pub use step::*;

/// One procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runbook {
    /// Its name: `rotate-rds-password`.
    pub id: String,
    /// What it does, in a few words.
    pub title: String,
    /// When one needs it and what it does beyond the commands.
    pub why: String,
    /// The section of the documentation that it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// What is hit if it goes wrong or while it runs, in one sentence. May hold slots of the profile.
    pub blast_radius: Template,
    /// What the operator must answer before it begins.
    pub confirm: Confirm,
    /// Whether it changes anything; a runbook that does not say so counts as writing.
    #[serde(default = "yes")]
    pub writes: bool,
    /// What is asked before the plan stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    /// What the operator's token must be allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<Access>,
    /// What must hold before it begins, and while it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<Requirement>,
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// How the end differs from the end of the documented commands, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends_differently: Vec<String>,
}

/// What the operator must answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confirm {
    /// Nothing: it only reads.
    #[default]
    None,
    /// Yes.
    Yes,
    /// The deployment's name, typed: it disturbs or destroys.
    Typed,
}

impl fmt::Display for Confirm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "none",
            Self::Yes => "yes",
            Self::Typed => "the deployment's name, typed",
        })
    }
}

impl Confirm {
    /// What an action asks for on a deployment that may want every write confirmed by its name.
    #[must_use]
    pub fn on(self, habits: Habits) -> Self {
        if habits.confirm_by_name && self == Self::Yes { Self::Typed } else { self }
    }
}

/// Something that must hold before the run begins; while it runs it is looked at again before each writing step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// What must hold.
    pub condition: Condition,
    /// Why.
    pub why: String,
    /// The step that ends it: from then on the run itself has changed it. Never ends when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Only when these hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<When>,
}

impl Requirement {
    /// In words, with those slots filled that have a value.
    pub fn sentence<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> String {
        let condition = reading::known(&self.condition.sentence().as_str().into(), value);
        let until = self.until.as_ref().map(|step| format!(" (until `{step}`)")).unwrap_or_default();
        let when: Vec<_> = self.when.iter().map(When::sentence).collect();
        let when =
            if when.is_empty() { String::new() } else { format!(" (only if {})", when.join(", and ")) };
        format!("{condition}{until}{when}: {}", self.why)
    }
}

impl Runbook {
    /// Reads a runbook from its file's text.
    ///
    /// # Errors
    /// Trouble when the text is not TOML, or says something that no runbook says.
    pub fn read(text: &str) -> Result<Self, Trouble> {
        toml::from_str(text).map_err(|error| misunderstood(&error, text))
    }

    /// All that is wrong with it, together; nothing when it can be run.
    pub fn faults(&self) -> Vec<Trouble> {
        fault::all(self)
    }

    /// A step by its id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// Every question of it, those of its steps included.
    pub fn questions(&self) -> impl Iterator<Item = &Input> {
        self.inputs.iter().chain(self.steps.iter().flat_map(|step| &step.inputs))
    }

    /// Everything that it says before its steps, with those slots filled that have a value.
    pub fn rows<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> Vec<Row> {
        let row = |label, text: String| Row { label, text, verbatim: false };
        let mut rows = vec![row("why", self.why.trim().replace('\n', " "))];
        rows.extend(self.section.as_ref().map(|section| row("follows", format!("\"{section}\""))));
        rows.push(row("hits", reading::known(&self.blast_radius, value)));
        rows.push(row("confirm", self.confirm.to_string()));
        rows.extend(self.inputs.iter().map(|input| row("asks", reading::question(input, value))));
        rows.extend(self.access.iter().map(|access| {
            let path = reading::known(&access.path, value);
            let when: Vec<_> = access.when.iter().map(When::sentence).collect();
            let when =
                if when.is_empty() { String::new() } else { format!(" (only if {})", when.join(", and ")) };
            row("may", format!("{} {path}{when}: {}", access.capabilities.join(", "), access.why))
        }));
        rows.extend(self.requires.iter().map(|requirement| row("requires", requirement.sentence(value))));
        rows
    }

    /// Steps that cannot be undone, each with the reason.
    pub fn irreversible(&self) -> impl Iterator<Item = (&Step, &str)> {
        self.steps.iter().filter_map(|step| Some((step, step.irreversible.as_deref()?)))
    }

    /// Whether any of it is done host by host or on several hosts at once.
    pub fn visits_hosts(&self) -> bool {
        self.steps.iter().any(|step| step.pace() != Pace::Once)
    }

    /// Sections of the documentation whose commands it carries.
    pub fn sections(&self) -> BTreeSet<&str> {
        let steps = self.steps.iter().filter_map(|step| Some(step.documented.as_ref()?.section.as_str()));
        steps.chain(self.section.as_deref()).collect()
    }
}

/// Where and what; `serde` lists the keys it knows, and the nearest of them is the likely one.
fn misunderstood(error: &toml::de::Error, text: &str) -> Trouble {
    let line = error.span().and_then(|span| Some(text.get(..span.start)?.matches('\n').count() + 1));
    let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
    let message = error.message().trim_end().replace('\n', ", ");
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.split_first() {
        Some((key, known)) if message.starts_with("unknown field") => {
            let near = |name: &&&str| strsim::jaro_winkler(name, key);
            let nearest = known.iter().max_by(|one, other| near(one).total_cmp(&near(other)));
            let trouble = Trouble::new(format!("{place}unknown key `{key}`"));
            nearest.map_or(trouble.clone(), |nearest| trouble.hint(format!("did you mean `{nearest}`?")))
        }
        _ => Trouble::new(format!("{place}{message}")),
    }
}

fn yes() -> bool {
    true
}
