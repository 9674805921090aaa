//! What messages travel over: sockets that can pass descriptors, and others that can't.

use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, send, sendmsg,
};
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Bytes and descriptors in both directions. No method blocks: what can't be done at once fails with `WOULDBLOCK`.
pub trait Transport: Send + Sync {
    /// What to poll.
    fn descriptor(&self) -> BorrowedFd<'_>;
    /// Sends some of the bytes.
    fn send(&self, bytes: &[u8]) -> Result<usize, Errno>;
    /// Sends a byte that carries a descriptor.
    fn send_fd(&self, fd: BorrowedFd<'_>) -> Result<(), Errno>;
    /// Reads some bytes; none at the end of the connection.
    fn receive(&self, space: &mut [u8]) -> Result<Received, Errno>;
    /// Whether descriptors can be passed.
    fn passes_fds(&self) -> bool;
    /// Whether nobody on the way can listen.
    fn is_secure(&self) -> bool;
    /// Whether what is sent is encrypted, needed or not.
    fn is_encrypted(&self) -> bool {
        false
    }
    /// How many bits the key of the encryption has; 0 without any.
    fn key_bits(&self) -> u32 {
        0
    }
    /// What the other end said when it went, where it has another way to say so than the connection itself.
    fn last_words(&self) -> Option<String> {
        None
    }
}

/// What was read.
#[derive(Debug, Default)]
pub struct Received {
    pub bytes: usize,
    /// Those that came with the last of the bytes.
    pub fds: Vec<OwnedFd>,
}

/// A stream socket of this host.
#[derive(Debug)]
pub struct UnixTransport(OwnedFd);

impl UnixTransport {
    /// Takes a connected socket; each call asks anew not to block, so that its mode does not matter.
    pub fn new(socket: OwnedFd) -> Self {
        Self(socket)
    }
}

/// The kernel passes at most this many at once; libvirt sends one at a time.
const FDS_AT_ONCE: usize = 253;

impl Transport for UnixTransport {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    fn send(&self, bytes: &[u8]) -> Result<usize, Errno> {
        send(&self.0, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)
    }

    fn send_fd(&self, fd: BorrowedFd<'_>) -> Result<(), Errno> {
        let fds = [fd];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let fits = control.push(SendAncillaryMessage::ScmRights(&fds));
        debug_assert!(fits);
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        sendmsg(&self.0, &[IoSlice::new(&[0])], &mut control, flags).map(|_| ())
    }

    fn receive(&self, space: &mut [u8]) -> Result<Received, Errno> {
        let mut control_space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_AT_ONCE))];
        let mut control = RecvAncillaryBuffer::new(&mut control_space);
        let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
        let message = recvmsg(&self.0, &mut [IoSliceMut::new(space)], &mut control, flags)?;
        let fds = control.drain().filter_map(|part| match part {
            RecvAncillaryMessage::ScmRights(fds) => Some(fds),
            _ => None,
        });
        Ok(Received { bytes: message.bytes, fds: fds.flatten().collect() })
    }

    fn passes_fds(&self) -> bool {
        true
    }

    fn is_secure(&self) -> bool {
        true
    }
}

/// A stream socket to another host.
#[derive(Debug)]
pub struct TcpTransport(OwnedFd);

impl TcpTransport {
    /// Takes a connected socket; each call asks anew not to block, so that its mode does not matter.
    pub fn new(socket: impl Into<OwnedFd>) -> Self {
        Self(socket.into())
    }
}

impl Transport for TcpTransport {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    fn send(&self, bytes: &[u8]) -> Result<usize, Errno> {
        send(&self.0, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)
    }

    fn send_fd(&self, _fd: BorrowedFd<'_>) -> Result<(), Errno> {
        Err(Errno::OPNOTSUPP)
    }

    fn receive(&self, space: &mut [u8]) -> Result<Received, Errno> {
        let (bytes, _) = rustix::net::recv(&self.0, space, rustix::net::RecvFlags::DONTWAIT)?;
        Ok(Received { bytes, fds: Vec::new() })
    }

    fn passes_fds(&self) -> bool {
        false
    }

    fn is_secure(&self) -> bool {
        false
    }
}
