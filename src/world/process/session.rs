//! A child in a session of its own with a terminal of its own: what it prints comes through pipes, apart, as it was meant for
//! files; its terminal is what it asks on. A signal typed into the operator's terminal does not reach it.
//!
//! ```text
//!             ┌── standard input: a pipe with what it is given, else its terminal
//! child ──────┼── standard output, standard error: pipes
//!             └── /dev/tty: its terminal ──▶ heard; a question that stands still ──▶ Heard::Question
//! ```

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use pty_process::{Command, Pts, Pty, Size};
use rustix::process::Pid;
use rustix::termios::{LocalModes, tcgetattr};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStderr, ChildStdout};
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use super::{Environment, kindred};
use crate::world::spoken::{Spoken, Voice};

/// A question has to stand still for so long before it is taken for one.
const STANDS_STILL: Duration = Duration::from_millis(200);

/// Bytes that are taken in at once.
const A_MOUTHFUL: usize = 16 * 1024;

/// Bytes that the pipe of a child can hold.
const LARGEST_PIPE: usize = 1024 * 1024;

/// Characters with which a question ends that is asked without hiding the answer.
const ENDS_OF_QUESTIONS: [char; 4] = [':', '?', '>', ']'];

/// How a child is started.
pub struct Start<'a> {
    /// Program and arguments.
    pub words: &'a [String],
    /// Working directory; that of this process when absent.
    pub directory: Option<&'a Path>,
    /// What it reads on its standard input; without it, its terminal.
    pub stdin: Option<Zeroizing<String>>,
    /// Variables beside those of the environment.
    pub variables: &'a [(&'a str, &'a str)],
}

/// What is heard of a child.
#[derive(Debug)]
pub enum Heard {
    /// A line, cleaned.
    Line(Voice, String),
    /// It asks, and waits for what is typed.
    Question {
        /// What stands before the cursor, cleaned; may be empty.
        text: String,
        /// Whether the terminal would not show what is typed.
        hidden: bool,
    },
    /// It has ended by itself; everything that it said has been heard.
    Ended(ExitStatus),
}

/// A child that runs; it and all it has started are killed when this is dropped before its end.
pub struct Session {
    child: Child,
    leader: Option<Pid>,
    terminal: Ear<Pty>,
    /// A terminal that nobody has open would be taken away from the child.
    _kept_open: Pts,
    stdout: Ear<ChildStdout>,
    stderr: Ear<ChildStderr>,
    feeding: Option<JoinHandle<()>>,
    reads_terminal: bool,
    heard: VecDeque<Heard>,
    question: Question,
}

/// What is known of questions: the same one is not told twice.
#[derive(Default)]
struct Question {
    /// Whether anything was heard, or the terminal has begun anew to hide what is typed, since the last one.
    may_come: bool,
    /// Whether the terminal hid what is typed when it was last looked at.
    was_hidden: bool,
    /// The last line that ended, for a question that does not stand before the cursor.
    last_line: String,
}

impl Session {
    /// Starts a child.
    ///
    /// # Errors
    /// When there is no such program, directory or terminal.
    pub fn start(environment: &Environment, start: Start<'_>) -> io::Result<Self> {
        let (terminal, far_end) = pty_process::open().map_err(from_terminal)?;
        terminal.resize(Size::new(50, 200)).map_err(from_terminal)?;
        let (program, arguments) = start.words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::from(environment.bare(program))
            .args(arguments)
            .env("TERM", "dumb")
            .envs(start.variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(directory) = start.directory {
            command = command.current_dir(directory);
        }
        let reads_terminal = start.stdin.is_none();
        if !reads_terminal {
            command = command.stdin(Stdio::piped());
        }
        let mut child = command.spawn_borrowed(&far_end).map_err(from_terminal)?;
        let feeding = start.stdin.zip(child.stdin.take()).map(|(text, mut stdin)| {
            tokio::spawn(async move {
                // a child that does not read all of it says so with its exit status
                let _ = stdin.write_all(text.as_bytes()).await;
            })
        });
        Ok(Self {
            leader: child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)),
            stdout: Ear::new(child.stdout.take()),
            stderr: Ear::new(child.stderr.take()),
            child,
            terminal: Ear::new(Some(terminal)),
            _kept_open: far_end,
            feeding,
            reads_terminal,
            heard: VecDeque::new(),
            question: Question { may_come: true, ..Question::default() },
        })
    }

    /// The next thing that is heard. May be given up and called again.
    ///
    /// # Errors
    /// When the child cannot be waited for.
    pub async fn hear(&mut self) -> io::Result<Heard> {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return Ok(heard);
            }
            tokio::select! {
                said = self.stdout.hear() => self.take_in(Voice::Output, said),
                said = self.stderr.hear() => self.take_in(Voice::Errors, said),
                said = self.terminal.hear() => self.take_in(Voice::Terminal, said),
                status = self.child.wait() => return self.ended(status?),
                () = tokio::time::sleep(STANDS_STILL) => {
                    if let Some(question) = self.standing_question() {
                        return Ok(question);
                    }
                }
            }
        }
    }

    /// Types an answer, with the key that ends it. An answer that was to be hidden is not typed where it would be shown.
    /// Tells whether it was typed.
    ///
    /// # Errors
    /// When the terminal takes nothing.
    pub async fn answer(&mut self, text: &str, hidden: bool) -> io::Result<bool> {
        if hidden && self.shows_what_is_typed() {
            return Ok(false);
        }
        let visible = text.chars().filter(|sign| !sign.is_control());
        let line = Zeroizing::new(visible.chain(['\n']).collect::<String>());
        let terminal = self.terminal.pipe.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        terminal.write_all(line.as_bytes()).await?;
        Ok(true)
    }

    /// What came on standard output until now, as it came.
    pub fn output(&self) -> &[u8] {
        self.stdout.spoken.kept()
    }

    /// What came on standard error until now, as it came.
    pub fn errors(&self) -> &[u8] {
        self.stderr.spoken.kept()
    }

    /// What came on the terminal until now, as it came.
    pub fn on_terminal(&self) -> &[u8] {
        self.terminal.spoken.kept()
    }

    /// Asks it and all it has started to end, kills those who have not after the grace, and waits until they are gone.
    pub async fn end(mut self, grace: Duration) {
        let Some(leader) = self.leader else { return };
        tokio::select! {
            () = kindred::end(leader, grace) => {}
            () = self.heard_out() => {}
        }
        let _ = self.child.wait().await;
        self.leader = None;
    }

    /// Listens to nobody's use, so that the child is never kept waiting and is buried when it ends; never comes back.
    async fn heard_out(&mut self) {
        while matches!(self.hear().await, Ok(Heard::Line(..) | Heard::Question { .. })) {}
        std::future::pending::<()>().await;
    }

    fn take_in(&mut self, voice: Voice, something: bool) {
        let spoken = match voice {
            Voice::Output => &mut self.stdout.spoken,
            Voice::Errors => &mut self.stderr.spoken,
            Voice::Terminal => &mut self.terminal.spoken,
        };
        let lines = spoken.lines();
        self.question.may_come |= something;
        for line in lines {
            if !line.trim().is_empty() {
                self.question.last_line.clone_from(&line);
            }
            self.heard.push_back(Heard::Line(voice, line));
        }
    }

    /// The child is gone: what it said last stands in the pipes already. What it has left behind may keep them open for ever.
    fn ended(&mut self, status: ExitStatus) -> io::Result<Heard> {
        self.leader = None;
        self.stdout.drain();
        self.stderr.drain();
        self.terminal.drain();
        for voice in [Voice::Output, Voice::Errors, Voice::Terminal] {
            self.take_in(voice, false);
        }
        let rests = [
            (Voice::Output, self.stdout.spoken.rest()),
            (Voice::Errors, self.stderr.spoken.rest()),
            (Voice::Terminal, self.terminal.spoken.rest()),
        ];
        let rests = rests.into_iter().filter_map(|(voice, rest)| Some(Heard::Line(voice, rest?)));
        self.heard.extend(rests);
        self.heard.push_back(Heard::Ended(status));
        self.heard.pop_front().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// A question is an unfinished line that stands still: any when the terminal hides what is typed, else one that ends like a
    /// question. A program that works on in the middle of a line does not end it like one.
    fn standing_question(&mut self) -> Option<Heard> {
        let hidden = !self.shows_what_is_typed();
        self.question.may_come |= hidden && !self.question.was_hidden;
        self.question.was_hidden = hidden;
        if !self.question.may_come {
            return None;
        }
        let text = self.before_the_cursor();
        if !hidden && !text.trim_end().ends_with(ENDS_OF_QUESTIONS) {
            return None;
        }
        self.question.may_come = false;
        let text = if text.trim().is_empty() { self.question.last_line.clone() } else { text };
        Some(Heard::Question { text: text.trim().to_owned(), hidden })
    }

    /// The terminal's line first; what is printed elsewhere counts only where its answer would be read from the terminal.
    fn before_the_cursor(&self) -> String {
        let others: &[&Spoken] =
            if self.reads_terminal { &[&self.stderr.spoken, &self.stdout.spoken] } else { &[] };
        let texts = [&self.terminal.spoken].into_iter().chain(others.iter().copied()).map(Spoken::unfinished);
        texts.into_iter().find(|text| !text.trim().is_empty()).unwrap_or_default()
    }

    fn shows_what_is_typed(&self) -> bool {
        let modes = self.terminal.pipe.as_ref().map(tcgetattr);
        modes.is_some_and(|modes| modes.is_ok_and(|modes| modes.local_modes.contains(LocalModes::ECHO)))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(feeding) = &self.feeding {
            feeding.abort();
        }
        if let Some(leader) = self.leader {
            kindred::kill(leader);
        }
    }
}

/// One of the pipes from a child.
struct Ear<R> {
    pipe: Option<R>,
    spoken: Spoken,
}

impl<R: AsyncRead + AsFd + Unpin> Ear<R> {
    fn new(pipe: Option<R>) -> Self {
        Self { pipe, spoken: Spoken::default() }
    }

    /// Waits until something comes; a pipe that has ended is silent for ever.
    async fn hear(&mut self) -> bool {
        let Some(pipe) = &mut self.pipe else { return std::future::pending().await };
        let mut mouthful = vec![0; A_MOUTHFUL];
        let Ok(count @ 1..) = pipe.read(&mut mouthful).await else {
            self.pipe = None;
            return false;
        };
        self.spoken.take_in(mouthful.get(..count).unwrap_or_default());
        true
    }

    fn drain(&mut self) {
        if let Some(pipe) = &self.pipe {
            drained(pipe.as_fd(), &mut self.spoken);
        }
    }
}

/// Takes in what is there, without waiting for more; a pipe holds no more than so much.
fn drained(from: BorrowedFd<'_>, into: &mut Spoken) {
    let mut mouthful = vec![0; A_MOUTHFUL];
    for _ in 0..=LARGEST_PIPE / A_MOUTHFUL {
        let Ok(count @ 1..) = rustix::io::read(from, mouthful.as_mut_slice()) else { return };
        into.take_in(mouthful.get(..count).unwrap_or_default());
    }
}

fn from_terminal(error: pty_process::Error) -> io::Error {
    match error {
        pty_process::Error::Io(error) => error,
        error => io::Error::other(error),
    }
}
