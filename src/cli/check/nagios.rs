//! One line for Nagios and its kin: state, the worst findings, and after `|` the performance data.

use super::Checked;
use crate::cli::report::{Ending, Finding, Found};
use crate::cli::tally::Tally;
use crate::model::finding::Severity;

/// Headlines that the line has room for.
const HEADLINES: usize = 5;

/// `VAULTDECK CRITICAL - 1 critical: authentik-3 looks healthy … | critical=1;;0 …`.
pub(super) fn line(checked: &Checked) -> String {
    let said = headlines(&checked.report.findings).join("; ");
    let colon = if said.is_empty() { "" } else { ": " };
    let state = checked.state().to_uppercase();
    let said = format!("VAULTDECK {state} - {}{colon}{said}", checked.tally);
    format!("{} | {}\n", without_bars(&said), performance(checked).join(" "))
}

fn headlines(findings: &[Finding]) -> Vec<&str> {
    let mut open: Vec<&Found> = findings.iter().flat_map(Finding::open).collect();
    open.retain(|found| found.severity > Severity::Info);
    open.sort_by_key(|found| std::cmp::Reverse(found.severity));
    let mut said: Vec<&str> = open.iter().take(HEADLINES).map(|found| found.headline.as_str()).collect();
    if open.len() > HEADLINES {
        said.push("and more");
    }
    said
}

/// `label=value[unit];warn;crit;min` as the plugin guidelines have it.
fn performance(checked: &Checked) -> Vec<String> {
    let Tally { critical, high, warning, unknown, .. } = checked.tally;
    let counts = [
        format!("critical={critical};;0;0"),
        format!("high={high};0;;0"),
        format!("warning={warning};0;;0"),
        format!("unknown={unknown};;;0"),
    ];
    let expiries = checked.report.expiries.iter().map(expiry);
    counts.into_iter().chain(expiries).collect()
}

fn expiry(ending: &Ending) -> String {
    let label: String = without_bars(&ending.what).replace('=', " ").replace('\'', "''");
    format!("'{label}'={}s", ending.seconds)
}

/// A bar would begin the performance data, a line break the long output.
fn without_bars(text: &str) -> String {
    text.replace('|', "/").replace(['\n', '\r'], " ")
}
