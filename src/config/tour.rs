//! Where somebody stopped on the guided tour, a line per deployment in a file of the state folder, for the owner alone. A file
//! that cannot be understood is as good as none: the tour begins at its first page.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::model::trouble::Trouble;

use super::state_folder;

/// Name of the file.
const FILE: &str = "tour.toml";
/// Bytes of it that are read; a longer one is none of ours.
const LONGEST: u64 = 64 * 1024;

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
    let path = folder.join(FILE);
    let short = fs::metadata(&path).is_ok_and(|file| file.is_file() && file.len() <= LONGEST);
    let text = short.then(|| fs::read_to_string(path).ok()).flatten().unwrap_or_default();
    toml::from_str(&text).unwrap_or_default()
}

/// A file that is written by its owner alone takes the place of the one before.
fn keep(folder: &Path, deployment: &str, page: &str) -> Result<(), Trouble> {
    let mut pages = kept(folder);
    pages.insert(deployment.to_owned(), page.to_owned());
    let text = toml::to_string(&pages).map_err(|error| cannot().because(error))?;
    fs::create_dir_all(folder).map_err(|error| cannot().because(error))?;
    let mut file = NamedTempFile::new_in(folder).map_err(|error| cannot().because(error))?;
    file.write_all(text.as_bytes()).map_err(|error| cannot().because(error))?;
    file.persist(folder.join(FILE)).map_err(|error| cannot().because(error))?;
    Ok(())
}

fn cannot() -> Trouble {
    Trouble::new("cannot keep where you are on the tour")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_page_is_found_again_for_its_deployment_and_nobody_else_may_read_the_file() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("new");
        keep(&folder, "demo", "policy").unwrap();
        keep(&folder, "shared", "verify").unwrap();
        keep(&folder, "demo", "approle").unwrap();
        let pages = kept(&folder);
        assert_eq!((pages["demo"].as_str(), pages["shared"].as_str()), ("approle", "verify"));
        assert_eq!(fs::metadata(folder.join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
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
