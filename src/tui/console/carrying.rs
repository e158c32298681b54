//! One run carried in the background: what happens in it comes back as messages, words go to it, and it goes on whatever is
//! looked at. Letting go of it lets it pause first: a step that changes something is never broken off.
//!
//! ```text
//! proceed ──rests──▶ wait for a word ──▶ proceed …      Pause is heard while it proceeds; other words wait for its rest
//! ```

use std::collections::{BTreeSet, VecDeque};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use crate::deck::{Carrier, Hand, Switch};
use crate::model::run::{Entry, Errand, Next, Plan};
use crate::model::trouble::Trouble;
use crate::tui::app::{Answer, Message, Story, Word};

use super::Mail;

/// Events that come back at once.
const BATCH: usize = 200;

/// A run that is carried.
pub(super) struct Carrying {
    task: JoinHandle<()>,
    words: mpsc::UnboundedSender<Said>,
}

/// What is said to it.
enum Said {
    Word(Word),
    Pause(Trouble),
}

/// How a run comes into hand.
pub(super) enum Taking {
    /// It is begun.
    Begin(Box<Plan>),
    /// It is taken up, perhaps to be undone.
    TakeUp {
        /// Its id.
        id: String,
        /// Whether to undo it.
        back: bool,
    },
}

impl Carrying {
    /// Takes a run into hand and carries it.
    pub(super) fn start(hand: Hand, taking: Taking, sender: mpsc::Sender<Mail>) -> Self {
        let (words, heard) = mpsc::unbounded_channel();
        let post = Post(sender);
        let task = tokio::spawn(async move {
            match taken(&hand, taking) {
                Ok((carrier, torn)) => carry(hand, carrier, torn, heard, post).await,
                Err(trouble) => post.send(Message::Taken(Err(trouble))).await,
            }
        });
        Self { task, words }
    }

    /// Hands a word on.
    pub(super) fn tell(&self, word: Word) {
        let said = match word {
            Word::Pause => Said::Pause(Trouble::new("the operator paused it")),
            word => Said::Word(word),
        };
        // a run that has ended hears nothing any more
        let _ = self.words.send(said);
    }

    /// Whether it has come to its end, or nothing carries it any more.
    pub(super) fn is_over(&self) -> bool {
        self.task.is_finished()
    }

    /// Lets it finish the step in hand and pause; returns when it rests.
    pub(super) async fn brought_to_rest(self, because: Trouble) {
        let _ = self.words.send(Said::Pause(because));
        drop(self.words);
        let _ = self.task.await;
    }
}

/// Where messages go. The console may have been left in the meantime; then nobody wants to know.
#[derive(Clone)]
struct Post(mpsc::Sender<Mail>);

impl Post {
    async fn send(&self, message: Message) {
        let _ = self.0.send(Mail::Message(message)).await;
    }
}

fn taken(hand: &Hand, taking: Taking) -> Result<(Carrier, Option<Trouble>), Trouble> {
    match taking {
        Taking::Begin(plan) => hand.begin(*plan).map(|carrier| (carrier, None)),
        Taking::TakeUp { id, back } => {
            let (mut carrier, torn) = hand.take_up(&id)?;
            if back {
                carrier.turn_back()?;
            }
            Ok((carrier, torn))
        }
    }
}

async fn carry(
    hand: Hand,
    mut carrier: Carrier,
    torn: Option<Trouble>,
    mut heard: mpsc::UnboundedReceiver<Said>,
    post: Post,
) {
    let id = carrier.run().plan.run.clone();
    let before = hand.runs().read(&id).map(|(_, recovered)| recovered.entries).unwrap_or_default();
    let story = Story::of(carrier.run().clone(), &before);
    post.send(Message::Taken(Ok((Box::new(story), torn)))).await;
    let told = tokio::spawn(tell(carrier.watch(), post.clone()));
    let mut waiting = VecDeque::new();
    let mut shown = BTreeSet::new();
    while proceeded(&mut carrier, &mut heard, &mut waiting, &post).await {
        reveal(&carrier, &mut shown, &post).await;
        if !obeyed(&hand, &mut carrier, &mut heard, &mut waiting, &post).await {
            break;
        }
    }
    reveal(&carrier, &mut shown, &post).await;
    drop(carrier);
    let _ = told.await;
}

/// Carries it on until it rests; says whether it may go on after that.
async fn proceeded(
    carrier: &mut Carrier,
    heard: &mut mpsc::UnboundedReceiver<Said>,
    waiting: &mut VecDeque<Word>,
    post: &Post,
) -> bool {
    let switch = Switch::default();
    let mut proceeding = std::pin::pin!(carrier.proceed(&switch));
    let mut listening = true;
    let next = loop {
        tokio::select! {
            biased;
            next = &mut proceeding => break next,
            said = heard.recv(), if listening => match said {
                Some(Said::Pause(because)) => switch.pause(because),
                Some(Said::Word(word)) => waiting.push_back(word),
                // nobody is there any more who could say anything
                None => {
                    listening = false;
                    switch.pause(Trouble::new("the console was left"));
                }
            },
        }
    };
    match next {
        Ok(Next::Ended { .. }) => false,
        Ok(_) => true,
        Err(trouble) => {
            post.send(Message::Refused(trouble)).await;
            true
        }
    }
}

/// Waits for a word that is taken; says whether there was one.
async fn obeyed(
    hand: &Hand,
    carrier: &mut Carrier,
    heard: &mut mpsc::UnboundedReceiver<Said>,
    waiting: &mut VecDeque<Word>,
    post: &Post,
) -> bool {
    loop {
        let word = match waiting.pop_front() {
            Some(word) => word,
            None => match heard.recv().await {
                Some(Said::Word(word)) => word,
                Some(Said::Pause(_)) => continue, // it rests already
                None => return false,
            },
        };
        match told_to(carrier, word, hand.operator()) {
            Ok(()) => return true,
            Err(trouble) => post.send(Message::Refused(trouble)).await,
        }
    }
}

fn told_to(carrier: &mut Carrier, word: Word, operator: &str) -> Result<(), Trouble> {
    match word {
        Word::Answer(slot, Answer(answer)) => {
            let answer = answer.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
            carrier.answer(&slot, Zeroizing::new(answer.to_owned()))
        }
        Word::Confirm(typed) => carrier.confirm(typed.as_deref()),
        Word::Decide(choice) => carrier.decide(choice),
        Word::Resume => carrier.resume(operator),
        Word::TurnBack => {
            carrier.turn_back()?;
            if carrier.run().paused().is_some() { carrier.resume(operator) } else { Ok(()) }
        }
        Word::Pause => Ok(()),
    }
}

/// Values that finished steps were asked to show, each once.
async fn reveal(carrier: &Carrier, shown: &mut BTreeSet<Errand>, post: &Post) {
    for errand in carrier.run().errands() {
        let Some((title, value, seconds)) = carrier.revealed(errand).filter(|_| !shown.contains(errand))
        else {
            continue;
        };
        shown.insert(errand.clone());
        post.send(Message::Revealed(title, SecretString::from(value.as_str()), seconds)).await;
    }
}

async fn tell(mut entries: mpsc::UnboundedReceiver<Entry>, post: Post) {
    let mut batch = Vec::with_capacity(BATCH);
    while entries.recv_many(&mut batch, BATCH).await > 0 {
        post.send(Message::Happened(std::mem::take(&mut batch))).await;
    }
}
