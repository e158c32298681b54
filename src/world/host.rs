//! One host of the deployment: its ssh connection, its Docker engine and what lies where on it, as the profile says.

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::{HostSettings, Profile, Surroundings};
use crate::model::trouble::Trouble;

use super::ansible;
use super::docker::{Address, Engine};
use super::ssh::{Connection, Destination, Ssh};

/// One host. Nothing is connected before it is used.
pub struct Host {
    /// Its name in the profile or inventory.
    pub name: String,
    /// The way to it.
    pub connection: Arc<Connection>,
    /// Docker on it.
    pub engine: Engine,
    /// What lies where.
    pub layout: Layout,
    /// Whether files there are read with `sudo -n`.
    pub r#become: bool,
}

/// What lies where, and under which names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Compose project.
    pub project: String,
    /// Folder with `config.hcl`, `role-id` and `secret-id` on the host.
    pub config_folder: PathBuf,
    /// Template on the host.
    pub template_file: PathBuf,
    /// Rendered file inside the containers.
    pub env_file: PathBuf,
    /// Compose service of the Vault Agent.
    pub agent_service: String,
    /// Compose service of the authentik server.
    pub server_service: String,
    /// Compose service of the authentik worker.
    pub worker_service: String,
}

impl Layout {
    fn of(profile: &Profile) -> Self {
        let agent = profile.agent.clone();
        Self {
            project: agent.project,
            config_folder: agent.config_folder,
            template_file: agent.template_file,
            env_file: agent.env_file,
            agent_service: agent.agent_service,
            server_service: agent.server_service,
            worker_service: agent.worker_service,
        }
    }
}

/// The deployment's hosts: those that the profile lists, else those of its inventory.
///
/// # Errors
/// Trouble when the inventory cannot be read or no private folder can be had.
pub async fn hosts(profile: &Profile, surroundings: &Surroundings) -> Result<Vec<Arc<Host>>, Trouble> {
    let destinations = destinations(&profile.hosts, surroundings).await?;
    if destinations.is_empty() {
        return Ok(Vec::new());
    }
    check_docker(&profile.hosts.docker)?;
    let ssh = Ssh::open(surroundings)?;
    Ok(destinations.into_iter().map(|destination| Arc::new(Host::new(&ssh, destination, profile))).collect())
}

impl Host {
    fn new(ssh: &Arc<Ssh>, destination: Destination, profile: &Profile) -> Self {
        let name = destination.name.clone();
        let connection = Arc::new(Connection::new(Arc::clone(ssh), destination));
        let address = match profile.hosts.docker.as_str() {
            "ssh" => Address::Ssh {
                connection: Arc::clone(&connection),
                socket: profile.hosts.docker_socket.clone(),
                r#become: profile.hosts.r#become,
            },
            url => Address::Direct(url.to_owned()),
        };
        let engine = Engine::at(address);
        Self { name, connection, engine, layout: Layout::of(profile), r#become: profile.hosts.r#become }
    }
}

async fn destinations(
    settings: &HostSettings,
    surroundings: &Surroundings,
) -> Result<Vec<Destination>, Trouble> {
    let named = match (&settings.list, &settings.inventory) {
        (list, _) if !list.is_empty() => list.iter().map(|name| Destination::named(name)).collect(),
        (_, Some(inventory)) => ansible::hosts(surroundings, inventory, settings.group.as_deref()).await?,
        (_, None) => Vec::new(),
    };
    Ok(named
        .into_iter()
        .map(|host| Destination { config_file: settings.ssh_config.clone(), ..host })
        .collect())
}

fn check_docker(address: &str) -> Result<(), Trouble> {
    if address == "ssh" || address.starts_with("unix:///") || address.starts_with("tcp://") {
        return Ok(());
    }
    Err(Trouble::new(format!("hosts.docker = {address:?} names no way to docker"))
        .hint("ssh, unix:///path/to/docker.sock or tcp://host:port"))
}
