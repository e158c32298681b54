//! Builds one section of a sheet from the facts of one subject: every row can say who saw it and when, and a part that
//! could not be read says why.

use jiff::{SignedDuration, Timestamp};

use crate::model::facts::Part;
use crate::model::fleet::{Fleet, Look};
use crate::model::span;
use crate::model::subject::Subject;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::model::verdict::{Evidence, Health, Verdict};
use crate::tui::canvas::Phrase;
use crate::tui::order::{Order, Worth};
use crate::tui::selection::{Selection, subjects_of};
use crate::tui::theme::Role;
use crate::tui::widgets::sheet::{Row, Section};

/// A section being built.
pub(super) struct Builder {
    title: String,
    subject: Subject,
    source: &'static str,
    seen: Option<Timestamp>,
    trouble: Option<(Timestamp, Trouble)>,
    now: Timestamp,
    wide: bool,
    headings: Vec<&'static str>,
    rows: Vec<Row<Selection>>,
}

impl Builder {
    /// A section about a subject, whose facts come from `source` (`vault`, `docker`, `ssh`).
    pub(super) fn about(
        fleet: &Fleet,
        subject: Subject,
        source: &'static str,
        title: impl Into<String>,
        now: Timestamp,
    ) -> Self {
        let look = fleet.look(&subject);
        Self {
            title: title.into(),
            seen: look.and_then(|look| look.facts.as_ref()).map(|(at, _)| *at),
            trouble: look.and_then(|look: &Look| look.trouble.clone()),
            subject,
            source,
            now,
            wide: false,
            headings: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// A section over many subjects, whose rows know their own.
    pub(super) fn over_all(title: &str, now: Timestamp) -> Self {
        Self {
            title: title.to_owned(),
            seen: None,
            trouble: None,
            subject: Subject::Station,
            source: "ssh",
            now,
            wide: false,
            headings: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Makes it a table over all columns.
    pub(super) fn table(mut self, headings: &[&'static str]) -> Self {
        self.wide = true;
        self.headings = headings.to_vec();
        self
    }

    /// A field as it should be.
    pub(super) fn field(&mut self, label: &str, value: impl Into<String>) {
        self.judged_field(label, value, Health::Ok);
    }

    /// A field that may be missing.
    pub(super) fn maybe(&mut self, label: &str, value: Option<impl Into<String>>) {
        match value {
            Some(value) => self.field(label, value),
            None => self.dim(label, "none"),
        }
    }

    /// A field whose value does not matter much.
    pub(super) fn dim(&mut self, label: &str, value: &str) {
        let cells = vec![Phrase::new(label, Role::Label), Phrase::new(value, Role::Muted)];
        self.push(Health::Ok, cells, &format!("{label}: {value}"));
    }

    /// A field with a health of its own.
    pub(super) fn judged_field(&mut self, label: &str, value: impl Into<String>, health: Health) {
        let value = value.into();
        let words = format!("{label}: {value}");
        let cells = vec![Phrase::new(label, Role::Label), Phrase::of(value, health)];
        self.push(health, cells, &words);
    }

    /// A field that has its own permission: what it says, or why it is unknown.
    pub(super) fn part<T>(&mut self, label: &str, part: &Part<T>, words: impl FnOnce(&T) -> String) {
        match part {
            Ok(value) => self.field(label, words(value)),
            Err(trouble) => self.unknown(label, trouble),
        }
    }

    /// A field that could not be read.
    pub(super) fn unknown(&mut self, label: &str, trouble: &Trouble) {
        let cells = vec![Phrase::new(label, Role::Label), Phrase::of(trouble.sentence(), Health::Unknown)];
        let verdict = self.verdict(Health::Unknown, format!("{label}: {}", trouble.sentence()));
        let verdict = match &trouble.hint {
            Some(hint) => verdict.so(hint.clone()),
            None => verdict,
        };
        self.answered(Health::Unknown, cells, label, verdict);
    }

    /// A field that the model has judged, with its own evidence.
    pub(super) fn verdict_field(&mut self, label: &str, verdict: &Verdict) {
        let cells = vec![Phrase::new(label, Role::Label), Phrase::of(verdict.words.clone(), verdict.health)];
        self.answered(verdict.health, cells, label, verdict.clone());
    }

    /// A row of a table; `words` say it in one line.
    pub(super) fn push(&mut self, health: Health, cells: Vec<Phrase>, words: &str) {
        let verdict = self.verdict(health, words.to_owned());
        let label = cells.first().map(|cell| cell.text.clone()).unwrap_or_default();
        self.answered(health, cells, &label, verdict);
    }

    /// A row with its own answer.
    pub(super) fn answered(&mut self, health: Health, cells: Vec<Phrase>, label: &str, verdict: Verdict) {
        let title = format!("{} · {label}", self.title.to_lowercase());
        let about = Selection::of(title, verdict, vec![self.subject.clone()]);
        self.rows.push(Row { health, cells, worths: Vec::new(), about });
    }

    /// Orders the newest row by a moment in one of its columns.
    pub(super) fn at(&mut self, column: usize, moment: Option<Timestamp>) {
        if let Some(row) = self.rows.last_mut() {
            row.worths.push((column, Worth::number(moment.map(Timestamp::as_second))));
        }
    }

    /// Makes the newest row that of a container.
    pub(super) fn of_container(&mut self, name: &str) {
        if let Some(row) = self.rows.last_mut() {
            row.about = row.about.clone().container(name);
        }
    }

    /// Makes the newest row that of a version.
    pub(super) fn of_version(&mut self, number: u64) {
        if let Some(row) = self.rows.last_mut() {
            row.about.version = Some(number);
        }
    }

    /// Makes the newest row that of a key.
    pub(super) fn of_key(&mut self, key: &str) {
        if let Some(row) = self.rows.last_mut() {
            row.about.key = Some(key.to_owned());
        }
    }

    /// Makes the newest row about a host.
    pub(super) fn of_host(&mut self, name: &str) {
        if let Some(row) = self.rows.last_mut() {
            row.about.host = Some(name.to_owned());
            row.about.subjects = subjects_of(name);
        }
    }

    /// The section; without rows it says why there are none.
    pub(super) fn done(mut self) -> Section<Selection> {
        if self.rows.is_empty() {
            let trouble = self.trouble.clone().map_or_else(not_looked, |(_, trouble)| trouble);
            if self.seen.is_none() {
                self.nothing_known(&trouble);
            }
        }
        Section {
            note: self.note(),
            title: self.title,
            wide: self.wide,
            headings: self.headings,
            order: Order::default(),
            rows: self.rows,
        }
    }

    fn nothing_known(&mut self, trouble: &Trouble) {
        self.headings.clear();
        let role = if trouble.kind == TroubleKind::NotLooked { Role::Muted } else { Role::Unknown };
        let health = if trouble.kind == TroubleKind::NotLooked { Health::Ok } else { Health::Unknown };
        let mut verdict = self.verdict(health, trouble.what.clone());
        if let Some(hint) = &trouble.hint {
            verdict = verdict.so(hint.clone());
        }
        self.answered(health, vec![Phrase::new(trouble.sentence(), role)], "nothing known", verdict);
        if let Some(hint) = &trouble.hint {
            let cells = vec![Phrase::new(format!("try: {hint}"), Role::Accent)];
            self.push(Health::Ok, cells, hint);
        }
    }

    fn verdict(&self, health: Health, words: String) -> Verdict {
        let mut verdict = Verdict::new(health, words.clone());
        if let Some((at, trouble)) = &self.trouble {
            verdict = verdict.because(Evidence::at(
                *at,
                self.source,
                format!("latest look: {}", trouble.sentence()),
            ));
        }
        match self.seen {
            Some(at) => verdict.because(Evidence::at(at, self.source, words)),
            None => verdict,
        }
    }

    /// How old the facts are. Told to the minute, so that an idle screen stays quiet.
    fn note(&self) -> Phrase {
        match (&self.trouble, self.seen) {
            (Some((_, trouble)), Some(seen)) => {
                let age = age(seen, self.now);
                Phrase::new(format!("as of {age}: {}", trouble.what), Role::Warn)
            }
            (None, Some(seen)) => Phrase::new(age(seen, self.now), Role::Muted),
            (_, None) => Phrase::new("", Role::Muted),
        }
    }
}

fn not_looked() -> Trouble {
    Trouble::new("looking …").kind(TroubleKind::NotLooked)
}

/// How long ago, not finer than minutes.
pub(super) fn age(moment: Timestamp, now: Timestamp) -> String {
    if now.duration_since(moment) < SignedDuration::from_mins(1) {
        return "just now".to_owned();
    }
    match span::seconds(moment, now) {
        seconds if seconds < 120 => "1m ago".to_owned(),
        seconds => format!("{} ago", span::words(seconds)),
    }
}

/// How long ago, for facts that are rarely younger than minutes: `27d ago`.
pub(super) fn ago(moment: Option<Timestamp>, now: Timestamp) -> String {
    moment.map_or_else(|| "-".to_owned(), |moment| format!("{} ago", span::between(moment, now)))
}

/// How long until, or that it is past.
pub(super) fn until(moment: Timestamp, now: Timestamp) -> String {
    if moment <= now {
        return format!("ended {} ago", span::between(moment, now));
    }
    format!("in {}", span::between(moment, now))
}

/// Seconds as a setting: `1h00m`, `none` for 0.
pub(super) fn setting(seconds: i64) -> String {
    if seconds == 0 { "none".to_owned() } else { span::words(seconds) }
}

/// `yes` or `no`.
pub(super) fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// Words with commas.
pub(super) fn list<'a>(words: impl IntoIterator<Item = &'a String>) -> String {
    let words: Vec<_> = words.into_iter().map(String::as_str).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// A cell of plain text.
pub(super) fn text(words: impl Into<String>) -> Phrase {
    Phrase::new(words, Role::Text)
}

/// A cell that may be overlooked.
pub(super) fn muted(words: impl Into<String>) -> Phrase {
    Phrase::new(words, Role::Muted)
}
