//! From the words of an error to its class: what Vault, OpenBao, Go's network library and the template engine say.
//! `None` means that the words name no cause; the entry may have been cut before it.

use super::class::Class;

/// Why a login failed.
pub(super) fn of_login(text: &str) -> Option<Class> {
    if let Some(class) = of_credentials(text) {
        return Some(class);
    }
    if let Some(class) = of_connection(text) {
        return Some(class);
    }
    if says(text, &["wrapped secret ID", "wrapping token", "unwrapping secret ID"]) {
        let is_request = says(text, &["error looking up", "error unwrapping"]);
        return (!is_request || is_answered(text)).then_some(Class::WrapInvalid);
    }
    if text.contains("CIDR") {
        return Some(Class::CidrDenied);
    }
    match status(text)? {
        403 if is_other_method(text) => Some(Class::PermissionDenied),
        403 => Some(Class::RoleLocked),
        400 if says(
            &text.to_ascii_lowercase(),
            &["secret id", "secret_id", "role id", "role_id", "role or secret"],
        ) =>
        {
            Some(Class::SecretIdRefused)
        }
        _ => None,
    }
}

/// Why a secret could not be read.
pub(super) fn of_fetch(text: &str) -> Option<Class> {
    if let Some(class) = of_connection(text) {
        return Some(class);
    }
    if says(text, &["no secret exists at", "no secret read from"]) {
        return Some(Class::MissingSecret);
    }
    match status(text) {
        Some(403) => Some(Class::PermissionDenied),
        Some(404) => Some(Class::MissingSecret),
        _ => text.contains("permission denied").then_some(Class::PermissionDenied),
    }
}

/// Why a template could not be rendered.
pub(super) fn of_template(text: &str) -> Option<Class> {
    if says(
        text,
        &["failed writing file", "failed reading file", "no space left on device", "read-only file system"],
    ) {
        return Some(Class::WriteFailed);
    }
    if says(text, &["map has no entry for key", "nil pointer evaluating", "nil data"]) {
        return Some(Class::MissingKey);
    }
    if is_fetch(text) {
        return of_fetch(text);
    }
    says(text, &["parse: template", "failed to execute command", "failed to read template", "not defined"])
        .then_some(Class::TemplateError)
}

/// Why a token sink could not be written.
pub(super) fn of_sink(text: &str) -> Class {
    of_connection(text).unwrap_or(match status(text) {
        Some(403) => Class::PermissionDenied,
        _ => Class::WriteFailed,
    })
}

/// Why the agent did not begin.
pub(super) fn of_last_words(text: &str) -> Option<Class> {
    says(text, &["file sink", "write check"]).then_some(Class::WriteFailed)
}

/// Why the agent exited.
pub(super) fn of_exit(text: &str) -> Option<Class> {
    if text.contains("template server") {
        return Some(of_template(text).unwrap_or(Class::TemplateError));
    }
    of_login(text)
}

/// Whether the words are about reading a secret: `vault.read(secret/data/…)`.
pub(super) fn is_fetch(text: &str) -> bool {
    says(text, &["vault.read(", "vault.write(", "vault.list(", "vault.pki("])
}

/// Whether the failure is only that the agent is being stopped.
pub(super) fn is_shutdown(text: &str) -> bool {
    text.contains("context canceled")
}

fn of_credentials(text: &str) -> Option<Class> {
    if says(text, &["no known secret ID", "secret ID file empty"]) {
        return Some(Class::NoSecretId);
    }
    if says(text, &["no known role ID", "role ID file empty", "error reading role ID file"]) {
        return Some(Class::NoRoleId);
    }
    text.contains("error reading secret ID file").then_some(Class::SecretIdUnreadable)
}

fn of_connection(text: &str) -> Option<Class> {
    const TLS: &[&str] = &[
        "x509:",
        "tls:",
        "certificate",
        "server gave HTTP response to HTTPS client",
        "first record does not look like a TLS handshake",
        "malformed HTTP response",
        "HTTP request to an HTTPS server",
    ];
    const UNREACHABLE: &[&str] = &[
        "connection refused",
        "connection reset",
        "no route to host",
        "network is unreachable",
        "host is down",
        "no such host",
        "server misbehaving",
        "i/o timeout",
        "TLS handshake timeout",
        "Client.Timeout",
        "context deadline exceeded",
        "broken pipe",
        "proxyconnect",
        "dial tcp",
        "dial unix",
        ": EOF",
        "unexpected EOF",
        "active cluster node not found",
        // an answer that is not Vault's: a proxy's page
        "Raw Message:",
        "looking for beginning of value",
    ];
    if says(text, &["Vault is sealed", "is sealed"]) {
        return Some(Class::Sealed);
    }
    if says(text, TLS) {
        return Some(Class::Tls);
    }
    let is_failing = status(text).is_some_and(|code| code >= 500) && is_answered(text);
    (says(text, UNREACHABLE) || is_failing).then_some(Class::Unreachable)
}

/// The status in `Code: 403. Errors:`.
fn status(text: &str) -> Option<u16> {
    let (_, after) = text.split_once("Code: ")?;
    after.split('.').next()?.parse().ok()
}

/// Whether the error carries what Vault said, and not only that it said something.
fn is_answered(text: &str) -> bool {
    text.split_once("Code: ").is_some_and(|(_, after)| after.contains("* "))
}

/// Lockout is a matter of AppRole; other methods answer 403 to a login they refuse.
fn is_other_method(text: &str) -> bool {
    says(
        text,
        &[
            "/auth/kubernetes/",
            "/auth/aws/",
            "/auth/jwt/",
            "/auth/gcp/",
            "/auth/azure/",
            "/auth/cert/",
            "/auth/token/",
        ],
    )
}

fn says(text: &str, any: &[&str]) -> bool {
    any.iter().any(|words| text.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_error_names_its_cause() {
        let api = |code: u16, said: &str| {
            format!(
                "error authenticating:\n  | URL: PUT http://v:8200/v1/auth/approle/login\n  | Code: {code}. Errors:\n  | \n  | * {said}\n"
            )
        };
        for (text, class) in [
            (api(400, "invalid role or secret ID"), Some(Class::SecretIdRefused)),
            (api(400, "invalid secret id"), Some(Class::SecretIdRefused)),
            (api(400, "failed to validate credentials: invalid secret_id \"x\""), Some(Class::SecretIdRefused)),
            (api(400, "source address \"10.0.0.9\" unauthorized through CIDR restrictions on the secret ID"), Some(Class::CidrDenied)),
            (api(403, "permission denied"), Some(Class::RoleLocked)),
            (api(503, "Vault is sealed"), Some(Class::Sealed)),
            (api(500, "local node not active but active cluster node not found"), Some(Class::Unreachable)),
            (api(502, "Bad Gateway"), Some(Class::Unreachable)),
            (api(429, "request path \"auth/approle/login\": rate limit quota exceeded"), None),
            ("Code: 404. Raw Message:".into(), Some(Class::Unreachable)),
            ("invalid character '<' looking for beginning of value".into(), Some(Class::Unreachable)),
            ("Put \"https://v/\": x509: certificate signed by unknown authority".into(), Some(Class::Tls)),
            ("Put \"https://v/\": remote error: tls: internal error".into(), Some(Class::Tls)),
            ("Put \"https://v/\": dial tcp: lookup v: no such host".into(), Some(Class::Unreachable)),
            ("Put \"https://v/\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)".into(), Some(Class::Unreachable)),
            ("unable to validate wrapping token creation path".into(), Some(Class::WrapInvalid)),
            ("error reading secret ID file and no cached secret ID known: open /x: permission denied".into(), Some(Class::SecretIdUnreadable)),
            ("secret ID file empty and no cached secret ID known".into(), Some(Class::NoSecretId)),
            ("error reading role ID file and no cached role ID known: open /x: permission denied".into(), Some(Class::NoRoleId)),
        ] {
            assert_eq!(of_login(&text), class, "{text}");
        }
    }

    #[test]
    fn an_error_cut_before_its_cause_names_none() {
        for text in [
            "error authenticating:\n  error=",
            "error authenticating:\n  | Error making API request.\n  | \n  | URL: PUT http://v:8200/v1/auth/approle/login",
            "error authenticating:\n  | Code: 400. Errors:\n  | ",
            "error authenticating:\n  | Code: 503. Errors:\n  | ",
            "x:\n  | error looking up wrapped secret ID: Error making API request.\n  | Code: 400. Errors:",
        ] {
            assert_eq!(of_login(text), None, "{text}");
        }
    }

    #[test]
    fn a_template_error_names_its_cause() {
        for (text, class) in [
            (
                "/t.tpl: execute: template: :2:10: executing \"\" at <.Data.data.x>: map has no entry for key \"x\"",
                Class::MissingKey,
            ),
            ("/t.tpl: parse: template: :3: unclosed action started at :2", Class::TemplateError),
            (
                "error rendering \"/t.tpl\" => \"/out/.env\": failed writing file: open /out/1: permission denied",
                Class::WriteFailed,
            ),
            (
                "vault.read(secret/data/x): vault.read(secret/data/x): Error making API request.\nCode: 403. Errors:\n* permission denied",
                Class::PermissionDenied,
            ),
            ("vault.read(secret/data/x): no secret exists at secret/data/x", Class::MissingSecret),
            (
                "1 error occurred:\n\\t* failed to execute command \"x\" from \"a\" => \"b\": child: exit 3",
                Class::TemplateError,
            ),
        ] {
            assert_eq!(of_template(text), Some(class), "{text}");
        }
    }
}
