//! What is asked of whoever sits at the terminal in the middle of a run: by the runbook, by a program, by a login. A question ends
//! with its answer, with the run's interruption, or when nobody waits for the answer any more; the terminal is left as it was.

use std::fs::File;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::{self, Receiver};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::deck::{Prompt, Switch};

/// The terminal that this process belongs to.
const TERMINAL: &str = "/dev/tty";

/// A line of that length is typed without the buffer moving in memory.
const A_LINE: usize = 4096;

/// What came of a question.
pub(super) enum Said {
    /// A line.
    Line(Zeroizing<String>),
    /// The run is to pause.
    Interrupted,
    /// There is nobody.
    Nothing,
}

/// Asks for a line: at the terminal, else standard input is read.
pub(super) async fn asked(question: &str, secret: bool, switch: &Switch) -> Said {
    let terminal = if io::stdin().is_terminal() { Terminal::open() } else { None };
    let Some(mut terminal) = terminal else { return piped_in(question) };
    tokio::select! {
        line = terminal.ask(question, secret) => line.map_or(Said::Nothing, Said::Line),
        () = switch.flipped() => Said::Interrupted,
    }
}

/// Answers what programs and logins ask in the middle of a run: whoever sits at the terminal does, where there is one. What is
/// piped in answers the questions of the runbook and no other.
pub async fn answer_at_the_terminal(mut prompts: mpsc::UnboundedReceiver<Prompt>) {
    while let Some(mut prompt) = prompts.recv().await {
        // dropped, it is refused
        let Some(mut terminal) = Terminal::open() else { continue };
        let (question, hidden) = (format!("{}: {} ", prompt.asker, prompt.text), prompt.hidden);
        let answer = tokio::select! {
            line = terminal.ask(&question, hidden) => line,
            () = prompt.withdrawn() => None,
            () = interrupted() => None,
        };
        if let Some(answer) = answer {
            prompt.answer(answer);
        }
    }
}

fn piped_in(question: &str) -> Said {
    let _ = write!(io::stderr(), "{question}").and_then(|()| io::stderr().flush());
    let mut line = Zeroizing::new(String::with_capacity(A_LINE));
    if let Ok(1..) = io::stdin().lock().read_line(&mut line) {
        return Said::Line(without_end(&line));
    }
    let _ = writeln!(io::stderr());
    Said::Nothing
}

async fn interrupted() {
    match signal(SignalKind::interrupt()) {
        Ok(mut signals) => drop(signals.recv().await),
        Err(_) => std::future::pending().await,
    }
}

fn without_end(line: &str) -> Zeroizing<String> {
    Zeroizing::new(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// The operator's terminal, whatever standard input and output are.
struct Terminal {
    keys: Receiver,
    screen: File,
}

impl Terminal {
    fn open() -> Option<Self> {
        // a terminal is read like a pipe; it only is none
        let keys = pipe::OpenOptions::new().unchecked(true).open_receiver(TERMINAL).ok()?;
        let screen = File::options().read(true).write(true).open(TERMINAL).ok()?;
        Some(Self { keys, screen })
    }

    /// `None` when the terminal has gone, or the operator ends his input.
    async fn ask(&mut self, question: &str, hidden: bool) -> Option<Zeroizing<String>> {
        let _silence = if hidden { Some(Silence::on(&self.screen)?) } else { None };
        (&self.screen).write_all(question.as_bytes()).ok()?;
        let mut line = Zeroizing::new(Vec::with_capacity(A_LINE));
        let mut key = Zeroizing::new([0]);
        // one by one: what was typed ahead stays for the next question
        while self.keys.read(&mut *key).await.ok()? == 1 {
            if *key == *b"\n" {
                return std::str::from_utf8(&line).ok().map(without_end);
            }
            line.extend_from_slice(&*key);
        }
        None
    }
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Silence<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Silence<'a> {
    fn on(terminal: &'a File) -> Option<Self> {
        let before = tcgetattr(terminal).ok()?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(terminal, OptionalActions::Flush, &silent).ok()?;
        Some(Self { terminal, before })
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        let mut terminal = self.terminal;
        let _ = tcsetattr(terminal, OptionalActions::Flush, &self.before);
        let _ = terminal.write_all(b"\n");
    }
}
