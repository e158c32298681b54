//! What the cursor stands on: what can be asked about it, looked at again, or followed.

use crate::model::subject::Subject;
use crate::model::verdict::Verdict;

/// The thing under the cursor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    /// What it is, in a few words: `authentik-3 · agent`.
    pub title: String,
    /// What is said about it, and why.
    pub verdict: Option<Verdict>,
    /// What to look at again when that is asked for.
    pub subjects: Vec<Subject>,
    /// The host it lives on.
    pub host: Option<String>,
    /// The container it is.
    pub container: Option<String>,
    /// The version of a secret it is.
    pub version: Option<u64>,
    /// The key of a secret it is.
    pub key: Option<String>,
}

impl Selection {
    /// Something with a verdict.
    pub fn of(title: impl Into<String>, verdict: Verdict, subjects: Vec<Subject>) -> Self {
        let host = subjects.iter().find_map(Subject::host).map(str::to_owned);
        Self { title: title.into(), verdict: Some(verdict), subjects, host, ..Self::default() }
    }

    /// The same with its container.
    #[must_use]
    pub fn container(mut self, name: &str) -> Self {
        self.container = Some(name.to_owned());
        self
    }
}

/// Everything that is looked at on a host.
pub fn subjects_of(host: &str) -> Vec<Subject> {
    let name = || host.to_owned();
    vec![Subject::Host(name()), Subject::Containers(name()), Subject::Agent(name())]
}
