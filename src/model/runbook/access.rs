//! What a runbook's commands need of the operator's token: a path of Vault, what must be allowed there, and how it stands when
//! the plan is made.

use serde::{Deserialize, Serialize};

use super::{Standing, When};
use crate::model::command::Template;
use crate::model::facts::AccessFacts;
use crate::model::trouble::Trouble;

/// One Vault path that the operator's token must be allowed to use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Path as `sys/capabilities-self` takes it. A part that only the run finds out is `any`.
    pub path: Template,
    /// Capabilities that must all be granted.
    pub capabilities: Vec<String>,
    /// What for; shown beside the path.
    pub why: String,
    /// The policy of vaultdeck's own that grants them; where there is none, only an administrator's token has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_by: Option<String>,
    /// Only when these hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<When>,
}

impl Access {
    /// The same with its path filled; `None` where it does not apply, or where the path cannot be known yet.
    pub fn known<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> Option<Self> {
        let applies = self.when.iter().all(|when| when.holds(value));
        let path = self.path.fill(value).ok()?.plain().ok()?;
        applies.then(|| Self { path: path.as_str().into(), ..self.clone() })
    }

    /// In words: `your token may read, patch secret/data/database`.
    pub fn sentence(&self) -> String {
        format!("your token may {} {}", self.capabilities.join(", "), self.path)
    }

    /// How it stands by what Vault says of the token.
    pub fn judge(&self, granted: &Result<AccessFacts, Trouble>) -> Standing {
        let granted = match granted {
            Ok(granted) => granted,
            Err(trouble) => return Standing::unknown(trouble),
        };
        let path = self.path.to_string();
        let Some(there) = granted.granted.get(&path) else {
            let trouble = Trouble::new(format!("vault does not say what your token may do on {path}"));
            return Standing::unknown(&trouble);
        };
        let there = there.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let allowed = |capability: &&String| granted.allows(&path, capability) == Some(true);
        let lacking: Vec<&str> =
            self.capabilities.iter().filter(|one| !allowed(one)).map(String::as_str).collect();
        if lacking.is_empty() {
            return Standing::told(format!("it is granted {there}"));
        }
        let what = format!("your token may not {} {path}", lacking.join(", "));
        let because = format!("{}; granted there: {there}", self.why);
        Standing::Fails { trouble: Trouble::new(what).because(because).hint(self.way_out()) }
    }

    fn way_out(&self) -> String {
        match &self.granted_by {
            Some(policy) => format!(
                "log in with a token that carries {policy}, which `vaultdeck run console-policy` writes; or with an administrator's"
            ),
            None => "log in with an administrator's token".to_owned(),
        }
    }
}
