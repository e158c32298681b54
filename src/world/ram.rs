//! Files that hold a secret for the time a child needs to read it: on a file system that lives in memory, in a folder that is
//! ours alone, for the owner's eyes only, gone with whoever needed them.
//!
//! ```text
//! /dev/shm/vaultdeck-UID/      0700, else $XDG_RUNTIME_DIR/vaultdeck-ram
//!   PROCESS-MOMENT/            of one vaultdeck; the next one removes it when that one is gone
//!     RUN-step                 0600, unlinked when it is dropped
//! ```

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

use super::private_folder;
use super::process::{self, Environment};
use crate::model::trouble::Trouble;

/// What the kernel calls a tmpfs, and a ramfs.
const IN_MEMORY: [i64; 2] = [0x0102_1994, 0x8584_58f6];

/// Files that are there, for an end of this process that drops nothing.
static PRESENT: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The place for such files.
#[derive(Debug)]
pub struct Ram {
    folder: PathBuf,
}

/// A file there, unlinked when this is dropped.
#[derive(Debug)]
pub struct RamFile {
    path: PathBuf,
}

impl Ram {
    /// Finds the place and removes what vaultdecks have left there that were killed.
    ///
    /// # Errors
    /// Trouble when no file system in memory is there that we may use.
    pub fn open(environment: &Environment) -> Result<Self, Trouble> {
        let wanted = candidates(environment);
        let tried: Vec<_> = wanted.iter().map(|place| (place, usable(place))).collect();
        let Some((place, _)) = tried.iter().find(|(_, outcome)| outcome.is_ok()) else {
            let why = tried
                .iter()
                .filter_map(|(place, tried)| Some(format!("{}: {}", place.display(), tried.as_ref().err()?)));
            return Err(Trouble::new("no place in memory for a file with secrets")
                .because(why.collect::<Vec<_>>().join("; "))
                .hint("mount a tmpfs at /dev/shm, or set XDG_RUNTIME_DIR to a folder on one"));
        };
        Ok(Self::at(place))
    }

    fn at(place: &Path) -> Self {
        sweep(place);
        let number = std::process::id();
        let began = process::began(number).unwrap_or_default();
        unlink_when_panicking();
        Self { folder: place.join(format!("{number}-{began}")) }
    }

    /// The path of a file with this name.
    pub fn path(&self, name: &str) -> PathBuf {
        let plain =
            |sign: char| if sign.is_ascii_alphanumeric() || ".-_".contains(sign) { sign } else { '-' };
        self.folder.join(name.chars().map(plain).collect::<String>())
    }

    /// Writes a file that is not there yet.
    ///
    /// # Errors
    /// When it cannot be made, or there is one.
    pub fn write(&self, path: &Path, text: &str) -> io::Result<RamFile> {
        private_folder::open(&self.folder)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        present(|paths| paths.push(path.to_owned()));
        let written = RamFile { path: path.to_owned() };
        file.write_all(text.as_bytes())?;
        Ok(written)
    }
}

impl Drop for Ram {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.folder);
    }
}

impl Drop for RamFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        present(|paths| paths.retain(|path| *path != self.path));
    }
}

fn candidates(environment: &Environment) -> Vec<PathBuf> {
    let shared = PathBuf::from(format!("/dev/shm/vaultdeck-{}", rustix::process::geteuid().as_raw()));
    let runtime = environment.variable("XDG_RUNTIME_DIR");
    [shared].into_iter().chain(runtime.map(|folder| Path::new(folder).join("vaultdeck-ram"))).collect()
}

fn usable(place: &Path) -> io::Result<()> {
    private_folder::open(place)?;
    if IN_MEMORY.contains(&kind(place)?) {
        return Ok(());
    }
    let _ = fs::remove_dir(place);
    Err(io::Error::other("it lies on a disk"))
}

fn kind(place: &Path) -> io::Result<i64> {
    #[expect(clippy::useless_conversion, reason = "its width is the platform's")]
    Ok(i64::from(rustix::fs::statfs(place)?.f_type))
}

/// Removes the folders of processes that are gone.
fn sweep(place: &Path) {
    for folder in fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if owner_is_gone(&folder) {
            let _ = fs::remove_dir_all(&folder);
        }
    }
}

fn owner_is_gone(folder: &Path) -> bool {
    let owner = folder.file_name().and_then(|name| name.to_str()).and_then(|name| name.split_once('-'));
    let Some((number, began)) = owner else { return false };
    let (Ok(number), Ok(began)) = (number.parse(), began.parse::<u64>()) else { return false };
    process::began(number) != Some(began)
}

/// Where a panic ends the process, nothing is dropped.
fn unlink_when_panicking() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if cfg!(panic = "abort") {
                present(|paths| paths.drain(..).for_each(|path| drop(fs::remove_file(path))));
            }
            before(panic);
        }));
    });
}

fn present(act: impl FnOnce(&mut Vec<PathBuf>)) {
    act(&mut PRESENT.lock().unwrap_or_else(PoisonError::into_inner));
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn a_file_is_for_the_owner_alone_lies_in_memory_and_is_gone_when_dropped() {
        let ram = Ram::open(&Environment::of(&crate::config::Surroundings::here().unwrap())).unwrap();
        let path = ram.path("r1-deliver on one");
        assert!(path.to_str().unwrap().ends_with("/r1-deliver-on-one"));
        let file = ram.write(&path, "secret").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "secret");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
        assert!(IN_MEMORY.contains(&kind(&path).unwrap()));
        assert!(ram.write(&path, "another").is_err(), "a file that is there is not written over");
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_a_living_one_holds_is_not() {
        let scratch = tempfile::tempdir().unwrap();
        let number = std::process::id();
        let began = process::began(number).unwrap();
        let left = [format!("{number}-{}", began - 1), format!("{number}-{began}"), "other".to_owned()];
        for name in &left {
            fs::create_dir(scratch.path().join(name)).unwrap();
            fs::write(scratch.path().join(name).join("r1"), "secret").unwrap();
        }
        let _ram = Ram::at(scratch.path());
        let there = left.map(|name| scratch.path().join(name).exists());
        assert_eq!(there, [false, true, true]);
    }

    #[test]
    fn a_folder_on_a_disk_is_not_used() {
        let disk = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let usable = usable(&disk.path().join("ram"));
        assert!(usable.is_err() || kind(disk.path()).is_ok_and(|kind| IN_MEMORY.contains(&kind)));
    }
}
