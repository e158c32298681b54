//! What can be wrong with one step: its nature, its command, its answer, its check, how it is taken back.

use super::super::input::matches_whole;
use super::super::{Act, Capture, Check, Expect, Pace, Place, Recall, Step, is_secret_name};
use super::{Search, is_id};
use crate::model::command::{CommandLine, Route, Word};

impl<'a> Search<'a> {
    pub(super) fn step(&mut self, index: usize) {
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
        if let Some(condition) = &step.asserts {
            self.condition(id, condition, pace);
        }
        for undo in &step.undo {
            self.act(id, &step.undo_act(undo), pace);
            self.whens(id, &undo.when, pace);
            if let Some(until) = &undo.until {
                self.step_named(id, "until", until);
            }
            if let Some(other) = &undo.undone_with {
                self.step_named(id, "undone_with", other);
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
            self.lacks_command(step);
        }
        if step.asserts.is_some() && (step.writes || step.command.is_some() || step.waits_for.is_some()) {
            self.say(
                id,
                "an assertion does more than look",
                "set writes = false, without `command` or `waits_for`",
            );
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

    /// What a step without a command must have instead, and may not have.
    fn lacks_command(&mut self, step: &Step) {
        let id = step.id.as_str();
        let does = !step.generate.is_empty() || step.awaited().is_some() || !step.inputs.is_empty();
        if !does && step.reveal.is_none() {
            self.say(id, "it does nothing", "give it a command, or something to ask, generate or wait for");
        }
        if step.stdin.is_some() || step.file.is_some() || !step.capture.is_empty() || step.expect.is_some() {
            self.say(id, "it has parts of a command and no command", "set `command`");
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
        if act.command.route() == Route::Postgres && !act.command.secrets().is_empty() {
            let hint = "give it in a `file` with passfile = [...], and passfile={file} in the connection";
            self.say(id, "a secret stands in the arguments of psql, which a script could not keep", hint);
        }
        let carries = act.stdin.into_iter().chain(act.file).any(|content| !content.secrets().is_empty());
        if carries && prints_differences(act.command) {
            self.say(id, "`--diff` would print the secrets of this play", "leave it out");
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

    fn expectations(&mut self, step: &'a Step, expect: Option<&'a Expect>, pace: Pace) {
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
}

/// Whether it is a play that shows what it changes: `--diff`, as far as ansible completes it, or `-D`, also among others.
fn prints_differences(line: &CommandLine) -> bool {
    let shows = |word: &str| {
        let short = word.strip_prefix('-').filter(|flags| flags.chars().all(|flag| "CDKbkv".contains(flag)));
        word.starts_with("--di") || short.is_some_and(|flags| flags.contains('D'))
    };
    line.program().starts_with("ansible") && line.words().iter().filter_map(Word::as_text).any(shows)
}
