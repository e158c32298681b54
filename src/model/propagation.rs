//! How far a secret's newest version has come: written in KV, rendered on each host, loaded by server and worker.

use serde::Serialize;

/// Which version of a secret a host's `.env` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum Rendered {
    /// The template writes the version into the file.
    Marked {
        /// That version.
        version: u64,
    },
    /// Concluded from times, because the template writes no version.
    Inferred {
        /// The likely version.
        version: u64,
        /// From what.
        because: String,
    },
    /// Not to be told.
    Unknown {
        /// Why.
        why: String,
    },
}
