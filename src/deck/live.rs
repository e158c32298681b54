//! The deck over a real deployment: which probes a profile asks for, and the doors they share.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Deck, Hand, Memory, Opened};
use crate::config::{self, Profile, Surroundings};
use crate::exec::child::Children;
use crate::exec::{self, Doors, Executor, LiveExecutor, Prompts};
use crate::model::deployment::Deployment;
use crate::model::trouble::Trouble;
use crate::probe::access::{AccessProbe, VaultRights};
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
use crate::probe::{Clock, Probe, Rights};
use crate::world::host::{self, Host};
use crate::world::postgres::{Dial, Direct, ThroughHost};
use crate::world::process::Environment;
use crate::world::rds::{AwsFiles, Rds};
use crate::world::station::Station;
use crate::world::vault::Vault;

/// `database.through` when the control host itself can reach the database.
const DIRECT: &str = "direct";

type Probes = Vec<Arc<dyn Probe>>;

/// A real deployment whose doors stand ready. Nothing is connected yet except that an inventory may be read.
pub(super) struct Live<'p> {
    pub(super) profile: &'p Profile,
    surroundings: Surroundings,
    hosts: Vec<Arc<Host>>,
    vault: Arc<Vault>,
    rds: Arc<Rds>,
    pub(super) deployment: Deployment,
    pub(super) clock: Clock,
}

impl Deck {
    /// Opens a real deployment. Nothing is connected yet except that an inventory may be read; the first looks connect.
    /// Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// Trouble when the profile's hosts cannot be known.
    pub async fn live(profile: &Profile) -> Result<Opened, Trouble> {
        let live = Live::open(profile).await?;
        let probes = live.probes()?;
        let logs = Arc::new(ContainerLogs::on(&live.hosts));
        let sign_in = Arc::new(VaultSignIn::new(Arc::clone(&live.vault)));
        let versions = KvMount { vault: Arc::clone(&live.vault), mount: profile.vault.kv_mount.clone() };
        let deck =
            Self::watch(probes.clone(), logs, sign_in, Arc::clone(&live.clock)).reading(Arc::new(versions));
        let (prompts, asked) = Prompts::new();
        let hand = Hand::over_live(&live, &probes, prompts, deck.told.upgrade());
        let memory = Memory::new(config::last_look_file(&profile.name), &profile.name);
        Ok(Opened { deployment: live.deployment, deck, hand, prompts: Some(asked), memory })
    }
}

impl<'p> Live<'p> {
    pub(super) async fn open(profile: &'p Profile) -> Result<Self, Trouble> {
        let surroundings = Surroundings::here()?;
        let hosts = host::hosts(profile, &surroundings).await?;
        let deployment = profile.deployment(hosts.iter().map(|host| host.name.clone()).collect());
        let vault = Arc::new(Vault::new(&profile.vault, &surroundings));
        let rds = Arc::new(Rds::new(&profile.rds, AwsFiles::of_this_process()));
        Ok(Self { profile, surroundings, hosts, vault, rds, deployment, clock: Arc::new(Timestamp::now) })
    }

    /// They begin in this order: first those that wait longest for others, last the one that first reads every CA certificate
    /// of the machine.
    pub(super) fn probes(&self) -> Result<Probes, Trouble> {
        let salt = Salt::random();
        let hosts = self.hosts.iter();
        let mut probes: Probes = hosts.flat_map(|host| host_probes(host, &self.clock, &salt)).collect();
        probes.extend(vault_probes(&self.vault, &self.deployment));
        let station = Station::new(&self.surroundings);
        let playbook = self.profile.ansible.directory.join(&self.profile.ansible.setup_playbook);
        probes.push(Arc::new(StationProbe::new(Arc::clone(&self.vault), station, playbook)));
        probes.push(Arc::new(login_probe(self.profile, &self.vault, &self.hosts)?));
        if self.profile.rds.watched().is_some() {
            probes.push(Arc::new(RdsProbe::new(Arc::clone(&self.rds), Arc::clone(&self.clock))));
            probes.push(Arc::new(AccountProbe::new(Arc::clone(&self.rds))));
        }
        Ok(probes)
    }

    /// What the operator's token may do here.
    pub(super) fn rights(&self) -> Arc<dyn Rights> {
        Arc::new(VaultRights::new(Arc::clone(&self.vault)))
    }

    /// What carries commands out here.
    pub(super) fn executor(&self, prompts: Prompts) -> Result<Arc<dyn Executor>, Trouble> {
        let environment = Environment::of(&self.surroundings);
        let children = Children::new(self.hosts.clone(), environment, prompts.clone());
        let login = exec::login_program(&self.vault).and_then(|login| login.split_whitespace().next());
        let children = match login {
            Some(login) => children.with_login(login, Environment::for_site(&self.surroundings)),
            None => children,
        };
        let doors = Doors {
            vault: Arc::clone(&self.vault),
            rds: Arc::clone(&self.rds),
            account: self.profile.rds.account.clone(),
            database: way_to_database(&self.profile.database.through, &self.hosts)?,
            children,
            prompts,
        };
        Ok(Arc::new(LiveExecutor::behind(doors)))
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

fn host_probes(host: &Arc<Host>, clock: &Clock, salt: &Salt) -> Probes {
    vec![
        Arc::new(HostProbe::new(Arc::clone(host), Arc::clone(clock), salt.clone())),
        Arc::new(ContainersProbe::new(Arc::clone(host), Arc::clone(clock))),
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
