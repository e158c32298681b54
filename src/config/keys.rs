//! The operator's own keys: `keys.toml` in the config folder, beside the profile. What it says is for the console to
//! understand.

use std::fs;
use std::io::ErrorKind;

use crate::model::trouble::Trouble;

/// Name of the file.
const FILE: &str = "keys.toml";

/// The text of the file; none where there is no such file.
///
/// # Errors
/// Trouble when there is one that cannot be read.
pub fn own_keys() -> Result<Option<String>, Trouble> {
    let Ok(folders) = etcetera::choose_base_strategy() else { return Ok(None) };
    let path = etcetera::BaseStrategy::config_dir(&folders).join("vaultdeck").join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Trouble::new(format!("cannot read {}", path.display())).because(error)),
    }
}
