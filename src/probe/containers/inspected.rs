//! Docker's answer about one container, as our facts. Of its environment only names are kept, and the values of a few
//! addresses and file names.

use std::collections::{BTreeMap, BTreeSet};

use bollard::models::{
    ContainerInspectResponse, ContainerState as Answered, ContainerStateStatusEnum, Health, HealthStatusEnum,
    MountPoint,
};
use jiff::Timestamp;

use super::SERVICE;
use crate::model::facts::{Container, ContainerHealth, ContainerState, Mount, MountKind, Service};
use crate::world::clean;
use crate::world::host::Layout;

/// Go's `os.ModeDir`, in which Docker tells what a path is.
const GO_MODE_DIRECTORY: u32 = 1 << 31;

/// Variables of the Vault CLI, without prefix, that take precedence over `config.hcl` and are no secrets.
const OVERRIDES: &[&str] = &[
    "ADDR",
    "AGENT_ADDR",
    "CACERT",
    "CAPATH",
    "CLIENT_CERT",
    "CLIENT_KEY",
    "CLIENT_TIMEOUT",
    "DISABLE_REDIRECTS",
    "MAX_RETRIES",
    "NAMESPACE",
    "PROXY_ADDR",
    "RATE_LIMIT",
    "SKIP_VERIFY",
    "SRV_LOOKUP",
    "TLS_SERVER_NAME",
];

/// What is known beside the answer itself.
pub(super) struct Surroundings<'a> {
    /// Names of the services.
    pub(super) layout: &'a Layout,
    /// Volumes that lie in RAM.
    pub(super) on_ram: BTreeSet<String>,
    /// Kinds of bind mounts by container id and destination.
    pub(super) bind_kinds: BTreeMap<(String, String), MountKind>,
}

impl Surroundings<'_> {
    /// One container.
    pub(super) fn container(&self, answer: ContainerInspectResponse) -> Container {
        let config = answer.config.unwrap_or_default();
        let state = answer.state.unwrap_or_default();
        let service = config.labels.unwrap_or_default().remove(SERVICE).unwrap_or_default();
        let environment = config.env.unwrap_or_default();
        let id = answer.id.unwrap_or_default();
        let mounts = answer.mounts.unwrap_or_default();
        Container {
            name: cleaned(answer.name.as_deref().unwrap_or_default().trim_start_matches('/')),
            image: cleaned(&config.image.unwrap_or_default()),
            user: config.user.map(|user| cleaned(&user)).filter(|user| !user.is_empty()),
            service: self.service(&service),
            state: state_of(&state),
            health: state.health.as_ref().and_then(health_of),
            health_check: config.healthcheck.and_then(|check| check_line(&check.test?)),
            restarts: answer.restart_count.and_then(|count| count.try_into().ok()).unwrap_or(0),
            started: moment(state.started_at.as_deref()),
            finished: moment(state.finished_at.as_deref()),
            exit_code: state.exit_code.filter(|_| moment(state.finished_at.as_deref()).is_some()),
            oom_killed: state.oom_killed.unwrap_or(false),
            mounts: mounts.into_iter().map(|mount| self.mount(&id, mount)).collect(),
            baked_names: environment.iter().map(|entry| cleaned(split(entry).0)).collect(),
            vault_overrides: environment.iter().filter_map(|entry| override_in(entry)).collect(),
        }
    }

    fn service(&self, name: &str) -> Service {
        match name {
            name if name == self.layout.agent_service => Service::Agent,
            name if name == self.layout.server_service => Service::Server,
            name if name == self.layout.worker_service => Service::Worker,
            _ => Service::Other,
        }
    }

    fn mount(&self, container: &str, mount: MountPoint) -> Mount {
        let destination = mount.destination.unwrap_or_default();
        let name = mount.name.unwrap_or_default();
        let kind = match mount.typ.as_deref() {
            Some("tmpfs") => MountKind::Tmpfs,
            Some("volume") if self.on_ram.contains(&name) => MountKind::Tmpfs,
            Some("volume") => MountKind::Volume,
            _ => self.bind_kind(container, &destination),
        };
        let source = if name.is_empty() { mount.source.unwrap_or_default() } else { name };
        Mount {
            destination: cleaned(&destination),
            source: cleaned(&source),
            kind,
            writable: mount.rw.unwrap_or(false),
        }
    }

    fn bind_kind(&self, container: &str, destination: &str) -> MountKind {
        let key = (container.to_owned(), destination.to_owned());
        self.bind_kinds.get(&key).copied().unwrap_or(MountKind::Bind)
    }
}

/// Names of all volumes in use.
pub(super) fn volumes(answers: &[ContainerInspectResponse]) -> impl Iterator<Item = &str> {
    mounts(answers)
        .filter(|(_, mount)| mount.typ.as_deref() == Some("volume"))
        .filter_map(|(_, mount)| mount.name.as_deref())
}

/// Container and destination of all bind mounts.
pub(super) fn binds(answers: &[ContainerInspectResponse]) -> impl Iterator<Item = (&str, &str)> {
    mounts(answers)
        .filter(|(_, mount)| mount.typ.as_deref() == Some("bind"))
        .filter_map(|(id, mount)| Some((id, mount.destination.as_deref()?)))
}

fn mounts(answers: &[ContainerInspectResponse]) -> impl Iterator<Item = (&str, &MountPoint)> {
    answers.iter().flat_map(|answer| {
        let id = answer.id.as_deref().unwrap_or_default();
        answer.mounts.iter().flatten().map(move |mount| (id, mount))
    })
}

/// The kind of a bind mount by the mode that Docker tells of it.
pub(super) fn kind_by_mode(mode: u32) -> MountKind {
    if mode & GO_MODE_DIRECTORY == 0 { MountKind::BindFile } else { MountKind::BindDirectory }
}

fn state_of(state: &Answered) -> ContainerState {
    match state.status {
        Some(ContainerStateStatusEnum::CREATED) => ContainerState::Created,
        Some(ContainerStateStatusEnum::RUNNING | ContainerStateStatusEnum::STOPPING) => {
            ContainerState::Running
        }
        Some(ContainerStateStatusEnum::PAUSED) => ContainerState::Paused,
        Some(ContainerStateStatusEnum::RESTARTING) => ContainerState::Restarting,
        Some(ContainerStateStatusEnum::REMOVING) => ContainerState::Removing,
        Some(ContainerStateStatusEnum::EXITED) => ContainerState::Exited,
        Some(ContainerStateStatusEnum::DEAD) => ContainerState::Dead,
        Some(ContainerStateStatusEnum::EMPTY) | None => ContainerState::Unknown,
    }
}

fn health_of(health: &Health) -> Option<ContainerHealth> {
    match health.status? {
        HealthStatusEnum::STARTING => Some(ContainerHealth::Starting),
        HealthStatusEnum::HEALTHY => Some(ContainerHealth::Healthy),
        HealthStatusEnum::UNHEALTHY => Some(ContainerHealth::Unhealthy),
        HealthStatusEnum::NONE | HealthStatusEnum::EMPTY => None,
    }
}

/// `CMD` and `CMD-SHELL` alike as the words that are run.
fn check_line(test: &[String]) -> Option<String> {
    match test.split_first()? {
        (kind, words) if kind.starts_with("CMD") => Some(cleaned(&words.join(" "))),
        _ => None,
    }
}

/// Docker writes the year one for never.
fn moment(text: Option<&str>) -> Option<Timestamp> {
    text.filter(|text| !text.starts_with("0001-"))?.parse().ok()
}

fn override_in(entry: &str) -> Option<(String, String)> {
    let (name, value) = split(entry);
    let bare = name.strip_prefix("VAULT_").or_else(|| name.strip_prefix("BAO_"))?;
    OVERRIDES.contains(&bare).then(|| (name.to_owned(), cleaned(value)))
}

fn split(entry: &str) -> (&str, &str) {
    entry.split_once('=').unwrap_or((entry, ""))
}

fn cleaned(text: &str) -> String {
    clean::line(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGENT: &str = include_str!("../../../tests/fixtures/docker/inspect-agent.json");
    const VOLUME: &str = include_str!("../../../tests/fixtures/docker/volume-tmpfs.json");

    fn layout() -> Layout {
        Layout {
            project: "authentik".into(),
            config_folder: "/data/authentik/vault/config".into(),
            template_file: "/data/authentik/vault/templates/.env.tpl".into(),
            env_file: "/vault/secrets/.env".into(),
            agent_service: "vault-agent".into(),
            server_service: "server".into(),
            worker_service: "worker".into(),
        }
    }

    fn answer(change: impl FnOnce(&mut serde_json::Value)) -> ContainerInspectResponse {
        let mut answers: serde_json::Value = serde_json::from_str(AGENT).unwrap();
        let answer = answers.get_mut(0).unwrap();
        change(answer);
        serde_json::from_value(answer.take()).unwrap()
    }

    fn container(change: impl FnOnce(&mut serde_json::Value)) -> Container {
        let layout = layout();
        let on_ram = BTreeSet::from(["authentik-secrets".to_owned()]);
        Surroundings { layout: &layout, on_ram, bind_kinds: BTreeMap::new() }.container(answer(change))
    }

    #[test]
    fn a_recorded_answer_is_read() {
        let agent = container(|answer| {
            answer["Config"]["Labels"] = serde_json::json!({"com.docker.compose.service": "vault-agent"});
        });
        assert_eq!((agent.name.as_str(), agent.service), ("authentik-agent", Service::Agent));
        assert_eq!((agent.state, agent.health), (ContainerState::Running, Some(ContainerHealth::Healthy)));
        assert_eq!(agent.health_check.as_deref(), Some("test -f /vault/secrets/.env"));
        assert_eq!(agent.started.unwrap().to_string(), "2026-11-22T03:34:47.781598247Z");
        let kinds: Vec<_> =
            agent.mounts.iter().map(|mount| (mount.destination.as_str(), mount.kind)).collect();
        assert_eq!(
            kinds,
            [
                ("/vault/secrets", MountKind::Tmpfs),
                ("/vault/config", MountKind::Bind),
                ("/vault/templates", MountKind::Bind),
            ]
        );
        assert_eq!((agent.baked_names.as_slice(), agent.user), (["PATH".to_owned()].as_slice(), None));
    }

    #[test]
    fn of_the_environment_only_names_and_addresses_are_kept() {
        let agent = container(|answer| {
            answer["Config"]["Env"] = serde_json::json!([
                "AUTHENTIK_SECRET_KEY=canary-one",
                "VAULT_TOKEN=canary-two",
                "VAULT_ADDR=https://vault:8200",
                "BAO_SKIP_VERIFY=true",
                "VAULT_HTTP_PROXY=http://user:canary-three@proxy",
                "BROKEN",
            ]);
        });
        assert!(!format!("{agent:?}").contains("canary"));
        assert!(agent.baked_names.contains(&"AUTHENTIK_SECRET_KEY".to_owned()));
        let overrides: Vec<_> = agent.vault_overrides.keys().map(String::as_str).collect();
        assert_eq!(overrides, ["BAO_SKIP_VERIFY", "VAULT_ADDR"]);
    }

    #[test]
    fn a_container_that_never_ran_has_no_times_and_no_exit_code() {
        let agent = container(|answer| {
            answer["State"] = serde_json::json!({
                "Status": "created", "ExitCode": 0, "StartedAt": "0001-01-01T00:00:00Z",
                "FinishedAt": "0001-01-01T00:00:00Z",
            });
        });
        assert_eq!((agent.state, agent.started, agent.finished), (ContainerState::Created, None, None));
        assert_eq!((agent.exit_code, agent.health), (None, None));
    }

    #[test]
    fn hostile_names_are_cleaned() {
        let agent = container(|answer| answer["Name"] = "/a\u{1b}[31m\u{202e}b\n".into());
        assert_eq!(agent.name, "ab ");
    }

    #[test]
    fn a_volume_of_type_tmpfs_is_told_by_its_options() {
        let volumes: Vec<bollard::models::Volume> = serde_json::from_str(VOLUME).unwrap();
        assert_eq!(volumes.first().unwrap().options.get("type").unwrap(), "tmpfs");
    }

    #[test]
    fn a_bind_of_a_file_is_told_from_one_of_a_folder() {
        assert_eq!(kind_by_mode(0o644), MountKind::BindFile);
        assert_eq!(kind_by_mode(GO_MODE_DIRECTORY | 0o755), MountKind::BindDirectory);
    }
}
