//! The operator's own account on the control host: names of variables, files by `stat`, and Ansible's settings.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::clean;
use crate::config::Surroundings;
use crate::model::facts::{FileStat, Part};
use crate::model::trouble::Trouble;

/// Prefixes of the variables that matter here.
const PREFIXES: [&str; 3] = ["VAULT_", "BAO_", "AWS_"];

/// What of the surroundings may be shown: no variable's value is kept that is not one of Ansible's own.
#[derive(Debug, Clone)]
pub struct Station {
    variables: Vec<String>,
    operator: String,
    /// `ANSIBLE_DIFF_ALWAYS`.
    diff_always: Option<String>,
    /// Places where Ansible looks for its settings, the first that exists counts.
    ansible_settings: Vec<PathBuf>,
}

impl Station {
    /// Takes from the surroundings what may be shown.
    pub fn new(surroundings: &Surroundings) -> Self {
        let ours = |name: &&String| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        Self {
            variables: surroundings.variables.keys().filter(ours).cloned().collect(),
            operator: operator(surroundings),
            diff_always: surroundings.variables.get("ANSIBLE_DIFF_ALWAYS").cloned(),
            ansible_settings: ansible_settings(surroundings),
        }
    }

    /// Names of the `VAULT_*`, `BAO_*` and `AWS_*` variables that are set.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// `user@host`.
    pub fn operator(&self) -> &str {
        &self.operator
    }

    /// A file's mode, owner and times; `None` when it is not there.
    ///
    /// # Errors
    /// Trouble when the file cannot even be looked at.
    pub fn stat(&self, path: &Path) -> Part<Option<FileStat>> {
        match std::fs::metadata(path) {
            Ok(found) => Ok(Some(FileStat {
                mode: found.mode() & 0o7777,
                uid: found.uid(),
                gid: found.gid(),
                size: found.size(),
                modified: Timestamp::from_second(found.mtime()).unwrap_or_default(),
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Trouble::new(format!("cannot look at {}", path.display())).because(error)),
        }
    }

    /// Whether Ansible prints diffs without being asked: its variable, else `[diff] always` of its settings.
    ///
    /// # Errors
    /// Trouble when the settings exist and cannot be read.
    pub fn ansible_diff(&self) -> Part<bool> {
        if let Some(always) = &self.diff_always {
            return Ok(is_true(always));
        }
        let Some(path) = self.ansible_settings.iter().find(|path| path.is_file()) else { return Ok(false) };
        let text = std::fs::read(path)
            .map_err(|error| Trouble::new(format!("cannot read {}", path.display())).because(error))?;
        Ok(setting(&clean::block(&text), "diff", "always").is_some_and(|value| is_true(&value)))
    }
}

/// The order of Ansible itself: `ANSIBLE_CONFIG`, the working directory, home, the system.
fn ansible_settings(surroundings: &Surroundings) -> Vec<PathBuf> {
    let named = surroundings.variables.get("ANSIBLE_CONFIG").map(|path| surroundings.directory.join(path));
    let named = named.map(|path| if path.is_dir() { path.join("ansible.cfg") } else { path });
    let usual = [
        surroundings.directory.join("ansible.cfg"),
        surroundings.home.join(".ansible.cfg"),
        PathBuf::from("/etc/ansible/ansible.cfg"),
    ];
    named.into_iter().chain(usual).collect()
}

/// One value of an INI text.
fn setting(text: &str, section: &str, key: &str) -> Option<String> {
    let heading = format!("[{section}]");
    let inside = text.lines().map(str::trim).skip_while(|line| *line != heading).skip(1);
    let mut pairs =
        inside.take_while(|line| !line.starts_with('[')).filter_map(|line| line.split_once(['=', ':']));
    let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case(key))?;
    Some(value.split([';', '#']).next().unwrap_or_default().trim().to_owned())
}

/// Ansible's ways to say yes.
fn is_true(text: &str) -> bool {
    matches!(text.to_lowercase().as_str(), "true" | "yes" | "on" | "1" | "t" | "y")
}

fn operator(surroundings: &Surroundings) -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    clean::line(format!("{}@{host}", surroundings.person()).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn station(files: &[(&str, &str)], variables: &[(&str, &str)]) -> (tempfile::TempDir, Station) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let here = folder.path().to_owned();
        let surroundings =
            Surroundings { variables: variables.collect(), home: here.join("home"), directory: here };
        let station = Station::new(&surroundings);
        (folder, station)
    }

    #[test]
    fn diffs_are_on_by_the_settings_file_and_off_again_by_the_variable() {
        let on = [("ansible.cfg", "[defaults]\nalways = no\n[diff]\n# loud\nAlways = yes ; please\n")];
        let (_keep, loud) = station(&on, &[]);
        assert_eq!(loud.ansible_diff(), Ok(true));
        let (_keep, quiet) = station(&on, &[("ANSIBLE_DIFF_ALWAYS", "false")]);
        assert_eq!(quiet.ansible_diff(), Ok(false));
    }

    #[test]
    fn variables_are_kept_by_name_alone() {
        let (_keep, station) =
            station(&[], &[("VAULT_TOKEN", "s.canary"), ("PATH", "/bin"), ("USER", "jane")]);
        assert_eq!(station.variables(), ["VAULT_TOKEN"]);
        assert!(station.operator().starts_with("jane@"));
        assert!(!format!("{station:?}").contains("canary"));
    }

    #[test]
    fn a_file_that_is_not_there_is_no_trouble() {
        let (keep, station) = station(&[("token", "x")], &[]);
        assert_eq!(station.stat(&keep.path().join("nothing")), Ok(None));
        assert_eq!(station.stat(&keep.path().join("token")).unwrap().unwrap().size, 1);
    }
}
