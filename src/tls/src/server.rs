//! The daemon's side: what it shows of itself, and which clients it lets in.
//!
//! A daemon makes a [`Acceptor`] and, for each client, a connection of rustls; when its handshake is done it asks
//! [`Acceptor::admit`], which gives the name that the client goes by, and then sends [`crate::WELCOME`], encrypted.

use crate::{Files, distinguished_name, identity::matches_pattern, provider, refused};
use ferrovirt_core::Result;
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, ServerConfig, ServerConnection, SignatureScheme,
};
use std::sync::Arc;

/// How clients are let in.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Whatever certificate a client has, or none, is fine (`tls_no_verify_certificate`).
    pub no_verify: bool,
    /// Patterns of names, one of which a client's must match (`tls_allowed_dn_list`); all are fine without.
    pub allowed_names: Option<Vec<String>>,
}

/// Lets clients in.
#[derive(Debug, Clone)]
pub struct Acceptor {
    config: Arc<ServerConfig>,
    rules: Rules,
}

impl Acceptor {
    /// Reads the files; a daemon that is to read them again makes another.
    pub fn new(files: &Files, rules: Rules) -> Result<Self> {
        let roots = Arc::new(files.roots()?);
        let mut builder = WebPkiClientVerifier::builder_with_provider(roots, provider());
        let revocations = files.revocations()?;
        if !revocations.is_empty() {
            builder = builder.with_crls(revocations).allow_unknown_revocation_status();
        }
        if rules.no_verify {
            builder = builder.allow_unauthenticated();
        }
        let inner = builder.build().map_err(refused)?;
        let verifier: Arc<dyn ClientCertVerifier> = match rules.no_verify {
            true => Arc::new(Lenient(inner)),
            false => inner,
        };
        let (chain, key) = files.needed_identity()?;
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(refused)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(|err| {
                refused(format!("the certificate '{}' can't be used: {err}", files.certificate.display()))
            })?;
        Ok(Self { config: Arc::new(config), rules })
    }

    /// For whoever drives connections in another way than [`Acceptor::connection`].
    pub fn config(&self) -> &Arc<ServerConfig> {
        &self.config
    }

    /// The daemon's end of a connection to a client, before the handshake.
    pub fn connection(&self) -> Result<ServerConnection> {
        ServerConnection::new(self.config.clone()).map_err(refused)
    }

    /// Whether a client may come in whose handshake is done; the name in its certificate comes back, if it has one.
    pub fn admit(&self, certificates: Option<&[CertificateDer<'_>]>) -> Result<Option<String>> {
        let own = certificates.and_then(<[_]>::first);
        let name = own.map(|certificate| distinguished_name(certificate)).transpose();
        let name = match name {
            Err(_) if self.rules.no_verify => None,
            name => name?,
        };
        if self.rules.no_verify {
            return Ok(name);
        }
        let Some(allowed) = &self.rules.allowed_names else { return Ok(name) };
        let is_allowed =
            name.as_ref().is_some_and(|name| allowed.iter().any(|pattern| matches_pattern(pattern, name)));
        if !is_allowed {
            return Err(refused(format!(
                "the client's certificate is for '{}', which nothing in tls_allowed_dn_list matches; \
                 'virt-pki-query-dn clientcert.pem' shows the name in a certificate",
                name.as_deref().unwrap_or("nobody")
            )));
        }
        Ok(name)
    }
}

/// Takes every certificate, but wants to see that the client has its key.
#[derive(Debug)]
struct Lenient(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for Lenient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> std::result::Result<ClientCertVerified, Error> {
        if let Err(err) = self.0.verify_client_cert(end_entity, intermediates, now) {
            tracing::info!(%err, "a client's certificate is taken as it is, as the configuration wants it");
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<rustls::client::danger::HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<rustls::client::danger::HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
