//! The containers on one host as the Docker API tells them; state and health are two columns.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

/// Every container of the compose project on one host.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContainersFacts {
    /// How Docker was reached: `socket over ssh`, `docker system dial-stdio`, `unix:///var/run/docker.sock`.
    pub through: String,
    /// Engine version.
    pub engine: Option<String>,
    /// Containers by name.
    pub containers: Vec<Container>,
}

impl ContainersFacts {
    /// The container of a role in the deployment.
    pub fn of(&self, service: Service) -> Option<&Container> {
        self.containers.iter().find(|container| container.service == service)
    }
}

/// One container.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Container {
    /// Name without the leading slash: `authentik-vault-agent-1`.
    pub name: String,
    /// Image as it was asked for.
    pub image: String,
    /// `Config.User`, a name or number; `None` where the image's root is meant.
    pub user: Option<String>,
    /// Its role in the deployment.
    pub service: Service,
    /// `State.Status`.
    pub state: ContainerState,
    /// `State.Health.Status`; `None` without a health check.
    pub health: Option<ContainerHealth>,
    /// The health check's command line, where there is one.
    pub health_check: Option<String>,
    /// `RestartCount`.
    pub restarts: u64,
    /// `State.StartedAt`.
    pub started: Option<Timestamp>,
    /// `State.FinishedAt` of its last end.
    pub finished: Option<Timestamp>,
    /// `State.ExitCode` of its last end.
    pub exit_code: Option<i64>,
    /// Killed by the kernel for memory.
    pub oom_killed: bool,
    /// Mounts.
    pub mounts: Vec<Mount>,
    /// Names of variables that Docker itself stores with the container (on disk, shown by `docker inspect`).
    pub baked_names: Vec<String>,
    /// `VAULT_*`/`BAO_*` variables that override `config.hcl`, tokens left out: name to value.
    pub vault_overrides: BTreeMap<String, String>,
}

impl Container {
    /// Running, whatever its health.
    pub fn running(&self) -> bool {
        self.state == ContainerState::Running
    }

    /// Running and not unhealthy.
    pub fn up(&self) -> bool {
        self.running() && self.health != Some(ContainerHealth::Unhealthy)
    }
}

/// A container's role in the deployment, by its compose service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// The Vault Agent sidecar.
    Agent,
    /// authentik server.
    Server,
    /// authentik worker.
    Worker,
    /// Anything else in the project.
    Other,
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Agent => "agent",
            Self::Server => "server",
            Self::Worker => "worker",
            Self::Other => "other",
        })
    }
}

/// `State.Status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerState {
    /// Made, never started.
    Created,
    /// Running.
    Running,
    /// Frozen.
    Paused,
    /// Between an end and the next start.
    Restarting,
    /// Being removed.
    Removing,
    /// Ended.
    Exited,
    /// Could not be ended.
    Dead,
    /// A word this version does not know.
    Unknown,
}

impl fmt::Display for ContainerState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Removing => "removing",
            Self::Exited => "exited",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
        })
    }
}

/// `State.Health.Status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerHealth {
    /// Inside the start period.
    Starting,
    /// The check passes.
    Healthy,
    /// The check fails.
    Unhealthy,
}

impl fmt::Display for ContainerHealth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        })
    }
}

/// One mount of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mount {
    /// Where it appears in the container.
    pub destination: String,
    /// Volume name or path on the host.
    pub source: String,
    /// What carries it.
    pub kind: MountKind,
    /// Whether the container may write.
    pub writable: bool,
}

/// What carries a mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MountKind {
    /// RAM: a tmpfs mount or a volume whose driver options say tmpfs.
    Tmpfs,
    /// A volume on disk.
    Volume,
    /// A directory of the host.
    BindDirectory,
    /// A single file of the host: goes stale when the file is replaced.
    BindFile,
    /// A path of the host whose kind was not told.
    Bind,
}
