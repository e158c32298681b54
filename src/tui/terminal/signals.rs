//! What the system asks of a program on a terminal: to end, to step aside, or to show itself again.

use std::io;

use rustix::process::Signal as Number;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// SIGTERM, SIGINT: end, and leave the terminal in order.
    End,
    /// SIGHUP: the terminal has gone; end.
    HungUp,
    /// SIGTSTP from outside: step aside.
    StepAside,
    /// SIGCONT: the process was stopped and the screen may hold anything.
    ShowAgain,
}

/// The signals that the console listens to.
pub struct Signals {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
    stop: Signal,
    resume: Signal,
}

impl Signals {
    /// Starts to listen.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            stop: signal(SignalKind::from_raw(Number::TSTP.as_raw()))?,
            resume: signal(SignalKind::from_raw(Number::CONT.as_raw()))?,
        })
    }

    /// The next thing asked for.
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::End,
            _ = self.hang_up.recv() => Asked::HungUp,
            _ = self.interrupt.recv() => Asked::End,
            _ = self.stop.recv() => Asked::StepAside,
            _ = self.resume.recv() => Asked::ShowAgain,
        }
    }
}
