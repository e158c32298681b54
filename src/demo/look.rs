//! What a look at the pretend system finds: facts are worked out from its state, through the same eyes and with the
//! same blind spots as the real ones (a sealed Vault, a dead token, a missing permission, a host that is down).

mod agent;
mod container;
mod database;
mod host;
mod role;
mod secret;
mod station;
mod vault;

use crate::model::deployment::Deployment;
use crate::model::facts::Facts;
use crate::model::subject::Subject;
use crate::model::trouble::{Trouble, TroubleKind};
use crate::probe::access;

use super::host::Host;
use super::pretend::Pretend;

pub(super) use agent::{AgentReader, surroundings};
pub(super) use container::service_named;
pub(super) use secret::values;
pub(super) use vault::{CAPABILITIES, granted};

/// The facts about a subject now.
///
/// # Errors
/// Trouble where the real system would answer with it.
pub(super) fn facts(
    pretend: &Pretend,
    deployment: &Deployment,
    subject: &Subject,
    reader: &mut AgentReader,
) -> Result<Facts, Trouble> {
    Ok(match subject {
        Subject::Vault => Facts::Vault(vault::server(pretend)?),
        Subject::Token => Facts::Token(vault::token(pretend)?),
        Subject::Access => Facts::Access(vault::granted(pretend, &access::paths(deployment))?),
        Subject::Mounts => Facts::Mounts(vault::mounts(pretend, deployment)?),
        Subject::Policy => Facts::Policy(vault::policy(pretend, deployment)?),
        Subject::Role => Facts::Role(Box::new(role::role(pretend, deployment)?)),
        Subject::Secret(path) => Facts::Secret(secret::secret(pretend, deployment, path)?),
        Subject::Host(name) => Facts::Host(Box::new(host::host(pretend, reachable(pretend, name)?))),
        Subject::Containers(name) => {
            Facts::Containers(container::containers(pretend, reachable(pretend, name)?))
        }
        Subject::Agent(name) => {
            Facts::Agent(Box::new(agent::agent(pretend, reachable(pretend, name)?, reader)?))
        }
        Subject::Rds => Facts::Rds(Box::new(database::instance(pretend, deployment))),
        Subject::Account => Facts::Account(database::account(deployment)),
        Subject::Login => Facts::Login(Box::new(database::login(pretend)?)),
        Subject::Station => Facts::Station(station::station(pretend)),
    })
}

/// A host that answers.
pub(super) fn reachable<'a>(pretend: &'a Pretend, name: &str) -> Result<&'a Host, Trouble> {
    let silent = || {
        Trouble::new(format!("cannot reach {name}"))
            .because("ssh: connection timed out")
            .hint(format!("try by hand: ssh {name} true"))
            .kind(TroubleKind::Unreachable)
    };
    pretend.host(name).filter(|host| host.up).ok_or_else(silent)
}
