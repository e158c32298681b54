//! Two versions of a secret side by side: which keys differ, told by digests. The values themselves are not in here.

use std::fmt;

/// What differs between two versions of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The version that was written first.
    pub older: u64,
    /// The one that it is held against.
    pub newer: u64,
    /// Every key of either, by name.
    pub keys: Vec<KeyPair>,
}

/// One key in both versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPair {
    /// The key.
    pub key: String,
    /// Digest of what the older version holds under it, salted for this comparison alone; `None` where it lacks the key.
    pub older: Option<String>,
    /// The same of the newer version.
    pub newer: Option<String>,
}

/// How a key fared between the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Both hold the same value.
    Same,
    /// Both have the key, and the values differ.
    Changed,
    /// Only the newer has it.
    Added,
    /// Only the older has it.
    Removed,
}

impl KeyPair {
    /// How the key fared.
    pub fn change(&self) -> Change {
        match (&self.older, &self.newer) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            (older, newer) if older == newer => Change::Same,
            _ => Change::Changed,
        }
    }
}

impl Comparison {
    /// In a few words: `1 changed, 4 same`.
    pub fn summary(&self) -> String {
        let count = |change| self.keys.iter().filter(|pair| pair.change() == change).count();
        let told = [Change::Changed, Change::Added, Change::Removed, Change::Same]
            .map(|change| (count(change), change));
        let words: Vec<_> = told
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, change)| format!("{count} {change}"))
            .collect();
        if words.is_empty() { "neither has a key".to_owned() } else { words.join(", ") }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Removed => "removed",
        })
    }
}
