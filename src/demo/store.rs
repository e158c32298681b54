//! Keeps the pretend fleet between commands: one file, replaced as a whole. Time alone needs no saving, the same time
//! passes in the same fleet again when it is loaded.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::pretend::Pretend;
use crate::model::trouble::Trouble;

/// Version of the file; a fleet of another version is not understood.
const VERSION: u32 = 1;

/// Name of the file.
const FILE: &str = "demo.json";

/// The folder that a pretend fleet lives in.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// What tells one file from the next in its place.
pub(super) type FileStamp = (u64, i64, i64);

#[derive(Deserialize)]
struct Stamp {
    version: u32,
}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    fleet: &'a Pretend,
}

#[derive(Deserialize)]
struct Read {
    fleet: Pretend,
}

impl Store {
    /// A store in a folder, which is made when it is first needed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The fleet as it was saved; `None` when there is none.
    ///
    /// # Errors
    /// Trouble when the file cannot be read, is damaged, or is of another version.
    pub fn load(&self) -> Result<Option<Pretend>, Trouble> {
        let text = match fs::read(self.file()) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.trouble("read", &error)),
        };
        let stamp: Stamp = serde_json::from_slice(&text).map_err(|error| self.damaged(&error))?;
        if stamp.version != VERSION {
            return Err(self.damaged(&format!("version {} where {VERSION} was expected", stamp.version)));
        }
        let read: Read = serde_json::from_slice(&text).map_err(|error| self.damaged(&error))?;
        Ok(Some(read.fleet))
    }

    /// Saves a fleet in place of the one before.
    ///
    /// # Errors
    /// Trouble when the folder cannot be written.
    pub fn save(&self, fleet: &Pretend) -> Result<(), Trouble> {
        let text = serde_json::to_vec(&Written { version: VERSION, fleet })
            .map_err(|error| self.trouble("write", &error))?;
        fs::create_dir_all(&self.folder).map_err(|error| self.trouble("write", &error))?;
        let mut file = NamedTempFile::new_in(&self.folder).map_err(|error| self.trouble("write", &error))?;
        file.write_all(&text).map_err(|error| self.trouble("write", &error))?;
        file.persist(self.file()).map_err(|error| self.trouble("write", &error))?;
        Ok(())
    }

    /// Tells the file as it lies there from any other that lay or will lie there; `None` when there is none.
    pub(super) fn stamp(&self) -> Option<FileStamp> {
        let file = fs::metadata(self.file()).ok()?;
        Some((file.ino(), file.mtime(), file.mtime_nsec()))
    }

    fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    fn damaged(&self, error: &dyn std::fmt::Display) -> Trouble {
        Trouble::new(format!("the pretend fleet in {} cannot be understood", self.file().display()))
            .because(error)
            .hint("`vaultdeck demo --reset` starts it anew")
    }

    fn trouble(&self, verb: &str, error: &dyn std::fmt::Display) -> Trouble {
        Trouble::new(format!("cannot {verb} the pretend fleet in {}", self.file().display()))
            .because(error)
            .hint("set XDG_STATE_HOME to a folder that can be written")
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::demo::Scenario;

    fn fleet() -> Pretend {
        Pretend::at(Timestamp::UNIX_EPOCH, &Scenario::named("trouble").unwrap(), 3, 1)
    }

    #[test]
    fn a_fleet_comes_back_as_it_was_saved() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("new"));
        assert_eq!(store.load().unwrap(), None);
        store.save(&fleet()).unwrap();
        assert_eq!(store.load().unwrap(), Some(fleet()));
    }

    #[test]
    fn a_damaged_file_is_trouble_that_says_how_to_start_anew() {
        let folder = tempfile::tempdir().unwrap();
        for text in
            ["", "{", "[]", "{\"version\":2,\"fleet\":{}}", "{\"version\":1,\"fleet\":{}}", "\u{fffd}"]
        {
            fs::write(folder.path().join(FILE), text).unwrap();
            let trouble = Store::new(folder.path()).load().unwrap_err();
            assert!(trouble.hint.unwrap().contains("--reset"), "{text}");
        }
    }
}
