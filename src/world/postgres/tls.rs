//! libpq's TLS modes over rustls: whom to trust, and whether the name counts.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Stream, TlsMode};
use crate::model::trouble::{Trouble, TroubleKind};

/// One handshake that is ready to be made.
type Handshake = <MakeRustlsConnect as MakeTlsConnect<Box<dyn Stream>>>::TlsConnect;

/// A handshake with `host` that protects the way as `mode` wants it; trouble when the CA file cannot be read, or no
/// root is there to trust.
pub(super) fn connect(mode: TlsMode, ca_file: Option<&Path>, host: &str) -> Result<Handshake, Trouble> {
    let mut maker = MakeRustlsConnect::new(config(mode, ca_file)?);
    MakeTlsConnect::<Box<dyn Stream>>::make_tls_connect(&mut maker, host)
        .map_err(|error| Trouble::new("cannot set up tls").because(error))
}

fn config(mode: TlsMode, ca_file: Option<&Path>) -> Result<ClientConfig, Trouble> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(Verifier {
        chain: chain_of_trust(mode, ca_file, &provider)?,
        mode,
        provider: Arc::clone(&provider),
    });
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Trouble::new("cannot set up tls").because(error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

fn chain_of_trust(
    mode: TlsMode,
    ca_file: Option<&Path>,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Arc<WebPkiServerVerifier>>, Trouble> {
    if matches!(mode, TlsMode::Disable | TlsMode::Require) {
        return Ok(None);
    }
    let roots = Arc::new(roots(ca_file)?);
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider)).build();
    verifier.map(Some).map_err(|error| no_roots(ca_file).because(error))
}

fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, Trouble> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            let unreadable = |error| no_roots(ca_file).because(error);
            let certificates = CertificateDer::pem_file_iter(path).map_err(unreadable)?;
            roots.add_parsable_certificates(certificates.collect::<Result<Vec<_>, _>>().map_err(unreadable)?);
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() { Err(no_roots(ca_file).because("no certificate in it")) } else { Ok(roots) }
}

fn no_roots(ca_file: Option<&Path>) -> Trouble {
    let from = ca_file.map_or("the system's certificates".to_owned(), |path| path.display().to_string());
    Trouble::new(format!("cannot trust by {from}"))
        .kind(TroubleKind::Tls)
        .hint("set database.ca_file to the RDS bundle")
}

/// Checks the chain where the mode asks for it, and the name where the mode asks for that too; the handshake's own
/// signature always.
#[derive(Debug)]
struct Verifier {
    chain: Option<Arc<WebPkiServerVerifier>>,
    mode: TlsMode,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        let verdict = chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verdict {
            // the name is looked at last, so the chain was found good
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.mode == TlsMode::VerifyCa => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
