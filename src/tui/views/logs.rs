//! Logs: follow one container's log, search it, choose how far back it goes. Only the lines in the window are laid out.

mod drawing;
mod state;

use crate::model::facts::{ContainersFacts, Service};
use crate::model::subject::Subject;
use crate::model::verdict::Health;
use crate::tui::app::App;
use crate::tui::moving;
use crate::tui::selection::Selection;

pub use drawing::draw;
pub use state::{LogsState, Range};

/// Every log there is: host and container, in the operator's order of hosts.
pub fn choices(app: &App) -> Vec<(String, String)> {
    let Some(fleet) = &app.fleet else { return Vec::new() };
    let of_host = |host: &String| {
        let facts = fleet.last::<ContainersFacts>(&Subject::Containers(host.clone()));
        let containers = facts.map_or(&[][..], |facts| &facts.facts.containers);
        containers.iter().map(|container| (host.clone(), container.name.clone())).collect::<Vec<_>>()
    };
    fleet.deployment.hosts.iter().flat_map(of_host).collect()
}

/// The agent's container on a host, else any.
pub fn agent_of(app: &App, host: &str) -> Option<String> {
    let facts = app.fleet.as_ref()?.last::<ContainersFacts>(&Subject::Containers(host.to_owned()))?;
    let container = facts.facts.of(Service::Agent).or_else(|| facts.facts.containers.first())?;
    Some(container.name.clone())
}

/// The log that is most likely wanted: that of the agent on the worst host.
pub fn likeliest(app: &App) -> Option<(String, String)> {
    let hosts = &app.judged.as_ref()?.hosts;
    let known: Vec<_> = hosts.iter().filter(|row| agent_of(app, &row.name).is_some()).collect();
    let worst = known.get(moving::worst(known.iter().map(|row| row.worst)))?;
    Some((worst.name.clone(), agent_of(app, &worst.name)?))
}

/// The log that is open.
pub fn selection(app: &App) -> Selection {
    let Some((host, container)) = app.logs.target.clone() else { return Selection::default() };
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
