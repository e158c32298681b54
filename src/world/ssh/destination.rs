//! Where a host is and which options of the profile or inventory ssh is given for it. All else is the operator's own
//! ssh configuration.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use crate::model::trouble::Trouble;

/// One host as ssh is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Destination {
    /// The host's name in the profile or inventory.
    pub name: String,
    /// What ssh is to connect to, where that is not the name: `ansible_host`.
    pub address: Option<String>,
    /// Login name, `ssh -l`.
    pub user: Option<String>,
    /// Port, `ssh -p`.
    pub port: Option<u16>,
    /// Key file, `ssh -i`.
    pub key: Option<PathBuf>,
    /// Further words for ssh, from `ansible_ssh_common_args` and `ansible_ssh_extra_args`.
    pub words: Vec<String>,
    /// Configuration file, `ssh -F`; the operator's own when absent.
    pub config_file: Option<PathBuf>,
}

impl Destination {
    /// A host that ssh knows by its name.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// What ssh connects to.
    pub fn target(&self) -> &str {
        self.address.as_deref().unwrap_or(&self.name)
    }

    /// Options that say where to and as whom, without the target.
    pub fn options(&self) -> Vec<OsString> {
        let mut options: Vec<OsString> = Vec::new();
        let mut option = |flag: &str, value: OsString| options.extend([flag.into(), value]);
        self.user.iter().for_each(|user| option("-l", user.into()));
        self.port.iter().for_each(|port| option("-p", port.to_string().into()));
        self.key.iter().for_each(|key| option("-i", key.into()));
        options.extend(self.words.iter().map(OsString::from));
        // behind the words, which may name a file of their own: the profile's wins
        options.extend(self.config_file.iter().flat_map(|file| ["-F".into(), file.into()]));
        options
    }

    /// The command an operator would type to connect.
    pub fn by_hand(&self) -> String {
        let options = self.options().into_iter().map(|word| quoted(&word.to_string_lossy()));
        ["ssh".to_owned()]
            .into_iter()
            .chain(options)
            .chain([self.target().to_owned()])
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Refuses a target that ssh would take for something else than a name.
    ///
    /// # Errors
    /// Trouble for an empty name, an option in disguise, a space or control character.
    pub fn check(&self) -> Result<(), Trouble> {
        let target = self.target();
        let odd = |character: char| {
            character.is_whitespace() || character.is_control() || "'\"\\`$;&|<>".contains(character)
        };
        if target.is_empty() || target.starts_with('-') || target.contains(odd) {
            return Err(Trouble::new(format!("cannot use {target:?} as a host name"))
                .because("ssh would not take it for a name")
                .hint("correct the host in the profile or inventory"));
        }
        Ok(())
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

/// A word as a shell reads it back, in quotes only where it needs them.
pub fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./:=@%+,".contains(character);
    // some shells look up a program by a word that begins with `=`
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_by_hand_is_what_we_run() {
        let destination = Destination {
            address: Some("10.0.0.4".into()),
            user: Some("ops".into()),
            port: Some(2222),
            words: vec!["-o".into(), "ProxyCommand=ssh -W %h:%p bastion".into()],
            config_file: Some("/etc/site/ssh_config".into()),
            ..Destination::named("db-2")
        };
        assert_eq!(
            destination.by_hand(),
            "ssh -l ops -p 2222 -o 'ProxyCommand=ssh -W %h:%p bastion' -F /etc/site/ssh_config 10.0.0.4"
        );
    }

    #[test]
    fn a_name_that_ssh_would_read_as_an_option_is_refused() {
        for name in ["", "-oProxyCommand=touch", "a b", "a\nb", "$(id)"] {
            assert!(Destination::named(name).check().is_err(), "{name:?}");
        }
        assert!(Destination::named("ops@db-2.example.org").check().is_ok());
        assert!(Destination::named("2001:db8::1").check().is_ok());
    }
}
