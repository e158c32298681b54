//! What a script does with a step's answer: hold it against what is expected, and take the values that later steps need.

use super::Script;
use super::words::{single_quoted, variable};
use crate::model::command::{Piece, Template, Word};
use crate::model::runbook::{Capture, Expect, Pace, Step, is_secret_name};

impl Script<'_> {
    /// The test that tells whether the answer in hand is the one that the step expects.
    pub(super) fn expectation(&self, expect: &Expect) -> String {
        if let Some(words) = &expect.refused {
            return format!("[ \"$STATUS\" -ne 0 ] && holds_text \"$ERR\" {}", self.text(words));
        }
        let mut tests = vec!["[ \"$STATUS\" -eq 0 ]".to_owned()];
        let said = match &expect.pointer {
            Some(pointer) => format!("\"$(at {})\"", self.pointer(pointer)),
            None => "\"$OUT\"".to_owned(),
        };
        let mut test = |template: &Option<Template>, form: &dyn Fn(String) -> String| {
            tests.extend(template.as_ref().map(|template| form(self.text(template))));
        };
        test(&expect.is, &|wanted| format!("[ {said} = {wanted} ]"));
        test(&expect.is_not, &|unwanted| format!("[ {said} != {unwanted} ]"));
        test(&expect.contains, &|wanted| format!("holds_text {said} {wanted}"));
        test(&expect.lacks, &|unwanted| format!("! holds_text {said} {unwanted}"));
        test(&expect.at_least, &|least| format!("[ {said} -ge {least} ]"));
        tests.extend(
            expect
                .matches
                .as_ref()
                .map(|pattern| format!("printf '%s' {said} | whole {}", single_quoted(pattern))),
        );
        tests.join(" && ")
    }

    /// Takes every value out of the answer in hand.
    pub(super) fn captures(&mut self, step: &Step) {
        for (name, capture) in step.capture.iter().filter(|(_, capture)| !capture.kept) {
            let line = self.capture(&step.id, name, capture);
            self.line(line);
            if !is_secret_name(name) {
                self.line(format!("told {} {}", single_quoted(name), variable(name)));
            }
            if step.pace() != Pace::Once {
                self.line(format!("keep {}", variable(name)));
            }
        }
    }

    fn capture(&self, step: &str, name: &str, capture: &Capture) -> String {
        let name = variable(name);
        let otherwise = match &capture.default {
            Some(default) => format!("{name}={}", single_quoted(default)),
            None => format!("die '{step}: nothing for {name}'"),
        };
        if let Some(text) = &capture.says {
            return format!("{name}=$(says {})", self.text(text));
        }
        if capture.succeeded {
            return format!("if [ \"$STATUS\" -eq 0 ]; then {name}=true; else {name}=false; fi");
        }
        if capture.exists {
            return format!("{name}=$(exists) || die '{step}'");
        }
        match (&capture.pointer, &capture.pattern) {
            (Some(pointer), _) => format!("{name}=$(at {}) || {otherwise}", self.pointer(pointer)),
            (None, Some(pattern)) => format!("{name}=$(group {}) || {otherwise}", single_quoted(pattern)),
            (None, None) => format!("{name}=$OUT; [ -n \"${name}\" ] || {otherwise}"),
        }
    }

    /// A pointer with the known slots in it, one name each.
    fn pointer(&self, pointer: &Template) -> String {
        let known = |slot: &str| self.known(slot).map(|value| value.replace('~', "~0").replace('/', "~1"));
        let pieces = pointer.pieces().iter().map(|piece| match piece {
            Piece::Slot(slot) => known(slot).map_or_else(|| piece.clone(), Piece::Text),
            piece => piece.clone(),
        });
        self.word(&Word::new(pieces))
    }
}

/// The test that tells whether the command's failure is an answer to the step.
pub(super) fn tolerance(step: &Step) -> Option<String> {
    let captures = || step.capture.values();
    if captures().any(|capture| capture.succeeded) {
        return Some("true".to_owned());
    }
    let missing = captures().any(|capture| capture.exists).then(|| "missing".to_owned());
    let gone = step.gone.as_ref().map(|words| format!("holds_text \"$ERR\" {}", single_quoted(words)));
    let tests: Vec<_> = missing.into_iter().chain(gone).collect();
    (!tests.is_empty()).then(|| tests.join(" || "))
}
