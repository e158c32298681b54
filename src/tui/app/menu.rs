//! The menu of what is selected: the actions that apply to it, the one that mends it first. Choosing one opens its form; nothing
//! is run from here.

use crate::model::finding::Signal;
use crate::model::runbook::{Kind, Runbook};
use crate::model::subject::Subject;
use crate::tui::selection::Selection;
use crate::tui::theme::Role;
use crate::tui::widgets::cursor::Cursor;

use super::marking::Meant;
use super::procedures::Awaited;
use super::{App, Effect, Layer, View};

/// The menu while it is open.
#[derive(Debug, Clone)]
pub struct Menu {
    /// What it is for.
    pub title: String,
    /// What applies, likeliest first.
    pub items: Vec<MenuItem>,
    /// Where the cursor is among them.
    pub cursor: Cursor,
    meant: Meant,
}

/// One action of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuItem {
    /// Its id.
    pub id: String,
    /// What it does.
    pub title: String,
    /// Whether it mends what is wrong with the thing selected.
    pub mends: bool,
    /// Whether it writes.
    pub writes: bool,
}

impl App {
    /// The actions for what is selected: an only one is opened, several are shown.
    pub(super) fn remedy(&mut self) -> Vec<Effect> {
        let selection = self.selection();
        if let Some(Layer::Why(why)) = self.layers.last()
            && let Some(id) = why.verdict.fix
        {
            return self.open_action(id, self.meant(&selection));
        }
        if self.acts.shelf.is_none() {
            self.acts.awaited = Some(Awaited::Menu);
            return vec![Effect::LoadRunbooks];
        }
        let items = self.applying(&selection);
        match &items[..] {
            [] if self.view == View::Actions && self.layers.is_empty() => {
                self.say("enter opens it".to_owned(), Role::Muted);
            }
            [] => self.say("no action is for this; a lists them all".to_owned(), Role::Muted),
            [only] => return self.open_action(&only.id.clone(), self.meant(&selection)),
            _ => {
                let meant = self.meant(&selection);
                let title = if self.marked.is_empty() { selection.title } else { meant.hosts.join(", ") };
                let menu = Menu { title, items, cursor: Cursor::default(), meant };
                self.layers.push(Layer::Menu(menu));
            }
        }
        Vec::new()
    }

    /// Opens what the cursor of the menu stands on.
    pub(super) fn choose_from_menu(&mut self) -> Vec<Effect> {
        let Some(Layer::Menu(menu)) = self.layers.pop() else { return Vec::new() };
        let chosen = menu.items.get(menu.cursor.among(menu.items.len()));
        chosen.map_or_else(Vec::new, |item| self.open_action(&item.id, menu.meant))
    }

    fn applying(&self, selection: &Selection) -> Vec<MenuItem> {
        let fix = selection.verdict.as_ref().and_then(|verdict| verdict.fix);
        let applying =
            self.runbooks().filter(|runbook| fix == Some(&runbook.id) || applies(runbook, selection));
        let item = |runbook: &Runbook| MenuItem {
            id: runbook.id.clone(),
            title: runbook.title.clone(),
            mends: fix == Some(&runbook.id),
            writes: runbook.writes,
        };
        let mut items: Vec<_> = applying.map(item).collect();
        // what only reads stands before what writes, unless it mends
        items.sort_by_key(|item| (!item.mends, item.writes));
        items
    }
}

/// Whether a runbook asks for a host where one is selected, or changes the thing that is.
fn applies(runbook: &Runbook, selection: &Selection) -> bool {
    let asks_for_hosts = || runbook.inputs.iter().any(|input| matches!(input.kind, Kind::Host | Kind::Hosts));
    if selection.host.is_some() {
        return asks_for_hosts();
    }
    let signals: Vec<_> = selection.subjects.iter().filter_map(changed_as).collect();
    runbook.steps.iter().flat_map(|step| &step.touches).any(|signal| signals.contains(signal))
}

/// What a step touches that changes a subject. Nothing changes the token, an account or the control host for anybody else.
fn changed_as(subject: &Subject) -> Option<Signal> {
    match subject {
        Subject::Mounts => Some(Signal::Mounts),
        Subject::Policy => Some(Signal::Policy),
        Subject::Access => Some(Signal::Access),
        Subject::Role => Some(Signal::Role),
        Subject::Secret(_) => Some(Signal::Secrets),
        Subject::Rds => Some(Signal::Rds),
        Subject::Login => Some(Signal::Login),
        Subject::Host(_) | Subject::Containers(_) | Subject::Agent(_) => Some(Signal::Hosts),
        Subject::Vault | Subject::Token | Subject::Account | Subject::Station => None,
    }
}
