//! The guided tour: which page is open, what stands on it now, and where each line leads. Turning a page changes nothing; what
//! does stands behind the plan and the question of its action.

use crate::model::fleet::Fleet;
use crate::model::runbook::{Runbook, Scene, built_in};
use crate::model::tour::{self, Page};
use crate::model::trouble::Trouble;
use crate::tui::keymap::Action;
use crate::tui::lesson::{Does, Lesson, Line, Reader};
use crate::tui::selection::Selection;
use crate::tui::theme::Role;
use crate::tui::widgets::pager::Pager;

use super::{App, Effect, Layer, View, Why};

/// Where somebody is on the tour.
#[derive(Debug, Default)]
pub struct Touring {
    page: usize,
    /// What stands on the page now.
    pub(in crate::tui) lesson: Lesson,
    /// How far it is read.
    pub(in crate::tui) reader: Reader,
    /// Whether it was asked where somebody stopped the last time.
    asked: bool,
    /// Whether a page was turned since.
    turned: bool,
}

impl Touring {
    /// The page that is open, among so many.
    pub(in crate::tui) fn at(&self, pages: usize) -> usize {
        self.page.min(pages.saturating_sub(1))
    }
}

impl App {
    /// What the tour needs of the outside when it is opened: where somebody stopped the last time.
    pub(super) fn wants_tour(&mut self) -> Vec<Effect> {
        if self.tour.asked || self.fleet.is_none() {
            return Vec::new();
        }
        self.tour.asked = true;
        vec![Effect::FindTour(self.name.clone())]
    }

    /// Where somebody stopped the last time; a page that is no more is the first one.
    pub(super) fn resume_tour(&mut self, page: Result<Option<String>, Trouble>) {
        let page = match page {
            Ok(page) if !self.tour.turned => page,
            Ok(_) => return,
            Err(trouble) => return self.say(trouble.in_one_line(), Role::Warn),
        };
        let pages = tour::pages().unwrap_or_default();
        self.tour.page = pages.iter().position(|known| Some(&known.id) == page.as_ref()).unwrap_or(0);
        self.teach();
    }

    /// Reads the open page anew, be it of the tour or of a game day: what is seen of it, and how its checks stand.
    pub(super) fn teach(&mut self) {
        self.call_game();
        let (Some(fleet), Ok(pages), View::Tour) = (&self.fleet, tour::pages(), self.view) else { return };
        let at = self.tour.at(pages.len());
        self.tour.lesson = self.with_scene(fleet, |scene| lesson(pages, at, fleet, scene));
    }

    /// Turns a page, or moves among the lines of the open one.
    pub(super) fn tour_moved(&mut self, action: Action) {
        let lines = self.tour.lesson.lines().count();
        self.tour.reader.moved(action, lines);
    }

    /// The next page, or the one before.
    pub(super) fn turn_page(&mut self, on: bool) -> Vec<Effect> {
        let pages = tour::pages().unwrap_or_default();
        let at = self.tour.at(pages.len());
        self.turn_to(if on { at + 1 } else { at.saturating_sub(1) })
    }

    fn turn_to(&mut self, page: usize) -> Vec<Effect> {
        let pages = tour::pages().unwrap_or_default();
        let Some(open) = pages.get(page) else { return Vec::new() };
        self.tour.page = page;
        self.tour.turned = true;
        self.tour.reader = Reader::default();
        vec![Effect::KeepTour { deployment: self.name.clone(), page: open.id.clone() }]
    }

    /// Follows the line under the cursor.
    pub(super) fn follow_line(&mut self) -> Vec<Effect> {
        if self.tour.reader.comes_down() {
            return Vec::new();
        }
        let Some(line) = self.tour_line().cloned() else { return Vec::new() };
        match line.does {
            Does::Explain => self.explain(line.about),
            Does::Open(action) => return self.open_by_name(&action),
            Does::Turn(page) => return self.turn_to(page),
            Does::Exercise(id) => return self.ask_exercise(&id),
            Does::Look | Does::Hint | Does::Name(_) | Does::GiveUp => {}
        }
        Vec::new()
    }

    fn explain(&mut self, about: Selection) {
        if let Some(verdict) = about.verdict {
            self.layers.push(Layer::Why(Why { title: about.title, verdict, pager: Pager::default() }));
        }
    }

    /// The action of the open page.
    pub(super) fn do_it(&mut self) -> Vec<Effect> {
        let leads = |line: &&Line| matches!(line.does, Does::Open(_) | Does::Exercise(_));
        let Some(line) = self.tour.lesson.lines().find(leads) else {
            self.say("nothing is done on this page: read, and turn it".to_owned(), Role::Muted);
            return Vec::new();
        };
        match line.does.clone() {
            Does::Open(action) => self.open_by_name(&action),
            Does::Exercise(id) => self.ask_exercise(&id),
            _ => Vec::new(),
        }
    }

    pub(super) fn tour_line(&self) -> Option<&Line> {
        let lines = self.tour.lesson.lines().count();
        self.tour.lesson.lines().nth(self.tour.reader.among(lines))
    }
}

fn lesson(pages: &[Page], at: usize, fleet: &Fleet, scene: &Scene<'_>) -> Lesson {
    let mut lesson = Lesson::default();
    let Some(page) = pages.get(at) else { return lesson };
    page.prose.iter().for_each(|words| lesson.prose(words));
    lesson.part("SEEN NOW", page.shown(fleet, scene.now).into_iter().map(Line::seen));
    let exercise = page.exercise.iter().map(|id| {
        let words = "a game day: one thing breaks in the pretend fleet; x asks first";
        Line { role: Role::Accent, ..Line::leading(id, words, Does::Exercise(id.clone())) }
    });
    lesson.part("DO IT", page.action.iter().map(|id| action(id)).chain(exercise));
    lesson.part("DONE?", page.checked(scene).into_iter().map(Line::checked));
    if page.checks.is_empty() {
        let others = pages.iter().enumerate().filter(|(_, other)| !other.checks.is_empty());
        lesson.part("THE PAGES", others.map(|(number, other)| content(number, other, scene)));
    }
    lesson
}

fn action(id: &str) -> Line {
    let actions: &[Runbook] = built_in().unwrap_or_default();
    let title = actions.iter().find(|runbook| runbook.id == id).map_or("", |runbook| &runbook.title);
    Line {
        role: Role::Accent,
        ..Line::leading(id, format!("{title}; x opens it, and runs nothing"), Does::Open(id.to_owned()))
    }
}

fn content(number: usize, page: &Page, scene: &Scene<'_>) -> Line {
    let checks = page.checked(scene);
    let hold = checks.iter().filter(|checked| checked.standing.holds()).count();
    let words = format!("{hold} of {} checks hold", checks.len());
    let progress = page.progress(scene);
    let role = match progress {
        tour::Progress::Done => Role::Ok,
        tour::Progress::Open => Role::Bad,
        tour::Progress::Unknown => Role::Unknown,
        tour::Progress::Nothing => Role::Muted,
    };
    let words = format!("{}: {words}", page.title);
    Line { sign: progress.sign(), role, ..Line::leading(&page.id, words, Does::Turn(number)) }
}
