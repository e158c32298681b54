//! By what one sees that a page was done: a condition that runbooks know too, or one that only a tour asks for.

use serde::{Deserialize, Serialize};

use jiff::Timestamp;

use crate::model::command::Template;
use crate::model::facts::{FileFacts, SecretVersion};
use crate::model::runbook::{Condition, Scene, Standing};
use crate::model::span;
use crate::model::trouble::Trouble;

/// A check.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Check {
    /// The current version of a secret was written after ansible last brought the template to every host: it was rotated since.
    Written {
        /// Path below the KV mount.
        #[serde(rename = "written-since-deployed")]
        secret: Template,
    },
    /// What a runbook could require, in words for those who meet it for the first time: what should hold.
    Said {
        /// The words.
        says: String,
        /// What they mean.
        holds: Condition,
    },
    /// What a runbook could require.
    Holds(Condition),
}

/// A check, and how it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checked {
    /// In words: `the role is not locked`.
    pub sentence: String,
    /// How it stands.
    pub standing: Standing,
}

impl Check {
    /// How it stands by what is seen; what cannot be read makes it unknown, never met.
    pub fn judge(&self, scene: &Scene<'_>) -> Standing {
        match self {
            Self::Said { holds, .. } => holds.judge(scene),
            Self::Holds(condition) => condition.judge(scene),
            Self::Written { secret } => {
                written(scene, secret).unwrap_or_else(|trouble| Standing::Unknown { trouble })
            }
        }
    }

    /// How it stands, and in words.
    pub fn checked(&self, scene: &Scene<'_>) -> Checked {
        Checked { sentence: self.sentence(scene), standing: self.judge(scene) }
    }

    fn sentence(&self, scene: &Scene<'_>) -> String {
        let words = match self {
            Self::Said { says, .. } => says.clone(),
            Self::Holds(condition) => condition.sentence(),
            Self::Written { secret } => format!("{secret} was written again since the deployment"),
        };
        scene.known(&words)
    }
}

fn written(scene: &Scene<'_>, secret: &Template) -> Result<Standing, Trouble> {
    let path = scene.fill(secret)?;
    let seen = scene.fleet.secret(&path, scene.now)?;
    let Some(written) = seen.current_version().and_then(|version: &SecretVersion| version.created) else {
        return Ok(Standing::Fails { trouble: Trouble::new(format!("{path} was never written")) });
    };
    let mut last = None;
    for host in scene.hosts {
        let deployed = deployed(host, &scene.fleet.host(host, scene.now)?.template_file)?;
        last = last.max(Some(deployed));
    }
    let Some(deployed) = last else { return Err(Trouble::new("there are no hosts")) };
    let told = format!("version {} was written {} ago", seen.current, span::between(written, scene.now));
    Ok(if written > deployed {
        Standing::Holds { told, found: None }
    } else {
        Standing::Fails { trouble: Trouble::new(format!("{told}, before the deployment")) }
    })
}

/// When ansible brought the template.
fn deployed(host: &str, template: &Result<FileFacts, Trouble>) -> Result<Timestamp, Trouble> {
    let file = template.as_ref().map_err(Trouble::clone)?;
    let stat = file.stat.as_ref().ok_or_else(|| Trouble::new(format!("{host} has no {}", file.path)))?;
    Ok(stat.modified)
}
