//! What a condition is asked about: the fleet, the moment, the hosts in question, and what the run knows.

use jiff::{SignedDuration, Timestamp};

use super::Standing;
use crate::model::command::Template;
use crate::model::fleet::Fleet;
use crate::model::trouble::Trouble;

/// Everything that a condition is judged by.
pub struct Scene<'a> {
    /// What is seen.
    pub fleet: &'a Fleet,
    /// When.
    pub now: Timestamp,
    /// The hosts in question: the one in hand, or all of the run's.
    pub hosts: &'a [String],
    /// Plain values by slot.
    pub value: &'a dyn Fn(&str) -> Option<String>,
    /// When a step was last started, for a host or for none.
    pub started: &'a dyn Fn(&str, Option<&str>) -> Option<Timestamp>,
}

impl Scene<'_> {
    /// Words with those slots filled that have a value.
    pub fn known(&self, words: &str) -> String {
        let template = Template::from(words);
        let slots = template.slots();
        let values: Vec<_> = slots.iter().map(|slot| (*slot, (self.value)(slot))).collect();
        let value = |slot: &str| {
            values.iter().find(|(name, _)| *name == slot).and_then(|(_, value)| value.as_deref())
        };
        template.known(&value).to_string()
    }

    /// A text with its slots filled.
    ///
    /// # Errors
    /// Trouble when one has no value.
    pub(in crate::model) fn fill(&self, template: &Template) -> Result<String, Trouble> {
        let slots = template.slots();
        let values: Vec<_> = slots.iter().map(|slot| (*slot, (self.value)(slot))).collect();
        let value = |slot: &str| {
            values.iter().find(|(name, _)| *name == slot).and_then(|(_, value)| value.as_deref())
        };
        template.fill(&value)?.plain()
    }

    /// When a step that a condition counts from was started.
    pub(super) fn since(&self, step: &str, host: Option<&str>) -> Result<Timestamp, Trouble> {
        (self.started)(step, host).ok_or_else(|| Trouble::new(format!("step {step} has not begun")))
    }

    /// The same moment as a host's own clock tells it.
    pub(super) fn on_clock_of(&self, host: &str, moment: Timestamp) -> Timestamp {
        let offset = self.fleet.host(host, self.now).map_or(0.0, |seen| seen.clock_offset_seconds);
        moment.checked_add(SignedDuration::from_secs_f64(offset)).unwrap_or(moment)
    }

    /// What holds of every host in question: the first that it does not hold of, else the first that cannot tell.
    pub(super) fn each_host(&self, judge: impl Fn(&str) -> Result<Standing, Trouble>) -> Standing {
        let named =
            |host: &str, trouble: Trouble| Trouble { what: format!("{host}: {}", trouble.what), ..trouble };
        let mut unknown = None;
        let mut told = Vec::new();
        let mut last = None;
        for host in self.hosts {
            match judge(host) {
                Ok(Standing::Holds { told: words, found }) => {
                    told.push(format!("{host}: {words}"));
                    last = found;
                }
                Ok(Standing::Fails { trouble }) => return Standing::Fails { trouble: named(host, trouble) },
                Ok(Standing::Unknown { trouble }) | Err(trouble) => {
                    unknown.get_or_insert_with(|| named(host, trouble));
                }
            }
        }
        match unknown {
            Some(trouble) => Standing::Unknown { trouble },
            None if self.hosts.is_empty() => {
                Standing::Unknown { trouble: Trouble::new("there are no hosts") }
            }
            None => Standing::Holds { told: told.join("; "), found: last },
        }
    }
}
