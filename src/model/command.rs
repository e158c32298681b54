//! One command without a shell: words made of plain text, `{slots}` and `${SECRETS}`. What is shown is this value, and this
//! value is what is carried out, so every sign that only a shell would understand is refused when it is read.
//!
//! ```text
//! text ──parse──▶ CommandLine ──fill(plain values)──▶ FilledLine ──argv──▶ a child (no secret can be in it)
//!   ▲───Display───────┘                                   └──────words──▶ a request in this process
//! ```

mod fill;
mod quoting;
mod template;
mod words;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::trouble::Trouble;

pub use fill::{FilledLine, FilledPiece, FilledText, FilledWord};
pub use template::Template;
pub use words::{is_secret_name, is_slot_name};

/// One command: a program and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    words: Vec<Word>,
}

/// One word of a command, built of pieces that stand next to each other. Without pieces it is the empty word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word {
    pieces: Vec<Piece>,
}

/// A piece of a word.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Piece {
    /// Meant as it is written.
    Text(String),
    /// `{name}`: filled with a plain value.
    Slot(String),
    /// `${NAME}`: stands for a secret, and is filled only where a secret may stand.
    Secret(String),
}

/// Who carries a command out, told by its first words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// `vault …`, over HTTP in this process.
    Vault,
    /// `aws rds …` and `aws sts get-caller-identity`, through the SDK in this process.
    Aws,
    /// `psql …`, over the database's protocol in this process.
    Postgres,
    /// Anything else: a child, here or on a host.
    Child,
}

impl CommandLine {
    /// A command of words.
    ///
    /// # Errors
    /// Trouble when there is no word, when the first one is not plain text, or when a text holds a control character.
    pub fn new(words: Vec<Word>) -> Result<Self, Trouble> {
        words::whole(Self { words })
    }

    /// Its words, program first.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// The program.
    pub fn program(&self) -> &str {
        self.words.first().and_then(Word::as_text).unwrap_or_default()
    }

    /// Who carries it out.
    pub fn route(&self) -> Route {
        let word = |index: usize| self.words.get(index).and_then(Word::as_text);
        match (self.program(), word(1), word(2)) {
            ("vault", ..) => Route::Vault,
            ("aws", Some("rds"), _) | ("aws", Some("sts"), Some("get-caller-identity")) => Route::Aws,
            ("psql", ..) => Route::Postgres,
            _ => Route::Child,
        }
    }

    /// Names of the plain slots in it.
    pub fn slots(&self) -> BTreeSet<&str> {
        self.pieces().filter_map(Piece::slot).collect()
    }

    /// Names of the secrets in it.
    pub fn secrets(&self) -> BTreeSet<&str> {
        self.pieces().filter_map(Piece::secret).collect()
    }

    /// The same command with those slots filled that have a value; the others stay.
    #[must_use]
    pub fn known<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> Self {
        let piece = |piece: &Piece| match piece {
            Piece::Slot(name) => {
                value(name).map_or_else(|| piece.clone(), |value| Piece::Text(value.to_owned()))
            }
            piece => piece.clone(),
        };
        let words = self.words.iter().map(|word| Word::new(word.pieces.iter().map(piece)));
        Self { words: words.collect() }
    }

    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.words.iter().flat_map(|word| &word.pieces)
    }
}

impl Word {
    /// A word of pieces; neighbouring texts become one, empty ones vanish.
    pub fn new(pieces: impl IntoIterator<Item = Piece>) -> Self {
        let mut word = Self::default();
        pieces.into_iter().for_each(|piece| word.push(piece));
        word
    }

    /// A word that is meant as it is written.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new([Piece::Text(text.into())])
    }

    /// Its pieces, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Its text, when it is nothing but text.
    pub fn as_text(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    fn push(&mut self, piece: Piece) {
        match (self.pieces.last_mut(), piece) {
            (_, Piece::Text(text)) if text.is_empty() => {}
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
            (_, piece) => self.pieces.push(piece),
        }
    }
}

impl Piece {
    fn slot(&self) -> Option<&str> {
        if let Self::Slot(name) = self { Some(name) } else { None }
    }

    fn secret(&self) -> Option<&str> {
        if let Self::Secret(name) = self { Some(name) } else { None }
    }
}

impl FromStr for CommandLine {
    type Err = Trouble;

    fn from_str(text: &str) -> Result<Self, Trouble> {
        words::parse(text)
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.words.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            write!(formatter, "{gap}{word}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Word {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<quoting::Part<'_>> = self.pieces.iter().map(quoting::Part::from).collect();
        formatter.write_str(&quoting::word(&parts))
    }
}

impl Serialize for CommandLine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CommandLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|trouble: Trouble| serde::de::Error::custom(trouble.in_one_line()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<CommandLine, Trouble> {
        text.parse()
    }

    #[test]
    fn the_page_s_commands_are_read_and_shown() {
        for (text, shown) in [
            (
                r#"vault kv patch secret/{database_secret} pg_password="${NEW_PASSWORD}""#,
                r#"vault kv patch secret/{database_secret} pg_password="${NEW_PASSWORD}""#,
            ),
            (
                r#"vault write auth/approle/role/authentik token_policies="cwiq-shared-authentik-read" token_ttl=1h"#,
                "vault write auth/approle/role/authentik token_policies=cwiq-shared-authentik-read token_ttl=1h",
            ),
            (
                r"docker inspect --format '{{.State.Health.Status}}' server",
                "docker inspect --format '{{.State.Health.Status}}' server",
            ),
            ("vault policy write {policy} -", "vault policy write {policy} -"),
            (r"echo it\'s '' a\ b", r"echo 'it'\''s' '' 'a b'"),
            (
                r#"psql "host={h} passfile={file}" -c 'select 1'"#,
                r#"psql "host={h} passfile={file}" -c 'select 1'"#,
            ),
            (r"echo '$x '{a}", r"echo '$x '{a}"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn a_shell_sign_outside_quotes_is_refused_with_what_to_use_instead() {
        for (text, sign, instead) in [
            ("openssl rand -base64 32 | head -c 32", "|", "capture"),
            ("vault policy read x > file", ">", "capture"),
            ("vault policy write x - < file", "<", "stdin"),
            ("cd /data; ls", ";", "step of its own"),
            ("sleep 5 & ls", "&", "step of its own"),
            ("cd /data && ls", "&&", "directory"),
            ("echo $(date)", "$(", "capture"),
            ("echo \"$(date)\"", "$(", "capture"),
            ("echo `date`", "`", "capture"),
            ("echo $HOME", "$", "{home}"),
            ("ls\nls", "newline", "step of its own"),
            ("rm *.tpl", "*", "quotes"),
            ("rm ~/.vault-token", "~", "{home}"),
            ("cd /data", "cd", "directory"),
            ("PGPASSWORD=x psql", "PGPASSWORD=", "passfile"),
        ] {
            let trouble = parse(text).unwrap_err();
            assert!(trouble.what.contains(sign), "{text}: {trouble}");
            assert!(trouble.hint.as_ref().is_some_and(|hint| hint.contains(instead)), "{text}: {trouble}");
        }
    }

    #[test]
    fn a_quote_that_is_not_closed_and_a_line_without_words_are_refused() {
        for text in ["echo 'x", "echo \"x", "echo x\\", "  ", "", "{program} x", "echo {", "echo ${lower}"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_never_becomes_an_argument_of_a_child() {
        let line =
            parse(r#"ansible-playbook setup.yml -e vault_secret_id="${SECRET_ID}" --limit {host}"#).unwrap();
        let filled = line.fill(&|_: &str| Some("authentik-1")).unwrap();
        assert!(filled.argv().unwrap_err().what.contains("SECRET_ID"));
        let plain = parse("ansible-playbook setup.yml -e @{file} --limit {host}").unwrap();
        let filled =
            plain.fill(&|name: &str| Some(if name == "file" { "/dev/shm/x" } else { "a 1" })).unwrap();
        assert_eq!(
            filled.argv().unwrap(),
            ["ansible-playbook", "setup.yml", "-e", "@/dev/shm/x", "--limit", "a 1"]
        );
        assert_eq!(filled.to_string(), "ansible-playbook setup.yml -e @/dev/shm/x --limit 'a 1'");
    }

    #[test]
    fn the_first_words_say_who_carries_it_out() {
        for (text, route) in [
            ("vault status", Route::Vault),
            ("aws rds modify-db-instance", Route::Aws),
            ("aws sts get-caller-identity", Route::Aws),
            ("aws s3 ls", Route::Child),
            ("psql -c 'select 1'", Route::Postgres),
            ("docker compose ps", Route::Child),
        ] {
            assert_eq!(parse(text).unwrap().route(), route);
        }
    }

    fn pieces() -> impl Strategy<Value = Piece> {
        prop_oneof![
            3 => r#"[a-z0-9 '"$`\\|&;<>()*?~#!{}\[\]=éß/-]{0,8}"#.prop_map(Piece::Text),
            1 => "[a-z][a-z0-9_]{0,5}".prop_map(Piece::Slot),
            1 => "[A-Z][A-Z0-9_]{0,5}".prop_map(Piece::Secret),
        ]
    }

    fn lines() -> impl Strategy<Value = CommandLine> {
        let word = prop::collection::vec(pieces(), 0..4).prop_map(Word::new);
        ("[a-z]{1,6}", prop::collection::vec(word, 0..5)).prop_filter_map(
            "a built-in of the shell",
            |(program, rest)| {
                CommandLine::new(std::iter::once(Word::text(program)).chain(rest).collect()).ok()
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back_as_the_same_command(line in lines()) {
            prop_assert_eq!(parse(&line.to_string()).unwrap(), line);
        }

        #[test]
        fn whatever_can_be_read_is_shown_so_that_it_reads_the_same(text in r#"[a-z '"\\{}$A-Z=/.|&-]{0,40}"#) {
            if let Ok(line) = parse(&text) {
                prop_assert_eq!(parse(&line.to_string()).unwrap(), line);
            }
        }

        #[test]
        fn a_filled_command_shows_the_words_that_a_child_gets(line in lines(), value in "[a-z '\"$|]{0,6}") {
            let filled = line.fill(&|_: &str| Some(value.as_str())).unwrap();
            if let Ok(argv) = filled.argv() {
                let read = parse(&filled.to_string()).unwrap();
                let words: Vec<_> = read.words().iter().map(|word| word.as_text().unwrap().to_owned()).collect();
                prop_assert_eq!(words, argv);
            }
        }
    }
}
