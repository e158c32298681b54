//! A command on a host from its start to its end, heard line by line; unlike a look it may take as long as it needs.

use std::collections::VecDeque;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use openssh::{Child, ChildStderr, ChildStdout, Session, Stdio};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use super::described;
use crate::world::spoken::{Spoken, Voice};

/// Bytes that are taken in at once.
const A_MOUTHFUL: usize = 16 * 1024;

/// What was printed last may come behind the exit status; something that runs on there may keep the output open for ever.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A command that runs on a host. Dropped, it is heard no more; it may run on there.
pub struct Remote {
    ending: Shared<BoxFuture<'static, Ending>>,
    stdout: Ear<ChildStdout>,
    stderr: Ear<ChildStderr>,
    feeding: JoinHandle<()>,
    heard: VecDeque<FromHost>,
}

/// What is heard of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromHost {
    /// A line, cleaned.
    Line(Voice, String),
    /// It has ended.
    Ended(Ending),
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with its own exit status; 255 is its own too.
    Status(i32),
    /// By a signal, or the connection was lost: ssh does not tell them apart.
    Cut,
    /// The connection broke.
    Broken(String),
}

impl Remote {
    pub(super) async fn start(
        session: Arc<Session>,
        command: &str,
        input: Zeroizing<String>,
    ) -> Result<Self, openssh::Error> {
        let mut command = Session::to_raw_command(session, command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().await?;
        let (stdin, stdout, stderr) = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        let feeding = tokio::spawn(async move {
            if let Some(mut stdin) = stdin {
                // a command that does not read all of it says so with its exit status
                let _ = stdin.write_all(input.as_bytes()).await;
            }
        });
        Ok(Self {
            ending: ending(child).boxed().shared(),
            stdout: Ear { pipe: stdout, spoken: Spoken::default() },
            stderr: Ear { pipe: stderr, spoken: Spoken::default() },
            feeding,
            heard: VecDeque::new(),
        })
    }

    /// The next thing that is heard. May be given up and called again.
    pub async fn hear(&mut self) -> FromHost {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return heard;
            }
            tokio::select! {
                voice = said(&mut self.stdout, &mut self.stderr) => self.take_in(voice),
                ending = self.ending.clone() => self.hear_last_words(ending).await,
            }
        }
    }

    /// What came on standard output until now, as it came.
    pub fn output(&self) -> &[u8] {
        self.stdout.spoken.kept()
    }

    /// What came on standard error until now, as it came.
    pub fn errors(&self) -> &[u8] {
        self.stderr.spoken.kept()
    }

    async fn hear_last_words(&mut self, ending: Ending) {
        let last_words = async {
            while self.stdout.pipe.is_some() || self.stderr.pipe.is_some() {
                said(&mut self.stdout, &mut self.stderr).await;
            }
        };
        let _ = tokio::time::timeout(LAST_WORDS, last_words).await;
        for voice in [Voice::Output, Voice::Errors] {
            self.take_in(voice);
        }
        let rests = [(Voice::Output, self.stdout.spoken.rest()), (Voice::Errors, self.stderr.spoken.rest())];
        let rests = rests.into_iter().filter_map(|(voice, rest)| Some(FromHost::Line(voice, rest?)));
        self.heard.extend(rests);
        self.heard.push_back(FromHost::Ended(ending));
    }

    fn take_in(&mut self, voice: Voice) {
        let spoken = if voice == Voice::Output { &mut self.stdout.spoken } else { &mut self.stderr.spoken };
        self.heard.extend(spoken.lines().into_iter().map(|line| FromHost::Line(voice, line)));
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.feeding.abort();
    }
}

async fn ending(child: Child<Arc<Session>>) -> Ending {
    match child.wait().await {
        Ok(status) => status_of(status),
        Err(openssh::Error::RemoteProcessTerminated) => Ending::Cut,
        // the shell's own word for a program that is not there
        Err(openssh::Error::Remote(_)) => Ending::Status(127),
        Err(error) => Ending::Broken(described(&error)),
    }
}

fn status_of(status: ExitStatus) -> Ending {
    status.code().map_or(Ending::Cut, Ending::Status)
}

/// Waits until either says something.
async fn said(stdout: &mut Ear<ChildStdout>, stderr: &mut Ear<ChildStderr>) -> Voice {
    tokio::select! {
        () = stdout.hear() => Voice::Output,
        () = stderr.hear() => Voice::Errors,
    }
}

/// One of the pipes from the command.
struct Ear<R> {
    pipe: Option<R>,
    spoken: Spoken,
}

impl<R: AsyncRead + Unpin> Ear<R> {
    /// Waits until something comes; a pipe that has ended is silent for ever.
    async fn hear(&mut self) {
        let Some(pipe) = &mut self.pipe else { return std::future::pending().await };
        let mut mouthful = vec![0; A_MOUTHFUL];
        match pipe.read(&mut mouthful).await {
            Ok(count @ 1..) => self.spoken.take_in(mouthful.get(..count).unwrap_or_default()),
            Ok(0) | Err(_) => self.pipe = None,
        }
    }
}
