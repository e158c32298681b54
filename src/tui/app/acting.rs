//! What each key does to the console. Keys look, move and ask; what changes the world stands behind a plan and a question
//! whose first answer is to cancel.

use crate::model::subject::Subject;
use crate::tui::filter::Filter;
use crate::tui::keymap::{Action, Chord, Keymap};
use crate::tui::moving;
use crate::tui::selection::subjects_of;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::views;
use crate::tui::views::logs::Wanted;
use crate::tui::widgets::pager::Pager;
use crate::tui::widgets::sheet::SheetState;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{App, Effect, Help, Layer, Notice, Place, Purpose, VIEWS, View, Why};

/// How long something said in passing is shown, in seconds.
const NOTICE_SECONDS: i64 = 4;

impl App {
    pub(super) fn pressed(&mut self, key: KeyEvent) -> Vec<Effect> {
        if key.kind == KeyEventKind::Release {
            return Vec::new();
        }
        if self.uncovered() {
            return Vec::new();
        }
        self.goes_on_from_here();
        let effects = self.key(key);
        self.open_prompt();
        self.note_sights();
        self.teach();
        effects
    }

    fn key(&mut self, key: KeyEvent) -> Vec<Effect> {
        if let Some(letter) = behind_escape(key, &self.keymap) {
            let mut effects = self.key(KeyCode::Esc.into());
            effects.extend(self.key(letter));
            return effects;
        }
        self.notice = None;
        match self.layers.last() {
            Some(Layer::Prompt(_)) => return self.typed(key),
            Some(Layer::SignIn(_)) => return self.sign_in_key(key),
            Some(Layer::Form(_)) => return self.form_key(key),
            Some(Layer::Question(_)) => return self.question_key(key),
            Some(Layer::Palette(_)) => return self.palette_key(key),
            Some(Layer::Themes(_)) => return self.theme_key(key),
            _ => {}
        }
        match self.keymap.action(key, self.contexts()) {
            Some(action) if self.makes_sense(action) => self.act(action),
            Some(_) => {
                self.say(format!("{} does nothing here", Chord::of(key)), Role::Muted);
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// Whether something can be asked for with what is in front: what some keys are about lies behind a page.
    pub(super) fn makes_sense(&self, action: Action) -> bool {
        let beside = matches!(
            self.layers.last(),
            Some(Layer::Plan(_) | Layer::Run(_) | Layer::Revealed(_) | Layer::Secret(_))
        );
        let behind = matches!(action, Action::Describe | Action::HostLogs | Action::Verify)
            || action == Action::Remedy && !matches!(self.layers.last(), Some(Layer::Secret(_)));
        let typed = matches!(action, Action::Filter | Action::Search)
            && !matches!(self.layers.last(), Some(Layer::Help(_)));
        let orders = matches!(action, Action::SortNext | Action::SortPrevious | Action::SortReverse);
        if orders {
            return self.can_order();
        }
        if matches!(self.view, View::Tour | View::GameDay) && self.layers.is_empty() && typed {
            return false;
        }
        let covered = self.layers.iter().any(|layer| !matches!(layer, Layer::Host(..) | Layer::Secret(_)));
        match action {
            Action::Mark | Action::Columns if matches!(self.layers.last(), Some(Layer::Columns(_))) => {
                return true;
            }
            Action::Mark => return self.can_mark(),
            Action::Columns => return self.columns_here().is_some(),
            _ => {}
        }
        !((beside && behind) || (typed && covered))
    }

    pub(super) fn pasted(&mut self, text: &str) {
        if self.uncovered() {
            return;
        }
        match self.layers.last_mut() {
            Some(Layer::SignIn(_)) => return self.sign_in_paste(text),
            Some(Layer::Form(form)) => return form.paste(text),
            Some(Layer::Question(question)) => return question.paste(text),
            Some(Layer::Palette(palette)) => return palette.paste(text),
            _ => {}
        }
        let Some(Layer::Prompt(prompt)) = self.layers.last_mut() else { return };
        prompt.text.push_str(&text::in_one_line(text));
        self.prompted();
    }

    /// Does what a key asks for.
    pub(super) fn act(&mut self, action: Action) -> Vec<Effect> {
        if self.view == View::Home && action.is_about_selection() {
            self.home.stays();
        }
        if let Some(view) = views::opened_by(action) {
            return self.open(view);
        }
        match action {
            Action::NextView => return self.open(self.neighbour(1)),
            Action::PreviousView => return self.open(self.neighbour(VIEWS.len() - 1)),
            Action::Faster => return self.run_faster(),
            Action::SlowLine => self.turn_slow_line(),
            Action::Redraw => return vec![Effect::Redraw],
            Action::NextPage => return self.turn_page(true),
            Action::PreviousPage => return self.turn_page(false),
            Action::DoIt => return self.do_it(),
            Action::Quit => return self.leave(),
            Action::Suspend => return self.suspend(),
            Action::Refresh => return self.refresh(),
            Action::RefreshAll => return self.refresh_all(),
            Action::Verify => return self.verify(),
            Action::SignIn => return self.sign_in(),
            Action::Close => return self.close(),
            Action::Back => {
                if !self.back() {
                    self.put_news_away();
                }
            }
            Action::Changes => self.list_changes(),
            Action::Palette => return self.open_palette(),
            Action::Help => self.help(),
            Action::ShareScreen => self.toggle_sharing(),
            Action::Theme => return self.pick_theme(),
            Action::Why => return self.why(),
            Action::Open => return self.open_selected(),
            Action::Remedy => return self.remedy(),
            Action::GoOn => return self.go_on(),
            Action::ShowRun => return self.show_run(),
            Action::AnswerRun => return self.answer_run(),
            Action::Pause => return self.pause_or_go_on(),
            Action::TakeBack => return self.take_back(),
            Action::ChooseVersion => self.choose_version(),
            Action::LookInto => return self.look_into_secret(),
            Action::CopyValue => return self.copy_value(),
            Action::Mark => return self.mark(),
            Action::Columns => self.choose_columns(),
            Action::Mouse => return self.toggle_mouse(),
            Action::Describe => self.describe(),
            Action::HostLogs => return self.host_logs(),
            Action::Filter if matches!(self.layers.last(), Some(Layer::Help(_))) => {
                self.prompt(Purpose::Keys);
            }
            Action::Filter => self.prompt(Purpose::Filter),
            Action::SortNext | Action::SortPrevious | Action::SortReverse => self.reorder(action),
            other => return self.log_asked(other),
        }
        Vec::new()
    }

    fn open(&mut self, view: View) -> Vec<Effect> {
        self.layers.clear();
        self.came_from.clear();
        self.show(view)
    }

    pub(super) fn show(&mut self, view: View) -> Vec<Effect> {
        self.filter = Filter::default();
        self.view = view;
        match view {
            View::Logs if self.logs.wanted.is_none() => {
                views::logs::likeliest(self).map_or_else(Vec::new, |wanted| self.follow(wanted))
            }
            View::Actions => self.wants_shelf(),
            View::Runs => self.wants_runs(),
            View::Tour => self.wants_tour(),
            _ => Vec::new(),
        }
    }

    /// Opens a view so that going back leads here.
    pub(super) fn go_to(&mut self, view: View) -> Vec<Effect> {
        self.depart();
        self.show(view)
    }

    /// Leaves what is in front for something else; what was read there is found again.
    fn depart(&mut self) {
        let mut layers = std::mem::take(&mut self.layers);
        layers.retain(|layer| matches!(layer, Layer::Host(..) | Layer::Why(_)));
        let filter = std::mem::take(&mut self.filter);
        self.came_from.push(Place { view: self.view, layers, filter });
    }

    /// Opens what the list under the cursor names.
    fn open_selected(&mut self) -> Vec<Effect> {
        match self.view {
            View::Actions => self.open_selected_action(),
            View::Runs => self.read_selected_run(),
            View::Tour => self.follow_line(),
            View::GameDay => self.follow_game_line(),
            _ => Vec::new(),
        }
    }

    fn neighbour(&self, steps: usize) -> View {
        let here = VIEWS.iter().position(|view| *view == self.view).unwrap_or(0);
        VIEWS[(here + steps) % VIEWS.len()]
    }

    /// Closes what is in front, then the filter, then goes back; says whether there was anything.
    fn back(&mut self) -> bool {
        if let Some(layer) = self.layers.pop() {
            if let Layer::Run(page) = &layer {
                self.left_run_page(page);
            }
            return true;
        }
        if !self.filter.is_empty() {
            self.keeping_place(|app| app.filter = Filter::default());
            return true;
        }
        if !self.marked.is_empty() {
            self.marked.clear();
            return true;
        }
        if self.view == View::Logs && (self.logs.forget_selection() || self.logs.forget_search()) {
            return true;
        }
        match self.came_from.pop() {
            Some(place) => (self.view, self.layers, self.filter) = (place.view, place.layers, place.filter),
            None if self.view == View::Home => return false,
            None => self.view = View::Home,
        }
        true
    }

    fn close(&mut self) -> Vec<Effect> {
        if self.back() { Vec::new() } else { self.leave() }
    }

    fn help(&mut self) {
        if !matches!(self.layers.last(), Some(Layer::Help(_))) {
            let nearest = self.contexts();
            self.layers.push(Layer::Help(Help { nearest, ..Help::default() }));
        }
    }

    /// A stopped process carries nothing on, and one that no shell started is never continued.
    fn suspend(&mut self) -> Vec<Effect> {
        if self.alone {
            self.say("no shell has started this, and none would bring it back".to_owned(), Role::Warn);
            return Vec::new();
        }
        if self.acts.in_hand.as_ref().is_some_and(|in_hand| !in_hand.story.rests()) {
            self.say(
                "a run is in hand, and would stand still: pause it first (o, then p)".to_owned(),
                Role::Warn,
            );
            return Vec::new();
        }
        let mut effects = self.stepped_aside();
        effects.push(Effect::Suspend);
        effects
    }

    fn refresh(&mut self) -> Vec<Effect> {
        match (self.layers.last(), self.view) {
            (Some(Layer::Plan(_)), _) => return self.plan_again(),
            (None, View::Runs) => return self.wants_runs(),
            (None, View::Actions) => return vec![Effect::LoadRunbooks],
            _ => {}
        }
        let selection = self.selection();
        if selection.subjects.is_empty() {
            return self.refresh_all();
        }
        let names: Vec<_> = selection.subjects.iter().map(ToString::to_string).collect();
        self.say(format!("looking again at {}", names.join(", ")), Role::Busy);
        selection.subjects.into_iter().map(Effect::Refresh).collect()
    }

    fn refresh_all(&mut self) -> Vec<Effect> {
        self.say("looking again at everything".to_owned(), Role::Busy);
        vec![Effect::RefreshAll]
    }

    /// The proof is shown where the database is.
    fn verify(&mut self) -> Vec<Effect> {
        if self.view != View::Database {
            self.depart();
            self.view = View::Database;
        }
        let words = "logging in to the database with the credentials that Vault holds now";
        self.say(words.to_owned(), Role::Busy);
        vec![Effect::Refresh(Subject::Login)]
    }

    /// Opens the evidence; among the hosts, the host; among logs, the log.
    fn why(&mut self) -> Vec<Effect> {
        match self.layers.last() {
            Some(Layer::Choice(cursor)) => {
                let mut choices = views::logs::choices(self);
                let chosen = (!choices.is_empty()).then(|| choices.swap_remove(cursor.among(choices.len())));
                self.layers.pop();
                return chosen.map_or_else(Vec::new, |wanted| self.follow(wanted));
            }
            Some(Layer::Menu(_)) => return self.choose_from_menu(),
            Some(Layer::Columns(_)) => return self.turn_column(),
            Some(Layer::Why(why)) if why.verdict.fix.is_some() => return self.remedy(),
            None if self.view == View::Hosts => {
                self.describe();
                return Vec::new();
            }
            Some(Layer::Host(..)) | None => {}
            Some(_) => return Vec::new(),
        }
        let selection = self.selection();
        if self.open_secret(&selection) {
            return Vec::new();
        }
        if let Some(verdict) = selection.verdict {
            self.layers.push(Layer::Why(Why { title: selection.title, verdict, pager: Pager::default() }));
        }
        Vec::new()
    }

    fn describe(&mut self) {
        let open = self.layers.iter().any(|layer| matches!(layer, Layer::Host(..)));
        if let Some(host) = self.selection().host.filter(|_| !open) {
            self.show_host(host);
        }
    }

    /// Opens the page of a host where it is worst.
    pub(super) fn show_host(&mut self, host: String) {
        self.layers.retain(|layer| !matches!(layer, Layer::Why(_)));
        self.filter = Filter::default();
        self.layers.push(Layer::Host(host, SheetState::default()));
        let at_worst = self.sheet().map(|(sheet, _)| SheetState::at_worst(&sheet));
        if let (Some(Layer::Host(_, state)), Some(at_worst)) = (self.layers.last_mut(), at_worst) {
            *state = at_worst;
        }
    }

    fn host_logs(&mut self) -> Vec<Effect> {
        let selection = self.selection();
        let Some(host) = selection.host else { return Vec::new() };
        let Some(container) = selection.container.or_else(|| views::logs::agent_of(self, &host)) else {
            self.say(format!("no container is known on {host}"), Role::Warn);
            return Vec::new();
        };
        self.depart();
        self.view = View::Logs;
        self.follow(Wanted::only(host, container))
    }

    pub(super) fn moved(&mut self, action: Action) {
        match self.layers.last_mut() {
            Some(Layer::Why(why)) => why.pager.moved(action),
            Some(Layer::Help(help)) => help.pager.moved(action),
            Some(Layer::Choice(_)) => self.choice_moved(action),
            Some(Layer::Menu(menu)) => _ = menu.cursor.moved(action, menu.items.len()),
            Some(Layer::Columns(chooser)) => _ = chooser.cursor.moved(action, chooser.columns.len()),
            Some(Layer::Host(..) | Layer::Secret(_) | Layer::Prompt(_)) => self.sheet_moved(action),
            Some(Layer::Plan(page)) => page.pager.moved(action),
            Some(Layer::Run(_)) => self.run_moved(action),
            Some(
                Layer::SignIn(_)
                | Layer::Form(_)
                | Layer::Question(_)
                | Layer::Revealed(_)
                | Layer::Palette(_)
                | Layer::Themes(_),
            ) => {}
            None => match self.view {
                View::Home => views::home::moved(self, action),
                View::Hosts => self.hosts_moved(action),
                View::Logs => self.logs.moved(action),
                View::Vault | View::Secrets | View::Database => self.sheet_moved(action),
                View::Actions => {
                    let count = self.actions().len();
                    self.acts.action.moved(action, count);
                }
                View::Runs => {
                    let count = self.kept_runs().len();
                    self.acts.run.moved(action, count);
                }
                View::Tour => self.tour_moved(action),
                View::GameDay => self.game_moved(action),
            },
        }
    }

    fn choice_moved(&mut self, action: Action) {
        let choices = views::logs::choices(self).len();
        if let Some(Layer::Choice(cursor)) = self.layers.last_mut() {
            cursor.moved(action, choices);
        }
    }

    fn hosts_moved(&mut self, action: Action) {
        let healths = self.host_healths();
        if let Action::NextTrouble | Action::PreviousTrouble = action {
            let here = self.hosts.among(healths.len());
            self.hosts.set(moving::next_trouble(&healths, here, action == Action::NextTrouble));
        } else {
            self.hosts.moved(action, healths.len());
        }
    }

    fn sheet_moved(&mut self, action: Action) {
        let Some((sheet, state)) = self.sheet() else { return };
        let mut state = state.clone();
        state.moved(action, &sheet);
        self.set_sheet_state(state);
    }

    pub(super) fn set_sheet_state(&mut self, state: SheetState) {
        let page = self.layers.iter_mut().rev().find_map(|layer| match layer {
            Layer::Host(_, state) => Some(state),
            Layer::Secret(page) => Some(&mut page.state),
            _ => None,
        });
        match (page, self.view) {
            (Some(page), _) => *page = state,
            (None, View::Vault) => self.vault = state,
            (None, View::Secrets) => self.secrets = state,
            (None, View::Database) => self.database = state,
            (None, _) => {}
        }
    }

    pub(super) fn say(&mut self, text: String, role: Role) {
        let until = self.our_moment_in(NOTICE_SECONDS);
        self.notice = Some(Notice { text, role, until });
    }
}

/// The key of a chord with alt that no binding knows: over a slow line `esc` and the next key come together, and a terminal
/// cannot tell the two from one chord.
fn behind_escape(key: KeyEvent, keymap: &Keymap) -> Option<KeyEvent> {
    let together = key.modifiers.contains(KeyModifiers::ALT) && !keymap.knows(key);
    together.then(|| KeyEvent { modifiers: key.modifiers - KeyModifiers::ALT, ..key })
}

/// Everything that is looked at for a row of the matrix.
pub(in crate::tui) fn looked_at(host: &str, cell: usize) -> Vec<Subject> {
    let name = || host.to_owned();
    match cell {
        0 => vec![Subject::Host(name())],
        1 => vec![Subject::Agent(name()), Subject::Containers(name())],
        2 => vec![Subject::Host(name()), Subject::Role],
        3 => subjects_of(host),
        _ => vec![Subject::Containers(name()), Subject::Host(name())],
    }
}
