//! The operator's own keys, `keys.toml` in the config folder: `action = ["key", …]` puts these keys in place of those that
//! the action has. What cannot be followed is told one by one, and everything else is in force.
//!
//! ```toml
//! refresh = ["f5", "r"]
//! describe = "D"
//! theme = []            # no key at all; the palette still has it
//! ```

use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::Error;
use toml::{Table, Value};

use crate::model::trouble::Trouble;

use super::chord::every_key;
use super::{Action, Binding, Chord, Context, Keymap};

/// From here on a name is near enough to be the one that was meant.
const NEAR: f64 = 0.75;

/// The line first, and no picture of it: there is one line to say it in.
fn unreadable(text: &str, error: &toml::de::Error) -> Trouble {
    let at = error.span().and_then(|span| text.get(..span.start)).map(|before| before.lines().count().max(1));
    let line = at.map(|line| format!(", line {line}")).unwrap_or_default();
    Trouble::new(format!("cannot read keys.toml{line}: {}", error.message()))
}

/// What the operator wants for one action.
struct Wish {
    action: Action,
    keys: Vec<Chord>,
    /// Whether it is to have no key.
    none: bool,
}

impl Keymap {
    /// The table with the operator's own keys in it, and what of them cannot be followed.
    #[must_use]
    pub fn with_own(mut self, text: &str) -> (Self, Vec<Trouble>) {
        let table: Table = match toml::from_str(text) {
            Ok(table) => table,
            Err(error) => return (self, vec![unreadable(text, &error)]),
        };
        let mut troubles = Vec::new();
        let wishes: Vec<_> =
            table.iter().filter_map(|(name, keys)| self.wish(name, keys, &mut troubles)).collect();
        let before = self.clone();
        for wish in &wishes {
            self.set_keys(wish.action, Vec::new());
        }
        for wish in &wishes {
            self.grant(wish, &before, &mut troubles);
        }
        (self, troubles)
    }

    fn wish(&self, name: &str, keys: &Value, troubles: &mut Vec<Trouble>) -> Option<Wish> {
        let Ok(action) =
            Action::deserialize(name.into_deserializer() as serde::de::value::StrDeserializer<'_, Error>)
        else {
            troubles.push(self.no_such_action(name));
            return None;
        };
        let Some(written) = words(keys) else {
            troubles.push(Trouble::new(format!("keys.toml: {name} wants keys as [\"r\", \"f5\"]")));
            return None;
        };
        let none = written.is_empty();
        let mut chords = Vec::new();
        for key in written {
            match key.parse() {
                Ok(chord) => chords.push(chord),
                Err(because) => {
                    troubles.push(Trouble::new(format!("keys.toml: {name}: {because}")).hint(every_key()));
                }
            }
        }
        (none || !chords.is_empty()).then_some(Wish { action, keys: chords, none })
    }

    /// Gives an action the keys that are free; where none of them is, it keeps those that it had.
    fn grant(&mut self, wish: &Wish, before: &Self, troubles: &mut Vec<Trouble>) {
        let mut granted = Vec::new();
        for chord in &wish.keys {
            match self.taken_by(*chord, wish.action) {
                Some(other) => troubles.push(
                    Trouble::new(format!("keys.toml: {chord} for {} is taken by {other}", wish.action))
                        .hint(format!("give {other} another key there")),
                ),
                None => granted.push(*chord),
            }
        }
        if granted.is_empty() && !wish.none {
            let had = before.binding(wish.action).map(|binding| binding.keys.clone()).unwrap_or_default();
            granted = had.into_iter().filter(|chord| self.taken_by(*chord, wish.action).is_none()).collect();
        }
        self.set_keys(wish.action, granted);
    }

    /// The other action that a key asks for where this one is asked for. What is asked for in a table is so wherever
    /// there is one, before what is asked for everywhere.
    fn taken_by(&self, chord: Chord, action: Action) -> Option<Action> {
        let here = self.binding(action)?.context;
        let meets = |there: Context| {
            here == there
                || matches!(
                    (here, there),
                    (Context::Global, Context::Table) | (Context::Table, Context::Global)
                )
        };
        let holds = |binding: &&Binding| {
            binding.action != action && meets(binding.context) && binding.keys.contains(&chord)
        };
        self.binding.iter().find(holds).map(|binding| binding.action)
    }

    fn set_keys(&mut self, action: Action, keys: Vec<Chord>) {
        if let Some(binding) = self.binding.iter_mut().find(|binding| binding.action == action) {
            binding.keys = keys;
        }
    }

    fn no_such_action(&self, name: &str) -> Trouble {
        let trouble = Trouble::new(format!("keys.toml: there is no action {name}"));
        let names = self.binding.iter().map(|binding| binding.action.to_string());
        let near = names.map(|known| (strsim::jaro_winkler(&known, name), known));
        match near.max_by(|(one, _), (other, _)| one.total_cmp(other)) {
            Some((score, nearest)) if score > NEAR => trouble.hint(format!("did you mean {nearest}?")),
            _ => trouble.hint("the help names them all"),
        }
    }
}

/// A key, or several.
fn words(keys: &Value) -> Option<Vec<&str>> {
    match keys {
        Value::String(key) => Some(vec![key]),
        Value::Array(keys) => keys.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_of(keymap: &Keymap, action: Action) -> Vec<String> {
        keymap.binding(action).unwrap().keys.iter().map(ToString::to_string).collect()
    }

    fn with(text: &str) -> (Keymap, Vec<String>) {
        let (keymap, troubles) = Keymap::built_in().unwrap().with_own(text);
        (keymap, troubles.iter().map(Trouble::in_one_line).collect())
    }

    #[test]
    fn own_keys_stand_in_place_of_those_that_an_action_has() {
        let (keymap, troubles) = with("refresh = ['ctrl-r', 'f5']\nrefresh-all = 'R'\ntheme = []");
        assert_eq!(troubles, Vec::<String>::new());
        assert_eq!(keys_of(&keymap, Action::Refresh), ["ctrl-r", "f5"]);
        assert_eq!(keys_of(&keymap, Action::RefreshAll), ["R"]);
        assert_eq!(keys_of(&keymap, Action::Theme), Vec::<String>::new());
        assert_eq!(keymap.conflicts(), Vec::<String>::new());
    }

    #[test]
    fn two_actions_can_change_their_keys() {
        let (keymap, troubles) = with("describe = 'x'\nremedy = 'd'");
        assert_eq!(troubles, Vec::<String>::new());
        assert_eq!(keys_of(&keymap, Action::Describe), ["x"]);
        assert_eq!(keys_of(&keymap, Action::Remedy), ["d"]);
    }

    #[test]
    fn each_fault_is_told_by_itself_and_the_rest_is_in_force() {
        let (keymap, troubles) =
            with("describ = 'D'\nhelp = ['entre', 'H']\nremedy = 'd'\nsign-in = 7\nruns = 'j'\nvault = 'V'");
        assert_eq!(
            troubles,
            [
                "keys.toml: there is no action describ (did you mean describe?)",
                "keys.toml: help: `entre` is no key (a key is a letter, enter, esc, tab, backtab, backspace, delete, \
                 space, up, down, left, right, home, end, pageup, pagedown, insert, f1 to f12, or one of them behind \
                 ctrl- or alt-)",
                "keys.toml: sign-in wants keys as [\"r\", \"f5\"]",
                "keys.toml: d for remedy is taken by describe (give describe another key there)",
                "keys.toml: j for runs is taken by down (give down another key there)",
            ]
        );
        assert_eq!(keys_of(&keymap, Action::Help), ["H"]);
        assert_eq!(keys_of(&keymap, Action::Remedy), ["x"]);
        assert_eq!(keys_of(&keymap, Action::Runs), ["8"]);
        assert_eq!(keys_of(&keymap, Action::Vault), ["V"]);
    }

    #[test]
    fn a_file_that_is_no_toml_leaves_the_table_as_it_is() {
        let (keymap, troubles) = with("refresh = [");
        assert_eq!(keymap, Keymap::built_in().unwrap());
        assert_eq!(troubles.len(), 1);
    }
}
