//! The least that a ratatui program on tokio can do: one frame, then wait for `q`. The yardstick for the first frame.

use std::io::stdout;

use crossterm::event::{Event, EventStream, KeyCode};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use futures_util::StreamExt as _;
use ratatui::backend::CrosstermBackend;
use ratatui::widgets::Paragraph;
use ratatui::{Terminal, TerminalOptions};

fn main() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        enable_raw_mode()?;
        execute!(stdout(), EnterAlternateScreen)?;
        let mut terminal =
            Terminal::with_options(CrosstermBackend::new(stdout()), TerminalOptions::default())?;
        terminal.draw(|frame| frame.render_widget(Paragraph::new("empty"), frame.area()))?;
        let mut events = EventStream::new();
        while let Some(Ok(event)) = events.next().await {
            if matches!(event, Event::Key(key) if key.code == KeyCode::Char('q')) {
                break;
            }
        }
        execute!(stdout(), LeaveAlternateScreen)?;
        disable_raw_mode()
    })
}
