//! A run: every errand with how far it is, and below it what is printed, awaited, asked or wrong.
//!
//! ```text
//! run ▸ deploy   step 4 of 9, running                  20261125-175047-3fa9
//!  ✓ issue a secret-id      authentik-1   done              2s
//!  ▸ wait for its login     authentik-1   waits  ━━━━────   8s of 60s
//! ──────────────────────────────────────────────────────────────
//!  what the selected errand runs, prints, waits for; why it failed
//! ```

use jiff::{SignedDuration, Timestamp};
use ratatui::layout::Rect;

use crate::model::run::{Direction, Ending, Errand, Next, Progress};
use crate::model::span;
use crate::tui::app::{App, RunPage, Story, View};
use crate::tui::canvas::{Canvas, Phrase};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::cursor::Cursor;
use crate::tui::widgets::marks;

use super::labelled::{self, Line};
use super::plan::widest;

/// Cells of the bar of a wait.
const BAR: usize = 10;

/// Cells of the words on how far an errand is: enough for why it was skipped, in part.
const STATE: u16 = 30;
/// Cells between two columns.
const GAP: u16 = 2;

/// Draws it in place of the view.
pub fn draw(app: &App, canvas: &mut Canvas<'_>, body: Rect) {
    let Some((story, page)) = app.run_in_front() else { return };
    let inside = Rect { x: 1, width: body.width - 2, ..body };
    title(app, story, page, canvas, inside);
    let errands = u16::try_from(story.run.errands().len()).unwrap_or(u16::MAX);
    let room = inside.height.saturating_sub(2);
    let list = errands.min((room * 3 / 5).max(room.saturating_sub(16)));
    let at = page.cursor.clone().unwrap_or_else(|| Cursor::at(story.current().unwrap_or(0)));
    let rule = inside.y + 2 + list;
    canvas.rule(Rect { y: rule, height: 1, ..inside });
    let cut =
        draw_errands(story, page.stands(), &at, canvas, Rect { y: inside.y + 2, height: list, ..inside });
    let below = Rect { y: rule + 1, height: inside.bottom().saturating_sub(rule + 1), ..inside };
    let selected = story.run.errands().get(at.among(story.run.errands().len()));
    draw_below(app, story, page, selected.map(|errand| (errand, cut)), canvas, below);
}

fn title(app: &App, story: &Story, page: &RunPage, canvas: &mut Canvas<'_>, area: Rect) {
    let plan = &story.run.plan;
    let (words, role) = state(app, story, page);
    let phrases = [
        Phrase::new("run ▸ ", Role::Muted),
        Phrase::new(plan.runbook.id.clone(), Role::Title),
        Phrase::new("   ", Role::Text),
        Phrase::new(words, role),
    ];
    let taken = canvas.phrases(area.x, area.y, area.width, &phrases);
    let who = match &page.kept {
        Some(kept) => {
            kept.owner.as_ref().map_or_else(|| format!("begun by {}", plan.operator), ToString::to_string)
        }
        None => String::new(),
    };
    let right = if who.is_empty() { plan.run.clone() } else { format!("{}   {who}", plan.run) };
    let room = area.width.saturating_sub(taken + 3);
    canvas.put_right(area.right(), area.y, room, &text::clip(&right, room), Role::Muted);
}

/// Where it stands, in words.
fn state(app: &App, story: &Story, page: &RunPage) -> (String, Role) {
    let (done, all) = story.count();
    let back = *story.run.direction() != Direction::Forward;
    let pausing = page.kept.is_none() && app.acts.in_hand.as_ref().is_some_and(|in_hand| in_hand.pausing);
    let on_its_way = if back { "going back".to_owned() } else { format!("{done} of {all} done") };
    match story.run.next() {
        Next::Ended { ending: Ending::Done } => (format!("✓ done, {all} of {all}"), Role::Ok),
        Next::Ended { ending: Ending::Undone } => ("✓ undone".to_owned(), Role::Ok),
        Next::Ended { ending: Ending::Failed } if story.run.assertions().all() > 0 => {
            (format!("✗ {}", story.run.assertions()), Role::Bad)
        }
        Next::Ended { ending } => (format!("✗ {ending}, {done} of {all} done"), Role::Bad),
        Next::Paused { .. } => (format!("‖ paused, {on_its_way}"), Role::Warn),
        Next::Decide { .. } => (format!("✗ a step failed, {on_its_way}"), Role::Bad),
        Next::Ask { .. } | Next::Confirm { .. } => {
            (format!("? waits for your word, {on_its_way}"), Role::Warn)
        }
        _ if page.kept.is_some() => (format!("left where it stood, {on_its_way}"), Role::Warn),
        _ if pausing => (format!("pauses after the step in hand, {on_its_way}"), Role::Warn),
        _ => (format!("▸ {on_its_way}"), Role::Busy),
    }
}

/// One line of the list.
struct Row<'s> {
    sign: &'static str,
    title: &'s str,
    title_role: Role,
    host: &'s str,
    state: String,
    role: Role,
    time: String,
}

/// Widths of the columns of the list.
#[derive(Clone, Copy)]
struct Widths {
    title: u16,
    host: u16,
    state: u16,
    time: u16,
}

impl Widths {
    /// Every column as wide as what stands in it; the titles give way where there is no room for all.
    fn of(rows: &[Row<'_>], width: u16) -> Self {
        let host = widest(rows.iter().map(|row| row.host)).min(width / 4);
        let time = widest(rows.iter().map(|row| row.time.as_str()));
        let state = widest(rows.iter().map(|row| row.state.as_str()));
        let state = state.min(if width >= 110 { STATE } else { STATE / 2 });
        let taken =
            4 + [host, state, time].iter().filter(|cells| **cells > 0).map(|cells| cells + GAP).sum::<u16>();
        let title = widest(rows.iter().map(|row| row.title)).min(width.saturating_sub(taken));
        Self { title, host, state, time }
    }
}

/// Draws the list; says whether the title of the selected one was cut.
fn draw_errands(story: &Story, stands: bool, cursor: &Cursor, canvas: &mut Canvas<'_>, area: Rect) -> bool {
    let rows: Vec<_> = story.run.errands().iter().map(|errand| row(story, stands, errand, canvas)).collect();
    let widths = Widths::of(&rows, area.width);
    let selected = cursor.among(rows.len());
    let window = cursor.window(rows.len(), area.height);
    marks::draw(canvas, area, window.start, rows.len() - window.end);
    for (y, index) in (area.y..).zip(window) {
        let line = Rect { y, height: 1, ..area };
        if index == selected {
            canvas.lay(line, Role::Selected);
        }
        draw_row(&rows[index], widths, canvas, line);
        if index == selected {
            canvas.put(line.x, y, 1, "▌", Role::Accent);
        }
    }
    rows.get(selected).is_some_and(|row| text::width(row.title) > widths.title)
}

fn row<'s>(story: &'s Story, stands: bool, errand: &'s Errand, canvas: &mut Canvas<'_>) -> Row<'s> {
    let (sign, state, role) = progress(story, errand);
    let waiting = *story.run.progress(errand) == Progress::Pending;
    Row {
        sign,
        title: story.run.step(errand).map_or(errand.step.as_str(), |step| step.title.as_str()),
        title_role: if waiting { Role::Muted } else { Role::Text },
        host: errand.host.as_deref().unwrap_or_default(),
        state,
        role,
        time: time(story, stands, errand, canvas),
    }
}

fn draw_row(row: &Row<'_>, widths: Widths, canvas: &mut Canvas<'_>, line: Rect) {
    canvas.put(line.x + 2, line.y, 1, row.sign, row.role);
    canvas.put(line.x + 4, line.y, widths.title, row.title, row.title_role);
    let mut x = line.x + 4 + widths.title + GAP;
    if widths.host > 0 {
        canvas.put(x, line.y, widths.host, row.host, Role::Text);
        x += widths.host + GAP;
    }
    canvas.put(x, line.y, widths.state, &row.state, row.role);
    let right = (x + widths.state + GAP + widths.time).min(line.right());
    canvas.put_right(right, line.y, widths.time, &row.time, Role::Muted);
}

/// Sign and words of how far an errand is.
fn progress(story: &Story, errand: &Errand) -> (&'static str, String, Role) {
    let asserts = story.run.step(errand).is_some_and(|step| step.asserts.is_some());
    let running = matches!(story.run.next(), Next::Verify { errands } if errands.contains(errand));
    match story.run.progress(errand) {
        Progress::Pending if story.run.applies(errand) => ("·", "waiting".to_owned(), Role::Muted),
        Progress::Pending => ("·", "not needed".to_owned(), Role::Muted),
        Progress::InHand if running && story.times(errand).is_some_and(|times| times.ended.is_some()) => {
            ("▸", "verifying".to_owned(), Role::Busy)
        }
        Progress::InHand => ("▸", "running".to_owned(), Role::Busy),
        Progress::Acted => ("▸", "waits".to_owned(), Role::Busy),
        Progress::Done if asserts => ("✓", "holds".to_owned(), Role::Ok),
        Progress::Done => ("✓", "done".to_owned(), Role::Ok),
        Progress::Unmet { known: true, .. } => ("✗", "does not hold".to_owned(), Role::Bad),
        Progress::Unmet { known: false, .. } => ("?", "cannot be told".to_owned(), Role::Unknown),
        Progress::Skipped { because } => ("–", format!("skipped: {because}"), Role::Warn),
        Progress::Refused { .. } => ("✗", "failed".to_owned(), Role::Bad),
        Progress::Lost { .. } => ("?", "lost, verifying".to_owned(), Role::Warn),
        Progress::Unreached { .. } => ("✗", "did not come".to_owned(), Role::Bad),
        Progress::Doubt { .. } => ("?", "nobody knows".to_owned(), Role::Bad),
        Progress::Undoing => ("◂", "undoing".to_owned(), Role::Busy),
        Progress::Undone => ("◂", "undone".to_owned(), Role::Warn),
        Progress::UndoFailed { .. } => ("✗", "undo failed".to_owned(), Role::Bad),
    }
}

/// How long it took; how long it takes so far, of how much it may. Time costs nothing in a run that nobody carries.
fn time(story: &Story, stands: bool, errand: &Errand, canvas: &mut Canvas<'_>) -> String {
    let Some(times) = story.times(errand) else { return String::new() };
    if let Some(ended) = times.ended {
        return short(ended.duration_since(times.began));
    }
    if stands || story.rests() {
        return String::new();
    }
    let since = times.acted.unwrap_or(times.began);
    wake_each_second(canvas);
    let so_far = short(canvas.now().duration_since(since));
    match patience(story, errand) {
        Some(deadline) => format!("{so_far} of {deadline} s"),
        None => so_far,
    }
}

/// Seconds that an errand may wait as it stands, or may be tried again and again.
fn patience(story: &Story, errand: &Errand) -> Option<u64> {
    let step = story.run.step(errand)?;
    match story.times(errand)?.acted {
        Some(_) => step.waits_for.as_ref().map(|wait| wait.deadline_seconds),
        None => step.repeat.as_ref().map(|repeat| repeat.deadline_seconds),
    }
}

fn wake_each_second(canvas: &mut Canvas<'_>) {
    let next: Timestamp = span::after(canvas.now(), 1);
    canvas.wake(next);
}

fn short(span: SignedDuration) -> String {
    match span.as_secs() {
        seconds @ ..60 => format!("{} s", seconds.max(0)),
        seconds => format!("{} m {:02} s", seconds / 60, seconds % 60),
    }
}

fn draw_below(
    app: &App,
    story: &Story,
    page: &RunPage,
    selected: Option<(&Errand, bool)>,
    canvas: &mut Canvas<'_>,
    area: Rect,
) {
    let mut lines = wrong(app, story, page, area.width);
    if let Some(step) = selected.filter(|(_, cut)| *cut).and_then(|(errand, _)| story.run.step(errand)) {
        lines.extend(labelled::prose(0, "step", &step.title, Role::Title, area.width));
    }
    let selected = selected.map(|(errand, _)| errand);
    lines.extend(selected.map(|errand| about(story, page, errand, canvas, area.width)).unwrap_or_default());
    let printed: Vec<Line> = story
        .lines
        .iter()
        .filter(|(errand, _)| Some(errand) == selected)
        .map(|(_, line)| vec![Phrase::new("│ ", Role::Border), Phrase::new(line.clone(), Role::Text)])
        .collect();
    let room = usize::from(area.height).saturating_sub(lines.len());
    let from = printed.len().saturating_sub(room);
    lines.extend(printed.into_iter().skip(from));
    for (y, line) in (area.y..area.bottom()).zip(&lines) {
        canvas.phrases(area.x, y, area.width, line);
    }
}

/// Why it stands still, and what can be done.
fn wrong(app: &App, story: &Story, page: &RunPage, width: u16) -> Vec<Line> {
    let refused = app.acts.in_hand.as_ref().filter(|_| page.kept.is_none());
    let refused = refused.and_then(|in_hand| in_hand.refused.clone());
    let mut lines = Vec::new();
    let (sign, role) = match story.run.next() {
        Next::Paused { .. } => ("‖", Role::Warn),
        _ => ("✗", Role::Bad),
    };
    let refused = refused.into_iter().map(|trouble| (trouble, "✗", Role::Bad));
    for (trouble, sign, role) in refused.chain(story.trouble().map(|trouble| (trouble, sign, role))) {
        lines.extend(labelled::prose(0, sign, &trouble.what, role, width));
        lines.extend(
            trouble.because.iter().flat_map(|text| labelled::prose(0, "because", text, Role::Text, width)),
        );
        lines.extend(
            trouble.hint.iter().flat_map(|text| labelled::prose(0, "hint", text, Role::Accent, width)),
        );
    }
    let can = match story.run.next() {
        Next::Ended { .. } if app.view == View::Tour => Some("esc goes back to the tour"),
        Next::Ended { .. } if app.view == View::GameDay => Some("esc goes back to the game day"),
        Next::Ended { .. } => None,
        Next::Paused { .. } => Some("p goes on · u undoes what is done so far · i logs in to vault again"),
        Next::Decide { .. } => Some("enter decides how it goes on · i logs in to vault again"),
        Next::Ask { .. } | Next::Confirm { .. } => Some("enter answers"),
        _ if page.kept.is_some() => Some("p takes it over and goes on · u takes it over and undoes it"),
        _ => None,
    };
    lines.extend(can.into_iter().flat_map(|words| labelled::prose(0, "now", words, Role::Accent, width)));
    lines
}

/// What the selected errand runs, waits for, and why it failed.
fn about(story: &Story, page: &RunPage, errand: &Errand, canvas: &mut Canvas<'_>, width: u16) -> Vec<Line> {
    let Some(step) = story.run.step(errand) else { return Vec::new() };
    let value = |slot: &str| story.run.value(errand.host.as_deref(), slot);
    let mut lines = Vec::new();
    if let Some(command) = &step.command {
        lines.extend(labelled::verbatim(0, "runs", &command.known(&value).to_string(), Role::Accent, width));
    }
    let mut label = "found";
    for (slot, found) in step.capture.keys().filter_map(|slot| Some((slot, value(slot)?))) {
        let found = if found.is_empty() { "nothing" } else { found };
        lines.extend(labelled::verbatim(0, label, &format!("{slot}: {found}"), Role::Text, width));
        label = "";
    }
    if let Some(wait) = &step.waits_for {
        lines.extend(labelled::prose(
            0,
            "waits until",
            &labelled::filled(&wait.condition.sentence(), &value),
            Role::Text,
            width,
        ));
    }
    let patience = patience(story, errand).filter(|_| !page.stands());
    lines.extend(patience.and_then(|deadline| bar(story, errand, deadline, canvas)));
    if let Some(condition) = &step.asserts {
        let sentence = labelled::filled(&condition.sentence(), &value);
        lines.extend(labelled::prose(0, "asserts", &sentence, Role::Text, width));
    }
    let trouble =
        story.run.progress(errand).failure().filter(|trouble| Some(*trouble) != story.trouble().as_ref());
    if let Some(trouble) = trouble {
        lines.extend(labelled::prose(0, "failed", &trouble.in_one_line(), Role::Bad, width));
    }
    if let Some(seen) = story.seen(errand) {
        lines.extend(labelled::prose(0, "seen", seen, Role::Text, width));
    }
    if let (Progress::Pending, false) = (story.run.progress(errand), story.run.applies(errand)) {
        let when: Vec<_> = step.when.iter().map(crate::model::runbook::When::sentence).collect();
        lines.extend(labelled::prose(0, "only if", &when.join(", and "), Role::Muted, width));
    }
    lines
}

/// How much of its time a wait has used.
fn bar(story: &Story, errand: &Errand, deadline_seconds: u64, canvas: &Canvas<'_>) -> Option<Line> {
    let times = story.times(errand)?;
    if times.ended.is_some() || story.rests() {
        return None;
    }
    let since = times.acted.unwrap_or(times.began);
    let so_far =
        u64::try_from(canvas.now().duration_since(since).as_secs()).unwrap_or(0).min(deadline_seconds);
    let full = usize::try_from(so_far * BAR as u64 / deadline_seconds.max(1)).unwrap_or(BAR);
    Some(vec![
        Phrase::new(format!("{:width$}", "", width = usize::from(labelled::LABEL)), Role::Label),
        Phrase::new("━".repeat(full), Role::Busy),
        Phrase::new("─".repeat(BAR - full), Role::Border),
        Phrase::new(format!("  {so_far} s of {deadline_seconds} s"), Role::Muted),
    ])
}

/// A few words on the run in hand for the top line.
pub(super) fn sign(app: &App) -> Option<Phrase> {
    let in_hand = app.acts.in_hand.as_ref()?;
    let id = &in_hand.story.run.plan.runbook.id;
    let (done, all) = in_hand.story.count();
    Some(match in_hand.story.run.next() {
        Next::Ended { ending: Ending::Done | Ending::Undone } => Phrase::new(format!("✓ {id}"), Role::Ok),
        Next::Ended { .. } => Phrase::new(format!("✗ {id}"), Role::Bad),
        Next::Paused { .. } => Phrase::new(format!("‖ {id} {done}/{all}"), Role::Warn),
        Next::Decide { .. } => Phrase::new(format!("✗ {id} {done}/{all} asks"), Role::Bad),
        Next::Ask { .. } | Next::Confirm { .. } => {
            Phrase::new(format!("? {id} {done}/{all} asks"), Role::Warn)
        }
        _ => Phrase::new(format!("▸ {id} {done}/{all}"), Role::Busy),
    })
}
