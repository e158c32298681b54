//! Hosts as the operator's Ansible inventory knows them, asked of `ansible-inventory --list` and kept until a file of
//! the inventory changes: Ansible takes most of a second to start.

mod inventory;
mod kept;
mod words;

use std::path::Path;
use std::time::Duration;

use crate::model::trouble::Trouble;

use self::inventory::Inventory;
use super::process::{self, Environment};
use super::ssh::Destination;
use crate::config::Surroundings;

/// A dynamic inventory may ask a cloud.
const DEADLINE: Duration = Duration::from_secs(30);

/// Hosts of a group, of all groups without one, in the inventory's order.
///
/// # Errors
/// Trouble when the inventory is missing or malformed, Ansible is not installed, or the group is not in it.
pub async fn hosts(
    surroundings: &Surroundings,
    file: &Path,
    group: Option<&str>,
) -> Result<Vec<Destination>, Trouble> {
    inventory(surroundings, file)
        .await?
        .destinations(group)
        .map_err(|trouble| trouble.hint(format!("see {}", by_hand(file))))
}

async fn inventory(surroundings: &Surroundings, file: &Path) -> Result<Inventory, Trouble> {
    if !file.exists() {
        return Err(cannot_read(file)
            .because("there is no such file")
            .hint("check hosts.inventory in the profile"));
    }
    let stamp = kept::stamp(file);
    if let Some(known) = stamp.as_ref().and_then(|stamp| kept::recall(surroundings, file, stamp)) {
        return Ok(known);
    }
    let fresh = ask(&Environment::of(surroundings), file).await?;
    if let Some(stamp) = stamp {
        kept::keep(surroundings, file, &stamp, &fresh);
    }
    Ok(fresh)
}

async fn ask(environment: &Environment, file: &Path) -> Result<Inventory, Trouble> {
    let mut command = environment.command("ansible-inventory");
    command.arg("-i").arg(file).arg("--list");
    command.env("ANSIBLE_INVENTORY_UNPARSED_FAILED", "1").env("ANSIBLE_NOCOLOR", "1");
    if let Some(folder) = file.parent().filter(|folder| folder.is_dir()) {
        command.current_dir(folder);
    }
    let ended = process::run(command, DEADLINE).await.map_err(|error| {
        cannot_read(file)
            .because(format!("ansible-inventory: {error}"))
            .hint("install ansible-core, or name the hosts in hosts.list of the profile")
    })?;
    if !ended.well() {
        let said =
            ended.complaint.lines().find(|line| line.contains("Failed to parse") || line.contains("ERROR"));
        let said = said.or_else(|| ended.complaint.lines().last()).unwrap_or("it did not answer in time");
        return Err(cannot_read(file).because(said.trim()).hint(by_hand(file)));
    }
    Inventory::read(&ended.stdout).map_err(|why| cannot_read(file).because(why).hint(by_hand(file)))
}

fn cannot_read(file: &Path) -> Trouble {
    Trouble::new(format!("cannot read the inventory {}", file.display()))
}

fn by_hand(file: &Path) -> String {
    format!("ansible-inventory -i {} --graph", file.display())
}
