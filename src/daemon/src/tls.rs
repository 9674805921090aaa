//! How clients come in by TLS: their certificates, and the handshake.

use crate::client::socket::watched;
use crate::config::Config;
use ferrovirt_core::{Error, Result};
use ferrovirt_rpc::frame::{TcpTransport, Transport};
use ferrovirt_tls::server::{Acceptor, Rules};
use ferrovirt_tls::{Files, Handshake, TlsTransport, WELCOME, refused};
use parking_lot::RwLock;
use rustix::io::Errno;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::timeout;

/// How long a handshake may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Lets clients in by TLS.
pub struct TlsDoor {
    files: Files,
    rules: Rules,
    acceptor: RwLock<Acceptor>,
}

impl TlsDoor {
    /// As the configuration says.
    pub fn new(config: &Config, privileged: bool) -> Result<Self> {
        let files = files(config, privileged);
        let names = &config.tls_allowed_dn_list;
        let rules = Rules {
            no_verify: config.tls_no_verify_certificate,
            allowed_names: (!names.is_empty()).then(|| names.clone()),
        };
        let acceptor = RwLock::new(Acceptor::new(&files, rules.clone())?);
        Ok(Self { files, rules, acceptor })
    }

    /// Reads the files again. If they can't be used, those that were read stay in use.
    pub fn read_again(&self) -> Result<()> {
        *self.acceptor.write() = Acceptor::new(&self.files, self.rules.clone())?;
        Ok(())
    }

    /// Shakes hands with a client, and tells it that it is welcome if it is; the name in its certificate comes back.
    pub async fn admit(&self, socket: TcpTransport) -> Result<(TlsTransport, Option<String>)> {
        let acceptor = self.acceptor.read().clone();
        let transport = TlsTransport::new(socket, acceptor.connection()?);
        let welcomed = timeout(PATIENCE, welcome(&acceptor, transport)).await;
        welcomed.unwrap_or_else(|_| Err(refused("the TLS handshake takes too long")))
    }
}

async fn welcome(acceptor: &Acceptor, transport: TlsTransport) -> Result<(TlsTransport, Option<String>)> {
    let failed = |err: std::io::Error| Error::system(err, "a client's socket can't be watched");
    let socket = watched(transport).map_err(failed)?;
    let transport = || socket.get_ref().transport();
    while transport().shake_hands()? == Handshake::Waits {
        // What we say in a handshake fits any socket's buffer: it is the client that is waited for.
        socket.readable().await.map_err(failed)?.clear_ready();
    }
    let name = transport().with_certificates(|certificates| acceptor.admit(certificates))?;
    loop {
        match transport().send(&[WELCOME]) {
            Ok(_) => break,
            Err(Errno::WOULDBLOCK) => socket.writable().await.map_err(failed)?.clear_ready(),
            Err(err) => return Err(refused(format!("the client has gone: {err}"))),
        }
    }
    Ok((socket.into_inner().into_transport(), name))
}

/// Where certificates and keys are: the configuration's places come before the usual ones.
fn files(config: &Config, privileged: bool) -> Files {
    let usual = Files::locate(None, privileged, "server");
    let place = |own: &Option<String>, usual: PathBuf| own.as_ref().map_or(usual, PathBuf::from);
    Files {
        ca_certificate: place(&config.ca_file, usual.ca_certificate),
        ca_revocations: place(&config.crl_file, usual.ca_revocations),
        certificate: place(&config.cert_file, usual.certificate),
        key: place(&config.key_file, usual.key),
    }
}
