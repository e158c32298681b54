//! `aws rds …` and `aws sts get-caller-identity` in this process: the CLI's own grammar, as far as it is carried out here, and
//! answers told as the CLI tells them.

use serde_json::Value;
use zeroize::Zeroizing;

use super::{Order, Reply};
use crate::model::runbook::Answer;
use crate::model::trouble::Trouble;

/// The CLI's exit status when AWS refuses.
const REFUSED: i32 = 254;

/// A command told apart.
pub struct Said {
    /// What is to be done.
    pub call: Call,
    /// `--profile`; that of the deployment when absent.
    pub profile: Option<String>,
}

/// What is to be done.
pub enum Call {
    /// `sts get-caller-identity`.
    CallerIdentity,
    /// `rds describe-db-instances`.
    DescribeInstances {
        /// `--db-instance-identifier`; every instance when absent.
        instance: Option<String>,
    },
    /// `rds modify-db-instance`.
    ModifyInstance {
        /// `--db-instance-identifier`.
        instance: String,
        /// `--master-user-password`.
        password: Option<Zeroizing<String>>,
        /// `--apply-immediately`.
        at_once: bool,
    },
}

/// Flags and their values, each taken once.
struct Flags(Vec<(String, Zeroizing<String>)>);

impl Said {
    /// Tells the words of an order apart. A flag that is not known here is refused: what it asks for would not be done.
    ///
    /// # Errors
    /// Trouble when the command is not known here, lacks something, or a secret is not in hand.
    pub fn of(order: &Order) -> Result<Self, Trouble> {
        let words = order.spoken()?;
        let word = |index: usize| words.get(index).map(|word| word.as_str()).unwrap_or_default();
        let (service, verb) = (word(1), word(2));
        let mut flags = Flags::of(words.get(3..).unwrap_or_default())?;
        let profile = flags.take("profile");
        if flags.take("output").is_some_and(|output| output != "json") {
            return Err(Trouble::new("only json comes back here").hint("leave --output out"));
        }
        let call = match (service, verb) {
            ("sts", "get-caller-identity") => Call::CallerIdentity,
            ("rds", "describe-db-instances") => {
                Call::DescribeInstances { instance: flags.take("db-instance-identifier") }
            }
            ("rds", "modify-db-instance") => Call::ModifyInstance {
                instance: flags.take("db-instance-identifier").ok_or_else(|| {
                    Trouble::new("nobody says which instance").hint("--db-instance-identifier NAME")
                })?,
                password: flags.take_secret("master-user-password"),
                at_once: flags.is_set("apply-immediately") && !flags.is_set("no-apply-immediately"),
            },
            _ => return Err(Trouble::new(format!("`aws {service} {verb}` is not known here"))),
        };
        flags.must_be_empty(&format!("aws {service} {verb}"))?;
        Ok(Self { call, profile })
    }
}

impl Flags {
    fn of(words: &[Zeroizing<String>]) -> Result<Self, Trouble> {
        let mut flags = Vec::new();
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            let none = || Trouble::new("a word of the command belongs to no flag");
            let flag = word.strip_prefix("--").ok_or_else(none)?;
            let value = match flag.split_once('=') {
                Some((_, value)) => Zeroizing::new(value.to_owned()),
                None => words.next_if(|next| !next.starts_with("--")).cloned().unwrap_or_default(),
            };
            let name = flag.split_once('=').map_or(flag, |(name, _)| name);
            flags.push((name.to_owned(), value));
        }
        Ok(Self(flags))
    }

    fn take_secret(&mut self, name: &str) -> Option<Zeroizing<String>> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(at).1)
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.take_secret(name).map(|value| value.to_string())
    }

    fn is_set(&mut self, name: &str) -> bool {
        self.take_secret(name).is_some()
    }

    fn must_be_empty(&self, command: &str) -> Result<(), Trouble> {
        let Some((name, _)) = self.0.first() else { return Ok(()) };
        Err(Trouble::new(format!("`{command}` is not carried out here with --{name}"))
            .because("what that flag asks for would not be done"))
    }
}

/// A good answer.
pub fn told(json: Value, request_ids: Vec<String>) -> Reply {
    let output = serde_json::to_string_pretty(&json).unwrap_or_default();
    Reply { answer: Answer { output, json: Some(json), ..Answer::default() }, request_ids, refused: false }
}

/// A refusal with AWS's code and message, after which nothing has been changed.
pub fn refused(operation: &str, code: &str, message: &str) -> Reply {
    let errors = format!("An error occurred ({code}) when calling the {operation} operation: {message}");
    let missing = code.contains("NotFound");
    let answer = Answer { errors, status: REFUSED, missing, ..Answer::default() };
    Reply { answer, refused: true, ..Reply::default() }
}
