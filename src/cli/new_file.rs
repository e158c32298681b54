//! A file that vaultdeck writes for the operator: made with its folder, and never in place of another.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use crate::model::trouble::Trouble;

/// Writes a file that is not there yet; `never` says why one that is there stays.
///
/// # Errors
/// Trouble when the file exists already or cannot be written.
pub(super) fn write(path: &Path, text: &str, never: &str) -> Result<(), Trouble> {
    let unwritable = |error| Trouble::new(format!("cannot write {}", path.display())).because(error);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(unwritable)?;
    }
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Trouble::new(format!("{} exists already", path.display()))
            .because(never)
            .hint("name another file with --output"),
        _ => unwritable(error),
    })
}
