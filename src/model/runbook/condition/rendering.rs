//! Conditions on what the agent is given on a host and what it makes of it: its files, the template, the rendered `.env`.

use super::{AgentFile, Scene, Standing};
use crate::model::facts::{EnvFacts, HostFacts};
use crate::model::trouble::Trouble;

pub(super) fn envs_alike(scene: &Scene<'_>) -> Result<Standing, Trouble> {
    let mut first: Option<(&str, &EnvFacts)> = None;
    let mut seen = Vec::new();
    for host in scene.hosts {
        seen.push((host.as_str(), scene.fleet.host(host, scene.now)?));
    }
    for (host, facts) in &seen {
        let env = facts.facts.env.as_ref().map_err(Trouble::clone)?;
        let (other, its) = *first.get_or_insert((host, env));
        if let Some((name, _)) =
            env.digests.iter().find(|(name, digest)| its.digests.get(*name) != Some(digest))
        {
            return Ok(Standing::fails(format!("{name} differs between {other} and {host}")));
        }
    }
    match first {
        None => Err(Trouble::new("there are no hosts")),
        Some((_, env)) => {
            Ok(Standing::told(format!("{} values, equal on {} hosts", env.digests.len(), seen.len())))
        }
    }
}

pub(super) fn env_on_ram(scene: &Scene<'_>) -> Standing {
    of_env(scene, |_, env| match env.on_ram {
        Some(true) => Ok(Standing::told(format!("{} is on a tmpfs", env.file.path))),
        Some(false) => Ok(Standing::fails(format!("{} is on a disk", env.file.path))),
        None => Err(Trouble::new("the file system of .env could not be told")),
    })
}

pub(super) fn injected(scene: &Scene<'_>, variable: &str, secret: &str, key: &str) -> Standing {
    let api_path = format!("{}/data/{secret}", scene.fleet.deployment.kv_mount);
    of_env(scene, |host, env| {
        let template = host.template.as_ref().map_err(Trouble::clone)?;
        if !template.reads.get(&api_path).is_some_and(|keys| keys.contains(key)) {
            return Ok(Standing::fails(format!("the template does not take {key} from {api_path}")));
        }
        if !env.keys.iter().any(|name| name == variable) {
            return Ok(Standing::fails(format!("the .env has no {variable}")));
        }
        if env.empty.contains(variable) || env.no_value.contains(variable) {
            return Ok(Standing::fails(format!("{variable} has no value")));
        }
        Ok(Standing::told(format!("{api_path}, {key} is {variable}")))
    })
}

fn of_env(scene: &Scene<'_>, judge: impl Fn(&HostFacts, &EnvFacts) -> Result<Standing, Trouble>) -> Standing {
    scene.each_host(|host| {
        let seen = scene.fleet.host(host, scene.now)?;
        judge(seen.facts, seen.facts.env.as_ref().map_err(Trouble::clone)?)
    })
}

pub(super) fn file_there(scene: &Scene<'_>, file: AgentFile) -> Standing {
    scene.each_host(|host| {
        let seen = scene.fleet.host(host, scene.now)?;
        let facts = match file {
            AgentFile::Config => seen.facts.config_file.as_ref(),
            AgentFile::RoleId => seen.facts.role_id_file.as_ref(),
            AgentFile::Template => seen.facts.template_file.as_ref(),
            AgentFile::Env => seen.facts.env.as_ref().map(|env| &env.file),
        };
        let facts = facts.map_err(Trouble::clone)?;
        Ok(match &facts.stat {
            Some(stat) => Standing::told(format!("{}, mode {:04o}", facts.path, stat.mode)),
            None => Standing::fails(format!("{} is not there", facts.path)),
        })
    })
}

pub(super) fn agent_configured(scene: &Scene<'_>, render_seconds: i64) -> Standing {
    scene.each_host(|host| {
        let seen = scene.fleet.host(host, scene.now)?;
        let config = seen.facts.agent_config.as_ref().map_err(Trouble::clone)?;
        Ok(match config.method.as_deref() {
            Some("approle") if config.render_interval_seconds == render_seconds => {
                Standing::told(format!("approle, every {render_seconds} s"))
            }
            Some("approle") => {
                Standing::fails(format!("it fetches again every {} s", config.render_interval_seconds))
            }
            method => Standing::fails(format!("it logs in by {}", method.unwrap_or("nothing"))),
        })
    })
}
