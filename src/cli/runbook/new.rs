//! `vaultdeck runbook new`: a commented runbook to start from. An existing file is never touched.

use std::path::{Path, PathBuf};

use crate::cli::new_file;
use crate::model::runbook::built_in;
use crate::model::trouble::Trouble;

/// The runbook that a new one starts as; it is sound and only reads.
const TEMPLATE: &str = include_str!("new/template.toml");

/// Writes a new runbook and tells its file.
///
/// # Errors
/// Trouble when the name is none or taken, when the file exists already or cannot be written.
pub fn new(name: &str, file: &Path) -> Result<PathBuf, Trouble> {
    let is_id = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|character| matches!(character, 'a'..='z' | '0'..='9' | '-'));
    if !is_id {
        let trouble = Trouble::new(format!("`{name}` is no name of a runbook"));
        return Err(trouble.hint("use small letters, digits and hyphens"));
    }
    if built_in()?.iter().any(|runbook| runbook.id == name) {
        let trouble = Trouble::new(format!("the name {name} is taken by a built-in runbook"));
        return Err(trouble.hint(format!("vaultdeck runbook new my-{name}")));
    }
    new_file::write(file, &TEMPLATE.replace("NAME", name), "a runbook is never overwritten")?;
    Ok(file.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::model::runbook::Runbook;

    #[test]
    fn a_new_runbook_is_sound() {
        let folder = tempfile::tempdir().unwrap();
        let file = new("look-around", &folder.path().join("runbooks/look-around.toml")).unwrap();
        let runbook = Runbook::read(&fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(runbook.id, "look-around");
        assert_eq!(runbook.faults(), []);
    }

    #[test]
    fn an_existing_file_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        fs::write(&path, "mine").unwrap();
        assert!(new("mine", &path).unwrap_err().what.ends_with("exists already"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }

    #[test]
    fn a_name_that_cannot_be_typed_as_one_word_is_refused() {
        assert!(new("Look around", Path::new("unused")).is_err());
    }

    #[test]
    fn a_name_that_is_taken_is_refused() {
        let trouble = new("deploy", Path::new("unused")).unwrap_err();
        assert_eq!(trouble.what, "the name deploy is taken by a built-in runbook");
    }
}
