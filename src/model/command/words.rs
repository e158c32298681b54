//! Reading a command: POSIX quoting, slots and secrets; everything that only a shell would act on is refused by name.

use std::iter::Peekable;
use std::str::Chars;

use super::quoting::is_unshowable;
use super::{CommandLine, Piece, Word};
use crate::model::trouble::Trouble;

/// What to use in place of a sign of the shell.
const INSTEAD: &[(&str, &str)] = &[
    ("|", "take the first command's answer with `capture`, or make a value with `generate`"),
    (">", "take the answer with `capture`"),
    ("<", "give the text as `stdin`"),
    (";", "make it a step of its own"),
    ("&", "make it a step of its own"),
    ("&&", "make it a step of its own; `cd` is the step's `directory`"),
    ("||", "make it a step of its own with `when`"),
    ("$(", "take the answer with `capture`, or make a value with `generate`"),
    ("`", "take the answer with `capture`, or make a value with `generate`"),
    ("(", "make it a step of its own"),
    (")", "make it a step of its own"),
    ("$", "use a slot: `{home}`, `{name}` of an input or capture, `${NAME}` of a secret"),
    ("newline", "make it a step of its own; a long text goes into `stdin`"),
    ("*", "put it in quotes, or name the files"),
    ("?", "put it in quotes, or name the files"),
    ("[", "put it in quotes, or name the files"),
    ("~", "write `{home}`"),
    ("#", "put it in quotes; why a step is done goes into `why`"),
    ("!", "put it in quotes"),
    ("{", "put it in quotes, or close the slot's name: `{name}`"),
    ("}", "put it in quotes"),
];

/// Words of the shell that are no programs, with what to use instead.
const BUILT_IN: &[(&str, &str)] = &[
    ("cd", "use the step's `directory`"),
    ("export", "use a slot, or a `file` for a secret"),
    ("source", "use a slot"),
    ("eval", "write the command itself"),
    ("exec", "write the command itself"),
    ("set", "use a slot"),
    ("if", "use `when`"),
    ("for", "use `per_host`"),
    ("while", "use `waits_for`"),
];

/// Reads a command.
pub(super) fn parse(text: &str) -> Result<CommandLine, Trouble> {
    let mut reader = Reader { rest: text.trim().chars().peekable(), word: None, words: Vec::new() };
    reader.read()?;
    whole(CommandLine { words: reader.words })
}

/// The command, when it is one that can be carried out.
pub(super) fn whole(line: CommandLine) -> Result<CommandLine, Trouble> {
    let program = match line.words.first() {
        None => return Err(Trouble::new("a command without words")),
        Some(word) => {
            word.as_text().ok_or_else(|| Trouble::new(format!("the program cannot be a slot: {word}")))?
        }
    };
    if program.is_empty() {
        return Err(Trouble::new("a command without a program"));
    }
    if let Some((name, instead)) = BUILT_IN.iter().find(|(name, _)| *name == program) {
        return Err(Trouble::new(format!("`{name}` is no program")).because(NO_SHELL).hint(*instead));
    }
    if let Some((name, _)) = program.split_once('=').filter(|(name, _)| is_variable(name)) {
        let trouble = Trouble::new(format!("`{name}=` before the program sets a variable")).because(NO_SHELL);
        return Err(trouble.hint("a secret goes into a `file` (for psql: its passfile) or `stdin`"));
    }
    let hidden = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains(is_unshowable));
    if line.pieces().any(hidden) {
        let trouble = Trouble::new("a control character in a command");
        return Err(trouble.because("it could not be shown as it is run"));
    }
    Ok(line)
}

const NO_SHELL: &str = "no shell reads this command";

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    /// The word in hand; quotes begin one even when nothing is in them.
    word: Option<Word>,
    words: Vec<Word>,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), Trouble> {
        while let Some(character) = self.rest.next() {
            match character {
                ' ' | '\t' => self.words.extend(self.word.take()),
                '\'' => self.single_quoted()?,
                '"' => self.double_quoted()?,
                '\\' => self.escaped()?,
                '$' => self.secret()?,
                '{' if self.slot_follows() => self.slot(),
                '~' | '#' | '!' if self.word.is_some() => self.text(character),
                '\n' => return Err(refused("newline")),
                '|' | '&' if self.rest.peek() == Some(&character) => {
                    return Err(refused(if character == '&' { "&&" } else { "||" }));
                }
                _ if INSTEAD.iter().any(|(sign, _)| sign.chars().eq([character])) => {
                    return Err(refused(&character.to_string()));
                }
                _ => self.text(character),
            }
        }
        self.words.extend(self.word.take());
        Ok(())
    }

    fn single_quoted(&mut self) -> Result<(), Trouble> {
        self.begin();
        loop {
            match self.rest.next() {
                Some('\'') => return Ok(()),
                Some(character) => self.text(character),
                None => return Err(Trouble::new("a single quote is not closed")),
            }
        }
    }

    fn double_quoted(&mut self) -> Result<(), Trouble> {
        self.begin();
        loop {
            match self.rest.next() {
                Some('"') => return Ok(()),
                Some('\\') => {
                    let escapes = matches!(self.rest.peek(), Some('"' | '\\' | '$' | '`'));
                    let character = if escapes { self.rest.next() } else { None };
                    self.text(character.unwrap_or('\\'));
                }
                Some('$') => self.secret()?,
                Some('`') => return Err(refused("`")),
                Some('{') if self.slot_follows() => self.slot(),
                Some(character) => self.text(character),
                None => return Err(Trouble::new("a double quote is not closed")),
            }
        }
    }

    fn escaped(&mut self) -> Result<(), Trouble> {
        match self.rest.next() {
            Some('\n') => Err(refused("newline")),
            Some(character) => {
                self.text(character);
                Ok(())
            }
            None => Err(Trouble::new("a backslash at the end").hint("make the lines one")),
        }
    }

    fn secret(&mut self) -> Result<(), Trouble> {
        match self.rest.peek() {
            Some('(') => return Err(refused("$(")),
            Some('{') => self.rest.next(),
            _ => return Err(refused("$")),
        };
        let name: String = self.rest.by_ref().take_while(|character| *character != '}').collect();
        if !is_secret_name(&name) {
            let trouble = Trouble::new(format!("`${{{name}}}` is no name of a secret"));
            return Err(
                trouble.hint("a secret is named in capitals, `${NEW_PASSWORD}`; a plain slot is `{name}`")
            );
        }
        self.push(Piece::Secret(name));
        Ok(())
    }

    fn slot_follows(&self) -> bool {
        slot_name(self.rest.clone()).is_some()
    }

    fn slot(&mut self) {
        if let Some(name) = slot_name(self.rest.clone()) {
            self.rest.by_ref().take(name.len() + 1).for_each(drop);
            self.push(Piece::Slot(name));
        }
    }

    fn text(&mut self, character: char) {
        self.push(Piece::Text(character.to_string()));
    }

    fn push(&mut self, piece: Piece) {
        self.word.get_or_insert_default().push(piece);
    }

    fn begin(&mut self) {
        self.word.get_or_insert_default();
    }
}

/// The name of a slot whose opening brace has been read, when it is one.
pub(super) fn slot_name(rest: impl Iterator<Item = char>) -> Option<String> {
    let mut name = String::new();
    for character in rest {
        match character {
            '}' => return is_slot_name(&name).then_some(name),
            'a'..='z' | '0'..='9' | '_' => name.push(character),
            _ => return None,
        }
    }
    None
}

/// Whether a name is one of a plain slot: `new_version`.
pub fn is_slot_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|character| matches!(character, 'a'..='z' | '0'..='9' | '_'))
}

/// Whether a name is one of a secret: `NEW_PASSWORD`.
pub fn is_secret_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|character| matches!(character, 'A'..='Z' | '0'..='9' | '_'))
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn refused(sign: &str) -> Trouble {
    let instead =
        INSTEAD.iter().find(|(known, _)| *known == sign).map_or("put it in quotes", |(_, instead)| *instead);
    let shown = if sign == "newline" { "a newline".to_owned() } else { format!("`{sign}`") };
    Trouble::new(format!("{shown} is a sign of the shell")).because(NO_SHELL).hint(instead)
}
