//! A run in front: its page, the runs of before, and what the operator does to the one that is shown, be it in hand or kept in
//! a journal.

use crate::deck::{Owner, RunState};
use crate::model::run::{Direction, Next};
use crate::model::trouble::Trouble;
use crate::tui::keymap::{Action, Binding, Context};
use crate::tui::theme::Role;
use crate::tui::views;
use crate::tui::widgets::cursor::Cursor;

use super::carrying::Word;
use super::procedures::{Kept, unlocking};
use super::question::{Asks, Question};
use super::story::Story;
use super::{App, Effect, Layer, View};

/// A run in front of a view.
#[derive(Debug, Clone)]
pub struct RunPage {
    /// A run that is read from its journal; the run in hand when there is none.
    pub kept: Option<Box<KeptStory>>,
    /// Where the cursor is among its errands, once the operator has moved it.
    pub cursor: Option<Cursor>,
}

/// A run that is read from its journal.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptStory {
    /// All there is to tell of it.
    pub story: Story,
    /// Who carries it now.
    pub owner: Option<Owner>,
    /// Where it stands.
    pub state: RunState,
}

impl RunPage {
    /// The page of the run in hand.
    pub(super) fn in_hand() -> Self {
        Self { kept: None, cursor: None }
    }

    /// Whether nobody carries it: then nothing in it goes on, and no time counts.
    pub(in crate::tui) fn stands(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.owner.is_none())
    }
}

impl App {
    /// Moves among the errands of the run in front.
    pub(super) fn run_moved(&mut self, action: Action) {
        let Some((story, _)) = self.run_in_front() else { return };
        let (errands, current) = (story.run.errands().len(), story.current().unwrap_or(0));
        let Some(Layer::Run(page)) = self.layers.last_mut() else { return };
        let mut cursor = page.cursor.clone().unwrap_or_else(|| Cursor::at(current));
        cursor.moved(action, errands);
        page.cursor = Some(cursor);
    }

    /// The run whose page is open, and the page.
    pub(in crate::tui) fn run_in_front(&self) -> Option<(&Story, &RunPage)> {
        let page = self.layers.iter().rev().find_map(|layer| match layer {
            Layer::Run(page) => Some(page),
            _ => None,
        })?;
        let story = match &page.kept {
            Some(kept) => &kept.story,
            None => &self.acts.in_hand.as_ref()?.story,
        };
        Some((story, page))
    }

    /// The run under the cursor is read.
    pub(super) fn read_selected_run(&self) -> Vec<Effect> {
        let runs = self.kept_runs();
        let run = runs.get(self.acts.run.among(runs.len()));
        run.map(|kept| Effect::ReadRun(kept.listed.id.clone())).into_iter().collect()
    }

    /// Runs that the filter lets through.
    pub(in crate::tui) fn kept_runs(&self) -> Vec<&Kept> {
        let has = |kept: &&Kept| {
            let listed = &kept.listed;
            let ticket = listed.ticket.as_deref().unwrap_or_default();
            let state = listed.state.to_string();
            self.filter.keeps([&listed.id, &listed.runbook, &state, &listed.operator, ticket])
        };
        let kept = self.acts.kept.as_ref().and_then(|kept| kept.as_ref().ok());
        let mut runs: Vec<_> = kept.into_iter().flatten().filter(has).collect();
        self.order("runs").sort(&mut runs, |kept, column| views::runs::worth(kept, self.now, column));
        runs
    }

    /// The newest run that nobody carries and that has not ended: it waits for a word.
    pub(in crate::tui) fn waiting_run(&self) -> Option<&Kept> {
        let in_hand = self.acts.in_hand.as_ref().map(|in_hand| in_hand.story.run.plan.run.as_str());
        let waits = |kept: &&Kept| {
            let open = matches!(kept.listed.state, RunState::Paused | RunState::Undecided | RunState::Left);
            open && kept.owner.is_none() && in_hand != Some(kept.listed.id.as_str())
        };
        self.acts.kept.as_ref()?.as_ref().ok()?.iter().find(waits)
    }

    /// A run is read from its journal, or could not be.
    pub(super) fn read(&mut self, read: Result<Box<KeptStory>, Trouble>) {
        match read {
            Ok(kept) => {
                let mine = self.acts.in_hand.as_ref().is_some_and(|in_hand| {
                    in_hand.story.run.plan.run == kept.story.run.plan.run && !in_hand.has_ended()
                });
                let page = if mine { RunPage::in_hand() } else { RunPage { kept: Some(kept), cursor: None } };
                self.layers.push(Layer::Run(page));
            }
            Err(trouble) => {
                let words = trouble.in_one_line();
                self.say(words, Role::Bad);
            }
        }
    }

    /// What is open in the run in front is answered.
    pub(super) fn answer_run(&mut self) -> Vec<Effect> {
        match self.layers.last() {
            Some(Layer::Run(page)) if page.kept.is_none() => {
                if self.acts.in_hand.as_ref().is_some_and(|in_hand| in_hand.story.run.paused().is_some()) {
                    return self.pause_or_go_on();
                }
                self.ask_what_it_needs();
                Vec::new()
            }
            Some(Layer::Run(_)) => self.pause_or_go_on(),
            _ => Vec::new(),
        }
    }

    /// What the bar says of a key: on the page of a run by what the run needs, and nothing of a key that does nothing there.
    pub(in crate::tui) fn hint_of(&self, binding: &Binding) -> Option<String> {
        let hint = binding.hint.clone();
        let Some((story, page)) = self.run_in_front().filter(|_| binding.context == Context::Run) else {
            return hint;
        };
        let kept = page.kept.is_some();
        let word = match (binding.action, story.run.next()) {
            (Action::AnswerRun, Next::Ask { .. } | Next::Confirm { .. }) if !kept => return hint,
            (Action::AnswerRun, Next::Decide { .. }) if !kept => "decide",
            (Action::Pause, _) if kept => "take over",
            (Action::Pause, Next::Paused { .. }) => "go on",
            (Action::Pause, _) if !story.rests() => return hint,
            (Action::TakeBack, _) if kept || story.rests() => return hint,
            (Action::AnswerRun | Action::Pause | Action::TakeBack, _) => return None,
            _ => return hint,
        };
        Some(word.to_owned())
    }

    /// The runs of before are read. Of the one in hand the lock tells only that somebody carries it.
    pub(super) fn listed(&mut self, runs: Result<Vec<Kept>, Trouble>) {
        self.acts.kept = Some(runs);
        self.list_follows();
    }

    /// The list says of the run in hand what its page says.
    pub(super) fn list_follows(&mut self) {
        let (Some(in_hand), Some(Ok(kept))) = (&self.acts.in_hand, &mut self.acts.kept) else { return };
        let story = &in_hand.story;
        let Some(kept) = kept.iter_mut().find(|kept| kept.listed.id == story.run.plan.run) else { return };
        kept.listed.trouble = story.trouble();
        kept.listed.state = match story.run.next() {
            Next::Paused { .. } => RunState::Paused,
            Next::Decide { .. } => RunState::Undecided,
            Next::Ended { .. } => return,
            _ => RunState::Running,
        };
    }

    /// Whether it is this console that carries a run.
    pub(in crate::tui) fn carries(&self, id: &str) -> bool {
        let in_hand = self.acts.in_hand.as_ref();
        in_hand.is_some_and(|in_hand| in_hand.story.run.plan.run == id && !in_hand.has_ended())
    }

    /// Pauses the run in front, or lets it go on.
    pub(super) fn pause_or_go_on(&mut self) -> Vec<Effect> {
        if let Some(id) = self.kept_in_front() {
            return self.ask_to_take_up(id, false);
        }
        let Some(in_hand) = self.acts.in_hand.as_mut().filter(|in_hand| !in_hand.has_ended()) else {
            return Vec::new();
        };
        if in_hand.story.run.paused().is_some() {
            return vec![Effect::Tell(Word::Resume)];
        }
        if in_hand.story.rests() {
            self.say("it waits for your word: enter".to_owned(), Role::Warn);
            return Vec::new();
        }
        in_hand.pausing = true;
        vec![Effect::Tell(Word::Pause)]
    }

    /// Takes back what the run in front has done.
    pub(super) fn take_back(&mut self) -> Vec<Effect> {
        if let Some(id) = self.kept_in_front() {
            return self.ask_to_take_up(id, true);
        }
        let Some(in_hand) = self.acts.in_hand.as_ref().filter(|in_hand| !in_hand.has_ended()) else {
            return Vec::new();
        };
        if !in_hand.story.rests() {
            self.say("pause it first: p".to_owned(), Role::Warn);
            return Vec::new();
        }
        if *in_hand.story.run.direction() != Direction::Forward {
            return Vec::new();
        }
        let run = &in_hand.story.run;
        let title = format!("undo what {} has done so far?", run.plan.runbook.id);
        let question = Question::new(Asks::TurnBack, title, vec!["cancel", "undo"]).dangerous();
        let question = irreversible(&in_hand.story).into_iter().fold(question, Question::saying);
        self.layers.push(Layer::Question(Box::new(question)));
        Vec::new()
    }

    fn kept_in_front(&self) -> Option<String> {
        match self.layers.last() {
            Some(Layer::Run(RunPage { kept: Some(kept), .. })) => Some(kept.story.run.plan.run.clone()),
            _ => None,
        }
    }

    /// Taking a run over is never done silently: who had it is said.
    fn ask_to_take_up(&mut self, id: String, back: bool) -> Vec<Effect> {
        let Some(Layer::Run(RunPage { kept: Some(kept), .. })) = self.layers.last() else {
            return Vec::new();
        };
        if let Some(ending) = kept.story.run.ended() {
            self.say(format!("run {id} has ended: {ending}"), Role::Muted);
            return Vec::new();
        }
        let plan = &kept.story.run.plan;
        if self.is_locked() && plan.runbook.writes {
            let question = unlocking(&plan.deployment);
            self.layers.push(Layer::Question(Box::new(question)));
            return Vec::new();
        }
        if self.acts.in_hand.as_ref().is_some_and(|in_hand| !in_hand.has_ended()) {
            self.say("another run is in hand; one at a time".to_owned(), Role::Warn);
            return Vec::new();
        }
        let (title, answers) = if back {
            (format!("take run {id} over and undo what it has done?"), vec!["cancel", "undo"])
        } else {
            (format!("take run {id} over and go on?"), vec!["cancel", "go on"])
        };
        let mut question = Question::new(Asks::TakeUp { id, back }, title, answers)
            .saying(format!("{} began it; it is {}", plan.operator, kept.state))
            .saying("a step whose end nobody has seen is verified first, never run again blindly");
        if let Some(owner) = &kept.owner {
            question = question
                .saying(format!("{owner} still carries it: it can be taken over when that has ended"));
        }
        if back {
            question = irreversible(&kept.story).into_iter().fold(question, Question::saying).dangerous();
        }
        self.layers.push(Layer::Question(Box::new(question)));
        Vec::new()
    }

    /// A run that has ended is let go of when its page is left.
    pub(super) fn left_run_page(&mut self, page: &RunPage) {
        if page.kept.is_none() {
            self.acts.in_hand.take_if(|in_hand| in_hand.has_ended());
        }
    }

    /// What is asked of the outside when the list of runs is opened.
    pub(super) fn wants_runs(&self) -> Vec<Effect> {
        if self.view == View::Runs { vec![Effect::ListRuns] } else { Vec::new() }
    }
}

/// What undoing cannot take back of what has happened.
fn irreversible(story: &Story) -> Vec<String> {
    let run = &story.run;
    let acted = run.errands().iter().filter(|errand| run.progress(errand).has_acted());
    let words = acted.filter_map(|errand| {
        let step = run.step(errand)?;
        Some(format!("stays as it is: {} ({})", step.title, step.irreversible.as_ref()?))
    });
    words.collect()
}
