//! The face on a terminal. The loop takes one message at a time, hands the effects on without waiting for them, and
//! draws when no message waits and something changed.
//!
//! ```text
//! terminal, signals ─┐
//! log lines ─────────┼─▶ Message ──▶ App::update ──▶ Effects ──▶ Deck
//! observations ──────┘                    └──▶ judge (once per frame) ──▶ views::draw
//! ```

pub mod app;
pub mod canvas;
pub mod keymap;
pub mod sharing;
pub mod spots;
pub mod theme;
pub mod views;
pub mod widgets;

mod console;
mod filter;
mod fuzzy;
mod judged;
mod lesson;
mod log_book;
mod moving;
mod order;
mod pace;
mod selection;
mod terminal;
mod text;

use std::future::Future;

use jiff::Timestamp;

use crate::config;
use crate::deck::Opened;
use crate::model::trouble::Trouble;

use app::App;
use console::Console;
use theme::{Depth, Theme};

pub use app::Start;

/// A console whose first frame stands already.
pub struct Shown {
    console: Console,
    own: Option<String>,
}

/// Takes the terminal and draws the first frame. Needs no runtime: starting one would make the operator wait.
///
/// # Errors
/// Trouble when there is no terminal.
pub fn show(start: Start) -> Result<Shown, Trouble> {
    let depth = Depth::told_by(variable);
    let chosen = start.theme.clone().or_else(config::chosen_theme);
    let (theme, own) = first_theme(chosen, depth).ok_or_else(|| Trouble::new("no theme can be read"))?;
    let start = Start { alone: terminal::is_alone(), ..start };
    let app = App::new(start, theme, Timestamp::now());
    let console = Console::on_terminal(app, depth).map_err(no_terminal)?;
    Ok(Shown { console, own })
}

/// The theme of the first frame, which waits for no other; and the name of the operator's own that is to follow it.
fn first_theme(chosen: Option<String>, depth: Depth) -> Option<(Theme, Option<String>)> {
    if let Some(theme) = chosen.as_ref().and_then(|name| Theme::named(name, depth)) {
        return Some((theme, None));
    }
    Some((Theme::named(suiting_theme(), depth)?, chosen))
}

impl Shown {
    /// Opens the deployment, and runs the console until the operator leaves.
    ///
    /// # Errors
    /// Trouble when the terminal went away. That `open` failed is shown on the screen instead.
    pub async fn run(
        self,
        open: impl Future<Output = Result<Opened, Trouble>> + Send + 'static,
    ) -> Result<(), Trouble> {
        let Self { console, own } = self;
        console.run(open, own).await.map_err(no_terminal)
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The theme for the background that the terminal tells of.
fn suiting_theme() -> &'static str {
    let light =
        variable("COLORFGBG").is_some_and(|colours| colours.ends_with(";15") || colours.ends_with(";7"));
    if light { "light" } else { "dark" }
}

fn no_terminal(error: std::io::Error) -> Trouble {
    Trouble::new("cannot use the terminal")
        .because(error)
        .hint("run it in a terminal, or use `vaultdeck status`")
}
