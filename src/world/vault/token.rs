//! The operator's token: where the CLI would find it, what it hides there, and the one that a login inside the console
//! holds in memory. Files are read at every use, so `vault login` in another window is picked up at once.
//!
//! ```text
//! login in the console ▶ BAO_TOKEN, VAULT_TOKEN ▶ token helper, if the CLI is configured with one ▶ token file
//! ```

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::token_helper::{CliConfig, Helper, cli_config};
use super::variables::variable;
use crate::config::Surroundings;
use crate::model::facts::{ShadowedToken, TokenSource};
use crate::model::trouble::{Trouble, TroubleKind};
use crate::world::process::Environment;

/// A helper that keeps handing out a dead token is not asked again before this.
const HELPER_REST: Duration = Duration::from_secs(10);

/// A token and where it was found. Prints without its value.
#[derive(Debug, Clone)]
pub struct Token {
    /// The value.
    pub value: SecretString,
    /// Where it was found.
    pub source: TokenSource,
}

/// Knows every place a token can come from, and which of them wins.
pub struct TokenKeeper {
    /// The variable's name and value.
    variable: Option<Token>,
    file: PathBuf,
    config: CliConfig,
    address: String,
    environment: Environment,
    /// Tokens that lie nowhere to be read again: of a login in the console, of the helper.
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    login: Option<Token>,
    helper: Option<Token>,
    /// Set when the helper was asked for another token in vain.
    helper_rests_until: Option<Instant>,
}

impl TokenKeeper {
    /// Takes note of the places; reads the CLI's configuration, but no token yet.
    pub fn new(surroundings: &Surroundings, address: &str) -> Self {
        let variable = variable(surroundings, "TOKEN").map(|variable| Token {
            value: variable.value.into(),
            source: TokenSource::Environment(variable.name.to_owned()),
        });
        Self {
            variable,
            file: token_file(surroundings),
            config: cli_config(surroundings),
            address: address.to_owned(),
            environment: Environment::for_site(surroundings),
            memory: Mutex::default(),
        }
    }

    /// The token that the CLI would use, or the one of a login in the console.
    ///
    /// # Errors
    /// Trouble when no place holds one, or the place cannot be read.
    pub async fn current(&self) -> Result<Token, Trouble> {
        let mut memory = self.memory.lock().await;
        if let Some(token) = memory.login.as_ref().or(self.variable.as_ref()) {
            return Ok(token.clone());
        }
        let Some(helper) = &self.config.helper else { return self.in_file()?.ok_or_else(|| self.none()) };
        if memory.helper.is_none() {
            memory.helper = self.by_helper(helper).await?;
        }
        memory.helper.clone().ok_or_else(|| self.none())
    }

    /// Where the token in use comes from and what it hides; without any token, where one was looked for last.
    pub async fn provenance(&self) -> (TokenSource, Option<ShadowedToken>) {
        let Ok(token) = self.current().await else { return (self.last_place(), None) };
        let hidden = self.hidden_by(&token.source);
        let shadows = hidden.map(|hidden| ShadowedToken {
            differs: digest(&hidden) != digest(&token),
            source: hidden.source,
        });
        (token.source, shadows)
    }

    /// The token file, whether or not it exists.
    pub fn file(&self) -> &std::path::Path {
        &self.file
    }

    /// What a program gets that is to find or make a token.
    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// What the CLI's own configuration says.
    pub fn cli_config(&self) -> &CliConfig {
        &self.config
    }

    /// After Vault has refused a token: another one, when its source holds another by now.
    pub(super) async fn after_refusal_of(&self, refused: &Token) -> Option<Token> {
        let is_refused = |token: &mut Token| digest(token) == digest(refused);
        let mut memory = self.memory.lock().await;
        memory.login.take_if(is_refused);
        if memory.helper_rests_until.is_none_or(|until| until <= Instant::now()) {
            memory.helper.take_if(is_refused);
        }
        drop(memory);
        let fresh = self.current().await.ok().filter(|token| digest(token) != digest(refused));
        if fresh.is_none() {
            self.memory.lock().await.helper_rests_until = Some(Instant::now() + HELPER_REST);
        }
        fresh
    }

    /// Holds the token of a login for this process alone; it wins over every other until Vault refuses it.
    pub(super) async fn hold(&self, value: SecretString, method: &str) {
        let source = TokenSource::Profile(method.to_owned());
        self.memory.lock().await.login = Some(Token { value, source });
    }

    /// Forgets what is in memory, so that the next use looks at the sources.
    pub(super) async fn forget(&self) {
        *self.memory.lock().await = Memory::default();
    }

    async fn by_helper(&self, helper: &Helper) -> Result<Option<Token>, Trouble> {
        let source = TokenSource::Helper(helper.path.display().to_string());
        let value = helper.get(&self.environment, &self.address).await?;
        Ok(value.map(|value| Token { value, source }))
    }

    fn in_file(&self) -> Result<Option<Token>, Trouble> {
        let text = match std::fs::read_to_string(&self.file).map(Zeroizing::new) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.unreadable(&error)),
        };
        let source = TokenSource::File(self.file.display().to_string());
        let value = text.trim();
        Ok((!value.is_empty()).then(|| Token { value: value.into(), source }))
    }

    /// The next token in the order of sources below one, as far as it can be had without asking a helper.
    fn hidden_by(&self, source: &TokenSource) -> Option<Token> {
        let in_file = || if self.config.helper.is_none() { self.in_file().ok().flatten() } else { None };
        match source {
            TokenSource::Profile(_) => self.variable.clone().or_else(in_file),
            TokenSource::Environment(_) => in_file(),
            TokenSource::Helper(_) | TokenSource::File(_) => None,
        }
    }

    fn last_place(&self) -> TokenSource {
        match &self.config.helper {
            Some(helper) => TokenSource::Helper(helper.path.display().to_string()),
            None => TokenSource::File(self.file.display().to_string()),
        }
    }

    fn none(&self) -> Trouble {
        Trouble::new("no vault token")
            .because(format!("VAULT_TOKEN is not set and {} holds none", self.last_place()))
            .hint("log in: `vault login`")
            .kind(TroubleKind::Credentials)
    }

    fn unreadable(&self, error: &io::Error) -> Trouble {
        Trouble::new(format!("cannot read the token file {}", self.file.display()))
            .because(error)
            .kind(TroubleKind::Credentials)
    }
}

fn token_file(surroundings: &Surroundings) -> PathBuf {
    match variable(surroundings, "TOKEN_PATH") {
        Some(path) => surroundings.directory.join(path.value),
        None => surroundings.home.join(".vault-token"),
    }
}

fn digest(token: &Token) -> [u8; 32] {
    Sha256::digest(token.value.expose_secret()).into()
}
