//! A daemon of another host, encrypted: the handshake, and the bytes that pass afterwards.

use super::tcp;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_rpc::frame::{Received, TcpTransport, Transport};
use ferrovirt_tls::rustls::ClientConnection;
use ferrovirt_tls::{Files, WELCOME, client, key_bits, refused};
use parking_lot::Mutex;
use rustix::io::Errno;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::BorrowedFd;

/// How a daemon's certificate is looked at, and what is shown of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificates {
    pub files: Files,
    /// Whether the daemon's must be in order.
    pub verify: bool,
}

pub(super) struct TlsTransport {
    socket: TcpTransport,
    state: Mutex<State>,
    key_bits: u32,
}

struct State {
    connection: ClientConnection,
    /// How many of the caller's bytes are encrypted and still on their way out.
    under_way: usize,
}

/// What is encrypted at once: one record.
const RECORD: usize = 16_384;

pub(super) fn connect(host: &str, port: u16, certificates: &Certificates) -> Result<TlsTransport> {
    // Before anything is sent: certificates that are not there are the more likely mistake.
    let mut connection = client::connection(&certificates.files, host, certificates.verify)?;
    let mut stream = tcp::reach(host, port)?;
    shake_hands(&mut connection, &mut stream, &format!("{host}:{port}"))?;
    let key_bits = key_bits(connection.negotiated_cipher_suite());
    let state = Mutex::new(State { connection, under_way: 0 });
    Ok(TlsTransport { socket: TcpTransport::new(stream), state, key_bits })
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

/// The socket as rustls wants to have it: never blocking.
struct Socket<'a>(&'a TcpTransport);

impl Read for Socket<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        Ok(self.0.receive(space)?.bytes)
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.0.send(bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TlsTransport {
    /// Sends what is encrypted already.
    fn flush(&self, connection: &mut ClientConnection) -> Result<(), Errno> {
        while connection.wants_write() {
            connection.write_tls(&mut Socket(&self.socket)).map_err(errno)?;
        }
        Ok(())
    }
}

fn errno(err: io::Error) -> Errno {
    Errno::from_io_error(&err).unwrap_or(match err.kind() {
        io::ErrorKind::WouldBlock => Errno::WOULDBLOCK,
        _ => Errno::IO,
    })
}

impl Transport for TlsTransport {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.descriptor()
    }

    /// What could not be sent whole is kept encrypted; the caller comes with the same bytes again.
    fn send(&self, bytes: &[u8]) -> Result<usize, Errno> {
        let mut state = self.state.lock();
        let state = &mut *state;
        if state.under_way == 0 {
            self.flush(&mut state.connection)?;
            let record = &bytes[..bytes.len().min(RECORD)];
            state.under_way = state.connection.writer().write(record).map_err(errno)?;
        }
        self.flush(&mut state.connection)?;
        Ok(std::mem::take(&mut state.under_way))
    }

    fn send_fd(&self, fd: BorrowedFd<'_>) -> Result<(), Errno> {
        self.socket.send_fd(fd)
    }

    fn receive(&self, space: &mut [u8]) -> Result<Received, Errno> {
        let mut state = self.state.lock();
        let connection = &mut state.connection;
        loop {
            match connection.reader().read(space) {
                Ok(bytes) => return Ok(Received { bytes, fds: Vec::new() }),
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => {}
                // It went without saying so; that counts as the end, as it does for sockets without encryption.
                Err(err) if err.kind() == io::ErrorKind::UnexpectedEof => return Ok(Received::default()),
                Err(err) => return Err(errno(err)),
            }
            connection.read_tls(&mut Socket(&self.socket)).map_err(errno)?;
            if let Err(err) = connection.process_new_packets() {
                tracing::warn!(%err, "the connection's encryption broke");
                return Err(Errno::BADMSG);
            }
            match self.flush(connection) {
                Ok(()) | Err(Errno::WOULDBLOCK) => {}
                Err(err) => return Err(err),
            }
        }
    }

    fn passes_fds(&self) -> bool {
        false
    }

    fn is_secure(&self) -> bool {
        true
    }

    fn is_encrypted(&self) -> bool {
        true
    }

    fn key_bits(&self) -> u32 {
        self.key_bits
    }
}
