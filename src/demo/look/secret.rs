//! One pretend KV secret: versions and key names.

use std::collections::{BTreeMap, BTreeSet};

use super::vault::{answers_operator, refused};
use crate::demo::kv::{KEPT, Secret, Value, Version};
use crate::demo::pretend::Pretend;
use crate::model::deployment::Deployment;
use crate::model::facts::{Part, SecretFacts, SecretVersion};
use crate::model::trouble::Trouble;
use crate::probe::versions::Values;

pub(super) fn secret(pretend: &Pretend, deployment: &Deployment, path: &str) -> Result<SecretFacts, Trouble> {
    let mount = &deployment.kv_mount;
    answers_operator(pretend, &format!("{mount}/metadata/{path}"))?;
    let Some(secret) = pretend.kv.secret(path) else { return Ok(never_written(path)) };
    let keys = match refused(pretend, &format!("{mount}/subkeys/{path}")) {
        Some(trouble) => Err(trouble),
        None => keys(secret),
    };
    Ok(SecretFacts {
        current: secret.current(),
        versions: secret.versions.iter().map(|(number, version)| (*number, dates(version))).collect(),
        updated: secret.updated,
        cas_required: secret.cas_required,
        custom_metadata: secret.custom.clone(),
        keys,
        ..never_written(path)
    })
}

/// The values of one version, as an operator reads them.
pub(in crate::demo) fn values(
    pretend: &Pretend,
    deployment: &Deployment,
    path: &str,
    number: u64,
) -> Result<Values, Trouble> {
    let data = format!("{}/data/{path}", deployment.kv_mount);
    answers_operator(pretend, &data)?;
    if let Some(trouble) = refused(pretend, &data) {
        return Err(trouble);
    }
    let cannot = Trouble::new(format!("cannot read {data}"));
    let Some(version) = pretend.kv.secret(path).and_then(|secret| secret.versions.get(&number)) else {
        return Err(cannot.because(format!("version {number} is not kept")));
    };
    if version.deleted.is_some() {
        return Err(cannot.because(format!("version {number} is deleted")).hint("undelete it, or roll back"));
    }
    let value = |(key, value): (&String, &Value)| (key.clone(), pretend.text_of(value).into());
    Ok(version.values.iter().map(value).collect())
}

fn never_written(path: &str) -> SecretFacts {
    SecretFacts {
        path: path.to_owned(),
        current: 0,
        versions: BTreeMap::new(),
        updated: None,
        max_versions: u64::try_from(KEPT).unwrap_or_default(),
        cas_required: false,
        custom_metadata: BTreeMap::new(),
        keys: Ok(BTreeSet::new()),
    }
}

fn keys(secret: &Secret) -> Part<BTreeSet<String>> {
    match secret.readable() {
        Some((_, version)) => Ok(version.values.keys().cloned().collect()),
        None => Err(Trouble::new("no key names")
            .because(format!("version {} is deleted or destroyed", secret.current()))),
    }
}

fn dates(version: &Version) -> SecretVersion {
    SecretVersion { created: Some(version.created), deleted: version.deleted, destroyed: false }
}
