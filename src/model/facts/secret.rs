//! One KV secret: versions, ages and key names. Values are never read by a look.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::Part;

/// `secret/metadata/:path` and `secret/subkeys/:path`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SecretFacts {
    /// Path below the mount.
    pub path: String,
    /// Version that a read returns; 0 when there is none.
    pub current: u64,
    /// Versions that are kept, by number.
    pub versions: BTreeMap<u64, SecretVersion>,
    /// When anything of it last changed.
    pub updated: Option<Timestamp>,
    /// How many versions are kept; the mount's default of 10 when the secret sets none.
    pub max_versions: u64,
    /// Whether a write must carry check-and-set.
    pub cas_required: bool,
    /// Free fields: `rotated_by`, `ticket`, `rotation_state`.
    pub custom_metadata: BTreeMap<String, String>,
    /// Key names of the current version.
    pub keys: Part<BTreeSet<String>>,
}

/// One version's dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecretVersion {
    /// When it was written.
    pub created: Option<Timestamp>,
    /// When it was (or will be) deleted; a deleted version can be undeleted.
    pub deleted: Option<Timestamp>,
    /// Whether it is gone for good.
    pub destroyed: bool,
}

impl SecretFacts {
    /// Dates of the current version.
    pub fn current_version(&self) -> Option<&SecretVersion> {
        self.versions.get(&self.current)
    }

    /// Whether a rotation of it has begun and not ended, as the console marks it: `rotation_state` is `started`.
    pub fn is_rotating(&self) -> bool {
        self.custom_metadata.get("rotation_state").is_some_and(|state| state == "started")
    }

    /// The version that was current at a moment, by creation times.
    pub fn version_at(&self, moment: Timestamp) -> Option<u64> {
        let written = |version: &SecretVersion| version.created.is_some_and(|created| created <= moment);
        self.versions.iter().rev().find(|(_, version)| written(version)).map(|(number, _)| *number)
    }
}
