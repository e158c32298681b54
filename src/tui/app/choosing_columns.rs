//! Which columns of a table are shown. The first names the row and stays; what is hidden makes room for the others.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::keymap::Action;
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
static NONE: BTreeSet<usize> = BTreeSet::new();

impl App {
    /// The columns of a table that are not shown.
    pub(in crate::tui) fn hidden(&self, table: &str) -> &BTreeSet<usize> {
        self.hidden.get(table).unwrap_or(&NONE)
    }

    /// Opens the list of the columns here.
    pub(super) fn choose_columns(&mut self) {
        let Some((table, columns)) = self.columns_here() else { return };
        let columns = columns.into_iter().skip(1).collect();
        self.layers.push(Layer::Columns(Chooser { table, columns, cursor: Cursor::default() }));
    }

    /// A key while it is open.
    pub(super) fn columns_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let Some(Layer::Columns(chooser)) = self.layers.last_mut() else { return Vec::new() };
        let count = chooser.columns.len();
        match key.code {
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return self.leave(),
            KeyCode::Esc | KeyCode::Backspace | KeyCode::Char('q' | 'K') => _ = self.layers.pop(),
            KeyCode::Down | KeyCode::Char('j') => _ = chooser.cursor.moved(Action::Down, count),
            KeyCode::Up | KeyCode::Char('k') => _ = chooser.cursor.moved(Action::Up, count),
            KeyCode::Enter | KeyCode::Char(' ') => self.turn_column(),
            _ => {}
        }
        Vec::new()
    }

    fn turn_column(&mut self) {
        let Some(Layer::Columns(chooser)) = self.layers.last() else { return };
        let column = chooser.cursor.among(chooser.columns.len()) + 1;
        let hidden = self.hidden.entry(chooser.table.clone()).or_default();
        if !hidden.remove(&column) {
            hidden.insert(column);
        }
    }
}
