//! What programs and logins ask in the middle of a run, one question after the other: each comes back as a message, and is
//! refused when nobody answers it.

use secrecy::ExposeSecret;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::deck::Prompt;
use crate::tui::app::{Answer, Message, Prompted};

use super::Mail;

/// The end at which questions are answered.
pub(super) struct Prompting(mpsc::UnboundedSender<Answer>);

impl Prompting {
    /// Brings every question to the screen.
    pub(super) fn start(prompts: mpsc::UnboundedReceiver<Prompt>, sender: mpsc::Sender<Mail>) -> Self {
        let (answers, said) = mpsc::unbounded_channel();
        tokio::spawn(bring(prompts, said, sender));
        Self(answers)
    }

    /// Answers the question on the screen, or refuses it.
    pub(super) fn answer(&self, answer: Answer) {
        let _ = self.0.send(answer);
    }
}

async fn bring(
    mut prompts: mpsc::UnboundedReceiver<Prompt>,
    mut said: mpsc::UnboundedReceiver<Answer>,
    sender: mpsc::Sender<Mail>,
) {
    while let Some(mut prompt) = prompts.recv().await {
        while said.try_recv().is_ok() {} // it was for a question that is gone
        let asked =
            Prompted { asker: prompt.asker.clone(), text: prompt.text.clone(), hidden: prompt.hidden };
        if sender.send(Mail::Message(Message::Prompted(Some(asked)))).await.is_err() {
            return;
        }
        let answer = tokio::select! {
            answer = said.recv() => answer.and_then(|Answer(answer)| answer),
            () = prompt.withdrawn() => None,
        };
        if let Some(answer) = answer {
            prompt.answer(Zeroizing::new(answer.expose_secret().to_owned()));
        }
        let _ = sender.send(Mail::Message(Message::Prompted(None))).await;
    }
}
