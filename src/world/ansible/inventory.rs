//! The answer of `ansible-inventory --list`, reduced to groups and to how each host is reached. Other variables, which
//! may be secrets, are let go at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::trouble::Trouble;
use crate::world::clean;
use crate::world::ssh::Destination;

use super::words;

/// Groups and hosts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Inventory {
    groups: BTreeMap<String, Group>,
    hosts: BTreeMap<String, Reach>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Group {
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    children: Vec<String>,
}

/// The variables of a host that say how ssh reaches it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Reach {
    address: Option<String>,
    user: Option<String>,
    port: Option<u16>,
    key: Option<PathBuf>,
    words: Vec<String>,
}

impl Inventory {
    /// Reads the JSON answer.
    pub(super) fn read(answer: &[u8]) -> Result<Self, String> {
        let answer: BTreeMap<String, Value> = serde_json::from_slice(answer)
            .map_err(|error| format!("the answer is no JSON object: {error}"))?;
        let mut inventory = Self::default();
        for (name, value) in answer {
            if name == "_meta" {
                inventory.hosts = reaches(&value)?;
            } else {
                let group =
                    serde_json::from_value(value).map_err(|error| format!("group {name}: {error}"))?;
                inventory.groups.insert(name, group);
            }
        }
        Ok(inventory)
    }

    /// Hosts of a group and of its children, each once.
    pub(super) fn destinations(&self, group: Option<&str>) -> Result<Vec<Destination>, Trouble> {
        let group = group.unwrap_or("all");
        if !self.groups.contains_key(group) {
            let known: Vec<_> = self.groups.keys().map(|name| clean::line(name.as_bytes())).collect();
            return Err(Trouble::new(format!("the inventory has no group {group:?}"))
                .because(format!("it has {}", known.join(", "))));
        }
        let mut names = Vec::new();
        self.collect(group, &mut BTreeSet::new(), &mut names);
        Ok(names.into_iter().map(|name| self.destination(name)).collect())
    }

    fn collect<'a>(&'a self, group: &'a str, seen: &mut BTreeSet<&'a str>, names: &mut Vec<&'a str>) {
        let Some(found) = self.groups.get(group).filter(|_| seen.insert(group)) else { return };
        for host in &found.hosts {
            if !names.contains(&host.as_str()) {
                names.push(host);
            }
        }
        for child in &found.children {
            self.collect(child, seen, names);
        }
    }

    fn destination(&self, name: &str) -> Destination {
        let reach = self.hosts.get(name).cloned().unwrap_or_default();
        Destination {
            name: clean::line(name.as_bytes()),
            address: reach.address,
            user: reach.user,
            port: reach.port,
            key: reach.key,
            words: reach.words,
            config_file: None,
        }
    }
}

fn reaches(meta: &Value) -> Result<BTreeMap<String, Reach>, String> {
    let Some(variables) = meta.get("hostvars").and_then(Value::as_object) else { return Ok(BTreeMap::new()) };
    variables.iter().map(|(host, variables)| Ok((host.clone(), reach(host, variables)?))).collect()
}

fn reach(host: &str, variables: &Value) -> Result<Reach, String> {
    let text = |names: &[&str]| -> Result<Option<String>, String> {
        let Some((name, value)) = names.iter().find_map(|name| Some((name, variables.get(name)?))) else {
            return Ok(None);
        };
        match value {
            Value::String(text) if text.contains("{{") => {
                Err(format!("{name} of {host} is a template that only a playbook resolves"))
            }
            Value::String(text) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Value::Number(number) => Ok(Some(number.to_string())),
            _ => Err(format!("{name} of {host} is no text")),
        }
    };
    let port = text(&["ansible_port", "ansible_ssh_port"])?;
    let port =
        port.map(|port| port.parse().map_err(|_| format!("ansible_port of {host} is no port: {port}")));
    let mut extra = Vec::new();
    for name in ["ansible_ssh_common_args", "ansible_ssh_extra_args"] {
        extra.extend(words::split(&text(&[name])?.unwrap_or_default()));
    }
    Ok(Reach {
        address: text(&["ansible_host", "ansible_ssh_host"])?,
        user: text(&["ansible_user", "ansible_ssh_user"])?,
        port: port.transpose()?,
        key: text(&["ansible_ssh_private_key_file", "ansible_private_key_file"])?.map(PathBuf::from),
        words: extra,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANSWER: &str = r#"{
        "_meta": {"hostvars": {
            "db-1": {"ansible_host": "10.0.0.1", "ansible_user": "ops", "ansible_port": 2222,
                     "ansible_ssh_private_key_file": "~/.ssh/site", "ansible_become_password": "canary",
                     "ansible_ssh_common_args": "-o ProxyCommand=\"ssh -W %h:%p bastion\""},
            "db-2": {}}},
        "all": {"children": ["ungrouped", "prod"]},
        "prod": {"children": ["databases", "prod"], "hosts": ["db-2"]},
        "databases": {"hosts": ["db-1", "db-2"]},
        "ungrouped": {"hosts": ["alone"]}
    }"#;

    fn names(group: Option<&str>) -> Vec<String> {
        let found = Inventory::read(ANSWER.as_bytes()).unwrap().destinations(group).unwrap();
        found.into_iter().map(|destination| destination.name).collect()
    }

    #[test]
    fn a_group_is_its_hosts_and_those_of_its_children_each_once() {
        assert_eq!(names(Some("prod")), ["db-2", "db-1"]);
        assert_eq!(names(None), ["alone", "db-2", "db-1"]);
    }

    #[test]
    fn the_variables_that_ssh_needs_are_kept_and_no_others() {
        let inventory = Inventory::read(ANSWER.as_bytes()).unwrap();
        let destinations = inventory.destinations(Some("databases")).unwrap();
        assert_eq!(
            destinations.first().unwrap().by_hand(),
            "ssh -l ops -p 2222 -i '~/.ssh/site' -o 'ProxyCommand=ssh -W %h:%p bastion' 10.0.0.1"
        );
        assert!(!serde_json::to_string(&inventory).unwrap().contains("canary"));
    }

    #[test]
    fn a_group_that_is_not_there_is_told_with_those_that_are() {
        let trouble = Inventory::read(ANSWER.as_bytes()).unwrap().destinations(Some("web")).unwrap_err();
        assert!(trouble.because.unwrap().contains("databases"));
    }

    #[test]
    fn malformed_answers_are_told_and_not_guessed() {
        for (answer, expected) in [
            ("", "no JSON object"),
            ("[]", "no JSON object"),
            (r#"{"web": 7}"#, "group web"),
            (r#"{"_meta": {"hostvars": {"a": {"ansible_port": "ssh"}}}}"#, "ansible_port of a is no port"),
            (r#"{"_meta": {"hostvars": {"a": {"ansible_host": "{{ ip }}"}}}}"#, "is a template"),
            (r#"{"_meta": {"hostvars": {"a": {"ansible_host": ["x"]}}}}"#, "is no text"),
        ] {
            assert!(Inventory::read(answer.as_bytes()).unwrap_err().contains(expected), "{answer}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(answer in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(inventory) = Inventory::read(&answer) {
                let _ = inventory.destinations(None);
            }
        }
    }
}
