//! The operator's own themes, `themes/*.toml` in the config folder, and the name of the theme that was chosen last, a line
//! in the state folder. The profile is never written.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use crate::model::trouble::Trouble;

use super::{replace_state, state_folder};

/// Suffix of a theme's file.
const SUFFIX: &str = "toml";
/// Where the choice is kept, in the state folder.
const CHOICE: &str = "theme";
/// Bytes of a choice that are read; a longer one is none.
const LONGEST_NAME: usize = 200;

/// `$XDG_CONFIG_HOME/vaultdeck/themes`: where the operator's own themes live.
pub fn theme_folder() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.config_dir().join("vaultdeck").join("themes"))
}

/// Every file there by name: its text, or why there is none. No folder is no trouble.
pub fn own_themes(folder: Option<&Path>) -> Vec<(String, Result<String, Trouble>)> {
    let entries = folder.and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten();
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension() == Some(OsStr::new(SUFFIX))).collect();
    paths.sort();
    paths.iter().map(|path| (shown(path), text_of(path))).collect()
}

fn text_of(path: &Path) -> Result<String, Trouble> {
    fs::read_to_string(path).map_err(|error| Trouble::new("cannot read the theme").because(error))
}

fn shown(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The theme that was chosen last, if one was.
pub fn chosen_theme() -> Option<String> {
    let name = fs::read_to_string(state_folder()?.join(CHOICE)).ok()?;
    let name = name.trim();
    (!name.is_empty() && name.len() <= LONGEST_NAME).then(|| name.to_owned())
}

/// Keeps a choice for the next start.
///
/// # Errors
/// Trouble when there is no state folder, or it cannot be written.
pub fn keep_theme(name: &str) -> Result<(), Trouble> {
    let cannot = || Trouble::new("cannot keep the theme for the next start");
    let folder = state_folder().ok_or_else(|| cannot().because("there is no state folder"))?;
    replace_state(&folder.join(CHOICE), format!("{name}\n").as_bytes())
        .map_err(|error| cannot().because(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_themes_come_by_name_and_a_folder_that_is_not_there_has_none() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.toml"), "two").unwrap();
        fs::write(folder.path().join("a.toml"), "one").unwrap();
        fs::write(folder.path().join("notes.txt"), "no theme").unwrap();
        let own = own_themes(Some(folder.path()));
        let own: Vec<_> = own.into_iter().map(|(name, text)| (name, text.unwrap())).collect();
        assert_eq!(own, [("a.toml".to_owned(), "one".to_owned()), ("b.toml".to_owned(), "two".to_owned())]);
        assert!(own_themes(Some(&folder.path().join("none"))).is_empty());
    }
}
