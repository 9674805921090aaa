//! The client's side: whom it believes that a daemon is, and what it shows of itself.

use crate::{Files, identity, provider, refused};
use ferrovirt_core::Result;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme,
};
use std::sync::Arc;

/// A client's end of a connection to `host`, before the handshake.
pub fn connection(files: &Files, host: &str, verify: bool) -> Result<ClientConnection> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| refused(format!("'{host}' can be no host's name in a certificate")))?;
    ClientConnection::new(Arc::new(config(files, host, verify)?), name).map_err(refused)
}

fn config(files: &Files, host: &str, verify: bool) -> Result<ClientConfig> {
    let verifier = Verifier { inner: web_pki(files)?, host: host.to_owned(), verify };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(refused)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    match files.identity()? {
        None => Ok(builder.with_no_client_auth()),
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(|err| {
            refused(format!("the certificate '{}' can't be used: {err}", files.certificate.display()))
        }),
    }
}

fn web_pki(files: &Files) -> Result<Arc<WebPkiServerVerifier>> {
    let roots = Arc::new(files.roots()?);
    let revocations = files.revocations()?;
    let mut builder = WebPkiServerVerifier::builder_with_provider(roots, provider());
    if !revocations.is_empty() {
        builder = builder.with_crls(revocations).allow_unknown_revocation_status();
    }
    builder.build().map_err(refused)
}

/// Looks at a daemon's certificate as libvirt does: also by its common name where it has no other, and not at all where
/// the user says so.
#[derive(Debug)]
struct Verifier {
    inner: Arc<WebPkiServerVerifier>,
    host: String,
    verify: bool,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, Error> {
        let verdict =
            self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verdict {
            // The name is looked at last: everything else is in order.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if identity::common_name_is(end_entity, &self.host) => Ok(ServerCertVerified::assertion()),
            Err(err) if !self.verify => {
                tracing::info!(%err, "a daemon's certificate is taken as it is, as the user wants it");
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
