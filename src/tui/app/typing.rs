//! A line that is typed at the bottom: which rows are wanted, which words are marked in a log, which keys are listed. What is
//! typed takes effect at once; `esc` brings back what held before.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::filter::Filter;

use super::{App, Effect, Help, Layer, Prompt, Purpose};

impl App {
    /// Opens the line.
    pub(super) fn prompt(&mut self, purpose: Purpose) {
        let before = match purpose {
            Purpose::Filter => self.filter.typed().to_owned(),
            Purpose::Search => self.logs.search().to_owned(),
            Purpose::Keys => String::new(),
        };
        let row = self.selected_name();
        self.layers.push(Layer::Prompt(Prompt { purpose, text: before.clone(), before, row }));
    }

    /// A key while it is open.
    pub(super) fn typed(&mut self, key: KeyEvent) -> Vec<Effect> {
        let Some(Layer::Prompt(prompt)) = self.layers.last_mut() else { return Vec::new() };
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if control => return self.leave(),
            KeyCode::Char('u') if control => prompt.text.clear(),
            KeyCode::Char(letter) if !control => prompt.text.push(letter),
            KeyCode::Backspace => _ = prompt.text.pop(),
            KeyCode::Esc => prompt.text.clone_from(&prompt.before),
            _ => {}
        }
        self.prompted();
        if matches!(key.code, KeyCode::Enter | KeyCode::Esc) {
            let searched =
                matches!(self.layers.pop(), Some(Layer::Prompt(prompt)) if prompt.purpose == Purpose::Search);
            if searched && key.code == KeyCode::Enter {
                self.go_to_found();
            }
        }
        Vec::new()
    }

    /// What is typed takes effect at once.
    pub(super) fn prompted(&mut self) {
        let Some(Layer::Prompt(prompt)) = self.layers.last() else { return };
        let filter = Filter::read(&prompt.text);
        match prompt.purpose {
            Purpose::Filter => {
                let row = prompt.row.clone();
                self.filter = filter;
                if let Some(row) = row {
                    self.select(&row);
                }
            }
            Purpose::Search => self.logs.search_for(&prompt.text),
            Purpose::Keys => self.filter_keys(filter),
        }
    }

    fn filter_keys(&mut self, filter: Filter) {
        let help = self.layers.iter_mut().rev().find_map(|layer| match layer {
            Layer::Help(help) => Some(help),
            _ => None,
        });
        if let Some(help) = help {
            *help = Help { filter, nearest: help.nearest, ..Help::default() };
        }
    }
}
