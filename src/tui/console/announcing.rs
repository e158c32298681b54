//! News told outside of the screen: to the terminal, and to the program that the profile names, one piece after the other. What
//! was seen is kept for the next time, and a run that waits is looked for when the terminal was lost.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::deck::{Hand, Hook, RunState};
use crate::model::deployment::Deployment;
use crate::model::last_look::{LastLook, Standing};
use crate::model::notice::Notices;
use crate::model::trouble::Trouble;
use crate::tui::app::{Effect, KeptStory, Message};
use crate::tui::terminal::{self, Announcement};

use super::{Console, Mail};

/// Pieces of news that may wait for the program; what comes beyond them is not handed on.
const WAITING: usize = 32;

/// How news leave the console.
pub(super) struct Announcing {
    notices: Notices,
    title: String,
    hook: Option<mpsc::Sender<(Standing, Timestamp)>>,
}

impl Announcing {
    /// As the profile of a deployment says.
    pub(super) fn start(deployment: &Deployment, sender: mpsc::Sender<Mail>) -> Self {
        let notices = deployment.notices.clone();
        let title = format!("vaultdeck {}", deployment.name);
        let hook = match Hook::of(&notices, &deployment.name) {
            Ok(hook) => hook.map(|hook| told_in_turn(hook, sender)),
            Err(trouble) => {
                tokio::spawn(async move { fail(&sender, trouble).await });
                None
            }
        };
        Self { notices, title, hook }
    }

    /// Tells the news; trouble when the program cannot keep up.
    fn announce(&self, words: String, news: Vec<Standing>, now: Timestamp) -> io::Result<Option<Trouble>> {
        let (bell, way) = (self.notices.bell, self.notices.terminal);
        terminal::announce(&Announcement { bell, way, title: self.title.clone(), words })?;
        let Some(hook) = &self.hook else { return Ok(None) };
        let lost =
            news.into_iter().filter(|standing| hook.try_send((standing.clone(), now)).is_err()).count();
        Ok((lost > 0).then(|| {
            Trouble::new(format!("{lost} notices were not handed on"))
                .because("the notice command is behind")
                .hint("notices.command in the profile")
        }))
    }
}

fn told_in_turn(hook: Hook, sender: mpsc::Sender<Mail>) -> mpsc::Sender<(Standing, Timestamp)> {
    let (hand_on, mut waiting) = mpsc::channel::<(Standing, Timestamp)>(WAITING);
    tokio::spawn(async move {
        while let Some((news, at)) = waiting.recv().await {
            if let Err(trouble) = hook.tell(&news, at).await {
                fail(&sender, trouble).await;
            }
        }
    });
    hand_on
}

/// The console may have been left in the meantime; then nobody wants to know.
async fn fail(sender: &mpsc::Sender<Mail>, trouble: Trouble) {
    let _ = sender.send(Mail::Message(Message::Failed(trouble))).await;
}

impl Console {
    /// Hands on what is wanted of news and of memory; gives back what is not.
    pub(super) fn announcing(&mut self, effect: Effect) -> io::Result<Option<Effect>> {
        match effect {
            Effect::Announce { words, news } => {
                let now = self.now();
                let announced =
                    self.announcing.as_ref().map(|way| way.announce(words, news, now)).transpose()?;
                if let Some(trouble) = announced.flatten() {
                    self.update(Message::Failed(trouble))?;
                }
            }
            Effect::KeepLook(look) => self.keep(*look),
            Effect::FindRun => self.find_run(),
            effect => return Ok(Some(effect)),
        }
        Ok(None)
    }

    /// Where it cannot be kept, that is told, and not tried again until the console is left.
    fn keep(&self, look: LastLook) {
        let Some(memory) = self.memory.clone() else { return };
        let (sender, broken) = (self.sender.clone(), Arc::clone(&self.memory_broken));
        tokio::task::spawn_blocking(move || {
            if broken.load(Ordering::Relaxed) {
                return;
            }
            if let Err(trouble) = memory.keep(&look) {
                broken.store(true, Ordering::Relaxed);
                let _ = sender.blocking_send(Mail::Message(Message::Failed(trouble)));
            }
        });
    }

    fn find_run(&self) {
        let Some(hand) = self.hand.clone() else { return };
        let sender = self.sender.clone();
        tokio::task::spawn_blocking(move || {
            if let Some(kept) = unfinished(&hand) {
                let _ = sender.blocking_send(Mail::Message(Message::Read(Ok(Box::new(kept)))));
            }
        });
    }
}

/// The newest run of this operator that has not ended. One that is still carried may be finishing its step in the process that
/// lost the terminal.
fn unfinished(hand: &Hand) -> Option<KeptStory> {
    let runs = hand.runs().list().ok()?;
    let mut waiting = runs.into_iter().filter(|listed| {
        let state = listed.state;
        let open =
            matches!(state, RunState::Paused | RunState::Undecided | RunState::Left | RunState::Running);
        open && listed.operator == hand.operator()
    });
    super::read(hand, &waiting.next()?.id).ok()
}
