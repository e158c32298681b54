//! Texts of the pretend secrets: the state knows a value by its number alone, whoever reads it gets a text that stands for it,
//! and a text that is written is known by its number again.

use sha2::{Digest as _, Sha256};

use super::kv::{Hidden, Value};
use super::pretend::Pretend;

/// Keys whose values are secrets.
const SECRET_KEYS: [&str; 2] = ["pg_password", "secret_key"];

/// How texts begin that were never written by anybody.
const BORN: &str = "Pretend";

/// Digits of a number in such a text.
const DIGITS: usize = 12;

impl Pretend {
    /// The value that a text means for a key; a secret's text is kept so that it can be read back.
    pub(super) fn value_of(&mut self, key: &str, text: &str) -> Value {
        if !SECRET_KEYS.contains(&key) {
            return Value::Plain(text.to_owned());
        }
        let hidden = hidden(text);
        self.texts.insert(hidden.id, text.to_owned());
        Value::Hidden(hidden)
    }

    /// The text of a value.
    pub(super) fn text_of(&self, value: &Value) -> String {
        match value {
            Value::Plain(text) => text.clone(),
            Value::Hidden(hidden) => self.texts.get(&hidden.id).cloned().unwrap_or_else(|| born(*hidden)),
        }
    }
}

/// What a text is known by.
pub(super) fn hidden(text: &str) -> Hidden {
    let length = text.chars().count();
    let number = text.strip_prefix(BORN).and_then(|rest| rest.get(..DIGITS));
    if let Some(id) = number.and_then(|digits| u64::from_str_radix(digits, 16).ok()) {
        return Hidden { id, length };
    }
    let sum = Sha256::digest(text.as_bytes());
    let id = sum.iter().take(6).fold(0_u64, |id, byte| (id << 8) | u64::from(*byte));
    Hidden { id, length }
}

fn born(hidden: Hidden) -> String {
    let mut text = format!("{BORN}{:012x}", hidden.id);
    while text.len() < hidden.length {
        text.push('x');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_was_read_is_known_by_the_number_it_was_read_for() {
        let value = Hidden { id: 0x00ab_cdef_0123, length: 32 };
        assert_eq!(hidden(&born(value)), value);
        assert_eq!(hidden("written"), hidden("written"));
        assert_ne!(hidden("written").id, hidden("otherwise").id);
    }
}
