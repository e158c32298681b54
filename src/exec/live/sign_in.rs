//! Logging in again in the middle of a run: when Vault does not accept the operator's token any more, and when a step says
//! `vault-login`.
//!
//! ```text
//! the profile's way ─┬─ a program of the site ─▶ child with a terminal ─▶ token printed, or left where the CLI keeps it
//!                    └─ a method of Vault ─question─▶ Prompts ─▶ token
//! ```

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use secrecy::SecretString;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::vault::is_without_token;
use crate::exec::child::Children;
use crate::exec::{Failure, Lines, Order, Prompts, Reply, Target};
use crate::model::command::{CommandLine, Route};
use crate::model::runbook::Answer;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::world::vault::{Request, Vault};

/// The documented word for logging in. A site may have a program of that name; the profile's own way comes before it.
const LOGIN: &str = "vault-login";

/// What the CLI says after a login.
const LOGGED_IN: &str = "Success! You are now authenticated.\n";

/// Time for a login program: somebody may have to answer it, a browser or a phone.
const PATIENCE: Duration = Duration::from_secs(180);

/// The operator's way back into Vault.
pub(super) struct WayBack {
    vault: Arc<Vault>,
    children: Arc<Children>,
    prompts: Prompts,
    /// How often it was walked. Hosts are acted on side by side: the first that meets a dead token logs in for all.
    walked: Mutex<u64>,
}

/// Whether an order is a login and nothing else.
pub(super) fn is_asked_for(order: &Order) -> bool {
    let Ok(words) = order.line.argv() else { return false };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(words[..], [LOGIN] | ["vault", "login"])
}

/// The site's program that logs in, where the profile's way is one.
pub fn login_program(vault: &Vault) -> Option<&str> {
    if vault.login_way().is_none() { Some(LOGIN) } else { vault.login_program() }
}

impl WayBack {
    pub(super) fn new(vault: Arc<Vault>, children: Arc<Children>, prompts: Prompts) -> Self {
        Self { vault, children, prompts, walked: Mutex::new(0) }
    }

    pub(super) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Where it stands before a request is sent.
    pub(super) async fn mark(&self) -> u64 {
        *self.walked.lock().await
    }

    /// Logs in where Vault does not accept the token any more; whether it did.
    pub(super) async fn where_dead(&self, lines: &Lines) -> Result<bool, Trouble> {
        let mark = self.mark().await;
        let asked = self.vault.request(Request::new(Method::GET, "auth/token/lookup-self")).await;
        if !is_without_token(&asked) {
            return Ok(false);
        }
        self.since(mark, lines).await?;
        Ok(true)
    }

    /// Logs in, unless somebody has since the mark.
    pub(super) async fn since(&self, mark: u64, lines: &Lines) -> Result<(), Trouble> {
        let mut walked = self.walked.lock().await;
        if *walked == mark {
            lines.say("vault does not accept the token: logging in again");
            self.log_in(lines).await.map_err(|trouble| dead(&trouble))?;
            *walked += 1;
        }
        Ok(())
    }

    /// Logs in because a step says so. A login that fails leaves the token in use as it is.
    pub(super) async fn walk(&self, lines: &Lines) -> Result<Reply, Failure> {
        let mut walked = self.walked.lock().await;
        self.log_in(lines).await.map_err(Failure::before_the_act)?;
        *walked += 1;
        let answer = Answer { output: LOGGED_IN.to_owned(), ..Answer::default() };
        Ok(Reply { answer, ..Reply::default() })
    }

    async fn log_in(&self, lines: &Lines) -> Result<(), Trouble> {
        if let Some(program) = login_program(&self.vault) {
            return self.by_program(program, lines).await;
        }
        let question = self.vault.login_way().and_then(|way| way.question);
        let answer = match question {
            Some(question) => Some(self.answer(&question, lines).await?),
            None => None,
        };
        self.vault.log_in_again(answer, &|line| lines.say(line)).await
    }

    /// What it prints may be the token, so only what it remarks is told.
    async fn by_program(&self, program: &str, lines: &Lines) -> Result<(), Trouble> {
        let line = CommandLine::from_str(program)?.fill(&|_| None)?;
        let order = Order::of_words(line, Route::Child, Target::ControlHost, PATIENCE);
        let order = Order { answers_a_secret: true, ..order };
        let failed = || {
            Trouble::new(format!("`{program}` did not log in"))
                .hint("log in in another window: the new token is picked up")
                .kind(TroubleKind::Credentials)
        };
        let reply = self.children.execute(&order, lines).await;
        let answer = reply.map_err(|failure| failed().because(failure.trouble.sentence()))?.answer;
        if answer.status != 0 {
            let words = answer.errors.lines().last().unwrap_or_default();
            return Err(failed().because(format!("exit status {}: {words}", answer.status)));
        }
        let printed = Zeroizing::new(answer.output);
        self.vault.take_login(printed.trim(), program).await;
        Ok(())
    }

    async fn answer(&self, question: &str, lines: &Lines) -> Result<SecretString, Trouble> {
        lines.say(format!("it asks: {question}"));
        let answer = self.prompts.ask("logging in to vault", question, true).await;
        answer.map(|answer| SecretString::from(answer.as_str())).map_err(|_| {
            Trouble::new("nobody answers the question of the login")
                .because(format!("it asks for the {question}"))
                .hint("log in again, then resume the run: nothing of it is lost")
                .kind(TroubleKind::Credentials)
        })
    }
}

/// The token is dead and stays so; the run waits.
fn dead(login: &Trouble) -> Trouble {
    let hint = login.hint.clone().unwrap_or_else(|| "log in again, then resume the run".to_owned());
    Trouble::new("vault does not accept the token, and logging in again failed")
        .because(login.sentence())
        .hint(hint)
        .kind(TroubleKind::Credentials)
}
