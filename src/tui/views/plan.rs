//! What would be run: everything that it rests on and how that stands, then every step with its command exactly as it runs.

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use crate::model::run::{Answered, Plan};
use crate::model::runbook::{Confirm, Origin, Row, Standing, Step};
use crate::model::trouble::Trouble;
use crate::model::verdict::Health;
use crate::tui::app::PlanPage;
use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::text;
use crate::tui::theme::Role;

use super::labelled::{self, Line};

/// Cells before what a step says.
const INDENT: u16 = 4;

/// Draws it in place of the view.
pub fn draw(page: &PlanPage, canvas: &mut Canvas<'_>, body: Rect) {
    let inside = Rect { x: 1, width: body.width - 2, ..body };
    let runbook = &page.wanted.runbook;
    let title = [
        Phrase::new("plan ▸ ", Role::Muted),
        Phrase::new(runbook.id.clone(), Role::Title),
        Phrase::new(format!("   {}", runbook.title), Role::Text),
    ];
    canvas.phrases(inside.x, inside.y, inside.width, &title);
    let text = Rect { y: inside.y + 2, height: inside.height.saturating_sub(4), ..inside };
    let last = Rect { y: inside.bottom() - 1, height: 1, ..inside };
    match &page.plan {
        None => {
            let words = "looking at what it rests on …";
            canvas.put(text.x + 2, text.y, text.width, words, Role::Busy);
        }
        Some(Err(trouble)) => refused(trouble, canvas, text),
        Some(Ok(plan)) => {
            page.pager.draw(canvas, text, &lines(plan, text.width));
            canvas.rule(Rect { y: last.y - 1, ..last });
            canvas.phrases(last.x, last.y, last.width, &what_enter_does(plan));
        }
    }
}

fn refused(trouble: &Trouble, canvas: &mut Canvas<'_>, area: Rect) {
    let mut lines = labelled::prose(0, "✗", &trouble.what, Role::Bad, area.width);
    lines.extend(
        trouble
            .because
            .iter()
            .flat_map(|because| labelled::prose(0, "because", because, Role::Text, area.width)),
    );
    lines.extend(
        trouble.hint.iter().flat_map(|hint| labelled::prose(0, "hint", hint, Role::Accent, area.width)),
    );
    for (y, line) in (area.y..area.bottom()).zip(&lines) {
        canvas.phrases(area.x, y, area.width, line);
    }
}

fn what_enter_does(plan: &Plan) -> Vec<Phrase> {
    let fails = plan.foundations().iter().filter(|(_, standing)| standing.failure().is_some()).count();
    if fails > 0 {
        return vec![
            Phrase::of("✗ it cannot begin", Health::Bad),
            Phrase::new(format!(": {fails} of what it requires does not hold   r looks again"), Role::Text),
        ];
    }
    let question = match plan.runbook.confirm {
        Confirm::None => "enter runs it: it only reads".to_owned(),
        Confirm::Yes => "enter asks once more before it runs".to_owned(),
        Confirm::Typed => format!("enter asks for the name {} before it runs", plan.deployment),
    };
    let irreversible = plan.runbook.irreversible().count();
    let writes = plan.runbook.steps.iter().filter(|step| step.writes).count();
    let mut phrases = vec![
        Phrase::new(question, Role::Accent),
        Phrase::new(format!("   {} steps, {writes} write", plan.runbook.steps.len()), Role::Muted),
    ];
    if irreversible > 0 {
        phrases.push(Phrase::new(", ", Role::Muted));
        phrases.push(Phrase::new(format!("{irreversible} cannot be undone"), Role::Bad));
    }
    phrases
}

fn lines(plan: &Plan, width: u16) -> Vec<Line> {
    let known = plan.known();
    let mut lines = head(plan, width);
    lines.push(Vec::new());
    for (number, step) in (1..).zip(&plan.runbook.steps) {
        lines.extend(step_lines(number, step, plan, &known, width));
        lines.push(Vec::new());
    }
    if !plan.runbook.ends_differently.is_empty() {
        lines.push(vec![Phrase::new("The end differs from that of the documented commands", Role::Title)]);
        for words in &plan.runbook.ends_differently {
            lines.extend(labelled::prose(0, "differs", words, Role::Text, width));
        }
    }
    lines
}

fn head(plan: &Plan, width: u16) -> Vec<Line> {
    let runbook = &plan.runbook;
    let mut lines = labelled::prose(0, "why", &runbook.why, Role::Text, width);
    lines.extend(labelled::prose(0, "hits", &plan.blast_radius(), Role::Warn, width));
    let target = format!("{} ({}), {}", plan.deployment, plan.environment, plan.hosts.join(", "));
    lines.extend(labelled::prose(0, "on", &target, Role::Text, width));
    let ticket = plan.ticket.as_ref().map(|ticket| format!(", because {ticket}")).unwrap_or_default();
    let run = format!("run {} by {}{ticket}", plan.run, plan.operator);
    lines.extend(labelled::prose(0, "as", &run, Role::Muted, width));
    for (slot, answer) in &plan.inputs {
        let answer = match answer {
            Answered::Plain(answer) => answer.as_str(),
            Answered::Secret => "a secret",
        };
        lines.extend(labelled::prose(0, "answered", &format!("{slot}: {answer}"), Role::Text, width));
    }
    lines.extend(plan.foundations().iter().flat_map(|(words, standing)| foundation(words, standing, width)));
    lines
}

fn foundation(sentence: &str, standing: &Standing, width: u16) -> Vec<Line> {
    let (label, words, role) = match standing {
        Standing::Holds { told, .. } => ("✓ holds", format!("{sentence}: {told}"), Role::Ok),
        Standing::Fails { trouble } => {
            ("✗ fails", format!("{sentence}: {}", trouble.in_one_line()), Role::Bad)
        }
        Standing::Unknown { trouble } => {
            ("? unknown", format!("{sentence}: {}", trouble.sentence()), Role::Unknown)
        }
    };
    let mut lines = labelled::prose(0, label, &words, Role::Text, width);
    if let Some(first) = lines.first_mut().and_then(|line| line.first_mut()) {
        first.role = role;
    }
    lines
}

fn step_lines(
    number: usize,
    step: &Step,
    plan: &Plan,
    known: &BTreeMap<String, String>,
    width: u16,
) -> Vec<Line> {
    let value = |slot: &str| known.get(slot).map(String::as_str);
    let mut lines = vec![heading(number, step)];
    let mut before = "";
    for row in &step.rows(&value) {
        let label = if row.label == before { "" } else { row.label };
        before = row.label;
        lines.extend(said(row, label, width));
    }
    if step.pace() != crate::model::runbook::Pace::Once {
        lines.extend(labelled::prose(INDENT, "hosts", &plan.hosts.join(", "), Role::Text, width));
    }
    lines
}

fn heading(number: usize, step: &Step) -> Line {
    let (origin, role) = match step.origin() {
        Origin::Documented(_) => ("documented", Role::Ok),
        Origin::Added(_) => ("added", Role::Accent),
        Origin::Own => ("your own", Role::Accent),
    };
    let mut line = vec![
        Phrase::new(format!("{number:>2}  "), Role::Label),
        Phrase::new(step.title.clone(), Role::Title),
        Phrase::new("   ", Role::Text),
        Phrase::new(origin, role),
        Phrase::new(if step.writes { ", writes" } else { ", reads" }, Role::Muted),
    ];
    if step.irreversible.is_some() {
        line.push(Phrase::new("   ", Role::Text));
        line.push(Phrase::new(" cannot be undone ", Role::Danger));
    }
    line
}

fn said(row: &Row, label: &str, width: u16) -> Vec<Line> {
    let role = match row.label {
        "runs" => Role::Accent,
        "no undo" => Role::Bad,
        "why" | "there" | "undo" | "added" | "documented" => Role::Muted,
        _ => Role::Text,
    };
    if row.verbatim {
        labelled::verbatim(INDENT, label, &row.text, role, width)
    } else {
        labelled::prose(INDENT, label, &row.text, role, width)
    }
}

/// Cells of the widest of some words.
pub(super) fn widest<'a>(words: impl Iterator<Item = &'a str>) -> u16 {
    words.map(text::width).max().unwrap_or(0)
}
