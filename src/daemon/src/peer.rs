//! Who is at the other end of a socket.

use nix::unistd::{Gid, Group, Uid, User};
use std::os::fd::AsFd;

/// The process that connected, as the kernel knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    pub user: u32,
    pub group: u32,
    pub process: i32,
}

impl Peer {
    /// The peer of a UNIX socket.
    pub fn of(socket: impl AsFd) -> Option<Self> {
        let credentials = rustix::net::sockopt::socket_peercred(socket).ok()?;
        Some(Self {
            user: credentials.uid.as_raw(),
            group: credentials.gid.as_raw(),
            process: credentials.pid.as_raw_nonzero().get(),
        })
    }

    /// The user's name, if it has one.
    pub fn user_name(&self) -> Option<String> {
        User::from_uid(Uid::from_raw(self.user)).ok().flatten().map(|user| user.name)
    }

    /// The group's name, if it has one.
    pub fn group_name(&self) -> Option<String> {
        Group::from_gid(Gid::from_raw(self.group)).ok().flatten().map(|group| group.name)
    }
}
