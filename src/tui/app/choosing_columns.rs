//! Which columns of a table are shown, now and at the next start. The first names the row and stays; what is hidden makes room
//! for the others.

use std::collections::BTreeSet;

use crate::config::Choices;
use crate::tui::widgets::cursor::Cursor;

use super::{App, Effect, Layer};

/// The list of columns while it is open.
#[derive(Debug, Clone)]
pub struct Chooser {
    /// The table, by the name under which its choice is kept.
    pub table: String,
    /// Headings of the columns that can be hidden; the first of them is the table's second.
    pub columns: Vec<&'static str>,
    /// Where the cursor is among them.
    pub cursor: Cursor,
}

/// No column is hidden.
static NONE: BTreeSet<String> = BTreeSet::new();

impl App {
    /// Takes note of what was chosen the last time; returns what is wanted of the outside.
    pub fn know_choices(&mut self, choices: Choices) -> Vec<Effect> {
        self.choices = choices;
        if self.choices.mouse { vec![Effect::Mouse(true)] } else { Vec::new() }
    }

    /// Headings of the columns of a table that are not shown.
    pub(in crate::tui) fn hidden(&self, table: &str) -> &BTreeSet<String> {
        self.choices.hidden.get(table).unwrap_or(&NONE)
    }

    /// Opens the list of the columns here, or closes it.
    pub(super) fn choose_columns(&mut self) {
        if let Some(Layer::Columns(_)) = self.layers.last() {
            self.layers.pop();
            return;
        }
        let Some((table, columns)) = self.columns_here() else { return };
        let columns = columns.into_iter().skip(1).collect();
        self.layers.push(Layer::Columns(Chooser { table, columns, cursor: Cursor::default() }));
    }

    /// Shows the column under the cursor, or hides it.
    pub(super) fn turn_column(&mut self) -> Vec<Effect> {
        let Some(Layer::Columns(chooser)) = self.layers.last() else { return Vec::new() };
        let Some(column) = chooser.columns.get(chooser.cursor.among(chooser.columns.len())) else {
            return Vec::new();
        };
        let hidden = self.choices.hidden.entry(chooser.table.clone()).or_default();
        if !hidden.remove(*column) {
            hidden.insert((*column).to_owned());
        }
        vec![Effect::KeepChoices(self.choices.clone())]
    }
}
