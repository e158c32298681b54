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
pub mod theme;
pub mod views;
pub mod widgets;

mod console;
mod judged;
mod log_book;
mod moving;
mod pace;
mod selection;
mod terminal;
mod text;

use std::future::Future;

use jiff::Timestamp;

use crate::deck::Opened;
use crate::model::trouble::Trouble;

use app::App;
use console::Console;
use theme::{Depth, Theme};

pub use app::Start;

/// Runs the console until the operator leaves. The first frame is drawn before `open` is begun.
///
/// # Errors
/// Trouble when there is no terminal, or it went away. That `open` failed is shown on the screen instead.
pub async fn run(
    start: Start,
    open: impl Future<Output = Result<Opened, Trouble>> + Send + 'static,
) -> Result<(), Trouble> {
    let themes = themes(start.theme.as_deref());
    let app = App::new(start, themes, Timestamp::now())?;
    let console = Console::on_terminal(app).map_err(no_terminal)?;
    console.run(open).await.map_err(no_terminal)
}

/// Every theme, the wanted one first, or the one that suits the terminal.
fn themes(wanted: Option<&str>) -> Vec<Theme> {
    let variable = |name: &str| std::env::var(name).ok();
    let mut themes = Theme::built_in(Depth::told_by(variable));
    let light =
        variable("COLORFGBG").is_some_and(|colours| colours.ends_with(";15") || colours.ends_with(";7"));
    let wanted = wanted.unwrap_or(if light { "light" } else { "dark" });
    if let Some(first) = themes.iter().position(|theme| theme.name == wanted) {
        themes.rotate_left(first);
    }
    themes
}

fn no_terminal(error: std::io::Error) -> Trouble {
    Trouble::new("cannot use the terminal")
        .because(error)
        .hint("run it in a terminal, or use `vaultdeck status`")
}
