//! How a condition stands: it holds, it does not, or that cannot be told. The last is never taken for the first.

use serde::{Deserialize, Serialize};

use crate::model::facts::Part;
use crate::model::trouble::Trouble;

/// How a condition stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "standing")]
pub enum Standing {
    /// It holds.
    Holds {
        /// What was seen, in words.
        told: String,
        /// What it found, where it finds something.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        found: Option<String>,
    },
    /// It does not hold.
    Fails {
        /// What was seen instead.
        trouble: Trouble,
    },
    /// It cannot be told.
    Unknown {
        /// Why.
        trouble: Trouble,
    },
}

impl Standing {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        matches!(self, Self::Holds { .. })
    }

    /// Why it does not hold, or why that cannot be told.
    pub fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Holds { .. } => None,
            Self::Fails { trouble } | Self::Unknown { trouble } => Some(trouble),
        }
    }

    /// What was seen instead, where it does not hold; a standing that cannot be told is no failure.
    pub fn failure(&self) -> Option<&Trouble> {
        match self {
            Self::Fails { trouble } => Some(trouble),
            Self::Holds { .. } | Self::Unknown { .. } => None,
        }
    }

    pub(in crate::model::runbook) fn told(told: impl Into<String>) -> Self {
        Self::Holds { told: told.into(), found: None }
    }

    pub(super) fn found(told: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Holds { told: told.into(), found: Some(found.into()) }
    }

    pub(super) fn fails(what: impl Into<String>) -> Self {
        Self::Fails { trouble: Trouble::new(what) }
    }

    pub(in crate::model::runbook) fn unknown(trouble: &Trouble) -> Self {
        Self::Unknown { trouble: trouble.clone() }
    }

    /// The standing by a part that may not have been readable.
    pub(super) fn of<T>(part: &Part<T>, judge: impl FnOnce(&T) -> Self) -> Self {
        match part {
            Ok(facts) => judge(facts),
            Err(trouble) => Self::unknown(trouble),
        }
    }
}
