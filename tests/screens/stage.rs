//! The real app on a stage: keys go in as an operator types them, the screen comes out as text.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::time::Duration;

use vaultdeck::config::Choices;
use vaultdeck::deck::LogLine;
use vaultdeck::model::deployment::{Deployment, Environment};
use vaultdeck::model::facts::{Facts, TokenFacts};
use vaultdeck::model::fleet::Observation;
use vaultdeck::model::last_look::LastLook;
use vaultdeck::model::subject::Subject;
use vaultdeck::model::trouble::Trouble;
use vaultdeck::tui::app::{App, Effect, Message, Start, ToFollow};
use vaultdeck::tui::keymap::Chord;
use vaultdeck::tui::theme::{Depth, OwnFile, Shelf, Theme};
use vaultdeck::tui::views;

use super::fleet::{self, Scene};

/// The app and its surroundings.
pub(super) struct Stage {
    app: App,
    now: Timestamp,
    size: (u16, u16),
    effects: Vec<Effect>,
    followed: Option<ToFollow>,
    own_themes: Vec<OwnFile>,
}

/// The usual three hosts, the third of which is in trouble.
pub(super) fn stage() -> Stage {
    with(fleet::of_hosts(3))
}

/// A stage with a scene.
pub(super) fn with(scene: Scene) -> Stage {
    let mut stage = unopened();
    stage.take(Message::Opened(Box::new(scene.deployment)));
    stage.take(Message::Observed(scene.observations));
    stage.app.judge();
    stage
}

/// A stage on which nothing is known yet.
pub(super) fn unopened() -> Stage {
    let now = fleet::now();
    let start = Start { name: "authentik".to_owned(), ..Start::default() };
    let mut app = App::new(start, Theme::named("dark", Depth::True).unwrap(), now);
    app.know_keys(Ok(None));
    Stage { app, now, size: (120, 40), effects: Vec::new(), followed: None, own_themes: Vec::new() }
}

impl Stage {
    pub(super) fn sized(mut self, width: u16, height: u16) -> Self {
        self.size = (width, height);
        self
    }

    /// A theme of the operator's own lies in its folder.
    pub(super) fn own_theme(mut self, file: &str, text: &str) -> Self {
        self.own_themes.push((file.to_owned(), Ok(text.to_owned())));
        self
    }

    /// Types keys, written as in the keymap with spaces between them.
    pub(super) fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            self.draw();
            let named = key.strip_prefix('<').and_then(|key| key.strip_suffix('>'));
            let chord: Chord = named.unwrap_or(key).parse().unwrap();
            self.take(Message::Key(chord.event()));
        }
        self
    }

    /// Lines come from the log that is open.
    pub(super) fn logs(&mut self, texts: &[&str]) -> &mut Self {
        let line = |text: &&str| LogLine { at: self.now, stderr: false, text: (*text).to_owned() };
        let lines = texts.iter().map(line).map(|line| (0, line)).collect();
        self.logged(lines)
    }

    /// Lines come from the logs that are open, each with its source.
    pub(super) fn logged(&mut self, lines: Vec<(usize, LogLine)>) -> &mut Self {
        let followed = self.followed.as_ref().expect("no log was asked for").number;
        self.take(Message::Logged(followed, lines));
        self
    }

    /// The moment by our own clock, where the fleet's is another.
    pub(super) fn by_our_clock(&mut self, ours: Timestamp) {
        self.app.by_our_clock(ours);
    }

    /// The operator lives in this time zone.
    pub(super) fn in_zone(&mut self, zone: jiff::tz::TimeZone) {
        self.app.know_zone(zone);
    }

    /// What is followed at the moment.
    pub(super) fn followed(&self) -> &ToFollow {
        self.followed.as_ref().expect("no log was asked for")
    }

    /// A look at a host fails.
    pub(super) fn fails(&mut self, host: &str, what: &str) -> &mut Self {
        let subject = Subject::Host(host.to_owned());
        let facts = Err(Trouble::new(what));
        self.take(Message::Observed(vec![Observation {
            subject,
            at: self.now,
            took: Duration::ZERO,
            facts,
        }]));
        self.app.judge();
        self
    }

    /// Vault refuses the operator's token.
    pub(super) fn token_dies(&mut self) -> &mut Self {
        let facts =
            Ok(Facts::Token(TokenFacts { dead: Some("permission denied".to_owned()), ..fleet::token() }));
        let took = Duration::ZERO;
        self.take(Message::Observed(vec![Observation {
            subject: Subject::Token,
            at: self.now,
            took,
            facts,
        }]));
        self.app.judge();
        self
    }

    /// Text comes at once, as from a terminal's clipboard.
    pub(super) fn paste(&mut self, text: &str) -> &mut Self {
        self.take(Message::Pasted(text.to_owned()));
        self
    }

    /// The operator's own keys are read.
    pub(super) fn own_keys(&mut self, text: Result<Option<String>, Trouble>) {
        self.app.know_keys(text);
    }

    /// What was chosen the last time is read.
    pub(super) fn knows(&mut self, choices: Choices) {
        self.effects = self.app.know_choices(choices);
    }

    /// A login to Vault ends.
    pub(super) fn signed_in(&mut self, outcome: Result<(), Trouble>) -> &mut Self {
        self.take(Message::SignedIn(outcome));
        self
    }

    pub(super) fn cannot_open(&mut self, what: &str) -> &mut Self {
        self.take(Message::CannotOpen(Trouble::new(what)));
        self
    }

    /// Waits until what was said in passing is gone.
    pub(super) fn without_notice(&mut self) -> &mut Self {
        let later = self.now + jiff::SignedDuration::from_secs(5);
        self.app.tick(later);
        self.app.tick(self.now);
        self
    }

    #[track_caller]
    pub(super) fn shows(&mut self, words: &str) -> &mut Self {
        let text = self.text();
        assert!(text.contains(words), "`{words}` is not on the screen:\n{text}");
        self
    }

    #[track_caller]
    pub(super) fn hides(&mut self, words: &str) -> &mut Self {
        let text = self.text();
        assert!(!text.contains(words), "`{words}` is on the screen:\n{text}");
        self
    }

    /// Whether the operator has left.
    pub(super) fn left(&self) -> bool {
        self.effects.contains(&Effect::Quit)
    }

    /// What the last key asked of the outside.
    pub(super) fn asked(&self) -> String {
        format!("{:?}", self.effects)
    }

    /// The screen as text.
    pub(super) fn text(&self) -> String {
        let buffer = self.draw();
        let line = |y| {
            let cells = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol());
            cells.collect::<String>().trim_end().to_owned()
        };
        (0..buffer.area.height).map(line).collect::<Vec<_>>().join("\n")
    }

    /// The screen as cells.
    pub(super) fn draw(&self) -> Buffer {
        let (width, height) = self.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        views::draw(&self.app, &mut buffer);
        buffer
    }

    /// What is wanted of the outside since this was last asked.
    pub(super) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The same deployment, but somebody depends on it.
    pub(super) fn becomes_prod(&mut self) {
        let deployment = self.app.deployment().expect("no deployment is open").clone();
        let deployment = Deployment { environment: Environment::Prod, ..deployment };
        self.take(Message::Opened(Box::new(deployment)));
        self.app.judge();
    }

    /// The same deployment, but its profile forbids to show values.
    pub(super) fn reveals_nothing(&mut self) {
        let deployment = self.app.deployment().expect("no deployment is open").clone();
        self.take(Message::Opened(Box::new(Deployment { reveal: false, ..deployment })));
        self.app.judge();
    }

    /// The moment it is from now on.
    pub(super) fn at(&mut self, now: Timestamp) {
        self.now = now;
        let effects = self.app.tick(now);
        if !effects.is_empty() {
            self.effects = effects;
        }
    }

    /// Passes judgement on what is known.
    pub(super) fn judge(&mut self) {
        self.app.judge();
    }

    /// What is known counts as everything there is to see.
    pub(super) fn noted(&mut self) -> &mut Self {
        self.app.judge();
        let effects = self.app.take_note(true);
        self.effects.extend(effects);
        self
    }

    /// What is kept when the console ends, `lost` when its terminal was taken from it.
    pub(super) fn last_look(&self, lost: bool) -> LastLook {
        self.app.last_look(lost).expect("no deployment is open")
    }

    /// A message comes in.
    pub(super) fn take(&mut self, message: Message) {
        let effects = self.app.update(message, self.now);
        let followed = effects.iter().find_map(|effect| match effect {
            Effect::Follow(followed) => Some(followed.clone()),
            _ => None,
        });
        self.followed = followed.or(self.followed.take());
        if effects.contains(&Effect::LoadThemes) {
            self.take(Message::Themes(Shelf::of(self.own_themes.clone(), Depth::True)));
        }
        if !effects.is_empty() {
            self.effects = effects;
        }
    }
}
