//! Why nothing answered: the errors below HTTP, told apart as an operator would ask about them.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError, Error as TlsError};

use super::settings::Settings;
use crate::model::trouble::{Trouble, TroubleKind};

/// The trouble behind a request that brought no answer.
pub(super) fn trouble(error: &reqwest::Error, settings: &Settings) -> Trouble {
    let address = &settings.address;
    if let Some(tls) = cause::<TlsError>(error) {
        return tls_trouble(tls, settings);
    }
    let trouble = Trouble::new(format!("cannot reach vault at {address}")).kind(TroubleKind::Unreachable);
    let trouble = match &settings.proxy {
        Some(proxy) => trouble.hint(format!(
            "the way leads through the proxy {}; NO_PROXY can exempt the host",
            proxy.origin().ascii_serialization()
        )),
        None => trouble.hint(reach_hint(&address.source)),
    };
    if error.is_timeout() {
        return trouble.because(format!("no answer within {} s", settings.timeout.as_secs_f32()));
    }
    trouble.because(below_http(error))
}

fn reach_hint(source: &str) -> String {
    match source {
        "default" => "no address is set and the CLI's default was tried: set VAULT_ADDR".to_owned(),
        source => format!("the address comes from {source}"),
    }
}

fn below_http(error: &reqwest::Error) -> String {
    let text = innermost(error);
    match cause::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused: nothing listens there".to_owned(),
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof) => {
            "the connection was cut before an answer came".to_owned()
        }
        _ if text.contains("lookup address") => format!("the name does not resolve: {text}"),
        _ => text,
    }
}

fn tls_trouble(error: &TlsError, settings: &Settings) -> Trouble {
    let address = &settings.address;
    let trouble = Trouble::new(format!("no tls with vault at {address}")).kind(TroubleKind::Tls);
    match error {
        TlsError::InvalidMessage(_) => trouble
            .because("it answers plain http, not https")
            .hint(format!("set VAULT_ADDR to {}", address.to_string().replacen("https", "http", 1))),
        TlsError::InvalidCertificate(certificate) => certificate_trouble(trouble, certificate),
        TlsError::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::HandshakeFailure,
        ) => trouble
            .because(format!("the server ended the handshake: {error}"))
            .hint("it may want a client certificate: VAULT_CLIENT_CERT and VAULT_CLIENT_KEY"),
        _ => trouble.because(error),
    }
}

fn certificate_trouble(trouble: Trouble, error: &CertificateError) -> Trouble {
    match error {
        CertificateError::UnknownIssuer => trouble
            .because("its certificate is signed by an unknown authority")
            .hint("set VAULT_CACERT to the CA's PEM file"),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => trouble
            .because(error)
            .hint("set VAULT_TLS_SERVER_NAME to a name in the certificate, or use that name in VAULT_ADDR"),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            trouble.because(error).hint("the certificate has run out, or a clock is wrong")
        }
        _ => trouble.because(error),
    }
}

/// The last error of a chain, in its own words; never holds the URL.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

/// The first error of a kind in a chain.
fn cause<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    chain(error).find_map(|error| error.downcast_ref::<E>())
}

/// What stands behind an error, outermost first. The source of an IO error that wraps another is the wrapped one's
/// source; the wrapped one itself is asked for here.
fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |error| behind(*error))
}

fn behind<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|wrapped| wrapped as &(dyn Error + 'static)),
        None => error.source(),
    }
}
