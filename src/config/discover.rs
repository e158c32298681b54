//! What a control host tells about its deployment before any profile exists: the surroundings of `vaultdeck init`, and
//! the commented profile written from them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::model::trouble::Trouble;

/// Inventories as the documentation and ansible's own habit name them, below the working directory.
const INVENTORIES: [&str; 8] = [
    "inventory.ini",
    "authentik/inventory.ini",
    "inventory.yml",
    "authentik/inventory.yml",
    "hosts.ini",
    "inventory/hosts.ini",
    "inventory/hosts",
    "hosts",
];

/// Where to look: the process's variables, home and working directory as values.
#[derive(Clone)]
pub struct Surroundings {
    /// Environment variables.
    pub variables: BTreeMap<String, String>,
    /// The operator's home folder.
    pub home: PathBuf,
    /// The working directory.
    pub directory: PathBuf,
}

impl Surroundings {
    /// This process's own.
    ///
    /// # Errors
    /// Trouble when the working directory is gone.
    pub fn here() -> Result<Self, Trouble> {
        let text =
            |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        let variables: BTreeMap<String, String> = std::env::vars_os().filter_map(text).collect();
        let directory =
            std::env::current_dir().map_err(|error| Trouble::new("no working directory").because(error))?;
        let home = etcetera::home_dir().unwrap_or_default();
        Ok(Self { variables, home, directory })
    }

    /// Who sits here: behind `sudo` the person, not the account; `uid 1000` where nothing names one.
    pub fn person(&self) -> String {
        let named = |name: &str| self.variables.get(name).filter(|person| !person.is_empty()).cloned();
        let person = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(named);
        person.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()))
    }
}

/// Names only: a variable may hold a token.
impl fmt::Debug for Surroundings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.variables.keys().collect();
        formatter
            .debug_struct("Surroundings")
            .field("variables", &names)
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}

/// What was found there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Vault's address and the variable that names it.
    pub vault_address: Option<(String, String)>,
    /// The token file, where there is one.
    pub token_file: Option<PathBuf>,
    /// Inventory, relative to the working directory.
    pub inventory: Option<PathBuf>,
    /// A group of the inventory whose name speaks of authentik.
    pub group: Option<String>,
    /// Playbooks beside the inventory.
    pub playbooks: Vec<PathBuf>,
    /// AWS profiles in the CLI's configuration.
    pub aws_profiles: Vec<String>,
    /// Command of the site that logs in, found on the path.
    pub login_command: Option<String>,
}

/// Looks around without asking anybody: files and variables only.
pub fn look_around(surroundings: &Surroundings) -> Discovery {
    let inventory =
        INVENTORIES.iter().map(PathBuf::from).find(|path| surroundings.directory.join(path).is_file());
    let group = inventory.as_ref().and_then(|path| authentik_group(&surroundings.directory.join(path)));
    Discovery {
        vault_address: vault_address(surroundings),
        token_file: Some(surroundings.home.join(".vault-token")).filter(|path| path.is_file()),
        playbooks: inventory.as_ref().map(|path| playbooks_beside(surroundings, path)).unwrap_or_default(),
        inventory,
        group,
        aws_profiles: aws_profiles(surroundings),
        login_command: on_path(surroundings, "vault-login").then(|| "vault-login".to_owned()),
    }
}

impl Discovery {
    /// One line per thing, found or not, for the terminal.
    pub fn report(&self) -> Vec<String> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let list = |paths: &[PathBuf]| {
            paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
        };
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        vec![
            line(
                "vault address",
                self.vault_address.as_ref().map(|(address, from)| format!("{address} ({from})")),
            ),
            line("token file", path(&self.token_file)),
            line("login command", self.login_command.clone()),
            line("inventory", path(&self.inventory)),
            line("host group", self.group.clone()),
            line("playbooks", some(list(&self.playbooks))),
            line("aws profiles", some(self.aws_profiles.join(", "))),
        ]
    }

    /// The commented profile: what was found is set, what was not found stands as a comment to fill in.
    pub fn profile(&self, name: &str) -> String {
        let quoted = toml::Value::from(name).to_string();
        let bare = !name.is_empty()
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
        let heading = if bare { name } else { &quoted };
        let mut text = format!(
            "# vaultdeck profile. What is not said here is as the documentation has it; an unknown key is an\n\
             # error that names the nearest one.\n\
             default = {quoted}\n\n[profiles.{heading}]\n# prod (read-only until unlocked), staging or dev\n\
             environment = \"prod\"\n\n"
        );
        self.write_vault(&mut text);
        self.write_hosts(&mut text);
        self.write_rds(&mut text);
        text
    }

    fn write_vault(&self, text: &mut String) {
        match &self.vault_address {
            Some((address, from)) => put(text, &format!("# found in {from}"), "vault.address", address),
            None => text
                .push_str("# VAULT_ADDR is not set here\n# vault.address = \"https://vault.example:8200\"\n"),
        }
        match &self.login_command {
            Some(command) => {
                let _ = writeln!(text, "# found on the path\nvault.login = {{ method = \"command\", command = \"{command}\" }}");
            }
            None => text.push_str("# how to log in again when the token has died: command, userpass, approle, oidc or token\n# vault.login = { method = \"userpass\", username = \"you\" }\n"),
        }
        text.push('\n');
    }

    fn write_hosts(&self, text: &mut String) {
        match &self.inventory {
            Some(inventory) => put(text, "# found here", "hosts.inventory", &inventory.display().to_string()),
            None => text.push_str("# no inventory found; name the hosts as ssh knows them\n# hosts.list = [\"authentik-1\", \"authentik-2\"]\n"),
        }
        if let Some(group) = &self.group {
            put(text, "# found in the inventory", "hosts.group", group);
        }
        if let Some(folder) = self.inventory.as_ref().and_then(|path| path.parent()) {
            let folder =
                if folder.as_os_str().is_empty() { ".".to_owned() } else { folder.display().to_string() };
            put(text, "# where the playbooks are run", "ansible.directory", &folder);
        }
        text.push('\n');
    }

    fn write_rds(&self, text: &mut String) {
        let documented = "shared-services";
        let chosen = self.aws_profiles.iter().find(|name| *name == documented).or(self.aws_profiles.first());
        match chosen {
            Some(profile) => {
                put(text, &format!("# of the aws profiles {}", self.aws_profiles.join(", ")), "rds.aws_profile", profile);
            }
            None => text.push_str("# no aws profile found; an empty instance means the database is not on RDS\n# rds.instance = \"\"\n"),
        }
        text.push_str("# the account that must be in use; nothing is written to another\n# rds.account = \"123456789012\"\n");
    }
}

fn put(text: &mut String, comment: &str, key: &str, value: &str) {
    let _ = writeln!(text, "{comment}\n{key} = {}", toml::Value::String(value.to_owned()));
}

fn line(what: &str, found: Option<String>) -> String {
    format!("{what:<14} {}", found.unwrap_or_else(|| "not found".to_owned()))
}

fn vault_address(surroundings: &Surroundings) -> Option<(String, String)> {
    let set = |name: &str| surroundings.variables.get(name).filter(|value| !value.is_empty()).cloned();
    ["BAO_ADDR", "VAULT_ADDR"].iter().find_map(|name| set(name).map(|address| (address, (*name).to_owned())))
}

/// The first `[group]` heading of an INI inventory that speaks of authentik.
fn authentik_group(inventory: &Path) -> Option<String> {
    let text = std::fs::read_to_string(inventory).ok()?;
    let heading = |line: &str| Some(line.trim().strip_prefix('[')?.strip_suffix(']')?.to_owned());
    text.lines().filter_map(heading).find(|group| group.contains("authentik") && !group.contains(':'))
}

fn playbooks_beside(surroundings: &Surroundings, inventory: &Path) -> Vec<PathBuf> {
    let folder = inventory.parent().unwrap_or(Path::new(""));
    let documented = ["setup.yml", "restart.yml"].map(|name| folder.join(name));
    documented.into_iter().filter(|path| surroundings.directory.join(path).is_file()).collect()
}

fn aws_profiles(surroundings: &Surroundings) -> Vec<String> {
    let configured = surroundings.variables.get("AWS_CONFIG_FILE").map(PathBuf::from);
    let file = configured.unwrap_or_else(|| surroundings.home.join(".aws/config"));
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let heading = |line: &str| {
        let inside = line.trim().strip_prefix('[')?.strip_suffix(']')?;
        Some(inside.strip_prefix("profile ").unwrap_or(inside).trim().to_owned())
    };
    text.lines().filter_map(heading).filter(|name| !name.starts_with("sso-session")).collect()
}

fn on_path(surroundings: &Surroundings, program: &str) -> bool {
    let path = surroundings.variables.get("PATH").cloned().unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file;

    fn control_host() -> (tempfile::TempDir, Surroundings) {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        let directory = folder.path().join("work");
        std::fs::create_dir_all(home.join(".aws")).unwrap();
        std::fs::create_dir_all(directory.join("authentik")).unwrap();
        std::fs::write(home.join(".vault-token"), "x").unwrap();
        std::fs::write(home.join(".aws/config"), "[default]\n[profile shared-services]\n[sso-session s]\n")
            .unwrap();
        std::fs::write(
            directory.join("authentik/inventory.ini"),
            "[authentik:vars]\na=1\n[authentik_hosts]\nh1\n",
        )
        .unwrap();
        std::fs::write(directory.join("authentik/setup.yml"), "").unwrap();
        let variables = [("VAULT_ADDR".to_owned(), "https://v:8200".to_owned())].into();
        (folder, Surroundings { variables, home, directory })
    }

    #[test]
    fn a_control_host_is_recognised_by_its_files_and_variables() {
        let (_keep, surroundings) = control_host();
        let found = look_around(&surroundings);
        assert_eq!(found.vault_address, Some(("https://v:8200".to_owned(), "VAULT_ADDR".to_owned())));
        assert_eq!(found.group.as_deref(), Some("authentik_hosts"));
        assert_eq!(found.playbooks, [PathBuf::from("authentik/setup.yml")]);
        assert_eq!(found.aws_profiles, ["default", "shared-services"]);
    }

    #[test]
    fn the_written_profile_can_be_loaded() {
        let (_keep, surroundings) = control_host();
        for discovery in [look_around(&surroundings), Discovery::default()] {
            let text = discovery.profile("shared");
            let written = surroundings.directory.join("vaultdeck.toml");
            std::fs::write(&written, &text).unwrap();
            let found =
                file::load(Some(&written), None).unwrap_or_else(|trouble| panic!("{trouble}\n{text}"));
            assert_eq!(found.profile.name, "shared");
        }
    }

    #[test]
    fn what_was_not_found_is_said_too() {
        assert!(Discovery::default().report().iter().all(|line| line.ends_with("not found")));
    }
}
