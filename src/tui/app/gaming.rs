//! A game day: an exercise is chosen, the pretend fleet breaks, and whoever plays finds and repairs it with the console's own
//! means. What was looked at is noted on the way; the fleet itself says when it is repaired.
//!
//! ```text
//! list ─enter─▶ question ─▶ Effect::Break ─▶ Message::Drilled ─▶ Game ──every key: see──▶ every judgement: judge ─▶ score
//! ```

use std::collections::BTreeMap;

use crate::model::deployment::Environment;
use crate::model::exercise::{self, Exercise, Sight};
use crate::model::fleet::Fleet;
use crate::model::game::{Game, Score, WRONG, hindrance};
use crate::model::runbook::Scene;
use crate::model::span;
use crate::model::trouble::Trouble;
use crate::tui::keymap::Action;
use crate::tui::lesson::{Does, Lesson, Line, Piece, Reader};
use crate::tui::theme::Role;
use crate::tui::views;

use super::question::{Asks, Question};
use super::{App, Effect, Layer, View};

/// Everything about game days that the console knows.
#[derive(Debug, Default)]
pub struct Gaming {
    /// The exercise that is played, or was played last.
    pub(in crate::tui) game: Option<Game>,
    /// What stands on the page now.
    pub(in crate::tui) lesson: Lesson,
    /// How far it is read.
    pub(in crate::tui) reader: Reader,
    /// The exercise that the fleet is being broken for.
    awaited: Option<&'static Exercise>,
    /// The exercise that begins as soon as the fleet is open.
    at_once: Option<String>,
    /// Points of what was played this evening.
    points: BTreeMap<String, i64>,
}

impl Gaming {
    /// With an exercise that begins as soon as the fleet is open.
    pub(super) fn beginning_with(exercise: Option<String>) -> Self {
        Self { at_once: exercise, ..Self::default() }
    }

    /// The game in hand.
    pub(in crate::tui) fn in_hand(&self) -> Option<&Game> {
        self.game.as_ref().filter(|game| game.ended.is_none())
    }
}

impl App {
    /// The exercise that was asked for where the console was started.
    pub(super) fn begins_at_once(&mut self) -> Vec<Effect> {
        let Some(id) = self.gaming.at_once.take() else { return Vec::new() };
        self.begin_exercise(&id)
    }

    /// Asks whether an exercise begins; not where it could harm, and not where nothing could be told from it.
    pub(super) fn ask_exercise(&mut self, id: &str) -> Vec<Effect> {
        let Some(exercise) = named(id) else { return Vec::new() };
        if let Some(words) = self.refuses_exercise(exercise) {
            self.say(words, Role::Warn);
            return Vec::new();
        }
        let title = format!("begin the exercise {id}?");
        let question = Question::new(Asks::Exercise(exercise.id.clone()), title, vec!["not now", "begin"])
            .saying("One thing breaks in the pretend fleet. Find it and repair it with what the console has.")
            .saying("Hints, wrong guesses and acting without looking cost points; so does time.");
        self.layers.push(Layer::Question(Box::new(question)));
        Vec::new()
    }

    fn refuses_exercise(&self, exercise: &Exercise) -> Option<String> {
        if self.environment != Some(Environment::Demo) {
            return Some(
                "nothing is broken for practice here: vaultdeck game-day has a fleet of its own".to_owned(),
            );
        }
        if self.gaming.in_hand().is_some() {
            return Some("an exercise is in hand; end it or give it up first".to_owned());
        }
        let fleet = self.fleet.as_ref()?;
        let known = |hinders| format!("this fleet is not well enough for it: {hinders}");
        self.with_scene(fleet, |scene| hindrance(exercise, scene)).map(known)
    }

    fn begin_exercise(&mut self, id: &str) -> Vec<Effect> {
        let Some(exercise) = named(id) else { return Vec::new() };
        self.gaming.awaited = Some(exercise);
        vec![Effect::Break(exercise.breaks.clone())]
    }

    /// The fleet was broken, or somebody outside has mended it; or that did not work.
    pub(super) fn drilled(&mut self, outcome: Result<(), Trouble>) -> Vec<Effect> {
        if let Err(trouble) = outcome {
            self.gaming.awaited = None;
            self.say(trouble.in_one_line(), Role::Bad);
            return Vec::new();
        }
        if let Some(exercise) = self.gaming.awaited.take() {
            self.gaming.game = Some(Game::new(exercise, self.now));
            self.gaming.reader = Reader::default();
            self.layers.clear();
            self.view = View::GameDay;
            self.teach();
        }
        vec![Effect::RefreshAll]
    }

    /// An answer to one of its questions.
    pub(super) fn exercise_answered(&mut self, asks: &Asks) -> Vec<Effect> {
        match asks {
            Asks::Exercise(id) => self.begin_exercise(&id.clone()),
            Asks::Hint => {
                self.gaming.game.iter_mut().for_each(|game| _ = game.hint());
                self.page_changed();
                Vec::new()
            }
            Asks::Cause(answer) => self.named_cause(*answer),
            Asks::GiveUp => self.gave_up(),
            _ => Vec::new(),
        }
    }

    /// Lines come and go: the cursor never slides onto one that ends the exercise.
    fn page_changed(&mut self) {
        self.gaming.reader = Reader::default();
        self.teach();
    }

    /// Follows the line under the cursor.
    pub(super) fn follow_game_line(&mut self) -> Vec<Effect> {
        if self.gaming.reader.comes_down() {
            return Vec::new();
        }
        let lines = self.gaming.lesson.lines().count();
        let line = self.gaming.lesson.lines().nth(self.gaming.reader.among(lines));
        let Some(does) = line.map(|line| line.does.clone()) else { return Vec::new() };
        match does {
            Does::Exercise(id) => return self.ask_exercise(&id),
            Does::Look => return self.act(Action::Home),
            does => {
                let question = self.gaming.in_hand().and_then(|game| costly(game, &does));
                self.layers.extend(question.map(|question| Layer::Question(Box::new(question))));
            }
        }
        Vec::new()
    }

    /// What no action mends is mended outside once its cause is named.
    fn named_cause(&mut self, answer: usize) -> Vec<Effect> {
        let Some(game) = &mut self.gaming.game else { return Vec::new() };
        if game.name(answer) {
            let faults = game.exercise.breaks.clone();
            self.say("that is it; it is being mended outside".to_owned(), Role::Ok);
            self.page_changed();
            return vec![Effect::Mend(faults)];
        }
        self.say("that is not it; look again".to_owned(), Role::Warn);
        self.teach();
        Vec::new()
    }

    fn gave_up(&mut self) -> Vec<Effect> {
        let now = self.now;
        let Some(game) = &mut self.gaming.game else { return Vec::new() };
        game.give_up(now);
        self.gaming.points.insert(game.exercise.id.clone(), 0);
        let faults = game.exercise.breaks.clone();
        self.page_changed();
        vec![Effect::Mend(faults)]
    }

    pub(super) fn game_moved(&mut self, action: Action) {
        let lines = self.gaming.lesson.lines().count();
        self.gaming.reader.moved(action, lines);
    }

    /// Takes note of where the player looks.
    pub(super) fn note_sights(&mut self) {
        if self.gaming.in_hand().is_none() {
            return;
        }
        let places = self.places_in_sight();
        self.gaming.game.iter_mut().for_each(|game| game.see(&places));
    }

    fn places_in_sight(&self) -> Vec<Sight> {
        let mut places: Vec<_> = self.layers.iter().flat_map(sights).collect();
        if self.layers.is_empty() {
            places.push(Sight::View(views::action_of(self.view).to_string()));
        }
        if self.view == View::Logs {
            places.extend(self.logs.hosts().map(|host| Sight::Log(host.to_owned())));
        }
        places
    }

    /// Looks whether the fleet is repaired.
    pub(super) fn referee(&mut self) {
        let (Some(fleet), Some(game)) = (&self.fleet, &self.gaming.game) else { return };
        let mut game = game.clone();
        if !self.with_scene(fleet, |scene| game.judge(scene)) {
            self.gaming.game = Some(game);
            return;
        }
        let points = game.score(self.now).points;
        self.say(
            format!("repaired, {points} of 100 points; {} tells how", self.key_of(Action::GameDay)),
            Role::Ok,
        );
        self.gaming.points.insert(game.exercise.id.clone(), points);
        self.gaming.game = Some(game);
        self.gaming.reader = Reader::default();
    }

    /// Reads the page anew.
    pub(super) fn call_game(&mut self) {
        if self.view != View::GameDay {
            return;
        }
        self.gaming.lesson = match &self.gaming.game {
            Some(game) if game.ended.is_none() => playing(game, self),
            Some(game) => ended(game, &self.gaming.points, self),
            None => choosing(&self.gaming.points),
        };
    }

    /// Asks something of the fleet as it is seen now.
    pub(super) fn with_scene<T>(&self, fleet: &Fleet, ask: impl FnOnce(&Scene<'_>) -> T) -> T {
        let slots = self.acts.hand.as_ref().and_then(|hand| hand.as_ref().ok());
        let value = |slot: &str| slots.and_then(|slots| slots.get(slot)).cloned();
        let hosts = &fleet.deployment.hosts;
        ask(&Scene { fleet, now: self.now, hosts, value: &value, started: &|_, _| None })
    }
}

/// What is seen of a page: where it was opened, and what stands on it.
fn sights(layer: &Layer) -> Vec<Sight> {
    match layer {
        Layer::Why(why) => {
            let read = why.verdict.because.iter().map(|evidence| Sight::Read(evidence.text.clone()));
            std::iter::once(Sight::Why(why.title.clone())).chain(read).collect()
        }
        Layer::Host(name, _) => vec![Sight::Host(name.clone())],
        Layer::Secret(page) => vec![Sight::Secret(page.path.clone())],
        _ => Vec::new(),
    }
}

fn named(id: &str) -> Option<&'static Exercise> {
    exercise::exercises().unwrap_or_default().iter().find(|exercise| exercise.id == id)
}

/// What is asked before something that costs points or ends the exercise.
fn costly(game: &Game, does: &Does) -> Option<Question> {
    Some(match does {
        Does::Hint => {
            let costs = game.exercise.hints.get(game.hints)?.costs;
            let title = format!("take a hint for {costs} points?");
            Question::new(Asks::Hint, title, vec!["look on", "take it"])
                .saying("Looking at the fleet costs nothing.")
        }
        Does::Name(answer) => {
            let answers = &game.exercise.cause.as_ref()?.answers;
            let words = answers.get(*answer).filter(|_| !game.wrong.contains(answer))?;
            Question::new(Asks::Cause(*answer), "is that the cause?", vec!["look on", "name it"])
                .saying(words)
                .saying(format!("If it is another one, it costs {WRONG} points."))
        }
        Does::GiveUp => Question::new(Asks::GiveUp, "give the exercise up?", vec!["go on", "give up"])
            .saying("It is worth nothing then, and the shortest way is told."),
        _ => return None,
    })
}

fn choosing(points: &BTreeMap<String, i64>) -> Lesson {
    let mut lesson = Lesson::default();
    lesson.prose("A game day breaks one thing in the pretend fleet and pages you. You find out what it is and repair it, with the views, evidence and actions that the console has on any other night.");
    lesson.prose("It starts with a hundred points. Hints and wrong guesses cost some, acting without having looked does, and so does time. The fleet itself says when it is repaired.");
    list(&mut lesson, points);
    lesson
}

fn list(lesson: &mut Lesson, points: &BTreeMap<String, i64>) {
    let line = |exercise: &Exercise| {
        let played = points.get(&exercise.id);
        let score = played.map(|points| format!("   {points} of 100 this evening")).unwrap_or_default();
        let words = format!("{}{score}", exercise.title);
        let sign = if played.is_some_and(|points| *points > 0) { "✓" } else { " " };
        Line { sign, ..Line::leading(&exercise.id, words, Does::Exercise(exercise.id.clone())) }
    };
    lesson.part(
        "EXERCISES, FROM THE EASY ONES TO THE HARD",
        exercise::exercises().unwrap_or_default().iter().map(line),
    );
}

fn playing(game: &Game, app: &App) -> Lesson {
    let exercise = game.exercise;
    let mut lesson = Lesson::default();
    lesson.pieces.push(Piece::Prose(exercise.alarm.clone(), Role::Warn));
    let so_far = format!(
        "Began {} ago; time costs after {} minutes. Evidence that helps: {} of {} seen. Ended now, it would be worth {}.",
        span::between(game.began, app.now),
        exercise.minutes,
        game.count_seen(),
        exercise.helps.len(),
        game.score(app.now).points,
    );
    lesson.prose(so_far);
    for hint in exercise.hints.iter().take(game.hints) {
        lesson.prose(format!("Hint: {}", hint.text));
    }
    let look = Line::leading("look", "at home, evidence, logs and hosts: that costs nothing", Does::Look);
    lesson.part("GO ON", [look]);
    let next = exercise.hints.get(game.hints);
    let hint = next
        .map(|hint| Line::leading("hint", format!("the next one costs {} points", hint.costs), Does::Hint));
    let give_up = Line::leading("give up", "and be told the shortest way", Does::GiveUp);
    if let Some(cause) = exercise.cause.as_ref().filter(|_| !game.named) {
        lesson.prose(format!(
            "No action of the console mends this; who names the cause has it mended. {}",
            cause.question
        ));
        let answer = |(number, words): (usize, &String)| {
            let wrong = game.wrong.contains(&number);
            let (sign, role) = if wrong { ("✗", Role::Muted) } else { (" ", Role::Text) };
            Line { sign, role, ..Line::leading("", words, Does::Name(number)) }
        };
        lesson.part("NAME THE CAUSE", cause.answers.iter().enumerate().map(answer));
    }
    lesson.part("STUCK?", hint.into_iter().chain([give_up]));
    lesson
}

fn ended(game: &Game, points: &BTreeMap<String, i64>, app: &App) -> Lesson {
    let exercise = game.exercise;
    let Score { points: worth, items } = game.score(app.now);
    let mut lesson = Lesson::default();
    let ending = game.ended.map_or(app.now, |ended| ended.at);
    let how = if game.ended.is_some_and(|ended| ended.repaired) { "Repaired" } else { "Given up" };
    let words = format!("{how} after {}: {worth} of 100 points.", span::between(game.began, ending));
    lesson.pieces.push(Piece::Prose(words, if worth > 0 { Role::Ok } else { Role::Warn }));
    for (what, costs) in &items {
        lesson.pieces.push(Piece::Prose(format!("  -{costs} for {what}"), Role::Text));
    }
    if let Some(cause) = &exercise.cause {
        lesson.prose(format!("It was this: {}; {}.", cause.right, cause.mended));
    }
    lesson.pieces.extend([Piece::Gap, Piece::Heading("THE SHORTEST WAY".to_owned())]);
    for (number, step) in (1..).zip(&exercise.shortest) {
        lesson.pieces.push(Piece::Prose(format!("{number}. {step}"), Role::Text));
    }
    lesson.pieces.extend([Piece::Gap, Piece::Heading("EVIDENCE THAT HELPS".to_owned())]);
    for (number, clue) in exercise.helps.iter().enumerate() {
        let (sign, role) = if game.has_seen(number) { ("✓", Role::Ok) } else { ("✗", Role::Muted) };
        lesson.pieces.push(Piece::Prose(format!("{sign} {}", clue.tells), role));
    }
    list(&mut lesson, points);
    lesson
}
