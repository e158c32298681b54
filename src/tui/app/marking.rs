//! Hosts that are marked: an action that is opened while some are is for those, wherever it is opened.
//!
//! ```text
//! space ─▶ marked ─▶ every form asks about the marked hosts ─▶ the plan lists them ─begun─▶ none is marked
//! ```

use crate::tui::views::home::Pane;
use crate::tui::widgets::table::Cell;

use super::{App, View};

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

    /// Marks the host under the cursor, or takes its mark away.
    pub(super) fn mark(&mut self) {
        let Some(host) = self.selection().host else { return };
        if !self.marked.remove(&host) {
            self.marked.insert(host);
        }
    }

    /// The hosts that an action is opened for: those that are marked, else the one it is opened from.
    pub(super) fn meant(&self, host: Option<&str>) -> Vec<String> {
        if self.marked.is_empty() {
            return host.map(str::to_owned).into_iter().collect();
        }
        let hosts = self.deployment().map_or(&[][..], |deployment| &deployment.hosts);
        hosts.iter().filter(|host| self.marked.contains(*host)).cloned().collect()
    }

    /// The cell that names a host, with its mark.
    pub(in crate::tui) fn with_mark<'c>(&self, host: &str, cell: Cell<'c>) -> Cell<'c> {
        if self.marked.is_empty() {
            return cell;
        }
        let mark = if self.marked.contains(host) { "●" } else { " " };
        Cell { words: format!("{mark} {}", cell.words).into(), ..cell }
    }
}
