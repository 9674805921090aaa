//! A daemon of another host, without encryption.

use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_rpc::frame::TcpTransport;
use std::net::{TcpStream, ToSocketAddrs};

/// Connects to the first of the host's addresses that answers.
pub(super) fn connect(host: &str, port: u16) -> Result<TcpTransport> {
    Ok(TcpTransport::new(reach(host, port)?))
}

pub(super) fn reach(host: &str, port: u16) -> Result<TcpStream> {
    let failed = |err: std::io::Error, what: &str| {
        Error::system(err, format!("{what} '{host}:{port}'")).domain(ErrorDomain::Rpc)
    };
    let addresses = (host, port)
        .to_socket_addrs()
        .map_err(|err| failed(err, "cannot find the address of the daemon at"))?;
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect(address) {
            Ok(stream) => {
                // Calls are short, and each waits for its answer.
                stream.set_nodelay(true).map_err(|err| failed(err, "cannot talk to the daemon at"))?;
                return Ok(stream);
            }
            Err(err) => last = err,
        }
    }
    Err(failed(last, "cannot connect to the daemon at"))
}
