//! What the pretend agent writes, in the words of a real one (OpenBao 2.7.2), so that whatever reads real logs reads
//! these.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::dice::after;

/// One thing an agent says; some take several lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Said {
    /// The process begins.
    Started,
    /// A login is tried.
    Authenticating,
    /// It failed; the wait until the next.
    LoginFailed(LoginFailure, SignedDuration),
    /// It succeeded.
    LoggedIn,
    /// The token was renewed.
    Renewed,
    /// The token cannot be renewed any further.
    WatcherDone,
    /// `.env` was written.
    Rendered,
    /// A secret could not be read: its path, the attempt, the wait until the next.
    ReadFailed(String, ReadFailure, u32, SignedDuration),
    /// Nor after the last attempt.
    ReadGivenUp(String, ReadFailure),
    /// `.env` could not be written: no room. The wait until the next try.
    WriteFailed(SignedDuration),
    /// The process was asked to end.
    ShutDown,
}

/// Why a login failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LoginFailure {
    /// No role-id file.
    NoRoleId,
    /// Neither a secret-id file nor one in memory.
    NoSecretId,
    /// 400.
    Refused,
    /// 403: the role is locked.
    Locked,
    /// 503.
    Sealed,
    /// Nobody listens.
    Unreachable,
}

/// Why a secret could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ReadFailure {
    /// The path holds nothing, or a deleted version.
    Missing,
    /// 403 by policy.
    Denied,
    /// 403, the token itself is dead.
    TokenDead,
    /// 503.
    Sealed,
    /// Nobody listens.
    Unreachable,
}

/// Where the agent's `config.hcl` points.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings<'a> {
    /// Vault's address.
    pub(super) address: &'a str,
    /// Whether it writes its token into a file.
    pub(super) sink: bool,
}

const TEMPLATE: &str = "/vault/templates/.env.tpl";
const DESTINATION: &str = "/vault/secrets/.env";

impl Said {
    /// Whether it begins a chapter of the agent's life: what came before no longer explains what it does.
    pub(super) fn begins_chapter(&self) -> bool {
        matches!(self, Self::Started | Self::LoggedIn)
    }

    /// The lines, each with its time.
    pub(super) fn lines(&self, at: Timestamp, around: Surroundings<'_>) -> Vec<(Timestamp, String)> {
        let mut paper = Paper { at, lines: Vec::new() };
        match self {
            Self::Started => paper.started(),
            Self::Authenticating => paper.info(0, "agent.auth.handler: authenticating"),
            Self::LoginFailed(failure, backoff) => paper.login_failed(*failure, *backoff, around),
            Self::LoggedIn => paper.logged_in(around),
            Self::Renewed => paper.info(9, "agent.auth.handler: renewed auth token"),
            Self::WatcherDone => {
                paper.info(10, "agent.auth.handler: lifetime watcher done channel triggered");
            }
            Self::Rendered => {
                paper.info(14, &format!("agent: (runner) rendered \"{TEMPLATE}\" => \"{DESTINATION}\""));
            }
            Self::ReadFailed(path, failure, attempt, wait) => {
                let tail = format!(" (retry attempt {attempt} after \"{}\")", go_duration(*wait));
                paper.read_failed("WARN", path, *failure, &tail, around);
            }
            Self::ReadGivenUp(path, failure) => paper.read_given_up(path, *failure, around),
            Self::WriteFailed(wait) => paper.write_failed(*wait),
            Self::ShutDown => paper.shut_down(),
        }
        paper.lines
    }
}

/// Lines being written.
struct Paper {
    at: Timestamp,
    lines: Vec<(Timestamp, String)>,
}

impl Paper {
    fn line(&mut self, millis: i64, text: &str) {
        self.lines.push((after(self.at, SignedDuration::from_millis(millis)), text.to_owned()));
    }

    fn block(&mut self, millis: i64, text: &str) {
        for line in text.split('\n') {
            self.line(millis, line);
        }
    }

    /// An entry; only its first line carries time and level.
    fn entry(&mut self, millis: i64, level: &str, text: &str) {
        let at = after(self.at, SignedDuration::from_millis(millis));
        let level = format!("[{level}]");
        self.block(millis, &format!("{at:.3} {level:<7} {text}"));
    }

    fn info(&mut self, millis: i64, text: &str) {
        self.entry(millis, "INFO", text);
    }

    fn started(&mut self) {
        self.block(
            0,
            "==> OpenBao Agent started!\n\n==> OpenBao Agent configuration:\n\n           Api Address 1: \
             http://bufconn\n                     Cgo: disabled\n               Log Level: \n                 \
             Version: OpenBao v2.7.2, committed 2026-10-26T20:32:27Z\n             Version Sha: \
             9e0a0d3c3504a0a00b45e61355afac5e35c78379\n",
        );
        for text in [
            "agent.exec.server: starting exec server",
            "agent.exec.server: no env templates or exec config, exiting",
            "agent.auth.handler: starting auth handler",
            "agent.sink.server: starting sink server",
            "agent.template.server: starting template server",
            "agent: (runner) creating new runner (dry: false, once: false)",
            "agent: (runner) creating watcher",
        ] {
            self.info(0, text);
        }
    }

    fn logged_in(&mut self, around: Surroundings<'_>) {
        for (millis, text) in [
            (6, "agent.auth.handler: authentication successful, sending token to sinks"),
            (6, "agent.auth.handler: starting renewal process"),
            (7, "agent.template.server: template server received new token"),
            (7, "agent: (runner) stopping"),
            (7, "agent: (runner) creating new runner (dry: false, once: false)"),
            (7, "agent: (runner) creating watcher"),
            (8, "agent: (runner) starting"),
        ] {
            self.info(millis, text);
        }
        if around.sink {
            self.info(8, "agent.sink.file: token written: path=/vault/secrets/.token");
        }
    }

    fn login_failed(&mut self, failure: LoginFailure, backoff: SignedDuration, around: Surroundings<'_>) {
        let error = login_error(failure, around);
        let backoff = go_duration(backoff);
        self.entry(1, "ERROR", &format!("agent.auth.handler: {error} backoff={backoff}"));
    }

    fn read_failed(
        &mut self,
        level: &str,
        path: &str,
        failure: ReadFailure,
        tail: &str,
        around: Surroundings<'_>,
    ) {
        let error = read_error(path, failure, around);
        self.entry(20, level, &format!("agent: (view) vault.read({path}): {error}{tail}"));
    }

    fn read_given_up(&mut self, path: &str, failure: ReadFailure, around: Surroundings<'_>) {
        self.read_failed("ERROR", path, failure, " (exceeded maximum retries)", around);
        let error = format!("vault.read({path}): {}", read_error(path, failure, around));
        let error = format!("agent.template.server: template server error:{} backoff=1s", go_error(&error));
        self.entry(21, "ERROR", &error);
        self.info(21, "agent: (runner) stopping");
        self.info(1002, "agent: (runner) creating new runner (dry: false, once: false)");
        self.info(1002, "agent: (runner) creating watcher");
        self.info(1003, "agent: (runner) starting");
    }

    fn write_failed(&mut self, wait: SignedDuration) {
        let backoff = go_duration(wait);
        let error = format!(
            "error rendering \\\"{TEMPLATE}\\\" => \\\"{DESTINATION}\\\": failed writing file: write /vault/secrets/3003144348: no \
             space left on device"
        );
        let error =
            format!("agent.template.server: template server error: error=\"{error}\" backoff={backoff}");
        self.entry(22, "ERROR", &error);
        for text in [
            "(runner) stopping",
            "(runner) creating new runner (dry: false, once: false)",
            "(runner) creating watcher",
            "(runner) starting",
        ] {
            self.info(23, &format!("agent: {text}"));
        }
    }

    fn shut_down(&mut self) {
        self.line(0, "==> OpenBao Agent shutdown triggered");
        for text in [
            "agent.exec.server: exec server stopped",
            "agent.auth.handler: shutdown triggered, stopping lifetime watcher",
            "agent.auth.handler: auth handler stopped",
            "agent: (runner) stopping",
            "agent.template.server: template server stopped",
            "agent.sink.server: sink server stopped",
            "agent: sinks finished, exiting",
        ] {
            self.info(1, text);
        }
    }
}

/// What a failed login says.
fn login_error(failure: LoginFailure, around: Surroundings<'_>) -> String {
    let Surroundings { address, .. } = around;
    let answered = |code: u16, error: &str| {
        let error = format!(
            "Error making API request.\n\nURL: PUT {address}/v1/auth/approle/login\nCode: {code}. Errors:\n\n* {error}"
        );
        format!("error authenticating:{}", go_error(&error))
    };
    match failure {
        LoginFailure::NoRoleId => {
            "error getting path or data from method: error=\"no known role ID\"".to_owned()
        }
        LoginFailure::NoSecretId => {
            "error getting path or data from method: error=\"no known secret ID\"".to_owned()
        }
        LoginFailure::Refused => answered(400, "invalid role or secret ID"),
        LoginFailure::Locked => answered(403, "permission denied"),
        LoginFailure::Sealed => answered(503, "Vault is sealed"),
        LoginFailure::Unreachable => {
            let error = format!("Put \"{address}/v1/auth/approle/login\": {}", refused_connection(address));
            format!("error authenticating:{}", go_error(&error))
        }
    }
}

/// What a failed read says.
fn read_error(path: &str, failure: ReadFailure, around: Surroundings<'_>) -> String {
    let Surroundings { address, .. } = around;
    let answered = |code: u16, error: &str| {
        format!(
            "vault.read({path}): Error making API request.\n\nURL: GET {address}/v1/{path}\nCode: {code}. \
             Errors:\n\n{error}"
        )
    };
    match failure {
        ReadFailure::Missing => format!("no secret exists at {path}"),
        ReadFailure::Denied => answered(403, "* 1 error occurred:\n\t* permission denied\n\n"),
        ReadFailure::TokenDead => answered(403, "* permission denied"),
        ReadFailure::Sealed => answered(503, "* Vault is sealed"),
        ReadFailure::Unreachable => {
            format!("vault.read({path}): Get \"{address}/v1/{path}\": {}", refused_connection(address))
        }
    }
}

/// An error as a field: quoted on one line, or as a block with the next field below it.
fn go_error(error: &str) -> String {
    if !error.contains('\n') {
        return format!(" error=\"{}\"", error.replace('"', "\\\""));
    }
    let lines: Vec<String> = error.lines().map(|line| format!("  | {line}")).collect();
    format!("\n  error=\n{}\n  ", lines.join("\n"))
}

fn refused_connection(address: &str) -> String {
    let socket = address.rsplit('/').next().unwrap_or(address);
    format!("dial tcp {socket}: connect: connection refused")
}

/// A duration as Go prints it: `250ms`, `1.66s`, `4m25.27s`, `1m0s`.
fn go_duration(duration: SignedDuration) -> String {
    let millis = duration.as_millis();
    if millis < 1000 {
        return format!("{millis}ms");
    }
    let (minutes, millis) = (millis / 60_000, millis % 60_000);
    let mut seconds = format!("{}.{:03}", millis / 1000, millis % 1000);
    while seconds.ends_with('0') {
        seconds.pop();
    }
    let seconds = seconds.trim_end_matches('.');
    if minutes == 0 { format!("{seconds}s") } else { format!("{minutes}m{seconds}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_go_writes_them() {
        for (millis, text) in [
            (250, "250ms"),
            (1000, "1s"),
            (1660, "1.66s"),
            (265_270, "4m25.27s"),
            (60_000, "1m0s"),
            (300_000, "5m0s"),
        ] {
            assert_eq!(go_duration(SignedDuration::from_millis(millis)), text);
        }
    }

    #[test]
    fn a_refused_login_reads_as_a_real_one() {
        let at: Timestamp = "2026-11-22T03:11:28.005Z".parse().unwrap();
        let said = Said::LoginFailed(LoginFailure::Refused, SignedDuration::from_millis(1610));
        let lines: Vec<String> = said
            .lines(at, Surroundings { address: "http://127.0.0.1:8220", sink: false })
            .into_iter()
            .map(|(_, line)| line)
            .collect();
        assert_eq!(
            lines.join("\n"),
            "2026-11-22T03:11:28.006Z [ERROR] agent.auth.handler: error authenticating:\n  error=\n  | Error making \
             API request.\n  | \n  | URL: PUT http://127.0.0.1:8220/v1/auth/approle/login\n  | Code: 400. Errors:\n  \
             | \n  | * invalid role or secret ID\n   backoff=1.61s"
        );
    }
}
