//! Prometheus' text exposition format: gauges for findings, rules, expiries and sources.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::time::Duration;

use super::Checked;
use crate::cli::report::{Finding, Report, Source};
use crate::model::finding::State;

/// The series of one metric by their labels as written; equal labels are one series.
type Series<V> = BTreeMap<String, V>;

pub(super) fn exposition(checked: &Checked) -> String {
    let report = &checked.report;
    let exit = Series::from([(labels(report, &[]), checked.tally.exit() as u8)]);
    let is_up = |source: &Source| Some(u8::from(source.last_error.is_none()));
    let took = |source: &Source| Some(Duration::from_millis(source.took_ms).as_secs_f64());
    [
        family("check_exit_code", "What check exits with: 0 ok, 1 warning, 2 critical, 3 unknown.", exit),
        family("finding", "Findings by rule, severity and subject.", findings(report)),
        family("rule_state", "1 for the state that a rule is in.", rules(report)),
        family("expiry_seconds", "Seconds until something ends; negative once it has.", expiries(report)),
        family("source_up", "1 when the latest look at the source was answered.", sources(report, is_up)),
        family(
            "source_age_seconds",
            "Age of the last good look.",
            sources(report, |source| source.age_seconds),
        ),
        family("source_look_seconds", "How long the latest look took.", sources(report, took)),
    ]
    .concat()
}

fn family<V: Display>(name: &str, help: &str, series: Series<V>) -> String {
    let mut text = format!("# HELP vaultdeck_{name} {help}\n# TYPE vaultdeck_{name} gauge\n");
    for (labels, value) in series {
        let _ = writeln!(text, "vaultdeck_{name}{labels} {value}");
    }
    text
}

fn findings(report: &Report) -> Series<u64> {
    let mut series = Series::new();
    for finding in &report.findings {
        for found in &finding.subjects {
            let labels = labels(
                report,
                &[
                    ("rule", &finding.id),
                    ("severity", &found.severity.name()),
                    ("subject", &found.subject),
                    ("acknowledged", &found.acknowledged.is_some()),
                ],
            );
            *series.entry(labels).or_default() += 1;
        }
    }
    series
}

fn rules(report: &Report) -> Series<u8> {
    let states = [(State::Firing, "firing"), (State::Ok, "ok"), (State::Unknown, "unknown")];
    let of_rule = |finding: &Finding| {
        let (id, is) = (finding.id, finding.state);
        states
            .map(|(state, name)| (labels(report, &[("rule", &id), ("state", &name)]), u8::from(is == state)))
    };
    report.findings.iter().flat_map(of_rule).collect()
}

/// Of several with one name the next to end.
fn expiries(report: &Report) -> Series<i64> {
    let mut series = Series::new();
    for ending in &report.expiries {
        let labels = labels(report, &[("what", &ending.what), ("subject", &ending.subject)]);
        let next = series.entry(labels).or_insert(ending.seconds);
        *next = ending.seconds.min(*next);
    }
    series
}

fn sources<V>(report: &Report, value: impl Fn(&Source) -> Option<V>) -> Series<V> {
    let of_source = |source: &Source| Some((labels(report, &[("source", &source.subject)]), value(source)?));
    report.sources.iter().filter_map(of_source).collect()
}

/// `{deployment="…",name="value",…}` with values escaped.
fn labels(report: &Report, more: &[(&str, &dyn Display)]) -> String {
    let escaped = |value: &dyn Display| {
        value.to_string().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
    };
    let deployment: (&str, &dyn Display) = ("deployment", &report.deployment.name);
    let written: Vec<String> = std::iter::once(&deployment)
        .chain(more)
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(*value)))
        .collect();
    format!("{{{}}}", written.join(","))
}
