//! A folder that is ours alone: nobody else may look inside, put something there, or lead us somewhere else by its name.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::Path;

/// Makes the folder, or makes sure that an existing one is a folder, ours, and closed to others.
///
/// # Errors
/// When it is somebody else's, open to others, or no folder at all.
pub(super) fn open(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = fs::symlink_metadata(path)?;
    let ours = found.uid() == rustix::process::geteuid().as_raw();
    let others_may = found.mode() & 0o077;
    if found.is_dir() && ours && others_may == 0 {
        return Ok(());
    }
    Err(io::Error::new(ErrorKind::PermissionDenied, "not ours alone"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_that_others_may_enter_is_not_used() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("ours");
        assert!(open(&folder).is_ok());
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(open(&folder).is_err());
    }

    #[test]
    fn a_link_into_somebody_elses_folder_is_not_followed() {
        let scratch = tempfile::tempdir().unwrap();
        let link = scratch.path().join("link");
        std::os::unix::fs::symlink(scratch.path(), &link).unwrap();
        assert!(open(&link).is_err());
    }
}
