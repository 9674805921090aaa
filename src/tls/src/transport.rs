//! Messages over TLS, whichever side this is: the bytes that pass once, or while, hands are shaken.

use crate::{key_bits, refused};
use ferrovirt_core::Result;
use ferrovirt_rpc::frame::{Received, TcpTransport, Transport};
use parking_lot::Mutex;
use rustix::io::Errno;
use rustls::Connection;
use rustls::pki_types::CertificateDer;
use std::io::{self, Read, Write};
use std::os::fd::BorrowedFd;

/// An encrypted connection.
pub struct TlsTransport {
    socket: TcpTransport,
    state: Mutex<State>,
}

struct State {
    connection: Connection,
    /// How many of the caller's bytes are encrypted and still on their way out.
    under_way: usize,
}

/// What is encrypted at once: one record.
const RECORD: usize = 16_384;

/// How far the handshake has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshake {
    Done,
    /// It goes on when something has come in, or when what was said has gone out.
    Waits,
}

impl TlsTransport {
    /// Goes on with a connection of rustls on this socket.
    pub fn new(socket: TcpTransport, connection: impl Into<Connection>) -> Self {
        let state = Mutex::new(State { connection: connection.into(), under_way: 0 });
        Self { socket, state }
    }

    /// Goes on with the handshake, as far as that is possible without waiting.
    pub fn shake_hands(&self) -> Result<Handshake> {
        let mut state = self.state.lock();
        let connection = &mut state.connection;
        loop {
            match self.flush(connection) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => return Ok(Handshake::Waits),
                Err(err) => return Err(refused(format!("the TLS handshake: {err}"))),
            }
            if !connection.is_handshaking() {
                return Ok(Handshake::Done);
            }
            match connection.read_tls(&mut Socket(&self.socket)) {
                Ok(0) => return Err(refused("the TLS handshake: the other side has gone")),
                Ok(_) => {}
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => return Ok(Handshake::Waits),
                Err(err) => return Err(refused(format!("the TLS handshake: {err}"))),
            }
            if let Err(err) = connection.process_new_packets() {
                // The other side is told why; if it can't be, it finds out by itself.
                let _ = self.flush(connection);
                return Err(refused(format!("the TLS handshake: {err}")));
            }
        }
    }

    /// What the other side has shown of itself.
    pub fn with_certificates<T>(&self, look: impl FnOnce(Option<&[CertificateDer<'static>]>) -> T) -> T {
        look(self.state.lock().connection.peer_certificates())
    }

    /// Sends what is encrypted already.
    fn flush(&self, connection: &mut Connection) -> std::result::Result<(), Errno> {
        while connection.wants_write() {
            connection.write_tls(&mut Socket(&self.socket)).map_err(errno)?;
        }
        Ok(())
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
    fn send(&self, bytes: &[u8]) -> std::result::Result<usize, Errno> {
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

    fn send_fd(&self, fd: BorrowedFd<'_>) -> std::result::Result<(), Errno> {
        self.socket.send_fd(fd)
    }

    fn receive(&self, space: &mut [u8]) -> std::result::Result<Received, Errno> {
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
        key_bits(self.state.lock().connection.negotiated_cipher_suite())
    }
}
