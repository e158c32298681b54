//! Answers being given: the inputs of a runbook before its plan, or one question that a run asks on its way. A secret is only
//! ever asked for by a run, and is masked.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_textarea::TextArea;

use crate::model::runbook::{Input, Kind, Runbook};
use crate::model::trouble::Trouble;

use super::carrying::Prompted;
use super::marking::Meant;
use super::masked::Masked;

/// The name of the field for the reason; no question can be named so, its sign is none of a slot.
pub const TICKET: &str = "ticket note";

/// The question for a secret; the one that is selected answers it.
const SECRET: &str = "secret";

/// The question for a version of it.
const VERSION: &str = "version";

/// Hosts that a question names; more of them would hide what is asked.
const MOST_NAMES: usize = 12;

/// A form in front of a view.
#[derive(Debug, Clone)]
pub struct Form {
    /// What the answers are for.
    pub purpose: Filling,
    /// Heading.
    pub title: String,
    /// Every field, those too that are not asked at the moment.
    pub fields: Vec<Field>,
    /// Which of the fields that are asked is being filled; one more than there are is the last word.
    pub focus: usize,
    known: BTreeMap<String, String>,
    hosts: Vec<String>,
}

/// What a form is filled for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filling {
    /// The plan of this runbook.
    Plan(Box<Runbook>),
    /// The question of the run in hand that fills this slot.
    Answer(String),
    /// What a program or a login asks in the middle of a run.
    Prompt,
}

/// One field.
#[derive(Debug, Clone)]
pub struct Field {
    /// Name of the slot.
    pub name: String,
    /// The question.
    pub title: String,
    /// What kinds of answer are taken, where that needs words.
    pub takes: String,
    /// What is typed or chosen.
    pub blank: Blank,
    /// Why the answer is not taken.
    pub trouble: Option<Trouble>,
    /// Whether its one line still holds what was there before anybody typed, so that typing replaces it.
    pub untouched: bool,
    input: Option<Input>,
}

/// What is typed or chosen.
#[derive(Debug, Clone)]
pub enum Blank {
    /// One line.
    Line(Box<TextArea<'static>>),
    /// Several lines.
    Text(Box<TextArea<'static>>),
    /// One of these.
    Choice(Vec<String>, usize),
    /// One line that is not shown.
    Masked(Masked),
}

/// What a key means for a form.
pub(super) enum Wish {
    Nothing,
    GiveUp,
    Quit,
    Done,
}

impl Form {
    /// The form of a runbook; `known` are the values that the profile fills, `meant` what it is opened for.
    pub(super) fn of(
        runbook: &Runbook,
        known: &BTreeMap<String, String>,
        hosts: &[String],
        meant: &Meant,
    ) -> Self {
        let inputs = runbook.inputs.iter().filter(|input| !input.is_secret());
        let mut fields: Vec<Field> = inputs.map(|input| Field::of(input, known, hosts, meant)).collect();
        if runbook.writes {
            fields.push(Field::ticket());
        }
        Self {
            purpose: Filling::Plan(Box::new(runbook.clone())),
            title: format!("{}: {}", runbook.id, runbook.title),
            fields,
            focus: 0,
            known: known.clone(),
            hosts: hosts.to_vec(),
        }
    }

    /// The form of one question that a run asks.
    pub(super) fn asking(input: &Input, hosts: &[String]) -> Self {
        let known = BTreeMap::new();
        let input = Input { when: Vec::new(), ..input.clone() }; // the run asks, so it applies
        Self {
            purpose: Filling::Answer(input.name.clone()),
            title: "the run asks".to_owned(),
            fields: vec![Field::of(&input, &known, hosts, &Meant::default())],
            focus: 0,
            known,
            hosts: hosts.to_vec(),
        }
    }

    /// The form of what a program asks.
    pub(super) fn prompted(prompted: &Prompted) -> Self {
        let blank = if prompted.hidden { Blank::Masked(Masked::empty()) } else { Blank::Line(line("")) };
        let field = Field {
            name: String::new(),
            title: prompted.text.clone(),
            takes: "esc refuses to answer".to_owned(),
            blank,
            trouble: None,
            untouched: false,
            input: None,
        };
        Self {
            purpose: Filling::Prompt,
            title: format!("{} asks", prompted.asker),
            fields: vec![field],
            focus: 0,
            known: BTreeMap::new(),
            hosts: Vec::new(),
        }
    }

    /// Places of the fields that are asked, by what is answered so far.
    pub fn asked(&self) -> Vec<usize> {
        let value = |slot: &str| self.value(slot);
        let asked = |field: &Field| {
            field.input.as_ref().is_none_or(|input| input.when.iter().all(|when| when.holds(&value)))
        };
        (0..self.fields.len()).filter(|place| asked(&self.fields[*place])).collect()
    }

    /// Whether the last word has the keys.
    pub fn at_end(&self) -> bool {
        self.focus >= self.asked().len()
    }

    /// Answers by question, those apart that leave it at what holds anyway; and the reason.
    pub(super) fn answers(&self) -> (BTreeMap<String, String>, Option<String>) {
        let mut answers = BTreeMap::new();
        let mut ticket = None;
        for field in self.asked().into_iter().map(|place| &self.fields[place]) {
            let text = field.text();
            match &field.input {
                _ if text.is_empty() => {}
                Some(_) => _ = answers.insert(field.name.clone(), text),
                None => ticket = Some(text),
            }
        }
        (answers, ticket)
    }

    /// The first field, for a question that is one.
    pub(super) fn only(&mut self) -> Option<&mut Field> {
        self.fields.first_mut()
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Wish {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let asked = self.asked();
        let here = asked.get(self.focus).copied();
        let several = here.is_some_and(|place| matches!(self.fields[place].blank, Blank::Text(_)));
        match key.code {
            KeyCode::Esc => return Wish::GiveUp,
            KeyCode::Char('c') if control => return Wish::Quit,
            KeyCode::Tab => self.focus = (self.focus + 1).min(asked.len()),
            KeyCode::BackTab => self.focus = self.focus.saturating_sub(1),
            KeyCode::Down if !several => self.focus = (self.focus + 1).min(asked.len()),
            KeyCode::Up if !several => self.focus = self.focus.saturating_sub(1),
            KeyCode::Enter if here.is_none() => return self.done(),
            KeyCode::Enter if !several && !matches!(self.purpose, Filling::Plan(_)) => return self.done(),
            KeyCode::Enter if !several => self.focus += 1,
            _ => here.into_iter().for_each(|place| self.fields[place].key(key)),
        }
        Wish::Nothing
    }

    /// Pasted text goes into the field in hand.
    pub(super) fn paste(&mut self, text: &str) {
        let Some(place) = self.asked().get(self.focus).copied() else { return };
        self.fields[place].paste(text);
    }

    /// Every answer is looked at; the first that is not taken gets the keys.
    fn done(&mut self) -> Wish {
        let asked = self.asked();
        for place in &asked {
            self.fields[*place].trouble = self.fields[*place].fault(&self.hosts);
        }
        let faulty = asked.iter().position(|place| self.fields[*place].trouble.is_some());
        match faulty {
            Some(focus) => {
                self.focus = focus;
                Wish::Nothing
            }
            None => Wish::Done,
        }
    }

    fn value(&self, slot: &str) -> Option<&str> {
        let field = self.fields.iter().find(|field| field.name == slot);
        field.and_then(Field::plain).or_else(|| self.known.get(slot).map(String::as_str))
    }
}

impl Field {
    fn of(input: &Input, known: &BTreeMap<String, String>, hosts: &[String], meant: &Meant) -> Self {
        let value = |slot: &str| known.get(slot).map(String::as_str);
        let default = input.default.as_ref().and_then(|text| text.fill(&value).ok()?.plain().ok());
        let meant_by_default = default.clone();
        let start = match input.kind {
            Kind::Hosts if !meant.hosts.is_empty() => Some(meant.hosts.join(",")),
            Kind::Host if meant.hosts.len() == 1 => meant.hosts.first().cloned(),
            Kind::String if input.name == SECRET => meant.secret.clone().or(default),
            Kind::Number if input.name == VERSION => {
                meant.version.map(|version| version.to_string()).or(default)
            }
            _ => default,
        };
        let untouched = start.is_some() && start == meant_by_default;
        let start = start.unwrap_or_default();
        let chosen = |options: Vec<String>| {
            let at = options.iter().position(|option| *option == start).unwrap_or(0);
            Blank::Choice(options, at)
        };
        let blank = match input.kind {
            Kind::Bool => chosen(vec!["false".to_owned(), "true".to_owned()]),
            Kind::Choice => chosen(input.choices.clone()),
            Kind::Host => chosen(hosts.to_vec()),
            Kind::Secret => Blank::Masked(Masked::empty()),
            Kind::Text => Blank::Text(Box::new(TextArea::new(start.lines().map(str::to_owned).collect()))),
            Kind::String | Kind::Number | Kind::Hosts => Blank::Line(line(&start)),
        };
        let takes = match input.kind {
            Kind::Number => "a whole number".to_owned(),
            Kind::Hosts if hosts.len() > MOST_NAMES => {
                format!("some of {} hosts, names with commas between them", hosts.len())
            }
            Kind::Hosts => format!("some of {}, with commas between them", hosts.join(", ")),
            Kind::Secret => "it stays in memory and is written nowhere".to_owned(),
            _ => input.pattern_says.clone().unwrap_or_default(),
        };
        Self {
            name: input.name.clone(),
            title: input.title.clone(),
            takes,
            untouched: untouched && matches!(blank, Blank::Line(_)),
            blank,
            trouble: None,
            input: Some(input.clone()),
        }
    }

    fn ticket() -> Self {
        Self {
            name: TICKET.to_owned(),
            title: "why: a ticket, or a few words".to_owned(),
            takes: "stands in the journal, and on what the run makes; may stay empty".to_owned(),
            blank: Blank::Line(line("")),
            trouble: None,
            untouched: false,
            input: None,
        }
    }

    /// Whether what is asked has a name of its own, by which a plan and a journal call it.
    pub fn is_named(&self) -> bool {
        self.input.is_some()
    }

    /// What is answered, as text; nothing for a secret.
    pub fn text(&self) -> String {
        match &self.blank {
            Blank::Line(area) | Blank::Text(area) => area.lines().join("\n").trim().to_owned(),
            Blank::Choice(options, at) => options.get(*at).cloned().unwrap_or_default(),
            Blank::Masked(_) => String::new(),
        }
    }

    fn plain(&self) -> Option<&str> {
        match &self.blank {
            Blank::Line(area) => area.lines().first().map(String::as_str),
            Blank::Choice(options, at) => options.get(*at).map(String::as_str),
            Blank::Text(_) | Blank::Masked(_) => None,
        }
    }

    fn fault(&self, hosts: &[String]) -> Option<Trouble> {
        let input = self.input.as_ref()?;
        if let Blank::Masked(masked) = &self.blank {
            return input.check(masked.text(), hosts).err();
        }
        let text = self.text();
        if !text.is_empty() {
            return input.check(&text, hosts).err();
        }
        let lacking = input.default.is_none() && input.check("", hosts).is_err();
        lacking.then(|| Trouble::new(format!("{} is not answered", input.name)).hint(self.takes.clone()))
    }

    fn key(&mut self, key: KeyEvent) {
        self.trouble = None;
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let letter = matches!(key.code, KeyCode::Char(_)) && !control;
        let replaces = std::mem::take(&mut self.untouched) && letter;
        match &mut self.blank {
            Blank::Line(area) if replaces || (control && key.code == KeyCode::Char('u')) => {
                *area = line("");
                _ = letter && area.input(key);
            }
            Blank::Text(area) if control && key.code == KeyCode::Char('u') => **area = TextArea::default(),
            Blank::Line(area) | Blank::Text(area) => _ = area.input(key),
            Blank::Choice(options, at) => match key.code {
                KeyCode::Right | KeyCode::Char(' ' | 'l') => *at = (*at + 1) % options.len().max(1),
                KeyCode::Left | KeyCode::Char('h') => {
                    *at = (*at + options.len().saturating_sub(1)) % options.len().max(1);
                }
                _ => {}
            },
            Blank::Masked(masked) => match key.code {
                KeyCode::Char('u') if control => *masked = Masked::empty(),
                KeyCode::Char(letter) if !control => masked.push(letter),
                KeyCode::Backspace => masked.pop(),
                _ => {}
            },
        }
    }

    fn paste(&mut self, text: &str) {
        self.trouble = None;
        let replaces = std::mem::take(&mut self.untouched);
        match &mut self.blank {
            Blank::Line(area) => {
                if replaces {
                    *area = line("");
                }
                let one: String = text.chars().filter(|letter| !letter.is_control()).collect();
                area.insert_str(one);
            }
            Blank::Text(area) => _ = area.insert_str(text),
            Blank::Masked(masked) => text.chars().for_each(|letter| masked.push(letter)),
            Blank::Choice(..) => {}
        }
    }
}

fn line(start: &str) -> Box<TextArea<'static>> {
    let mut area = TextArea::new(vec![start.to_owned()]);
    area.move_cursor(tui_textarea::CursorMove::End);
    Box::new(area)
}
