//! Prometheus' text exposition format: gauges for findings, rules, expiries and sources.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use super::Checked;
use crate::cli::report::{Finding, Source};
use crate::model::finding::State;

/// The series of one metric by their labels as written; equal labels are one series.
type Series = BTreeMap<String, f64>;

pub(super) fn exposition(checked: &Checked) -> String {
    let deployment = checked.report.deployment.name.as_str();
    let of_sources = |value: fn(&Source) -> Option<f64>| sources(checked, deployment, value);
    let exit =
        Series::from([(labels(&[("deployment", &deployment)]), f64::from(checked.tally.exit() as u8))]);
    let metrics = [
        ("vaultdeck_check_exit_code", "What check exits with: 0 ok, 1 warning, 2 critical, 3 unknown.", exit),
        ("vaultdeck_finding", "Findings by rule, severity and subject.", findings(checked, deployment)),
        ("vaultdeck_rule_state", "1 for the state that a rule is in.", rules(checked, deployment)),
        (
            "vaultdeck_expiry_seconds",
            "Seconds until something ends; negative once it has.",
            expiries(checked, deployment),
        ),
        ("vaultdeck_source_up", "1 when the latest look at the source was answered.", of_sources(up)),
        ("vaultdeck_source_age_seconds", "Age of the last good look.", of_sources(age)),
        ("vaultdeck_source_look_seconds", "How long the latest look took.", of_sources(took)),
    ];
    let mut text = String::new();
    for (name, help, series) in metrics {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in series {
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    }
    text
}

fn findings(checked: &Checked, deployment: &str) -> Series {
    let mut series = Series::new();
    for finding in &checked.report.findings {
        for found in &finding.subjects {
            let labels = labels(&[
                ("deployment", &deployment),
                ("rule", &finding.id),
                ("severity", &found.severity.name()),
                ("subject", &found.subject),
                ("acknowledged", &found.acknowledged.is_some()),
            ]);
            *series.entry(labels).or_default() += 1.0;
        }
    }
    series
}

fn rules(checked: &Checked, deployment: &str) -> Series {
    let states = [(State::Firing, "firing"), (State::Ok, "ok"), (State::Unknown, "unknown")];
    let of_rule = |finding: &Finding| {
        let (id, is) = (finding.id, finding.state);
        states.map(|(state, name)| {
            let labels = labels(&[("deployment", &deployment), ("rule", &id), ("state", &name)]);
            (labels, f64::from(u8::from(is == state)))
        })
    };
    checked.report.findings.iter().flat_map(of_rule).collect()
}

/// Of several with one name the next to end.
fn expiries(checked: &Checked, deployment: &str) -> Series {
    let mut series = Series::new();
    for ending in &checked.report.expiries {
        let labels =
            labels(&[("deployment", &deployment), ("what", &ending.what), ("subject", &ending.subject)]);
        #[expect(clippy::cast_precision_loss, reason = "a span in seconds is far below 2^52")]
        let seconds = ending.seconds as f64;
        series.entry(labels).and_modify(|next| *next = next.min(seconds)).or_insert(seconds);
    }
    series
}

fn sources(checked: &Checked, deployment: &str, value: fn(&Source) -> Option<f64>) -> Series {
    let of_source = |source: &Source| {
        Some((labels(&[("deployment", &deployment), ("source", &source.subject)]), value(source)?))
    };
    checked.report.sources.iter().filter_map(of_source).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "one of several ways to read a source")]
fn up(source: &Source) -> Option<f64> {
    Some(f64::from(u8::from(source.last_error.is_none())))
}

fn age(source: &Source) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a span in seconds is far below 2^52")]
    source.age_seconds.map(|seconds| seconds as f64)
}

#[expect(clippy::unnecessary_wraps, reason = "one of several ways to read a source")]
fn took(source: &Source) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a span in milliseconds is far below 2^52")]
    Some(source.took_ms as f64 / 1000.0)
}

/// `{name="value",…}` with values escaped.
fn labels(pairs: &[(&str, &dyn Display)]) -> String {
    let escaped = |value: &dyn Display| {
        value.to_string().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
    };
    let written: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(*value))).collect();
    format!("{{{}}}", written.join(","))
}
