//! Small files that the console keeps for itself between two evenings: replaced as a whole, for their owner alone. What cannot
//! be read is as good as not there, for nothing rests on it.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::NamedTempFile;

use crate::model::trouble::Trouble;

/// Bytes of a TOML file that are read.
const LONGEST_TOML: u64 = 64 * 1024;

/// The bytes of a file; `None` where there is none, or it has more bytes than ours ever have.
pub fn read_state(file: &Path, most: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file).ok()?.take(most + 1).read_to_end(&mut bytes).ok()?;
    (u64::try_from(bytes.len()).unwrap_or(u64::MAX) <= most).then_some(bytes)
}

/// Puts bytes in place of what a file held; its folder is made, closed to others, where it is not there.
///
/// # Errors
/// When the folder or the file cannot be written.
pub fn replace_state(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().ok_or(io::ErrorKind::NotFound)?;
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // a temporary file is its owner's alone from the start
    let mut whole = NamedTempFile::new_in(folder)?;
    whole.write_all(bytes)?;
    whole.persist(file)?;
    Ok(())
}

/// What a file says in TOML; what it says by default where there is none, it is too long, or it cannot be understood.
pub(super) fn read_toml<T: DeserializeOwned + Default>(file: &Path) -> T {
    let text = read_state(file, LONGEST_TOML).and_then(|bytes| String::from_utf8(bytes).ok());
    toml::from_str(&text.unwrap_or_default()).unwrap_or_default()
}

/// Puts it in place of what a file says.
///
/// # Errors
/// `cannot`, with the reason, when it cannot be written.
pub(super) fn replace_toml(file: &Path, value: &impl Serialize, cannot: Trouble) -> Result<(), Trouble> {
    let text = toml::to_string(value).map_err(io::Error::other);
    text.and_then(|text| replace_state(file, text.as_bytes())).map_err(|error| cannot.because(error))
}

/// Removes a file; where it is not there, nothing is left to do.
pub fn forget_state(file: &Path) {
    let _ = fs::remove_file(file);
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_kept_is_read_back_whole_and_nobody_else_may_read_it() {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("new").join("kept");
        assert_eq!(read_state(&file, 9), None);
        for text in ["first", "second"] {
            replace_state(&file, text.as_bytes()).unwrap();
            assert_eq!(read_state(&file, 9).as_deref(), Some(text.as_bytes()));
        }
        assert_eq!(read_state(&file, 5), None, "longer than ours ever are");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        forget_state(&file);
        assert_eq!(read_state(&file, 9), None);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told() {
        let scratch = tempfile::tempdir().unwrap();
        fs::write(scratch.path().join("folder"), "no folder").unwrap();
        assert!(replace_state(&scratch.path().join("folder").join("kept"), b"x").is_err());
    }
}
