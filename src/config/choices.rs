//! What the operator has chosen at the screen beside the theme, kept for the next start: which columns are not shown, and
//! whether the mouse is lent. A small file of the state folder; what of it is not understood is as good as not chosen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::model::trouble::Trouble;

use super::state_file::{read_toml, replace_toml};
use super::state_folder;

/// Name of the file.
const FILE: &str = "choices.toml";

/// What was chosen at the screen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choices {
    /// Whether the console has the mouse.
    pub mouse: bool,
    /// Headings of the columns that are not shown, by table; a heading that a table does not have hides nothing.
    pub hidden: BTreeMap<String, BTreeSet<String>>,
}

/// What was chosen last.
pub fn kept_choices() -> Choices {
    state_folder().map(|folder| kept(&folder)).unwrap_or_default()
}

/// Keeps choices for the next start.
///
/// # Errors
/// Trouble when there is no state folder, or it cannot be written.
pub fn keep_choices(choices: &Choices) -> Result<(), Trouble> {
    let folder = state_folder().ok_or_else(|| cannot().because("there is no state folder"))?;
    keep(&folder, choices)
}

fn kept(folder: &Path) -> Choices {
    read_toml(&folder.join(FILE))
}

fn keep(folder: &Path, choices: &Choices) -> Result<(), Trouble> {
    replace_toml(&folder.join(FILE), choices, cannot())
}

fn cannot() -> Trouble {
    Trouble::new("cannot keep this choice for the next start")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_was_chosen_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(kept(folder.path()), Choices::default());
        let hidden = [("hosts".to_owned(), ["image".to_owned()].into())].into();
        let choices = Choices { mouse: true, hidden };
        keep(folder.path(), &choices).unwrap();
        assert_eq!(kept(folder.path()), choices);
    }

    #[test]
    fn a_broken_file_is_as_good_as_none_and_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["{", "mouse = 3", "\u{fffd}\u{0}", "hidden = [\"hosts\"]"] {
            fs::write(folder.path().join(FILE), text).unwrap();
            assert_eq!(kept(folder.path()), Choices::default(), "{text}");
            keep(folder.path(), &Choices { mouse: true, ..Choices::default() }).unwrap();
            assert!(kept(folder.path()).mouse, "{text}");
        }
    }
}
