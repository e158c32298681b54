//! A program in a real pseudo-terminal: what it writes, when, and what the screen then shows.

use std::io::{Read as _, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// A running program and its screen.
pub struct Pty {
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    chunks: Receiver<(Instant, Vec<u8>)>,
    screen: vt100::Parser,
    _master: Box<dyn MasterPty + Send>,
    /// When it was started.
    pub started: Instant,
    /// Everything it has written.
    pub output: Vec<u8>,
}

impl Pty {
    /// Starts a program at a size, in a folder of its own for state.
    pub fn start(
        words: &[String],
        environment: &[(String, String)],
        folder: &Path,
        rows: u16,
        cols: u16,
    ) -> Self {
        let pair =
            native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(&words[0]);
        command.args(&words[1..]);
        command.cwd(folder);
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.env("XDG_STATE_HOME", folder);
        for (name, value) in environment {
            command.env(name, value);
        }
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let (sender, chunks) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send((Instant::now(), buffer[..count].to_vec())).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(rows.try_into().unwrap(), cols.try_into().unwrap(), 0);
        Self { child, writer, chunks, screen, _master: pair.master, started, output: Vec::new() }
    }

    /// Takes in output until the screen satisfies `enough`; the moment of the chunk that did it, or `None` at the deadline.
    pub fn until(&mut self, deadline: Duration, enough: impl Fn(&str) -> bool) -> Option<Instant> {
        let end = Instant::now() + deadline;
        loop {
            match self.chunks.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok((at, chunk)) => {
                    self.output.extend_from_slice(&chunk);
                    self.screen.process(&chunk);
                    if enough(&self.screen.screen().contents()) {
                        return Some(at);
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Takes in whatever comes during a span of time.
    pub fn listen(&mut self, span: Duration) {
        self.until(span, |_| false);
    }

    /// Types, and returns how long the first answer took.
    pub fn key(&mut self, keys: &str) -> Option<Duration> {
        let asked = Instant::now();
        self.send(keys);
        self.until(Duration::from_secs(1), |_| true).map(|at| at - asked)
    }

    /// Types without waiting for an answer.
    pub fn send(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Takes in output until the program has ended, and returns its exit code.
    pub fn ended(&mut self, deadline: Duration) -> Option<u32> {
        let end = Instant::now() + deadline;
        while Instant::now() < end {
            self.listen(Duration::from_millis(20));
            if let Ok(Some(status)) = self.child.try_wait() {
                self.listen(Duration::from_millis(50));
                return Some(status.exit_code());
            }
        }
        None
    }

    /// What the screen shows.
    pub fn contents(&self) -> String {
        self.screen.screen().contents()
    }

    /// Process id of the program itself.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
