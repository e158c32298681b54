//! The private folder for sockets of ours: control sockets that several calls share and Docker sockets forwarded
//! through them. `$XDG_RUNTIME_DIR/vaultdeck`, else `/tmp/vaultdeck-UID`; nobody else may look inside.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use crate::config::Surroundings;
use crate::model::trouble::Trouble;
use crate::world::private_folder;

/// A socket's path may have 108 bytes; ssh adds 17 to it while it binds, we add a name of 16 and an ending of 13.
const LONGEST_FOLDER: usize = 108 - 17 - 16 - 13 - 1;

/// Ending of a control socket's name.
const MASTER: &str = "master";

/// Ending of a socket that one call serves itself.
const BRIDGE: &str = "bridge";

/// The folder, known to be ours alone.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Opens it, makes it where it is missing, and removes sockets whose master has ended.
    pub(super) fn open(surroundings: &Surroundings) -> Result<Self, Trouble> {
        let wanted = candidates(surroundings);
        let tried: Vec<_> = wanted.iter().map(|path| (path, private_folder::open(path))).collect();
        if let Some((path, _)) = tried.iter().find(|(_, outcome)| outcome.is_ok()) {
            let folder = Self((*path).clone());
            folder.sweep();
            return Ok(folder);
        }
        let why = tried
            .iter()
            .filter_map(|(path, outcome)| Some(format!("{}: {}", path.display(), outcome.as_ref().err()?)));
        Err(Trouble::new("no private folder for ssh sockets")
            .because(why.collect::<Vec<_>>().join("; "))
            .hint("set XDG_RUNTIME_DIR to a folder that is yours alone"))
    }

    /// Control socket of the connection with this name.
    pub(super) fn master(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.{MASTER}"))
    }

    /// Local end of a forwarded socket.
    pub(super) fn forwarded(&self, name: &str, ending: &str) -> PathBuf {
        self.0.join(format!("{name}.{ending}"))
    }

    /// A socket that this call serves itself.
    pub(super) fn bridge(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.{BRIDGE}"))
    }

    /// Held while a master is looked for or started, so that two calls never start two.
    pub(super) fn lock(&self, name: &str) -> io::Result<File> {
        File::options().create(true).truncate(false).write(true).open(self.0.join(format!("{name}.lock")))
    }

    /// Removes sockets whose server has ended, with everything of the same name.
    fn sweep(&self) {
        let entries: Vec<PathBuf> =
            fs::read_dir(&self.0).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        let ended = |path: &&PathBuf| {
            path.extension().is_some_and(|ending| ending == MASTER || ending == BRIDGE)
                && UnixStream::connect(path).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
        };
        for socket in entries.iter().filter(ended) {
            let siblings =
                entries.iter().filter(|path| path.file_stem() == socket.file_stem() && !is_lock(path));
            for path in siblings {
                let _ = fs::remove_file(path);
            }
        }
    }
}

fn is_lock(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "lock")
}

fn candidates(surroundings: &Surroundings) -> Vec<PathBuf> {
    let runtime =
        surroundings.variables.get("XDG_RUNTIME_DIR").map(|folder| PathBuf::from(folder).join("vaultdeck"));
    let shared = PathBuf::from(format!("/tmp/vaultdeck-{}", rustix::process::geteuid().as_raw()));
    runtime.into_iter().chain([shared]).filter(|path| path.as_os_str().len() <= LONGEST_FOLDER).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn sockets_of_ended_masters_are_removed_and_living_ones_stay() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder(scratch.path().to_owned());
        let living = UnixListener::bind(folder.master("living")).unwrap();
        drop(UnixListener::bind(folder.master("ended")).unwrap());
        drop(UnixListener::bind(folder.forwarded("ended", "docker")).unwrap());
        folder.sweep();
        let left: Vec<_> =
            fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["living.master"]);
        drop(living);
    }
}
