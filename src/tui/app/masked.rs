//! A secret being typed: never shown, never printed, wiped when it goes.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// Bytes an answer may have; room for them is made at once, so that no copy is left behind while it grows.
const LONGEST: usize = 4096;

/// What was typed so far.
#[derive(Clone)]
pub struct Masked(Zeroizing<String>);

/// The answer to a question, where it has one. Prints without its value.
#[derive(Debug, Clone)]
pub struct Answer(pub Option<SecretString>);

impl fmt::Debug for Masked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Masked")
    }
}

impl Masked {
    /// Nothing typed yet.
    pub(super) fn empty() -> Self {
        Self(Zeroizing::new(String::with_capacity(LONGEST)))
    }

    /// Characters typed so far.
    pub fn typed(&self) -> usize {
        self.0.chars().count()
    }

    /// One character more; what is no character of one line, or too much, is left out.
    pub(super) fn push(&mut self, letter: char) {
        if self.0.len() + letter.len_utf8() <= LONGEST && !letter.is_control() {
            self.0.push(letter);
        }
    }

    /// One character less.
    pub(super) fn pop(&mut self) {
        self.0.pop();
    }

    /// What was typed.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Hands the answer over and forgets it.
    pub(super) fn take(&mut self) -> SecretString {
        let answer = std::mem::replace(self, Self::empty());
        answer.0.as_str().into()
    }
}

impl PartialEq for Answer {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref().map(ExposeSecret::expose_secret) == other.0.as_ref().map(ExposeSecret::expose_secret)
    }
}

impl Eq for Answer {}

impl From<Option<SecretString>> for Answer {
    fn from(answer: Option<SecretString>) -> Self {
        Self(answer)
    }
}
