//! Every runbook there is: the built-in ones and the operator's own, `runbooks/*.toml` in the config folder. A file with faults
//! keeps nobody from the others; all faults of all files are told together.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use crate::model::runbook::{Runbook, built_in};
use crate::model::trouble::Trouble;

/// Suffix of a runbook's file.
const SUFFIX: &str = "toml";

/// A runbook and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelved {
    /// The runbook.
    pub runbook: Runbook,
    /// Its file; `None` for a built-in one.
    pub file: Option<PathBuf>,
}

/// What can be offered, and why the rest cannot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunbookShelf {
    /// The built-in runbooks, then the operator's own by name.
    pub runbooks: Vec<Shelved>,
    /// Every fault of every file, and every file that cannot be read.
    pub troubles: Vec<Trouble>,
}

/// `$XDG_CONFIG_HOME/vaultdeck/runbooks`: where the operator's own runbooks live.
pub fn runbook_folder() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.config_dir().join("vaultdeck").join("runbooks"))
}

/// Every runbook of ours and of the operator's folder.
pub fn runbooks(folder: Option<&Path>) -> RunbookShelf {
    let mut shelf = RunbookShelf::default();
    match built_in() {
        Ok(brought) => {
            let brought = brought.iter().map(|runbook| Shelved { runbook: runbook.clone(), file: None });
            shelf.runbooks.extend(brought);
        }
        Err(trouble) => shelf.troubles.push(trouble),
    }
    let files = folder.map_or_else(|| Ok(Vec::new()), files_in).unwrap_or_else(|trouble| {
        shelf.troubles.push(trouble);
        Vec::new()
    });
    let brought = shelf.runbooks.iter().map(|shelved| shelved.runbook.id.clone());
    let mut taken: BTreeMap<_, _> = brought.map(|id| (id, "a built-in runbook".to_owned())).collect();
    for file in files {
        match own(&file, &mut taken) {
            Ok(runbook) => shelf.runbooks.push(Shelved { runbook, file: Some(file) }),
            Err(faults) => shelf.troubles.extend(faults),
        }
    }
    shelf
}

/// One of the operator's own.
fn own(file: &Path, taken: &mut BTreeMap<String, String>) -> Result<Runbook, Vec<Trouble>> {
    let named =
        |trouble: Trouble| Trouble { what: format!("{}: {}", file.display(), trouble.what), ..trouble };
    let text = fs::read_to_string(file)
        .map_err(|error| vec![Trouble::new(format!("cannot read {}", file.display())).because(error)])?;
    let runbook = Runbook::read(&text).map_err(|trouble| vec![named(trouble)])?;
    let mut faults = runbook.faults();
    if let Some(holder) = taken.get(&runbook.id) {
        let trouble = Trouble::new(format!("runbook {}: the name is taken by {holder}", runbook.id));
        faults.push(trouble.hint("give it another id"));
    } else {
        taken.insert(runbook.id.clone(), file.display().to_string());
    }
    if faults.is_empty() { Ok(runbook) } else { Err(faults.into_iter().map(named).collect()) }
}

/// Runbook files of a folder by name; none when it does not exist.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let unreadable = |error| Trouble::new(format!("cannot read {}", folder.display())).because(error);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let paths: Result<Vec<PathBuf>, io::Error> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut files = paths.map_err(unreadable)?;
    files.retain(|path| path.extension() == Some(OsStr::new(SUFFIX)));
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINE: &str = r#"
        id = "mine"
        title = "look"
        why = "to know"
        blast_radius = "nothing"
        confirm = "none"
        writes = false
        [[steps]]
        id = "look"
        title = "look"
        why = "to know"
        command = "uptime"
        where = "each-host"
        writes = false
    "#;

    fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn the_operators_own_stand_behind_the_built_in_ones() {
        let folder = folder_with(&[("mine.toml", MINE), ("notes.txt", "not a runbook")]);
        let RunbookShelf { runbooks, troubles } = runbooks(Some(folder.path()));
        assert_eq!((runbooks.len(), troubles), (built_in().unwrap().len() + 1, Vec::new()));
        assert_eq!(runbooks.last().unwrap().runbook.id, "mine");
        assert!(runbooks.last().unwrap().file.is_some());
    }

    #[test]
    fn a_folder_that_is_not_there_holds_none() {
        let folder = folder_with(&[]);
        assert_eq!(runbooks(Some(&folder.path().join("none"))).troubles, []);
    }

    #[test]
    fn faults_of_all_files_are_told_together_and_keep_nobody_from_the_others() {
        let broken = MINE.replace("uptime", "uptime | cat");
        let faulty =
            MINE.replace("id = \"mine\"", "id = \"deploy\"").replace("uptime", "uptime {nothing} {neither}");
        let folder = folder_with(&[("broken.toml", &broken), ("faulty.toml", &faulty), ("mine.toml", MINE)]);
        let RunbookShelf { runbooks, troubles } = runbooks(Some(folder.path()));
        let offered: Vec<_> = runbooks.iter().map(|shelved| shelved.runbook.id.as_str()).collect();
        assert!(offered.ends_with(&["mine"]) && offered.contains(&"deploy"), "{offered:?}");
        let told: Vec<_> =
            troubles.iter().map(|trouble| trouble.what.rsplit('/').next().unwrap_or_default()).collect();
        assert_eq!(told.len(), 4, "{told:#?}");
        assert!(
            told[0].starts_with("broken.toml: line") && told[0].contains("sign of the shell"),
            "{}",
            told[0]
        );
        assert!(told[3].contains("taken by a built-in runbook"), "{}", told[3]);
    }
}
