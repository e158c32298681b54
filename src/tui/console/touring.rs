//! Where somebody is on the tour, found and kept beside the loop, which goes on meanwhile.

use crate::config;
use crate::tui::app::{Effect, Message};

use super::{Console, Mail};

impl Console {
    /// Hands on what is wanted of the tour; gives back what is not.
    pub(super) fn touring(&mut self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::FindTour(deployment) => {
                self.in_background(move || Message::TourFound(Ok(config::kept_tour(&deployment))));
            }
            Effect::KeepTour { deployment, page } => self.keep_tour(deployment, page),
            effect => return Some(effect),
        }
        None
    }

    /// The tour goes on in any case; only what cannot be kept is told.
    fn keep_tour(&self, deployment: String, page: String) {
        let sender = self.sender.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(trouble) = config::keep_tour(&deployment, &page) {
                let _ = sender.blocking_send(Mail::Message(Message::TourFound(Err(trouble))));
            }
        });
    }
}
