//! `vaultdeck status`: what is seen, once or on every change.

use std::io::{self, ErrorKind, Write};
use std::time::Duration;

use serde_json::Value;

use crate::cli::exit::Exit;
use crate::cli::page;
use crate::cli::paint::Paint;
use crate::cli::report::Report;
use crate::cli::sweep::{Reach, sweep};
use crate::deck::Deck;
use crate::model::fleet::Fleet;

/// Observations that come together are told together.
const SETTLE: Duration = Duration::from_millis(200);

/// Fields that move with the clock or with every look: their change alone is no news.
const MOVES_BY_ITSELF: [&str; 11] = [
    "at",
    "seconds",
    "age_seconds",
    "took_ms",
    "round_trip_ms",
    "clock_offset_seconds",
    "words",
    "because",
    "so",
    "headline",
    "evidence",
];

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A page for a person.
    Page(Paint),
    /// JSON by the schema; while watching, one document per line.
    Json,
}

/// Looks at everything once and prints it.
///
/// # Errors
/// When it cannot be printed, for another reason than that nobody reads.
pub async fn status(
    deck: &mut Deck,
    fleet: &mut Fleet,
    format: Format,
    out: &mut impl Write,
) -> io::Result<Exit> {
    sweep(deck, fleet, Reach::Periodic).await;
    let report = Report::of(fleet, deck.now());
    let text = match format {
        Format::Page(paint) => page::page(&report, paint),
        Format::Json => serde_json::to_string_pretty(&report)? + "\n",
    };
    unless_unread(print(out, &text))
}

/// Prints what is seen, and again whenever that changes, until `ending` comes or nobody reads any more.
///
/// # Errors
/// When it cannot be printed, for another reason than that nobody reads.
pub async fn watch(
    deck: &mut Deck,
    fleet: &mut Fleet,
    format: Format,
    out: &mut impl Write,
    ending: impl Future<Output = ()>,
) -> io::Result<Exit> {
    tokio::select! {
        () = ending => Ok(Exit::Ok),
        printed = print_changes(deck, fleet, format, out) => unless_unread(printed),
    }
}

async fn print_changes(
    deck: &mut Deck,
    fleet: &mut Fleet,
    format: Format,
    out: &mut impl Write,
) -> io::Result<()> {
    sweep(deck, fleet, Reach::Periodic).await;
    let mut printed = Value::Null;
    loop {
        let report = Report::of(fleet, deck.now());
        let seen = without_what_moves(serde_json::to_value(&report)?);
        if seen != printed {
            print(out, &again(&report, format, printed.is_null())?)?;
            printed = seen;
        }
        let Some(observation) = deck.observed().await else { return Ok(()) };
        fleet.record(observation);
        tokio::time::sleep(SETTLE).await;
        while let Some(observation) = deck.observed_already() {
            fleet.record(observation);
        }
    }
}

fn again(report: &Report, format: Format, is_first: bool) -> io::Result<String> {
    Ok(match format {
        Format::Page(paint) if is_first => page::page(report, paint),
        Format::Page(paint) => format!("\n{}", page::page(report, paint)),
        Format::Json => serde_json::to_string(report)? + "\n",
    })
}

fn without_what_moves(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(name, _)| !MOVES_BY_ITSELF.contains(&name.as_str()))
            .map(|(name, value)| (name, without_what_moves(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_what_moves).collect(),
        value => value,
    }
}

fn print(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Nobody reading is a wish to end, not a failure.
fn unless_unread(printed: io::Result<()>) -> io::Result<Exit> {
    match printed {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(Exit::Ok),
    }
}
