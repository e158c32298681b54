//! The secrets that a run has in hand: in memory only, wiped when dropped, never printed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

type Key = (Option<String>, String);

/// A value shorter than this is not looked for in what is printed: it would blot out half of every text.
const SHORTEST_REDACTED: usize = 6;

/// Secrets by host and name, shared by those who carry one run.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Mutex<BTreeMap<Key, Zeroizing<String>>>>);

/// The secrets that one order may use.
#[derive(Clone, Default)]
pub struct Held(BTreeMap<String, Zeroizing<String>>);

impl Secrets {
    /// Keeps a secret of a host, or of the whole run.
    pub fn keep(&self, host: Option<&str>, name: &str, value: Zeroizing<String>) {
        self.with(|all| all.insert((host.map(str::to_owned), name.to_owned()), value));
    }

    /// Forgets a secret.
    pub fn forget(&self, host: Option<&str>, name: &str) {
        self.with(|all| all.remove(&(host.map(str::to_owned), name.to_owned())));
    }

    /// Forgets everything.
    pub fn forget_all(&self) {
        self.with(BTreeMap::clear);
    }

    /// What an order for a host may use: the host's own, then those of the whole run.
    pub fn held_for(&self, host: Option<&str>, names: impl IntoIterator<Item = impl AsRef<str>>) -> Held {
        let found = |name: String| {
            let of = |host: Option<&str>| {
                let key = (host.map(str::to_owned), name.clone());
                self.with(|all| all.get(&key).cloned())
            };
            let value = host.and_then(|host| of(Some(host))).or_else(|| of(None))?;
            Some((name, value))
        };
        Held(names.into_iter().filter_map(|name| found(name.as_ref().to_owned())).collect())
    }

    /// A text in which every secret in hand is replaced by its name.
    pub fn redacted(&self, text: &str) -> String {
        self.with(|all| {
            let mut values: Vec<_> =
                all.iter().filter(|(_, value)| value.len() >= SHORTEST_REDACTED).collect();
            values.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
            values.into_iter().fold(text.to_owned(), |text, ((_, name), value)| {
                text.replace(value.as_str(), &format!("[{name}]"))
            })
        })
    }

    /// Whether a text holds one of them.
    pub fn stand_in(&self, text: &str) -> bool {
        self.with(|all| {
            all.values().any(|value| value.len() >= SHORTEST_REDACTED && text.contains(value.as_str()))
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<Key, Zeroizing<String>>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Held {
    /// A secret by its name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_str())
    }

    /// Puts one more beside the others.
    #[must_use]
    pub fn and(mut self, name: &str, value: Zeroizing<String>) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secrets([REDACTED])")
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[test]
    fn a_host_sees_its_own_secret_before_that_of_the_run_and_never_that_of_another_host() {
        let secrets = Secrets::default();
        secrets.keep(None, "A", secret("of the run"));
        secrets.keep(Some("one"), "A", secret("of one"));
        secrets.keep(Some("two"), "B", secret("of two"));
        let one = secrets.held_for(Some("one"), ["A", "B"]);
        assert_eq!((one.get("A"), one.get("B")), (Some("of one"), None));
        assert_eq!(secrets.held_for(None, ["A"]).get("A"), Some("of the run"));
    }

    #[test]
    fn a_secret_is_replaced_by_its_name_and_never_printed() {
        let secrets = Secrets::default();
        secrets.keep(None, "PASSWORD", secret("hunter2hunter2"));
        secrets.keep(None, "PART", secret("hunter2"));
        assert_eq!(secrets.redacted("login hunter2hunter2 refused"), "login [PASSWORD] refused");
        assert!(secrets.stand_in("x hunter2 y") && !secrets.stand_in("nothing"));
        let told = format!("{secrets:?} {:?}", secrets.held_for(None, ["PASSWORD"]));
        assert!(!told.contains("hunter2"), "{told}");
    }
}
