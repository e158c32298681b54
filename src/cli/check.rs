//! `vaultdeck check`: the judgement for cron and monitoring. The exit code says it all; the text says why.

mod nagios;
mod prometheus;

use std::io::{self, Write};

use serde::Serialize;

use crate::cli::args::CheckFormat;
use crate::cli::exit::Exit;
use crate::cli::page;
use crate::cli::paint::Paint;
use crate::cli::report::{Ending, Finding, Report};
use crate::cli::sweep::{Reach, sweep};
use crate::cli::tally::Tally;
use crate::deck::Deck;
use crate::model::fleet::Fleet;

/// How to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How to print.
    pub format: CheckFormat,
    /// Whether a database login is proved too, and its absence counts as unknown.
    pub verify: bool,
    /// Colour of the text format.
    pub paint: Paint,
}

/// A report judged.
#[derive(Debug)]
pub struct Checked {
    /// What was seen.
    pub report: Report,
    /// Its findings counted.
    pub tally: Tally,
}

/// Name and version of `check --format json`.
const SCHEMA: &str = "vaultdeck.check/1";

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    deployment: &'a str,
    state: &'static str,
    exit: u8,
    summary: String,
    findings: &'a [Finding],
    expiries: &'a [Ending],
}

/// Looks at everything once, prints the judgement and returns it as an exit code.
///
/// # Errors
/// When it cannot be printed.
pub async fn check(
    deck: &mut Deck,
    fleet: &mut Fleet,
    options: Options,
    out: &mut impl Write,
) -> io::Result<Exit> {
    sweep(deck, fleet, if options.verify { Reach::Everything } else { Reach::Periodic }).await;
    let checked = Checked::of(Report::of(fleet, deck.now()), options.verify);
    out.write_all(checked.told(options)?.as_bytes())?;
    out.flush()?;
    Ok(checked.tally.exit())
}

impl Checked {
    /// Counts what a report says.
    pub fn of(report: Report, verify: bool) -> Self {
        let tally = Tally::of(&report.findings, verify);
        Self { report, tally }
    }

    fn told(&self, options: Options) -> io::Result<String> {
        Ok(match options.format {
            CheckFormat::Text => self.text(options.paint),
            CheckFormat::Json => self.json()?,
            CheckFormat::Nagios => nagios::line(self),
            CheckFormat::Prometheus => prometheus::exposition(self),
        })
    }

    fn text(&self, paint: Paint) -> String {
        format!("{}: {}\n{}", self.state(), self.tally, page::findings(&self.report.findings, paint))
    }

    fn json(&self) -> io::Result<String> {
        let answer = Answer {
            schema: SCHEMA,
            deployment: &self.report.deployment.name,
            state: self.state(),
            exit: self.tally.exit() as u8,
            summary: self.tally.to_string(),
            findings: &self.report.findings,
            expiries: &self.report.expiries,
        };
        Ok(serde_json::to_string_pretty(&answer)? + "\n")
    }

    /// The exit code as a word.
    fn state(&self) -> &'static str {
        match self.tally.exit() {
            Exit::Critical => "critical",
            Exit::Warning => "warning",
            Exit::Unknown => "unknown",
            _ => "ok",
        }
    }
}
