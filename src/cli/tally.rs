//! The findings counted, and what the shell is told of them.

use std::fmt;

use crate::cli::exit::Exit;
use crate::cli::report::Finding;
use crate::model::finding::Severity;

/// How many findings nobody has taken on, by severity, and how many rules could not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Hurts now.
    pub critical: usize,
    /// Hurts somebody soon, or hides something that hurts.
    pub high: usize,
    /// Will hurt later.
    pub warning: usize,
    /// Worth knowing; never alarms.
    pub info: usize,
    /// Rules that miss a signal.
    pub unknown: usize,
    /// Rules that miss only a look that nobody asked for; they do not alarm.
    pub not_asked: usize,
    /// Findings and unknowns that the profile takes on; they do not alarm.
    pub acknowledged: usize,
}

impl Tally {
    /// Counts findings. What is not asked counts as unknown once it was meant to be asked.
    pub fn of(findings: &[Finding], asked_everything: bool) -> Self {
        let mut tally = Self::default();
        for finding in findings {
            tally.count_found(finding);
            tally.count_blind(finding, asked_everything);
        }
        tally
    }

    /// Critical over warning over unknown. High is a warning to monitoring: it will hurt, and has not yet.
    pub fn exit(&self) -> Exit {
        match self {
            Self { critical: 1.., .. } => Exit::Critical,
            Self { high: 1.., .. } | Self { warning: 1.., .. } => Exit::Warning,
            Self { unknown: 1.., .. } => Exit::Unknown,
            _ => Exit::Ok,
        }
    }

    fn count_found(&mut self, finding: &Finding) {
        self.acknowledged += finding.subjects.len() - finding.open().count();
        for found in finding.open() {
            *match found.severity {
                Severity::Critical => &mut self.critical,
                Severity::High => &mut self.high,
                Severity::Warning => &mut self.warning,
                Severity::Info => &mut self.info,
            } += 1;
        }
    }

    fn count_blind(&mut self, finding: &Finding, asked_everything: bool) {
        if !finding.is_blind() {
            return;
        }
        *if finding.acknowledged.is_some() {
            &mut self.acknowledged
        } else if finding.not_asked && !asked_everything {
            &mut self.not_asked
        } else {
            &mut self.unknown
        } += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.critical, "critical"),
            (self.high, "high"),
            (self.warning, "warning"),
            (self.info, "info"),
            (self.unknown, "unknown"),
            (self.acknowledged, "acknowledged"),
        ];
        let told: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        formatter.write_str(if told.is_empty() { "none" } else { "" })?;
        formatter.write_str(&told.join(", "))
    }
}
