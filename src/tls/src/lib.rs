//! TLS between clients and daemons: where certificates are, whom they are trusted to name, and who is let in.
//!
//! [`client`] and [`server`] make configurations of rustls, which is re-exported; [`TlsTransport`] is what both sides'
//! messages travel over.
#![forbid(unsafe_code)]

pub mod client;
mod files;
mod identity;
pub mod server;
mod transport;

pub use files::Files;
pub use identity::{distinguished_name, matches_pattern};
pub use rustls;
pub use transport::{Handshake, TlsTransport};

use ferrovirt_core::{Error, ErrorCode, ErrorDomain};
use rustls::crypto::{CryptoProvider, ring};
use std::fmt;
use std::sync::Arc;

/// What a server sends, encrypted, once it has found the client's certificate in order.
pub const WELCOME: u8 = 1;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// How many bits the key of an established connection has.
pub fn key_bits(suite: Option<rustls::SupportedCipherSuite>) -> u32 {
    use rustls::CipherSuite as Suite;
    match suite.map(|suite| suite.suite()) {
        None => 0,
        Some(
            Suite::TLS13_AES_128_GCM_SHA256
            | Suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
            | Suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        ) => 128,
        // All others that there are have keys of 32 bytes.
        Some(_) => 256,
    }
}

/// The handshake, or what was seen in it, failed.
pub fn refused(what: impl fmt::Display) -> Error {
    Error::new(ErrorCode::AuthFailed, what.to_string()).domain(ErrorDomain::Rpc)
}

/// A file is not what it should be.
fn unusable(what: impl fmt::Display) -> Error {
    Error::new(ErrorCode::SystemError, what.to_string()).domain(ErrorDomain::Rpc)
}
