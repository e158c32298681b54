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

/// Hosts that a step names; the head names them all.
const MOST_NAMES: usize = 6;

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
            let words = what_enter_does(plan, last.width);
            let below = u16::try_from(words.len()).unwrap_or(1);
            let text = Rect { height: inside.height.saturating_sub(3 + below), ..text };
            canvas.rule(Rect { y: text.bottom(), ..last });
            for (y, line) in (text.bottom() + 1..inside.bottom()).zip(&words) {
                canvas.phrases(last.x, y, last.width, line);
            }
            page.pager.draw(canvas, text, &lines(plan, text.width));
        }
    }
}

fn refused(trouble: &Trouble, canvas: &mut Canvas<'_>, area: Rect) {
    let mut lines = labelled::prose(0, "✗", &trouble.what, Role::Bad, area.width);
    lines.extend(reasons(trouble, area.width));
    for (y, line) in (area.y..area.bottom()).zip(&lines) {
        canvas.phrases(area.x, y, area.width, line);
    }
}

/// Why, and what to try.
fn reasons(trouble: &Trouble, width: u16) -> Vec<Line> {
    let because = trouble.because.iter();
    let because = because.flat_map(|because| labelled::prose(0, "because", because, Role::Text, width));
    let hint = trouble.hint.iter().flat_map(|hint| labelled::prose(0, "hint", hint, Role::Accent, width));
    because.chain(hint).collect()
}

/// What enter does, and what there is to run: in one line, or in two where it would be cut.
fn what_enter_does(plan: &Plan, width: u16) -> Vec<Line> {
    let fails = plan.foundations().iter().filter(|(_, standing)| standing.failure().is_some()).count();
    if fails > 0 {
        return vec![vec![
            Phrase::of("✗ it cannot begin", Health::Bad),
            Phrase::new(format!(": {fails} of what it requires does not hold   r looks again"), Role::Text),
        ]];
    }
    let question = match plan.runbook.confirm {
        Confirm::None => "enter runs it: it only reads".to_owned(),
        Confirm::Yes => "enter asks once more before it runs".to_owned(),
        Confirm::Typed => format!("enter asks for the name {} before it runs", plan.deployment),
    };
    let irreversible = plan.irreversible().len();
    let writes = plan.runbook.steps.iter().filter(|step| step.writes).count();
    let question = vec![Phrase::new(question, Role::Accent)];
    let mut steps =
        vec![Phrase::new(format!("{} steps, {writes} write", plan.runbook.steps.len()), Role::Muted)];
    if irreversible > 0 {
        steps.push(Phrase::new(", ", Role::Muted));
        steps.push(Phrase::new(format!("{irreversible} cannot be undone"), Role::Bad));
    }
    let one: Line =
        question.iter().cloned().chain([Phrase::new("   ", Role::Text)]).chain(steps.clone()).collect();
    if one.iter().map(|phrase| text::width(&phrase.text)).sum::<u16>() <= width {
        return vec![one];
    }
    vec![question, steps]
}

fn lines(plan: &Plan, width: u16) -> Vec<Line> {
    let known = plan.known();
    let mut lines = obstacles(plan, width);
    lines.extend(head(plan, width));
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

/// What speaks against beginning, in full and before everything else.
fn obstacles(plan: &Plan, width: u16) -> Vec<Line> {
    let mut lines = Vec::new();
    for (sentence, standing) in plan.foundations() {
        let Some(trouble) = standing.failure() else { continue };
        let words = format!("{sentence}: {}", trouble.what);
        lines.extend(labelled::prose(0, "✗ fails", &words, Role::Bad, width));
        lines.extend(reasons(trouble, width));
        lines.push(Vec::new());
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
    let foundations = plan.foundations();
    let others = foundations.iter().filter(|(_, standing)| standing.failure().is_none());
    lines.extend(others.flat_map(|(words, standing)| foundation(words, standing, width)));
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
        lines.extend(labelled::prose(
            INDENT,
            "hosts",
            &text::names(&plan.hosts, MOST_NAMES),
            Role::Text,
            width,
        ));
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
