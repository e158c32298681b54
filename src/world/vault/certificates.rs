//! Certificates of both sides: whom we trust, and how we prove who we are.

use std::path::Path;

use reqwest::{Certificate, ClientBuilder, Identity};
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::settings::{Authorities, Pem, Tls};
use crate::model::trouble::{Trouble, TroubleKind};

/// Gives a client the certificates of the settings. They are read and checked even where plain HTTP has no use for
/// them, as the CLI does.
pub(super) fn prove(builder: ClientBuilder, tls: &Tls, https: bool) -> Result<ClientBuilder, Trouble> {
    let mut trusted = Vec::new();
    for authorities in &tls.authorities {
        trusted.extend(certificates(authorities)?);
    }
    let identity = tls.client.as_ref().map(|(certificate, key)| identity(certificate, key)).transpose()?;
    if !https {
        return Ok(builder);
    }
    let builder = if tls.authorities.is_empty() { builder } else { builder.tls_certs_only(trusted) };
    let builder = builder.tls_danger_accept_invalid_certs(tls.skip_verify);
    Ok(match identity {
        Some(identity) => builder.identity(identity),
        None => builder,
    })
}

fn certificates(authorities: &Authorities) -> Result<Vec<Certificate>, Trouble> {
    match authorities {
        Authorities::Text(text) => bundle(text.as_bytes(), "VAULT_CACERT_BYTES"),
        Authorities::File(path) => bundle(&contents(path, "ca file")?, &path.display().to_string()),
        Authorities::Folder(folder) => folder_of_certificates(folder),
    }
}

fn bundle(pem: &[u8], origin: &str) -> Result<Vec<Certificate>, Trouble> {
    let found = Certificate::from_pem_bundle(pem).unwrap_or_default();
    if found.is_empty() {
        return Err(Trouble::new(format!("no ca certificate in {origin}"))
            .because("nothing there is a certificate in PEM")
            .kind(TroubleKind::Tls));
    }
    Ok(found)
}

/// Files that are no certificates are passed over, as OpenBao does; folders of the system hold all sorts.
fn folder_of_certificates(folder: &Path) -> Result<Vec<Certificate>, Trouble> {
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, "ca folder", &error))?;
    let mut found = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            found.extend(folder_of_certificates(&path)?);
        } else if let Ok(pem) = std::fs::read(&path) {
            found.extend(Certificate::from_pem_bundle(&pem).unwrap_or_default());
        }
    }
    Ok(found)
}

fn identity(certificate: &Pem, key: &Pem) -> Result<Identity, Trouble> {
    let mut pem = Zeroizing::new(Vec::new());
    for part in [certificate, key] {
        match part {
            Pem::File(path) => pem.extend_from_slice(&contents(path, "client certificate")?),
            Pem::Text(text) => pem.extend_from_slice(text.expose_secret().as_bytes()),
        }
        pem.push(b'\n');
    }
    Identity::from_pem(&pem).map_err(|_| {
        Trouble::new("cannot use the client certificate")
            .because("certificate and key are not both in PEM")
            .hint("see VAULT_CLIENT_CERT and VAULT_CLIENT_KEY")
            .kind(TroubleKind::Tls)
    })
}

fn contents(path: &Path, what: &str) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    std::fs::read(path).map(Zeroizing::new).map_err(|error| unreadable(path, what, &error))
}

fn unreadable(path: &Path, what: &str, error: &std::io::Error) -> Trouble {
    Trouble::new(format!("cannot read the {what} {}", path.display())).because(error).kind(TroubleKind::Tls)
}
