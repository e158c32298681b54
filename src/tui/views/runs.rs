//! What was run, by whom, how it ended, and what is left to do.

use jiff::Timestamp;
use ratatui::layout::Rect;

use crate::deck::RunState;
use crate::model::trouble::Trouble;
use crate::model::verdict::Health;
use crate::tui::app::{App, Kept};
use crate::tui::canvas::Canvas;
use crate::tui::order::Worth;
use crate::tui::theme::Role;
use crate::tui::widgets::columns::Column;
use crate::tui::widgets::table::{Cell, Table};

use super::labelled;

/// Its columns.
pub const COLUMNS: [Column; 6] = [
    Column::new("RUN", 20, 20, 0),
    Column::new("ACTION", 10, 24, 0),
    Column::new("STATE", 9, 12, 0),
    Column::new("BEGUN", 6, 6, 2),
    Column::new("BY", 8, 36, 3),
    Column::new("WHY", 6, 30, 4),
];

/// The place of the moment among them.
const BEGUN: usize = 3;

/// Lines below the list: what the selected run waits for, and what can be done.
const BELOW: u16 = 6;

/// Draws the view.
pub fn draw(app: &App, canvas: &mut Canvas<'_>, body: Rect) {
    let area = Rect { x: 1, width: body.width - 2, ..body };
    match &app.acts.kept {
        None => _ = canvas.put(area.x + 2, area.y, area.width, "reading the journals …", Role::Muted),
        Some(Err(trouble)) => broken(trouble, canvas, area),
        Some(Ok(_)) => list(app, canvas, area),
    }
}

fn broken(trouble: &Trouble, canvas: &mut Canvas<'_>, area: Rect) {
    for (y, line) in (area.y..).zip(labelled::prose(0, "✗", &trouble.in_one_line(), Role::Bad, area.width))
    {
        canvas.phrases(area.x, y, area.width, &line);
    }
}

fn list(app: &App, canvas: &mut Canvas<'_>, area: Rect) {
    let runs = app.kept_runs();
    if runs.is_empty() {
        let words =
            if app.filter.is_empty() { "no runs yet; 7 lists the actions" } else { "no run has these words" };
        canvas.put(area.x + 2, area.y + 1, area.width - 2, words, Role::Muted);
        return;
    }
    let rows = u16::try_from(runs.len()).unwrap_or(u16::MAX).saturating_add(1);
    let height = rows.min(area.height.saturating_sub(BELOW));
    let table = Table {
        columns: &COLUMNS,
        rows: runs.len(),
        cursor: &app.acts.run,
        order: app.order("runs"),
        hidden: app.hidden("runs"),
        column: None,
        active: true,
    };
    table.draw(canvas, Rect { height, ..area }, |row, column| cell(runs[row], app.now(), column));
    let selected = runs[app.acts.run.among(runs.len())];
    let mut lines = Vec::new();
    let listed = &selected.listed;
    let ours = app.carries(&listed.id);
    if ours {
        lines.extend(labelled::prose(0, "carried by", "this console", Role::Text, area.width));
    } else if let Some(owner) = &selected.owner {
        lines.extend(labelled::prose(0, "carried by", &owner.to_string(), Role::Text, area.width));
    }
    if let Some(trouble) = &listed.trouble {
        lines.extend(labelled::prose(0, "because", &trouble.in_one_line(), Role::Bad, area.width));
    }
    let now = if ours { "enter shows it, o from anywhere" } else { what_can_be_done(listed.state) };
    lines.extend(labelled::prose(0, "now", now, Role::Accent, area.width));
    for (y, line) in (area.y + height + 1..area.bottom()).zip(&lines) {
        canvas.phrases(area.x + 2, y, area.width - 2, line);
    }
}

fn what_can_be_done(state: RunState) -> &'static str {
    match state {
        RunState::Running => "enter shows it; whoever carries it must end before it can be taken over",
        RunState::Paused | RunState::Undecided | RunState::Left => {
            "enter shows it; there, p goes on and u undoes it"
        }
        RunState::Broken => "nothing: its journal cannot be trusted; `vaultdeck runs verify` says where",
        RunState::Done | RunState::Undone | RunState::Failed | RunState::Stopped => "enter shows it",
    }
}

/// What a cell counts for when the rows are ordered: moments by the time and not by how they read.
pub fn worth(kept: &Kept, now: Timestamp, column: usize) -> Worth {
    match column {
        BEGUN => Worth::number(kept.listed.started.map(Timestamp::as_second)),
        _ => cell(kept, now, column).worth(),
    }
}

fn cell(kept: &Kept, now: Timestamp, column: usize) -> Cell<'_> {
    let listed = &kept.listed;
    match column {
        0 => Cell::of(listed.id.as_str(), Role::Title),
        1 => Cell::plain(listed.runbook.as_str()),
        2 => Cell::judged(listed.state.to_string(), health(listed.state)),
        BEGUN => Cell::of(listed.started.map(|at| moment(at, now)).unwrap_or_default(), Role::Muted),
        4 => Cell::plain(listed.operator.as_str()),
        _ => Cell::plain(listed.ticket.as_deref().unwrap_or_default()),
    }
}

fn health(state: RunState) -> Health {
    match state {
        RunState::Running => Health::Busy,
        RunState::Paused | RunState::Left | RunState::Stopped => Health::Warn,
        RunState::Undecided | RunState::Failed | RunState::Broken => Health::Bad,
        RunState::Done | RunState::Undone => Health::Ok,
    }
}

/// The time of day on the same day, the day before that; the run's name has both.
fn moment(at: Timestamp, now: Timestamp) -> String {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    at.strftime(if day(at) == day(now) { "%H:%MZ" } else { "%d %b" }).to_string()
}
