//! The ledger of secret-ids, host by host: which one a host lives on, when that ends, and which ones nobody needs.
//!
//! A secret-id says whose it is only by its metadata. One without a host may be anybody's: it counts for every host.

use jiff::Timestamp;

use super::facts::{Part, RoleFacts, SecretId};
use super::span;
use super::trouble::Trouble;

/// The secret-ids that can still log in, of one role.
#[derive(Debug)]
pub struct Ledger<'a> {
    live: Vec<&'a SecretId>,
}

impl<'a> Ledger<'a> {
    /// The live ones at a moment.
    ///
    /// # Errors
    /// Why the ledger could not be read.
    pub fn of(role: &'a RoleFacts, now: Timestamp) -> Part<Self> {
        let rows = role.ledger.as_ref().map_err(Trouble::clone)?;
        Ok(Self { live: rows.iter().filter(|secret_id| secret_id.live(now)).collect() })
    }

    /// All live ones.
    pub fn live(&self) -> &[&'a SecretId] {
        &self.live
    }

    /// Live ones that carry a host's name.
    pub fn labelled(&self, host: &str) -> Vec<&'a SecretId> {
        let its = |secret_id: &&&SecretId| secret_id.host.as_deref().is_some_and(|label| names(label, host));
        self.live.iter().filter(its).copied().collect()
    }

    /// Live ones that carry no host's name.
    pub fn unlabelled(&self) -> Vec<&'a SecretId> {
        self.live.iter().filter(|secret_id| secret_id.host.is_none()).copied().collect()
    }

    /// The one of a host that lives longest: its own where it has any, else an unlabelled one.
    pub fn longest_lived(&self, host: &str) -> Option<&'a SecretId> {
        let own = self.labelled(host);
        let candidates = if own.is_empty() { self.unlabelled() } else { own };
        candidates.into_iter().max_by_key(|secret_id| secret_id.expires.unwrap_or(Timestamp::MAX))
    }
}

/// The latest moment at which an agent that uses a secret-id must log in again after it has expired, and fails.
pub fn agents_break_by(role: &RoleFacts, expires: Timestamp) -> Option<Timestamp> {
    let lives_for_good = role.token_max_ttl_seconds == 0 || role.token_period_seconds > 0;
    (!lives_for_good).then(|| span::after(expires, role.token_max_ttl_seconds))
}

/// Whether a label names a host, with or without its domain.
fn names(label: &str, host: &str) -> bool {
    let first = |name: &str| name.split('.').next().map(str::to_lowercase);
    label.eq_ignore_ascii_case(host)
        || (label.contains('.') != host.contains('.') && first(label) == first(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_names_a_host_with_or_without_its_domain() {
        assert!(names("authentik-1.example.com", "authentik-1"));
        assert!(names("authentik-1", "Authentik-1"));
        assert!(!names("authentik-1.a.example", "authentik-1.b.example"));
        assert!(!names("authentik-11", "authentik-1"));
    }
}
