//! `vaultdeck runbook new`: a commented runbook to start from. An existing file is never touched.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::model::trouble::Trouble;

/// The runbook that a new one starts as; it is sound and only reads.
const TEMPLATE: &str = include_str!("new/template.toml");

/// Writes a new runbook and tells its file.
///
/// # Errors
/// Trouble when the name is none, when the file exists already or cannot be written.
pub fn new(name: &str, file: &Path) -> Result<PathBuf, Trouble> {
    let is_id = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|character| matches!(character, 'a'..='z' | '0'..='9' | '-'));
    if !is_id {
        let trouble = Trouble::new(format!("`{name}` is no name of a runbook"));
        return Err(trouble.hint("use small letters, digits and hyphens"));
    }
    write_new(file, &TEMPLATE.replace("NAME", name))?;
    Ok(file.to_owned())
}

fn write_new(path: &Path, text: &str) -> Result<(), Trouble> {
    let unwritable = |error| Trouble::new(format!("cannot write {}", path.display())).because(error);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(unwritable)?;
    }
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Trouble::new(format!("{} exists already", path.display()))
            .because("a runbook is never overwritten")
            .hint("name another file with --output"),
        _ => unwritable(error),
    })
}

#[cfg(test)]
mod tests {
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
}
