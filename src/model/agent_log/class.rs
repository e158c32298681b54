//! What can be wrong with an agent: the classes of `vaultdeck explain`, each with its cause in words, the documented
//! remedy (the page's procedure where it helps, corrected where it does not) and the guided action that carries it out.

use serde::{Deserialize, Serialize};

/// The problem in force at the end of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Nothing is wrong.
    None,
    /// No secret-id file, or an empty one, and none remembered from before.
    NoSecretId,
    /// No readable role-id file.
    NoRoleId,
    /// The secret-id file is there and the agent may not read it.
    SecretIdUnreadable,
    /// Vault answers 400: the secret-id (or the role) is expired, destroyed, used up or wrong.
    SecretIdRefused,
    /// Vault answers 403 to a login: the role is locked out after five failed logins.
    RoleLocked,
    /// The login comes from an address the role or the secret-id is not bound to.
    CidrDenied,
    /// Vault does not answer, or something else answers in its place.
    Unreachable,
    /// The two ends do not agree on TLS or its certificates.
    Tls,
    /// Vault answers, sealed.
    Sealed,
    /// The response-wrapping token in the secret-id file is used, expired or from elsewhere.
    WrapInvalid,
    /// The agent's token may not read what a template asks for.
    PermissionDenied,
    /// The path a template reads holds no secret, or a deleted one.
    MissingSecret,
    /// The secret lacks a key that a template names.
    MissingKey,
    /// A template cannot be parsed or executed, or the command behind it fails.
    TemplateError,
    /// The agent cannot write the rendered file or the token sink.
    WriteFailed,
    /// The token cannot be renewed.
    RenewFailed,
    /// Something is wrong that the log does not name.
    Unknown,
}

impl Class {
    /// Every class, `None` first.
    pub const ALL: [Self; 18] = [
        Self::None,
        Self::NoSecretId,
        Self::NoRoleId,
        Self::SecretIdUnreadable,
        Self::SecretIdRefused,
        Self::RoleLocked,
        Self::CidrDenied,
        Self::Unreachable,
        Self::Tls,
        Self::Sealed,
        Self::WrapInvalid,
        Self::PermissionDenied,
        Self::MissingSecret,
        Self::MissingKey,
        Self::TemplateError,
        Self::WriteFailed,
        Self::RenewFailed,
        Self::Unknown,
    ];

    /// The name used in JSON, profiles and exit reports: `no_secret_id`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::NoSecretId => "no_secret_id",
            Self::NoRoleId => "no_role_id",
            Self::SecretIdUnreadable => "secret_id_unreadable",
            Self::SecretIdRefused => "secret_id_refused",
            Self::RoleLocked => "role_locked",
            Self::CidrDenied => "cidr_denied",
            Self::Unreachable => "unreachable",
            Self::Tls => "tls",
            Self::Sealed => "sealed",
            Self::WrapInvalid => "wrap_invalid",
            Self::PermissionDenied => "permission_denied",
            Self::MissingSecret => "missing_secret",
            Self::MissingKey => "missing_key",
            Self::TemplateError => "template_error",
            Self::WriteFailed => "write_failed",
            Self::RenewFailed => "renew_failed",
            Self::Unknown => "unknown",
        }
    }

    /// The cause in one sentence.
    pub fn cause(self) -> &'static str {
        match self {
            Self::None => "no problem is in force",
            Self::NoSecretId => {
                "the agent has no secret-id: it removed the file after its first read (the default) and was restarted, \
                 or the file was never delivered or is empty"
            }
            Self::NoRoleId => "the agent has no role-id: its file is missing, empty or unreadable",
            Self::SecretIdUnreadable => "the secret-id file exists and the agent's user may not read it",
            Self::SecretIdRefused => {
                "vault refuses the secret-id: it expired, was destroyed or used up, or does not belong to this role-id"
            }
            Self::RoleLocked => {
                "vault answers 403 to the login: the role is locked out for 15 minutes after five wrong secret-ids, on \
                 every host that uses it"
            }
            Self::CidrDenied => {
                "the agent logs in from an address outside the CIDRs its role or secret-id is bound to"
            }
            Self::Unreachable => {
                "vault does not answer at the address the agent uses, or something else answers there"
            }
            Self::Tls => {
                "agent and vault do not agree on TLS: certificate, authority, name, or http against https"
            }
            Self::Sealed => "vault answers and is sealed",
            Self::WrapInvalid => {
                "the wrapping token in the secret-id file is used, expired or was not made by the expected path; if \
                 nobody on your side unwrapped it, treat it as intercepted"
            }
            Self::PermissionDenied => "the agent's token may not read a path its template asks for",
            Self::MissingSecret => {
                "a path the template reads holds no secret, or its latest version is deleted"
            }
            Self::MissingKey => "the secret exists and lacks a key that the template names",
            Self::TemplateError => {
                "the template cannot be read, parsed or executed, or the command behind it fails"
            }
            Self::WriteFailed => {
                "the agent cannot write its output: permissions, a read-only or full file system"
            }
            Self::RenewFailed => {
                "the token cannot be renewed: revoked, not renewable, or its policies do not allow auth/token/renew-self"
            }
            Self::Unknown => "the log shows a failure whose cause it does not name",
        }
    }

    /// What to do, as documented.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::None => "nothing to do",
            Self::NoSecretId => {
                "do not restart the agent, nothing is left to log in with: issue a secret-id for this host, put it where \
                 config.hcl expects it, and the agent takes it at its next try"
            }
            Self::NoRoleId => {
                "read the role-id (vault read auth/approle/role/authentik/role-id), write it to the role-id file of this \
                 host, readable by the agent; it is taken at the next try"
            }
            Self::SecretIdUnreadable => {
                "give the agent's user read permission on the secret-id file (owner of the container user, mode 0400); it \
                 is taken at the next try, no restart is needed"
            }
            Self::SecretIdRefused => {
                "issue a new secret-id for this host, replace the file, and destroy the old accessor; be quick or stop \
                 the agent: five refused tries lock the role for every host"
            }
            Self::RoleLocked => {
                "find the agent whose log shows code 400 and stop it or give it a new secret-id first, then unlock the \
                 role (sys/locked-users) or wait 15 minutes; a new secret-id alone does not help a locked role"
            }
            Self::CidrDenied => {
                "compare the address in the log with secret_id_bound_cidrs and token_bound_cidrs of the role; correct \
                 the role, or issue a secret-id bound to the new address"
            }
            Self::Unreachable => {
                "check vault's status, DNS, route, firewall and proxy from this host, and that VAULT_ADDR in the \
                 container does not override config.hcl; the agent recovers by itself, do not restart it"
            }
            Self::Tls => {
                "check scheme and host name in the vault address, ca_cert in config.hcl, VAULT_CACERT and \
                 VAULT_SKIP_VERIFY in the container, the certificate's dates and the host's clock"
            }
            Self::Sealed => "unseal vault; the agent recovers by itself, do not restart it",
            Self::WrapInvalid => {
                "find out who used the wrapping token, issue a new wrapped secret-id and deliver it before it expires, \
                 and check secret_id_response_wrapping_path; destroy the accessor of the lost one"
            }
            Self::PermissionDenied => {
                "let the agent's policy read the path (a changed policy applies to the token it has); a revoked token is \
                 replaced at the agent's next login"
            }
            Self::MissingSecret => {
                "correct the path in the template, or write the secret, or undelete its version; the rendered file keeps \
                 its old values meanwhile"
            }
            Self::MissingKey => {
                "add the key to the secret (vault kv patch, not put) or correct its name in the template; KV version 2 \
                 needs .Data.data"
            }
            Self::TemplateError => {
                "correct the template (or its command), then restart the agent only if its secret-id file is there"
            }
            Self::WriteFailed => {
                "let the agent's user write to the directory of the file (it writes a temporary file and renames it), \
                 and check the mount and its free space"
            }
            Self::RenewFailed => {
                "let the token's policies renew themselves (auth/token/renew-self, in the default policy), and check \
                 that nobody revoked it; the agent logs in again, so its secret-id must still be valid"
            }
            Self::Unknown => "read the evidence and the lines around it",
        }
    }

    /// The guided action that carries the remedy out.
    pub fn action(self) -> Option<&'static str> {
        match self {
            Self::NoSecretId
            | Self::NoRoleId
            | Self::SecretIdUnreadable
            | Self::SecretIdRefused
            | Self::RoleLocked
            | Self::CidrDenied
            | Self::WrapInvalid
            | Self::RenewFailed => Some("fix-agent-auth"),
            Self::PermissionDenied
            | Self::MissingSecret
            | Self::MissingKey
            | Self::TemplateError
            | Self::WriteFailed => Some("fix-render"),
            Self::None | Self::Unreachable | Self::Tls | Self::Sealed | Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_json() {
        for class in Class::ALL {
            assert_eq!(serde_json::to_value(class).unwrap(), class.name());
        }
    }

    #[test]
    fn a_restart_is_never_the_remedy_for_a_missing_secret_id() {
        assert!(Class::NoSecretId.remedy().starts_with("do not restart"));
    }
}
