//! One command ready to be carried out: everything plain is filled in, everything secret stands beside it by name.

use std::collections::BTreeSet;
use std::time::Duration;

use zeroize::Zeroizing;

use super::Held;
use crate::model::command::{CommandLine, FilledLine, FilledPiece, FilledWord, Route};
use crate::model::runbook::{Act, FilledContent, Place};
use crate::model::trouble::Trouble;

/// One command ready to be carried out.
#[derive(Debug, Clone)]
pub struct Order {
    /// The run it belongs to.
    pub run: String,
    /// The command.
    pub line: FilledLine,
    /// Who carries it out.
    pub route: Route,
    /// What it reads on its standard input.
    pub stdin: Option<FilledContent>,
    /// What its file on RAM holds, and the path that stands in the line.
    pub file: Option<(String, FilledContent)>,
    /// Where a child is started.
    pub directory: Option<String>,
    /// Where it is carried out.
    pub target: Target,
    /// After this time it is given up.
    pub timeout: Duration,
    /// Whether it changes anything.
    pub writes: bool,
    /// Whether the answer will hold a secret, so that nothing of it may be shown.
    pub answers_a_secret: bool,
    /// The secrets that it may use.
    pub held: Held,
}

/// Where a command is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// In this process.
    Process,
    /// As a child here.
    ControlHost,
    /// As a child on a host.
    Host(String),
}

impl Target {
    /// The target of a place, for the host in hand.
    ///
    /// # Errors
    /// Trouble when the place is a host and none is in hand.
    pub fn of(place: Place, host: Option<&str>) -> Result<Self, Trouble> {
        match (place, host) {
            (Place::Process, _) => Ok(Self::Process),
            (Place::ControlHost, _) => Ok(Self::ControlHost),
            (Place::OneHost | Place::EachHost, Some(host)) => Ok(Self::Host(host.to_owned())),
            (Place::OneHost | Place::EachHost, None) => Err(Trouble::new("nobody says on which host")),
        }
    }
}

impl Order {
    /// An order of nothing but its words: it reads nothing, has no file and no secret, and counts as writing.
    pub fn of_words(line: FilledLine, route: Route, target: Target, timeout: Duration) -> Self {
        Self {
            run: String::new(),
            line,
            route,
            stdin: None,
            file: None,
            directory: None,
            target,
            timeout,
            writes: true,
            answers_a_secret: false,
            held: Held::default(),
        }
    }

    /// Fills an act.
    ///
    /// # Errors
    /// Trouble when a slot has no value, or a secret is not in hand.
    pub fn fill<'v>(
        run: &str,
        act: &Act<'_>,
        target: Target,
        file_path: &str,
        value: &impl Fn(&str) -> Option<&'v str>,
        held: Held,
    ) -> Result<Self, Trouble> {
        if let Some(missing) = act.secrets().into_iter().find(|name| held.get(name).is_none()) {
            return Err(Trouble::new(format!("the secret `${{{missing}}}` is not in hand")));
        }
        let line = filled_with_file(act.command, file_path, value)?;
        let fill = |content: &crate::model::runbook::Content| content.fill(value);
        Ok(Self {
            run: run.to_owned(),
            line,
            route: act.command.route(),
            stdin: act.stdin.map(fill).transpose()?,
            file: act.file.map(fill).transpose()?.map(|content| (file_path.to_owned(), content)),
            directory: act.directory.map(|directory| directory.fill(value)?.plain()).transpose()?,
            target,
            timeout: Duration::from_secs(act.timeout_seconds),
            writes: act.writes,
            answers_a_secret: false,
            held,
        })
    }

    /// What goes to its standard input, secrets and all.
    ///
    /// # Errors
    /// Trouble when a secret cannot stand there.
    pub fn stdin_bytes(&self) -> Result<Option<Zeroizing<String>>, Trouble> {
        self.stdin.as_ref().map(|content| content.reveal(&|name| self.held.get(name))).transpose()
    }

    /// What its file holds, secrets and all.
    ///
    /// # Errors
    /// Trouble when a secret cannot stand there.
    pub fn file_bytes(&self) -> Result<Option<Zeroizing<String>>, Trouble> {
        let file = self.file.as_ref();
        file.map(|(_, content)| content.reveal(&|name| self.held.get(name))).transpose()
    }

    /// Its words with the secrets in them, for a request in this process.
    ///
    /// # Errors
    /// Trouble when a secret is not in hand.
    pub fn spoken(&self) -> Result<Vec<Zeroizing<String>>, Trouble> {
        self.line.words().iter().map(|word| self.spoken_word(word)).collect()
    }

    fn spoken_word(&self, word: &FilledWord) -> Result<Zeroizing<String>, Trouble> {
        let texts: Vec<&str> = word
            .pieces()
            .iter()
            .map(|piece| match piece {
                FilledPiece::Text(text) => Ok(text.as_str()),
                FilledPiece::Secret(name) => self
                    .held
                    .get(name)
                    .ok_or_else(|| Trouble::new(format!("the secret `${{{name}}}` is not in hand"))),
            })
            .collect::<Result<_, _>>()?;
        let mut spoken = Zeroizing::new(String::with_capacity(texts.iter().map(|text| text.len()).sum()));
        for text in texts {
            spoken.push_str(text);
        }
        Ok(spoken)
    }
}

fn filled_with_file<'v>(
    command: &CommandLine,
    file_path: &str,
    value: &impl Fn(&str) -> Option<&'v str>,
) -> Result<FilledLine, Trouble> {
    let slots: BTreeSet<&str> = command.slots();
    if !slots.contains("file") {
        return command.fill(value);
    }
    // one lifetime for the values and the path
    let values: Vec<(&str, String)> =
        slots.into_iter().filter_map(|slot| Some((slot, value(slot)?.to_owned()))).collect();
    command.fill(&|slot: &str| match slot {
        "file" => Some(file_path),
        slot => values.iter().find(|(name, _)| *name == slot).map(|(_, value)| value.as_str()),
    })
}
