//! Who carries a run: a lock that ends with the process, and beside it who took it, so that others can be told.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::trouble::Trouble;

/// Who carries, or last carried, a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// `jane@ansible from 10.0.0.7`.
    pub operator: String,
    /// Process id.
    pub process: u32,
    /// Since when.
    pub since: Timestamp,
}

/// The lock of a run, held until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held, not read")] File);

impl Owner {
    /// This process, for an operator.
    pub fn here(operator: &str, since: Timestamp) -> Self {
        Self { operator: operator.to_owned(), process: std::process::id(), since }
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}, process {}, since {:.0}", self.operator, self.process, self.since)
    }
}

/// Takes the lock at a path for an owner.
pub(super) fn take(path: &Path, run: &str, owner: &Owner) -> Result<Lock, Trouble> {
    let cannot = |error: &dyn std::fmt::Display| {
        Trouble::new(format!("cannot lock run {run}")).because(format!("{}: {error}", path.display()))
    };
    let mut file = opened(path).map_err(|error| cannot(&error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(held(run, who(&mut file).as_ref())),
        Err(TryLockError::Error(error)) => return Err(cannot(&error)),
    }
    let text = serde_json::to_vec(owner).map_err(|error| cannot(&error))?;
    file.set_len(0).map_err(|error| cannot(&error))?;
    file.seek(SeekFrom::Start(0)).map_err(|error| cannot(&error))?;
    file.write_all(&text).map_err(|error| cannot(&error))?;
    Ok(Lock(file))
}

/// Who holds the lock at a path; `None` when nobody does.
pub(super) fn holder(path: &Path) -> Option<Owner> {
    let mut file = File::open(path).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => who(&mut file),
        _ => None,
    }
}

fn opened(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn who(file: &mut File) -> Option<Owner> {
    let mut text = Vec::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

fn held(run: &str, owner: Option<&Owner>) -> Trouble {
    let trouble = Trouble::new(format!("run {run} is in other hands"));
    let trouble = match owner {
        Some(owner) => trouble.because(owner),
        None => trouble,
    };
    trouble.hint("it can be taken over once that process has ended")
}
