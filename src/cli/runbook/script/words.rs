//! Words of a command as words of a shell, in the safe forms: what would put a secret into the arguments of a process goes
//! through standard input or a file on RAM instead.

use crate::model::command::{CommandLine, Piece, Route, Template, Word};
use crate::model::runbook::{Act, Content};

use super::Script;

/// The variable that holds a slot.
pub(super) fn variable(slot: &str) -> String {
    slot.to_uppercase()
}

/// A text as one word of a shell.
pub(super) fn single_quoted(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./:=@,+%".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A command in its safe form.
pub(super) struct Safe {
    /// The words, the command's own, ready for `answer`.
    pub(super) words: Vec<String>,
    /// What it reads on its standard input, as words of the shell that print it.
    pub(super) input: Option<String>,
    /// What stands in its file on RAM, likewise.
    pub(super) file: Option<String>,
}

impl Script<'_> {
    /// A command as the real tools take it. `json` asks for an answer in JSON.
    pub(super) fn safe(&self, act: &Act<'_>, json: bool) -> Safe {
        let input = act.stdin.map(|content| self.content(content));
        let file = act.file.map(|content| self.content(content));
        match act.command.route() {
            Route::Vault => self.safe_vault(act.command, input, json),
            Route::Aws => self.safe_aws(act.command, json),
            Route::Postgres | Route::Child => Safe { words: self.words(act.command), input, file },
        }
    }

    /// `vault kv patch PATH key="${SECRET}"` becomes `vault kv patch PATH -`, the pairs as JSON on standard input.
    fn safe_vault(&self, line: &CommandLine, input: Option<String>, json: bool) -> Safe {
        let carries = |word: &&Word| word.pieces().iter().any(|piece| matches!(piece, Piece::Secret(_)));
        let pairs: Vec<(String, Word)> = line.words().iter().filter_map(pair).collect();
        let moved = pairs.iter().any(|(_, value)| carries(&value));
        let stays = |word: &&Word| !moved || pair(word).is_none();
        let mut words: Vec<String> = line.words().iter().filter(stays).map(|word| self.word(word)).collect();
        if json {
            words.insert(subcommand_end(line), "-format=json".to_owned());
        }
        if !moved {
            return Safe { words, input, file: None };
        }
        words.push("-".to_owned());
        let fields = pairs.iter().map(|(key, value)| format!("{} {}", single_quoted(key), self.word(value)));
        let input = format!("json {}", fields.collect::<Vec<_>>().join(" "));
        Safe { words, input: Some(input), file: None }
    }

    /// `--master-user-password "${SECRET}"` becomes `--cli-input-json` from a file on RAM.
    fn safe_aws(&self, line: &CommandLine, json: bool) -> Safe {
        let mut words = Vec::new();
        let mut fields = Vec::new();
        let mut rest = line.words().iter().peekable();
        while let Some(word) = rest.next() {
            let secret =
                rest.next_if(|next| next.pieces().iter().any(|piece| matches!(piece, Piece::Secret(_))));
            match (word.as_text().and_then(|flag| flag.strip_prefix("--")), secret) {
                (Some(flag), Some(secret)) => fields.push(format!("{} {}", camel(flag), self.word(secret))),
                (_, secret) => words.extend(std::iter::once(word).chain(secret).map(|word| self.word(word))),
            }
        }
        if json {
            words.extend(["--output".to_owned(), "json".to_owned()]);
        }
        if fields.is_empty() {
            return Safe { words, input: None, file: None };
        }
        words.extend(["--cli-input-json".to_owned(), "\"file://$FILE\"".to_owned()]);
        Safe { words, input: None, file: Some(format!("json {}", fields.join(" "))) }
    }

    /// The words of a command as they are.
    fn words(&self, line: &CommandLine) -> Vec<String> {
        line.words().iter().map(|word| self.word(word)).collect()
    }

    /// One word: known slots as their values, everything else as variables that must be set.
    pub(super) fn word(&self, word: &Word) -> String {
        let known = |slot: &str| self.known(slot);
        let pieces: Vec<Piece> = word.pieces().iter().map(|piece| filled(piece, &known)).collect();
        let word = Word::new(pieces);
        match word.as_text() {
            Some("") => "''".to_owned(),
            Some(text) => single_quoted(text),
            None => {
                format!("\"{}\"", word.pieces().iter().map(|piece| self.inside(piece)).collect::<String>())
            }
        }
    }

    /// A text as one word in double quotes.
    pub(super) fn text(&self, template: &Template) -> String {
        self.word(&Word::new(template.pieces().iter().cloned()))
    }

    fn inside(&self, piece: &Piece) -> String {
        match piece {
            Piece::Text(text) => escaped(text),
            Piece::Secret(name) => format!("${{{name}:?}}"),
            Piece::Slot(slot) if self.may_be_empty(slot) => format!("${{{}}}", variable(slot)),
            Piece::Slot(slot) => format!("${{{}:?}}", variable(slot)),
        }
    }

    /// Words of the shell that print a content.
    fn content(&self, content: &Content) -> String {
        match content {
            Content::Text(template) => format!("printf '%s\\n' {}", self.text(template)),
            Content::Json(fields) => {
                let fields =
                    fields.iter().map(|(key, value)| format!("{} {}", single_quoted(key), self.text(value)));
                format!("json {}", fields.collect::<Vec<_>>().join(" "))
            }
            Content::Passfile(fields) => {
                let fields: Vec<_> = fields.iter().map(|field| self.text(field)).collect();
                format!("passfile {}", fields.join(" "))
            }
        }
    }

    /// The value of a slot that stays the same for the whole script. The operator's home and the hosts may differ.
    pub(super) fn known(&self, slot: &str) -> Option<&str> {
        let fixed = !matches!(slot, "home" | "hosts");
        self.surroundings.slots.get(slot).filter(|_| fixed).map(String::as_str)
    }

    /// Slots that have a meaning when they are empty.
    fn may_be_empty(&self, slot: &str) -> bool {
        let defaults = |capture: &crate::model::runbook::Capture| capture.default.is_some() || capture.kept;
        self.runbook.steps.iter().filter_map(|step| step.capture.get(slot)).any(defaults)
    }
}

fn filled<'v>(piece: &Piece, known: &impl Fn(&str) -> Option<&'v str>) -> Piece {
    match piece {
        Piece::Slot(slot) => known(slot).map_or_else(|| piece.clone(), |value| Piece::Text(value.to_owned())),
        piece => piece.clone(),
    }
}

/// `key=value`, with the value as a word of its own.
fn pair(word: &Word) -> Option<(String, Word)> {
    let (Piece::Text(first), rest) = word.pieces().split_first()? else { return None };
    let (key, value) =
        first.split_once('=').filter(|(key, _)| !key.starts_with('-') && !key.contains('/'))?;
    let value = std::iter::once(Piece::Text(value.to_owned())).chain(rest.iter().cloned());
    Some((key.to_owned(), Word::new(value)))
}

/// Where flags of a `vault` line may begin: `vault kv metadata get` has four words before them.
fn subcommand_end(line: &CommandLine) -> usize {
    let word = |index: usize| line.words().get(index).and_then(Word::as_text).unwrap_or_default();
    match (word(1), word(2)) {
        ("kv", "metadata") => 4,
        ("kv" | "policy" | "auth" | "token" | "secrets" | "lease", _) => 3,
        _ => 2,
    }
}

/// `master-user-password` as the API writes it.
fn camel(flag: &str) -> String {
    let capital = |part: &str| {
        let mut characters = part.chars();
        characters
            .next()
            .map(|first| first.to_ascii_uppercase())
            .into_iter()
            .chain(characters)
            .collect::<String>()
    };
    flag.split('-').map(capital).collect()
}

/// A text between double quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '"' | '\\' | '$' | '`') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
