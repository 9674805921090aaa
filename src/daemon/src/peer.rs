//! Who is at the other end of a socket.

use nix::unistd::{Gid, Group, Uid, User};
use std::os::fd::AsFd;

/// When a process started: the 22nd field, counted behind the name, which may have anything in it.
fn start_of(process: i32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    text.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// The process that connected, as the kernel knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    pub user: u32,
    pub group: u32,
    pub process: i32,
    /// When the process started, in the kernel's ticks; 0 if it is gone already.
    pub start: u64,
}

impl Peer {
    /// The peer of a UNIX socket.
    pub fn of(socket: impl AsFd) -> Option<Self> {
        let credentials = rustix::net::sockopt::socket_peercred(socket).ok()?;
        let process = credentials.pid.as_raw_nonzero().get();
        Some(Self {
            user: credentials.uid.as_raw(),
            group: credentials.gid.as_raw(),
            process,
            start: start_of(process).unwrap_or(0),
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
