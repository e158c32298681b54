//! A host's Docker engine, on whatever way it can be had: its socket through the ssh session, the docker client's own
//! `docker system dial-stdio` (with sudo) where that socket is closed to us, a socket of this machine, or TCP.
//!
//! ```text
//! ssh ──▶ socket forwarded ──refused──▶ [sudo -n] docker system dial-stdio ──refused──▶ Trouble
//! ```

mod bridge;
mod exec;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, Docker};
use tokio::sync::Mutex;

use crate::model::trouble::{Trouble, TroubleKind};

use self::bridge::Bridge;
pub use self::exec::Printed;
use super::clean;
use super::ssh::{Connection, FarEnd, quoted};

/// Seconds after which a request without an answer is given up.
const ANSWER_SECONDS: u64 = 8;

/// Asks the engine for a sign of life through the docker client, and says what stands in the way.
const SIGN_OF_LIFE: &str = "printf 'GET /_ping HTTP/1.0\\r\\n\\r\\n' | ";

/// Where the engine is.
pub enum Address {
    /// On a host of ours.
    Ssh {
        /// The host.
        connection: Arc<Connection>,
        /// Docker's socket there.
        socket: PathBuf,
        /// Whether `sudo -n` may be used for it.
        r#become: bool,
    },
    /// `unix:///path` on this machine or `tcp://host:port`.
    Direct(String),
}

/// One engine; reached when first used and again after it was lost.
pub struct Engine {
    address: Address,
    reached: Mutex<Option<Reached>>,
}

/// An engine that has answered.
#[derive(Clone)]
pub struct Reached {
    /// Its API.
    pub api: Docker,
    /// How: `socket over ssh`, `docker system dial-stdio`, `unix:///var/run/docker.sock`.
    pub through: String,
    /// Its version.
    pub version: Option<String>,
    /// Kept open as long as the API is in use.
    _bridge: Option<Arc<Bridge>>,
}

impl Engine {
    /// An engine nobody has spoken to yet.
    pub fn at(address: Address) -> Self {
        Self { address, reached: Mutex::new(None) }
    }

    /// Its address, where it is reached without ssh: `unix:///path` on this machine or `tcp://host:port`.
    pub fn without_ssh(&self) -> Option<&str> {
        match &self.address {
            Address::Direct(url) => Some(url),
            Address::Ssh { .. } => None,
        }
    }

    /// The engine, once it has answered.
    ///
    /// # Errors
    /// Trouble when the host cannot be reached, or Docker there.
    pub async fn reach(&self) -> Result<Reached, Trouble> {
        let mut reached = self.reached.lock().await;
        if let Some(reached) = &*reached {
            return Ok(reached.clone());
        }
        let fresh = match &self.address {
            Address::Direct(url) => direct(url).await?,
            Address::Ssh { connection, socket, r#become } => over_ssh(connection, socket, *r#become).await?,
        };
        Ok(reached.insert(fresh).clone())
    }

    /// Waits for an answer of the engine. When it has gone away, the next use reaches for it anew.
    ///
    /// # Errors
    /// Trouble with what the engine said, or that it said nothing.
    pub async fn answer<T>(
        &self,
        what: &str,
        asked: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Trouble> {
        match asked.await {
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.trouble(what, &error).await),
        }
    }

    /// The trouble behind an error of the API; an engine that has gone away is forgotten.
    pub async fn trouble(&self, what: &str, error: &Error) -> Trouble {
        let trouble = Trouble::new(what).because(described(error));
        if matches!(error, Error::DockerResponseServerError { .. } | Error::JsonDataError { .. }) {
            return trouble;
        }
        *self.reached.lock().await = None;
        if let Address::Ssh { connection, .. } = &self.address {
            connection.doubt().await;
        }
        trouble.kind(TroubleKind::Unreachable).hint("docker is reached for anew at the next look")
    }
}

async fn direct(url: &str) -> Result<Reached, Trouble> {
    let api = match url.strip_prefix("unix://") {
        Some(path) => Docker::connect_with_unix(path, ANSWER_SECONDS, API_DEFAULT_VERSION),
        None => Docker::connect_with_http(url, ANSWER_SECONDS, API_DEFAULT_VERSION),
    };
    let cannot = |error: Error| {
        Trouble::new(format!("cannot reach docker at {url}"))
            .because(described(&error))
            .hint("check hosts.docker in the profile and that docker runs there")
            .kind(TroubleKind::Unreachable)
    };
    answering(api.map_err(cannot)?, url.to_owned(), None).await.map_err(cannot)
}

async fn over_ssh(connection: &Arc<Connection>, socket: &Path, r#become: bool) -> Result<Reached, Trouble> {
    let local = connection.forward(FarEnd::Socket(socket)).await?;
    if let Ok(reached) = at_socket(&local, "socket over ssh", None).await {
        return Ok(reached);
    }
    let sudo = if r#become { "sudo -n " } else { "" };
    let client =
        format!("{sudo}docker -H {} system dial-stdio", quoted(&format!("unix://{}", socket.display())));
    let sign = connection.run("sh -s", format!("{SIGN_OF_LIFE}{client}").as_bytes()).await?;
    if !sign.stdout.starts_with(b"HTTP/1.") {
        return Err(no_docker(connection, socket, &sign.stderr));
    }
    let cannot = |why: String| {
        Trouble::new(format!("cannot reach docker on {}", connection.destination())).because(why)
    };
    let bridge = Bridge::open(Arc::clone(connection), client).map_err(|error| cannot(error.to_string()))?;
    let path = bridge.path().to_owned();
    at_socket(&path, &format!("{sudo}docker system dial-stdio"), Some(Arc::new(bridge)))
        .await
        .map_err(|error| cannot(described(&error)))
}

async fn at_socket(path: &Path, through: &str, bridge: Option<Arc<Bridge>>) -> Result<Reached, Error> {
    let api = Docker::connect_with_unix(&path.to_string_lossy(), ANSWER_SECONDS, API_DEFAULT_VERSION)?;
    answering(api, through.to_owned(), bridge).await
}

async fn answering(api: Docker, through: String, bridge: Option<Arc<Bridge>>) -> Result<Reached, Error> {
    let version = api.version().await?.version.map(|version| clean::line(version.as_bytes()));
    Ok(Reached { api, through, version, _bridge: bridge })
}

fn no_docker(connection: &Connection, socket: &Path, complaint: &str) -> Trouble {
    let host = connection.destination();
    let socket = socket.display();
    let said = complaint.lines().last().unwrap_or("docker closed the connection without a word");
    let trouble = Trouble::new(format!("cannot reach docker on {host}"));
    if complaint.contains("a password is required") || complaint.contains("a terminal is required") {
        return trouble
            .because("sudo asks for a password")
            .hint("allow sudo without a password there (NOPASSWD), or add the login user to group docker and set hosts.become = false")
            .kind(TroubleKind::Denied);
    }
    if complaint.contains("ermission denied") {
        return trouble
            .because(format!("no permission on {socket}"))
            .hint("add the login user to group docker, or set hosts.become = true in the profile")
            .kind(TroubleKind::Denied);
    }
    if complaint.contains("not found") {
        return trouble.because(format!("{socket} does not answer and there is no docker client")).hint(
            format!(
                "check that docker runs ({} systemctl status docker) and hosts.docker_socket in the profile",
                host.by_hand()
            ),
        );
    }
    trouble
        .because(said)
        .hint(format!("check that docker runs: {} systemctl status docker", host.by_hand()))
        .kind(TroubleKind::Unreachable)
}

/// An error with its causes, cleaned: it may carry words of the engine.
fn described(error: &Error) -> String {
    let mut words = match error {
        Error::DockerResponseServerError { message, .. } => message.clone(),
        Error::RequestTimeoutError => format!("no answer within {ANSWER_SECONDS} s"),
        error => error.to_string(),
    };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let said = error.to_string();
        if !words.contains(&said) {
            words = format!("{words}: {said}");
        }
        cause = error.source();
    }
    clean::line(words.as_bytes())
}
