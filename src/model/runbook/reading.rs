//! A step as a person reads it before it runs: one row per thing that it says, the same words on the screen and on paper.

use super::documented::translate;
use super::{
    Act, Alphabet, Capture, Check, Confirm, Content, Expect, Input, Origin, Otherwise, Pace, Place, Step,
    Undo, Wait, When, is_secret_name,
};
use crate::model::command::{CommandLine, Template};

/// One thing that a step says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is about, in one or two words: `runs`.
    pub label: &'static str,
    /// What is said.
    pub text: String,
    /// Whether the text is to be kept as it is, line for line: a command, a policy.
    pub verbatim: bool,
}

fn row(label: &'static str, text: impl Into<String>) -> Row {
    Row { label, text: text.into(), verbatim: false }
}

fn verbatim(label: &'static str, text: impl Into<String>) -> Row {
    Row { label, text: text.into(), verbatim: true }
}

impl Step {
    /// Everything that it says, with those slots filled that have a value.
    pub fn rows<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> Vec<Row> {
        let mut rows = vec![row("why", &self.why)];
        rows.extend(self.origin_rows(value));
        rows.extend((!self.when.is_empty()).then(|| row("only if", self.conditions())));
        rows.extend((self.confirm != Confirm::None).then(|| row("confirm", self.confirm.to_string())));
        rows.extend(self.inputs.iter().map(|input| row("asks", question(input, value))));
        rows.extend(self.generate.iter().map(|(name, made)| {
            let Alphabet::Alphanumeric = made.alphabet;
            row("makes", format!("${{{name}}}, a secret of {} letters and digits", made.length))
        }));
        rows.extend(self.act().map(|act| self.act_rows(&act, value)).unwrap_or_default());
        rows.extend(self.answer_rows(value));
        rows.extend(self.waits_for.as_ref().map(|wait| row("waits", awaited(wait, value))));
        rows.extend(
            self.asserts
                .as_ref()
                .map(|condition| row("asserts", known(&condition.sentence().as_str().into(), value))),
        );
        rows.extend(self.check.as_ref().map(|check| row("verified", checked(check, value))));
        rows.extend(self.undo_rows(value));
        rows
    }

    fn conditions(&self) -> String {
        self.when.iter().map(When::sentence).collect::<Vec<_>>().join(", and ")
    }

    fn origin_rows<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> Vec<Row> {
        match self.origin() {
            Origin::Own => Vec::new(),
            Origin::Added(reason) => vec![row("added", reason)],
            Origin::Documented(documented) => {
                let mut rows = vec![row("documented", format!("\"{}\"", documented.section))];
                if !self.is_said_alike(&documented.command, value) {
                    rows.push(verbatim("there", documented.command.trim()));
                }
                rows.extend(documented.changed.as_ref().map(|why| row("changed", why)));
                rows
            }
        }
    }

    /// Whether the documentation's own line reads like the step's.
    fn is_said_alike<'v>(&self, text: &str, value: &impl Fn(&str) -> Option<&'v str>) -> bool {
        let translated = translate(text).unwrap_or_default();
        let [one] = translated.as_slice() else { return false };
        let said = |line: &CommandLine| line.known(value).to_string();
        let is_plain = !text.contains("$(") && !text.contains("<<") && !text.contains("2>");
        is_plain && one.command.as_ref().map(said) == self.command.as_ref().map(said)
    }

    fn act_rows<'v>(&self, act: &Act<'_>, value: &impl Fn(&str) -> Option<&'v str>) -> Vec<Row> {
        let mut rows = vec![row("where", self.place(act, value))];
        rows.extend(self.for_each.as_ref().map(|list| row("for each", format!("item of {{{list}}}"))));
        rows.push(verbatim("runs", act.command.known(value).to_string()));
        rows.extend(act.stdin.map(|content| verbatim("stdin", written(content, value))));
        rows.extend(act.file.map(|content| {
            verbatim("file", format!("{}\non RAM, 0600, gone after use", written(content, value)))
        }));
        rows.extend(self.repeat.as_ref().map(|repeat| {
            row("again", format!("every {} s, {} s at most", repeat.every_seconds, repeat.deadline_seconds))
        }));
        rows
    }

    fn place<'v>(&self, act: &Act<'_>, value: &impl Fn(&str) -> Option<&'v str>) -> String {
        let place = match act.place {
            Place::Process => "in this process",
            Place::ControlHost => "on the control host",
            Place::OneHost => "on {host}",
            Place::EachHost => "on each host",
        };
        let repeated = match (self.pace(), act.place) {
            (Pace::Once, _) => "",
            (Pace::Together, Place::EachHost) => ", all at the same time",
            (Pace::Together, _) => ", for every host at the same time",
            (Pace::HostByHost, Place::EachHost) => ", one after the other",
            (Pace::HostByHost, _) => ", for one host after the other",
        };
        let folder = act.directory.map(|folder| format!(", in {}", known(folder, value))).unwrap_or_default();
        format!("{place}{repeated}{folder}")
    }

    fn answer_rows<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> Vec<Row> {
        let mut rows = Vec::new();
        rows.extend(self.expect.as_ref().map(|expect| {
            row("expects", format!("the answer {}", known(&expect.sentence().as_str().into(), value)))
        }));
        rows.extend(self.capture.iter().map(|(name, capture)| row("takes", taken(name, capture, value))));
        rows.extend(
            self.gone
                .as_ref()
                .map(|words| row("no matter", format!("`{words}`: there is nothing left to do"))),
        );
        rows.extend(
            self.reveal
                .as_ref()
                .map(|reveal| row("shows", format!("${{{}}} for {} s", reveal.secret, reveal.seconds))),
        );
        rows
    }

    /// An undoing command, and under it what limits it and what it waits for.
    fn undoing<'v>(&self, undo: &Undo, value: &impl Fn(&str) -> Option<&'v str>) -> String {
        let act = self.undo_act(undo);
        let mut lines = vec![act.command.known(value).to_string()];
        let place = (act.place != Place::Process).then(|| self.place(&act, value));
        lines.extend(place);
        let contents = undo.stdin.iter().chain(&undo.file);
        lines.extend(contents.map(|content| format!("given {}", written(content, value))));
        let until = undo.until.as_ref().map(|step| format!("`{step}` has not begun"));
        let with = undo.undone_with.as_ref().map(|step| format!("undoing `{step}` has not done the same"));
        let limits: Vec<_> = undo.when.iter().map(When::sentence).chain(until).chain(with).collect();
        lines.extend((!limits.is_empty()).then(|| format!("only if {}", limits.join(", and "))));
        lines.extend(undo.waits_for.as_ref().map(|wait| format!("then waits {}", awaited(wait, value))));
        lines.join("\n  ")
    }

    fn undo_rows<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> Vec<Row> {
        let mut rows: Vec<Row> =
            self.undo.iter().map(|undo| verbatim("undo", self.undoing(undo, value))).collect();
        rows.extend(self.irreversible.as_ref().map(|why| row("no undo", why)));
        let refused = (!self.on_refusal.is_empty()).then(|| self.on_refusal.join(", "));
        rows.extend(refused.map(|steps| {
            row("if refused", format!("{steps} are undone at once; after a lost reply nothing is"))
        }));
        rows.extend(self.skippable.as_ref().map(|without| row("may skip", without)));
        rows
    }
}

/// A wait in words: `until the .env lies on RAM; 10 s at most`.
fn awaited<'v>(wait: &Wait, value: &impl Fn(&str) -> Option<&'v str>) -> String {
    let condition = known(&wait.condition.sentence().as_str().into(), value);
    format!("until {condition}; {} s at most", wait.deadline_seconds)
}

/// A question with the answers that it takes.
pub(super) fn question<'v>(input: &Input, value: &impl Fn(&str) -> Option<&'v str>) -> String {
    let choices =
        if input.choices.is_empty() { String::new() } else { format!(" ({})", input.choices.join(", ")) };
    let default =
        input.default.as_ref().map(|default| format!("; {} unless said otherwise", known(default, value)));
    let secret = if input.is_secret() { ", not shown and not kept" } else { "" };
    format!("{}: {}{choices}{secret}{}", input.name, input.title, default.unwrap_or_default())
}

fn taken<'v>(name: &str, capture: &Capture, value: &impl Fn(&str) -> Option<&'v str>) -> String {
    let from = match (&capture.pointer, &capture.pattern, &capture.says) {
        (Some(pointer), ..) if pointer.is_empty() => "the whole JSON answer".to_owned(),
        (Some(pointer), ..) => known(pointer, value),
        (_, Some(pattern), _) => format!("what matches {pattern}"),
        (_, _, Some(text)) => format!("whether it says `{}`", known(text, value)),
        _ if capture.succeeded => "whether it succeeded".to_owned(),
        _ if capture.exists => "whether there is something".to_owned(),
        _ if capture.kept => "the items whose answer is as expected".to_owned(),
        _ => "the whole output".to_owned(),
    };
    let default = match capture.default.as_deref() {
        None => String::new(),
        Some("") => "; empty when there is none".to_owned(),
        Some(default) => format!("; {default} when there is none"),
    };
    let secret = if is_secret_name(name) { " (secret)" } else { "" };
    format!("{name}{secret}: {from}{default}")
}

fn checked<'v>(check: &Check, value: &impl Fn(&str) -> Option<&'v str>) -> String {
    if let Some(why) = &check.again {
        return format!("not needed, it may be done again: {why}");
    }
    if let Some(condition) = &check.condition {
        return format!("it happened if {}", known(&condition.sentence().as_str().into(), value));
    }
    let line = check.command.as_ref().map(|line| line.known(value).to_string()).unwrap_or_default();
    let done = check.done.as_ref().map(Expect::sentence).unwrap_or_default();
    let otherwise = match check.otherwise {
        Otherwise::Undone => "",
        Otherwise::Doubt => "; else nobody knows, and the run holds",
    };
    format!("it happened if the answer of `{line}` {}{otherwise}", known(&done.as_str().into(), value))
}

fn written<'v>(content: &Content, value: &impl Fn(&str) -> Option<&'v str>) -> String {
    match content {
        Content::Text(text) => known(text, value).trim_end().to_owned(),
        Content::Json(fields) => {
            let fields = fields.iter().map(|(key, text)| format!("{key} = {}", known(text, value)));
            fields.collect::<Vec<_>>().join("\n")
        }
        Content::Passfile(fields) => {
            fields.iter().map(|field| known(field, value)).collect::<Vec<_>>().join(":")
        }
    }
}

/// A text with those slots filled that have a value.
pub(super) fn known<'v>(template: &Template, value: &impl Fn(&str) -> Option<&'v str>) -> String {
    template.known(value).to_string()
}
