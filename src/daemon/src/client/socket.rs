//! A client's transport, watched by the reactor.
#![allow(unsafe_code)]

use ferrovirt_rpc::frame::Transport;
use ferrovirt_tls::TlsTransport;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A transport, for its descriptor to be watched.
pub(crate) struct Socket<T>(T);

impl<T> Socket<T> {
    pub fn transport(&self) -> &T {
        &self.0
    }

    pub fn into_transport(self) -> T {
        self.0
    }
}

impl AsRawFd for Socket<Box<dyn Transport>> {
    fn as_raw_fd(&self) -> RawFd {
        self.0.descriptor().as_raw_fd()
    }
}

impl AsRawFd for Socket<TlsTransport> {
    fn as_raw_fd(&self) -> RawFd {
        self.0.descriptor().as_raw_fd()
    }
}

/// Has the reactor watch a transport.
pub(crate) fn watched<T>(transport: T) -> io::Result<AsyncFd<Socket<T>>>
where
    Socket<T>: AsRawFd,
{
    // SAFETY: the transport owns its descriptor, is owned by the `AsyncFd`, and is never replaced or taken out of it
    // before the `AsyncFd` itself ends: the descriptor stays open, and the same one, for as long as it is watched.
    Ok(unsafe {
        AsyncFd::register_with_interest(Socket(transport), Interest::READABLE | Interest::WRITABLE)
    }?)
}
