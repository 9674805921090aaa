//! A daemon of another host, encrypted: the handshake, and what comes right after it.

use super::tcp;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_rpc::frame::TcpTransport;
use ferrovirt_tls::rustls::ClientConnection;
use ferrovirt_tls::{Files, TlsTransport, WELCOME, client, refused};
use std::io::{self, Read};
use std::net::TcpStream;

/// How a daemon's certificate is looked at, and what is shown of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificates {
    pub files: Files,
    /// Whether the daemon's must be in order.
    pub verify: bool,
}

pub(super) fn connect(host: &str, port: u16, certificates: &Certificates) -> Result<TlsTransport> {
    // Before anything is sent: certificates that are not there are the more likely mistake.
    let mut connection = client::connection(&certificates.files, host, certificates.verify)?;
    let mut stream = tcp::reach(host, port)?;
    shake_hands(&mut connection, &mut stream, &format!("{host}:{port}"))?;
    Ok(TlsTransport::new(TcpTransport::new(stream), connection))
}

/// The handshake, and then a byte by which the daemon says that our certificate will do.
fn shake_hands(connection: &mut ClientConnection, stream: &mut TcpStream, place: &str) -> Result<()> {
    while connection.is_handshaking() {
        connection
            .complete_io(stream)
            .map_err(|err| refused(format!("the TLS handshake with {place}: {err}")))?;
    }
    let unwelcome = |why: &dyn std::fmt::Display| {
        let detail =
            format!("the daemon at {place} does not let us in; it may not like our certificate: {why}");
        Error::new(ErrorCode::Rpc, detail).domain(ErrorDomain::Rpc)
    };
    let mut word = [0];
    loop {
        match connection.reader().read(&mut word) {
            Ok(1) if word == [WELCOME] => return Ok(()),
            Ok(0) => return Err(unwelcome(&"it closed the connection")),
            Ok(_) => return Err(unwelcome(&"it said something else than that we are welcome")),
            Err(err) if err.kind() == io::ErrorKind::WouldBlock => {}
            Err(err) => return Err(unwelcome(&err)),
        }
        connection.complete_io(stream).map_err(|err| unwelcome(&err))?;
    }
}
