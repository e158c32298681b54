//! One step of a script: a comment that says what and why, then asking, generating, acting, looking at the answer, waiting.

use std::collections::BTreeSet;

use super::outcome::tolerance;
use super::words::{Safe, single_quoted, variable};
use super::{Script, condition};
use crate::model::command::Template;
use crate::model::runbook::{Act, Documented, Origin, Pace, Place, Step, When};

impl Script<'_> {
    /// A step that is done once.
    pub(super) fn step(&mut self, step: &Step) {
        self.introduce(step);
        self.when(&step.when, |script| script.body(step));
        self.blank();
    }

    /// Neighbouring steps that are all done on one host before the next one's turn.
    pub(super) fn on_each_host(&mut self, block: &[Step]) {
        self.line("NUMBER=0");
        self.line("for HOST in $(hosts); do");
        self.depth += 1;
        self.line("NUMBER=$((NUMBER + 1))");
        self.host_values();
        for step in block {
            self.step(step);
        }
        self.depth -= 1;
        self.line("done");
        self.line("HOST='' NUMBER=''");
    }

    /// A step that is done on all hosts: at the same time where nothing is taken from its answer.
    pub(super) fn together(&mut self, step: &Step) {
        let parallel = step.capture.is_empty() && step.command.is_some() && step.waits_for.is_some();
        if !parallel {
            return self.on_each_host(std::slice::from_ref(step));
        }
        self.introduce(step);
        let acting = Step { waits_for: None, ..step.clone() };
        let waiting =
            Step { command: None, stdin: None, file: None, expect: None, check: None, ..step.clone() };
        self.when(&step.when, |script| {
            script.line(format!("say '{} on all hosts'", step.id));
            script.since_on_hosts(step);
            script.line("RUNNING='' NUMBER=0");
            script.line("for HOST in $(hosts); do");
            script.depth += 1;
            script.line("NUMBER=$((NUMBER + 1))");
            script.line("(");
            script.depth += 1;
            script.act_of(&acting);
            script.depth -= 1;
            script.line(") & RUNNING=\"$RUNNING $!\"");
            script.depth -= 1;
            script.line("done");
            script.line("HOST='' NUMBER=''");
            script.line(format!("for PROCESS in $RUNNING; do wait \"$PROCESS\" || die {}; done", step.id));
            script.wait(&waiting);
        });
        self.blank();
    }

    fn since_on_hosts(&mut self, step: &Step) {
        if !self.counts(step) {
            return;
        }
        self.line("NUMBER=0");
        self.line("for HOST in $(hosts); do");
        self.line(format!("  NUMBER=$((NUMBER + 1)); since {}", step.id.replace('-', "_")));
        self.line("done");
        self.line("HOST='' NUMBER=''");
    }

    fn introduce(&mut self, step: &Step) {
        let title = self.filled(&step.title);
        self.comment(&format!("{}: {title}", step.id));
        match step.origin() {
            Origin::Documented(Documented { section, changed, .. }) => {
                let changed = changed.as_ref().map(|why| format!("; {why}")).unwrap_or_default();
                self.comment(&format!("  documented in \"{section}\"{changed}"));
            }
            Origin::Added(reason) => self.comment(&format!("  added: {reason}")),
            Origin::Own => {}
        }
        self.comment(&format!("  {}", step.why.replace('\n', "\n  ")));
    }

    fn body(&mut self, step: &Step) {
        let on = if step.pace() == Pace::Once { "" } else { " on $HOST" };
        self.line(format!("say \"{}{on}\"", step.id));
        for input in &step.inputs {
            if input.is_secret() {
                let pattern = single_quoted(input.pattern.as_deref().unwrap_or("(?s).+"));
                self.line(format!("ask {} {} {pattern}", input.name, single_quoted(&input.title)));
            }
        }
        for (name, made) in &step.generate {
            self.line(format!("{name}=$(random {})", made.length));
        }
        if self.counts(step) {
            self.line(format!("since {}", step.id.replace('-', "_")));
        }
        self.act_of(step);
        self.wait(step);
        self.assertion(step);
        if step.reveal.is_some() {
            self.line("unasked 'a script shows no secret'");
        }
    }

    /// Whether some condition counts from this step's beginning.
    fn counts(&self, step: &Step) -> bool {
        let waits = self.runbook.steps.iter().filter_map(|other| other.waits_for.as_ref());
        let undos = self
            .runbook
            .steps
            .iter()
            .flat_map(|other| &other.undo)
            .filter_map(|undo| undo.waits_for.as_ref());
        waits.chain(undos).any(|wait| wait.condition.since() == Some(step.id.as_str()))
    }

    fn act_of(&mut self, step: &Step) {
        let Some(act) = step.act() else { return };
        if let Some(list) = &step.for_each {
            return self.each_item(step, &act, list);
        }
        if let (Some(repeat), Some(expect)) = (&step.repeat, &step.expect) {
            self.line(format!("deadline=$(($(date +%s) + {}))", repeat.deadline_seconds));
            self.line("while :; do");
            self.depth += 1;
            self.carry_out(step, &act);
            let expectation = self.expectation(expect);
            self.line(format!("if {expectation}; then break; fi"));
            let late = step
                .skippable
                .as_ref()
                .map_or_else(|| failure(step), |_| format!("{{ {}; break; }}", failure(step)));
            self.line(format!("[ \"$(date +%s)\" -lt \"$deadline\" ] || {late}"));
            self.line(format!("sleep {}", repeat.every_seconds));
            self.depth -= 1;
            self.line("done");
        } else {
            self.carry_out(step, &act);
            self.look_at_answer(step);
        }
        self.captures(step);
    }

    fn look_at_answer(&mut self, step: &Step) {
        let expectation = step.expect.as_ref().map(|expect| self.expectation(expect));
        let success = expectation.unwrap_or_else(|| "[ \"$STATUS\" -eq 0 ]".to_owned());
        let tolerance = tolerance(step);
        if tolerance.as_deref() == Some("true") {
            return;
        }
        let accepted =
            tolerance.map_or_else(|| success.clone(), |tolerance| format!("{{ {success}; }} || {tolerance}"));
        if step.on_refusal.is_empty() {
            let failure = failure(step);
            return self.line(format!("{accepted} || {failure}"));
        }
        self.line(format!("if ! {{ {accepted}; }}; then"));
        self.depth += 1;
        self.line(format!("definitely || hold '{}: no answer; it may have happened'", step.id));
        self.line("REFUSED=$ERR");
        self.take_back(step);
        self.line("ERR=$REFUSED");
        self.line(format!("die '{}: refused; what it rests on is taken back'", step.id));
        self.depth -= 1;
        self.line("fi");
    }

    /// A definite refusal takes the named steps back.
    fn take_back(&mut self, step: &Step) {
        let runbook = self.runbook;
        for other in step.on_refusal.iter().filter_map(|id| runbook.step(id)) {
            for undo in &other.undo {
                self.line(format!("say {}", single_quoted(&format!("taking back {}", other.id))));
                let act = other.undo_act(undo);
                self.when(&undo.when, |script| {
                    script.command(&act, false);
                    script.line(format!("[ \"$STATUS\" -eq 0 ] || hold 'cannot take back {}'", other.id));
                });
            }
        }
    }

    fn each_item(&mut self, step: &Step, act: &Act<'_>, list: &str) {
        let kept = step.capture.iter().find(|(_, capture)| capture.kept).map(|(name, _)| variable(name));
        if kept.is_some() {
            self.line("KEPT=''");
        }
        self.line(format!("for ITEM in $(items \"${{{}}}\"); do", variable(list)));
        self.depth += 1;
        self.carry_out(step, act);
        match (&kept, &step.expect) {
            (Some(_), Some(expect)) => {
                let expectation = self.expectation(expect);
                self.line(format!("if {expectation}; then KEPT=\"${{KEPT:+$KEPT,}}$ITEM\"; fi"));
            }
            _ => self.look_at_answer(step),
        }
        self.depth -= 1;
        self.line("done");
        if let Some(name) = kept {
            self.line(format!("{name}=$KEPT"));
            self.line(format!("told {} {name}", single_quoted(&name.to_lowercase())));
            if step.pace() != Pace::Once {
                self.line(format!("keep {name}"));
            }
        }
    }

    fn carry_out(&mut self, step: &Step, act: &Act<'_>) {
        let json = step.capture.values().any(|capture| capture.pointer.is_some())
            || step.expect.as_ref().is_some_and(|expect| expect.pointer.is_some());
        self.command(act, json);
    }

    /// Input, file, command, and the file gone again.
    fn command(&mut self, act: &Act<'_>, json: bool) {
        let Safe { words, input, file } = self.safe(act, json);
        if let Some(input) = input {
            self.line(format!("INPUT=$({input})"));
        }
        if let Some(file) = &file {
            self.line("FILE=$RAM/file");
            self.line(format!("{file} >\"$FILE\""));
        }
        let line = self.placed(act, &words.join(" "));
        self.line(line);
        if file.is_some() {
            self.line("rm -f \"$FILE\"");
        }
    }

    fn placed(&self, act: &Act<'_>, words: &str) -> String {
        let folder = act.directory.map(|directory| self.text(directory));
        match act.place {
            Place::OneHost | Place::EachHost => {
                format!("answer on_host {} {words}", folder.unwrap_or_else(|| "''".to_owned()))
            }
            Place::Process | Place::ControlHost => match folder {
                Some(folder) if act.place == Place::ControlHost => {
                    format!("answer in_folder {folder} {words}")
                }
                _ => format!("answer {words}"),
            },
        }
    }

    fn wait(&mut self, step: &Step) {
        let Some(wait) = &step.waits_for else { return };
        let words = self.text(&wait.condition.sentence().as_str().into());
        let line = match condition::call(&wait.condition, self) {
            Some(call) => {
                let failure = failure(step);
                format!("wait_until {} {words} {call} || {failure}", wait.deadline_seconds)
            }
            None => format!("unasked {words}"),
        };
        self.line(line);
    }

    /// An assertion that does not hold is counted, and the script goes on.
    fn assertion(&mut self, step: &Step) {
        let Some(condition) = &step.asserts else { return };
        let words = self.text(&condition.sentence().as_str().into());
        let line = match condition::call(condition, self) {
            Some(call) => {
                format!("if {call} </dev/null; then say \"    holds: \"{words}; else unmet {words}; fi")
            }
            None => format!("unasked {words}"),
        };
        self.line(line);
    }

    fn host_values(&mut self) {
        let steps = self.runbook.steps.iter().filter(|step| step.pace() != Pace::Once);
        let names: BTreeSet<String> =
            steps.flat_map(|step| step.capture.keys()).map(|name| variable(name)).collect();
        if !names.is_empty() {
            self.line(format!("host_values {}", names.into_iter().collect::<Vec<_>>().join(" ")));
        }
    }

    /// Lines that are carried out only when these hold.
    pub(super) fn when(&mut self, whens: &[When], lines: impl FnOnce(&mut Self)) {
        if whens.is_empty() {
            return lines(self);
        }
        let tests: Vec<String> = whens.iter().flat_map(|when| self.tests(when)).collect();
        self.line(format!("if {}; then", tests.join(" && ")));
        self.depth += 1;
        lines(self);
        self.depth -= 1;
        self.line("fi");
    }

    fn tests(&self, when: &When) -> Vec<String> {
        let held = match self.known(&when.slot) {
            Some(value) => single_quoted(value),
            None => format!("\"${{{}-}}\"", variable(&when.slot)),
        };
        let test = |negation: &str, values: &[Template]| {
            let values: Vec<_> = values.iter().map(|value| self.text(value)).collect();
            (!values.is_empty()).then(|| format!("{negation}is {held} {}", values.join(" ")))
        };
        test("", &when.is).into_iter().chain(test("! ", &when.is_not)).collect()
    }
}

/// What a failure means: the end, or a word when the step may be left out.
fn failure(step: &Step) -> String {
    match &step.skippable {
        Some(without) => format!("say {}", single_quoted(&format!("    passed over: {without}"))),
        None => format!("die {}", step.id),
    }
}
