//! A command on a host, over the operator's own ssh session; `docker …` by the program here, where the profile reaches that
//! host's Docker without ssh.
//!
//! ```text
//! login shell ─exec─▶ [sudo -n] sh -c 'cd DIRECTORY && say "MARK process" && exec PROGRAM ARGUMENTS'
//! ```
//! The mark tells that the command has begun, and which process it is, so that it can be ended there.

use std::path::Path;
use std::sync::Arc;

use tokio::time::Instant;
use zeroize::Zeroizing;

use super::Children;
use super::telling::{self, Teller};
use crate::exec::{Failure, Lines, Order, Reply};
use crate::model::trouble::{Trouble, TroubleKind};
use crate::world::host::Host;
use crate::world::process::Voice;
use crate::world::ssh::{Ending, FromHost, Remote, quoted};

/// Docker's own socket variable.
const DOCKER_HOST: &str = "DOCKER_HOST";

impl Children {
    pub(super) async fn on_host(
        &self,
        name: &str,
        words: &[String],
        order: &Order,
        lines: &Lines,
    ) -> Result<Reply, Failure> {
        let before = Failure::before_the_act;
        let host = self.hosts.iter().find(|host| host.name == name);
        let host =
            host.ok_or_else(|| before(Trouble::new(format!("{name} is no host of this deployment"))))?;
        if order.file.is_some() {
            let trouble = Trouble::new(format!("`{}` needs a file on {name}", order.line));
            return Err(before(trouble.because("files with secrets are made on the control host only")));
        }
        if let Some(url) = by_docker_alone(host, words, order.directory.as_deref()) {
            return self.here(words, order, &[(DOCKER_HOST, url)], lines).await;
        }
        let input = order.stdin_bytes().map_err(before)?.unwrap_or_default();
        let mark = format!("{:016x}", rand::random::<u64>());
        let line = remote_line(words, order.directory.as_deref(), &mark, host.r#become);
        let remote = host.connection.carry(&line, input).await;
        let remote = remote.map_err(|trouble| before(with_way_out(trouble, host)))?;
        let running = Running { host: Arc::clone(host), process: None };
        heard(remote, running, &mark, order, Teller::of(order, lines)).await
    }
}

/// A command that runs on a host; dropped before its end it is ended there.
struct Running {
    host: Arc<Host>,
    process: Option<u32>,
}

impl Running {
    fn over(mut self) {
        self.process = None;
    }

    async fn end(mut self) {
        if let Some(process) = self.process.take() {
            end(&self.host, process).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let runtime = tokio::runtime::Handle::try_current();
        if let (Some(process), Ok(runtime)) = (self.process, runtime) {
            let host = Arc::clone(&self.host);
            runtime.spawn(async move { end(&host, process).await });
        }
    }
}

async fn heard(
    mut remote: Remote,
    mut running: Running,
    mark: &str,
    order: &Order,
    mut teller: Teller<'_>,
) -> Result<Reply, Failure> {
    let deadline = Instant::now() + order.timeout;
    loop {
        tokio::select! {
            heard = remote.hear() => match heard {
                FromHost::Line(Voice::Errors, line) if line.starts_with(mark) => {
                    running.process = line.rsplit(' ').next().and_then(|number| number.parse().ok());
                }
                FromHost::Line(_, line) => teller.say(&line),
                FromHost::Ended(ending) => {
                    let begun = running.process.is_some();
                    let host = running.host.name.clone();
                    running.over();
                    let errors = without_mark(remote.errors(), mark);
                    return match ending {
                        Ending::Status(status) if begun => Ok(teller.reply(remote.output(), &errors, status)),
                        Ending::Status(_) => {
                            let reply = teller.reply(b"", &errors, 1);
                            Err(Failure::before_the_act(not_begun(order, &host, &reply.answer.errors)))
                        }
                        Ending::Cut => Err(Failure::in_the_act(cut(order, &host, None))),
                        Ending::Broken(why) => Err(Failure::in_the_act(cut(order, &host, Some(&why)))),
                    };
                }
            },
            () = tokio::time::sleep_until(deadline) => {
                drop(remote);
                running.end().await;
                return Err(Failure::in_the_act(telling::too_late(order, None)));
            }
        }
    }
}

/// Docker's address, where the command is docker's and needs nothing of the host itself. A directory is the host's own, and
/// only that of this machine is here.
fn by_docker_alone<'h>(host: &'h Host, words: &[String], directory: Option<&str>) -> Option<&'h str> {
    let url = host.engine.without_ssh()?;
    let is_docker = words.first().is_some_and(|program| program == "docker");
    let here = url.starts_with("unix://");
    let found = directory.is_none_or(|directory| here && Path::new(directory).is_dir());
    (is_docker && found).then_some(url)
}

/// What the login shell of the host is given.
fn remote_line(words: &[String], directory: Option<&str>, mark: &str, r#become: bool) -> String {
    let directory = directory.map(|directory| format!("cd -- {} && ", quoted(directory))).unwrap_or_default();
    let command = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let script = format!("{directory}printf '%s %s\\n' {mark} \"$$\" >&2 && exec {command}");
    let shell = if r#become { "sudo -n sh" } else { "sh" };
    format!("exec {shell} -c {}", quoted(&script))
}

/// Ends a process of a host with its group: asks, and after five seconds kills.
async fn end(host: &Host, process: u32) {
    let shell = if host.r#become { "sudo -n sh -s" } else { "sh -s" };
    let _ = host.connection.run(shell, ending(process).as_bytes()).await;
}

/// In the words that every shell's own `kill` knows.
fn ending(process: u32) -> String {
    format!(
        "p={process}\n\
         to_all() {{ kill \"$1\" -$p 2>/dev/null || kill \"$1\" $p 2>/dev/null; }}\n\
         to_all -TERM || exit 0\n\
         for second in 1 2 3 4 5; do to_all -0 || exit 0; sleep 1; done\n\
         to_all -KILL\n"
    )
}

fn without_mark(errors: &[u8], mark: &str) -> Zeroizing<Vec<u8>> {
    let lines = errors.split_inclusive(|byte| *byte == b'\n');
    let other = |line: &&[u8]| !line.starts_with(mark.as_bytes());
    Zeroizing::new(lines.filter(other).flatten().copied().collect())
}

fn with_way_out(trouble: Trouble, host: &Host) -> Trouble {
    let Some(url) = host.engine.without_ssh() else { return trouble };
    let hint = format!(
        "docker of {} is reached at {url}, which runs no programs of the host; give it a way by ssh in the profile",
        host.name
    );
    trouble.hint(hint)
}

/// The shell ended before it came to the command: no such directory, or sudo asks for a password.
fn not_begun(order: &Order, host: &str, said: &str) -> Trouble {
    let said = said.lines().last().unwrap_or("the shell there ended without a word");
    let trouble = Trouble::new(format!("cannot start `{}` on {host}", order.line)).because(said);
    if said.contains("sudo") || said.contains("password is required") {
        return trouble
            .hint(
                "allow sudo without a password there (NOPASSWD), or set hosts.become = false in the profile",
            )
            .kind(TroubleKind::Denied);
    }
    trouble.hint("the login shell there must be able to run sh, and the directory must exist")
}

fn cut(order: &Order, host: &str, why: Option<&str>) -> Trouble {
    let why = why.unwrap_or("it was ended by a signal, or the connection was lost");
    Trouble::new(format!("lost `{}` on {host}", order.line))
        .because(why)
        .kind(TroubleKind::Unreachable)
        .hint(format!("look at {host}: it may have been carried out"))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
    use std::process::{Command, Output, Stdio};

    use proptest::prelude::*;

    use super::*;

    /// What the login shell of a host does with a line.
    fn login_shell(line: &str) -> Output {
        Command::new("sh").args(["-c", line]).output().unwrap()
    }

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn the_line_of_the_documentation_is_carried_out_in_its_directory() {
        let words = owned(&["docker", "compose", "restart", "server", "worker"]);
        assert_eq!(
            remote_line(&words, Some("/data/authentik"), "ab", true),
            r#"exec sudo -n sh -c 'cd -- /data/authentik && printf '\''%s %s\n'\'' ab "$$" >&2 && exec docker compose restart server worker'"#
        );
    }

    #[test]
    fn the_mark_names_the_process_that_the_command_becomes() {
        let output = login_shell(&remote_line(&owned(&["sh", "-c", "echo $$"]), None, "ab", false));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, format!("ab {}", String::from_utf8(output.stdout).unwrap()));
    }

    #[test]
    fn without_its_directory_the_command_is_not_begun() {
        let output =
            login_shell(&remote_line(&owned(&["echo", "done"]), Some("/no such/folder"), "ab", false));
        assert!(output.stdout.is_empty());
        assert!(!String::from_utf8(output.stderr).unwrap().contains("ab "));
    }

    #[test]
    fn the_mark_is_no_part_of_what_the_command_complains_of() {
        assert_eq!(without_mark(b"ab 77\nno such\nservice", "ab").as_slice(), b"no such\nservice");
    }

    #[test]
    fn a_command_whose_time_is_up_is_ended_on_its_host_with_all_it_started() {
        let stubborn = "sleep 1000 & trap '' TERM; echo begun; sleep 1001 & wait; wait";
        let mut child =
            Command::new("sh").args(["-c", stubborn]).process_group(0).stdout(Stdio::piped()).spawn();
        let child = child.as_mut().unwrap();
        let mut begun = [0; 6];
        child.stdout.as_mut().unwrap().read_exact(&mut begun).unwrap();
        assert!(login_shell(&ending(child.id())).status.success());
        assert_eq!(child.wait().unwrap().signal(), Some(9), "it would not go when asked");
        let is_left = format!("kill -0 -{}", child.id());
        let gone = (0..100).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            !login_shell(&is_left).status.success()
        });
        assert!(gone, "something of it is left");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn words_arrive_on_the_host_as_they_are(
            words in prop::collection::vec("([^\0]{0,12}|[ '\"\\\\$`;&|<>(){}*?~!#=\n\t-]{0,8})", 0..6)
        ) {
            let all: Vec<String> = owned(&["printf", "%s\\0", "first"]).into_iter().chain(words.clone()).collect();
            let output = login_shell(&remote_line(&all, Some("/"), "ab", false));
            let said = String::from_utf8(output.stdout).unwrap();
            let arrived: Vec<&str> = said.strip_suffix('\0').unwrap().split('\0').collect();
            prop_assert_eq!(arrived, all.iter().skip(2).collect::<Vec<_>>());
        }
    }
}
