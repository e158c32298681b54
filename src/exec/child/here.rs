//! A child on the control host, from its start to its answer.
//!
//! ```text
//! file on RAM ─▶ started ─┬─ lines ────────────────▶ Lines
//!                         ├─ question ─▶ Prompts ──▶ typed │ refused: ended, when it was to be hidden
//!                         ├─ time is up ───────────▶ ended with all it has started
//!                         └─ ended by itself ──────▶ Reply
//! ```

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::Children;
use super::telling::{self, Teller};
use crate::exec::{Failure, Lines, Order, Reply};
use crate::model::trouble::Trouble;
use crate::world::process::{Heard, Session, Start};

/// Time that a child gets to end when it is asked to.
const GRACE: Duration = Duration::from_secs(5);

/// Ansible never shows what a file changes to, whatever its settings say, while a secret goes through its hands.
const NO_DIFF: (&str, &str) = ("ANSIBLE_DIFF_ALWAYS", "false");

/// A question that waits for its answer.
struct Asked {
    text: String,
    hidden: bool,
    answer: oneshot::Receiver<Zeroizing<String>>,
}

impl Children {
    pub(super) async fn here(
        &self,
        words: &[String],
        order: &Order,
        variables: &[(&str, &str)],
        lines: &Lines,
    ) -> Result<Reply, Failure> {
        let program = words.first().map(String::as_str).unwrap_or_default();
        let stdin = order.stdin_bytes().map_err(Failure::before_the_act)?;
        let directory = order.directory.as_deref().map(Path::new);
        let _file = self.file_of(order)?;
        let mut variables = variables.to_vec();
        variables.extend(order.file.as_ref().map(|_| NO_DIFF));
        let start = Start { words, directory, stdin, variables: &variables };
        let session = Session::start(self.environment_for(program), start)
            .map_err(|error| Failure::before_the_act(cannot_start(program, directory, &error)))?;
        let teller = Teller::of(order, lines).with_remarks(self.is_login(program));
        self.heard(session, order, teller).await
    }

    async fn heard(
        &self,
        mut session: Session,
        order: &Order,
        mut teller: Teller<'_>,
    ) -> Result<Reply, Failure> {
        let deadline = Instant::now() + order.timeout;
        let mut asked: Option<Asked> = None;
        loop {
            tokio::select! {
                heard = session.hear() => match heard {
                    Ok(Heard::Line(voice, line)) => teller.hear(voice, &line),
                    // it still stands at the one that waits, whatever it prints meanwhile
                    Ok(Heard::Question { text, .. }) if asked.as_ref().is_some_and(|asked| asked.text == text) => {}
                    Ok(Heard::Question { text, hidden }) => {
                        let answer = self.prompts.ask(&order.line.to_string(), &text, hidden);
                        asked = Some(Asked { text, hidden, answer });
                    }
                    Ok(Heard::Ended(status)) => return replied(&session, status, order, &teller),
                    Err(error) => return Err(Failure::in_the_act(lost(order, &error))),
                },
                answer = answered(&mut asked) => {
                    let (text, hidden) = asked.as_ref().map(|asked| (asked.text.clone(), asked.hidden)).unwrap_or_default();
                    match answer {
                        Some(typed) => {
                            asked = None;
                            teller.hide(typed.clone(), hidden);
                            teller.note(&format!("it asked: {text}"));
                            if !session.answer(&typed, hidden).await.unwrap_or(false) {
                                teller.note("the question is gone, its answer was not typed");
                            }
                        }
                        None if hidden => {
                            session.end(GRACE).await;
                            return Err(Failure::in_the_act(unanswered(order, &text)));
                        }
                        // it may be no question after all: what it stood at is told again when its time is up
                        None => teller.note(&format!("it asks, and nobody answers: {text}")),
                    }
                }
                () = tokio::time::sleep_until(deadline) => {
                    session.end(GRACE).await;
                    let stood_at = asked.map(|asked| asked.text);
                    return Err(Failure::in_the_act(telling::too_late(order, stood_at.as_deref())));
                }
            }
        }
    }
}

/// The answer to the question that waits, `None` when it is refused; told once.
async fn answered(asked: &mut Option<Asked>) -> Option<Zeroizing<String>> {
    match asked {
        Some(asked) if !asked.answer.is_terminated() => (&mut asked.answer).await.ok(),
        _ => std::future::pending().await,
    }
}

fn replied(
    session: &Session,
    status: ExitStatus,
    order: &Order,
    teller: &Teller<'_>,
) -> Result<Reply, Failure> {
    let Some(code) = status.code() else {
        let signal = status.signal().unwrap_or_default();
        let trouble = Trouble::new(format!("`{}` was ended", order.line));
        return Err(Failure::in_the_act(trouble.because(format!("signal {signal} from outside"))));
    };
    let mut errors = session.errors().to_vec();
    errors.extend(session.on_terminal());
    Ok(teller.reply(session.output(), &errors, code))
}

fn cannot_start(program: &str, directory: Option<&Path>, error: &io::Error) -> Trouble {
    let trouble = Trouble::new(format!("cannot start {program}"));
    if let Some(directory) = directory.filter(|directory| !directory.is_dir()) {
        return trouble
            .because(format!("there is no folder {}", directory.display()))
            .hint("correct the folder in the profile, or make it");
    }
    match error.kind() {
        io::ErrorKind::NotFound => trouble
            .because("there is no such program on this host")
            .hint(format!("install it, or put it on the PATH: {program}")),
        io::ErrorKind::PermissionDenied => {
            trouble.because("it may not be executed").hint(format!("chmod +x $(command -v {program})"))
        }
        _ => trouble.because(error),
    }
}

fn lost(order: &Order, error: &io::Error) -> Trouble {
    Trouble::new(format!("lost sight of `{}`", order.line)).because(error)
}

fn unanswered(order: &Order, question: &str) -> Trouble {
    Trouble::new(format!("`{}` was ended", order.line))
        .because(format!("it asked `{question}` and nobody answered"))
        .hint("run it where somebody can answer, or give the program another way to know")
}
