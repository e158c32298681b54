//! `vaultdeck init`: shows what it finds and writes a commented profile from it. An existing file is never touched.

use std::io::Write;
use std::path::Path;

use crate::cli::new_file;
use crate::config::{Surroundings, look_around};
use crate::model::trouble::Trouble;

/// Looks around, writes the profile and tells what was found.
///
/// # Errors
/// Trouble when the file exists already or cannot be written.
pub fn init(name: &str, output: &Path, out: &mut impl Write) -> Result<(), Trouble> {
    let discovery = look_around(&Surroundings::here()?);
    new_file::write(output, &discovery.profile(name), "init never overwrites")?;
    let mut report = discovery.report();
    report.push(format!("\nwrote {}; read it, then run `vaultdeck status`", output.display()));
    writeln!(out, "{}", report.join("\n")).map_err(|error| Trouble::new("cannot print").because(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_profile_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vaultdeck.toml");
        std::fs::write(&path, "mine").unwrap();
        let trouble = init("shared", &path, &mut Vec::new()).unwrap_err();
        assert!(trouble.what.ends_with("exists already"), "{trouble}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }
}
