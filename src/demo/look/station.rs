//! The pretend control host.

use crate::demo::pretend::Pretend;
use crate::model::facts::{FileFacts, FileStat, StationFacts};

/// Where the operator's token lies.
pub(super) const TOKEN_FILE: &str = "/home/jane/.vault-token";
/// Where the playbook that deploys lies.
const PLAYBOOK: &str = "authentik/setup.yml";

pub(super) fn station(pretend: &Pretend) -> StationFacts {
    let operator = &pretend.operator;
    let stat = FileStat { mode: 0o600, uid: 1001, gid: 1001, size: 26, modified: operator.issued };
    StationFacts {
        token_file: Ok(FileFacts { path: TOKEN_FILE.to_owned(), stat: Some(stat.clone()) }),
        variables: vec!["VAULT_ADDR".to_owned()],
        foreign_cli_config: None,
        ansible_diff: Ok(false),
        playbook: Ok(FileFacts { path: PLAYBOOK.to_owned(), stat: Some(FileStat { mode: 0o644, ..stat }) }),
        operator: format!("{}@ansible-shared", operator.name),
    }
}
