//! The CLI's own configuration file, `~/.bao` or `~/.vault`: it names a token helper, or turns out to be something else
//! altogether (often an Ansible Vault password), which makes the CLI fail and is only noted here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hcl_edit::structure::Body;
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::refusal::one_line;
use super::variables::variable;
use crate::config::Surroundings;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::world::process::Environment;

/// Time for a helper to hand out the token.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the CLI's configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CliConfig {
    /// The token helper it names.
    pub helper: Option<Helper>,
    /// A file at the configuration's place that is none.
    pub foreign: Option<PathBuf>,
}

/// A program that keeps tokens for the CLI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helper {
    /// Its path.
    pub path: PathBuf,
    /// The shell that runs it, `$SHELL`.
    shell: String,
}

/// Reads the CLI's configuration: the file of `BAO_CONFIG_PATH` or `VAULT_CONFIG_PATH`, else `~/.bao`, else `~/.vault`.
pub fn cli_config(surroundings: &Surroundings) -> CliConfig {
    let home = &surroundings.home;
    let places = match variable(surroundings, "CONFIG_PATH") {
        Some(path) => vec![expanded(path.value, home)],
        None => vec![home.join(".bao"), home.join(".vault")],
    };
    let mut config = CliConfig::default();
    for place in places {
        let Ok(text) = std::fs::read(&place).map(Zeroizing::new) else { continue };
        match helper_named_in(&text) {
            Some(helper) => {
                config.helper = config.helper.or_else(|| helper.map(|path| with_shell(path, surroundings)));
            }
            None => config.foreign = config.foreign.or(Some(place)),
        }
    }
    config
}

fn expanded(path: &str, home: &Path) -> PathBuf {
    path.strip_prefix("~/").map_or_else(|| PathBuf::from(path), |below| home.join(below))
}

/// The helper of a configuration that may name none; `None` when the text is no configuration of the CLI.
#[expect(clippy::option_option, reason = "no configuration and no helper are two answers")]
fn helper_named_in(text: &[u8]) -> Option<Option<PathBuf>> {
    let body: Body = std::str::from_utf8(text).ok()?.parse().ok()?;
    let mut helper = None;
    for structure in &body {
        let attribute =
            structure.as_attribute().filter(|attribute| attribute.key.as_str() == "token_helper")?;
        helper = Some(attribute.value.as_str()?.into());
    }
    Some(helper.filter(|path: &PathBuf| !path.as_os_str().is_empty()))
}

fn with_shell(path: PathBuf, surroundings: &Surroundings) -> Helper {
    let shell = surroundings.variables.get("SHELL").filter(|shell| !shell.is_empty());
    Helper {
        path: surroundings.directory.join(path),
        shell: shell.map_or("/bin/sh", |shell| shell).to_owned(),
    }
}

impl Helper {
    /// Asks the helper for the token, by the CLI's protocol: `$SHELL -c "<path> get"`, the answer on standard output.
    pub(super) async fn get(
        &self,
        environment: &Environment,
        address: &str,
    ) -> Result<Option<SecretString>, Trouble> {
        let script = format!("{} get", self.path.display().to_string().replace('\\', "\\\\"));
        let mut command = environment.command(&self.shell);
        command.args(["-c", &script]).env("VAULT_ADDR", address).env("BAO_ADDR", address);
        let output = tokio::time::timeout(PATIENCE, command.output()).await;
        let output = output.map_err(|_| self.failed("no answer within 10 s"))?;
        let output = output.map_err(|error| self.failed(&error.to_string()))?;
        let answer = Zeroizing::new(output.stdout);
        if !output.status.success() {
            return Err(self.failed(&format!(
                "{}: {}",
                output.status,
                one_line(&String::from_utf8_lossy(&output.stderr))
            )));
        }
        // The CLI would send a trailing newline along and fail; it is never part of a token.
        let token = std::str::from_utf8(&answer)
            .map_err(|_| self.failed("it printed something that is no text"))?
            .trim();
        Ok((!token.is_empty()).then(|| token.into()))
    }

    fn failed(&self, because: &str) -> Trouble {
        Trouble::new(format!("token helper {} gave no token", self.path.display()))
            .because(because)
            .hint(format!("run `{} get` by hand", self.path.display()))
            .kind(TroubleKind::Credentials)
    }
}
