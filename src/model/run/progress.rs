//! How far one errand is.

use serde::Serialize;

use crate::model::trouble::Trouble;

/// How far one errand is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Progress {
    /// It has not begun.
    Pending,
    /// It has begun, and its end was not seen.
    InHand,
    /// It has acted, and what it waits for has not come yet.
    Acted,
    /// It is done.
    Done,
    /// It is left out.
    Skipped {
        /// Why.
        because: String,
    },
    /// It was definitely refused: it did not happen.
    Refused {
        /// By what.
        trouble: Trouble,
    },
    /// It failed in a way that leaves open whether it happened: its check tells.
    Lost {
        /// How.
        trouble: Trouble,
    },
    /// It has acted, and what it waits for did not come in time.
    Unreached {
        /// What was seen instead.
        trouble: Trouble,
    },
    /// It asserts something that does not hold, or of which that cannot be told.
    Unmet {
        /// What was seen, or why nothing was.
        trouble: Trouble,
        /// Whether it certainly does not hold.
        known: bool,
    },
    /// Its check could not tell whether it happened.
    Doubt {
        /// What was found.
        trouble: Trouble,
    },
    /// Its undoing has begun, and the end of that was not seen.
    Undoing,
    /// It is undone.
    Undone,
    /// It could not be undone.
    UndoFailed {
        /// Why.
        trouble: Trouble,
    },
}

impl Progress {
    /// Whether nothing more is to be done for it on the way forward.
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Done | Self::Skipped { .. } | Self::Unmet { .. })
    }

    /// Whether nobody knows if it happened, and its check is to be asked.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::InHand | Self::Lost { .. })
    }

    /// Whether it has certainly acted.
    pub fn has_acted(&self) -> bool {
        matches!(self, Self::Acted | Self::Done | Self::Unreached { .. })
    }

    /// What is wrong with it, whether or not anybody must decide about it.
    pub fn failure(&self) -> Option<&Trouble> {
        match self {
            Self::Unmet { trouble, .. } => Some(trouble),
            progress => progress.trouble(),
        }
    }

    /// What the operator must decide about.
    pub fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Refused { trouble }
            | Self::Unreached { trouble }
            | Self::Doubt { trouble }
            | Self::UndoFailed { trouble } => Some(trouble),
            _ => None,
        }
    }
}
