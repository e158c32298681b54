//! The deck over a real deployment: which probes a profile asks for, and the doors they share.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Deck, Opened};
use crate::config::{Profile, Surroundings};
use crate::model::deployment::Deployment;
use crate::model::trouble::Trouble;
use crate::probe::access::AccessProbe;
use crate::probe::account::AccountProbe;
use crate::probe::agent::AgentProbe;
use crate::probe::containers::ContainersProbe;
use crate::probe::follow::ContainerLogs;
use crate::probe::host::{HostProbe, Salt};
use crate::probe::login::{KvMount, LoginPlan, LoginProbe};
use crate::probe::mounts::MountsProbe;
use crate::probe::policy::PolicyProbe;
use crate::probe::rds::RdsProbe;
use crate::probe::role::RoleProbe;
use crate::probe::secret::SecretProbe;
use crate::probe::sign_in::VaultSignIn;
use crate::probe::station::StationProbe;
use crate::probe::token::TokenProbe;
use crate::probe::vault::VaultProbe;
use crate::probe::{Clock, Probe};
use crate::world::host::{self, Host};
use crate::world::postgres::{Dial, Direct, ThroughHost};
use crate::world::rds::{AwsFiles, Rds};
use crate::world::station::Station;
use crate::world::vault::Vault;

/// `database.through` when the control host itself can reach the database.
const DIRECT: &str = "direct";

type Probes = Vec<Arc<dyn Probe>>;

impl Deck {
    /// Opens a real deployment. Nothing is connected yet except that an inventory may be read; the first looks connect.
    /// Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// Trouble when the profile's hosts cannot be known.
    pub async fn live(profile: &Profile) -> Result<Opened, Trouble> {
        let surroundings = Surroundings::here()?;
        let hosts = host::hosts(profile, &surroundings).await?;
        let deployment = profile.deployment(hosts.iter().map(|host| host.name.clone()).collect());
        let vault = Arc::new(Vault::new(&profile.vault, &surroundings));
        let clock: Clock = Arc::new(Timestamp::now);
        let salt = Salt::random();
        // They begin in this order: first those that wait longest for others, last the one that first reads every CA
        // certificate of the machine.
        let mut probes: Probes = hosts.iter().flat_map(|host| host_probes(host, &clock, &salt)).collect();
        probes.extend(vault_probes(&vault, &deployment));
        probes.push(Arc::new(StationProbe::new(Arc::clone(&vault), Station::new(&surroundings))));
        probes.push(Arc::new(login_probe(profile, &vault, &hosts)?));
        probes.extend(aws_probes(profile, &clock));
        let sign_in = Arc::new(VaultSignIn::new(vault));
        let deck = Self::watch(probes, Arc::new(ContainerLogs::on(&hosts)), sign_in, clock);
        let hand = Err(Trouble::new("runs on a real deployment are not carried out by this build")
            .hint("--demo runs on the pretend fleet"));
        Ok(Opened { deployment, deck, hand })
    }
}

fn vault_probes(vault: &Arc<Vault>, deployment: &Deployment) -> Probes {
    let door = || Arc::clone(vault);
    let mut probes: Probes = vec![
        Arc::new(VaultProbe::new(door())),
        Arc::new(TokenProbe::new(door())),
        Arc::new(AccessProbe::new(door(), deployment)),
        Arc::new(MountsProbe::new(door(), deployment)),
        Arc::new(PolicyProbe::new(door(), deployment)),
        Arc::new(RoleProbe::new(door(), deployment)),
    ];
    for secret in &deployment.secrets {
        probes.push(Arc::new(SecretProbe::new(door(), deployment, &secret.path)));
    }
    probes
}

fn aws_probes(profile: &Profile, clock: &Clock) -> Probes {
    if profile.rds.watched().is_none() {
        return Vec::new();
    }
    let door = Arc::new(Rds::new(&profile.rds, AwsFiles::of_this_process()));
    vec![Arc::new(RdsProbe::new(Arc::clone(&door), Arc::clone(clock))), Arc::new(AccountProbe::new(door))]
}

fn host_probes(host: &Arc<Host>, clock: &Clock, salt: &Salt) -> Probes {
    vec![
        Arc::new(HostProbe::new(Arc::clone(host), Arc::clone(clock), salt.clone())),
        Arc::new(ContainersProbe::new(Arc::clone(host))),
        Arc::new(AgentProbe::new(Arc::clone(host), Arc::clone(clock))),
    ]
}

fn login_probe(profile: &Profile, vault: &Arc<Vault>, hosts: &[Arc<Host>]) -> Result<LoginProbe, Trouble> {
    let database = &profile.database;
    let plan = LoginPlan {
        credentials: database.secret.clone(),
        key: database.key_secret.clone(),
        tls: database.tls,
        ca_file: database.ca_file.clone(),
    };
    let values = KvMount { vault: Arc::clone(vault), mount: profile.vault.kv_mount.clone() };
    Ok(LoginProbe::new(Arc::new(values), way_to_database(&database.through, hosts)?, plan))
}

fn way_to_database(through: &str, hosts: &[Arc<Host>]) -> Result<Arc<dyn Dial>, Trouble> {
    if through == DIRECT {
        return Ok(Arc::new(Direct));
    }
    let host = hosts.iter().find(|host| host.name == through).ok_or_else(|| {
        Trouble::new(format!("database.through names {through}, which is no host of the profile"))
            .hint("direct, or one of the hosts")
    })?;
    Ok(Arc::new(ThroughHost(Arc::clone(&host.connection))))
}
