//! The wall between the rooms: reads `src/` and fails with a sentence when a room imports one that it may not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Room, and the rooms it may import.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("config", &["model"]),
    ("world", &["model", "config"]),
    ("probe", &["model", "world"]),
    ("exec", &["model", "world"]),
    ("engine", &["model", "exec"]),
    ("demo", &["model", "probe", "exec"]),
    ("deck", &["model", "config", "world", "probe", "exec", "engine", "demo"]),
    ("tui", &["model", "config", "deck"]),
    ("cli", &["model", "config", "deck"]),
    ("main", &["model", "config", "deck", "tui", "cli"]),
];

#[test]
fn rooms_import_only_downwards() {
    let table: BTreeMap<_, _> = MAY_IMPORT.iter().copied().collect();
    let mut complaints = Vec::new();
    for path in sources(Path::new("src")) {
        let room = room_of(&path);
        if room == "lib" {
            continue;
        }
        let Some(allowed) = table.get(room.as_str()) else {
            complaints.push(format!("{}: room {room} is not in the table", path.display()));
            continue;
        };
        for imported in imports(&fs::read_to_string(&path).unwrap()) {
            if imported != room && !allowed.contains(&imported.as_str()) {
                complaints.push(format!("{}: {room} may not import {imported}", path.display()));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    let silent: Vec<_> = sources(Path::new("src"))
        .into_iter()
        .filter(|path| !fs::read_to_string(path).unwrap().starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "no opening comment: {silent:?}");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn room_of(path: &Path) -> String {
    let first = path.strip_prefix("src").unwrap().components().next().unwrap();
    first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// Rooms named after `crate::` (or `vaultdeck::` in main), comments left out.
fn imports(text: &str) -> Vec<String> {
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut rooms = Vec::new();
    for rest in ["crate::", "vaultdeck::"].iter().flat_map(|marker| code.split(marker).skip(1)) {
        match rest.strip_prefix('{').and_then(|group| group.split("};").next()) {
            Some(group) => rooms.extend(group.split(',').map(|part| first_word(part.trim()))),
            None => rooms.push(first_word(rest)),
        }
    }
    rooms.retain(|room| MAY_IMPORT.iter().any(|(name, _)| name == room));
    rooms
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}
