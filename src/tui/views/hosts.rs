//! Hosts: one row each with what tells them apart; enter opens everything about one.

use jiff::Timestamp;
use ratatui::layout::Rect;

use crate::model::facts::{ContainersFacts, HostFacts};
use crate::model::fleet::Fleet;
use crate::model::subject::Subject;
use crate::model::verdict::{Health, Verdict};
use crate::tui::app::App;
use crate::tui::canvas::Canvas;
use crate::tui::judged::{CELLS, HostRow};
use crate::tui::moving;
use crate::tui::order::Worth;
use crate::tui::selection::{Selection, subjects_of};
use crate::tui::theme::Role;
use crate::tui::widgets::columns::Column;
use crate::tui::widgets::table::{Cell, Table};

use super::section::age;

/// Its columns.
pub const COLUMNS: [Column; 7] = [
    Column::new("HOST", 8, 30, 0),
    Column::new("WORST", 30, 56, 0),
    Column::new("SSH", 4, 12, 2),
    Column::new("CLOCK", 6, 8, 4),
    Column::new("CONTAINERS", 10, 22, 1),
    Column::new("RESTARTS", 8, 8, 3),
    Column::new("SEEN", 8, 12, 5),
];

/// Draws the view.
pub fn draw(app: &App, canvas: &mut Canvas<'_>, body: Rect) {
    let (Some(fleet), Some(judged)) = (&app.fleet, &app.judged) else { return };
    let hosts = app.filtered_hosts();
    let area = Rect { x: 1, width: body.width - 2, ..body };
    let ill = hosts.iter().filter(|index| judged.hosts[**index].worst >= Health::Warn).count();
    let summary = match (hosts.len(), ill) {
        (0, _) => "no host has these words".to_owned(),
        (all, 0) => format!("{all} hosts"),
        (all, ill) => format!("{all} hosts, {ill} not well"),
    };
    canvas.put(area.x + 2, area.y, 40, &summary, if ill > 0 { Role::Warn } else { Role::Muted });
    let area = Rect { y: area.y + 2, height: area.height - 2, ..area };
    let table = Table {
        columns: &COLUMNS,
        rows: hosts.len(),
        cursor: &app.hosts,
        order: app.order("hosts"),
        hidden: app.hidden("hosts"),
        column: None,
        active: true,
    };
    table.draw(canvas, area, |row, column| {
        let row = &judged.hosts[hosts[row]];
        app.with_mark(&row.name, column, cell(fleet, row, column, app.now))
    });
}

fn cell<'a>(fleet: &'a Fleet, row: &'a HostRow, column: usize, now: Timestamp) -> Cell<'a> {
    let facts = fleet.last::<HostFacts>(&Subject::Host(row.name.clone()));
    match column {
        0 => Cell { health: Health::Ok, words: row.name.as_str().into(), role: Role::Text },
        1 => worst(row),
        2 => Cell::judged(row.cells[0].words.as_str(), row.cells[0].health),
        3 => match facts {
            Some(facts) => Cell::of(format!("{:+.1}s", facts.clock_offset_seconds), Role::Muted),
            None => Cell::of("-", Role::Muted),
        },
        4 => containers(fleet, &row.name),
        5 => restarts(fleet, &row.name),
        _ => match facts {
            Some(facts) => Cell::of(age(facts.at, now), Role::Muted),
            None => Cell::of("never", Role::Muted),
        },
    }
}

/// What a cell counts for when rows are ordered.
pub fn worth(fleet: &Fleet, row: &HostRow, column: usize) -> Worth {
    let facts = fleet.last::<HostFacts>(&Subject::Host(row.name.clone()));
    match column {
        3 => Worth::number(facts.map(|facts| milliseconds(facts.clock_offset_seconds))),
        6 => Worth::number(facts.map(|facts| facts.at.as_second())),
        _ => cell(fleet, row, column, Timestamp::UNIX_EPOCH).worth(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a clock that is off by so much is off the scale")]
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0) as i64
}

fn worst(row: &HostRow) -> Cell<'_> {
    if row.worst == Health::Ok {
        return Cell::of("ok", Role::Ok);
    }
    let index = moving::worst(row.cells.iter().map(|cell| cell.health));
    let verdict: &Verdict = &row.cells[index];
    Cell::judged(format!("{}: {}", CELLS[index], verdict.words), verdict.health)
}

fn containers<'a>(fleet: &Fleet, host: &str) -> Cell<'a> {
    let subject = Subject::Containers(host.to_owned());
    let Some(facts) = fleet.last::<ContainersFacts>(&subject) else {
        return Cell::of("-", Role::Muted);
    };
    let up = facts.containers.iter().filter(|container| container.up()).count();
    let all = facts.containers.len();
    let health = if up == all { Health::Ok } else { Health::Bad };
    if fleet.is_lost(&subject) {
        return Cell::judged(format!("was {up} of {all} up"), Health::Unknown);
    }
    Cell::judged(format!("{up} of {all} up"), health)
}

fn restarts<'a>(fleet: &Fleet, host: &str) -> Cell<'a> {
    let facts = fleet.last::<ContainersFacts>(&Subject::Containers(host.to_owned()));
    let restarts: u64 =
        facts.map_or(0, |facts| facts.containers.iter().map(|container| container.restarts).sum());
    Cell::of(restarts.to_string(), if restarts == 0 { Role::Muted } else { Role::Warn })
}

/// The host under the cursor.
pub fn selection(app: &App) -> Selection {
    let hosts = app.filtered_hosts();
    let index = hosts.get(app.hosts.among(hosts.len()));
    let row = index.and_then(|index| app.judged.as_ref()?.hosts.get(*index));
    let Some(row) = row else { return Selection::default() };
    let worst = moving::worst(row.cells.iter().map(|cell| cell.health));
    Selection::of(
        format!("{} · {}", row.name, CELLS[worst]),
        row.cells[worst].clone(),
        subjects_of(&row.name),
    )
}
