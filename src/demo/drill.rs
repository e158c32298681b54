//! What is done to the pretend fleet from outside: its time runs faster, and on a game day it breaks. A fault is one or several
//! of the [acts](super::acts), and what no guided action mends is mended here, as somebody outside would.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;

use super::kv::DATABASE;
use super::pretend::Pretend;
use super::stage::Stage;
use crate::model::exercise::Fault;
use crate::model::facts::Service;
use crate::model::trouble::Trouble;

/// An address that the pretend database never had.
const ELSEWHERE: &str = "cwiq-shared-authentik-postgres-old.c9x2demo.us-west-2.rds.amazonaws.com";

/// Breaks the pretend fleet, mends what is mended outside of it, and has its clock run faster.
#[derive(Clone)]
pub struct Drill(Arc<Stage>);

impl Drill {
    pub(super) fn of(stage: &Arc<Stage>) -> Self {
        Self(Arc::clone(stage))
    }

    /// Lets faults happen.
    ///
    /// # Errors
    /// Trouble when the fleet cannot be kept.
    pub fn breaks(&self, faults: &[Fault]) -> Result<(), Trouble> {
        faults.iter().try_for_each(|fault| match fault {
            Fault::TimePasses { minutes } => self.lets_pass(SignedDuration::from_mins(*minutes)),
            fault => self.0.act(|pretend| pretend.suffer(fault)),
        })
    }

    /// Lets so much time pass at once.
    ///
    /// # Errors
    /// Trouble when the fleet cannot be kept.
    pub fn lets_pass(&self, by: SignedDuration) -> Result<(), Trouble> {
        self.0.skip(by)
    }

    /// Lets the fleet's time run so many times as fast as ours from now on.
    pub fn runs_at(&self, speed: u32) {
        self.0.pace.run_at(f64::from(speed));
    }

    /// Keeps how far its time has come: where that ran faster than ours, no other start would know.
    ///
    /// # Errors
    /// Trouble when the fleet cannot be kept.
    pub fn keeps_time(&self) -> Result<(), Trouble> {
        if self.0.pace.is_ahead() { self.0.act(|_| ()) } else { Ok(()) }
    }

    /// Mends those of the faults that no guided action mends.
    ///
    /// # Errors
    /// Trouble when the fleet cannot be kept.
    pub fn mends(&self, faults: &[Fault]) -> Result<(), Trouble> {
        self.0.act(|pretend| faults.iter().for_each(|fault| pretend.is_relieved_of(fault)))
    }
}

impl Pretend {
    fn suffer(&mut self, fault: &Fault) {
        match fault {
            Fault::SealVault => self.seal(),
            Fault::DestroySecretId { host } => {
                if let Some(accessor) = self.host(host).and_then(|host| host.agent.holds.clone()) {
                    self.destroy(&accessor);
                }
                self.restart(host, Service::Agent);
            }
            Fault::LockRole { host } => {
                self.lock_role();
                self.restart(host, Service::Agent);
            }
            Fault::KillAgent { host } => self.kill_agent(host),
            Fault::DriftDatabaseAddress => {
                let set = BTreeMap::from([("pg_host".to_owned(), ELSEWHERE.to_owned())]);
                self.write_secret(DATABASE, &[], set);
                self.annotate_secret(DATABASE, &fields(&[("rotated_by", "joe"), ("ticket", "OPS-318")]));
            }
            Fault::HalfRotation { run } => self.rotates_half(run),
            Fault::FillTmpfs { host } => {
                self.fill_tmpfs(host, true);
                self.write_secret(DATABASE, &[], BTreeMap::new());
                self.annotate_secret(DATABASE, &fields(&[("rotated_by", "joe"), ("ticket", "OPS-322")]));
            }
            Fault::SkewClock { host, seconds } => self.skew_clock(host, f64::from(*seconds)),
            Fault::TimePasses { .. } => {} // by the clock, which runs outside of it
        }
    }

    fn is_relieved_of(&mut self, fault: &Fault) {
        match fault {
            Fault::SealVault => self.unseal(),
            Fault::FillTmpfs { host } => self.fill_tmpfs(host, false),
            Fault::SkewClock { host, .. } => self.skew_clock(host, 0.0),
            Fault::DestroySecretId { .. }
            | Fault::LockRole { .. }
            | Fault::KillAgent { .. }
            | Fault::DriftDatabaseAddress
            | Fault::HalfRotation { .. }
            | Fault::TimePasses { .. } => {}
        }
    }

    fn rotates_half(&mut self, run: &str) {
        let started = format!("{:.0}", self.now);
        self.write_secret(DATABASE, &["pg_password".to_owned()], BTreeMap::new());
        let said = [
            ("rotated_by", "joe@laptop"),
            ("ticket", "OPS-325"),
            ("rotation_state", "started"),
            ("rotation_run", run),
            ("rotation_host", "laptop"),
            ("rotation_started", &started),
        ];
        self.annotate_secret(DATABASE, &fields(&said));
    }
}

fn fields(fields: &[(&str, &str)]) -> BTreeMap<String, String> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::demo::Scenario;
    use crate::demo::app_words;
    use crate::demo::dice::after;
    use crate::model::agent_log::{AgentLog, Class, State};

    const TWO: &str = "authentik-2";

    fn healthy() -> Pretend {
        let noon: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        Pretend::at(noon, &Scenario::named("healthy").unwrap(), 3, 1)
    }

    fn wait(pretend: &mut Pretend, minutes: i64) {
        pretend.advance(after(pretend.now, SignedDuration::from_mins(minutes)));
    }

    fn agent(pretend: &Pretend) -> (State, Class) {
        let mut log = AgentLog::default();
        pretend.agent_lines(TWO).iter().for_each(|line| log.push_line(line));
        let reading = log.reading(Some(pretend.now));
        (reading.state, reading.class)
    }

    fn rendered(pretend: &Pretend) -> Vec<u64> {
        pretend.hosts.iter().filter_map(|host| Some(host.env.as_ref()?.versions.database)).collect()
    }

    #[test]
    fn an_agent_whose_tmpfs_is_full_says_so_keeps_the_old_env_and_renders_when_there_is_room() {
        let mut pretend = healthy();
        let fault = Fault::FillTmpfs { host: TWO.to_owned() };
        pretend.suffer(&fault);
        wait(&mut pretend, 6);
        assert_eq!(agent(&pretend).1, Class::WriteFailed);
        assert_eq!(rendered(&pretend), [9, 8, 9]);
        pretend.is_relieved_of(&fault);
        wait(&mut pretend, 6);
        assert_eq!(agent(&pretend), (State::Ok, Class::None));
        assert_eq!(rendered(&pretend), [9, 9, 9]);
    }

    #[test]
    fn a_role_that_others_locked_refuses_a_good_secret_id_for_a_quarter_of_an_hour() {
        let mut pretend = healthy();
        pretend.suffer(&Fault::LockRole { host: TWO.to_owned() });
        wait(&mut pretend, 5);
        assert_eq!(agent(&pretend), (State::Looping, Class::RoleLocked));
        wait(&mut pretend, 16);
        assert_eq!(agent(&pretend), (State::Ok, Class::None));
    }

    #[test]
    fn who_restarts_onto_an_address_that_does_not_resolve_does_not_come_up_and_says_why() {
        let mut pretend = healthy();
        pretend.suffer(&Fault::DriftDatabaseAddress);
        wait(&mut pretend, 6);
        pretend.restart(TWO, Service::Server);
        wait(&mut pretend, 1);
        let host = pretend.host(TWO).unwrap();
        assert!(!host.server.came_up && host.worker.came_up);
        let words = |service| {
            app_words::lines(&pretend, host, service, after(pretend.now, -SignedDuration::from_mins(1)))
        };
        let server = words(Service::Server).into_iter().map(|(_, line)| line).collect::<String>();
        assert!(
            server.contains("PostgreSQL connection failed, retrying... (failed to resolve host"),
            "{server}"
        );
        assert!(!server.contains("successful") && !server.contains("authentik is up"), "{server}");
    }

    #[test]
    fn what_an_action_mends_is_not_mended_from_outside() {
        let mut pretend = healthy();
        let fault = Fault::DestroySecretId { host: TWO.to_owned() };
        pretend.suffer(&fault);
        pretend.is_relieved_of(&fault);
        wait(&mut pretend, 1);
        assert_eq!(agent(&pretend).0, State::Looping);
    }
}
