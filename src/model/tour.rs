//! The guided tour as data: what each page tells, which live facts stand beside it, which action does it, and how one sees
//! that it was done. A page that was done is never remembered: its checks ask the fleet.
//!
//! ```text
//! src/tour/*.toml ──▶ Page ──shown(fleet)──▶ what is seen now, with its reasons
//!                      └────checked(scene)──▶ ✓ holds │ ✗ does not │ ? cannot be told
//! ```

mod built_in;
mod check;
mod exhibit;

use serde::{Deserialize, Serialize};

use jiff::Timestamp;

use super::fleet::Fleet;
use super::runbook::{Scene, Standing};

pub use built_in::pages;
pub use check::{Check, Checked};
pub use exhibit::{Exhibit, Shown};

/// One page.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Its name: `approle`.
    pub id: String,
    /// What it is about, in a line.
    pub title: String,
    /// What it tells, a few short paragraphs.
    pub prose: Vec<String>,
    /// What of the fleet is seen beside it.
    pub shows: Vec<Exhibit>,
    /// The guided action that does it, by its id.
    #[serde(default)]
    pub action: Option<String>,
    /// The exercise that goes with it, by its id.
    #[serde(default)]
    pub exercise: Option<String>,
    /// By what one sees that it was done.
    pub checks: Vec<Check>,
}

/// How far a page is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    /// Every check holds.
    Done,
    /// One does not.
    Open,
    /// None fails, and one cannot be told.
    Unknown,
    /// It has none.
    Nothing,
}

impl Progress {
    /// The sign that says it without colour.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Done => "✓",
            Self::Open => "✗",
            Self::Unknown => "?",
            Self::Nothing => " ",
        }
    }
}

impl Page {
    /// The live facts that stand beside it.
    pub fn shown(&self, fleet: &Fleet, now: Timestamp) -> Vec<Shown> {
        self.shows.iter().flat_map(|exhibit| exhibit.shown(fleet, now)).collect()
    }

    /// How each of its checks stands.
    pub fn checked(&self, scene: &Scene<'_>) -> Vec<Checked> {
        self.checks.iter().map(|check| check.checked(scene)).collect()
    }

    /// How far it is done.
    pub fn progress(&self, scene: &Scene<'_>) -> Progress {
        let standings: Vec<_> = self.checks.iter().map(|check| check.judge(scene)).collect();
        match &standings[..] {
            [] => Progress::Nothing,
            all if all.iter().all(Standing::holds) => Progress::Done,
            all if all.iter().any(|standing| standing.failure().is_some()) => Progress::Open,
            _ => Progress::Unknown,
        }
    }
}
