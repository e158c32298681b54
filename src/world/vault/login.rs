//! Logging in again, by the command or the method that the profile names. The token that comes back stays in memory:
//! it is written nowhere, and ends with the process or its TTL.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::de::IgnoredAny;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use super::{Refusal, Reply, Vault};
use crate::config::LoginSettings;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::world::clean;

/// Time for a login command: somebody may have to answer a browser or a phone.
const PATIENCE: Duration = Duration::from_secs(180);

impl Vault {
    /// Logs in by the profile's own method, as [`Vault::log_in`].
    ///
    /// # Errors
    /// Trouble when the profile names none, or it fails.
    pub async fn log_in_again(
        &self,
        answer: Option<SecretString>,
        say: &(dyn Fn(String) + Sync),
    ) -> Result<(), Trouble> {
        let method = self.login.as_ref().ok_or_else(|| {
            Trouble::new("the profile names no way to log in to vault")
                .hint("set vault.login, or log in in another window: the new token is picked up")
        })?;
        self.log_in(method, answer, say).await
    }

    /// After a program of the site has logged in elsewhere: it either printed the token or left it where the CLI keeps it.
    pub async fn take_login(&self, printed: &str, program: &str) {
        if looks_like_a_token(printed) {
            self.tokens().hold(printed.into(), program).await;
        } else {
            self.tokens().forget().await;
        }
    }

    /// Logs in, with the answer to the method's question where it has one. A program's remarks (the page to open in a browser)
    /// go to `say`, cleaned, line by line.
    ///
    /// # Errors
    /// Trouble when the method fails; the token in use until now stays in use.
    pub async fn log_in(
        &self,
        method: &LoginSettings,
        answer: Option<SecretString>,
        say: &(dyn Fn(String) + Sync),
    ) -> Result<(), Trouble> {
        let token = match method {
            LoginSettings::Command { command } => self.by_command(command, say).await?,
            LoginSettings::Userpass { username, mount } => {
                Some(self.by_password(mount, username, &answer.ok_or_else(unanswered)?).await?)
            }
            LoginSettings::Approle { role_id_file, secret_id_file, mount } => {
                Some(self.by_approle(mount, role_id_file, secret_id_file).await?)
            }
            LoginSettings::Token {} => Some(answer.ok_or_else(unanswered)?),
            LoginSettings::Oidc { role } => Some(self.by_oidc(role.as_deref(), say).await?),
        };
        match token {
            Some(token) => self.tokens().hold(token, &method.way().name).await,
            None => self.tokens().forget().await,
        }
        Ok(())
    }

    async fn by_password(
        &self,
        mount: &str,
        username: &str,
        password: &SecretString,
    ) -> Result<SecretString, Trouble> {
        let path = format!("auth/{mount}/login/{username}");
        self.token_of(&path, &json!({ "password": password.expose_secret() })).await
    }

    async fn by_approle(
        &self,
        mount: &str,
        role_id: &Path,
        secret_id: &Path,
    ) -> Result<SecretString, Trouble> {
        let role_id = credential(role_id)?;
        let secret_id = credential(secret_id)?;
        let body = json!({ "role_id": role_id.trim(), "secret_id": secret_id.trim() });
        self.token_of(&format!("auth/{mount}/login"), &body).await
    }

    async fn token_of(&self, path: &str, body: &serde_json::Value) -> Result<SecretString, Trouble> {
        let answer = self.call_without_token(path, body).await?;
        if matches!(answer.refusal(), Some(Refusal::DeadToken | Refusal::Denied)) {
            return Err(Trouble::new("vault refuses the login")
                .because(format!("{path} answers 403: locked after wrong tries, or no such mount"))
                .hint("a lockout ends by itself, after 15 minutes unless set otherwise")
                .kind(TroubleKind::Credentials));
        }
        let refused = (400..500).contains(&answer.status);
        let reply: Reply<IgnoredAny> = answer.accept().map_err(|trouble| {
            let what = if refused { "vault refuses the login".to_owned() } else { trouble.what };
            Trouble { what, ..trouble }
        })?;
        let login = reply.auth.ok_or_else(|| Trouble::new("the login brought no token"))?;
        Ok(login.client_token)
    }

    /// A command of the site either prints the token or leaves it where the CLI keeps it.
    async fn by_command(
        &self,
        command: &str,
        say: &(dyn Fn(String) + Sync),
    ) -> Result<Option<SecretString>, Trouble> {
        let mut words = command.split_whitespace();
        let program = words.next().ok_or_else(|| Trouble::new("the profile names an empty login command"))?;
        let mut child = self.tokens().environment().command(program);
        child.args(words);
        let printed = run(child, command, say).await?;
        let printed = printed.expose_secret().trim();
        Ok(looks_like_a_token(printed).then(|| printed.into()))
    }

    async fn by_oidc(
        &self,
        role: Option<&str>,
        say: &(dyn Fn(String) + Sync),
    ) -> Result<SecretString, Trouble> {
        let settings = self.settings()?;
        let mut child = self.tokens().environment().command("vault");
        child.args(["login", "-method=oidc", "-token-only"]);
        child.arg(format!("-address={}", settings.address));
        child.args(settings.namespace.iter().map(|namespace| format!("-namespace={namespace}")));
        child.args(role.iter().map(|role| format!("role={role}")));
        let printed = run(child, "vault login -method=oidc", say).await?;
        match printed.expose_secret().trim() {
            "" => Err(Trouble::new("the login brought no token")),
            token => Ok(token.into()),
        }
    }
}

/// Runs a program to its end; what it prints is secret, what it remarks is said.
async fn run(
    mut command: Command,
    shown: &str,
    say: &(dyn Fn(String) + Sync),
) -> Result<SecretString, Trouble> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let failed = |because: String| {
        Trouble::new(format!("`{shown}` did not log in")).because(because).kind(TroubleKind::Credentials)
    };
    let child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let finished = tokio::time::timeout(PATIENCE, to_its_end(child, say)).await;
    let finished = finished.map_err(|_| failed(format!("no end within {} s", PATIENCE.as_secs())))?;
    let (printed, last_words, status) = finished.map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        return Err(failed(format!("{status}: {last_words}")));
    }
    let printed =
        std::str::from_utf8(&printed).map_err(|_| failed("it printed something that is no text".into()))?;
    Ok(printed.into())
}

async fn to_its_end(
    mut child: Child,
    say: &(dyn Fn(String) + Sync),
) -> std::io::Result<(Zeroizing<Vec<u8>>, String, std::process::ExitStatus)> {
    let stdout = child.stdout.take();
    let remarks = child.stderr.take();
    let mut printed = Zeroizing::new(Vec::new());
    let mut last_words = String::new();
    let read = async {
        if let Some(mut stdout) = stdout {
            stdout.read_to_end(&mut printed).await?;
        }
        std::io::Result::Ok(())
    };
    let listen = async {
        let Some(remarks) = remarks else { return Ok(()) };
        let mut lines = BufReader::new(remarks).split(b'\n');
        while let Some(line) = lines.next_segment().await? {
            last_words = clean::line(&line);
            say(last_words.clone());
        }
        std::io::Result::Ok(())
    };
    tokio::try_join!(read, listen)?;
    let status = child.wait().await?;
    Ok((printed, last_words, status))
}

/// One word with the form of a Vault or OpenBao token.
fn looks_like_a_token(printed: &str) -> bool {
    let prefixed = ["s.", "b.", "hvs.", "hvb."].iter().any(|prefix| printed.starts_with(prefix));
    prefixed && printed.len() > 8 && !printed.contains(char::is_whitespace)
}

fn credential(path: &Path) -> Result<Zeroizing<String>, Trouble> {
    std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
        Trouble::new(format!("cannot read {}", path.display())).because(error).kind(TroubleKind::Credentials)
    })
}

fn unanswered() -> Trouble {
    Trouble::new("the login needs an answer").kind(TroubleKind::Credentials)
}
