//! Keeps what was seen of a deployment last: one small file for each, replaced as a whole, for nobody else to read. A file that
//! cannot be understood is as good as none: nothing rests on it but a line on the screen.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::{forget_state, read_state, replace_state};
use crate::model::last_look::LastLook;
use crate::model::trouble::Trouble;
use crate::world::clean;

/// Version of the file; one of another version is not understood.
const VERSION: u32 = 1;
/// Bytes of a file that are read; a longer one is not ours.
const LONGEST: u64 = 4 * 1024 * 1024;

/// Where the last look at one deployment is kept.
#[derive(Debug, Clone)]
pub struct Memory {
    file: Option<PathBuf>,
    deployment: String,
}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    #[serde(flatten)]
    look: &'a LastLook,
}

#[derive(Deserialize)]
struct Kept {
    version: u32,
    #[serde(flatten)]
    look: LastLook,
}

impl Memory {
    /// In a file, whose folder is made when it is first needed; without one nothing is kept.
    pub fn new(file: Option<PathBuf>, deployment: &str) -> Self {
        Self { file, deployment: deployment.to_owned() }
    }

    /// What was seen last; `None` when nobody has looked yet, or the file cannot be understood.
    pub fn last(&self) -> Option<LastLook> {
        let text = read_state(self.file.as_ref()?, LONGEST)?;
        let kept: Kept = serde_json::from_slice(&text).ok()?;
        (kept.version == VERSION && kept.look.deployment == self.deployment).then(|| cleaned(kept.look))
    }

    /// Keeps a look in place of the one before.
    ///
    /// # Errors
    /// Trouble when the folder cannot be written.
    pub fn keep(&self, look: &LastLook) -> Result<(), Trouble> {
        let Some(file) = &self.file else { return Ok(()) };
        let cannot = |error: &dyn std::fmt::Display| {
            Trouble::new(format!("cannot keep what was seen in {}", file.display()))
                .because(error)
                .hint("set XDG_STATE_HOME to a folder that can be written")
        };
        let written = Written { version: VERSION, look };
        let text = serde_json::to_vec(&written).map_err(|error| cannot(&error))?;
        replace_state(file, &text).map_err(|error| cannot(&error))
    }

    /// Forgets it.
    pub fn forget(&self) {
        self.file.iter().for_each(|file| forget_state(file));
    }
}

/// Nothing in the file may harm the screen, whoever wrote it.
fn cleaned(mut look: LastLook) -> LastLook {
    let line = |text: &mut String| *text = clean::line(text.as_bytes());
    for standing in look.looked.iter_mut().flat_map(|looked| &mut looked.picture.standing) {
        line(&mut standing.sentence);
    }
    for issued in look.looked.iter_mut().filter_map(|looked| looked.picture.secret_ids.as_mut()) {
        let known = std::mem::take(issued).into_iter().map(|(accessor, mut issued)| {
            issued.host.iter_mut().for_each(line);
            (clean::line(accessor.as_bytes()), issued)
        });
        *issued = known.collect();
    }
    look
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::model::last_look::{Looked, Picture, Place};

    fn look() -> LastLook {
        let place =
            Place { view: "hosts".to_owned(), row: Some("authentik-3".to_owned()), ..Place::default() };
        let picture = Picture { secrets: [("a/b".to_owned(), 3)].into(), ..Picture::default() };
        let looked = Looked { at: jiff::Timestamp::UNIX_EPOCH, picture };
        LastLook { deployment: "shared".to_owned(), looked: Some(looked), place: Some(place) }
    }

    #[test]
    fn a_look_comes_back_as_it_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("looks").join("shared.json");
        let memory = Memory::new(Some(file.clone()), "shared");
        assert_eq!(memory.last(), None);
        for _ in 0..2 {
            memory.keep(&look()).unwrap();
            assert_eq!(memory.last(), Some(look()));
        }
        memory.forget();
        assert_eq!(memory.last(), None);
    }

    #[test]
    fn a_broken_file_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shared.json");
        let memory = Memory::new(Some(file.clone()), "shared");
        memory.keep(&look()).unwrap();
        let whole = fs::read_to_string(&file).unwrap();
        let cut: String = whole.chars().take(whole.len() / 2).collect();
        for text in ["", "[]", "{}", "\u{0}", &cut, &whole.replace("\"version\":1", "\"version\":2")] {
            fs::write(&file, text).unwrap();
            assert_eq!(memory.last(), None, "{text}");
        }
        fs::write(&file, whole).unwrap();
        assert_eq!(Memory::new(Some(file), "another").last(), None);
    }

    #[test]
    fn a_look_that_cannot_be_kept_says_where_it_should_have_been() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("looks"), "no folder").unwrap();
        let memory = Memory::new(Some(folder.path().join("looks").join("shared.json")), "shared");
        assert!(memory.keep(&look()).unwrap_err().hint.unwrap().contains("XDG_STATE_HOME"));
    }

    #[test]
    fn what_somebody_else_wrote_into_the_file_cannot_harm_the_screen() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shared.json");
        let text = r#"{"version":1,"deployment":"shared","looked":{"at":"2026-11-22T14:00:00Z","picture":{"standing":
            [{"rule":"A","subject":"a","severity":"critical","sentence":"a\u001b[2Jb\u202e"}],
            "secrets":{},"secret_ids":null}},"place":null}"#;
        fs::write(&file, text).unwrap();
        let kept = Memory::new(Some(file), "shared").last().unwrap().looked.unwrap();
        assert_eq!(kept.picture.standing[0].sentence, "ab");
    }
}
