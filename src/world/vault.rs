//! The door to Vault or OpenBao: its HTTP API with the CLI's own manners (variables, token, namespace, TLS, proxy), minus
//! one of them: a redirect is followed once and only to the same host, because the token travels with it.
//!
//! ```text
//! read · list · call ──▶ token ──▶ connection ──▶ Answer ──accept──▶ Reply | Trouble
//!                         ▲ a refused token is read afresh from its source, once
//! ```

mod answer;
mod certificates;
mod connection;
mod login;
mod moment;
mod proxy;
mod refusal;
mod secret;
mod settings;
mod token;
mod token_helper;
mod unreachable;
mod variables;

use std::time::Duration;

use reqwest::Method;
use serde::Serialize;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

pub use answer::{Answer, Login, Reply};
pub use connection::{Request, Unanswered};
pub use moment::moment;
pub use refusal::Refusal;
pub use secret::SecretValues;
pub use settings::{Address, Authorities, Pem, Settings, Tls};
pub use token::{Token, TokenKeeper};
pub use token_helper::{CliConfig, cli_config};

use crate::config::{LoginSettings, Surroundings, VaultSettings};
use crate::model::deployment::LoginWay;
use crate::model::trouble::Trouble;
use connection::Connection;

/// How much longer than one answer a look may take: looks ask more than once.
const ROOM_FOR_A_LOOK: Duration = Duration::from_secs(4);

/// One Vault with the operator's token for it.
pub struct Vault {
    settings: Result<Settings, Trouble>,
    login: Option<LoginSettings>,
    connection: OnceCell<Connection>,
    tokens: TokenKeeper,
}

impl Vault {
    /// Takes note of where Vault is and connects to nothing yet. What is wrong with the settings is said by the first
    /// question.
    pub fn new(profile: &VaultSettings, surroundings: &Surroundings) -> Self {
        let settings = Settings::read(profile, surroundings);
        let address = settings.as_ref().map(|settings| settings.address.to_string()).unwrap_or_default();
        Self {
            settings,
            login: profile.login.clone(),
            connection: OnceCell::new(),
            tokens: TokenKeeper::new(surroundings, &address),
        }
    }

    /// How Vault is reached.
    ///
    /// # Errors
    /// Trouble when profile or variables cannot be understood.
    pub fn settings(&self) -> Result<&Settings, Trouble> {
        self.settings.as_ref().map_err(Clone::clone)
    }

    /// How the profile logs in again; `None` where it names no way.
    pub fn login_way(&self) -> Option<LoginWay> {
        self.login.as_ref().map(LoginSettings::way)
    }

    /// The site's program that logs in, where the profile names one.
    pub fn login_program(&self) -> Option<&str> {
        match &self.login {
            Some(LoginSettings::Command { command }) => Some(command),
            _ => None,
        }
    }

    /// The operator's token and where it came from.
    pub fn tokens(&self) -> &TokenKeeper {
        &self.tokens
    }

    /// Time in which a look of a few questions has ended.
    pub fn deadline(&self) -> Duration {
        self.settings.as_ref().map(|settings| settings.timeout).unwrap_or_default() + ROOM_FOR_A_LOOK
    }

    /// Reads a path that needs no token and belongs to no namespace: `sys/health`.
    ///
    /// # Errors
    /// Trouble when nothing that could be Vault answers; any status is an answer.
    pub async fn ask(&self, path: &str) -> Result<Answer, Trouble> {
        let request = Request { openly: true, ..Request::new(Method::GET, path) };
        Ok(self.connection().await?.send(request, None).await?)
    }

    /// Reads a path.
    ///
    /// # Errors
    /// Trouble when there is no token or nothing that could be Vault answers; any status is an answer.
    pub async fn read(&self, path: &str) -> Result<Answer, Trouble> {
        Ok(self.request(Request::new(Method::GET, path)).await?)
    }

    /// Lists a path, as the CLI does: `GET` with `list=true`.
    ///
    /// # Errors
    /// As [`Vault::read`].
    pub async fn list(&self, path: &str) -> Result<Answer, Trouble> {
        Ok(self.request(Request { list: true, ..Request::new(Method::GET, path) }).await?)
    }

    /// Posts a body to a path.
    ///
    /// # Errors
    /// As [`Vault::read`].
    pub async fn call(&self, path: &str, body: &(impl Serialize + Sync)) -> Result<Answer, Trouble> {
        let body = Some(json(body)?);
        Ok(self.request(Request { body, ..Request::new(Method::POST, path) }).await?)
    }

    /// Posts a body to a path that hands out tokens and so needs none.
    async fn call_without_token(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<Answer, Trouble> {
        let request = Request { body: Some(json(body)?), ..Request::new(Method::POST, path) };
        Ok(self.connection().await?.send(request, None).await?)
    }

    /// Sends a request with the operator's token; where Vault does not accept that one, and its source holds another by
    /// now, once more with that.
    ///
    /// # Errors
    /// As [`Vault::read`]; it tells whether the request may have arrived.
    pub async fn request(&self, request: Request<'_>) -> Result<Answer, Unanswered> {
        let connection = self.connection().await.map_err(Unanswered::before_sending)?;
        let token = self.tokens.current().await.map_err(Unanswered::before_sending)?;
        let answer = connection.send(request.clone(), Some(&token)).await?;
        if answer.refusal() != Some(Refusal::DeadToken) {
            return Ok(answer);
        }
        match self.tokens.after_refusal_of(&token).await {
            Some(fresh) => connection.send(request, Some(&fresh)).await,
            None => Ok(answer),
        }
    }

    async fn connection(&self) -> Result<&Connection, Trouble> {
        let settings = self.settings()?;
        self.connection.get_or_try_init(|| async { Connection::open(settings) }).await
    }
}

fn json(body: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    let bytes = serde_json::to_vec(body);
    bytes
        .map(Zeroizing::new)
        .map_err(|error| Trouble::new("cannot write the question to vault").because(error))
}
