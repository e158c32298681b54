//! Secrets and names made at random.

use jiff::Timestamp;
use rand::RngExt as _;
use zeroize::Zeroizing;

use crate::model::runbook::Generate;

/// A secret of so many characters, each as likely as the other.
pub(super) fn secret(generate: &Generate) -> Zeroizing<String> {
    let characters = generate.alphabet.characters().as_bytes();
    let mut random = rand::rng();
    let mut text = Zeroizing::new(String::with_capacity(generate.length));
    for _ in 0..generate.length {
        let index = random.random_range(0..characters.len().max(1));
        text.extend(characters.get(index).map(|byte| char::from(*byte)));
    }
    text
}

/// The id of a run that begins at a moment: `20261125-175047-3fa9`.
pub fn run_id(at: Timestamp) -> String {
    let digits: String = at.to_string().chars().take(19).filter(|each| !matches!(each, '-' | ':')).collect();
    let suffix: u16 = rand::rng().random();
    format!("{}-{suffix:04x}", digits.replace('T', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::runbook::Alphabet;

    #[test]
    fn a_secret_has_its_length_and_alphabet_and_is_never_the_same() {
        let generate = Generate { alphabet: Alphabet::Alphanumeric, length: 64, recall: None };
        let (one, two) = (secret(&generate), secret(&generate));
        assert_eq!(one.len(), 64);
        assert!(one.chars().all(|each| each.is_ascii_alphanumeric()));
        assert_ne!(*one, *two);
    }

    #[test]
    fn the_id_of_a_run_tells_when_it_began() {
        let id = run_id("2026-11-25T17:50:47.123Z".parse().unwrap());
        assert!(id.starts_with("20261125-175047-"), "{id}");
        assert_eq!(id.len(), 20);
    }
}
