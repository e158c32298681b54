//! Evenings with keys of one's own; and the README's table of keys, which is made from the table that the console reads.
//! `UPDATE_README=1` writes it anew.

use std::fmt::Write as _;
use std::{env, fs};

use vaultdeck::model::trouble::Trouble;
use vaultdeck::tui::keymap::{Binding, Context, Keymap};

use super::stage::{Stage, stage};

/// Around the table in the README.
const MARKS: (&str, &str) = ("<!-- made from src/tui/keymap.toml -->\n", "<!-- end of what is made -->\n");

const CONTEXTS: [Context; 8] = [
    Context::Global,
    Context::Table,
    Context::List,
    Context::Plan,
    Context::Run,
    Context::Secret,
    Context::Logs,
    Context::Tour,
];

fn with_own(keys: &str) -> Stage {
    let mut stage = stage();
    stage.own_keys(Ok(Some(keys.to_owned())));
    stage
}

#[test]
fn the_readme_tells_every_key() {
    let readme = fs::read_to_string("README.md").unwrap();
    let (before, rest) = readme.split_once(MARKS.0).expect("the README has no place for the keys");
    let (_, after) = rest.split_once(MARKS.1).expect("the place for the keys has no end");
    let told = format!("{before}{}{}{}{after}", MARKS.0, table(&Keymap::built_in().unwrap()), MARKS.1);
    if env::var_os("UPDATE_README").is_some() {
        fs::write("README.md", &told).unwrap();
    }
    assert!(readme == told, "keys changed, see UPDATE_README in this file:\n{told}");
}

fn table(keymap: &Keymap) -> String {
    let mut table = String::new();
    for context in CONTEXTS {
        let _ = write!(table, "\n| {} | action | |\n|---|---|---|\n", context.title());
        for binding in keymap.bindings().iter().filter(|binding| binding.context == context) {
            let _ = writeln!(table, "| {} | `{}` | {} |", keys(binding), binding.action, binding.doc);
        }
    }
    table + "\n"
}

fn keys(binding: &Binding) -> String {
    binding.keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" ")
}

#[test]
fn own_keys_work_and_are_what_the_bar_the_help_and_the_palette_name() {
    let mut stage = with_own("describe = 'D'\nvault = 'V'");
    stage.press("V").shows("SECRET-IDS").press("1 D").shows("home ▸ authentik-3").press("esc d");
    stage.hides("home ▸ authentik-3").shows("D host");
    stage.press(":").paste("describe").shows(" D │");
}

#[test]
fn what_cannot_be_followed_is_said_once_and_stands_in_the_help() {
    let mut stage = with_own("describ = 'D'\nremedy = 'd'\nvault = 'V'");
    stage.shows("there is no action describ (did you mean describe?) (and 1 more, in the help)");
    stage.press("V").shows("SECRET-IDS").press("?");
    stage.shows("there is no action describ").shows("d for remedy is taken by describe");
}

#[test]
fn own_keys_that_cannot_be_read_are_said() {
    let mut stage = stage();
    stage.own_keys(Err(Trouble::new("cannot read keys.toml").because("permission denied")));
    stage.shows("cannot read keys.toml: permission denied");
    stage.press("2").shows("SECRET-IDS");
}

#[test]
fn a_key_is_found_in_the_help_by_what_it_does() {
    stage()
        .sized(80, 24)
        .press("? /")
        .paste("theme")
        .shows("choose a theme")
        .hides("to the shell")
        .press("enter")
        .shows("keys /theme")
        .press("esc")
        .hides("choose a theme");
    stage().press("? /").paste("zzz").shows("no key has these words");
}
