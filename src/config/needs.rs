//! Which Vault paths the views and actions need, with the capabilities that must be granted there. One list, asked for
//! in one `sys/capabilities-self` call.

use super::Profile;
use crate::model::deployment::Need;

pub(super) fn of(profile: &Profile) -> Vec<Need> {
    let role = format!("auth/{}/role/{}", profile.approle.mount, profile.approle.role);
    let mut needs = vec![
        need(&role, &["read"], "vault view"),
        need(&format!("{role}/role-id"), &["read"], "deploy"),
        need(&format!("{role}/secret-id"), &["update"], "regenerate-secret-id"),
        need(&format!("{role}/secret-id/"), &["list"], "secret-id ledger"),
        need(&format!("{role}/secret-id-accessor/lookup"), &["update"], "secret-id ledger"),
        need(&format!("{role}/secret-id-accessor/destroy"), &["update"], "regenerate-secret-id"),
        need(&format!("sys/policies/acl/{}", profile.approle.policy), &["read"], "vault view"),
        need("sys/locked-users", &["read"], "role lockout"),
    ];
    for secret in &profile.secrets {
        let mount = &profile.vault.kv_mount;
        needs.push(need(&format!("{mount}/metadata/{}", secret.path), &["read"], "secrets view"));
        needs.push(need(&format!("{mount}/subkeys/{}", secret.path), &["read"], "secrets view"));
        needs.push(need(&format!("{mount}/data/{}", secret.path), &["read", "patch"], "rotate-rds-password"));
    }
    needs
}

fn need(path: &str, capabilities: &[&str], wanted_by: &str) -> Need {
    let capabilities = capabilities.iter().map(|&capability| capability.to_owned()).collect();
    Need { path: path.to_owned(), capabilities, wanted_by: wanted_by.to_owned() }
}
