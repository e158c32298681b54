//! Commands that are a program's: a child of this process on the control host, or a command on a host. No shell reads them
//! here, no secret stands in their arguments or environment, and nothing of them is left when they are given up.

mod here;
mod host;
mod telling;

use std::path::Path;
use std::sync::Arc;

use super::prompt::Prompts;
use super::{Failure, Lines, Order, Reply, Target};
use crate::model::trouble::Trouble;
use crate::world::host::Host;
use crate::world::process::Environment;
use crate::world::ram::{Ram, RamFile};

/// Carries out what a program does.
pub struct Children {
    hosts: Vec<Arc<Host>>,
    environment: Environment,
    /// The site's own program that logs in to Vault, and the environment that it may need.
    login: Option<(String, Environment)>,
    ram: Result<Ram, Trouble>,
    prompts: Prompts,
}

impl Children {
    /// Children in this environment, on these hosts; what they ask goes to `prompts`.
    pub fn new(hosts: Vec<Arc<Host>>, environment: Environment, prompts: Prompts) -> Self {
        let ram = Ram::open(&environment);
        Self { hosts, environment, login: None, ram, prompts }
    }

    /// The site's login program gets this environment: it may need anything but secrets.
    #[must_use]
    pub fn with_login(mut self, program: &str, environment: Environment) -> Self {
        self.login = Some((program.to_owned(), environment));
        self
    }

    /// Carries one order out, as [`Executor::execute`](super::Executor::execute).
    ///
    /// # Errors
    /// As there.
    pub async fn execute(&self, order: &Order, lines: &Lines) -> Result<Reply, Failure> {
        let words = order.line.argv().map_err(Failure::before_the_act)?;
        match &order.target {
            Target::Host(name) => self.on_host(name, &words, order, lines).await,
            Target::ControlHost | Target::Process => self.here(&words, order, &[], lines).await,
        }
    }

    /// Where the file of an order is made.
    pub fn file_path(&self, run: &str, what: &str) -> String {
        let name = format!("{run}-{what}");
        match &self.ram {
            Ok(ram) => ram.path(&name).display().to_string(),
            Err(_) => format!("/dev/shm/vaultdeck/{name}"),
        }
    }

    fn is_login(&self, program: &str) -> bool {
        self.login.as_ref().is_some_and(|(login, _)| login == program)
    }

    fn environment_for(&self, program: &str) -> &Environment {
        let login = self.login.as_ref().filter(|(login, _)| login == program);
        login.map_or(&self.environment, |(_, environment)| environment)
    }

    /// The order's file, there until what is returned is dropped.
    fn file_of(&self, order: &Order) -> Result<Option<RamFile>, Failure> {
        let Some((path, _)) = &order.file else { return Ok(None) };
        let text = order.file_bytes().map_err(Failure::before_the_act)?.unwrap_or_default();
        let ram = self.ram.as_ref().map_err(|trouble| Failure::before_the_act(trouble.clone()))?;
        let file = ram.write(Path::new(path), &text).map_err(|error| {
            Failure::before_the_act(Trouble::new(format!("cannot write {path}")).because(error))
        })?;
        Ok(Some(file))
    }
}
