//! The journal of one run: a line of JSON per event, each carrying a hash over itself and everything before it. A line counts
//! once it is synced; what a crash left of the last one is cut off and told.
//!
//! ```text
//! {"journal":"vaultdeck.run/1","run":"…"}
//! {"hash":"sha256(hash before ‖ entry)","entry":{"at":…,"event":{…}}}
//! ```

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::model::run::{Entry, RunEvent};
use crate::model::trouble::Trouble;

/// What stands around hash and entry.
const BEFORE_HASH: &str = "{\"hash\":\"";
const BEFORE_ENTRY: &str = "\",\"entry\":";

/// Characters of a hash.
const HASH_LENGTH: usize = 64;

/// A journal that can be written to.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    hash: String,
    /// Bytes up to which everything is sound.
    sound: u64,
}

/// What a journal tells.
#[derive(Debug)]
pub struct Recovered {
    /// Every event, oldest first.
    pub entries: Vec<Entry>,
    /// Set when an unfinished last line had to be left out.
    pub torn: Option<Trouble>,
    hash: String,
    sound: u64,
}

impl Journal {
    /// Begins the journal of a new run.
    ///
    /// # Errors
    /// Trouble when it exists already or cannot be written.
    pub fn begin(path: &Path, run: &str) -> Result<Self, Trouble> {
        let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(path);
        let file = file.map_err(|error| cannot("begin", path, &error))?;
        let mut journal = Self { file, path: path.to_owned(), hash: String::new(), sound: 0 };
        let head = head(run);
        journal.append(&head)?;
        journal.sync()?;
        journal.hash = hashed("", &head);
        Ok(journal)
    }

    /// Opens the journal of a run to go on with it. An unfinished last line is cut off.
    ///
    /// # Errors
    /// Trouble when it cannot be read or written, or its chain is broken.
    pub fn resume(path: &Path, run: &str) -> Result<(Self, Recovered), Trouble> {
        let recovered = Recovered::read(path, run)?;
        let file =
            OpenOptions::new().append(true).open(path).map_err(|error| cannot("open", path, &error))?;
        if recovered.torn.is_some() {
            file.set_len(recovered.sound).map_err(|error| cannot("mend", path, &error))?;
        }
        let (hash, sound) = (recovered.hash.clone(), recovered.sound);
        Ok((Self { file, path: path.to_owned(), hash, sound }, recovered))
    }

    /// Writes an event down. It counts when this returns: all but a line of output is on the disk then.
    ///
    /// # Errors
    /// Trouble when it cannot be written; then it did not happen, and what was to follow must not.
    pub fn write(&mut self, entry: &Entry) -> Result<(), Trouble> {
        let text = serde_json::to_string(entry).map_err(|error| self.unwritten(&error))?;
        let hash = hashed(&self.hash, &text);
        self.append(&format!("{BEFORE_HASH}{hash}{BEFORE_ENTRY}{text}}}"))?;
        if !matches!(entry.event, RunEvent::Output { .. }) {
            self.sync()?;
        }
        self.hash = hash;
        Ok(())
    }

    /// A line goes in whole or not at all.
    fn append(&mut self, line: &str) -> Result<(), Trouble> {
        let line = format!("{line}\n");
        if let Err(error) = self.file.write_all(line.as_bytes()) {
            let _ = self.file.set_len(self.sound);
            return Err(self.unwritten(&error));
        }
        self.sound += u64::try_from(line.len()).unwrap_or_default();
        Ok(())
    }

    fn sync(&self) -> Result<(), Trouble> {
        self.file.sync_data().map_err(|error| self.unwritten(&error))
    }

    fn unwritten(&self, error: &dyn std::fmt::Display) -> Trouble {
        cannot("write", &self.path, error)
            .hint("nothing was done after it; free the disk, then resume the run")
    }
}

impl Recovered {
    /// Reads a journal without touching it.
    ///
    /// # Errors
    /// Trouble when it cannot be read, or its chain is broken.
    pub fn read(path: &Path, run: &str) -> Result<Self, Trouble> {
        let mut bytes = Vec::new();
        let mut file = File::open(path).map_err(|error| cannot("read", path, &error))?;
        file.seek(SeekFrom::Start(0)).map_err(|error| cannot("read", path, &error))?;
        file.read_to_end(&mut bytes).map_err(|error| cannot("read", path, &error))?;
        Self::parse(&bytes, run)
    }

    /// The entries of a journal's bytes.
    ///
    /// # Errors
    /// Trouble when its chain is broken.
    pub(super) fn parse(bytes: &[u8], run: &str) -> Result<Self, Trouble> {
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let (lines, rest) = bytes.split_at(whole);
        let text = std::str::from_utf8(lines).map_err(|error| broken(run, 1, &error))?;
        let mut lines = text.lines().enumerate();
        let Some((_, first)) = lines.next() else {
            return Err(Trouble::new(format!("the journal of run {run} is empty")));
        };
        if first != head(run) {
            return Err(broken(run, 1, &"it is not the journal of this run, or of another version"));
        }
        let mut hash = hashed("", first);
        let mut entries = Vec::new();
        for (index, line) in lines {
            let (told, entry) =
                taken_apart(line).ok_or_else(|| broken(run, index + 1, &"the line is no entry"))?;
            hash = hashed(&hash, entry);
            if hash != told {
                return Err(broken(run, index + 1, &"its hash does not follow from what stands before it"));
            }
            entries.push(serde_json::from_str(entry).map_err(|error| broken(run, index + 1, &error))?);
        }
        let torn = (!rest.is_empty()).then(|| {
            Trouble::new(format!("the last line of the journal of run {run} was cut off"))
                .because("it was never finished: the process died while writing it, before it acted on it")
        });
        Ok(Self { entries, torn, hash, sound: u64::try_from(whole).unwrap_or_default() })
    }
}

fn head(run: &str) -> String {
    format!("{{\"journal\":\"vaultdeck.run/1\",\"run\":\"{run}\"}}")
}

/// Hash and entry of a line.
fn taken_apart(line: &str) -> Option<(&str, &str)> {
    let (hash, rest) = line.strip_prefix(BEFORE_HASH)?.split_at_checked(HASH_LENGTH)?;
    Some((hash, rest.strip_prefix(BEFORE_ENTRY)?.strip_suffix('}')?))
}

fn hashed(before: &str, text: &str) -> String {
    let mut sum = Sha256::new();
    sum.update(before.as_bytes());
    sum.update(text.as_bytes());
    sum.finalize().iter().fold(String::with_capacity(HASH_LENGTH), |hex, byte| hex + &format!("{byte:02x}"))
}

fn broken(run: &str, line: usize, because: &dyn std::fmt::Display) -> Trouble {
    Trouble::new(format!("the journal of run {run} is broken at line {line}"))
        .because(because)
        .hint("it was changed by something else; look at it before anything is done")
}

fn cannot(verb: &str, path: &Path, error: &dyn std::fmt::Display) -> Trouble {
    Trouble::new(format!("cannot {verb} the journal {}", path.display())).because(error)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn entry(text: &str) -> Entry {
        let event = RunEvent::Paused { because: Trouble::new(text) };
        Entry { at: Timestamp::UNIX_EPOCH, event }
    }

    fn written(texts: &[&str]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r1");
        let mut journal = Journal::begin(&path, "r1").unwrap();
        for text in texts {
            journal.write(&entry(text)).unwrap();
        }
        std::fs::read(path).unwrap()
    }

    fn told(recovered: &Recovered) -> Vec<String> {
        let text = |entry: &Entry| match &entry.event {
            RunEvent::Paused { because } => because.what.clone(),
            other => format!("{other:?}"),
        };
        recovered.entries.iter().map(text).collect()
    }

    #[test]
    fn what_is_written_is_read_and_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r1");
        let mut journal = Journal::begin(&path, "r1").unwrap();
        journal.write(&entry("one")).unwrap();
        drop(journal);
        let (mut journal, recovered) = Journal::resume(&path, "r1").unwrap();
        assert_eq!((told(&recovered), recovered.torn), (vec!["one".to_owned()], None));
        journal.write(&entry("two")).unwrap();
        assert_eq!(told(&Recovered::read(&path, "r1").unwrap()), ["one", "two"]);
        assert!(Journal::begin(&path, "r1").is_err(), "a journal is never begun twice");
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_told_wherever_it_was_torn() {
        let whole = written(&["one", "two"]);
        let lines: Vec<usize> =
            whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(end, _)| end + 1).collect();
        for length in lines[1] + 1..whole.len() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("r1");
            std::fs::write(&path, &whole[..length]).unwrap();
            let (mut journal, recovered) = Journal::resume(&path, "r1").unwrap();
            assert_eq!(told(&recovered), ["one"], "cut at {length}");
            assert!(recovered.torn.unwrap().what.contains("cut off"));
            journal.write(&entry("again")).unwrap();
            assert_eq!(told(&Recovered::read(&path, "r1").unwrap()), ["one", "again"]);
        }
    }

    #[test]
    fn the_journal_of_another_run_is_not_taken_for_this_one() {
        assert!(Recovered::parse(&written(&["one"]), "r2").is_err());
    }

    proptest! {
        #[test]
        fn any_byte_that_was_changed_breaks_the_chain(at in 0_usize..2000, to in any::<u8>()) {
            let whole = written(&["one", "two", "three"]);
            let mut changed = whole.clone();
            let at = at % (whole.len() - 1); // the last line end apart: without it the last line counts as torn
            prop_assume!(changed[at] != to);
            changed[at] = to;
            prop_assert!(Recovered::parse(&changed, "r1").is_err());
        }

        #[test]
        fn a_line_taken_out_breaks_the_chain(which in 0_usize..3) {
            let text = String::from_utf8(written(&["one", "two", "three", "four"])).unwrap();
            let kept: Vec<&str> = text.lines().enumerate().filter(|(index, _)| *index != which).map(|(_, line)| line).collect();
            let shorter = kept.join("\n") + "\n";
            prop_assert!(Recovered::parse(shorter.as_bytes(), "r1").is_err());
        }
    }
}
