//! Where evidence is seen in the console.

use serde::Deserialize;

/// A place that can be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sight {
    /// A view by its name.
    View(String),
    /// The page of a host.
    Host(String),
    /// The log of a host's agent, or of another container there.
    Log(String),
    /// An answer to "why do you say so?", by words of its title.
    Why(String),
    /// Evidence that an answer to "why do you say so?" gives, whatever was asked about, by words of it.
    Read(String),
    /// The page of a secret, by the end of its path.
    Secret(String),
}

impl Sight {
    /// Whether the place that is looked at is this one.
    pub fn is_seen_at(&self, place: &Self) -> bool {
        match (self, place) {
            (Self::Why(words), Self::Why(title)) => title.contains(words.as_str()),
            (Self::Read(words), Self::Read(text)) => text.contains(words.as_str()),
            (Self::Secret(end), Self::Secret(path)) => path.ends_with(end.as_str()),
            (wanted, place) => wanted == place,
        }
    }
}
