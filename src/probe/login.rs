//! The proof of a database login with the current KV values, and the shape of those values. Made only when somebody
//! asks: it is the one look that reads secrets, into memory that is wiped when the look ends.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};

use super::Probe;
use crate::model::facts::{Facts, LoginFacts, LoginOutcome, Part, ValueShape};
use crate::model::subject::Subject;
use crate::model::trouble::Trouble;
use crate::world::clean;
use crate::world::postgres::{Dial, Login, PATIENCE, TlsMode};
use crate::world::vault::{SecretValues, Vault};

/// Reads the current values of a secret below the KV mount.
#[async_trait]
pub trait ReadSecret: Send + Sync {
    /// The values, in memory that wipes itself.
    ///
    /// # Errors
    /// Trouble when there are none or Vault refuses.
    async fn read(&self, path: &str) -> Result<SecretValues, Trouble>;
}

/// Vault with the KV mount of the deployment.
pub struct KvMount {
    /// The door.
    pub vault: Arc<Vault>,
    /// Mount without slashes.
    pub mount: String,
}

#[async_trait]
impl ReadSecret for KvMount {
    async fn read(&self, path: &str) -> Result<SecretValues, Trouble> {
        self.vault.read_secret(&self.mount, path).await
    }
}

/// Where the values lie and how the database wants to be approached.
#[derive(Debug, Clone)]
pub struct LoginPlan {
    /// Secret with `pg_host`, `pg_port`, `pg_user`, `pg_password` and `pg_name`.
    pub credentials: String,
    /// Secret with `secret_key`.
    pub key: String,
    /// How the way is protected.
    pub tls: TlsMode,
    /// PEM file of the CA; the system's roots when absent.
    pub ca_file: Option<PathBuf>,
}

/// Tries the login.
pub struct LoginProbe {
    secrets: Arc<dyn ReadSecret>,
    way: Arc<dyn Dial>,
    plan: LoginPlan,
}

impl LoginProbe {
    /// A probe that reads there and goes that way.
    pub fn new(secrets: Arc<dyn ReadSecret>, way: Arc<dyn Dial>, plan: LoginPlan) -> Self {
        Self { secrets, way, plan }
    }

    async fn outcome(&self, credentials: &Credentials<'_>) -> LoginOutcome {
        let unreachable = |because| LoginOutcome::Unreachable { because };
        let Ok(port) = credentials.port.parse::<u16>() else {
            return unreachable(format!("pg_port is no port number: {}", credentials.port));
        };
        match self.way.dial(&credentials.host, port).await {
            Ok(stream) => credentials.login(&self.plan).attempt(stream).await,
            Err(trouble) => unreachable(trouble.sentence()),
        }
    }
}

#[async_trait]
impl Probe for LoginProbe {
    fn subject(&self) -> Subject {
        Subject::Login
    }

    fn every(&self) -> Option<Duration> {
        None
    }

    fn deadline(&self) -> Duration {
        // one for Vault, one for the way, one for the login
        PATIENCE * 3
    }

    async fn look(&self) -> Result<Facts, Trouble> {
        let (secret, key) =
            tokio::join!(self.secrets.read(&self.plan.credentials), self.secrets.read(&self.plan.key));
        let secret = secret?;
        let credentials = Credentials::of(&secret, &self.plan.credentials)?;
        let outcome = self.outcome(&credentials).await;
        Ok(Facts::Login(Box::new(LoginFacts {
            secret_version: secret.version,
            through: self.way.from(),
            tls: self.plan.tls.to_string(),
            outcome,
            password_shape: Ok(shape_of(
                credentials.password,
                &[NOT_IN_A_SOURCED_FILE, NOT_IN_A_MASTER_PASSWORD],
            )),
            secret_key_shape: key.and_then(|key| key_shape(&key, &self.plan.key)),
            host: credentials.host,
            port: credentials.port,
            user: credentials.user,
            database: credentials.database,
        })))
    }
}

/// What KV says about the database; all but the password may be said aloud.
struct Credentials<'a> {
    host: String,
    port: String,
    user: String,
    database: String,
    password: &'a SecretString,
}

impl<'a> Credentials<'a> {
    fn of(secret: &'a SecretValues, path: &str) -> Result<Self, Trouble> {
        let open = |key| value(secret, path, key).map(|value| clean::line(value.expose_secret().as_bytes()));
        Ok(Self {
            host: open("pg_host")?,
            port: open("pg_port")?,
            user: open("pg_user")?,
            database: open("pg_name")?,
            password: value(secret, path, "pg_password")?,
        })
    }

    fn login(&self, plan: &LoginPlan) -> Login {
        Login {
            host: self.host.clone(),
            database: self.database.clone(),
            user: self.user.clone(),
            password: self.password.clone(),
            tls: plan.tls,
            ca_file: plan.ca_file.clone(),
        }
    }
}

fn value<'a>(secret: &'a SecretValues, path: &str, key: &str) -> Result<&'a SecretString, Trouble> {
    let missing = || {
        Trouble::new(format!("{path} has no {key}"))
            .because(format!("the current version {} lacks the key", secret.version))
            .hint(format!("add {key} to {path} with vault kv patch"))
    };
    secret.values.get(key).ok_or_else(missing)
}

fn key_shape(secret: &SecretValues, path: &str) -> Part<ValueShape> {
    Ok(shape_of(value(secret, path, "secret_key")?, &[NOT_IN_A_SOURCED_FILE]))
}

/// Characters that a sourced `.env` changes or ends a value at.
const NOT_IN_A_SOURCED_FILE: &[(char, &str)] = &[
    ('$', "dollar"),
    ('#', "hash"),
    ('\'', "single quote"),
    ('"', "double quote"),
    ('\\', "backslash"),
    ('`', "backtick"),
    ('!', "exclamation mark"),
    ('%', "percent sign"),
    (' ', "space"),
];

/// What RDS refuses in a master password beside those.
const NOT_IN_A_MASTER_PASSWORD: &[(char, &str)] = &[('/', "slash"), ('@', "at sign")];

/// What may be said of a value: how long it is, which kinds of characters it should not have, how it ends.
fn shape_of(value: &SecretString, unwanted: &[&[(char, &str)]]) -> ValueShape {
    let value = value.expose_secret();
    let bare = value.trim_end_matches(['\r', '\n']);
    let mut forbidden: Vec<String> = unwanted
        .iter()
        .flat_map(|kinds| kinds.iter())
        .filter(|(character, _)| bare.contains(*character))
        .map(|(_, name)| (*name).to_owned())
        .collect();
    if bare.chars().any(|character| !matches!(character, ' '..='~')) {
        forbidden.push("not printable ascii".to_owned());
    }
    ValueShape { length: value.chars().count(), forbidden, trailing_newline: value.len() > bare.len() }
}
