//! What the keys of the Logs view do: which logs are followed, where one stands in them, and what is taken along.
//!
//! ```text
//! v ─ move ─┬─ y ─▶ Effect::CopyLog
//!           └─ W ─▶ Effect::SaveLog ─▶ Message::LogSaved
//! ```

use std::path::PathBuf;

use jiff::tz::TimeZone;

use crate::deck::LogRequest;
use crate::model::trouble::Trouble;
use crate::tui::keymap::Action;
use crate::tui::terminal::MOST_COPIED;
use crate::tui::theme::Role;
use crate::tui::views;
use crate::tui::views::logs::{Excerpt, Jump, Range, Reach, Source, Wanted};
use crate::tui::widgets::cursor::Cursor;

use super::{App, Effect, Layer, Purpose};

/// Logs to follow together. The lines of each come back with the number of the whole and its own, counted from `first` on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToFollow {
    /// Of the whole.
    pub number: u64,
    /// Whether those that are followed so far are let go; else these join them.
    pub anew: bool,
    /// Of the first source here.
    pub first: usize,
    /// What to ask for, one request per source.
    pub requests: Vec<LogRequest>,
}

impl App {
    /// Does what a key asks for in a log; every other key moves.
    pub(super) fn log_asked(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Search => self.prompt(Purpose::Search),
            Action::ChooseLog => self.choose_log(),
            Action::MergeLogs => return self.merge_logs(),
            Action::Follow => self.logs.toggle_following(),
            Action::Wrap => self.logs.wrap = !self.logs.wrap,
            Action::Timestamps => self.logs.times = !self.logs.times,
            Action::LocalTime => self.toggle_zone(),
            Action::LogStreams => return self.next_streams(),
            Action::NextMatch => self.walk_to_match(true),
            Action::PreviousMatch => self.walk_to_match(false),
            Action::NextError => self.walk_to_error(true),
            Action::PreviousError => self.walk_to_error(false),
            Action::SelectLines => self.logs.toggle_selection(),
            Action::CopyLines => return self.copy_lines(),
            Action::SaveLines => return self.save_lines(),
            Action::RangeAll => return self.log_range(Range::All),
            Action::RangeMinute => return self.log_range(Range::Seconds(60)),
            Action::RangeFiveMinutes => return self.log_range(Range::Seconds(5 * 60)),
            Action::RangeQuarter => return self.log_range(Range::Seconds(15 * 60)),
            Action::RangeHour => return self.log_range(Range::Seconds(3600)),
            Action::RangeSixHours => return self.log_range(Range::Seconds(6 * 3600)),
            Action::RangeDay => return self.log_range(Range::Seconds(24 * 3600)),
            moving => self.moved(moving),
        }
        Vec::new()
    }

    /// Follows a log from its beginning.
    pub(super) fn follow(&mut self, wanted: Wanted) -> Vec<Effect> {
        let Some(fleet) = &self.fleet else { return Vec::new() };
        let sources = wanted.sources(fleet);
        vec![Effect::Follow(self.logs.open(wanted, sources, self.now))]
    }

    /// Containers on hosts that were seen: those that were not known before belong to an open log of many, and what broke off
    /// when a container or the way to it ended goes on where it is up again.
    pub(super) fn joined_by_containers(&mut self, seen: &[String]) -> Vec<Effect> {
        let Some(fleet) = &self.fleet else { return Vec::new() };
        let up = |source: &Source| seen.contains(&source.host) && source.is_up(fleet);
        let again = self.logs.taken_up_again(up);
        let mut effects: Vec<_> = again.into_iter().map(Effect::Follow).collect();
        effects.extend(self.joined_by_new_containers());
        effects
    }

    fn joined_by_new_containers(&mut self) -> Vec<Effect> {
        let wanted = self.logs.wanted.as_ref().filter(|wanted| wanted.reach != Reach::Container);
        let (Some(fleet), Some(wanted)) = (&self.fleet, wanted) else { return Vec::new() };
        let new = self.logs.unfollowed(wanted.known_sources(fleet));
        if new.is_empty() { Vec::new() } else { vec![Effect::Follow(self.logs.join(new, self.now))] }
    }

    /// Takes note of the operator's time zone.
    pub fn know_zone(&mut self, zone: TimeZone) {
        self.logs.zone = zone;
    }

    /// Lines lie in a file, or could not be written there.
    pub(super) fn log_saved(&mut self, saved: Result<PathBuf, Trouble>) {
        match saved {
            Ok(path) => self.say(format!("saved, for you alone, as {}", path.display()), Role::Accent),
            Err(trouble) => self.say(trouble.in_one_line(), Role::Bad),
        }
    }

    /// The list opens at the log that is open.
    fn choose_log(&mut self) {
        let fleet = self.fleet.as_ref();
        let open = self.logs.wanted.as_ref().map(|wanted| wanted.words(fleet));
        let choices = views::logs::choices(self);
        let at = choices.iter().position(|choice| Some(choice.words(fleet)) == open);
        self.layers.push(Layer::Choice(Cursor::at(at.unwrap_or(0))));
    }

    /// The log reaches further around the container that it began with.
    fn merge_logs(&mut self) -> Vec<Effect> {
        let Some(wanted) = self.logs.wanted.clone() else { return Vec::new() };
        let reach = wanted.reach.wider();
        self.follow(Wanted { reach, ..wanted })
    }

    fn log_range(&mut self, range: Range) -> Vec<Effect> {
        self.logs.range = range;
        self.read_again()
    }

    fn next_streams(&mut self) -> Vec<Effect> {
        self.logs.streams = self.logs.streams.next();
        self.read_again()
    }

    fn read_again(&mut self) -> Vec<Effect> {
        self.logs.wanted.clone().map_or_else(Vec::new, |wanted| self.follow(wanted))
    }

    fn toggle_zone(&mut self) {
        self.logs.local = !self.logs.local;
        let name = if self.logs.local { self.logs.zone_name() } else { "UTC".to_owned() };
        self.say(format!("times are {name}"), Role::Muted);
    }

    fn walk_to_match(&mut self, forward: bool) {
        if self.logs.search().is_empty() {
            return self.say("nothing is searched for: / searches".to_owned(), Role::Muted);
        }
        let jump = self.logs.walk_to_match(forward);
        self.say_where(jump, forward, "no line has these words");
    }

    /// Goes to the nearest line above that has the words, and says how many have.
    pub(super) fn go_to_found(&mut self) {
        match self.logs.matching() {
            _ if self.logs.search().is_empty() => {}
            0 => self.say("no line has these words".to_owned(), Role::Muted),
            found => {
                self.logs.walk_to_match(false);
                let key = self.key_of(Action::PreviousMatch);
                self.say(format!("{} with these words; {key} goes further up", counted(found)), Role::Muted);
            }
        }
    }

    fn walk_to_error(&mut self, forward: bool) {
        let jump = self.logs.walk_to_trouble(forward);
        self.say_where(jump, forward, "no error and no warning in these lines");
    }

    fn say_where(&mut self, jump: Jump, forward: bool, nowhere: &str) {
        match jump {
            Jump::Ahead => {}
            Jump::Round if forward => self.say("from the top again".to_owned(), Role::Muted),
            Jump::Round => self.say("from the bottom again".to_owned(), Role::Muted),
            Jump::Nowhere => self.say(nowhere.to_owned(), Role::Muted),
        }
    }

    fn copy_lines(&mut self) -> Vec<Effect> {
        let Excerpt { text, lines } = self.logs.chosen();
        if lines == 0 {
            self.say("there is no line to copy".to_owned(), Role::Muted);
            return Vec::new();
        }
        if text.len() > MOST_COPIED {
            let (length, key) = (text.len(), self.key_of(Action::SaveLines));
            let words = format!(
                "too long for a terminal's clipboard: {length} bytes, {MOST_COPIED} at most; {key} saves them"
            );
            self.say(words, Role::Warn);
            return Vec::new();
        }
        self.logs.forget_selection();
        self.say(format!("{} sent to your terminal, not verified", counted(lines)), Role::Accent);
        vec![Effect::CopyLog(text)]
    }

    fn save_lines(&mut self) -> Vec<Effect> {
        let Excerpt { text, lines } = self.logs.chosen_or_all();
        let Some(wanted) = self.logs.wanted.as_ref().filter(|_| lines > 0) else {
            self.say("there is no line to save".to_owned(), Role::Muted);
            return Vec::new();
        };
        let (host, container) = wanted.words(self.fleet.as_ref());
        let moment = self.now.strftime("%Y%m%dT%H%M%SZ");
        let name = format!("{host}-{container}-{moment}").replace(' ', "-");
        self.logs.forget_selection();
        self.say(format!("saving {}", counted(lines)), Role::Busy);
        vec![Effect::SaveLog { name, text }]
    }

    /// The key of an action; the palette's sign for one that has none.
    pub(in crate::tui) fn key_of(&self, action: Action) -> String {
        let binding = self.keymap.binding(action);
        binding.and_then(|binding| binding.keys.first()).map_or_else(|| ":".to_owned(), ToString::to_string)
    }
}

fn counted(lines: usize) -> String {
    if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") }
}
