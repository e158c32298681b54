//! The loop between the operator, the deck and the screen.

mod announcing;
mod carrying;
mod following;
mod prompting;
mod reading;
mod saving;
mod signing_in;
mod theming;
mod touring;

use std::future::{Future, poll_fn};
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::ExposeSecret as _;
use tokio::sync::mpsc;

use crate::config;
use crate::deck::{Deck, Hand, Memory, Opened, ReadVersion};
use crate::model::fleet::Observation;
use crate::model::trouble::Trouble;

use super::app::{Answer, App, Effect, Kept, KeptStory, Message, Story, Wanted};
use super::pace::Pace;
use super::terminal::{self, Asked, Signals, Terminal};
use super::theme::Depth;
use super::views;
use announcing::Announcing;
use carrying::{Carrying, Taking};
use following::Following;
use prompting::Prompting;
use signing_in::SigningIn;

/// Messages of background tasks that may wait.
const WAITING: usize = 64;
/// Shortest time between two frames that only show how fast a pretend clock runs.
const BETWEEN_HURRIED_FRAMES: Duration = Duration::from_millis(250);
/// Observations taken in at once before keys are looked at again.
const AT_ONCE: usize = 256;

/// The console while it runs.
pub(super) struct Console {
    app: App,
    terminal: Terminal,
    deck: Option<Deck>,
    hand: Option<Hand>,
    mail: mpsc::Receiver<Mail>,
    sender: mpsc::Sender<Mail>,
    following: Vec<Following>,
    signing_in: Option<SigningIn>,
    carrying: Option<Carrying>,
    prompting: Option<Prompting>,
    announcing: Option<Announcing>,
    memory: Option<Memory>,
    memory_broken: Arc<AtomicBool>,
    pace: Pace,
    depth: Depth,
    ended: bool,
    /// Whether it ended because its terminal has gone.
    lost: bool,
}

/// What background tasks send.
pub(super) enum Mail {
    /// The deployment has been opened, or not.
    Opened(Box<Result<Opened, Trouble>>),
    /// A message for the app.
    Message(Message),
}

/// Whatever came first.
enum Arrival {
    Asked(Asked),
    Terminal(Option<io::Result<Event>>),
    Mail(Mail),
    Observed(Option<Box<Observation>>),
    Due,
}

impl Console {
    /// Takes the terminal and draws the first frame, which waits for nothing else.
    pub(super) fn on_terminal(app: App, depth: Depth) -> io::Result<Self> {
        let terminal = Terminal::enter()?;
        let (sender, mail) = mpsc::channel(WAITING);
        let pace = Pace::new(Instant::now());
        let mut console = Self {
            app,
            terminal,
            deck: None,
            hand: None,
            mail,
            sender,
            following: Vec::new(),
            signing_in: None,
            carrying: None,
            prompting: None,
            announcing: None,
            memory: None,
            memory_broken: Arc::default(),
            pace,
            depth,
            ended: false,
            lost: false,
        };
        console.draw()?;
        Ok(console)
    }

    /// Runs until it is left. Whatever ends it, a run in hand is brought to rest first, with the terminal given back.
    pub(super) async fn run(
        mut self,
        open: impl Future<Output = Result<Opened, Trouble>> + Send + 'static,
        own_theme: Option<String>,
    ) -> io::Result<()> {
        let outcome = self.until_left(open, own_theme).await;
        let look = self.app.last_look(self.lost || outcome.is_err());
        let Self { terminal, carrying, mail, memory, .. } = self;
        drop(terminal);
        // before a run comes to rest, for that may take its time; nobody is there any more to hear that it failed
        look.iter().zip(&memory).for_each(|(look, memory)| drop(memory.keep(look)));
        drop(mail); // nobody reads it any more, so nobody must wait for room in it
        if let Some(carrying) = carrying.filter(|carrying| !carrying.is_over()) {
            carrying.brought_to_rest(Trouble::new("the console was left")).await;
        }
        outcome
    }

    async fn until_left(
        &mut self,
        open: impl Future<Output = Result<Opened, Trouble>> + Send + 'static,
        own_theme: Option<String>,
    ) -> io::Result<()> {
        let mut signals = Signals::listen()?;
        let mut keys = EventStream::new();
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let opened = Box::new(open.await);
            // The console may have been left in the meantime; then nobody wants to know.
            let _ = sender.send(Mail::Opened(opened)).await;
        });
        self.app.know_keys(config::own_keys());
        self.app.know_zone(TimeZone::system());
        for effect in self.app.know_choices(config::kept_choices()) {
            self.effect(effect)?;
        }
        if let Some(name) = own_theme {
            self.find_own_theme(name);
        }
        while !self.ended {
            self.take_one(&mut keys, &mut signals).await?;
            self.take_waiting_keys(&mut keys).await?;
            if !self.ended && self.pace.due(Instant::now()) {
                self.draw()?;
            }
        }
        Ok(())
    }

    /// Keys come before observations, so that a busy fleet never makes the operator wait.
    async fn take_one(&mut self, keys: &mut EventStream, signals: &mut Signals) -> io::Result<()> {
        let arrival = tokio::select! {
            biased;
            asked = signals.next() => Arrival::Asked(asked),
            event = next_key(keys, &self.terminal) => Arrival::Terminal(event),
            Some(mail) = self.mail.recv() => Arrival::Mail(mail),
            observation = observed(self.deck.as_mut()) => Arrival::Observed(observation.map(Box::new)),
            () = tokio::time::sleep_until(self.pace.next().into()) => Arrival::Due,
        };
        match arrival {
            Arrival::Asked(asked) => self.asked(asked)?,
            Arrival::Terminal(event) => self.terminal_event(event)?,
            Arrival::Mail(mail) => self.mailed(mail)?,
            Arrival::Observed(observation) => self.observed(observation.map(|observation| *observation)),
            Arrival::Due => {}
        }
        Ok(())
    }

    /// Keys that wait are taken before a frame is drawn: a held key does not queue up frames.
    async fn take_waiting_keys(&mut self, keys: &mut EventStream) -> io::Result<()> {
        while !self.ended {
            // Polled by this task's own waker: the stream keeps the first waker it is given until a key comes, so
            // `now_or_never` would leave the loop asleep when the next key is pressed.
            let terminal = &self.terminal;
            let waiting = poll_fn(|context| match poll_key(keys, terminal, context) {
                Poll::Ready(event) => Poll::Ready(Some(event)),
                Poll::Pending => Poll::Ready(None),
            });
            let Some(event) = waiting.await else { break };
            self.terminal_event(event)?;
        }
        Ok(())
    }

    fn asked(&mut self, asked: Asked) -> io::Result<()> {
        match asked {
            Asked::End => self.ended = true,
            Asked::HungUp => (self.ended, self.lost) = (true, true),
            Asked::StepAside => {
                for effect in self.app.stepped_aside() {
                    self.effect(effect)?;
                }
                self.terminal.suspend()?;
            }
            Asked::ShowAgain => self.terminal.resume()?,
        }
        self.pace.at_once(Instant::now());
        Ok(())
    }

    fn terminal_event(&mut self, event: Option<io::Result<Event>>) -> io::Result<()> {
        // No more events: the terminal has gone, and so do we.
        let Some(event) = event else {
            (self.ended, self.lost) = (true, true);
            return Ok(());
        };
        self.pace.at_once(Instant::now());
        match event? {
            Event::Key(key) => self.update(Message::Key(key)),
            Event::Paste(text) => self.update(Message::Pasted(text)),
            Event::Resize(width, height) => self.terminal.resize(width, height),
            Event::Mouse(event) => self.update(Message::Pointed(event)),
            Event::FocusGained | Event::FocusLost => Ok(()),
        }
    }

    fn mailed(&mut self, mail: Mail) -> io::Result<()> {
        let message = match mail {
            Mail::Message(message) => {
                match &message {
                    Message::Logged(..) | Message::LogEnded(..) | Message::SignInSaid(_) => {
                        self.pace.soon(Instant::now(), false);
                    }
                    Message::Happened(_) => self.pace.shortly(Instant::now()),
                    _ => self.pace.at_once(Instant::now()),
                }
                return self.update(message);
            }
            Mail::Opened(opened) => match *opened {
                Ok(Opened { deployment, deck, hand, prompts, memory }) => {
                    let last = memory.last().map(Box::new);
                    self.memory = Some(memory);
                    self.announcing = Some(Announcing::start(&deployment, self.sender.clone()));
                    self.prompting = prompts.map(|prompts| Prompting::start(prompts, self.sender.clone()));
                    self.deck = Some(deck);
                    let slots = hand.as_ref().map(|hand| hand.slots().clone()).map_err(Trouble::clone);
                    self.hand = hand.ok();
                    self.update(Message::CanAct(slots))?;
                    self.update(Message::Opened(Box::new(deployment)))?;
                    Message::Remembered(last)
                }
                Err(trouble) => Message::CannotOpen(trouble),
            },
        };
        self.pace.at_once(Instant::now());
        self.update(message)
    }

    fn observed(&mut self, first: Option<Observation>) {
        let (Some(deck), Some(first)) = (&mut self.deck, first) else { return };
        let mut observations = vec![first];
        let waiting = std::iter::from_fn(|| deck.observed_already());
        observations.extend(waiting.take(AT_ONCE));
        let now = deck.now();
        self.app.by_our_clock(Timestamp::now());
        self.app.update(Message::Observed(observations), now);
        self.pace.soon(Instant::now(), self.incomplete());
    }

    fn update(&mut self, message: Message) -> io::Result<()> {
        let now = self.now();
        self.app.by_our_clock(Timestamp::now());
        for effect in self.app.update(message, now) {
            self.effect(effect)?;
        }
        Ok(())
    }

    /// Hands on what is wanted, without waiting for it.
    fn effect(&mut self, effect: Effect) -> io::Result<()> {
        let Some(effect) = self.acting(effect) else { return Ok(()) };
        let Some(effect) = self.announcing(effect)? else { return Ok(()) };
        match (effect, &self.deck) {
            (Effect::Quit, _) => self.ended = true,
            (Effect::Suspend, _) => self.terminal.suspend()?,
            (Effect::Redraw, _) => self.terminal.redraw()?,
            (Effect::Mouse(taken), _) => terminal::take_mouse(taken)?,
            (Effect::Refresh(subject), Some(deck)) => deck.refresh(&subject),
            (Effect::RefreshAll, Some(deck)) => deck.refresh_all(),
            (Effect::Follow(logs), Some(deck)) => {
                if logs.anew {
                    self.following.clear();
                }
                self.following.push(Following::start(deck.logs(), logs, self.sender.clone()));
            }
            (Effect::CopyLog(text), _) => terminal::copy_lines(&text)?,
            (Effect::SaveLog { name, text }, _) => self.save_log(name, text),
            (Effect::SignIn(Answer(answer)), Some(deck)) => {
                self.signing_in = Some(SigningIn::start(deck.sign_in(), answer, self.sender.clone()));
            }
            (Effect::Copy(Answer(Some(value))), _) => terminal::copy_secret(value.expose_secret())?,
            (Effect::ClearClipboard, _) => terminal::clear_clipboard()?,
            (effect @ (Effect::Compare { .. } | Effect::ReadValue(..)), Some(deck)) => {
                deck.versions().into_iter().for_each(|versions| self.read(versions, effect.clone()));
            }
            (Effect::LetGoOfSignIn, _) => self.signing_in = None,
            _ => {}
        }
        Ok(())
    }

    /// Hands on what is wanted of the hand; gives back what is not.
    fn acting(&mut self, effect: Effect) -> Option<Effect> {
        if effect == Effect::LoadRunbooks {
            self.in_background(|| Message::Shelved(config::runbooks(config::runbook_folder().as_deref())));
            return None;
        }
        let effect = self.theming(effect)?;
        let effect = self.touring(effect)?;
        let hand = match &self.hand {
            Some(hand) => hand.clone(),
            None => return Some(effect),
        };
        let sender = self.sender.clone();
        match effect {
            Effect::Plan(number, wanted) => _ = tokio::spawn(plan(hand, number, *wanted, sender)),
            Effect::Unlock => hand.unlock(),
            Effect::Lock => hand.lock(),
            Effect::Begin(plan) => self.carrying = Some(Carrying::start(hand, Taking::Begin(plan), sender)),
            Effect::TakeUp { id, back } => {
                self.carrying = Some(Carrying::start(hand, Taking::TakeUp { id, back }, sender));
            }
            Effect::AnswerPrompt(answer) => {
                self.prompting.iter().for_each(|prompting| prompting.answer(answer.clone()));
            }
            Effect::Tell(word) => self.carrying.iter().for_each(|carrying| carrying.tell(word.clone())),
            Effect::ListRuns => self.in_background(move || Message::Runs(listed(&hand))),
            Effect::ReadRun(id) => self.in_background(move || Message::Read(read(&hand, &id).map(Box::new))),
            effect => return Some(effect),
        }
        None
    }

    /// Reads versions of a secret beside the loop, because the operator asked.
    fn read(&self, versions: Arc<dyn ReadVersion>, effect: Effect) {
        let sender = self.sender.clone();
        match effect {
            Effect::Compare { number, path, older, newer } => {
                reading::compare(versions, (number, path), (older, newer), sender);
            }
            Effect::ReadValue(number, wanted) => reading::value(versions, number, wanted, sender),
            _ => {}
        }
    }

    /// Reads files beside the loop, which goes on meanwhile.
    fn in_background(&self, read: impl FnOnce() -> Message + Send + 'static) {
        let sender = self.sender.clone();
        tokio::task::spawn_blocking(move || drop(sender.blocking_send(Mail::Message(read()))));
    }

    fn draw(&mut self) -> io::Result<()> {
        self.app.by_our_clock(Timestamp::now());
        for effect in self.app.tick(self.now()) {
            self.effect(effect)?;
        }
        self.judge()?;
        let mut changes = None;
        let app = &self.app;
        self.terminal.draw(|frame| changes = views::draw(app, frame.buffer_mut()))?;
        let sleep = changes.map(|changes| changes.duration_since(app.now()));
        let sleep = sleep.and_then(|sleep| Duration::try_from(sleep).ok());
        let sleep = sleep.map(|sleep| in_real_time(sleep, app.speed()));
        self.pace.on_a_slow_line(self.app.slow_line());
        self.pace.drawn(Instant::now(), sleep);
        if self.app.unjudged() {
            self.pace.soon(Instant::now(), self.incomplete());
        }
        Ok(())
    }

    /// A key press draws what was judged before; judging has its own pace.
    fn judge(&mut self) -> io::Result<()> {
        let began = Instant::now();
        if !self.app.unjudged() || !self.pace.may_judge(began, self.incomplete()) {
            return Ok(());
        }
        self.app.judge();
        self.pace.judged(began, Instant::now());
        for effect in self.app.take_note(!self.incomplete()) {
            self.effect(effect)?;
        }
        Ok(())
    }

    fn incomplete(&self) -> bool {
        self.app.incomplete(self.deck.as_ref().map_or(&[][..], Deck::periodic))
    }

    fn now(&self) -> Timestamp {
        self.deck.as_ref().map_or_else(Timestamp::now, Deck::now)
    }
}

/// Pretend time as we wait for it: no more often than the eye follows.
fn in_real_time(sleep: Duration, speed: u32) -> Duration {
    if speed > 1 { (sleep / speed).max(BETWEEN_HURRIED_FRAMES) } else { sleep }
}

async fn plan(hand: Hand, number: u64, wanted: Wanted, sender: mpsc::Sender<Mail>) {
    let runbook = wanted.runbook.clone();
    let plan = hand.plan(&runbook, &wanted.into()).await.map(Box::new);
    // The console may have been left in the meantime; then nobody wants to know.
    let _ = sender.send(Mail::Message(Message::Planned(number, plan))).await;
}

fn listed(hand: &Hand) -> Result<Vec<Kept>, Trouble> {
    let runs = hand.runs().list()?;
    Ok(runs.into_iter().map(|listed| Kept { owner: hand.runs().owner(&listed.id), listed }).collect())
}

fn read(hand: &Hand, id: &str) -> Result<KeptStory, Trouble> {
    let (run, recovered) = hand.runs().read(id)?;
    let state = hand.runs().list()?.into_iter().find(|listed| listed.id == id).map(|listed| listed.state);
    let state = state.ok_or_else(|| Trouble::new(format!("there is no run {id}")))?;
    Ok(KeptStory { story: Story::of(run, &recovered.entries), owner: hand.runs().owner(id), state })
}

/// The next key; `None` once the terminal has gone.
async fn next_key(keys: &mut EventStream, terminal: &Terminal) -> Option<io::Result<Event>> {
    poll_fn(|context| poll_key(keys, terminal, context)).await
}

fn poll_key(
    keys: &mut EventStream,
    terminal: &Terminal,
    context: &mut Context<'_>,
) -> Poll<Option<io::Result<Event>>> {
    if terminal.is_gone() { Poll::Ready(None) } else { keys.poll_next_unpin(context) }
}

/// The next observation, once there is a deck to make them.
async fn observed(deck: Option<&mut Deck>) -> Option<Observation> {
    let next = match deck {
        Some(deck) => deck.observed().await,
        None => None,
    };
    match next {
        Some(observation) => Some(observation),
        None => std::future::pending().await,
    }
}
