//! Logs: follow one container's log, or many merged by time; search, walk from error to error, choose how far back it goes, and
//! take lines along.

mod drawing;
mod jumping;
mod selecting;
mod sources;
mod state;
mod status;

use crate::model::subject::Subject;
use crate::model::verdict::Health;
use crate::tui::app::App;
use crate::tui::selection::Selection;

pub use drawing::draw;
pub use jumping::Jump;
pub use selecting::Excerpt;
pub use sources::{EVERY_HOST, Reach, Source, Wanted, agent_of, choices, likeliest};
pub use state::{LogsState, Range, Streams};

/// The container whose log is open; of merged ones, that of the line the operator stands on.
pub fn selection(app: &App) -> Selection {
    let Some(wanted) = &app.logs.wanted else { return Selection::default() };
    let (host, container) = match app.logs.source_here() {
        Some(source) => (source.host.clone(), source.container.clone()),
        None => (wanted.host.clone(), wanted.container.clone()),
    };
    let verdict = app.judged.as_ref().and_then(|judged| {
        let row = judged.hosts.iter().find(|row| row.name == host)?;
        row.cells.iter().find(|cell| cell.health > Health::Ok).cloned()
    });
    Selection {
        title: format!("{host} · {container}"),
        verdict,
        subjects: vec![Subject::Containers(host.clone()), Subject::Agent(host.clone())],
        host: Some(host),
        container: Some(container),
        ..Selection::default()
    }
}
