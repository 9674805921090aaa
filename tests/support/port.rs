//! A TCP port for a program that has to be told a number.

use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket, sockopt};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;

/// A port of the loopback's that nobody gets by chance while this lives. It is bound, and not listened on: who asks for
/// just this number, and allows others on it as servers do (`SO_REUSEADDR`), gets it all the same.
pub struct Port {
    pub number: u16,
    _bound: OwnedFd,
}

impl Port {
    pub fn reserve() -> Self {
        let bound = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
        sockopt::set_socket_reuseaddr(&bound, true).expect("an option");
        bind(&bound, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a free port");
        let address = SocketAddr::try_from(getsockname(&bound).expect("an address")).expect("of IP");
        Self { number: address.port(), _bound: bound }
    }
}
