//! A folder for vaultdeck's ssh sockets that a test has for itself: its first look connects anew, and nothing is left.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What stands in for `XDG_RUNTIME_DIR`; dropping it ends the connections in it.
pub struct Sockets(TempDir);

impl Sockets {
    /// An empty one, with a path short enough for sockets.
    pub fn own() -> Self {
        Self(tempfile::Builder::new().prefix("vd").tempdir_in("/tmp").unwrap())
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Everything in it.
    pub fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path().join("vaultdeck")).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    }

    /// Control sockets of masters.
    pub fn masters(&self) -> Vec<PathBuf> {
        self.files().into_iter().filter(|path| path.extension() == Some(OsStr::new("master"))).collect()
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        for master in self.masters() {
            let mut command = Command::new("ssh");
            command.args(["-F", "/dev/null", "-O", "exit", "-S"]).arg(master).arg("unused");
            let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
}
