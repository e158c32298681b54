//! How a command of the documentation becomes the fields of a step: the one place that knows what a pipe, a here-document,
//! `$( )`, `cd` or a secret in an argument turns into.
//!
//! | in the documentation | in the step |
//! |---|---|
//! | lines joined by `\`, comments | one command |
//! | `command <<'EOF'` … `EOF` | `stdin` |
//! | `NAME=$(openssl rand … \| tr -dc SET \| head -c N)` | `generate` |
//! | `NAME=$(command)` | `capture` of the whole output |
//! | `"${NAME}"`, `<name>` | a secret where NAME is one, else a slot |
//! | `cd FOLDER` | `directory` of the commands after it |
//! | `ssh USER@HOST` | nothing: vaultdeck runs there already |
//! | `command 2>/dev/null \|\| echo …` | `command`, told that a refusal is expected |
//! | `ansible-playbook … -e name=SECRET` | `-e @FILE`, the names in a `file` on RAM |

use std::collections::BTreeMap;

use super::{Alphabet, Content, is_secret_name};
use crate::model::command::{CommandLine, Piece, Route, Template, Word};
use crate::model::trouble::Trouble;

/// One command of the documentation as fields of a step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Translated {
    /// The command, where there is one.
    pub command: Option<CommandLine>,
    /// What it reads on its standard input.
    pub stdin: Option<Content>,
    /// What stands in its file on RAM.
    pub file: Option<Content>,
    /// Where it is started.
    pub directory: Option<String>,
    /// The slot that takes the whole of its output.
    pub capture: Option<String>,
    /// The secret that is made in its place, with its alphabet and length.
    pub generate: Option<(String, Alphabet, usize)>,
    /// Whether a refusal is expected and passed over.
    pub tolerates_refusal: bool,
}

/// Words in the name of a variable that make it one of a secret.
const SECRET_WORDS: [&str; 5] = ["PASSWORD", "SECRET", "KEY", "TOKEN", "ROLE_ID"];

/// Characters that a `tr -dc` keeps, by how the documentation writes them.
const ALPHABETS: [(&str, Alphabet); 1] = [("a-zA-Z0-9", Alphabet::Alphanumeric)];

/// The commands of a piece of the documentation, in order.
///
/// # Errors
/// Trouble when something in it has no place in a step.
pub fn translate(text: &str) -> Result<Vec<Translated>, Trouble> {
    let mut commands = Vec::new();
    let mut directory: Option<String> = None;
    let joined = text.replace("\\\n", " ");
    let mut lines = joined.lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || opens_session(line) {
            continue;
        }
        if let Some(folder) = line.strip_prefix("cd ") {
            directory = Some(folder.trim().to_owned());
            continue;
        }
        let (line, stdin) = here_document(line, &mut lines)?;
        let translated = command(line)?;
        commands.push(Translated {
            stdin: stdin.or(translated.stdin),
            directory: directory.clone(),
            ..translated
        });
    }
    Ok(commands)
}

/// `ssh ansible@host` and what is typed there before the work begins.
fn opens_session(line: &str) -> bool {
    let words: Vec<_> = line.split_whitespace().collect();
    matches!(words.as_slice(), ["ssh", host] if host.contains('@')) || words == ["ansible-helper"]
}

fn here_document<'a>(
    line: &'a str,
    lines: &mut std::str::Lines<'_>,
) -> Result<(&'a str, Option<Content>), Trouble> {
    let Some((command, end)) = line.split_once("<<") else { return Ok((line, None)) };
    let end = end.trim().trim_matches('\'');
    let mut body = String::new();
    for line in lines.by_ref() {
        if line.trim() == end {
            return Ok((command.trim(), Some(Content::Text(Template::from(body.as_str())))));
        }
        body.push_str(line);
        body.push('\n');
    }
    Err(Trouble::new("a here-document does not end").because(format!("no line is {end}")))
}

fn command(line: &str) -> Result<Translated, Trouble> {
    if let Some((name, inner)) = assignment(line) {
        if let Some((alphabet, length)) = generator(inner) {
            let generate = Some((slot(name), alphabet, length));
            return Ok(Translated { generate, ..Translated::default() });
        }
        let translated = command(inner)?;
        return Ok(Translated { capture: Some(slot(name)), ..translated });
    }
    let (line, tolerates_refusal) = match line.split_once(" 2>/dev/null || echo ") {
        Some((line, _)) => (line, true),
        None => (line, false),
    };
    let parsed: CommandLine = placed(line).parse()?;
    let (command, file) = secrets_in_a_file(&named(&parsed)?)?;
    Ok(Translated { command: Some(command), file, tolerates_refusal, ..Translated::default() })
}

/// `NAME=$(inner)`
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, inner) = line.split_once("=$(")?;
    is_secret_name(name).then_some((name, inner.strip_suffix(')')?))
}

/// `openssl rand -base64 32 | tr -dc 'a-zA-Z0-9' | head -c 32`
fn generator(inner: &str) -> Option<(Alphabet, usize)> {
    let parts: Vec<_> = inner.split('|').map(str::trim).collect();
    let [random, kept, length] = parts.as_slice() else { return None };
    if !random.starts_with("openssl rand") {
        return None;
    }
    let kept = kept.strip_prefix("tr -dc")?.trim().trim_matches('\'');
    let (_, alphabet) = ALPHABETS.iter().find(|(characters, _)| *characters == kept)?;
    Some((*alphabet, length.strip_prefix("head -c")?.trim().parse().ok()?))
}

/// `<new_secret_id>`, the documentation's words for "put it here", as a variable; `~` as the slot of the home folder.
fn placed(line: &str) -> String {
    let mut placed = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('<') {
        let Some((name, after)) = after.split_once('>') else { break };
        placed.push_str(before);
        placed.extend(["${", &name.to_uppercase(), "}"]);
        rest = after;
    }
    placed.push_str(rest);
    placed.replace(" ~/", " {home}/")
}

/// Variables that hold no secret are plain slots.
fn named(line: &CommandLine) -> Result<CommandLine, Trouble> {
    let piece = |piece: &Piece| match piece {
        Piece::Secret(name) if !is_secret_name(&slot(name)) => Piece::Slot(slot(name)),
        piece => piece.clone(),
    };
    CommandLine::new(line.words().iter().map(|word| Word::new(word.pieces().iter().map(piece))).collect())
}

fn slot(name: &str) -> String {
    let secret = SECRET_WORDS.iter().any(|word| name.contains(word));
    if secret { name.to_owned() } else { name.to_lowercase() }
}

/// No secret stays in the arguments of a child: those of `-e` go into one file.
fn secrets_in_a_file(line: &CommandLine) -> Result<(CommandLine, Option<Content>), Trouble> {
    if line.route() != Route::Child || line.secrets().is_empty() {
        return Ok((line.clone(), None));
    }
    let mut fields = BTreeMap::new();
    let mut words: Vec<Word> = Vec::new();
    for word in line.words() {
        let is_value = words.last().is_some_and(|before| before.as_text() == Some("-e"));
        match field(word).filter(|_| is_value) {
            Some((name, value)) => {
                words.pop();
                fields.insert(name, value);
            }
            None => words.push(word.clone()),
        }
    }
    words
        .extend([Word::text("-e"), Word::new([Piece::Text("@".to_owned()), Piece::Slot("file".to_owned())])]);
    Ok((CommandLine::new(words)?, Some(Content::Json(fields))))
}

/// `vault_secret_id=${SECRET_ID}`
fn field(word: &Word) -> Option<(String, Template)> {
    match word.pieces() {
        [Piece::Text(name), Piece::Secret(secret)] => {
            let name = name.strip_suffix('=')?;
            Some((name.to_owned(), Template::from(format!("${{{secret}}}").as_str())))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Translated {
        let mut all = translate(text).unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    fn shown(translated: &Translated) -> String {
        translated.command.as_ref().unwrap().to_string()
    }

    #[test]
    fn a_here_document_becomes_stdin() {
        let translated = one("vault policy write read - <<'EOF'\npath \"a/*\" {\n  x = 1\n}\nEOF\n");
        assert_eq!(shown(&translated), "vault policy write read -");
        assert_eq!(translated.stdin, Some(Content::Text("path \"a/*\" {\n  x = 1\n}\n".into())));
    }

    #[test]
    fn a_pipe_that_makes_a_password_becomes_generate() {
        let translated = one("NEW_PASSWORD=$(openssl rand -base64 32 | tr -dc 'a-zA-Z0-9' | head -c 32)");
        assert_eq!(translated.generate, Some(("NEW_PASSWORD".to_owned(), Alphabet::Alphanumeric, 32)));
        assert_eq!(translated.command, None);
    }

    #[test]
    fn a_substitution_becomes_capture_and_cd_the_directory() {
        let translated =
            one("# the endpoint\ncd rds/authentik\nRDS_ENDPOINT=$(terraform output -raw db_address)");
        assert_eq!(shown(&translated), "terraform output -raw db_address");
        assert_eq!(translated.capture.as_deref(), Some("rds_endpoint"));
        assert_eq!(translated.directory.as_deref(), Some("rds/authentik"));
    }

    #[test]
    fn a_variable_is_a_secret_or_a_slot_by_its_name() {
        let patch = one(
            "vault kv patch secret/a \\\npg_host=\"${RDS_ENDPOINT}\" \\\npg_password=\"${NEW_PASSWORD}\"",
        );
        assert_eq!(
            shown(&patch),
            "vault kv patch secret/a pg_host={rds_endpoint} pg_password=\"${NEW_PASSWORD}\""
        );
    }

    #[test]
    fn secrets_of_a_play_go_into_a_file() {
        let play = one(
            "ansible-playbook setup.yml -e \"vault_enabled=true\" -e \"vault_secret_id=<new_secret_id>\"",
        );
        assert_eq!(shown(&play), "ansible-playbook setup.yml -e vault_enabled=true -e @{file}");
        let fields = BTreeMap::from([("vault_secret_id".to_owned(), "${NEW_SECRET_ID}".into())]);
        assert_eq!(play.file, Some(Content::Json(fields)));
    }

    #[test]
    fn a_hidden_refusal_is_told() {
        let enable = one("vault auth enable approle 2>/dev/null || echo \"Already enabled\"");
        assert!(enable.tolerates_refusal);
        assert_eq!(shown(&enable), "vault auth enable approle");
    }

    #[test]
    fn the_way_to_the_control_host_is_no_command() {
        assert_eq!(translate("ssh ansible@ansible-shared\nansible-helper\n").unwrap(), []);
        assert_eq!(shown(&one("rm -f ~/.vault-token")), "rm -f {home}/.vault-token");
    }

    #[test]
    fn what_has_no_place_in_a_step_is_refused() {
        assert!(translate("curl x | sh").is_err());
        assert!(translate("vault policy write x - <<EOF\nnever ends").is_err());
    }
}
