//! Lines of logs that the operator has saved: `logs/NAME.log` in the state folder, for the operator alone. What is there is never
//! written over.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::model::trouble::Trouble;

use super::state_folder;

/// Files of one name, and of one second, at most.
const MOST_OF_A_NAME: usize = 100;

/// `$XDG_STATE_HOME/vaultdeck/logs`: where saved lines lie.
///
/// # Errors
/// Trouble when there is no state folder.
pub fn log_folder() -> Result<PathBuf, Trouble> {
    let folder = state_folder().ok_or_else(|| cannot().because("there is no state folder"))?;
    Ok(folder.join("logs"))
}

/// Writes lines to a new file of this name; returns where it lies.
///
/// # Errors
/// Trouble when the folder or the file cannot be written.
pub fn keep_log(folder: &Path, name: &str, text: &str) -> Result<PathBuf, Trouble> {
    let because = |error: io::Error| cannot().because(format!("{}: {error}", folder.display()));
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(because)?;
    let name = plain(name);
    for number in 1..=MOST_OF_A_NAME {
        let numbered = if number == 1 { format!("{name}.log") } else { format!("{name}-{number}.log") };
        let path = folder.join(numbered);
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(because(error)),
            Ok(mut file) => {
                file.write_all(text.as_bytes()).map_err(because)?;
                return Ok(path);
            }
        }
    }
    Err(cannot().because(format!("{} has too many files of that name", folder.display())))
}

fn cannot() -> Trouble {
    Trouble::new("cannot save the log")
}

/// A name that leads nowhere else.
fn plain(name: &str) -> String {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_');
    name.chars().map(|sign| if is_plain(sign) { sign } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn saved_lines_are_for_the_operator_alone_and_nothing_is_written_over() {
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("vaultdeck").join("logs");
        let first = keep_log(&folder, "authentik-3-agent", "one\n").unwrap();
        let second = keep_log(&folder, "authentik-3-agent", "two\n").unwrap();
        assert_eq!((mode(&folder), mode(&first)), (0o700, 0o600));
        assert_eq!(fs::read_to_string(first).unwrap(), "one\n");
        assert_eq!(second.file_name().unwrap(), "authentik-3-agent-2.log");
    }

    #[test]
    fn a_name_leads_out_of_no_folder_and_a_folder_that_cannot_be_is_a_trouble() {
        let state = tempfile::tempdir().unwrap();
        let saved = keep_log(state.path(), "../../up", "one\n").unwrap();
        assert_eq!(saved.parent().unwrap(), state.path());
        let trouble = keep_log(&saved, "one", "two\n").unwrap_err();
        assert_eq!(trouble.what, "cannot save the log");
    }
}
