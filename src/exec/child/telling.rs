//! What a program has said, told on: its lines while it runs, its answer at the end, and nothing of what was typed into it.

use zeroize::Zeroizing;

use crate::exec::{Lines, Order, Reply};
use crate::model::runbook::Answer;
use crate::model::trouble::Trouble;
use crate::world::clean;
use crate::world::process::Voice;

/// Lines of one command that are told on; what comes after them is in its answer only.
const MOST_LINES: usize = 2000;

/// A shorter word would blot out half of every text.
const SHORTEST_HIDDEN: usize = 4;

/// Tells on what one command says.
pub(super) struct Teller<'a> {
    lines: &'a Lines,
    /// Nothing may be told of an answer that will be a secret.
    silent: bool,
    /// What is no answer may be told all the same: a login says on its standard error which page to open.
    remarks: bool,
    told: usize,
    hidden: Vec<Zeroizing<String>>,
}

impl<'a> Teller<'a> {
    pub(super) fn of(order: &Order, lines: &'a Lines) -> Self {
        Self { lines, silent: order.answers_a_secret, remarks: false, told: 0, hidden: Vec::new() }
    }

    /// Tells on what the command remarks beside its answer, however secret that is.
    pub(super) fn with_remarks(self, remarks: bool) -> Self {
        Self { remarks, ..self }
    }

    /// A line that the command printed or remarked, cleaned.
    pub(super) fn hear(&mut self, voice: Voice, line: &str) {
        let silent = self.silent;
        self.silent &= !(self.remarks && voice == Voice::Errors);
        self.say(line);
        self.silent = silent;
    }

    /// A line that the command printed, cleaned.
    pub(super) fn say(&mut self, line: &str) {
        if self.silent || line.trim().is_empty() {
            return;
        }
        self.told += 1;
        match self.told {
            ..=MOST_LINES => self.lines.say(self.without_hidden(line)),
            told if told == MOST_LINES + 1 => self.lines.say("(the lines that follow are not shown)"),
            _ => {}
        }
    }

    /// What we say of it ourselves; no part of its answer.
    pub(super) fn note(&self, note: &str) {
        self.lines.say(self.without_hidden(note));
    }

    /// What was typed may come back in what it prints.
    pub(super) fn hide(&mut self, typed: Zeroizing<String>, hidden: bool) {
        if hidden && typed.len() >= SHORTEST_HIDDEN {
            self.hidden.push(typed);
        }
    }

    /// The answer.
    pub(super) fn reply(&self, output: &[u8], errors: &[u8], status: i32) -> Reply {
        // what a failed command has printed is no answer, and might be told as the reason
        let output = if self.silent && status != 0 { String::new() } else { clean::answer(output) };
        let errors = self.without_hidden(&clean::block(errors));
        let json = serde_json::from_str(&output)
            .ok()
            .filter(|json: &serde_json::Value| json.is_object() || json.is_array());
        Reply {
            answer: Answer { output, errors, status, missing: false, json },
            request_ids: Vec::new(),
            refused: false,
        }
    }

    fn without_hidden(&self, text: &str) -> String {
        self.hidden.iter().fold(text.to_owned(), |text, hidden| text.replace(hidden.as_str(), "[typed]"))
    }
}

/// A command whose time is up.
pub(super) fn too_late(order: &Order, stood_at: Option<&str>) -> Trouble {
    let seconds = order.timeout.as_secs();
    let trouble = Trouble::new(format!("`{}` did not end within {seconds} s", order.line));
    match stood_at {
        Some(question) => trouble
            .because(format!("it stood at the question `{question}`"))
            .hint("answer it in time, or give the program another way to know"),
        None => trouble.because("it was ended, with all it had started"),
    }
}
