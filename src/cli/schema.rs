//! `vaultdeck schema`: the JSON Schemas of the files that vaultdeck reads and of what it prints. They lie beside what they
//! describe; `tests/schemas.rs` holds them to what is really accepted.

use super::args::Schema;

impl Schema {
    /// Its text.
    pub fn text(self) -> &'static str {
        match self {
            Self::Profile => include_str!("../config/profile.schema.json"),
            Self::Runbook => include_str!("../runbooks/runbook.schema.json"),
            Self::Theme => include_str!("../../themes/theme.schema.json"),
            Self::Status => include_str!("status.schema.json"),
        }
    }
}
