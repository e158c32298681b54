//! Hosts that are marked: an action that is opened while some are is for those, wherever it is opened.
//!
//! ```text
//! space ─▶ marked ─▶ every form asks about the marked hosts ─▶ the plan lists them ─begun─▶ none is marked
//! ```

use crate::model::facts::SecretFacts;
use crate::model::subject::Subject;
use crate::tui::selection::Selection;
use crate::tui::views::home::Pane;
use crate::tui::widgets::table::Cell;

use super::{App, Effect, Layer, View};

/// What an action is opened for; its form asks about these first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Meant {
    pub(super) hosts: Vec<String>,
    /// Path of a secret below the mount.
    pub(super) secret: Option<String>,
    /// The version of that secret.
    pub(super) version: Option<u64>,
}

impl App {
    /// Whether there is a host to mark under the cursor.
    pub(super) fn can_mark(&self) -> bool {
        let among_hosts = match self.view {
            View::Home => self.home.pane() == Pane::Hosts,
            View::Hosts => true,
            _ => false,
        };
        among_hosts && self.layers.is_empty()
    }

    /// Marks what is under the cursor, or takes its mark away: a host, or a column that is shown.
    pub(super) fn mark(&mut self) -> Vec<Effect> {
        if matches!(self.layers.last(), Some(Layer::Columns(_))) {
            return self.turn_column();
        }
        if let Some(host) = self.selection().host.filter(|host| !self.marked.remove(host)) {
            self.marked.insert(host);
        }
        Vec::new()
    }

    /// What an action is opened for: the hosts that are marked, else the one that is selected; and the secret that is.
    pub(super) fn meant(&self, selection: &Selection) -> Meant {
        let secret = selection.subjects.iter().find_map(|subject| match subject {
            Subject::Secret(path) => Some(path.clone()),
            _ => None,
        });
        let version = selection.version.or_else(|| self.deleted_version(secret.as_deref()?));
        let hosts =
            if self.marked.is_empty() { selection.host.clone().into_iter().collect() } else { self.marks() };
        Meant { hosts, secret, version }
    }

    /// The marked hosts, in the order of the deployment.
    pub(super) fn marks(&self) -> Vec<String> {
        let hosts = self.deployment().map_or(&[][..], |deployment| &deployment.hosts);
        hosts.iter().filter(|host| self.marked.contains(*host)).cloned().collect()
    }

    /// The newest version of a secret, where it is deleted: whoever asks about the secret then asks about that.
    fn deleted_version(&self, path: &str) -> Option<u64> {
        let facts = self.fleet.as_ref()?.last::<SecretFacts>(&Subject::Secret(path.to_owned()))?;
        let deleted = facts.current_version()?.deleted.is_some();
        deleted.then_some(facts.current)
    }

    /// A cell of a host's row: the first one, which names it, has its mark.
    pub(in crate::tui) fn with_mark<'c>(&self, host: &str, column: usize, cell: Cell<'c>) -> Cell<'c> {
        if column > 0 || self.marked.is_empty() {
            return cell;
        }
        let mark = if self.marked.contains(host) { "●" } else { " " };
        Cell { words: format!("{mark} {}", cell.words).into(), ..cell }
    }
}
