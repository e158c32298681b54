//! Where somebody is on the tour, and what a game day does to the pretend fleet: done beside the loop, which goes on meanwhile.

use crate::config;
use crate::deck::{Deck, Drill};
use crate::model::trouble::Trouble;
use crate::tui::app::{Effect, Message};

use super::Console;

impl Console {
    /// Hands on what is wanted of the tour; gives back what is not.
    pub(super) fn touring(&mut self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::FindTour(deployment) => {
                self.in_background(move || Message::TourFound(Ok(config::kept_tour(&deployment))));
            }
            Effect::KeepTour { deployment, page } => {
                let keep = move || config::keep_tour(&deployment, &page);
                self.keep_choice(keep, |trouble| Message::TourFound(Err(trouble)));
            }
            Effect::RunAt(speed) => {
                self.deck.iter().filter_map(Deck::drill).for_each(|drill| drill.runs_at(speed));
            }
            Effect::Break(faults) => self.drill(move |drill| drill.breaks(&faults)),
            Effect::Mend(faults) => self.drill(move |drill| drill.mends(&faults)),
            effect => return Some(effect),
        }
        None
    }

    /// Only a pretend fleet can be broken for practice.
    fn drill(&self, act: impl FnOnce(Drill) -> Result<(), Trouble> + Send + 'static) {
        let drill = self.deck.as_ref().and_then(Deck::drill);
        let real = || Trouble::new("only the pretend fleet is broken for practice");
        self.in_background(move || Message::Drilled(drill.ok_or_else(real).and_then(act)));
    }
}
