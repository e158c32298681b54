//! The mouse, where the operator has lent it to the console: a click chooses, a second one opens what is chosen, the wheel
//! moves. Questions take no clicks: nothing that changes the world is answered by a slip of the hand.

use crossterm::event::{KeyCode, MouseButton, MouseEvent, MouseEventKind};

use crate::tui::keymap::Action;
use crate::tui::spots::{self, What};
use crate::tui::theme::Role;
use crate::tui::views;
use crate::tui::widgets::cursor::Cursor;

use super::{App, Effect, Layer, View};

/// Rows that a notch of the wheel moves.
const NOTCH: usize = 3;

impl App {
    /// Takes the mouse or gives it back, now and at the next start.
    pub(super) fn toggle_mouse(&mut self) -> Vec<Effect> {
        self.choices.mouse = !self.choices.mouse;
        let words = if self.choices.mouse {
            "the mouse chooses, a second click opens; shift still selects text"
        } else {
            "the mouse is the terminal's again"
        };
        self.say(words.to_owned(), Role::Muted);
        vec![Effect::Mouse(self.choices.mouse), Effect::KeepChoices(self.choices.clone())]
    }

    pub(super) fn pointed(&mut self, event: MouseEvent) -> Vec<Effect> {
        if !self.choices.mouse || self.uncovered() {
            return Vec::new();
        }
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => self.clicked(event.column, event.row),
            MouseEventKind::ScrollDown => self.rolled(Action::Down),
            MouseEventKind::ScrollUp => self.rolled(Action::Up),
            _ => Vec::new(),
        }
    }

    fn rolled(&mut self, action: Action) -> Vec<Effect> {
        let code = if action == Action::Down { KeyCode::Down } else { KeyCode::Up };
        let typing = matches!(self.layers.last(), Some(Layer::Palette(_) | Layer::Themes(_)));
        let notch = (0..NOTCH).flat_map(|_| {
            if typing {
                return self.pressed(code.into());
            }
            self.moved(action);
            Vec::new()
        });
        notch.collect()
    }

    fn clicked(&mut self, x: u16, y: u16) -> Vec<Effect> {
        let what = spots::at(&self.spots.borrow(), x, y);
        match what {
            Some(What::Ask(action)) if self.layers.last().is_none_or(Layer::is_page) => self.act(action),
            Some(What::Row { part, row, column }) => {
                if self.choose_row(part, row, column) {
                    Vec::new()
                } else {
                    self.pressed(KeyCode::Enter.into())
                }
            }
            _ => Vec::new(),
        }
    }

    /// Puts the cursor of the list in front on a row; says whether it was somewhere else.
    fn choose_row(&mut self, part: usize, row: usize, column: Option<usize>) -> bool {
        match self.layers.last_mut() {
            Some(Layer::Choice(cursor)) => return moved_to(cursor, row),
            Some(Layer::Menu(menu)) => return moved_to(&mut menu.cursor, row),
            Some(Layer::Columns(chooser)) => return moved_to(&mut chooser.cursor, row),
            Some(Layer::Palette(palette)) => return moved_to(&mut palette.cursor, row),
            _ => {}
        }
        if let Some((sheet, state)) = self.sheet() {
            let elsewhere = state.selected(&sheet) != row;
            let state = state.clone().on(row);
            self.set_sheet_state(state);
            return elsewhere;
        }
        match self.view {
            View::Home => views::home::choose(self, part, row, column),
            View::Hosts => moved_to(&mut self.hosts, row),
            View::Actions => moved_to(&mut self.acts.action, row),
            View::Runs => moved_to(&mut self.acts.run, row),
            _ => true,
        }
    }
}

fn moved_to(cursor: &mut Cursor, row: usize) -> bool {
    let elsewhere = cursor.among(row.saturating_add(1)) != row;
    cursor.set(row);
    elsewhere
}
