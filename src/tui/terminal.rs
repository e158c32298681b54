//! The terminal: taken when the console starts, given back when it ends, however it ends.
//!
//! ```text
//! enter ──▶ raw, alternate screen ──draw──▶ one bracketed write per frame
//!   ▲                │ quit, error, panic, SIGTERM, SIGHUP ──▶ leave
//!   └── SIGCONT ◀── SIGSTOP ◀── leave ◀── ctrl-z
//! ```

mod announcement;
mod bracketed;
mod clipboard;
mod signals;

use std::io::{self, IsTerminal as _, Stdout, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{MoveTo, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::style::Print;
use crossterm::terminal::{
    Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode, size,
};
use ratatui::Frame;
use ratatui::layout::{Rect, Size};
use rustix::event::{PollFd, PollFlags, Timespec};

pub use announcement::Announcement;
pub use bracketed::Bracketed;
use clipboard::Between;
pub use clipboard::MOST_COPIED;
pub use signals::{Asked, Signals};

/// Whether the terminal is ours at the moment; read by the panic hook.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether its mouse is ours, while the terminal is.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Clicks and the wheel, in a form without limits. Not every movement: over a slow line that would be a flood.
const MOUSE_ON: Print<&str> = Print("\x1b[?1000h\x1b[?1006h");
/// No clicks any more.
const MOUSE_OFF: Print<&str> = Print("\x1b[?1006l\x1b[?1000l");

/// Whether its clipboard may hold a secret that we sent.
static HOLDS_SECRET: AtomicBool = AtomicBool::new(false);

/// The operator's terminal while it is ours. Dropping it gives it back.
pub struct Terminal {
    screen: ratatui::Terminal<Bracketed<Stdout>>,
    /// Whether keys come from standard input; else they come from the controlling terminal.
    keys_on_stdin: bool,
}

impl Terminal {
    /// Takes the terminal, and sees to it that a panic gives it back.
    ///
    /// # Errors
    /// When standard output is no terminal or cannot be written.
    pub fn enter() -> io::Result<Self> {
        give_back_on_panic();
        let (width, height) = size()?;
        take()?;
        let screen = ratatui::Terminal::new(Bracketed::new(io::stdout(), Size::new(width, height)))?;
        Ok(Self { screen, keys_on_stdin: io::stdin().is_terminal() })
    }

    /// Whether the terminal has hung up. It is asked before keys are read: what reads them takes the end of a terminal for no
    /// key yet, and tries again for ever.
    pub fn is_gone(&self) -> bool {
        let stdin = rustix::stdio::stdin();
        let mut watched = [PollFd::new(&stdin, PollFlags::empty())];
        let asked = rustix::event::poll(&mut watched, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
        let gone = PollFlags::HUP | PollFlags::ERR;
        self.keys_on_stdin && asked.is_ok() && watched[0].revents().intersects(gone)
    }

    /// Draws one frame; what did not change since the last one is not written.
    ///
    /// # Errors
    /// When the terminal cannot be written any more.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.screen.draw(view).map(|_| ())
    }

    /// Takes note of a new size; the next frame is drawn whole.
    ///
    /// # Errors
    /// When the terminal cannot be written any more.
    pub fn resize(&mut self, width: u16, height: u16) -> io::Result<()> {
        self.screen.backend_mut().resized(Size::new(width, height));
        // Not `clear()`: that one asks the terminal where the cursor is, and the answer lands among the keys.
        self.screen.resize(Rect::new(0, 0, width, height))
    }

    /// Sees to it that the next frame is drawn whole, over whatever else has written to the terminal.
    ///
    /// # Errors
    /// When the terminal cannot be written any more.
    pub fn redraw(&mut self) -> io::Result<()> {
        let Size { width, height } = self.screen.size()?;
        self.resize(width, height)
    }

    /// Gives the terminal back, stops this process, and takes the terminal again when it is continued.
    ///
    /// # Errors
    /// When the terminal cannot be taken again.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)?;
        self.resume()
    }

    /// Takes the terminal again after somebody else stopped and continued this process.
    ///
    /// # Errors
    /// When the terminal cannot be taken again.
    pub fn resume(&mut self) -> io::Result<()> {
        // Whoever stopped us may have changed the modes; they are only set again when they were given up before.
        disable_raw_mode()?;
        take()?;
        let (width, height) = size()?;
        self.resize(width, height)
    }
}

/// Whether this process began its session: then there is no shell that would continue it once it is stopped.
pub fn is_alone() -> bool {
    rustix::process::getsid(None).is_ok_and(|session| session == rustix::process::getpid())
}

/// Asks the terminal for clicks, or leaves them to it again.
///
/// # Errors
/// When the terminal cannot be written any more.
pub fn take_mouse(taken: bool) -> io::Result<()> {
    MOUSE.store(taken, Ordering::SeqCst);
    if taken { execute!(io::stdout(), MOUSE_ON) } else { execute!(io::stdout(), MOUSE_OFF) }
}

/// Sends a secret to the terminal's clipboard. Whether it took it cannot be known; it is cleared at the latest when the
/// terminal is given back.
///
/// # Errors
/// When the terminal cannot be written any more.
pub fn copy_secret(text: &str) -> io::Result<()> {
    HOLDS_SECRET.store(true, Ordering::SeqCst);
    send_to_clipboard(text)
}

/// Sends lines of a log to the terminal's clipboard, to stay there. A secret that it holds is still cleared when its time has
/// come: nobody knows whether these lines took its place.
///
/// # Errors
/// When the terminal cannot be written any more.
pub fn copy_lines(text: &str) -> io::Result<()> {
    send_to_clipboard(text)
}

/// Clears the terminal's clipboard.
///
/// # Errors
/// When the terminal cannot be written any more.
pub fn clear_clipboard() -> io::Result<()> {
    HOLDS_SECRET.store(false, Ordering::SeqCst);
    send_to_clipboard("")
}

/// Asks the terminal to call the operator. Whether it does cannot be known.
///
/// # Errors
/// When the terminal cannot be written any more.
pub fn announce(announcement: &Announcement) -> io::Result<()> {
    send(&announcement.bytes(Between::told_by(|name| std::env::var(name).ok())))
}

fn send_to_clipboard(text: &str) -> io::Result<()> {
    let between = Between::told_by(|name| std::env::var(name).ok());
    between.copying(text).map_or(Ok(()), |bytes| send(&bytes))
}

/// Past the buffer of standard output, in which a secret would stay behind.
fn send(bytes: &[u8]) -> io::Result<()> {
    io::stdout().flush()?;
    let mut rest = bytes;
    while !rest.is_empty() {
        let written = rustix::io::retry_on_intr(|| rustix::io::write(rustix::stdio::stdout(), rest))?;
        rest = rest.get(written..).unwrap_or_default();
    }
    Ok(())
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

fn take() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    // a terminal may have no other screen: what stands on it is not ours, and is in the way
    execute!(io::stdout(), EnterAlternateScreen, Clear(ClearType::All), EnableBracketedPaste)?;
    if MOUSE.load(Ordering::SeqCst) { execute!(io::stdout(), MOUSE_ON) } else { Ok(()) }
}

/// Errors are of no use here: the terminal may be gone, and that is then the reason why we leave.
fn give_back() {
    if HOLDS_SECRET.swap(false, Ordering::SeqCst) {
        let _ = send_to_clipboard("");
    }
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        if MOUSE.load(Ordering::SeqCst) {
            let _ = execute!(out, MOUSE_OFF);
        }
        let _ = execute!(out, EndSynchronizedUpdate, DisableBracketedPaste);
        // nor may anything of ours stay where there is no other screen, least of all a value that was shown
        let _ = execute!(out, Clear(ClearType::All), MoveTo(0, 0), LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
        let _ = out.flush();
    }
}

/// A panic in a spawned task would leave the console running on a terminal that is no longer ours, so the process ends
/// there, whichever thread it was.
fn give_back_on_panic() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let ours = TAKEN.load(Ordering::SeqCst);
        give_back();
        report(panic);
        if ours {
            std::process::exit(101);
        }
    }));
}
