//! The thread that listens to the kernel's messages about devices, and to udev's, which come when links are made.

use crate::driver::NodeDeviceState;
use ferrovirt_core::{Error, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::netlink::{KOBJECT_UEVENT, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with};
use rustix::pipe::{PipeFlags, pipe_with};
use std::sync::Weak;
use std::thread::{self, JoinHandle};

/// The groups of the kernel and of udev.
const GROUPS: u32 = 1 | 2;

/// The thread, which ends with this.
pub struct Monitor {
    stop: Option<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Monitor {
    /// Starts to listen, in the network namespace of the calling thread.
    pub fn start(state: Weak<NodeDeviceState>) -> Result<Self> {
        let failed = |err: Errno| Error::system(err, "cannot listen to the kernel's messages about devices");
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            Some(KOBJECT_UEVENT),
        )
        .map_err(failed)?;
        // Bursts come when a bus is found; where we may not have so much, less has to do.
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, 8 << 20);
        bind(&socket, &SocketAddrNetlink::new(0, GROUPS)).map_err(failed)?;
        let (stopped, stop) = pipe_with(PipeFlags::CLOEXEC).map_err(failed)?;
        let listen = move || listen(&state, &socket, &stopped);
        let thread = thread::Builder::new().name("nodedev".to_owned()).spawn(listen);
        let thread =
            thread.map_err(|err| Error::system(err, "cannot start the thread that listens for devices"))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.stop = None;
        // The last to hold the driver may be the thread itself.
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("the thread that listens for devices has panicked");
        }
    }
}

fn listen(state: &Weak<NodeDeviceState>, socket: &OwnedFd, stopped: &OwnedFd) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let mut wanted = [PollFd::new(socket, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
        match poll(&mut wanted, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(err) => return tracing::error!(%err, "devices that come and go are not seen any more"),
        }
        if !wanted[1].revents().is_empty() {
            return;
        }
        loop {
            match recv(socket, &mut buffer[..], RecvFlags::empty()) {
                Ok((length, _)) => {
                    if let Some((place, action)) = read(&buffer[..length.min(64 << 10)]) {
                        NodeDeviceState::notice(state, &place, &action);
                    }
                }
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(Errno::NOBUFS) => tracing::warn!("the kernel had to drop messages about devices"),
                Err(err) => return tracing::error!(%err, "devices that come and go are not seen any more"),
            }
        }
    }
}

/// The place and the action of a message: a text of the kernel's, or udev's with a head before it.
fn read(message: &[u8]) -> Option<(String, String)> {
    let properties = match message.strip_prefix(b"libudev\0") {
        Some(_) => {
            let number =
                |at: usize| Some(u32::from_ne_bytes(message.get(at..at + 4)?.try_into().ok()?) as usize);
            let (at, length) = (number(16)?, number(20)?);
            message.get(at..at.checked_add(length)?)?
        }
        None => message,
    };
    let value = |name: &str| {
        let mut pairs = properties.split(|byte| *byte == 0).filter_map(|pair| std::str::from_utf8(pair).ok());
        pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
    };
    let place = value("DEVPATH")?;
    // What leads out of the tree is no place in it.
    let inside = place.starts_with("/devices/") && !place.split('/').any(|part| part == "..");
    inside.then_some((place, value("ACTION")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_messages_are_read() {
        let text = b"add@/devices/x\0ACTION=add\0DEVPATH=/devices/x\0SUBSYSTEM=net\0";
        let expected = Some(("/devices/x".to_owned(), "add".to_owned()));
        assert_eq!(read(text), expected);
        let mut udev = b"libudev\0".to_vec();
        udev.extend(0xfeed_cafe_u32.to_be_bytes());
        udev.extend([40_u32, 40, 32].iter().flat_map(|number| number.to_ne_bytes()));
        udev.resize(40, 0);
        udev.extend(b"ACTION=add\0DEVPATH=/devices/x\0xx\0\0");
        assert_eq!(read(&udev), expected);
    }

    #[test]
    fn no_message_is_trusted() {
        for message in [&b""[..], b"libudev\0", b"ACTION=add\0", b"ACTION=add\0DEVPATH=/devices/../../etc\0"]
        {
            assert_eq!(read(message), None);
        }
        let mut far = b"libudev\0".to_vec();
        far.extend([0xff; 32]);
        assert_eq!(read(&far), None);
    }
}
