//! What `status` prints for a person: the words of the screen's cells, one below the other.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::cli::paint::{Field, Paint, columns};
use crate::cli::report::{Acknowledged, Cells, Ending, Finding, Found, Report};
use crate::cli::tally::Tally;
use crate::model::span;
use crate::model::verdict::{Health, Verdict};

/// Expiries that are listed; the JSON has them all.
const EXPIRIES: usize = 12;

/// The whole page, ending with a line break.
pub fn page(report: &Report, paint: Paint) -> String {
    let mut text = title(report, paint);
    text.push_str(&columns(&overview(report), paint));
    section(&mut text, paint, "", &columns(&hosts(report), paint));
    section(&mut text, paint, "NEXT TO EXPIRE", &columns(&expiries(report), paint));
    let tally = Tally::of(&report.findings, false).to_string();
    section(&mut text, paint, &format!("FINDINGS   {tally}"), &findings(&report.findings, paint));
    section(&mut text, paint, "SOURCES IN TROUBLE", &columns(&troubled_sources(report), paint));
    text
}

/// Findings worst first, then what is taken on, then what could not be told.
pub fn findings(findings: &[Finding], paint: Paint) -> String {
    let rows = [fired(findings), acknowledged(findings)].concat();
    columns(&rows, paint) + &unknown(findings, paint)
}

fn title(report: &Report, paint: Paint) -> String {
    let environment = report.deployment.environment.to_string().to_uppercase();
    let at = report.at.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!(" {}   {environment}   {at}\n\n", paint.heading(&report.deployment.name))
}

fn section(text: &mut String, paint: Paint, heading: &str, body: &str) {
    if body.is_empty() {
        return;
    }
    text.push('\n');
    if !heading.is_empty() {
        let _ = writeln!(text, " {}", paint.heading(heading));
    }
    text.push_str(body);
}

fn overview(report: &Report) -> Vec<Vec<Field>> {
    let row = |name: &str, verdict: &Verdict| vec![Field::plain(name), cell(verdict)];
    let mut rows = vec![
        row("vault", &report.vault.verdict),
        row("token", &report.token.verdict),
        row("approle", &report.approle.verdict),
    ];
    rows.extend(report.secrets.iter().map(|secret| row(&secret.path, &secret.verdict)));
    if let Some(database) = &report.rds {
        rows.push(row("rds", &database.verdict));
        rows.push(row("login", &database.login));
    }
    rows
}

fn hosts(report: &Report) -> Vec<Vec<Field>> {
    if report.hosts.is_empty() {
        return Vec::new();
    }
    let heading =
        ["HOST", "SSH", "AGENT", "SECRET-ID", ".ENV", "SERVER", "WORKER"].map(Field::plain).to_vec();
    let row = |name: &str, cells: &Cells| {
        let Cells { ssh, agent, secret_id, env, server, worker } = cells;
        let verdicts = [ssh, agent, secret_id, env, server, worker];
        [vec![Field::plain(name)], verdicts.map(cell).to_vec()].concat()
    };
    [vec![heading], report.hosts.iter().map(|host| row(&host.name, &host.cells)).collect()].concat()
}

/// A cell as the screen shows it: its sign, then its words.
fn cell(verdict: &Verdict) -> Field {
    let sign = verdict.health.sign();
    let text =
        if sign.trim().is_empty() { verdict.words.clone() } else { format!("{sign} {}", verdict.words) };
    Field { text, health: verdict.health }
}

fn expiries(report: &Report) -> Vec<Vec<Field>> {
    let row = |ending: &Ending| {
        let countdown = span::between(ending.at, report.at);
        let text = if ending.seconds < 0 { format!("{countdown} ago") } else { countdown };
        vec![
            Field { text, health: ending.health },
            Field::plain(&ending.what),
            Field::plain(&ending.consequence),
        ]
    };
    report.expiries.iter().take(EXPIRIES).map(row).collect()
}

fn fired(findings: &[Finding]) -> Vec<Vec<Field>> {
    let mut open: Vec<_> =
        findings.iter().flat_map(|finding| finding.open().map(move |found| (finding, found))).collect();
    open.sort_by_key(|(_, found)| std::cmp::Reverse(found.severity));
    let row = |(finding, found): (&Finding, &Found)| {
        let health = found.severity.health();
        vec![
            Field { text: format!("{} {}", health.sign(), found.severity.name()), health },
            Field::plain(finding.id),
            Field::plain(found.fix.unwrap_or_default()),
            Field::plain(&found.headline),
        ]
    };
    open.into_iter().map(row).collect()
}

fn acknowledged(findings: &[Finding]) -> Vec<Vec<Field>> {
    let row = |finding: &Finding, what: &str, taken: &Acknowledged| {
        vec![
            Field::plain("  taken on"),
            Field::plain(finding.id),
            Field::plain(""),
            Field::plain(format!("{what} (until {}: {})", taken.until, taken.reason)),
        ]
    };
    let mut rows = Vec::new();
    for finding in findings {
        let found = finding
            .subjects
            .iter()
            .filter_map(|found| Some((found.headline.as_str(), found.acknowledged.as_ref()?)));
        let blind = finding
            .acknowledged
            .as_ref()
            .map(|taken| (finding.why.as_deref().unwrap_or(finding.title), taken));
        rows.extend(found.chain(blind).map(|(what, taken)| row(finding, what, taken)));
    }
    rows
}

/// Rules that could not tell: each reason on a line, the rules that it keeps from an answer below it.
fn unknown(findings: &[Finding], paint: Paint) -> String {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.is_blind() && finding.acknowledged.is_none()) {
        by_reason.entry(finding.why.as_deref().unwrap_or_default()).or_default().push(finding.id);
    }
    let mut text = String::new();
    for (why, rules) in by_reason {
        let unknown = paint.health(Health::Unknown, "? unknown");
        let _ = writeln!(text, " {unknown}   {why}\n             {}", paint.faint(&rules.join(" ")));
    }
    text
}

fn troubled_sources(report: &Report) -> Vec<Vec<Field>> {
    let troubled = report.sources.iter().filter_map(|source| Some((source, source.last_error.as_ref()?)));
    troubled
        .map(|(source, trouble)| {
            let seen = source
                .age_seconds
                .map_or("never seen".to_owned(), |age| format!("seen {} ago", span::words(age)));
            vec![
                Field { text: source.subject.clone(), health: Health::Warn },
                Field::plain(seen),
                Field::plain(trouble.sentence()),
                Field::plain(trouble.hint.as_deref().unwrap_or_default()),
            ]
        })
        .collect()
}
