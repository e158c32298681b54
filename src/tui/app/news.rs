//! What is new: told by itself to an operator who looks elsewhere, and held against what was seen when the console was last
//! open here. A console that lost its terminal comes back to where it stood.
//!
//! ```text
//! Message::Remembered ─▶ before ─┐
//! judged.picture ────────────────┼─▶ changes, a line on Home     ─▶ put away
//!                                └─▶ Told::due ─▶ Effect::Announce
//! ```

use jiff::{SignedDuration, Timestamp};

use crate::model::last_look::{self, Change, LastLook, Looked, OpenLog, Picture, Place, Standing};
use crate::model::notice::Told;
use crate::model::span;
use crate::model::trouble::Trouble;
use crate::model::verdict::{Evidence, Health, Verdict};
use crate::tui::theme::Role;
use crate::tui::views;
use crate::tui::views::logs::{Reach, Wanted};
use crate::tui::widgets::pager::Pager;

use super::{App, Effect, Layer, VIEWS, View, Why};

/// A picture that has changed is kept when so much time has passed since the last one was.
const KEPT_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);
/// Any picture is.
const KEPT_AT_LATEST_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// What the console remembers of the last look, and what it has told since.
#[derive(Debug, Default)]
pub struct Lookback {
    /// What the present is held against, until that is put away.
    pub(in crate::tui) before: Option<Looked>,
    /// What is otherwise now.
    pub(in crate::tui) changes: Vec<Change>,
    /// What went wrong beside the screen: a program that was to be told, a file that was to be kept.
    pub(in crate::tui) trouble: Option<Trouble>,
    /// Whether everything has been seen once; nothing is news before that.
    full: bool,
    told: Told,
    /// What was kept last, and when.
    kept: Option<(Timestamp, Picture)>,
    /// Where the console is still to go back to.
    place: Option<Place>,
}

impl App {
    /// What was seen here last is known. A console that lost its terminal goes back to where it stood, unless the operator has
    /// gone elsewhere already; a run that waits comes before it.
    pub(super) fn remembered(&mut self, last: Option<LastLook>) -> Vec<Effect> {
        let Some(last) = last else { return Vec::new() };
        self.lookback.before = last.looked;
        match last.place.filter(|_| self.view == View::Home && self.layers.is_empty()) {
            Some(place) => self.come_back(place),
            None => Vec::new(),
        }
    }

    fn come_back(&mut self, place: Place) -> Vec<Effect> {
        let view = VIEWS.into_iter().find(|view| views::action_of(*view).to_string() == place.view);
        let mut effects = match (view, place.log.clone()) {
            (Some(View::Logs), Some(OpenLog { host, container, reach })) => {
                self.view = View::Logs;
                self.follow(Wanted { host, container, reach: Reach::named(&reach) })
            }
            (Some(view), _) => self.show(view),
            (None, _) => Vec::new(),
        };
        effects.push(Effect::FindRun);
        self.lookback.place = Some(place);
        self.say("the terminal was lost; this is where you were".to_owned(), Role::Accent);
        effects
    }

    /// The operator goes on from here, wherever the console was to go back to.
    pub(super) fn goes_on_from_here(&mut self) {
        self.lookback.place = None;
    }

    /// Takes note of what was judged, `full` when everything has been seen once; returns what is wanted of the outside.
    pub fn take_note(&mut self, full: bool) -> Vec<Effect> {
        self.go_back(full);
        let mut lookback = std::mem::take(&mut self.lookback);
        let effects = match &self.judged {
            Some(judged) if full || lookback.full => self.noted(&mut lookback, &judged.picture),
            _ => Vec::new(),
        };
        self.lookback = lookback;
        effects
    }

    fn noted(&self, lookback: &mut Lookback, picture: &Picture) -> Vec<Effect> {
        lookback.note(picture, self.now);
        let mut effects = Vec::new();
        let Some(deployment) = self.deployment() else { return effects };
        let notices = &deployment.notices;
        let news = if notices.wanted() { lookback.told.due(picture, notices, self.now) } else { Vec::new() };
        if !news.is_empty() {
            effects.push(Effect::Announce { words: self.words_of(&news), news });
        }
        if !self.covered && lookback.keeps(picture, self.now) {
            let looked = lookback.looked(picture, self.now);
            let look = LastLook { deployment: deployment.name.clone(), looked: Some(looked), place: None };
            effects.push(Effect::KeepLook(Box::new(look)));
        }
        effects
    }

    /// What a terminal says aloud: nothing that its screen would not show.
    fn words_of(&self, news: &[Standing]) -> String {
        let Some((worst, others)) = news.split_first() else { return String::new() };
        if self.covered {
            return format!("{} new, the worst {}", news.len(), worst.severity.name());
        }
        let words = format!("{}: {}", worst.severity.name(), worst.sentence);
        let words = self.stand_ins().map_or_else(|| words.clone(), |names| names.over(&words).into_owned());
        if others.is_empty() { words } else { format!("{words}, and {} more", others.len()) }
    }

    /// Something went wrong beside the screen; it stands on Home until it is put away.
    pub(super) fn failed_beside(&mut self, trouble: Trouble) {
        if self.view != View::Home {
            self.say(trouble.in_one_line(), Role::Warn);
        }
        self.lookback.trouble = Some(trouble);
    }

    /// Nobody sees what changes from now on.
    pub(super) fn look_away(&mut self) {
        let full = self.lookback.full;
        let picture = self.judged.as_ref().map(|judged| &judged.picture).filter(|_| full);
        if let Some(picture) = picture.filter(|_| self.lookback.before.is_none()) {
            self.lookback.before = Some(self.lookback.looked(picture, self.now));
        }
    }

    /// Somebody is there again.
    pub(super) fn look_again(&mut self) {
        if self.lookback.changes.is_empty() && self.lookback.full {
            self.lookback.before = None;
        }
    }

    /// Puts away what Home says of what is new, the trouble first.
    pub(super) fn put_news_away(&mut self) {
        if self.lookback.trouble.take().is_none() {
            self.lookback.before = None;
            self.lookback.changes.clear();
        }
    }

    /// Lists what has changed.
    pub(super) fn list_changes(&mut self) {
        let Some(before) = self.lookback.before.as_ref().filter(|_| !self.lookback.changes.is_empty()) else {
            let words = "nothing is known to have changed since the console was last open here";
            return self.say(words.to_owned(), Role::Muted);
        };
        let changes = &self.lookback.changes;
        let worst = changes.iter().map(|change| change.health).max().unwrap_or(Health::Ok);
        let words = format!("{} since {}", changes.len(), span::clock(before.at, self.now));
        let verdict = changes.iter().fold(Verdict::new(worst, words), |verdict, change| {
            verdict.because(Evidence::of(change.kind.name(), change.words.clone()))
        });
        let verdict = verdict.so(
            "held against what was seen when the console was last open on this deployment; what cannot be seen now is not \
             said to have ended",
        );
        self.layers.retain(|layer| !matches!(layer, Layer::Why(_)));
        self.layers.push(Layer::Why(Why { title: "changes".to_owned(), verdict, pager: Pager::default() }));
    }

    /// All that is kept when the console ends, `lost` when its terminal was taken from it.
    pub fn last_look(&self, lost: bool) -> Option<LastLook> {
        let deployment = self.deployment()?.name.clone();
        let lookback = &self.lookback;
        let unseen = self.covered || !lookback.full || (lost && !lookback.changes.is_empty());
        let picture = self.judged.as_ref().map(|judged| &judged.picture).filter(|_| lookback.full);
        let looked = match &lookback.before {
            Some(before) if unseen => Some(before.clone()),
            _ => picture.map(|picture| lookback.looked(picture, self.now)),
        };
        Some(LastLook { deployment, looked, place: lost.then(|| self.place()) })
    }

    fn place(&self) -> Place {
        let host = self.layers.iter().find_map(|layer| match layer {
            Layer::Host(name, _) => Some(name.clone()),
            _ => None,
        });
        Place {
            view: views::action_of(self.view).to_string(),
            row: self.selected_name(),
            host,
            log: self.logs.wanted.clone().filter(|_| self.view == View::Logs).map(|log| OpenLog {
                reach: log.reach.name().to_owned(),
                host: log.host,
                container: log.container,
            }),
        }
    }

    /// Goes back to the page and the row as soon as they are there; gives up when everything has been seen.
    fn go_back(&mut self, full: bool) {
        let Some(mut place) = self.lookback.place.take() else { return };
        let known = |host: &String| self.deployment().is_some_and(|known| known.hosts.contains(host));
        if let Some(host) = place.host.take_if(|_| self.layers.is_empty()).filter(known) {
            self.show_host(host);
        }
        let Some(row) = &place.row else { return };
        self.select(row);
        if self.selected_name().as_ref() == Some(row) {
            self.home.stays();
        } else if !full || matches!(self.view, View::Actions | View::Runs) {
            self.lookback.place = Some(place);
        }
    }
}

impl Lookback {
    /// Holds a picture against the one before. What was there at the last look is no news; where nobody has looked yet, nothing
    /// of the first picture is.
    fn note(&mut self, picture: &Picture, now: Timestamp) {
        let first = !std::mem::replace(&mut self.full, true);
        if first {
            let known = self.before.as_ref().map_or(picture, |before| &before.picture);
            self.told.know(known);
            self.kept = Some((now, known.clone()));
        }
        let before = self.before.as_ref();
        self.changes =
            before.map(|before| last_look::changes(&before.picture, picture, now)).unwrap_or_default();
        if first && self.changes.is_empty() {
            self.before = None;
        }
    }

    /// Whether a picture is to be kept now; it counts as kept from then on.
    fn keeps(&mut self, picture: &Picture, now: Timestamp) -> bool {
        let Some((at, kept)) = &self.kept else { return false };
        let age = now.duration_since(*at);
        if age < KEPT_AGAIN_AFTER || (age < KEPT_AT_LATEST_AFTER && picture == kept) {
            return false;
        }
        self.kept = Some((now, picture.clone().over(kept)));
        true
    }

    fn looked(&self, picture: &Picture, now: Timestamp) -> Looked {
        let picture = picture.clone();
        let kept = self.kept.as_ref().map(|(_, kept)| kept);
        Looked { at: now, picture: kept.map_or_else(|| picture.clone(), |kept| picture.clone().over(kept)) }
    }
}
