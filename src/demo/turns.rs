//! What happens on a pretend host when its time comes: the agent logs in, tends to its token, reads the secrets, and
//! containers start.

use jiff::{SignedDuration, Timestamp};

use super::agent::{LoginTry, MOST_ATTEMPTS, Retry, Session};
use super::agent_words::{LoginFailure, ReadFailure, Said};
use super::approle::Refusal;
use super::dice::after;
use super::host::{Env, Host};
use super::pretend::{Pretend, Reading};

/// How long the agent waits with a new template engine after giving up.
const GIVEN_UP: SignedDuration = SignedDuration::from_secs(1);

/// What is due on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    /// The agent tries to log in.
    LogIn,
    /// The agent tends to its token.
    TendToken,
    /// The agent reads the secrets.
    Read,
    /// Docker starts the server.
    StartServer,
    /// Docker starts the worker.
    StartWorker,
}

impl Pretend {
    /// What is due next on a host, given what reading the secrets would give.
    pub(super) fn turn_of(&self, index: usize, reading: Reading) -> Option<(Timestamp, Turn)> {
        let host = self.hosts.get(index)?;
        let agent = &host.agent;
        let log_in = agent.login.map(|login| (login.next, Turn::LogIn));
        let tend = agent.session.as_ref().filter(|_| agent.login.is_none());
        let tend = tend.map(|session| (session.wakes, Turn::TendToken));
        let read = self.read_due(host, reading).map(|at| (at, Turn::Read));
        let server = host.server.starts.map(|at| (at, Turn::StartServer));
        let worker = host.worker.starts.map(|at| (at, Turn::StartWorker));
        [log_in, tend, read, server, worker].into_iter().flatten().min()
    }

    /// Lets what is due on a host happen.
    pub(super) fn host_turn(&mut self, index: usize) {
        let Some((_, turn)) = self.turn_of(index, self.reading()) else { return };
        match turn {
            Turn::LogIn => self.agent_logs_in(index),
            Turn::TendToken => self.agent_tends_token(index),
            Turn::Read => self.agent_reads(index),
            Turn::StartServer | Turn::StartWorker => self.container_starts(index, turn),
        }
    }

    /// A read is due only when it would change something: what is read has changed, or cannot be read.
    fn read_due(&self, host: &Host, reading: Reading) -> Option<Timestamp> {
        let agent = &host.agent;
        let session = agent.session.as_ref()?;
        if let Some(retry) = agent.retry {
            return Some(retry.next);
        }
        let from = if reading.versions() != Some(agent.fetched) || !session.alive(self.now) {
            self.now
        } else {
            agent.login.map(|_| self.now.max(session.expires))?
        };
        Some(session.reads_after(from, self.dice.about(&host.name)))
    }

    fn agent_logs_in(&mut self, index: usize) {
        let now = self.now;
        let outcome = self.login_outcome(index);
        let times = self.role.as_ref().map(|role| (role.token_ttl, role.token_max_ttl));
        let Some(host) = self.hosts.get_mut(index) else { return };
        let dice = self.dice.about(&host.name);
        let agent = &mut host.agent;
        agent.say(now, Said::Authenticating);
        match (outcome, times) {
            (Ok(()), Some((ttl, max_ttl))) => {
                agent.logins += 1;
                agent.login = None;
                agent.retry = None;
                agent.session = Some(Session::begun(now, ttl, max_ttl, dice.number(agent.logins)));
                agent.say(now, Said::LoggedIn);
                agent.say(now, Said::Renewed);
                self.agent_reads(index);
            }
            (outcome, _) => {
                let failure = outcome.err().unwrap_or(LoginFailure::Refused);
                let again = agent.login.unwrap_or(LoginTry::first(now)).again(now, dice);
                agent.login = Some(again);
                agent.say(now, Said::LoginFailed(failure, again.backoff.unwrap_or_default()));
            }
        }
    }

    /// What Vault says to a login, after the agent has taken up (and perhaps removed) its secret-id file.
    fn login_outcome(&mut self, index: usize) -> Result<(), LoginFailure> {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(index) else { return Err(LoginFailure::Unreachable) };
        if host.deployed.is_none() {
            return Err(LoginFailure::NoRoleId);
        }
        if let Some(file) = &host.secret_id_file {
            host.agent.holds = Some(file.accessor.clone());
            if host.setup.removes_secret_id {
                host.secret_id_file = None;
            }
        }
        let Some(accessor) = &host.agent.holds else { return Err(LoginFailure::NoSecretId) };
        if !self.vault.up {
            return Err(LoginFailure::Unreachable);
        }
        if self.vault.sealed {
            return Err(LoginFailure::Sealed);
        }
        if !self.approle_enabled {
            return Err(LoginFailure::Locked);
        }
        let Some(role) = &mut self.role else { return Err(LoginFailure::Refused) };
        role.log_in(accessor, now).map_err(|refusal| match refusal {
            Refusal::BadSecretId => LoginFailure::Refused,
            Refusal::Locked => LoginFailure::Locked,
        })
    }

    fn agent_tends_token(&mut self, index: usize) {
        let now = self.now;
        let answers = self.vault.up && !self.vault.sealed && self.role.is_some();
        let Some(host) = self.hosts.get_mut(index) else { return };
        let agent = &mut host.agent;
        let Some(session) = &mut agent.session else { return };
        let goes_on = if answers { session.renew(now) } else { session.renewal_failed(now) };
        if answers {
            agent.say(now, Said::Renewed);
        }
        if !goes_on {
            agent.say(now, Said::WatcherDone);
            agent.login = Some(LoginTry::first(now));
        }
    }

    fn agent_reads(&mut self, index: usize) {
        let now = self.now;
        let Some(host) = self.hosts.get(index) else { return };
        let alive = host.agent.session.as_ref().is_some_and(|session| session.alive(now));
        let answers = self.vault.up && !self.vault.sealed;
        let reading = if answers && !alive { Reading::all(ReadFailure::TokenDead) } else { self.reading() };
        match reading.versions().and_then(|_| Env::rendered(&self.kv, now)) {
            Some(env) => self.agent_renders(index, env),
            None => self.reading_failed(index, reading),
        }
    }

    fn agent_renders(&mut self, index: usize, env: Env) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(index) else { return };
        let marker = host.setup.version_marker;
        let differs = host.env.as_ref().is_none_or(|present| !present.reads_like(&env, marker));
        if differs && host.tmpfs_full {
            let (retry, wait) = Retry::after_failure(host.agent.retry, now);
            host.agent.retry = Some(retry);
            return host.agent.say(now, Said::WriteFailed(wait));
        }
        host.agent.retry = None;
        host.agent.fetched = env.versions;
        if differs {
            host.env = Some(env);
            host.agent.say(now, Said::Rendered);
        }
    }

    fn reading_failed(&mut self, index: usize, reading: Reading) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(index) else { return };
        let agent = &mut host.agent;
        let (retry, wait) = Retry::after_failure(agent.retry, now);
        if retry.attempts > MOST_ATTEMPTS {
            if let Some((path, failure)) = reading.failures().next() {
                agent.say(now, Said::ReadGivenUp(path, failure));
            }
            agent.retry = Some(Retry { attempts: 0, next: after(now, GIVEN_UP) });
            return;
        }
        for (path, failure) in reading.failures() {
            agent.say(now, Said::ReadFailed(path, failure, retry.attempts, wait));
        }
        agent.retry = Some(retry);
    }

    fn container_starts(&mut self, index: usize, turn: Turn) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(index) else { return };
        let app = if turn == Turn::StartServer { &mut host.server } else { &mut host.worker };
        app.start(now, host.env.as_ref(), &self.database);
    }
}
