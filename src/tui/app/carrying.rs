//! The run in hand: what it needs of the operator, and what the operator says to it. The run itself is carried in the
//! background and goes on whatever is looked at.
//!
//! ```text
//! Effect::Begin, Effect::TakeUp ─▶ Message::Taken ─▶ Message::Happened … ─▶ needs a word? ─▶ question, form ─▶ Effect::Tell
//! ```

use std::collections::BTreeSet;

use jiff::Timestamp;
use secrecy::SecretString;

use crate::model::command::Route;
use crate::model::run::{Choice, Ending, Entry, Errand, Next, Progress, RunEvent};
use crate::model::runbook::Confirm;
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::tui::theme::Role;

use super::form::{Blank, Filling, Form};
use super::masked::Answer;
use super::procedures::Confirmed;
use super::question::{Asks, Question};
use super::run_page::RunPage;
use super::story::Story;
use super::{App, Effect, Layer};

/// The run that this console carries.
#[derive(Debug, Clone)]
pub struct InHand {
    /// All there is to tell of it.
    pub story: Story,
    /// Why the last word to it was not taken, or why it cannot go on at all.
    pub refused: Option<Trouble>,
    /// Whether a pause was asked for.
    pub pausing: bool,
    confirmed: Option<Confirmed>,
}

/// A word to the run in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// The answer to a question.
    Answer(String, Answer),
    /// It is confirmed, with the name that was typed where one must be.
    Confirm(Option<String>),
    /// How it goes on after a failure.
    Decide(Choice),
    /// Pause at the next place where it can.
    Pause,
    /// Go on.
    Resume,
    /// Undo what is done so far.
    TurnBack,
}

/// What a program or a login asks in the middle of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompted {
    /// The command that asks.
    pub asker: String,
    /// What it asks.
    pub text: String,
    /// Whether the answer may not be shown while it is typed.
    pub hidden: bool,
}

/// A value that is shown for a while because somebody asked.
#[derive(Debug, Clone)]
pub struct Revealed {
    /// What it is.
    pub title: String,
    /// The value.
    pub value: SecretString,
    /// Until when.
    pub until: Timestamp,
}

impl InHand {
    /// Whether a login to the database was one of its steps: whoever began it has asked for the proof, and what is known of
    /// the login is older than that.
    fn proved_a_login(&self) -> bool {
        let run = &self.story.run;
        let logs_in = |errand: &Errand| {
            let command = run.step(errand).and_then(|step| step.command.as_ref());
            command.is_some_and(|command| command.route() == Route::Postgres)
        };
        run.ended() == Some(Ending::Done)
            && run.errands().iter().any(|errand| *run.progress(errand) == Progress::Done && logs_in(errand))
    }

    /// Whether nothing more will happen in it.
    pub fn has_ended(&self) -> bool {
        self.story.run.ended().is_some()
    }
}

impl App {
    /// A run is in hand, or could not be taken.
    pub(super) fn taken(&mut self, taken: Result<(Box<Story>, Option<Trouble>), Trouble>) -> Vec<Effect> {
        let confirmed = self.acts.confirmed.take();
        match taken {
            Ok((story, torn)) => {
                self.notice = None;
                self.acts.in_hand = Some(InHand { story: *story, refused: torn, pausing: false, confirmed });
                self.layers.clear();
                self.layers.push(Layer::Run(RunPage::in_hand()));
                let mut effects = self.needs();
                effects.push(Effect::ListRuns); // what was listed as waiting waits no longer
                effects
            }
            Err(trouble) => {
                let words = trouble.in_one_line();
                self.say(words, Role::Bad);
                self.lock_again()
            }
        }
    }

    /// Something happened in the run in hand.
    pub(super) fn happened(&mut self, entries: &[Entry]) -> Vec<Effect> {
        let Some(in_hand) = &mut self.acts.in_hand else { return Vec::new() };
        for entry in entries {
            in_hand.story.take(entry);
            if !matches!(entry.event, RunEvent::Output { .. }) {
                in_hand.refused = None;
            }
        }
        let rests = in_hand.story.rests();
        in_hand.pausing &= !rests;
        self.list_follows();
        let mut effects = self.touched(entries);
        if rests {
            effects.extend(self.needs());
        }
        if rests && self.acts.leaving {
            effects.push(Effect::Quit);
        }
        effects
    }

    /// The last word to the run in hand was not taken, or it cannot go on.
    pub(super) fn refused(&mut self, trouble: Trouble) {
        if let Some(in_hand) = &mut self.acts.in_hand {
            in_hand.refused = Some(trouble);
        }
    }

    /// A value is shown for a while.
    pub(super) fn revealed(&mut self, title: String, value: SecretString, seconds: u64) {
        if self.covered || self.reveals_nothing() {
            return;
        }
        let until = self.in_our_seconds(i64::try_from(seconds).unwrap_or(30));
        self.layers.push(Layer::Revealed(Revealed { title, value, until }));
    }

    /// A program asks, or nobody waits for the answer any more.
    pub(super) fn prompted_by(&mut self, prompted: Option<Prompted>) {
        let asks = |layer: &Layer| matches!(layer, Layer::Form(form) if form.purpose == Filling::Prompt);
        self.layers.retain(|layer| !asks(layer));
        self.acts.prompted = prompted;
        self.open_prompt();
    }

    /// What a program asks is never put under the fingers of somebody who types something else.
    pub(super) fn open_prompt(&mut self) {
        let typing = matches!(
            self.layers.last(),
            Some(
                Layer::Form(_) | Layer::Question(_) | Layer::SignIn(_) | Layer::Prompt(_) | Layer::Palette(_)
            )
        );
        if let Some(prompted) = self.acts.prompted.take_if(|_| !typing) {
            self.layers.push(Layer::Form(Box::new(Form::prompted(&prompted))));
        }
    }

    /// What the steps have touched is looked at again; a database login is only ever made when somebody asks.
    fn touched(&self, entries: &[Entry]) -> Vec<Effect> {
        let (Some(in_hand), Some(fleet)) = (&self.acts.in_hand, &self.fleet) else { return Vec::new() };
        let run = &in_hand.story.run;
        let mut subjects = BTreeSet::new();
        for entry in entries {
            let (RunEvent::Finished { errand, .. }
            | RunEvent::Reached { errand, .. }
            | RunEvent::Verified { errand, .. }
            | RunEvent::UndoFinished { errand, .. }) = &entry.event
            else {
                continue;
            };
            let hosts = errand.host.clone().map_or_else(|| run.plan.hosts.clone(), |host| vec![host]);
            let touches = run.step(errand).map(|step| step.touches.as_slice()).unwrap_or_default();
            subjects.extend(touches.iter().flat_map(|signal| signal.subjects(&fleet.deployment, &hosts)));
        }
        subjects.remove(&Subject::Login);
        subjects.into_iter().map(Effect::Refresh).collect()
    }

    /// What the run in hand needs now: what was confirmed already is told at once, the rest is asked where its page is open.
    fn needs(&mut self) -> Vec<Effect> {
        let Some(in_hand) = &mut self.acts.in_hand else { return Vec::new() };
        match in_hand.story.run.next() {
            Next::Confirm { step: None, .. } if in_hand.confirmed.is_some() => {
                let typed = in_hand.confirmed.take().and_then(|confirmed| confirmed.typed);
                return vec![Effect::Tell(Word::Confirm(typed))];
            }
            Next::Ended { ending } => {
                let words = format!("{}: {ending}", in_hand.story.run.plan.runbook.id);
                let proved = in_hand.proved_a_login().then_some(Effect::Refresh(Subject::Login));
                let mut effects = self.lock_again();
                effects.push(Effect::ListRuns);
                effects.extend(proved);
                if !self.run_is_in_front() {
                    self.say(words, Role::Accent);
                }
                return effects;
            }
            _ => {}
        }
        if self.run_is_in_front() {
            self.ask_what_it_needs();
        }
        Vec::new()
    }

    fn run_is_in_front(&self) -> bool {
        matches!(self.layers.last(), Some(Layer::Run(page)) if page.kept.is_none())
    }

    pub(super) fn lock_again(&mut self) -> Vec<Effect> {
        if !std::mem::take(&mut self.acts.unlocked) {
            return Vec::new();
        }
        self.forget_questions_of_the_unlocked();
        vec![Effect::Lock]
    }

    /// Opens the question that the run in hand waits with.
    pub(super) fn ask_what_it_needs(&mut self) {
        let Some(in_hand) = &self.acts.in_hand else { return };
        let run = &in_hand.story.run;
        let layer = match run.next() {
            Next::Ask { slot } => {
                let input = run.runbook().questions().find(|input| input.name == slot);
                input.map(|input| Layer::Form(Box::new(Form::asking(input, &run.plan.hosts))))
            }
            Next::Confirm { level, step } => {
                let title =
                    step.as_ref().and_then(|step| run.runbook().step(step)).map(|step| step.title.clone());
                let title = title.unwrap_or_else(|| run.runbook().id.clone());
                let question =
                    Question::new(Asks::Confirm, format!("go on: {title}?"), vec!["not yet", "go on"]);
                let question =
                    if level == Confirm::Typed { question.typing(&run.plan.deployment) } else { question };
                Some(Layer::Question(Box::new(question)))
            }
            Next::Decide { errand, trouble, choices } => {
                let title = run.step(&errand).map_or_else(|| errand.step.clone(), |step| step.title.clone());
                Some(Layer::Question(Box::new(deciding(&title, &trouble, choices))))
            }
            _ => None,
        };
        self.layers.extend(layer);
    }

    /// The run in hand, from wherever one is.
    pub(super) fn show_run(&mut self) -> Vec<Effect> {
        if self.acts.in_hand.is_none() {
            self.say("no run is in hand; 8 lists those of before".to_owned(), Role::Muted);
            return Vec::new();
        }
        self.layers.retain(|layer| !matches!(layer, Layer::Run(_)));
        self.layers.push(Layer::Run(RunPage::in_hand()));
        self.needs()
    }

    /// A question about the run in hand is answered.
    pub(super) fn word(&mut self, asks: &Asks, answer: usize, typed: Option<String>) -> Vec<Effect> {
        match asks {
            Asks::Confirm => vec![Effect::Tell(Word::Confirm(typed))],
            Asks::Decide(choices) => {
                let choice = answer.checked_sub(1).and_then(|place| choices.get(place));
                choice.map(|choice| Effect::Tell(Word::Decide(*choice))).into_iter().collect()
            }
            Asks::TakeUp { id, back } => vec![Effect::TakeUp { id: id.clone(), back: *back }],
            Asks::TurnBack => vec![Effect::Tell(Word::TurnBack)],
            Asks::Leave => self.leave_when_it_rests(),
            Asks::Value(asked) => self.value_asked(asked, answer),
            Asks::Exercise(_) | Asks::Hint | Asks::Cause(_) | Asks::GiveUp => self.exercise_answered(asks),
            Asks::Unlock | Asks::Begin => Vec::new(),
        }
    }

    /// The form in front holds the answer to what the run in hand asks.
    pub(super) fn answered(&mut self) -> Vec<Effect> {
        let Some(Layer::Form(mut form)) = self.layers.pop() else { return Vec::new() };
        let Some(field) = form.only() else { return Vec::new() };
        let answer = match &mut field.blank {
            Blank::Masked(masked) => masked.take(),
            _ => field.text().into(),
        };
        let (name, answer) = (field.name.clone(), Answer::from(Some(answer)));
        match form.purpose {
            Filling::Prompt => vec![Effect::AnswerPrompt(answer)],
            _ => vec![Effect::Tell(Word::Answer(name, answer))],
        }
    }

    /// Out of the console; where a run is in hand, not without asking.
    pub(super) fn leave(&mut self) -> Vec<Effect> {
        let Some(in_hand) = self.acts.in_hand.as_ref().filter(|in_hand| !in_hand.has_ended()) else {
            return vec![Effect::Quit];
        };
        let asked =
            matches!(self.layers.last(), Some(Layer::Question(question)) if question.asks == Asks::Leave);
        if asked || self.acts.leaving {
            return vec![Effect::Quit];
        }
        let run = &in_hand.story.run.plan;
        let title = format!("leave while run {} of {} is in hand?", run.run, run.runbook.id);
        let words = if in_hand.story.rests() {
            "it waits for your word, and keeps until it is taken up again: here under 8, or `vaultdeck runs resume`"
        } else {
            "the step in hand is finished, then the run pauses; it is taken up again under 8, or by `vaultdeck runs resume`"
        };
        let question = Question::new(Asks::Leave, title, vec!["stay", "pause and leave"]).saying(words);
        self.layers.push(Layer::Question(Box::new(question)));
        Vec::new()
    }

    fn leave_when_it_rests(&mut self) -> Vec<Effect> {
        match &mut self.acts.in_hand {
            Some(in_hand) if !in_hand.story.rests() => {
                in_hand.pausing = true;
                self.acts.leaving = true;
                vec![Effect::Tell(Word::Pause)]
            }
            _ => vec![Effect::Quit],
        }
    }
}

fn deciding(title: &str, trouble: &Trouble, choices: Vec<Choice>) -> Question {
    let word = |choice: &Choice| match choice {
        Choice::Retry => "try again",
        Choice::Skip => "skip it",
        Choice::Undo => "undo so far",
        Choice::Stop => "stop here",
    };
    let answers = std::iter::once("decide later").chain(choices.iter().map(word)).collect();
    let mut question = Question::new(Asks::Decide(choices), format!("{title}: how does it go on?"), answers);
    question.trouble = Some(trouble.clone());
    question
}
