//! What is wrong with a runbook, all of it together: whoever writes one mends it in one go.

mod step;

use std::collections::{BTreeMap, BTreeSet};

use super::input::matches_whole;
use super::{
    Condition, Confirm, Input, Kind, PROFILE_SLOTS, Pace, RUN_SLOTS, Runbook, Step, When, is_secret_name,
    is_slot_name,
};
use crate::model::command::Template;
use crate::model::finding;
use crate::model::trouble::Trouble;

/// Every fault of a runbook, in the order of its text.
pub(super) fn all(runbook: &Runbook) -> Vec<Trouble> {
    let mut search = Search::new(runbook);
    search.heading();
    for index in 0..runbook.steps.len() {
        search.step(index);
    }
    search.faults
}

struct Search<'a> {
    runbook: &'a Runbook,
    /// Slots and secrets that are filled before the step in hand, each with whether it is one per host.
    filled: BTreeMap<&'a str, Filler>,
    /// Names that any step fills, to tell too early from never.
    ever: BTreeSet<&'a str>,
    faults: Vec<Trouble>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Filler {
    Once,
    PerHost,
}

impl<'a> Search<'a> {
    fn new(runbook: &'a Runbook) -> Self {
        let given = PROFILE_SLOTS.iter().chain(RUN_SLOTS).map(|(name, _)| *name);
        let given = given.filter(|name| !matches!(*name, "host" | "item" | "file"));
        let ever = runbook.questions().map(|input| input.name.as_str());
        let ever = ever.chain(runbook.steps.iter().flat_map(Step::fills)).collect();
        Self { runbook, filled: given.map(|name| (name, Filler::Once)).collect(), ever, faults: Vec::new() }
    }

    fn heading(&mut self) {
        let runbook = self.runbook;
        if !is_id(&runbook.id) {
            self.say(
                "",
                format!("`{}` is no name of a runbook", runbook.id),
                "use small letters, digits and hyphens",
            );
        }
        if runbook.steps.is_empty() {
            self.say("", "there are no steps", "write at least one [[steps]]");
        }
        for (what, text) in [("title", &runbook.title), ("why", &runbook.why)] {
            if text.trim().is_empty() {
                self.say("", format!("`{what}` is empty"), "an operator reads it before anything runs");
            }
        }
        if runbook.writes && runbook.confirm == Confirm::None {
            self.say(
                "",
                "it writes and asks for no confirmation",
                "set confirm = \"yes\" or \"typed\", or writes = false",
            );
        }
        let mut seen = BTreeSet::new();
        for step in &runbook.steps {
            if !seen.insert(&step.id) {
                self.say(&step.id, "two steps have this id", "give each its own");
            }
        }
        self.look_alikes();
        self.inputs("", &runbook.inputs);
        self.template("", "blast_radius", &runbook.blast_radius, Pace::Once);
        for access in &runbook.access {
            self.template("", "access", &access.path, Pace::Once);
            self.whens("", &access.when, Pace::Once);
        }
        for requirement in &runbook.requires {
            self.requirement(requirement);
        }
    }

    /// Names that differ in capitals only: a reader mixes them up, and a script has one variable for both.
    fn look_alikes(&mut self) {
        let given = PROFILE_SLOTS.iter().chain(RUN_SLOTS).map(|(name, _)| *name);
        let plain: BTreeSet<&str> =
            given.chain(self.ever.iter().copied()).filter(|name| is_slot_name(name)).collect();
        let secrets: Vec<&str> = self.ever.iter().copied().filter(|name| is_secret_name(name)).collect();
        for secret in secrets.into_iter().filter(|secret| plain.contains(secret.to_lowercase().as_str())) {
            let what =
                format!("the secret `{secret}` and `{}` differ in capitals only", secret.to_lowercase());
            self.say("", what, "give the secret another name");
        }
    }

    /// A requirement may name what a step captures: it is not looked at before that.
    fn requirement(&mut self, requirement: &'a super::Requirement) {
        for name in requirement.condition.slots() {
            if !self.filled.contains_key(name) && !self.ever.contains(name) {
                self.unfilled("", "requires", name);
            }
        }
        self.condition_itself("", &requirement.condition);
        self.whens("", &requirement.when, Pace::Once);
        if let Some(until) = &requirement.until {
            self.step_named("", "until", until);
        }
    }

    fn condition(&mut self, id: &str, condition: &'a Condition, pace: Pace) {
        for name in condition.slots() {
            self.used(id, name, pace);
        }
        for name in condition.secrets() {
            self.say(id, format!("the secret `{name}` stands in a condition"), "use a plain slot");
        }
        self.condition_itself(id, condition);
    }

    /// What can be wrong with a condition apart from its slots.
    fn condition_itself(&mut self, id: &str, condition: &Condition) {
        if let Some(since) = condition.since() {
            self.step_named(id, "since", since);
        }
        if let Condition::RuleQuiet { rule } = condition
            && !finding::rules().any(|known| known.id == *rule)
        {
            self.say(id, format!("there is no rule {rule}"), "`vaultdeck check --format json` lists them");
        }
    }

    fn template(&mut self, id: &str, part: &str, template: &'a Template, pace: Pace) {
        for name in template.slots() {
            self.used(id, name, pace);
        }
        for name in template.secrets() {
            self.say(id, format!("the secret `{name}` stands in `{part}`"), "use a plain slot");
        }
    }

    fn whens(&mut self, id: &str, whens: &'a [When], pace: Pace) {
        for when in whens {
            if when.is.is_empty() && when.is_not.is_empty() {
                self.say(id, format!("`when` says nothing of `{}`", when.slot), "set `is` or `is_not`");
            }
            self.used(id, &when.slot, pace);
            for template in when.is.iter().chain(&when.is_not) {
                self.template(id, "when", template, pace);
            }
        }
    }

    fn inputs(&mut self, id: &str, inputs: &'a [Input]) {
        for input in inputs {
            self.input(id, input);
            // two ways to the same secret are fine: present or generated
            let fresh = self.filled.insert(&input.name, Filler::Once).is_none();
            if !fresh && !input.is_secret() && input.name != "hosts" {
                self.say(
                    id,
                    format!("the input `{}` takes a name that is already filled", input.name),
                    "give it another",
                );
            }
        }
    }

    fn input(&mut self, id: &str, input: &'a Input) {
        self.named(id, &input.name);
        let name = &input.name;
        if is_secret_name(name) != input.is_secret() {
            self.say(
                id,
                format!("the name `{name}` does not fit its kind"),
                "capitals for a secret, small letters else",
            );
        }
        if (input.kind == Kind::Choice) == input.choices.is_empty() {
            self.say(
                id,
                format!("`{name}` and its choices do not fit"),
                "a choice has `choices`, nothing else has",
            );
        }
        if input.is_secret() && input.default.is_some() {
            self.say(id, format!("the secret `{name}` has a default"), "leave it out");
        }
        if let Some(default) = &input.default {
            self.template(id, "default", default, Pace::Once);
            if default.slots().is_empty()
                && !matches!(input.kind, Kind::Host | Kind::Hosts)
                && let Err(trouble) = input.check(&default.to_string(), &[])
            {
                self.say(
                    id,
                    format!("the default of `{name}` is refused: {}", trouble.sentence()),
                    "mend one of them",
                );
            }
        }
        if let Some(Err(trouble)) = input.pattern.as_ref().map(|pattern| matches_whole(pattern, "")) {
            self.say(id, trouble.sentence(), "mend the regular expression");
        }
        self.whens(id, &input.when, Pace::Once);
    }

    fn named(&mut self, id: &str, name: &str) {
        if !is_slot_name(name) && !is_secret_name(name) {
            self.say(
                id,
                format!("`{name}` is no name of a slot"),
                "write `new_version`, or `NEW_PASSWORD` for a secret",
            );
        }
        if PROFILE_SLOTS.iter().chain(RUN_SLOTS).any(|(given, _)| *given == name)
            && !matches!(name, "host" | "hosts")
        {
            self.say(id, format!("`{name}` is filled by the profile or the run"), "give it another name");
        }
    }

    fn fill(&mut self, name: &'a str, pace: Pace) {
        let filler = if pace == Pace::Once { Filler::Once } else { Filler::PerHost };
        self.filled.insert(name, filler);
    }

    fn used(&mut self, id: &str, name: &str, pace: Pace) {
        match self.filled.get(name) {
            Some(Filler::PerHost) if pace == Pace::Once => {
                let what = format!("`{name}` is captured for each host and used once");
                self.say(id, what, "use it in a step that visits hosts");
            }
            Some(_) => {}
            None if name == "host" && pace != Pace::Once => {}
            None => self.unfilled(id, "it", name),
        }
    }

    fn unfilled(&mut self, id: &str, part: &str, name: &str) {
        let used = if part == "it" { String::new() } else { format!(" in `{part}`") };
        if self.ever.contains(name) {
            self.say(
                id,
                format!("`{name}` is used{used} before it is filled"),
                "move the step that fills it up",
            );
            return;
        }
        let known = self
            .filled
            .keys()
            .copied()
            .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
        let hint = known.map_or_else(String::new, |known| format!("did you mean `{known}`?"));
        self.say(id, format!("nothing fills `{name}`{used}"), &hint);
    }

    fn step_named(&mut self, id: &str, part: &str, other: &str) {
        if self.runbook.step(other).is_none() {
            self.say(
                id,
                format!("`{part}` names a step `{other}` that is not there"),
                "name one of the steps",
            );
        }
    }

    fn say(&mut self, step: &str, what: impl std::fmt::Display, hint: &str) {
        let place = if step.is_empty() { String::new() } else { format!(", step {step}") };
        let trouble = Trouble::new(format!("runbook {}{place}: {what}", self.runbook.id));
        self.faults.push(if hint.is_empty() { trouble } else { trouble.hint(hint) });
    }
}

fn is_id(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|character| matches!(character, 'a'..='z' | '0'..='9' | '-'))
}
