//! Looks for canaries wherever a program can leave a secret: command lines and environments of running processes, files,
//! and what it has printed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

/// Time between two looks at all processes: shorter than any program that does something.
const PAUSE: Duration = Duration::from_millis(3);

/// A secret by name.
#[derive(Clone)]
pub struct Canary {
    name: String,
    value: String,
}

impl Canary {
    /// A secret that is long enough to be nothing else.
    pub fn new(name: &str, value: &str) -> Self {
        assert!(value.len() >= 16, "{name} is no secret");
        Self { name: name.to_owned(), value: value.to_owned() }
    }
}

/// Names of the canaries that bytes hold, at a place.
fn leaks(canaries: &[Canary], bytes: &[u8], place: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let held = canaries.iter().filter(|canary| text.contains(&canary.value));
    held.map(|canary| format!("{} in {place}", canary.name)).collect()
}

/// What a watch has seen. It is searched afterwards: a run makes secrets that nobody knows before.
#[derive(Default)]
pub struct Seen {
    /// Places and what they held.
    held: BTreeSet<(String, Vec<u8>)>,
    /// Programs whose environment was looked at.
    pub programs: BTreeSet<String>,
}

/// Looks again and again at every process's command line, and at the environments of those that the tested program
/// started.
pub struct Watch {
    seen: Arc<(Mutex<Seen>, Condvar)>,
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Watch {
    /// Watches until [`Self::end`]. `started` tells the processes whose environment counts.
    pub fn start(started: impl Fn(&Process) -> bool + Send + 'static) -> Self {
        let seen = Arc::new((Mutex::new(Seen::default()), Condvar::new()));
        let (stop, stopped) = channel();
        let shared = Arc::clone(&seen);
        let thread = std::thread::spawn(move || {
            while stopped.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                let processes = processes();
                let mut seen = shared.0.lock().unwrap();
                for process in processes.into_values() {
                    let is_started = started(&process);
                    seen.look_at(process, is_started);
                }
                shared.1.notify_all();
            }
        });
        Self { seen, stop, thread }
    }

    /// Waits until enough has been seen; whether that came in time.
    pub fn until(&self, deadline: Duration, enough: impl Fn(&Seen) -> bool) -> bool {
        let seen = self.seen.0.lock().unwrap();
        let (_seen, waited) = self.seen.1.wait_timeout_while(seen, deadline, |seen| !enough(seen)).unwrap();
        !waited.timed_out()
    }

    /// Stops watching.
    pub fn end(self) -> Seen {
        self.stop.send(()).unwrap();
        self.thread.join().unwrap();
        std::mem::take(&mut *self.seen.0.lock().unwrap())
    }
}

impl Seen {
    /// Secrets and where they were.
    pub fn leaks(&self, canaries: &[Canary]) -> BTreeSet<String> {
        self.held.iter().flat_map(|(place, bytes)| leaks(canaries, bytes, place)).collect()
    }

    fn look_at(&mut self, process: Process, is_started: bool) {
        let program = process.program();
        if is_started {
            let environment = fs::read(format!("/proc/{}/environ", process.id)).unwrap_or_default();
            if !environment.is_empty() {
                self.held.insert((format!("the environment of {program}"), environment));
                self.programs.insert(program.clone());
            }
        }
        self.held.insert((format!("the command line of {program}"), process.command_line));
    }
}

/// A running process.
pub struct Process {
    id: u32,
    command_line: Vec<u8>,
    /// Its parent, grandparent and so on.
    ancestors: Vec<u32>,
}

impl Process {
    /// Whether another has started it, or started who has.
    pub fn descends_from(&self, id: u32) -> bool {
        self.ancestors.contains(&id)
    }

    /// Whether its command line has these words.
    pub fn mentions(&self, words: &str) -> bool {
        String::from_utf8_lossy(&self.command_line).contains(words)
    }

    /// The file name of the program.
    pub fn program(&self) -> String {
        let first = self.command_line.split(|byte| *byte == 0).next().unwrap_or_default();
        let first = String::from_utf8_lossy(first).into_owned();
        Path::new(&first).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// Every process there is, by id.
pub fn processes() -> BTreeMap<u32, Process> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let ids: Vec<u32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    let parents: BTreeMap<u32, u32> = ids.iter().filter_map(|id| Some((*id, parent(*id)?))).collect();
    let process = |id: u32| {
        let command_line = fs::read(format!("/proc/{id}/cmdline")).ok()?;
        let ancestors =
            std::iter::successors(parents.get(&id), |parent| parents.get(parent)).copied().collect();
        Some((id, Process { id, command_line, ancestors }))
    };
    ids.into_iter().filter_map(process).collect()
}

/// The second field after the program's name, which ends with the last bracket.
fn parent(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Secrets in files below a folder that were written since a moment.
pub fn in_files(canaries: &[Canary], folder: &Path, since: SystemTime) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let of_entry = |entry: fs::DirEntry| {
        let (path, Ok(about)) = (entry.path(), entry.metadata()) else { return Vec::new() };
        if about.is_dir() {
            return in_files(canaries, &path, since);
        }
        let is_new = about.is_file() && about.modified().is_ok_and(|written| written >= since);
        let content = is_new.then(|| fs::read(&path).ok()).flatten().unwrap_or_default();
        leaks(canaries, &content, &path.display().to_string())
    };
    entries.flat_map(of_entry).collect()
}

/// Secrets in what was printed, also where line ends or cursor movements stand between their letters.
pub fn in_print(canaries: &[Canary], printed: &[u8], place: &str) -> Vec<String> {
    let plain = strip_ansi_escapes::strip(printed);
    let dense: Vec<u8> = plain.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let mut found = leaks(canaries, printed, place);
    found.extend(leaks(canaries, &dense, place));
    found
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_secret_in_a_command_line_an_environment_a_file_or_a_print_is_found() {
        let planted = "planted-0a1b2c3d4e5f6071";
        let canaries = [Canary::new("canary", planted)];
        let (folder, since) = (tempfile::tempdir().unwrap(), SystemTime::now() - Duration::from_secs(1));
        let us = std::process::id();
        let watch = Watch::start(move |process| process.descends_from(us) && process.mentions("read"));
        let mut child = Command::new("sh");
        child.args(["-c", "read line", planted]).env("PLANTED", planted).stdin(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let found = watch.until(Duration::from_secs(20), |seen| seen.leaks(&canaries).len() == 2);
        drop(child.stdin.take());
        child.wait().unwrap();
        let leaks = watch.end().leaks(&canaries);
        assert!(found, "{leaks:?}");
        let expected = ["canary in the command line of sh", "canary in the environment of sh"];
        assert_eq!(leaks, expected.map(str::to_owned).into());

        fs::create_dir(folder.path().join("below")).unwrap();
        fs::write(folder.path().join("below/log"), format!("token={planted}\n")).unwrap();
        assert_eq!(in_files(&canaries, folder.path(), since).len(), 1);
        assert!(in_files(&canaries, folder.path(), SystemTime::now() + Duration::from_secs(9)).is_empty());

        assert_eq!(in_print(&canaries, b"planted-0a1b\x1b[2;1H2c3d4e5\r\nf6071", "print").len(), 1);
        assert!(in_print(&canaries, b"planted-0a1b", "print").is_empty());
    }
}
