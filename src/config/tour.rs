//! Where somebody stopped on the guided tour, a line per deployment in a file of the state folder, for the owner alone. A file
//! that cannot be understood is as good as none: the tour begins at its first page.

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::trouble::Trouble;

use super::state_file::{read_toml, replace_toml};
use super::state_folder;

/// Name of the file.
const FILE: &str = "tour.toml";

/// The page where somebody stopped, if it is known.
pub fn kept_tour(deployment: &str) -> Option<String> {
    kept(&state_folder()?).remove(deployment)
}

/// Keeps the page where somebody is.
///
/// # Errors
/// Trouble when there is no state folder, or it cannot be written.
pub fn keep_tour(deployment: &str, page: &str) -> Result<(), Trouble> {
    let folder = state_folder().ok_or_else(|| cannot().because("there is no state folder"))?;
    keep(&folder, deployment, page)
}

fn kept(folder: &Path) -> BTreeMap<String, String> {
    read_toml(&folder.join(FILE))
}

fn keep(folder: &Path, deployment: &str, page: &str) -> Result<(), Trouble> {
    let mut pages = kept(folder);
    pages.insert(deployment.to_owned(), page.to_owned());
    replace_toml(&folder.join(FILE), &pages, cannot())
}

fn cannot() -> Trouble {
    Trouble::new("cannot keep where you are on the tour")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_page_is_found_again_for_its_deployment() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("new");
        keep(&folder, "demo", "policy").unwrap();
        keep(&folder, "shared", "verify").unwrap();
        keep(&folder, "demo", "approle").unwrap();
        let pages = kept(&folder);
        assert_eq!((pages["demo"].as_str(), pages["shared"].as_str()), ("approle", "verify"));
    }

    #[test]
    fn a_broken_file_is_as_good_as_none_and_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "{", "demo = 3", "\u{fffd}\u{0}", "[demo]\npage = \"x\""] {
            fs::write(folder.path().join(FILE), text).unwrap();
            assert!(kept(folder.path()).is_empty(), "{text}");
            keep(folder.path(), "demo", "flow").unwrap();
            assert_eq!(kept(folder.path())["demo"], "flow", "{text}");
        }
    }
}
