//! From the list of actions to a plan that is confirmed. Nothing here runs anything: the last word is a question whose first
//! answer is to cancel.
//!
//! ```text
//! list ─enter─▶ form ─▶ plan ─enter─▶ (unlock?) ─▶ confirm? ─▶ Effect::Begin ─▶ the run in hand (see `carrying`)
//! selected ─x─▶ menu ─▲
//! ```

use std::collections::BTreeMap;

use crossterm::event::KeyEvent;

use crate::config::RunbookShelf;
use crate::deck::{Asked, Listed, Owner};
use crate::model::deployment::Environment;
use crate::model::run::Plan;
use crate::model::runbook::{Confirm, Runbook, Standing};
use crate::model::trouble::Trouble;
use crate::tui::keymap::Action;
use crate::tui::selection::Selection;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::views;
use crate::tui::widgets::cursor::Cursor;
use crate::tui::widgets::pager::Pager;

use super::carrying::{InHand, Prompted};
use super::form::{self, Filling, Form};
use super::marking::Meant;
use super::question::{Asks, Question, Reply};
use super::{App, Effect, Layer, View};

/// Hosts that a question names; the plan behind it names them all.
const MOST_NAMES: usize = 12;

/// Everything about acting that the console knows.
#[derive(Debug, Default)]
pub struct Acts {
    /// Whether anything can be run, and the values that the profile fills; `None` until the deployment is open.
    pub(in crate::tui) hand: Option<Result<BTreeMap<String, String>, Trouble>>,
    /// Whether a deployment that is read-only lets commands pass that write.
    pub(in crate::tui) unlocked: bool,
    /// Every runbook, once somebody wanted to see them.
    pub(in crate::tui) shelf: Option<RunbookShelf>,
    /// Where the cursor is among them.
    pub(in crate::tui) action: Cursor,
    /// Every run there was, once somebody wanted to see them.
    pub(in crate::tui) kept: Option<Result<Vec<Kept>, Trouble>>,
    /// Where the cursor is among them.
    pub(in crate::tui) run: Cursor,
    /// The run in hand.
    pub(in crate::tui) in_hand: Option<InHand>,
    /// What confirmed the plan that is being begun.
    pub(super) confirmed: Option<Confirmed>,
    /// What to open when the runbooks are read.
    pub(super) awaited: Option<Awaited>,
    /// What a program asks and cannot be shown yet, because something else is being typed.
    pub(super) prompted: Option<Prompted>,
    /// Whether the operator wants to leave as soon as the run in hand rests.
    pub(in crate::tui) leaving: bool,
    plans: u64,
}

/// What is opened as soon as the runbooks are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Awaited {
    /// An action by its id, and what it is opened for.
    Action(String, Meant),
    /// The menu of what is selected.
    Menu,
}

/// That a plan was confirmed, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// The name that was typed, where one was.
    pub typed: Option<String>,
}

/// A run in the list, and who carries it.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The run.
    pub listed: Listed,
    /// Who carries it now.
    pub owner: Option<Owner>,
}

/// What a plan is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The runbook.
    pub runbook: Runbook,
    /// Answers by question.
    pub answers: BTreeMap<String, String>,
    /// Why.
    pub ticket: Option<String>,
}

/// A plan in front of a view.
#[derive(Debug, Clone)]
pub struct PlanPage {
    /// The number under which it was asked for.
    pub number: u64,
    /// What it is made of.
    pub wanted: Wanted,
    /// The plan, once it is made.
    pub plan: Option<Result<Box<Plan>, Trouble>>,
    /// Which lines of it are shown.
    pub pager: Pager,
}

impl From<Wanted> for Asked {
    fn from(wanted: Wanted) -> Self {
        Self { answers: wanted.answers, ticket: wanted.ticket }
    }
}

impl App {
    /// What the list of actions needs of the outside when it is opened.
    pub(super) fn wants_shelf(&self) -> Vec<Effect> {
        if self.acts.shelf.is_none() { vec![Effect::LoadRunbooks] } else { Vec::new() }
    }

    /// The runbooks are read.
    pub(super) fn shelved(&mut self, read: RunbookShelf) -> Vec<Effect> {
        self.acts.shelf = Some(read);
        match self.acts.awaited.take() {
            Some(Awaited::Action(id, meant)) => self.open_action(&id, meant),
            Some(Awaited::Menu) if self.layers.last().is_none_or(Layer::is_page) => self.remedy(),
            Some(Awaited::Menu) | None => Vec::new(),
        }
    }

    /// Every runbook that can be offered, once they are read.
    pub(super) fn runbooks(&self) -> impl Iterator<Item = &Runbook> {
        self.acts.shelf.iter().flat_map(|shelf| &shelf.runbooks).map(|shelved| &shelved.runbook)
    }

    /// Runbooks that the filter lets through.
    pub(in crate::tui) fn actions(&self) -> Vec<&Runbook> {
        let has = |runbook: &&Runbook| self.filter.keeps([runbook.id.as_str(), &runbook.title]);
        let mut kept: Vec<_> = self.runbooks().filter(has).collect();
        let habits = self.habits();
        self.order("actions")
            .sort(&mut kept, |runbook, column| views::actions::cell(runbook, habits, column).worth());
        kept
    }

    /// The action under the cursor.
    pub(super) fn open_selected_action(&mut self) -> Vec<Effect> {
        let actions = self.actions();
        let id = actions.get(self.acts.action.among(actions.len())).map(|runbook| runbook.id.clone());
        id.map_or_else(Vec::new, |id| self.open_by_name(&id))
    }

    /// Opens an action for nothing in particular; for the marked hosts, where there are some.
    pub(super) fn open_by_name(&mut self, id: &str) -> Vec<Effect> {
        let meant = self.meant(&Selection::default());
        self.open_action(id, meant)
    }

    /// Opens an action for what is meant.
    pub(super) fn open_action(&mut self, id: &str, meant: Meant) -> Vec<Effect> {
        let Some(read) = &self.acts.shelf else {
            self.acts.awaited = Some(Awaited::Action(id.to_owned(), meant));
            return vec![Effect::LoadRunbooks];
        };
        let Some(runbook) = self.runbooks().find(|runbook| runbook.id == id).cloned() else {
            let faulty = !read.troubles.is_empty();
            self.say(format!("there is no action {id}"), Role::Warn);
            // the list tells what is wrong with those that are not offered
            return if faulty { self.go_to(View::Actions) } else { Vec::new() };
        };
        match &self.acts.hand {
            Some(Ok(slots)) => {
                let slots = slots.clone();
                self.warn_of_run_in_hand();
                self.ask_for(&runbook, &slots, &meant)
            }
            Some(Err(trouble)) => {
                let words = trouble.in_one_line();
                self.say(words, Role::Warn);
                Vec::new()
            }
            None => {
                self.say("the deployment is not open yet".to_owned(), Role::Muted);
                Vec::new()
            }
        }
    }

    /// A plan may be made meanwhile; that it cannot begin is better known before it is filled in.
    fn warn_of_run_in_hand(&mut self) {
        let busy = self.acts.in_hand.as_ref().filter(|in_hand| in_hand.story.run.ended().is_none());
        if let Some(run) = busy.map(|in_hand| in_hand.story.run.plan.run.clone()) {
            let key = self.key_of(Action::ShowRun);
            self.say(
                format!("run {run} is in hand ({key}); one at a time: this can be planned, not begun"),
                Role::Warn,
            );
        }
    }

    /// What asks nothing and changes nothing is planned at once.
    fn ask_for(&mut self, runbook: &Runbook, slots: &BTreeMap<String, String>, meant: &Meant) -> Vec<Effect> {
        let hosts = self.fleet.as_ref().map(|fleet| fleet.deployment.hosts.clone()).unwrap_or_default();
        let form = Form::of(runbook, slots, &hosts, meant);
        if form.fields.is_empty() {
            let wanted = Wanted { runbook: runbook.clone(), answers: BTreeMap::new(), ticket: None };
            return self.plan(wanted);
        }
        self.layers.push(Layer::Form(Box::new(form)));
        Vec::new()
    }

    /// A key while a form is in front.
    pub(super) fn form_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let Some(Layer::Form(form)) = self.layers.last_mut() else { return Vec::new() };
        match form.key(key) {
            form::Wish::Nothing => Vec::new(),
            form::Wish::Quit => self.leave(),
            form::Wish::GiveUp => {
                let refused = form.purpose == Filling::Prompt;
                self.layers.pop();
                if refused { vec![Effect::AnswerPrompt(None.into())] } else { Vec::new() }
            }
            form::Wish::Done => self.filled(),
        }
    }

    fn filled(&mut self) -> Vec<Effect> {
        let Some(Layer::Form(form)) = self.layers.last_mut() else { return Vec::new() };
        match &form.purpose {
            Filling::Plan(runbook) => {
                let (answers, ticket) = form.answers();
                let wanted = Wanted { runbook: (**runbook).clone(), answers, ticket };
                self.plan(wanted)
            }
            Filling::Answer(_) | Filling::Prompt => self.answered(),
        }
    }

    fn plan(&mut self, wanted: Wanted) -> Vec<Effect> {
        self.acts.plans += 1;
        let number = self.acts.plans;
        let page = PlanPage { number, wanted: wanted.clone(), plan: None, pager: Pager::default() };
        self.layers.push(Layer::Plan(Box::new(page)));
        vec![Effect::Plan(number, Box::new(wanted))]
    }

    /// The plan in front is made anew: what it rests on is looked at again.
    pub(super) fn plan_again(&mut self) -> Vec<Effect> {
        let Some(page) = self.plan_page() else { return Vec::new() };
        let wanted = page.wanted.clone();
        self.layers.pop();
        self.plan(wanted)
    }

    /// A plan is made, or cannot be.
    pub(super) fn planned(&mut self, number: u64, plan: &Result<Box<Plan>, Trouble>) {
        let pages = self.layers.iter_mut().filter_map(|layer| match layer {
            Layer::Plan(page) if page.number == number => Some(page),
            _ => None,
        });
        pages.for_each(|page| page.plan = Some(plan.clone()));
    }

    /// The plan in front, where one is.
    pub(super) fn plan_page(&mut self) -> Option<&mut PlanPage> {
        match self.layers.last_mut() {
            Some(Layer::Plan(page)) => Some(page),
            _ => None,
        }
    }

    /// Whether the plan in front is made, and nothing speaks against beginning it.
    pub(super) fn plan_in_front_can_begin(&self) -> bool {
        let Some(Layer::Plan(page)) = self.layers.last() else { return false };
        matches!(&page.plan, Some(Ok(plan)) if plan.obstacle().is_none())
    }

    /// From the plan to the question that stands before the run.
    pub(super) fn go_on(&mut self) -> Vec<Effect> {
        let Some(Ok(plan)) = self.plan_page().and_then(|page| page.plan.clone()) else { return Vec::new() };
        if let Some(trouble) = plan.obstacle() {
            // why it fails and what helps has no room in a line; the top of the plan has it in full
            self.plan_page().into_iter().for_each(|page| page.pager = Pager::default());
            self.say(format!("it cannot begin: {}", trouble.what), Role::Bad);
            return Vec::new();
        }
        if let Some(in_hand) = self.acts.in_hand.as_ref().filter(|in_hand| !in_hand.has_ended()) {
            let words = format!("run {} is in hand; one at a time", in_hand.story.run.plan.run);
            self.say(words, Role::Warn);
            return Vec::new();
        }
        if plan.runbook.writes && self.is_locked() {
            self.layers.push(Layer::Question(Box::new(unlocking(&plan.deployment))));
            return Vec::new();
        }
        self.confirm_plan(&plan)
    }

    fn confirm_plan(&mut self, plan: &Plan) -> Vec<Effect> {
        let title = format!("run {} on {}?", plan.runbook.id, plan.deployment);
        let question = Question::new(Asks::Begin, title, vec!["cancel", "run it"]);
        let question = said_before(plan).into_iter().fold(question, Question::saying);
        let question = match plan.runbook.confirm {
            Confirm::None => return self.begin(None),
            Confirm::Yes => question,
            Confirm::Typed => question.typing(&plan.deployment),
        };
        self.layers.push(Layer::Question(Box::new(question)));
        Vec::new()
    }

    /// Whether commands that write are refused at the moment.
    pub(in crate::tui) fn is_locked(&self) -> bool {
        self.environment == Some(Environment::Prod) && !self.acts.unlocked
    }

    /// A key while a question is in front.
    pub(super) fn question_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let Some(Layer::Question(question)) = self.layers.last_mut() else { return Vec::new() };
        match question.key(key) {
            Reply::Nothing => Vec::new(),
            Reply::GiveUp => {
                let words = question.given_up();
                self.layers.pop();
                if let Some(words) = words {
                    self.say(words.to_owned(), Role::Muted);
                }
                Vec::new()
            }
            Reply::Quit => self.leave(),
            Reply::Chosen(answer) => {
                let question = question.clone();
                self.layers.pop();
                self.chosen(&question, answer)
            }
        }
    }

    fn chosen(&mut self, question: &Question, answer: usize) -> Vec<Effect> {
        match &question.asks {
            Asks::Unlock => self.unlock(),
            Asks::Begin => self.begin(question.name_typed()),
            asks => self.word(asks, answer, question.name_typed()),
        }
    }

    /// The lock opens for the run that is about to begin, and closes after it.
    fn unlock(&mut self) -> Vec<Effect> {
        self.acts.unlocked = true;
        let mut effects = vec![Effect::Unlock];
        if self.plan_page().is_some() {
            effects.extend(self.go_on());
        }
        effects
    }

    fn begin(&mut self, typed: Option<String>) -> Vec<Effect> {
        let Some(Ok(plan)) = self.plan_page().and_then(|page| page.plan.clone()) else { return Vec::new() };
        self.layers.clear();
        self.marked.clear();
        self.acts.confirmed = Some(Confirmed { typed });
        self.say(format!("beginning {}", plan.runbook.id), Role::Busy);
        vec![Effect::Begin(plan)]
    }
}

/// The question that opens the lock.
pub(super) fn unlocking(deployment: &str) -> Question {
    let title = format!("{deployment} is read-only; unlock it for this run?");
    Question::new(Asks::Unlock, title, vec!["cancel", "unlock"])
        .saying("its environment is prod; it is locked again when the run has ended, when no key is pressed for a while, and when the console is left")
        .typing(deployment)
}

/// What is said once more before a run begins.
fn said_before(plan: &Plan) -> Vec<String> {
    let irreversible: Vec<_> = plan.irreversible().into_iter().map(|step| step.title.clone()).collect();
    let mut words = vec![format!("hits: {}", plan.blast_radius())];
    if plan.runbook.visits_hosts() {
        words.push(format!("hosts: {}", text::names(&plan.hosts, MOST_NAMES)));
    }
    if !irreversible.is_empty() {
        words.push(format!("cannot be undone: {}", irreversible.join("; ")));
    }
    let foundations = plan.foundations();
    let unknown = foundations.iter().filter(|(_, standing)| matches!(standing, Standing::Unknown { .. }));
    if let count @ 1.. = unknown.count() {
        words.push(format!("not known: {count} of what it requires"));
    }
    words
}
