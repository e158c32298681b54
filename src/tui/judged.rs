//! The judgement on the fleet, passed once when the fleet changed and looked up by every key and frame after that.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::model::expiry::{self, Expiry};
use crate::model::finding::{self, Finding, Judgement, Severity, State};
use crate::model::fleet::Fleet;
use crate::model::health::{self, FlowStep};
use crate::model::last_look::Picture;
use crate::model::span;
use crate::model::verdict::{Evidence, Health, Verdict};
use crate::tui::filter::Filter;

/// A judgement holds at least this many seconds, unless the fleet changes.
const SHORTEST_SECONDS: i64 = 5;
/// And at most this many: thresholds are crossed by the passing of time too.
const LONGEST_SECONDS: i64 = 60;

/// Everything that views show of the judgement.
#[derive(Debug, Clone)]
pub struct Judged {
    /// When its words will no longer hold, by the passing of time alone.
    pub until: Timestamp,
    /// The Vault server.
    pub vault: Verdict,
    /// The operator's token.
    pub token: Verdict,
    /// The database.
    pub rds: Verdict,
    /// The injection flow, first station first.
    pub flow: Vec<FlowStep>,
    /// One row per host, in the operator's order.
    pub hosts: Vec<HostRow>,
    /// Every clock, next first.
    pub expiries: Vec<Expiry>,
    /// What is wrong, worst first, then what could not be told.
    pub findings: Vec<Listed>,
    /// All of it as it is kept for the next look.
    pub picture: Picture,
}

/// One host's row of the matrix.
#[derive(Debug, Clone)]
pub struct HostRow {
    /// The host as ssh names it.
    pub name: String,
    /// A verdict for each of [`CELLS`].
    pub cells: [Verdict; 6],
    /// The worst of them.
    pub worst: Health,
}

/// What the cells of a host's row are about.
pub const CELLS: [&str; 6] = ["ssh", "agent", "secret-id", ".env", "server", "worker"];

/// One line of the list of findings.
#[derive(Debug, Clone)]
pub enum Listed {
    /// A rule fired.
    Found(Finding),
    /// Rules that could not tell, all for the same reason; one at least.
    Unknown(Vec<Judgement>),
}

impl Judged {
    /// Passes judgement on the whole fleet.
    pub fn of(fleet: &Fleet, now: Timestamp) -> Self {
        let hosts = fleet.deployment.hosts.iter();
        let (judgements, expiries) = (finding::judge(fleet, now), expiry::expiries(fleet, now));
        let picture = Picture::of(fleet, &judgements, &expiries, now);
        let mut judged = Self {
            until: now,
            vault: health::vault(fleet, now),
            token: health::token(fleet, now),
            rds: health::rds(fleet, now),
            flow: health::flow(fleet, now),
            hosts: hosts.map(|host| HostRow::of(fleet, host, now)).collect(),
            expiries,
            findings: listed(judgements),
            picture,
        };
        judged.until = judged.holds_until(now);
        judged
    }

    /// Words that count seconds may be a little late, words that count minutes are not seen to be; so an idle console
    /// judges rarely.
    fn holds_until(&self, now: Timestamp) -> Timestamp {
        let sources = [&self.vault, &self.token, &self.rds].into_iter();
        let verdicts = sources
            .chain(self.flow.iter().map(|step| &step.verdict))
            .chain(self.hosts.iter().flat_map(|row| &row.cells));
        let changes = verdicts.filter_map(|verdict| verdict.changes).min();
        let changes = changes.unwrap_or(Timestamp::MAX).min(span::after(now, LONGEST_SECONDS));
        changes.max(span::after(now, SHORTEST_SECONDS))
    }

    /// The same with only those findings and clocks that a filter lets through.
    pub fn kept_by(&self, filter: &Filter) -> Cow<'_, Self> {
        if filter.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut kept = self.clone();
        kept.findings.retain(|listed| filter.keeps([listed.words().as_str()]));
        kept.expiries.retain(|expiry| filter.keeps([expiry.what.as_str(), &expiry.consequence]));
        Cow::Owned(kept)
    }

    /// How many findings there are of a severity.
    pub fn found(&self, severity: Severity) -> usize {
        let is_of =
            |listed: &&Listed| matches!(listed, Listed::Found(finding) if finding.severity == severity);
        self.findings.iter().filter(is_of).count()
    }

    /// How many rules could not tell.
    pub fn unknown(&self) -> usize {
        let unknown = self.findings.iter().map(|listed| match listed {
            Listed::Unknown(judgements) => judgements.len(),
            Listed::Found(_) => 0,
        });
        unknown.sum()
    }
}

impl HostRow {
    fn of(fleet: &Fleet, host: &str, now: Timestamp) -> Self {
        let cells = [
            health::ssh(fleet, host, now),
            health::agent(fleet, host, now),
            health::secret_id(fleet, host, now),
            health::env(fleet, host, now),
            health::server(fleet, host, now),
            health::worker(fleet, host, now),
        ];
        let worst = cells.iter().map(|cell| cell.health).max().unwrap_or(Health::Unknown);
        Self { name: host.to_owned(), cells, worst }
    }

    /// What a filter looks at: the host's name, and what is not well with it.
    pub fn said(&self) -> impl Iterator<Item = &str> {
        let troubles = self.cells.iter().filter(|cell| cell.health > Health::Ok);
        [self.name.as_str()].into_iter().chain(troubles.map(|cell| cell.words.as_str()))
    }
}

impl Listed {
    /// How bad it is.
    pub fn health(&self) -> Health {
        match self {
            Self::Found(finding) => finding.severity.health(),
            Self::Unknown(_) => Health::Unknown,
        }
    }

    /// The line itself.
    pub fn words(&self) -> String {
        match self {
            Self::Found(finding) => finding.headline.clone(),
            Self::Unknown(judgements) => {
                let why = judgements.first().and_then(|judgement| judgement.why.as_ref());
                let why = why.map(|why| format!(": {why}")).unwrap_or_default();
                format!("{}{why}", not_known(judgements))
            }
        }
    }

    /// What stands behind it.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Found(finding) => Verdict {
                health: finding.severity.health(),
                words: finding.headline.clone(),
                because: finding.evidence.clone(),
                so: about(finding.id).to_owned(),
                fix: finding.fix,
                changes: None,
            },
            Self::Unknown(judgements) => unknown(judgements),
        }
    }
}

fn unknown(judgements: &[Judgement]) -> Verdict {
    let verdict = Verdict::new(Health::Unknown, not_known(judgements));
    let verdict = match judgements {
        [judgement] => verdict.so(about(judgement.rule)),
        several => several.iter().fold(verdict, |verdict, judgement| {
            verdict.because(Evidence::of("not known", format!("whether {}", judgement.title)))
        }),
    };
    let unseen = judgements.first().into_iter().flat_map(|judgement| &judgement.unseen);
    unseen.fold(verdict, |verdict, unseen| {
        let source = unseen.subject.as_ref().map_or_else(|| "unseen".to_owned(), ToString::to_string);
        verdict.because(Evidence::of(&source, unseen.trouble.sentence()))
    })
}

fn not_known(judgements: &[Judgement]) -> String {
    match judgements {
        [judgement] => format!("not known whether {}", judgement.title),
        several => format!("{} things are not known", several.len()),
    }
}

fn about(rule: &str) -> &'static str {
    finding::rules().find(|known| known.id == rule).map_or("", |known| known.about)
}

/// Findings nobody has taken on, worst first; then rules that could not tell for another reason than that nobody asked; one
/// reason is one line.
fn listed(judgements: Vec<Judgement>) -> Vec<Listed> {
    let mut found: Vec<_> = judgements.iter().flat_map(Judgement::open).cloned().collect();
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let unknown = judgements.into_iter().filter(|judgement| {
        judgement.state == State::Unknown && judgement.acknowledged.is_none() && !judgement.only_not_asked()
    });
    let mut together: Vec<Vec<Judgement>> = Vec::new();
    for judgement in unknown {
        match together.iter_mut().find(|others| others[0].why == judgement.why) {
            Some(others) => others.push(judgement),
            None => together.push(vec![judgement]),
        }
    }
    found.into_iter().map(Listed::Found).chain(together.into_iter().map(Listed::Unknown)).collect()
}
