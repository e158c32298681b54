//! `vaultdeck runbook`: what procedures there are, what one would do, the same as a script, and a new one of one's own. All of
//! it works without a deployment: what no profile tells is as documented.

pub mod list;
pub mod new;
pub mod script;
pub mod show;

use crate::cli::exit::Exit;
use crate::config::{RunbookShelf, Shelved};
use crate::model::trouble::Trouble;

/// Names nearer than this are offered for one that is not there.
const NEAR: f64 = 0.7;

/// A runbook by its name.
///
/// # Errors
/// Usage, with trouble that names the nearest one; configuration with all faults there are, where it may be one of the faulty.
pub fn find<'s>(shelf: &'s RunbookShelf, id: &str) -> Result<&'s Shelved, (Exit, Vec<Trouble>)> {
    let runbooks = &shelf.runbooks;
    if let Some(found) = runbooks.iter().find(|shelved| shelved.runbook.id == id) {
        return Ok(found);
    }
    if !shelf.troubles.is_empty() {
        return Err((Exit::Configuration, shelf.troubles.clone()));
    }
    let near = |shelved: &&Shelved| strsim::jaro_winkler(&shelved.runbook.id, id);
    let nearest = runbooks.iter().max_by(|one, other| near(one).total_cmp(&near(other)));
    let trouble = Trouble::new(format!("there is no runbook {id}"));
    let trouble = match nearest.filter(|nearest| near(nearest) > NEAR) {
        Some(nearest) => trouble.hint(format!("did you mean {}?", nearest.runbook.id)),
        None => trouble.hint("`vaultdeck runbook list` names them"),
    };
    Err((Exit::Usage, vec![trouble]))
}
