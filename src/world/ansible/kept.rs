//! The inventory of last time, in the cache folder, good as long as nothing it was read from has changed. Never kept:
//! an inventory that is computed (an executable, a plugin's configuration), for nobody sees that change.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::inventory::Inventory;
use crate::config::{Surroundings, replace_state};

/// Files that one inventory may consist of and still be kept.
const MOST_FILES: usize = 500;

/// What is written down.
#[derive(Serialize, Deserialize)]
struct Kept<I> {
    stamp: String,
    inventory: I,
}

/// A digest over every file that the inventory is read from; `None` when it cannot be kept.
pub(super) fn stamp(inventory: &Path) -> Option<String> {
    let folder = if inventory.is_dir() { inventory } else { inventory.parent()? };
    let mut files = Vec::new();
    for source in
        [inventory, &folder.join("group_vars"), &folder.join("host_vars"), &folder.join("ansible.cfg")]
    {
        collect(source, &mut files)?;
    }
    let mut digest = Sha256::new();
    for file in files {
        let content = fs::read(&file).ok()?;
        if is_computed(&file, &content) {
            return None;
        }
        digest.update(file.as_os_str().as_encoded_bytes());
        digest.update(content.len().to_be_bytes());
        digest.update(content);
    }
    Some(hexadecimal(&digest.finalize()))
}

/// The inventory kept under this stamp.
pub(super) fn recall(surroundings: &Surroundings, inventory: &Path, stamp: &str) -> Option<Inventory> {
    let text = fs::read(place(surroundings, inventory)?).ok()?;
    let kept: Kept<Inventory> = serde_json::from_slice(&text).ok()?;
    (kept.stamp == stamp).then_some(kept.inventory)
}

/// Keeps it; where that cannot be done it is asked for again next time.
pub(super) fn keep(surroundings: &Surroundings, inventory: &Path, stamp: &str, answer: &Inventory) {
    let kept = || -> Option<()> {
        let place = place(surroundings, inventory)?;
        let text = serde_json::to_vec(&Kept { stamp: stamp.to_owned(), inventory: answer }).ok()?;
        replace_state(&place, &text).ok()
    };
    let _ = kept();
}

fn place(surroundings: &Surroundings, inventory: &Path) -> Option<PathBuf> {
    let path = fs::canonicalize(inventory).ok()?;
    let name = hexadecimal(&Sha256::digest(path.as_os_str().as_encoded_bytes()));
    let named = surroundings.variables.get("XDG_CACHE_HOME").map(PathBuf::from);
    let cache =
        named.filter(|folder| folder.is_absolute()).unwrap_or_else(|| surroundings.home.join(".cache"));
    Some(cache.join("vaultdeck").join(format!("inventory-{name}.json")))
}

/// Files below a path, sorted; `None` when there are too many.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Option<()> {
    if path.is_file() {
        files.push(path.to_owned());
    }
    if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path).ok()?.flatten().map(|entry| entry.path()).collect();
        entries.sort();
        entries.iter().try_for_each(|entry| collect(entry, files))?;
    }
    (files.len() <= MOST_FILES).then_some(())
}

fn is_computed(file: &Path, content: &[u8]) -> bool {
    let executable = fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0);
    executable || content.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"plugin:"))
}

fn hexadecimal(digest: &[u8]) -> String {
    use std::fmt::Write as _;
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_variable_beside_the_inventory_changes_the_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let inventory = folder.path().join("inventory.ini");
        fs::write(&inventory, "[web]\na\n").unwrap();
        let before = stamp(&inventory).unwrap();
        assert_eq!(stamp(&inventory).unwrap(), before);
        fs::create_dir(folder.path().join("host_vars")).unwrap();
        fs::write(folder.path().join("host_vars/a.yml"), "ansible_user: ops\n").unwrap();
        assert_ne!(stamp(&inventory).unwrap(), before);
    }

    #[test]
    fn an_inventory_that_is_computed_is_never_kept() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("inventory");
        fs::write(&script, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(stamp(&script), None);
        let cloud = folder.path().join("aws_ec2.yml");
        fs::write(&cloud, "plugin: amazon.aws.aws_ec2\n").unwrap();
        assert_eq!(stamp(&cloud), None);
    }
}
