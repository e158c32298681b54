//! `vaultdeck man`: the manual pages, made from the same table as the command line and its help.

use std::fs;
use std::path::Path;

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::args::Arguments;
use crate::model::trouble::Trouble;

/// The page of the program itself, in roff.
///
/// # Errors
/// Trouble when it cannot be written.
pub fn page() -> Result<Vec<u8>, Trouble> {
    let mut page = Vec::new();
    let written = Man::new(Arguments::command().disable_help_subcommand(true)).render(&mut page);
    written.map_err(|error| Trouble::new("cannot write the manual page").because(error))?;
    Ok(page)
}

/// Writes the page of every command into a folder: `vaultdeck.1`, `vaultdeck-runs-show.1`.
///
/// # Errors
/// Trouble when the folder cannot be made or written.
pub fn pages(folder: &Path) -> Result<(), Trouble> {
    let unwritable = |error| Trouble::new(format!("cannot write {}", folder.display())).because(error);
    fs::create_dir_all(folder).map_err(unwritable)?;
    clap_mangen::generate_to(Arguments::command(), folder).map_err(unwritable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_examples() {
        let folder = tempfile::tempdir().unwrap();
        pages(folder.path()).unwrap();
        for name in ["vaultdeck", "vaultdeck-check", "vaultdeck-runs-resume", "vaultdeck-config"] {
            let page = fs::read_to_string(folder.path().join(format!("{name}.1"))).unwrap();
            assert!(page.contains(".SH SYNOPSIS") && page.contains("Examples:"), "{name}: {page}");
        }
        let page = String::from_utf8(page().unwrap()).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("vaultdeck.1")).unwrap(), page);
    }
}
