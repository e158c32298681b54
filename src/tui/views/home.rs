//! The whole deployment at a glance: the injection flow, one row per host, what is wrong, what expires next.
//!
//! ```text
//! ansible ──▶ AppRole ──▶ token ──▶ secrets ──▶ .env ──▶ server, worker ──▶ database
//! HOST …  one row per host, a verdict per cell
//! FINDINGS                                NEXT TO EXPIRE
//! ```

mod lists;

use ratatui::layout::Rect;

use crate::model::verdict::Health;
use crate::tui::app::App;
use crate::tui::canvas::Canvas;
use crate::tui::judged::{CELLS, HostRow, Judged};
use crate::tui::keymap::Action;
use crate::tui::moving;
use crate::tui::order::Worth;
use crate::tui::selection::{Selection, subjects_of};
use crate::tui::theme::Role;
use crate::tui::widgets::columns::Column;
use crate::tui::widgets::cursor::Cursor;
use crate::tui::widgets::strip::{self, Station};
use crate::tui::widgets::table::{Cell, Table};

/// Parts of Home that the keys can go to, in the order of tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The matrix.
    #[default]
    Hosts,
    /// What is wrong.
    Findings,
    /// What ends next.
    Expiries,
    /// The injection flow.
    Flow,
}

const PANES: [Pane; 4] = [Pane::Hosts, Pane::Findings, Pane::Expiries, Pane::Flow];

/// Where the cursor is in each pane.
#[derive(Debug, Clone, Default)]
pub struct HomeState {
    pane: Pane,
    host: Cursor,
    /// Index into the columns of the matrix; 0 is the host itself.
    column: usize,
    station: usize,
    finding: Cursor,
    expiry: Cursor,
    /// Whether the operator has moved; until then the cursor rests on what is worst.
    moved: bool,
}

/// Columns of the matrix.
pub const COLUMNS: [Column; 7] = [
    Column::new("HOST", 8, 30, 0),
    Column::new("SSH", 4, 12, 5),
    Column::new("AGENT", 18, 60, 0),
    Column::new("SECRET-ID", 9, 28, 1),
    Column::new(".ENV", 8, 32, 2),
    Column::new("SERVER", 7, 28, 3),
    Column::new("WORKER", 7, 28, 4),
];

impl HomeState {
    /// The part that keys go to.
    pub fn pane(&self) -> Pane {
        self.pane
    }

    /// The cursor among the hosts.
    pub fn host(&self) -> &Cursor {
        &self.host
    }

    fn place(&self) -> (Pane, usize, usize) {
        match self.pane {
            Pane::Hosts => (self.pane, self.host.among(usize::MAX), self.column),
            Pane::Findings => (self.pane, self.finding.among(usize::MAX), 0),
            Pane::Expiries => (self.pane, self.expiry.among(usize::MAX), 0),
            Pane::Flow => (self.pane, self.station, 0),
        }
    }

    /// Puts the cursor on a row of the matrix.
    pub fn select_host(&mut self, at: usize) {
        self.host.set(at);
    }

    /// Leaves the cursor where it is from now on.
    pub fn stays(&mut self) {
        self.moved = true;
    }

    /// Rests the cursor on the worst cell of the worst host, until the operator has moved it.
    pub fn follow_trouble(&mut self, judged: Option<&Judged>) {
        let Some(judged) = judged.filter(|_| !self.moved) else { return };
        let row = moving::worst(judged.hosts.iter().map(|row| row.worst));
        self.host.set(row);
        self.column = judged.hosts.get(row).map_or(0, |row| match row.worst {
            Health::Ok | Health::Busy => 0,
            _ => 1 + moving::worst(row.cells.iter().map(|cell| cell.health)),
        });
    }
}

/// Draws the view.
pub fn draw(app: &App, canvas: &mut Canvas<'_>, body: Rect) {
    let Some(judged) = &app.judged else { return };
    let judged = &*judged.kept_by(&app.filter);
    let state = &app.home;
    let station = (state.pane == Pane::Flow).then_some(state.station);
    let stations = stations(judged);
    // on a small screen one row of the flow makes room for what is wrong
    let others = judged.hosts.len().clamp(1, 3);
    let others = u16::try_from(others).unwrap_or(0) + lists::least(judged) + 3;
    let flow = match strip::height(&stations, body.width - 2) {
        wanted if wanted + others > body.height => strip::ROW,
        wanted => wanted,
    };
    strip::draw(canvas, Rect { x: 1, y: body.y, width: body.width - 2, height: flow }, &stations, station);
    let above = flow + 1;
    let rest = Rect { x: 1, y: body.y + above, width: body.width - 2, height: body.height - above };
    let lists = lists::height(judged, rest);
    let hosts = app.filtered_hosts();
    let matrix =
        u16::try_from(hosts.len()).unwrap_or(u16::MAX).saturating_add(1).clamp(2, rest.height - lists);
    draw_matrix(app, judged, &hosts, canvas, Rect { height: matrix, ..rest });
    let below = rest.y + matrix + 1;
    lists::draw(app, judged, canvas, Rect { y: below, height: rest.bottom().saturating_sub(below), ..rest });
}

fn stations(judged: &Judged) -> Vec<Station<'_>> {
    let station = |step: &crate::model::health::FlowStep| (step.name, step.verdict.health);
    let flow = judged.flow.iter();
    flow.map(|step| {
        let (name, health) = station(step);
        Station { name, health, words: &step.verdict.words }
    })
    .collect()
}

fn draw_matrix(app: &App, judged: &Judged, hosts: &[usize], canvas: &mut Canvas<'_>, area: Rect) {
    let state = &app.home;
    let active = state.pane == Pane::Hosts;
    let table = Table {
        columns: &COLUMNS,
        rows: hosts.len(),
        cursor: &state.host,
        order: app.order("home"),
        hidden: app.hidden("home"),
        column: Some(state.column),
        active,
    };
    canvas.part(part(Pane::Hosts));
    table.draw(canvas, area, |row, column| {
        let row = &judged.hosts[hosts[row]];
        app.with_mark(&row.name, column, cell(row, column))
    });
    if hosts.is_empty() {
        let words = if judged.hosts.is_empty() {
            "no hosts: name some in the profile (hosts.list), or an inventory (hosts.inventory)"
        } else {
            "no host has these words"
        };
        canvas.put(area.x + 2, area.y + 1, area.width - 2, words, Role::Muted);
    }
}

fn cell(row: &HostRow, column: usize) -> Cell<'_> {
    let Some(verdict) = column.checked_sub(1).and_then(|index| row.cells.get(index)) else {
        let role = if row.worst == Health::Bad { Role::Title } else { Role::Text };
        return Cell::of(row.name.as_str(), role);
    };
    Cell::judged(verdict.words.as_str(), verdict.health)
}

/// What a cell of the matrix counts for when its rows are ordered.
pub fn worth(row: &HostRow, column: usize) -> Worth {
    cell(row, column).worth()
}

/// What the cursor stands on.
pub fn selection(app: &App) -> Selection {
    let Some(judged) = &app.judged else { return Selection::default() };
    let judged = &*judged.kept_by(&app.filter);
    match app.home.pane {
        Pane::Hosts => host_selection(app, judged).unwrap_or_default(),
        Pane::Flow => flow_selection(app, judged).unwrap_or_default(),
        Pane::Findings => lists::finding_selection(judged, &app.home.finding).unwrap_or_default(),
        Pane::Expiries => lists::expiry_selection(judged, &app.home.expiry).unwrap_or_default(),
    }
}

fn host_selection(app: &App, judged: &Judged) -> Option<Selection> {
    let hosts = app.filtered_hosts();
    let row = judged.hosts.get(*hosts.get(app.home.host.among(hosts.len()))?)?;
    let Some(cell) = app.home.column.checked_sub(1) else {
        let worst = moving::worst(row.cells.iter().map(|cell| cell.health));
        let title = format!("{} · {}", row.name, CELLS[worst]);
        return Some(Selection::of(title, row.cells[worst].clone(), subjects_of(&row.name)));
    };
    let title = format!("{} · {}", row.name, CELLS.get(cell)?);
    let subjects = crate::tui::app::looked_at(&row.name, cell);
    Some(Selection::of(title, row.cells.get(cell)?.clone(), subjects))
}

fn flow_selection(app: &App, judged: &Judged) -> Option<Selection> {
    let step = judged.flow.get(app.home.station.min(judged.flow.len().saturating_sub(1)))?;
    Some(Selection::of(step.name, step.verdict.clone(), vec![step.subject.clone()]))
}

/// Moves the cursor as a key asks.
pub fn moved(app: &mut App, action: Action) {
    app.home.moved = true;
    let healths = app.host_healths();
    let Some(judged) = &app.judged else { return };
    let judged = &*judged.kept_by(&app.filter);
    let hidden = app.hidden("home").clone();
    let mut shown = (0..COLUMNS.len()).filter(|column| !hidden.contains(COLUMNS[*column].title));
    let state = &mut app.home;
    let here = state.column;
    match (action, state.pane) {
        (Action::NextPane, pane) => state.pane = beside(pane, 1),
        (Action::PreviousPane, pane) => state.pane = beside(pane, PANES.len() - 1),
        (Action::NextTrouble | Action::PreviousTrouble, _) => {
            state.pane = Pane::Hosts;
            let next = moving::next_trouble(
                &healths,
                state.host.among(healths.len()),
                action == Action::NextTrouble,
            );
            state.host.set(next);
        }
        (Action::Left, Pane::Hosts) => state.column = shown.rfind(|column| *column < here).unwrap_or(0),
        (Action::Right, Pane::Hosts) => state.column = shown.find(|column| *column > here).unwrap_or(here),
        (_, Pane::Hosts) => _ = state.host.moved(action, healths.len()),
        (Action::Left, Pane::Flow) => state.station = state.station.saturating_sub(1),
        (Action::Right, Pane::Flow) => {
            state.station = (state.station + 1).min(judged.flow.len().saturating_sub(1));
        }
        (Action::Down, Pane::Flow) => state.pane = Pane::Hosts,
        (_, Pane::Flow) => {}
        (_, Pane::Findings) => _ = state.finding.moved(action, judged.findings.len()),
        (_, Pane::Expiries) => _ = state.expiry.moved(action, judged.expiries.len()),
    }
}

/// Puts the cursor on a row of a part, and on a cell of it; says whether it was somewhere else.
pub fn choose(app: &mut App, part: usize, row: usize, column: Option<usize>) -> bool {
    app.home.moved = true;
    let state = &mut app.home;
    let before = state.place();
    state.pane = PANES.get(part).copied().unwrap_or_default();
    match state.pane {
        Pane::Hosts => {
            state.host.set(row);
            state.column = column.unwrap_or(state.column);
        }
        Pane::Findings => state.finding.set(row),
        Pane::Expiries => state.expiry.set(row),
        Pane::Flow => state.station = row,
    }
    state.place() != before
}

/// The number of a pane among the parts of the view.
fn part(pane: Pane) -> usize {
    PANES.iter().position(|known| *known == pane).unwrap_or(0)
}

fn beside(pane: Pane, steps: usize) -> Pane {
    PANES[(part(pane) + steps) % PANES.len()]
}
