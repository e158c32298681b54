//! The two lists at the bottom of Home: what is wrong, worst first, and what ends next, soonest first. Side by side
//! where there is room, else one above the other.

use ratatui::layout::Rect;

use crate::model::finding::Severity;
use crate::model::verdict::{Evidence, Health, Verdict};
use crate::tui::app::App;
use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::judged::{Judged, Listed};
use crate::tui::selection::Selection;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::cursor::Cursor;
use crate::tui::widgets::marks;

use super::Pane;

/// From here on both lists have room side by side.
const WIDE: u16 = 150;
/// From here on they stand side by side if they would not fit one above the other.
const NOT_NARROW: u16 = 100;
/// Rows of a list beyond which it gives way to the matrix.
const ENOUGH: usize = 12;
/// Findings that are seen however small the screen is.
const WORST: usize = 3;
/// Cells of a countdown with its sign and the spaces around it.
const COUNTDOWN: u16 = 10;

/// Lines that the lists want of a part of the screen, an empty one above included.
pub(super) fn height(judged: &Judged, area: Rect) -> u16 {
    let (findings, expiries) = wanted(judged);
    let stacked = findings + expiries + 2;
    let matrix = u16::try_from(judged.hosts.len()).unwrap_or(u16::MAX).saturating_add(1);
    let beside = area.width >= WIDE || (area.width >= NOT_NARROW && stacked + matrix > area.height);
    let wanted = if beside { findings.max(expiries) + 1 } else { stacked };
    wanted.min(area.height * 3 / 5)
}

/// Lines that each list wants with its heading.
fn wanted(judged: &Judged) -> (u16, u16) {
    (rows(judged.findings.len(), ENOUGH), rows(judged.expiries.len(), ENOUGH))
}

/// Lines of a list with its heading, of so many rows at most.
fn rows(count: usize, most: usize) -> u16 {
    u16::try_from(count.clamp(1, most)).unwrap_or(u16::MAX).saturating_add(1)
}

/// Lines without which the worst cannot be seen: the heading of the findings and the first of them.
pub(super) fn least(judged: &Judged) -> u16 {
    rows(judged.findings.len(), WORST)
}

pub(super) fn draw(app: &App, judged: &Judged, canvas: &mut Canvas<'_>, area: Rect) {
    let pane = app.home.pane;
    let (findings, expiries) = split(judged, area, pane);
    canvas.part(super::part(Pane::Findings));
    draw_findings(judged, &app.home.finding, pane == Pane::Findings, canvas, findings);
    if judged.findings.is_empty() && findings.height > 1 {
        let (words, role) = if app.filter.is_empty() {
            ("nothing is wrong", Role::Ok)
        } else {
            ("no finding has these words", Role::Muted)
        };
        canvas.put(findings.x + 2, findings.y + 1, findings.width - 2, words, role);
    }
    canvas.part(super::part(Pane::Expiries));
    draw_expiries(judged, &app.home.expiry, pane == Pane::Expiries, canvas, expiries);
    if judged.expiries.is_empty() && expiries.height > 1 {
        let words = if app.filter.is_empty() { "no clock is known yet" } else { "no clock has these words" };
        canvas.put(expiries.x + 2, expiries.y + 1, expiries.width - 2, words, Role::Muted);
    }
}

fn split(judged: &Judged, area: Rect, pane: Pane) -> (Rect, Rect) {
    let (findings, expiries) = wanted(judged);
    if area.width >= WIDE || (area.width >= NOT_NARROW && findings + expiries + 1 > area.height) {
        return beside(judged, area);
    }
    let worst = rows(judged.findings.len(), WORST).min(area.height);
    let expiries = expiries.min(area.height.saturating_sub(1) / 2).min(area.height - worst);
    if expiries < 2 {
        // there is room for one of them: the one that has the keys, else what is wrong
        let nothing = Rect { height: 0, ..area };
        return if pane == Pane::Expiries { (nothing, area) } else { (area, nothing) };
    }
    let findings = rows(judged.findings.len(), usize::MAX).min(area.height.saturating_sub(expiries + 1));
    (Rect { height: findings, ..area }, Rect { y: area.y + findings + 1, height: expiries, ..area })
}

/// Side by side; findings that would be cut take some of what the names of the clocks can spare.
fn beside(judged: &Judged, area: Rect) -> (Rect, Rect) {
    let all = area.width - 3;
    let finding = |listed: &Listed| 2 + text::width(&listed.words()) + 2 + text::width(fix(listed));
    let longest = judged.findings.iter().map(finding).max().unwrap_or(0);
    let names = judged.expiries.iter().map(|expiry| COUNTDOWN + text::width(&expiry.what)).max().unwrap_or(0);
    let (share, most) = (area.width * 3 / 5, area.width * 7 / 10);
    let left = longest.clamp(share, share.max(most.min(all.saturating_sub(names))));
    (Rect { width: left, ..area }, Rect { x: area.x + left + 3, width: all - left, ..area })
}

fn draw_findings(judged: &Judged, cursor: &Cursor, active: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let mut title = vec![title("FINDINGS", active)];
    title.extend(counts(judged));
    list(canvas, area, &title, judged.findings.len(), cursor, active, |canvas, line, index| {
        let listed = &judged.findings[index];
        let health = listed.health();
        canvas.put(line.x, line.y, 1, health.sign().trim_end(), Role::of(health));
        let fix = fix(listed);
        let fix_width = if line.width > 60 { text::width(fix) } else { 0 };
        let room = line.width.saturating_sub(2 + if fix_width > 0 { fix_width + 2 } else { 0 });
        canvas.put(line.x + 2, line.y, room, &listed.words(), words_role(listed));
        canvas.put_right(line.right(), line.y, fix_width, fix, Role::Accent);
    });
}

fn fix(listed: &Listed) -> &'static str {
    match listed {
        Listed::Found(finding) => finding.fix.unwrap_or_default(),
        Listed::Unknown(_) => "",
    }
}

fn words_role(listed: &Listed) -> Role {
    match listed {
        Listed::Found(finding) if finding.severity == Severity::Critical => Role::Bad,
        Listed::Found(finding) if finding.severity == Severity::Info => Role::Muted,
        Listed::Found(_) => Role::Text,
        Listed::Unknown(_) => Role::Muted,
    }
}

fn counts(judged: &Judged) -> Vec<Phrase> {
    let severities = [
        (judged.found(Severity::Critical), "critical", Role::Bad),
        (judged.found(Severity::High), "high", Role::Warn),
        (judged.found(Severity::Warning), "warning", Role::Warn),
        (judged.unknown(), "unknown", Role::Unknown),
    ];
    let some = severities.into_iter().filter(|(count, _, _)| *count > 0);
    some.flat_map(|(count, word, role)| {
        [Phrase::new("  ", Role::Text), Phrase::new(format!("{count} {word}"), role)]
    })
    .collect()
}

fn draw_expiries(judged: &Judged, cursor: &Cursor, active: bool, canvas: &mut Canvas<'_>, area: Rect) {
    let title = [title("NEXT TO EXPIRE", active)];
    list(canvas, area, &title, judged.expiries.len(), cursor, active, |canvas, line, index| {
        let expiry = &judged.expiries[index];
        let left = if expiry.at > canvas.now() { canvas.span(expiry.at) } else { "now".to_owned() };
        canvas.put(line.x, line.y, 1, expiry.health.sign().trim_end(), Role::of(expiry.health));
        canvas.put_right(line.x + 8, line.y, 6, &left, countdown_role(expiry.health));
        let taken = canvas.put(
            line.x + COUNTDOWN,
            line.y,
            line.width.saturating_sub(COUNTDOWN),
            &expiry.what,
            Role::Text,
        );
        let room = line.width.saturating_sub(COUNTDOWN + 2 + taken);
        if room > 12 {
            canvas.put(line.x + COUNTDOWN + 2 + taken, line.y, room, &expiry.consequence, Role::Muted);
        }
    });
}

fn countdown_role(health: Health) -> Role {
    if health == Health::Ok { Role::Accent } else { Role::of(health) }
}

fn title(words: &str, active: bool) -> Phrase {
    Phrase::new(words, if active { Role::Accent } else { Role::Title })
}

fn list(
    canvas: &mut Canvas<'_>,
    area: Rect,
    title: &[Phrase],
    rows: usize,
    cursor: &Cursor,
    active: bool,
    line: impl Fn(&mut Canvas<'_>, Rect, usize),
) {
    if area.height == 0 {
        return;
    }
    let window = cursor.window(rows, area.height - 1);
    let marks = marks::words(window.start, rows - window.end);
    let room = area.width.saturating_sub(text::width(&marks) + 2);
    canvas.phrases(area.x, area.y, room, title);
    canvas.put_right(area.right(), area.y, area.width, &marks, Role::Muted);
    for (y, index) in (area.y + 1..).zip(window) {
        if active && index == cursor.among(rows) {
            canvas.lay(Rect { y, height: 1, ..area }, Role::Selected);
        }
        canvas.row(Rect { y, height: 1, ..area }, index, None);
        line(canvas, Rect { y, height: 1, ..area }, index);
    }
}

pub(super) fn finding_selection(judged: &Judged, cursor: &Cursor) -> Option<Selection> {
    let listed = judged.findings.get(cursor.among(judged.findings.len()))?;
    let (title, subjects) = match listed {
        Listed::Found(finding) => {
            (format!("{} · {}", finding.id, finding.subject), vec![finding.subject.clone()])
        }
        Listed::Unknown(judgements) => {
            let first = judgements.first()?;
            let unseen = first.unseen.iter().filter_map(|unseen| unseen.subject.clone());
            let title = if judgements.len() > 1 { "not known" } else { first.rule };
            (title.to_owned(), unseen.collect())
        }
    };
    Some(Selection::of(title, listed.verdict(), subjects))
}

pub(super) fn expiry_selection(judged: &Judged, cursor: &Cursor) -> Option<Selection> {
    let expiry = judged.expiries.get(cursor.among(judged.expiries.len()))?;
    let verdict = Verdict::new(expiry.health, expiry.what.clone())
        .because(Evidence::at(
            expiry.at,
            "clock",
            format!("ends {}", expiry.at.strftime("%Y-%m-%d %H:%M:%SZ")),
        ))
        .so(expiry.consequence.clone());
    Some(Selection::of("next to expire", verdict, vec![expiry.subject.clone()]))
}
