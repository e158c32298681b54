//! What can be done to the pretend system: each changes the system itself, and whoever looks sees it.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::approle::SecretId;
use super::dice::after;
use super::host::{Host, SecretIdFile};
use super::kv::{Hidden, Value};
use super::pretend::{Policy, Pretend};
use crate::model::facts::Service;

/// How long a container takes to stop and start again.
const RESTART: SignedDuration = SignedDuration::from_secs(2);

/// How long after the agent the others start: they wait for its health.
const AFTER_AGENT: SignedDuration = SignedDuration::from_secs(6);

/// Characters of a password, and of a secret key.
const PASSWORD_LENGTH: usize = 32;
const SECRET_KEY_LENGTH: usize = 64;

impl Pretend {
    /// The operator logs in: a new token.
    pub fn operator_logs_in(&mut self, ttl: SignedDuration) {
        self.operator.issued = self.now;
        self.operator.expires = after(self.now, ttl);
    }

    /// Vault is sealed.
    pub fn seal(&mut self) {
        self.vault.sealed = true;
    }

    /// Vault is unsealed.
    pub fn unseal(&mut self) {
        self.vault.sealed = false;
    }

    /// Free fields of a secret are set: who rotates it, and how far.
    pub fn annotate_secret(&mut self, path: &str, fields: &BTreeMap<String, String>) {
        let now = self.now;
        if let Some(secret) = self.kv.secrets.get_mut(path) {
            secret.annotate(now, fields);
        }
    }

    /// The agents' policy is written.
    pub fn write_policy(&mut self, text: impl Into<String>) {
        self.policy = Policy::Other(text.into());
    }

    /// The agents' policy is deleted.
    pub fn delete_policy(&mut self) {
        self.policy = Policy::Absent;
    }

    /// Vault stops listening, or listens again.
    pub fn let_vault_listen(&mut self, listens: bool) {
        self.vault.up = listens;
    }

    /// A host stops answering to ssh, or answers again; what runs there goes on.
    pub fn let_host_answer(&mut self, host: &str, answers: bool) {
        self.change(host, |host| host.up = answers);
    }

    /// The tmpfs of a host has no room left, or has again.
    pub fn fill_tmpfs(&mut self, host: &str, full: bool) {
        self.change(host, |host| host.tmpfs_full = full);
    }

    /// Wrong secret-ids lock the role.
    pub fn lock_role(&mut self) {
        let now = self.now;
        self.role.iter_mut().for_each(|role| role.lock(now));
    }

    /// A host's clock goes wrong by so many seconds.
    pub fn skew_clock(&mut self, host: &str, seconds: f64) {
        self.change(host, |host| host.clock_offset = seconds);
    }

    /// Issues a secret-id, labelled with a host or with none; returns its accessor.
    pub fn issue_secret_id(
        &mut self,
        host: Option<&str>,
        issued_by: &str,
        ticket: Option<&str>,
    ) -> Option<String> {
        let accessor = self.new_name("secret-id").accessor();
        let created = self.now;
        let role = self.role.as_mut()?;
        role.ledger.push(SecretId {
            accessor: accessor.clone(),
            host: host.map(str::to_owned),
            issued_by: host.map(|_| issued_by.to_owned()),
            ticket: host.and(ticket).map(str::to_owned),
            run: None,
            created,
            expires: after(created, role.secret_id_ttl),
        });
        Some(accessor)
    }

    /// Puts a secret-id file on a host; the agent takes it up at its next login.
    pub fn deliver(&mut self, host: &str, accessor: &str) {
        let now = self.now;
        self.change(host, |host| {
            host.secret_id_file = Some(SecretIdFile { accessor: accessor.to_owned(), modified: now });
        });
    }

    /// Destroys a secret-id on the server; tokens issued from it live on.
    pub fn destroy(&mut self, accessor: &str) {
        if let Some(role) = &mut self.role {
            role.ledger.retain(|secret_id| secret_id.accessor != accessor);
        }
    }

    /// ansible deploys to a host whose secret-id file is in place: agent first, then the others.
    pub fn deploy(&mut self, host: &str) {
        let now = self.now;
        self.change(host, |host| {
            host.deployed = Some(now);
            host.agent_container.start(now);
            host.agent.start(now);
            host.server.starts = Some(after(now, AFTER_AGENT));
            host.worker.starts = Some(after(now, AFTER_AGENT));
        });
    }

    /// Restarts a container; the agent forgets the secret-id it held.
    pub fn restart(&mut self, host: &str, service: Service) {
        let now = self.now;
        let back = after(now, RESTART);
        self.change(host, |host| match service {
            Service::Agent => {
                host.agent.stop(now, true);
                host.agent_container.stop(now, 0);
                host.agent_container.start(now);
                host.agent.start(now);
            }
            Service::Server | Service::Worker => {
                let app = if service == Service::Server { &mut host.server } else { &mut host.worker };
                app.stop(now, 0);
                app.starts = Some(back);
            }
            Service::Other => {}
        });
    }

    /// Kills the agent's process; Docker leaves it so.
    pub fn kill_agent(&mut self, host: &str) {
        let now = self.now;
        self.change(host, |host| {
            host.agent.stop(now, false);
            host.agent_container.stop(now, 137);
        });
    }

    /// Writes a KV version: new values for secret keys, given ones for plain keys, the rest as it was.
    pub fn write_secret(&mut self, path: &str, renew: &[String], set: BTreeMap<String, String>) {
        let mut changes: BTreeMap<String, Value> =
            set.into_iter().map(|(key, value)| (key, Value::Plain(value))).collect();
        for key in renew {
            let length = if key == "secret_key" { SECRET_KEY_LENGTH } else { PASSWORD_LENGTH };
            let id = self.new_name(key).id();
            changes.insert(key.clone(), Value::Hidden(Hidden { id, length }));
        }
        self.kv.secrets.entry(path.to_owned()).or_default().patch(self.now, changes);
    }

    /// `ModifyDBInstance` with the password that KV holds.
    pub fn modify_master_password(&mut self) {
        if let Some(password) = self.kv.password() {
            self.database.modify_password(self.now, password);
        }
    }

    /// Lines of a host's agent log, oldest first.
    pub(super) fn agent_lines(&self, name: &str) -> Vec<String> {
        let Some(host) = self.host(name) else { return Vec::new() };
        let around = super::look::surroundings(host);
        let said = host.agent.log_from(0);
        said.flat_map(|(at, words)| words.lines(*at, around)).map(|(_, line)| line).collect()
    }

    fn change(&mut self, name: &str, change: impl FnOnce(&mut Host)) {
        if let Some(host) = self.hosts.iter_mut().find(|host| host.name == name) {
            change(host);
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::demo::Scenario;
    use crate::demo::agent_words::Surroundings;
    use crate::demo::kv::DATABASE;
    use crate::model::agent_log::{AgentLog, Class, State};

    const ONE: &str = "authentik-1";

    fn healthy() -> Pretend {
        let noon: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        Pretend::at(noon, &Scenario::named("healthy").unwrap(), 3, 1)
    }

    fn wait(pretend: &mut Pretend, minutes: i64) {
        pretend.advance(after(pretend.now, SignedDuration::from_mins(minutes)));
    }

    /// What the agents are doing, as the reader of real logs understands them.
    fn agents(pretend: &Pretend) -> Vec<(State, Class)> {
        pretend.hosts.iter().map(|host| agent(pretend, host)).collect()
    }

    fn agent(pretend: &Pretend, host: &Host) -> (State, Class) {
        let around = Surroundings { address: "https://vault:8200", sink: false };
        let mut log = AgentLog::default();
        for (at, words) in host.agent.log_from(0) {
            words.lines(*at, around).iter().for_each(|(_, line)| log.push_line(line));
        }
        let reading = log.reading(Some(pretend.now));
        (reading.state, reading.class)
    }

    fn database_versions(pretend: &Pretend) -> Vec<u64> {
        pretend.hosts.iter().filter_map(|host| Some(host.env.as_ref()?.versions.database)).collect()
    }

    const FINE: (State, Class) = (State::Ok, Class::None);

    #[test]
    fn a_sealed_vault_stops_reads_first_logins_later_and_all_recover_by_themselves() {
        let mut pretend = healthy();
        pretend.seal();
        for minutes in [6, 100] {
            wait(&mut pretend, minutes);
            assert_eq!(
                agents(&pretend),
                [(State::Looping, Class::Sealed); 3],
                "after {minutes} more minutes"
            );
        }
        pretend.unseal();
        wait(&mut pretend, 6);
        assert_eq!(agents(&pretend), [FINE; 3]);
    }

    #[test]
    fn a_vault_that_does_not_listen_is_unreachable() {
        let mut pretend = healthy();
        pretend.let_vault_listen(false);
        wait(&mut pretend, 6);
        assert_eq!(agents(&pretend), [(State::Looping, Class::Unreachable); 3]);
    }

    #[test]
    fn a_destroyed_secret_id_is_noticed_only_when_the_token_has_reached_its_longest_life() {
        let mut pretend = healthy();
        let accessor = pretend.hosts[0].agent.holds.clone().unwrap();
        let began = pretend.hosts[0].agent.session.as_ref().unwrap().began;
        pretend.destroy(&accessor);
        pretend.advance(after(began, SignedDuration::from_mins(209)));
        assert_eq!(agents(&pretend), [FINE; 3]);
        pretend.advance(after(began, SignedDuration::from_mins(237)));
        assert_eq!(agent(&pretend, &pretend.hosts[0]).0, State::Looping);
    }

    #[test]
    fn a_new_secret_id_is_taken_up_at_the_next_try_without_a_restart() {
        let mut pretend = healthy();
        pretend.destroy(&pretend.hosts[0].agent.holds.clone().unwrap());
        pretend.restart(ONE, Service::Agent);
        wait(&mut pretend, 1);
        assert_eq!(agent(&pretend, &pretend.hosts[0]).0, State::Looping);
        let accessor = pretend.issue_secret_id(Some(ONE), "jane", None).unwrap();
        pretend.deliver(ONE, &accessor);
        wait(&mut pretend, 25);
        assert_eq!(agents(&pretend), [FINE; 3], "after the lock and the longest wait");
    }

    #[test]
    fn a_new_version_is_rendered_everywhere_within_the_interval() {
        let mut pretend = healthy();
        pretend.write_secret(DATABASE, &["pg_password".to_owned()], BTreeMap::new());
        assert_eq!(database_versions(&pretend), [8; 3]);
        pretend.advance(after(pretend.now, SignedDuration::from_secs(286)));
        assert_eq!(database_versions(&pretend), [9; 3]);
    }

    #[test]
    fn without_the_policy_agents_are_denied_and_the_env_stays() {
        let mut pretend = healthy();
        pretend.delete_policy();
        wait(&mut pretend, 6);
        assert_eq!(agents(&pretend), [(State::Looping, Class::PermissionDenied); 3]);
        assert_eq!(database_versions(&pretend), [8; 3]);
        pretend.write_policy("path \"secret/data/cwiq/shared/authentik/*\" { capabilities = [\"read\"] }");
        wait(&mut pretend, 6);
        assert_eq!(agents(&pretend), [FINE; 3]);
    }

    #[test]
    fn a_killed_agent_stays_dead_and_says_nothing() {
        let mut pretend = healthy();
        let said = pretend.hosts[0].agent.said();
        pretend.kill_agent(ONE);
        wait(&mut pretend, 300);
        let host = &pretend.hosts[0];
        assert_eq!((host.agent.said(), host.agent_container.exit_code), (said, 137));
        assert!(!host.agent_container.running);
    }

    #[test]
    fn a_server_restarted_on_a_password_that_rds_does_not_take_does_not_come_up() {
        let mut pretend = healthy();
        pretend.write_secret(DATABASE, &["pg_password".to_owned()], BTreeMap::new());
        wait(&mut pretend, 5);
        pretend.restart(ONE, Service::Server);
        wait(&mut pretend, 1);
        assert!(!pretend.hosts[0].server.came_up && pretend.hosts[1].server.came_up);
        pretend.modify_master_password();
        wait(&mut pretend, 1);
        pretend.restart(ONE, Service::Server);
        wait(&mut pretend, 1);
        assert!(pretend.hosts[0].server.came_up);
    }
}
