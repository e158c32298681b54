//! Which tables there are to order where the operator is, and how the cursor stays on the same thing when rows change
//! their places.

use crate::tui::keymap::Action;
use crate::tui::order::Order;
use crate::tui::theme::Role;
use crate::tui::views;
use crate::tui::views::home::Pane;

use super::{App, Layer, View};

/// A table that can be ordered.
struct Ordered {
    /// Under which name its order is kept.
    name: String,
    /// Headings of its columns.
    columns: Vec<&'static str>,
}

impl App {
    /// The order of a table.
    pub(in crate::tui) fn order(&self, table: &str) -> Order {
        self.orders.get(table).copied().unwrap_or_default()
    }

    /// Whether there is a table to order here.
    pub(super) fn can_order(&self) -> bool {
        self.table_here().is_some()
    }

    /// Chooses the column that orders the table here, or turns the order round.
    pub(super) fn reorder(&mut self, action: Action) {
        let Some(table) = self.table_here() else { return };
        let order = self.order(&table.name);
        let order = match action {
            Action::SortReverse => order.turned(),
            _ => order.beside(table.columns.len(), action == Action::SortNext),
        };
        let words = match order.column() {
            Some(column) => format!("by {}{}", table.columns[column], order.sign(column)),
            None => "in the order in which they come".to_owned(),
        };
        self.home.stays();
        self.keeping_place(|app| _ = app.orders.insert(table.name, order));
        self.say(words, Role::Muted);
    }

    /// Lets rows change their places; the cursor goes with the row that it stands on.
    pub(super) fn keeping_place(&mut self, change: impl FnOnce(&mut Self)) {
        let here = self.selected_name();
        change(self);
        if let Some(name) = here {
            self.select(&name);
        }
    }

    fn table_here(&self) -> Option<Ordered> {
        if self.layers.iter().any(|layer| !matches!(layer, Layer::Host(..))) {
            return None;
        }
        if let Some((sheet, state)) = self.sheet() {
            let section = state.section_of(&sheet).filter(|section| !section.headings.is_empty())?;
            return Some(Ordered { name: section.title.clone(), columns: section.headings.clone() });
        }
        let (name, columns) = self.columns_here()?;
        Some(Ordered { name, columns })
    }

    /// The table whose columns can be chosen here: its name, and their headings.
    pub(super) fn columns_here(&self) -> Option<(String, Vec<&'static str>)> {
        let columns = match self.view {
            _ if !self.layers.is_empty() => return None,
            View::Home if self.home.pane() == Pane::Hosts => &views::home::COLUMNS[..],
            View::Hosts => &views::hosts::COLUMNS,
            View::Actions => &views::actions::COLUMNS,
            View::Runs => &views::runs::COLUMNS,
            _ => return None,
        };
        let headings = columns.iter().map(|column| column.title).collect();
        Some((views::action_of(self.view).to_string(), headings))
    }

    /// What the row under the cursor is called in its table.
    pub(super) fn selected_name(&self) -> Option<String> {
        if let Some((sheet, state)) = self.sheet() {
            return state.about(&sheet).map(|selection| selection.title.clone());
        }
        let names = self.names();
        let cursor = self.cursor()?;
        names.get(cursor.among(names.len())).cloned()
    }

    pub(super) fn select(&mut self, name: &str) {
        if let Some((sheet, state)) = self.sheet() {
            let mut state = state.clone();
            state.choose(&sheet, |selection| selection.title == name);
            return self.set_sheet_state(state);
        }
        let Some(at) = self.names().iter().position(|known| known == name) else { return };
        match self.view {
            View::Home => self.home.select_host(at),
            View::Hosts => self.hosts.set(at),
            View::Actions => self.acts.action.set(at),
            View::Runs => self.acts.run.set(at),
            _ => {}
        }
    }

    fn cursor(&self) -> Option<&super::Cursor> {
        match self.view {
            View::Home => Some(self.home.host()),
            View::Hosts => Some(&self.hosts),
            View::Actions => Some(&self.acts.action),
            View::Runs => Some(&self.acts.run),
            _ => None,
        }
    }

    /// Names of the rows that are shown, top to bottom.
    fn names(&self) -> Vec<String> {
        match self.view {
            View::Home | View::Hosts => {
                let rows = self.judged.as_ref().map_or(&[][..], |judged| &judged.hosts);
                self.filtered_hosts().into_iter().map(|index| rows[index].name.clone()).collect()
            }
            View::Actions => self.actions().into_iter().map(|runbook| runbook.id.clone()).collect(),
            View::Runs => self.kept_runs().into_iter().map(|kept| kept.listed.id.clone()).collect(),
            _ => Vec::new(),
        }
    }
}
