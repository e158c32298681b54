//! Logging in again in the middle of a run: when Vault does not accept the operator's token any more, and when a step says
//! `vault-login`.

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::Asker;
use crate::exec::{Failure, Lines, Order, Reply};
use crate::model::runbook::Answer;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::world::vault::Vault;

/// The documented word for logging in. A site may have a program of that name; the profile's own way comes before it.
const LOGIN: &str = "vault-login";

/// What the CLI says after a login.
const LOGGED_IN: &str = "Success! You are now authenticated.\n";

/// The operator's way back into Vault.
pub(super) struct WayBack {
    vault: Arc<Vault>,
    asker: Option<Arc<dyn Asker>>,
    /// How often it was walked. Hosts are acted on side by side: the first that meets a dead token logs in for all.
    walked: Mutex<u64>,
}

/// Whether an order is a login and nothing else.
pub(super) fn is_asked_for(order: &Order) -> bool {
    let Ok(words) = order.line.argv() else { return false };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(words[..], [LOGIN] | ["vault", "login"])
}

impl WayBack {
    pub(super) fn new(vault: Arc<Vault>, asker: Option<Arc<dyn Asker>>) -> Self {
        Self { vault, asker, walked: Mutex::new(0) }
    }

    pub(super) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Where it stands before a request is sent.
    pub(super) async fn mark(&self) -> u64 {
        *self.walked.lock().await
    }

    /// Logs in, unless somebody has since the mark.
    pub(super) async fn since(&self, mark: u64, lines: &Lines) -> Result<(), Trouble> {
        let mut walked = self.walked.lock().await;
        if *walked == mark {
            self.log_in(lines).await.map_err(|trouble| dead(&trouble))?;
            *walked += 1;
        }
        Ok(())
    }

    /// Logs in because a step says so.
    pub(super) async fn walk(&self, lines: &Lines) -> Result<Reply, Failure> {
        let mut walked = self.walked.lock().await;
        // a login that fails leaves the token in use as it is
        self.log_in(lines).await.map_err(Failure::before_the_act)?;
        *walked += 1;
        let answer = Answer { output: LOGGED_IN.to_owned(), ..Answer::default() };
        Ok(Reply { answer, ..Reply::default() })
    }

    async fn log_in(&self, lines: &Lines) -> Result<(), Trouble> {
        let say = |line: String| lines.say(line);
        let Some(way) = self.vault.login_way() else {
            return self.vault.log_in_by(LOGIN, &say).await.map_err(|trouble| {
                trouble.hint("set vault.login, or log in in another window: the new token is picked up")
            });
        };
        lines.say(format!("logging in to vault again: {}", way.name));
        let answer = match way.question {
            Some(question) => Some(self.answer(&question).await?),
            None => None,
        };
        self.vault.log_in_again(answer, &say).await
    }

    async fn answer(&self, question: &str) -> Result<SecretString, Trouble> {
        let answer: Option<Zeroizing<String>> = match &self.asker {
            Some(asker) => asker.ask(question).await,
            None => None,
        };
        answer.map(|answer| SecretString::from(answer.as_str())).ok_or_else(|| {
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
