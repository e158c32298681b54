//! The program of a profile that is told what is new: started without a shell and with none of our secrets in its environment,
//! given one JSON object on its standard input, and ended when its time is up.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::config::Surroundings;
use crate::model::finding::Severity;
use crate::model::last_look::Standing;
use crate::model::notice::Notices;
use crate::model::trouble::Trouble;
use crate::world::process::{self, Environment};

/// What is started for each piece of news.
#[derive(Debug, Clone)]
pub struct Hook {
    program: String,
    words: Vec<String>,
    deadline: Duration,
    environment: Environment,
    deployment: String,
}

/// What it is given.
#[derive(Serialize)]
struct Given<'a> {
    rule: &'a str,
    severity: Severity,
    subject: &'a str,
    sentence: &'a str,
    deployment: &'a str,
    at: Timestamp,
}

impl Hook {
    /// As the profile says; `None` where it names no program.
    ///
    /// # Errors
    /// Trouble when our own environment cannot be known.
    pub fn of(notices: &Notices, deployment: &str) -> Result<Option<Self>, Trouble> {
        let Some((program, words)) = notices.command.split_first() else { return Ok(None) };
        Ok(Some(Self {
            program: program.clone(),
            words: words.to_vec(),
            deadline: Duration::from_secs(notices.command_seconds.max(1)),
            environment: Environment::of(&Surroundings::here()?),
            deployment: deployment.to_owned(),
        }))
    }

    /// Tells it one piece of news, and waits for its end.
    ///
    /// # Errors
    /// Trouble when it cannot be started, does not end in time, or does not end well.
    pub async fn tell(&self, news: &Standing, at: Timestamp) -> Result<(), Trouble> {
        let failed = |because: String| {
            Trouble::new(format!("the notice command {} failed", self.program))
                .because(because)
                .hint("notices.command in the profile")
        };
        let given = self.given(news, at).map_err(|error| failed(error.to_string()))?;
        let mut command = self.environment.command(&self.program);
        command.args(&self.words).stdin(given);
        let ended = process::run(command, self.deadline).await.map_err(|error| failed(error.to_string()))?;
        match ended.status {
            Some(status) if status.success() => Ok(()),
            Some(status) => {
                let said = ended.complaint.lines().next().unwrap_or_default();
                Err(failed(if said.is_empty() { status.to_string() } else { format!("{status}: {said}") }))
            }
            None => Err(failed(format!("it did not end within {}s, and was ended", self.deadline.as_secs()))),
        }
    }

    /// An unnamed file that holds the object: a program that does not read keeps nobody waiting.
    fn given(&self, news: &Standing, at: Timestamp) -> io::Result<File> {
        let given = Given {
            rule: &news.rule,
            severity: news.severity,
            subject: &news.subject,
            sentence: &news.sentence,
            deployment: &self.deployment,
            at,
        };
        let mut file = tempfile::tempfile()?;
        file.write_all(&serde_json::to_vec(&given)?)?;
        file.write_all(b"\n")?;
        file.rewind()?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(command: &[&str]) -> Hook {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        let notices = Notices { command, command_seconds: 1, ..Notices::default() };
        Hook::of(&notices, "shared").unwrap().unwrap()
    }

    fn news() -> Standing {
        Standing {
            rule: "SEALED".to_owned(),
            subject: "vault".to_owned(),
            severity: Severity::Critical,
            sentence: "vault is \"sealed\"; $(touch no) `touch no`".to_owned(),
            acknowledged: false,
        }
    }

    async fn because(command: &[&str]) -> String {
        let trouble = hook(command).tell(&news(), Timestamp::UNIX_EPOCH).await.unwrap_err();
        trouble.because.unwrap()
    }

    #[tokio::test]
    async fn a_program_gets_one_object_on_its_input_and_nothing_but_the_profile_s_words_as_arguments() {
        let folder = tempfile::tempdir().unwrap();
        let (seen, script) = (folder.path().join("seen"), folder.path().join("page me"));
        std::fs::write(&script, format!("#!/bin/sh\n{{ cat; echo \"$@\"; env; }} >{}\n", seen.display()))
            .unwrap();
        let hook = hook(&["sh", script.to_str().unwrap(), "--team", "a b"]);
        hook.tell(&news(), Timestamp::UNIX_EPOCH).await.unwrap();
        let seen = std::fs::read_to_string(seen).unwrap();
        let mut lines = seen.lines();
        let object: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
        assert_eq!(
            object,
            serde_json::json!({ "rule": "SEALED", "severity": "critical", "subject": "vault",
                "sentence": news().sentence, "deployment": "shared", "at": "1970-01-01T00:00:00Z" })
        );
        assert_eq!(lines.next(), Some("--team a b"));
        // what cargo and the test runner have set shows that only a list of variables is handed on
        assert!(seen.contains("PATH=") && !seen.contains("CARGO"), "{seen}");
    }

    #[tokio::test]
    async fn a_program_that_fails_is_missing_or_does_not_end_is_trouble_that_says_why() {
        assert_eq!(because(&["sh", "-c", "echo no pager >&2; exit 3"]).await, "exit status: 3: no pager");
        assert!(because(&["/nowhere/page-me"]).await.contains("No such file"));
        assert_eq!(because(&["sleep", "1000"]).await, "it did not end within 1s, and was ended");
    }

    #[test]
    fn a_profile_without_a_program_starts_none() {
        assert!(Hook::of(&Notices::default(), "shared").unwrap().is_none());
    }
}
