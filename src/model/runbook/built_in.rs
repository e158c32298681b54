//! The procedures that vaultdeck brings: `src/runbooks/*.toml`, compiled in.

use std::sync::LazyLock;

use super::Runbook;
use crate::model::trouble::Trouble;

macro_rules! texts {
    ($($id:literal)*) => {
        /// Id and text of each, in the order of a deployment's life.
        const TEXTS: &[(&str, &str)] = &[$(($id, include_str!(concat!("../../runbooks/", $id, ".toml")))),*];
    };
}

texts! {
    "console-policy"
    "setup-policy"
    "setup-approle"
    "seed-secrets"
    "update-rds-endpoint"
    "deploy"
    "rotate-rds-password"
    "rotate-secret-key"
    "regenerate-secret-id"
    "ansible-policy"
    "fix-agent-auth"
    "fix-render"
    "rollback-secret"
    "undelete-secret"
    "verify-secrets"
    "security-check"
}

static BUILT_IN: LazyLock<Result<Vec<Runbook>, Trouble>> = LazyLock::new(|| {
    let read = |(id, text): &(&str, &str)| {
        Runbook::read(text)
            .map_err(|trouble| Trouble { what: format!("runbook {id}: {}", trouble.what), ..trouble })
    };
    TEXTS.iter().map(read).collect()
});

/// The procedures that vaultdeck brings, in the order of a deployment's life.
///
/// # Errors
/// Trouble when one of them is not understood, which no release has.
pub fn built_in() -> Result<&'static [Runbook], Trouble> {
    BUILT_IN.as_deref().map_err(Trouble::clone)
}
