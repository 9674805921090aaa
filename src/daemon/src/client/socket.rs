//! A client's transport, watched by the reactor.
#![allow(unsafe_code)]

use ferrovirt_rpc::frame::Transport;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A transport, for its descriptor to be watched.
pub(super) struct Socket(Box<dyn Transport>);

impl Socket {
    pub fn transport(&self) -> &dyn Transport {
        &*self.0
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.0.descriptor().as_raw_fd()
    }
}

/// Has the reactor watch a transport.
pub(super) fn watched(transport: Box<dyn Transport>) -> io::Result<AsyncFd<Socket>> {
    // SAFETY: the transport owns its descriptor, is owned by the `AsyncFd`, and is never replaced or taken out of it:
    // the descriptor stays open, and the same one, for as long as it is watched.
    Ok(unsafe {
        AsyncFd::register_with_interest(Socket(transport), Interest::READABLE | Interest::WRITABLE)
    }?)
}
