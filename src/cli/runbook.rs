//! `vaultdeck runbook`: what procedures there are, what one would do, the same as a script, and a new one of one's own. All of
//! it works without a deployment: what no profile tells is as documented.

pub mod list;
pub mod new;
pub mod script;
pub mod show;

use crate::config::Shelved;
use crate::model::trouble::Trouble;

/// Names nearer than this are offered for one that is not there.
const NEAR: f64 = 0.7;

/// A runbook by its name.
///
/// # Errors
/// Trouble that names the nearest one.
pub fn find<'s>(shelf: &'s [Shelved], id: &str) -> Result<&'s Shelved, Trouble> {
    shelf.iter().find(|shelved| shelved.runbook.id == id).ok_or_else(|| {
        let near = |shelved: &&Shelved| strsim::jaro_winkler(&shelved.runbook.id, id);
        let nearest = shelf.iter().max_by(|one, other| near(one).total_cmp(&near(other)));
        let trouble = Trouble::new(format!("there is no runbook {id}"));
        match nearest.filter(|nearest| near(nearest) > NEAR) {
            Some(nearest) => trouble.hint(format!("did you mean {}?", nearest.runbook.id)),
            None => trouble.hint("`vaultdeck runbook list` names them"),
        }
    })
}
