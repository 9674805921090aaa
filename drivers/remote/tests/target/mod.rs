//! What the tests connect to.
#![allow(dead_code)]

use super::common::Daemon;
use ferrovirt_driver_remote::{Target, Way};

/// `uri` as the daemon shall open it, over its socket.
pub fn target(daemon: &Daemon, uri: &str) -> Target {
    over(Way::Unix { socket: daemon.socket("libvirt-sock"), daemon: None }, uri)
}

/// The same, over another way.
pub fn over(way: Way, uri: &str) -> Target {
    Target {
        asked: None,
        uri: uri.into(),
        way,
        read_only: false,
        host: None,
        login: None,
        auth_file: None,
        authenticator: None,
        reconnect: false,
        on_behalf: None,
    }
}
