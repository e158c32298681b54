//! What is wrong with a runbook, all of it together: whoever writes one mends it in one go.

use std::collections::{BTreeMap, BTreeSet};

use super::input::matches_whole;
use super::{
    Act, Capture, Check, Condition, Confirm, Input, Kind, PROFILE_SLOTS, Pace, Place, RUN_SLOTS, Recall,
    Runbook, Step, When, is_secret_name, is_slot_name,
};
use crate::model::command::{Route, Template};
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

    fn step(&mut self, index: usize) {
        let runbook = self.runbook;
        let step = &runbook.steps[index];
        let id = step.id.as_str();
        let pace = step.pace();
        self.nature(step);
        self.whens(id, &step.when, pace);
        self.inputs(id, &step.inputs);
        for (name, made) in &step.generate {
            self.made(id, name, made.length);
            self.fill(name, pace);
            self.recall(step, made.recall.as_ref());
        }
        if let Some(act) = step.act() {
            self.act(id, &act, pace);
        }
        self.items(step);
        self.expectations(step, step.expect.as_ref(), pace);
        for (name, capture) in &step.capture {
            self.capture(id, name, capture, step.pace());
        }
        // a check is asked when the step's own answer was never seen
        if let Some(check) = &step.check {
            self.check(step, check);
        }
        for name in step.fills() {
            self.fill(name, pace);
        }
        for capture in step.capture.values() {
            self.recall(step, capture.recall.as_ref());
        }
        if let Some(wait) = &step.waits_for {
            self.condition(id, &wait.condition, pace);
        }
        for undo in &step.undo {
            self.act(id, &step.undo_act(undo), pace);
            self.whens(id, &undo.when, pace);
            if let Some(until) = &undo.until {
                self.step_named(id, "until", until);
            }
            if let Some(wait) = &undo.waits_for {
                self.condition(id, &wait.condition, pace);
            }
        }
        for other in &step.on_refusal {
            self.undoable(index, other);
        }
        if let Some(reveal) = &step.reveal
            && !self.filled.contains_key(reveal.secret.as_str())
        {
            self.unfilled(id, "reveal", &reveal.secret);
        }
    }

    /// What a step is, apart from its slots.
    fn nature(&mut self, step: &Step) {
        let id = step.id.as_str();
        if !is_id(id) {
            self.say(id, "this is no name of a step", "use small letters, digits and hyphens");
        }
        if step.documented.is_some() && step.added.is_some() {
            self.say(
                id,
                "it comes from the documentation and is added",
                "set one of `documented` and `added`",
            );
        }
        if step.command.is_none() {
            let does = !step.generate.is_empty() || step.waits_for.is_some() || !step.inputs.is_empty();
            if !does && step.reveal.is_none() {
                self.say(
                    id,
                    "it does nothing",
                    "give it a command, or something to ask, generate or wait for",
                );
            }
            if step.stdin.is_some()
                || step.file.is_some()
                || !step.capture.is_empty()
                || step.expect.is_some()
            {
                self.say(id, "it has parts of a command and no command", "set `command`");
            }
        }
        if step.writes && step.command.is_some() {
            self.writing(step);
        }
        if step.writes && !self.runbook.writes {
            self.say(
                id,
                "it writes in a runbook that does not",
                "set writes = false here, or writes = true there",
            );
        }
        if step.place == Some(Place::EachHost) && step.per_host == Some(Pace::Once) {
            self.say(id, "it is on each host and once", "leave out `per_host`, or name another `where`");
        }
        if step.place == Some(Place::OneHost) && self.runbook.questions().all(|input| input.name != "host") {
            self.say(id, "it is on one host and nobody says which", "ask for an input named `host`");
        }
        if step.repeat.is_some() && (step.writes || step.expect.is_none()) {
            self.say(
                id,
                "only a reading command that expects an answer is repeated",
                "set `expect` and writes = false",
            );
        }
        if step.timeout_seconds == 0 {
            self.say(id, "it has no time", "set timeout_seconds above 0");
        }
    }

    fn writing(&mut self, step: &Step) {
        let id = step.id.as_str();
        match (step.undo.is_empty(), step.irreversible.is_some()) {
            (true, false) => self.say(
                id,
                "it writes and cannot be undone",
                "add `undo`, or say why not: irreversible = \"...\"",
            ),
            (false, true) => self.say(id, "it has an `undo` and is irreversible", "keep one of them"),
            _ => {}
        }
        if step.check.is_none() {
            let hint = "add `check`: a command and its answer, or again = \"why twice is harmless\"";
            self.say(id, "nothing tells whether it happened when its end was not seen", hint);
        }
    }

    fn act(&mut self, id: &str, act: &Act<'a>, pace: Pace) {
        if act.place == Place::Process && act.command.route() == Route::Child {
            let hint = "only vault, aws rds, aws sts and psql are; set where = \"control-host\"";
            self.say(id, format!("`{}` cannot be carried out in this process", act.command.program()), hint);
        }
        if act.place != Place::Process || act.command.route() == Route::Child {
            for secret in act.command.secrets() {
                let hint = "give it as `stdin`, or in a `file` whose path is `{file}`";
                self.say(
                    id,
                    format!("the secret `${{{secret}}}` stands in the arguments of a process"),
                    hint,
                );
            }
        }
        if act.command.has_word("--diff") || act.command.has_word("-D") {
            let carries = act.file.is_some_and(|file| !file.secrets().is_empty())
                || act.stdin.is_some_and(|stdin| !stdin.secrets().is_empty());
            if carries && act.command.program().starts_with("ansible") {
                self.say(id, "`--diff` would print the secrets of this play", "leave it out");
            }
        }
        if act.command.slots().contains("file") != act.file.is_some() {
            self.say(id, "`{file}` and the step's `file` go together", "set both or neither");
        }
        if act.directory.is_some_and(|directory| !directory.secrets().is_empty()) {
            self.say(id, "a secret stands in the name of a folder", "use a plain slot");
        }
        for name in act.slots().into_iter().chain(act.secrets()) {
            if !matches!(name, "file" | "item") {
                self.used(id, name, pace);
            }
        }
    }

    /// `{item}` and `for_each` go together.
    fn items(&mut self, step: &'a Step) {
        let id = step.id.as_str();
        let uses_item = step.act().is_some_and(|act| act.slots().contains("item"));
        if uses_item != step.for_each.is_some() {
            self.say(id, "`{item}` and `for_each` go together", "set both or neither");
        }
        if let Some(list) = &step.for_each {
            self.used(id, list, step.pace());
        } else if step.capture.values().any(|capture| capture.kept) {
            self.say(id, "a capture that is `kept` has nothing to choose from", "set `for_each`");
        }
    }

    fn check(&mut self, step: &'a Step, check: &'a Check) {
        let id = step.id.as_str();
        let ways = [check.again.is_some(), check.command.is_some(), check.condition.is_some()];
        if ways.into_iter().filter(|set| *set).count() != 1 {
            self.say(id, "its check must have one way", "set one of `again`, `command` and `condition`");
        }
        if check.command.is_some() != check.done.is_some() {
            self.say(id, "the command of its check and `done` go together", "say what the answer must be");
        }
        if check.found.is_some() && check.condition.is_none() {
            self.say(id, "`found` is what a condition finds", "use `capture` for a command");
        }
        if check.again.is_none() {
            for name in step.capture.keys().filter(|name| !is_secret_name(name)) {
                if !check.capture.contains_key(name) && check.found.as_ref() != Some(name) {
                    let hint = "let the check capture it too";
                    self.say(id, format!("`{name}` would not be known after its check"), hint);
                }
            }
        }
        if let Some(act) = step.check_act() {
            self.act(id, &act, step.pace());
        }
        for expect in [&check.done, &check.undone] {
            self.expectations(step, expect.as_ref(), step.pace());
        }
        for (name, capture) in &check.capture {
            self.capture(id, name, capture, step.pace());
        }
        if let Some(condition) = &check.condition {
            self.condition(id, condition, step.pace());
        }
    }

    fn expectations(&mut self, step: &'a Step, expect: Option<&'a super::Expect>, pace: Pace) {
        let Some(expect) = expect else { return };
        if expect.is_empty() {
            self.say(&step.id, "it expects nothing", "say what the answer is, contains or lacks");
        }
        for template in expect.templates() {
            self.template(&step.id, "expect", template, pace);
        }
        if let Some(Err(trouble)) = expect.matches.as_ref().map(|pattern| matches_whole(pattern, "")) {
            self.say(&step.id, trouble.sentence(), "mend the regular expression");
        }
    }

    fn capture(&mut self, id: &str, name: &str, capture: &'a Capture, pace: Pace) {
        for template in capture.pointer.iter().chain(&capture.says) {
            self.template(id, "capture", template, pace);
        }
        if capture.ways() != 1 {
            let hint = "set one of `output`, `pointer`, `pattern`, `says`, `succeeded`, `exists` and `kept`";
            self.say(id, format!("the capture `{name}` must have one way"), hint);
        }
        if let Some(Err(trouble)) = capture.pattern.as_ref().map(|pattern| matches_whole(pattern, "")) {
            self.say(id, trouble.sentence(), "mend the regular expression");
        }
        let pointer = capture.pointer.as_ref().map(ToString::to_string).unwrap_or_default();
        if !pointer.is_empty() && !pointer.starts_with('/') {
            self.say(
                id,
                format!("the pointer of `{name}` does not begin with /"),
                "write it as /data/version",
            );
        }
        if is_secret_name(name) && capture.default.is_some() {
            self.say(id, format!("the secret `{name}` has a default"), "leave it out");
        }
        if !is_secret_name(name) && capture.recall.is_some() {
            self.say(
                id,
                format!("the plain capture `{name}` has a recall"),
                "it is written down; leave `recall` out",
            );
        }
        self.named(id, name);
    }

    fn recall(&mut self, step: &'a Step, recall: Option<&'a Recall>) {
        let Some(recall) = recall else { return };
        let id = step.id.as_str();
        if let Some(kept_by) = &recall.kept_by {
            self.step_named(id, "kept_by", kept_by);
        }
        let act = step.recall_act(recall);
        if !act.secrets().is_empty() {
            self.say(id, "a recalling command needs a secret itself", "use plain slots");
        }
        // it is carried out after the step that stores the secret, when later captures stand too
        for name in act.slots() {
            if !self.filled.contains_key(name) && !self.ever.contains(name) {
                self.unfilled(id, "recall", name);
            }
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

    fn made(&mut self, id: &str, name: &str, length: usize) {
        self.named(id, name);
        if !is_secret_name(name) {
            self.say(
                id,
                format!("what is generated is a secret, and `{name}` is a plain name"),
                "write it in capitals",
            );
        }
        if length < 16 {
            self.say(id, format!("`{name}` would be guessed"), "make it 16 characters or longer");
        }
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

    fn undoable(&mut self, index: usize, other: &str) {
        let runbook = self.runbook;
        let id = &runbook.steps[index].id;
        match runbook.steps.iter().position(|step| step.id == other) {
            None => self.step_named(id, "on_refusal", other),
            Some(place) if place >= index => {
                self.say(
                    id,
                    format!("`on_refusal` names `{other}`, which comes later"),
                    "name steps before this one",
                );
            }
            Some(place) if runbook.steps[place].undo.is_empty() => {
                self.say(
                    id,
                    format!("`on_refusal` names `{other}`, which has no undo"),
                    "give that step an `undo`",
                );
            }
            Some(_) => {}
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
