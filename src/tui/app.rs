//! The console's state and how it changes: a message comes in, fields change, and what is wanted of the outside is
//! handed back. Nothing here does IO or asks a clock.
//!
//! ```text
//! key ──keymap, context of the top layer──▶ Action ──▶ App::act ──▶ Vec<Effect>
//! observation ──▶ Fleet::record … judge() once per frame ──▶ Judged
//! ```

mod acting;
mod carrying;
mod choosing_columns;
mod form;
mod gaming;
mod guarding;
mod hurrying;
mod layer;
mod marking;
mod masked;
mod menu;
mod message;
mod news;
mod ordering;
mod palette;
mod picking;
mod pointing;
mod procedures;
mod question;
mod reading_logs;
mod run_page;
mod secret_page;
mod signing_in;
mod story;
mod touring;
mod typing;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::config::Choices;
use crate::model::deployment::{Deployment, Environment};
use crate::model::fleet::{Fleet, Observation};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::model::verdict::Health;

use super::filter::Filter;
use super::judged::Judged;
use super::keymap::{Context, Keymap};
use super::order::Order;
use super::selection::Selection;
use super::sharing::StandIns;
use super::spots::Spot;
use super::theme::{Role, Theme};
use super::views;
use super::views::home::HomeState;
use super::views::logs::LogsState;
use super::widgets::cursor::Cursor;
use super::widgets::sheet::{Sheet, SheetState};

pub(super) use acting::looked_at;
pub use carrying::{InHand, Prompted, Revealed, Word};
pub use choosing_columns::Chooser;
pub use form::{Blank, Field, Filling, Form};
pub use gaming::Gaming;
pub use layer::{Help, Layer, Place, Prompt, Purpose, Why};
pub use masked::Answer;
pub use menu::{Menu, MenuItem};
pub use message::{Effect, Message};
pub use news::Lookback;
pub use palette::{Goal, Kind, Offer, Palette};
pub use picking::Picking;
pub(super) use procedures::Acts;
pub use procedures::{Kept, PlanPage, Wanted};
pub use question::{Asks, Question};
pub use reading_logs::ToFollow;
pub use run_page::{KeptStory, RunPage};
pub use secret_page::{Copied, Looked, SecretPage, ValueAsked, ValueWanted};
pub use signing_in::{SignInStage, SigningIn};
pub use story::{Story, Times};
pub use touring::Touring;

/// The views, in the order of their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is documented for the operator in keymap.toml")]
pub enum View {
    Home,
    Vault,
    Secrets,
    Hosts,
    Logs,
    Database,
    Actions,
    Runs,
    Tour,
    GameDay,
}

/// The views of a deployment, in the order of their keys; the others only teach.
pub const VIEWS: [View; 8] = [
    View::Home,
    View::Vault,
    View::Secrets,
    View::Hosts,
    View::Logs,
    View::Database,
    View::Actions,
    View::Runs,
];

/// Something said in passing, until a moment.
#[derive(Debug, Clone)]
pub struct Notice {
    /// What.
    pub text: String,
    /// How it is meant.
    pub role: Role,
    /// Until when, by our own clock.
    pub until: Timestamp,
}

/// What is known before anything was read.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// Name of the deployment, as far as the command line tells it.
    pub name: String,
    /// How carefully to tread, where that is known.
    pub environment: Option<Environment>,
    /// Theme by name; else what suits the terminal.
    pub theme: Option<String>,
    /// What is opened first; home when left out.
    pub opens: Option<View>,
    /// The exercise of a game day that begins at once.
    pub exercise: Option<String>,
    /// Whether the line to the terminal is slow.
    pub slow_line: bool,
    /// Whether the session is this process's own: `ssh -t host vaultdeck` has no shell to step aside to.
    pub alone: bool,
    /// How many times as fast as ours the time of a pretend fleet runs.
    pub speed: Option<u32>,
}

/// Everything the console knows and shows.
pub struct App {
    pub(super) name: String,
    pub(super) environment: Option<Environment>,
    pub(super) fleet: Option<Fleet>,
    pub(super) judged: Option<Judged>,
    pub(super) cannot_open: Option<Trouble>,
    pub(super) now: Timestamp,
    pub(super) view: View,
    pub(super) came_from: Vec<Place>,
    pub(super) layers: Vec<Layer>,
    pub(super) filter: Filter,
    pub(super) orders: BTreeMap<String, Order>,
    /// Hosts that actions are opened for.
    pub(super) marked: BTreeSet<String>,
    pub(super) notice: Option<Notice>,
    pub(super) home: HomeState,
    pub(super) hosts: Cursor,
    pub(super) vault: SheetState,
    pub(super) secrets: SheetState,
    pub(super) database: SheetState,
    pub(super) logs: LogsState,
    pub(super) acts: Acts,
    pub(super) tour: Touring,
    pub(super) gaming: Gaming,
    pub(super) copied: Option<Copied>,
    pub(super) lookback: Lookback,
    pub(super) keymap: Keymap,
    pub(super) key_faults: Vec<Trouble>,
    /// What is kept for the next start.
    pub(super) choices: Choices,
    /// What the last frame drew that can be clicked.
    pub(super) spots: RefCell<Vec<Spot>>,
    pub(super) covered: bool,
    pub(super) sharing: bool,
    pub(super) speed: u32,
    ours: Option<Timestamp>,
    slow_line: bool,
    /// Whether there is no shell that ctrl-z could lead to.
    alone: bool,
    stand_ins: StandIns,
    theme: Theme,
    last_key: Timestamp,
    unjudged: bool,
    /// Pages of secrets that were opened.
    pages: u64,
}

impl App {
    /// A console that knows nothing yet, not even its keys, in a theme, at a moment.
    pub fn new(start: Start, theme: Theme, now: Timestamp) -> Self {
        Self {
            name: start.name,
            environment: start.environment,
            fleet: None,
            judged: None,
            cannot_open: None,
            now,
            view: start.opens.unwrap_or(View::Home),
            came_from: Vec::new(),
            layers: Vec::new(),
            filter: Filter::default(),
            orders: BTreeMap::new(),
            marked: BTreeSet::new(),
            notice: None,
            home: HomeState::default(),
            hosts: Cursor::default(),
            vault: SheetState::default(),
            secrets: SheetState::default(),
            database: SheetState::default(),
            logs: LogsState::default(),
            acts: Acts::default(),
            tour: Touring::default(),
            gaming: Gaming::beginning_with(start.exercise),
            copied: None,
            lookback: Lookback::default(),
            keymap: Keymap::default(),
            key_faults: Vec::new(),
            choices: Choices::default(),
            spots: RefCell::default(),
            covered: false,
            sharing: false,
            speed: start.speed.unwrap_or(1),
            ours: None,
            slow_line: start.slow_line,
            alone: start.alone,
            stand_ins: StandIns::default(),
            theme,
            last_key: now,
            unjudged: false,
            pages: 0,
        }
    }

    /// Takes a message in at a moment; returns what is wanted of the outside.
    pub fn update(&mut self, message: Message, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        match message {
            Message::Key(key) => return self.pressed(key),
            Message::Pointed(event) => return self.pointed(event),
            Message::Pasted(text) => self.pasted(&text),
            Message::Opened(deployment) => return self.opened(*deployment),
            Message::CannotOpen(trouble) => self.cannot_open = Some(trouble),
            Message::Observed(observations) => return self.observed(observations),
            Message::Logged(number, lines) => self.logs.logged(number, lines),
            Message::LogEnded(number, source, trouble) => self.logs.ended(number, source, trouble),
            Message::LogSaved(saved) => self.log_saved(saved),
            Message::SignInSaid(remark) => self.sign_in_said(remark),
            Message::SignedIn(outcome) => return self.signed_in(outcome),
            Message::CanAct(hand) => {
                self.acts.hand = Some(hand);
                self.teach();
                return vec![Effect::ListRuns]; // one may wait that was left
            }
            Message::Shelved(runbooks) => return self.shelved(runbooks),
            Message::Planned(number, plan) => self.planned(number, &plan),
            Message::Taken(taken) => return self.taken(taken),
            Message::Happened(entries) => return self.happened(&entries),
            Message::Refused(trouble) => self.refused(trouble),
            Message::Revealed(title, value, seconds) => self.revealed(title, value, seconds),
            Message::Compared(number, comparison) => self.compared(number, comparison),
            Message::ValueRead(number, wanted, value) => return self.value_read(number, &wanted, value),
            Message::Prompted(prompted) => self.prompted_by(prompted),
            Message::Runs(runs) => self.listed(runs),
            Message::Read(read) => self.read(read),
            Message::Themes(themes) => self.know_themes(themes),
            Message::OwnTheme(theme) => self.use_own_theme(theme),
            Message::Remembered(last) => return self.remembered(last.map(|last| *last)),
            Message::Failed(trouble) => self.failed_beside(trouble),
            Message::TourFound(page) => self.resume_tour(page),
            Message::Drilled(outcome) => return self.drilled(outcome),
        }
        Vec::new()
    }

    /// Takes note of the keys, and of the operator's own; what of those cannot be followed is said, and stands in the help. The
    /// first frame does not wait for them: nobody can press a key before it stands.
    pub fn know_keys(&mut self, own: Result<Option<String>, Trouble>) {
        let (keymap, mut faults) = match Keymap::built_in() {
            Ok(keymap) => (keymap, Vec::new()),
            Err(trouble) => (Keymap::default(), vec![trouble]),
        };
        self.keymap = match own {
            Ok(None) => keymap,
            Ok(Some(text)) => {
                let (keymap, own_faults) = keymap.with_own(&text);
                faults.extend(own_faults);
                keymap
            }
            Err(trouble) => {
                faults.push(trouble);
                keymap
            }
        };
        self.key_faults = faults;
        let words = match &self.key_faults[..] {
            [] => return,
            [trouble] => trouble.in_one_line(),
            [trouble, others @ ..] => {
                format!("{} (and {} more, in the help)", trouble.in_one_line(), others.len())
            }
        };
        self.say(words, Role::Warn);
    }

    /// Takes note of the moment it is; returns what is wanted of the outside.
    pub fn tick(&mut self, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        let ours = self.our_moment();
        self.notice.take_if(|notice| notice.until <= ours);
        self.layers.retain(|layer| !matches!(layer, Layer::Revealed(revealed) if revealed.until <= now));
        self.unjudged |= self.judged.as_ref().is_some_and(|judged| judged.until <= now);
        let mut due = self.left_alone();
        due.extend(self.clipboard_due());
        due
    }

    /// The deployment that is open.
    pub fn deployment(&self) -> Option<&Deployment> {
        self.fleet.as_ref().map(|fleet| &fleet.deployment)
    }

    /// The moment it shows.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether frames are to be few.
    pub fn slow_line(&self) -> bool {
        self.slow_line
    }

    /// Whether the fleet changed since judgement was passed on it.
    pub fn unjudged(&self) -> bool {
        self.unjudged
    }

    /// Passes judgement, if it is due; views show it from now on.
    pub fn judge(&mut self) {
        let Some(fleet) = self.fleet.as_ref().filter(|_| self.unjudged) else { return };
        let judged = Judged::of(fleet, self.now);
        self.keeping_place(|app| app.judged = Some(judged));
        self.unjudged = false;
        self.home.follow_trouble(self.judged.as_ref());
        self.answer_again();
        self.referee();
        self.teach();
    }

    /// Whether some subject that is looked at by the clock has never been seen.
    pub fn incomplete(&self, periodic: &[Subject]) -> bool {
        let Some(fleet) = &self.fleet else { return true };
        periodic.iter().any(|subject| fleet.look(subject).is_none())
    }

    /// What the cursor stands on, whatever layer lies over it.
    pub(super) fn selection(&self) -> Selection {
        if let Some((sheet, state)) = self.sheet() {
            return state.about(&sheet).cloned().unwrap_or_default();
        }
        match self.view {
            View::Home => views::home::selection(self),
            View::Hosts => views::hosts::selection(self),
            View::Logs => views::logs::selection(self),
            View::Tour => self.tour_line().map(|line| line.about.clone()).unwrap_or_default(),
            _ => Selection::default(),
        }
    }

    /// The sheet that keys go to, where the open view or page is one.
    pub(super) fn sheet(&self) -> Option<(Sheet<Selection>, &SheetState)> {
        let (fleet, judged) = (self.fleet.as_ref()?, self.judged.as_ref()?);
        let page = self.layers.iter().rev().find_map(|layer| match layer {
            Layer::Host(name, state) => Some((views::host::sheet(fleet, judged, name, self.now), state)),
            Layer::Secret(page) => Some((views::secret::sheet(fleet, page, self.now), &page.state)),
            _ => None,
        });
        if let Some((sheet, state)) = page {
            return Some((self.as_shown(sheet), state));
        }
        let (sheet, state) = match self.view {
            View::Vault => (views::vault::sheet(fleet, judged, self.now), &self.vault),
            View::Secrets => (views::secrets::sheet(fleet, judged, self.now), &self.secrets),
            View::Database => (views::database::sheet(fleet, judged, self.now), &self.database),
            _ => return None,
        };
        Some((self.as_shown(sheet), state))
    }

    /// The rows that are wanted, in their order; with stand-ins before anything is broken into lines or cut, because half a
    /// name is still one.
    fn as_shown(&self, sheet: Sheet<Selection>) -> Sheet<Selection> {
        let mut sheet = sheet.kept_by(&self.filter).ordered(&self.orders);
        let Some(stand_ins) = self.stand_ins() else { return sheet };
        let rows = sheet.sections.iter_mut().flat_map(|section| &mut section.rows);
        for cell in rows.flat_map(|row| &mut row.cells) {
            cell.text = stand_ins.over(&cell.text).into_owned();
        }
        sheet
    }

    /// Hosts that the filter lets through, in the order of the open view, as indices of the judged rows.
    pub(super) fn filtered_hosts(&self) -> Vec<usize> {
        let rows = self.judged.as_ref().map_or(&[][..], |judged| &judged.hosts);
        let matching = rows.iter().enumerate().filter(|(_, row)| self.filter.keeps(row.said()));
        let mut hosts: Vec<_> = matching.map(|(index, _)| index).collect();
        let order = self.order(&views::action_of(self.view).to_string());
        match (&self.fleet, self.view) {
            (Some(fleet), View::Hosts) => {
                order.sort(&mut hosts, |index, column| views::hosts::worth(fleet, &rows[*index], column));
            }
            _ => order.sort(&mut hosts, |index, column| views::home::worth(&rows[*index], column)),
        }
        hosts
    }

    /// Where keys have their meaning at the moment, nearest first.
    pub(super) fn contexts(&self) -> &'static [Context] {
        match (self.layers.last(), self.view) {
            (None, View::Logs) => &[Context::Logs, Context::Table, Context::Global],
            (None, View::Actions | View::Runs | View::GameDay) => {
                &[Context::List, Context::Table, Context::Global]
            }
            (None, View::Tour) => &[Context::Tour, Context::List, Context::Table, Context::Global],
            (Some(Layer::Secret(_) | Layer::Revealed(_)), _) => {
                &[Context::Secret, Context::Table, Context::Global]
            }
            (Some(Layer::Plan(_)), _) => &[Context::Plan, Context::Table, Context::Global],
            (Some(Layer::Run(_)), _) => &[Context::Run, Context::Table, Context::Global],
            _ => &[Context::Table, Context::Global],
        }
    }

    /// The contexts whose keys are worth a hint: what is selected on a plan, on a run or among actions is no host and no
    /// finding, a plan that cannot begin does not go on, and a run that has ended takes no word any more.
    pub(super) fn hinted(&self) -> Vec<Context> {
        let contexts = self.contexts();
        let elsewhere = contexts
            .iter()
            .any(|at| matches!(at, Context::List | Context::Plan | Context::Run | Context::Secret));
        let ended = self.run_in_front().is_some_and(|(story, _)| story.run.ended().is_some());
        let helps = |context: &Context| match context {
            Context::Table => !elsewhere,
            Context::Plan => self.plan_in_front_can_begin(),
            Context::Run => !ended,
            _ => true,
        };
        contexts.iter().copied().filter(helps).collect()
    }

    /// How the hosts do that the filter lets through.
    pub(super) fn host_healths(&self) -> Vec<Health> {
        let Some(judged) = &self.judged else { return Vec::new() };
        self.filtered_hosts().into_iter().map(|index| judged.hosts[index].worst).collect()
    }

    fn opened(&mut self, deployment: Deployment) -> Vec<Effect> {
        self.name.clone_from(&deployment.name);
        self.environment = Some(deployment.environment);
        self.cannot_open = None;
        self.stand_ins.learn(&deployment);
        self.sharing |= deployment.habits.screen_share;
        self.slow_line |= deployment.habits.slow_line;
        self.last_key = self.now;
        self.fleet = Some(Fleet::new(deployment));
        self.unjudged = true;
        match self.view {
            View::Tour => self.wants_tour(),
            _ => self.begins_at_once(),
        }
    }

    fn observed(&mut self, observations: Vec<Observation>) -> Vec<Effect> {
        let Some(fleet) = &mut self.fleet else { return Vec::new() };
        let mut seen = Vec::new();
        for observation in observations {
            if let (Subject::Containers(host), Ok(_)) = (&observation.subject, &observation.facts) {
                seen.push(host.clone());
            }
            if let Ok(facts) = &observation.facts {
                self.stand_ins.learn_from(facts);
            }
            fleet.record(observation);
            self.unjudged = true;
        }
        if seen.is_empty() { Vec::new() } else { self.joined_by_containers(&seen) }
    }

    /// An open answer follows what is known, as long as the cursor below it stands on the same thing.
    fn answer_again(&mut self) {
        let below = self.selection();
        let Some(Layer::Why(why)) = self.layers.last_mut() else { return };
        if let Some(verdict) = below.verdict.filter(|_| below.title == why.title) {
            why.verdict = verdict;
        }
    }
}
