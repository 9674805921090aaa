//! What a network card can do: its features, as the kernel's ethtool interface tells them.

#![allow(unsafe_code)]

use rustix::fd::OwnedFd;
use rustix::ioctl;
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use std::ffi::c_void;

use crate::error::{NetError, Result};

const SIOCETHTOOL: ioctl::Opcode = 0x8946;
const ETHTOOL_GFLAGS: u32 = 0x25;

/// Features that have a question of their own, in libvirt's order.
const SINGLE: &[(u32, &str)] =
    &[(0x14, "rx"), (0x16, "tx"), (0x18, "sg"), (0x1e, "tso"), (0x23, "gso"), (0x2b, "gro")];

/// Features that are bits of one answer.
const FLAGS: &[(u32, &str)] =
    &[(1 << 15, "lro"), (1 << 8, "rxvlan"), (1 << 7, "txvlan"), (1 << 27, "ntuple"), (1 << 28, "rxhash")];

/// `struct ethtool_value`
#[repr(C)]
#[derive(Clone, Copy)]
struct Value {
    command: u32,
    data: u32,
}

/// `struct ifreq`, of which the kernel follows the pointer.
#[repr(C)]
struct Request {
    name: [u8; 16],
    data: *mut c_void,
    _rest: [u8; 16],
}

/// The features of an interface that are switched on, by libvirt's names; none of one that does not know the question.
pub fn features(interface: &str) -> Result<Vec<&'static str>> {
    let failed = |errno| NetError::io("open a socket to ask for a card's features", errno);
    let socket = rustix::net::socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None);
    let socket = socket.map_err(failed)?;
    let has = |command: &u32| ask(&socket, interface, *command).is_some_and(|answer| answer > 0);
    let mut found: Vec<_> =
        SINGLE.iter().filter(|(command, _)| has(command)).map(|(_, name)| *name).collect();
    let flags = ask(&socket, interface, ETHTOOL_GFLAGS).unwrap_or(0);
    found.extend(FLAGS.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, name)| *name));
    Ok(found)
}

/// The answer to a question with a number; `None` if the interface has none.
fn ask(socket: &OwnedFd, interface: &str, command: u32) -> Option<u32> {
    let mut value = Value { command, data: 0 };
    let mut name = [0; 16];
    let bytes = interface.as_bytes();
    // The last byte ends the name.
    name[..15].get_mut(..bytes.len())?.copy_from_slice(bytes);
    let mut request = Request { name, data: (&raw mut value).cast(), _rest: [0; 16] };
    // SAFETY: SIOCETHTOOL reads one `struct ifreq`, of which `Request` has size and layout, and writes through its
    // pointer one `struct ethtool_value`, which is what these commands answer with and what `value` is; both live
    // until the call returns.
    let answer = unsafe { ioctl::ioctl(socket, ioctl::Updater::<SIOCETHTOOL, Request>::new(&mut request)) };
    answer.ok().map(|()| value.data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_has_the_kernels_layout() {
        assert_eq!(size_of::<Request>(), 40);
        assert_eq!(std::mem::offset_of!(Request, data), 16);
    }

    #[test]
    fn loopback_can_do_something_and_what_is_not_there_nothing() {
        assert!(features("lo").unwrap().contains(&"sg"));
        assert!(features("nosuchcard0").unwrap().is_empty());
        assert!(features("a name that is far too long").unwrap().is_empty());
    }
}
