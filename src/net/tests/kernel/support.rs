//! A fresh network namespace for a test, the second tools that look at it, and frames to send through it.

use std::os::fd::AsFd;
use std::process::Command;
use std::time::Duration;

use ferrovirt_net::tap::{self, Tap, TapOptions};
use ferrovirt_net::{MacAddr, Netlink, link};
use netlink_packet_core::NetlinkBuffer;
use netlink_sys::Socket;
use netlink_sys::protocols::NETLINK_ROUTE;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use serde_json::Value;

/// Runs a test on a thread of its own in a network namespace of its own, without IPv6's chatter.
pub fn in_namespace(test: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            if let Err(errno) = enter_new_namespace() {
                eprintln!("SKIPPED: a network namespace of its own needs CAP_SYS_ADMIN: {errno}");
                return;
            }
            std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1").unwrap();
            test();
        });
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

// The safe form is deprecated for what unsharing the *file* table may do; here it is only the network.
#[expect(deprecated)]
fn enter_new_namespace() -> Result<(), Errno> {
    rustix::thread::unshare(rustix::thread::UnshareFlags::NEWNET)
}

/// Runs a tool in this thread's namespace and returns what it prints.
pub fn run(command: &str) -> String {
    let mut words = command.split_whitespace();
    let output = Command::new(words.next().unwrap()).args(words).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a tool that prints JSON.
pub fn json(command: &str) -> Value {
    let text = run(command);
    if text.trim().is_empty() { Value::Array(Vec::new()) } else { serde_json::from_str(&text).unwrap() }
}

/// What iproute2 sees of one interface.
pub fn ip_link(name: &str) -> Value {
    json(&format!("ip -j -d link show dev {name}"))[0].clone()
}

/// The names of all interfaces but the loopback, as iproute2 sees them.
pub fn ip_names() -> Vec<String> {
    let links = json("ip -j link show");
    let names = links.as_array().unwrap().iter().map(|l| l["ifname"].as_str().unwrap().to_owned());
    names.filter(|name| name != "lo").collect()
}

/// The entries that a bridge has for a MAC, as iproute2 sees them: port and state (`static`, `permanent`, empty for learned).
pub fn fdb(bridge: &str, mac: &str) -> Vec<(String, String)> {
    let entries = json(&format!("bridge -j fdb show br {bridge}"));
    let entries = entries.as_array().unwrap().iter().filter(|e| e["mac"] == mac && e["master"] == bridge);
    entries
        .map(|e| (e["ifname"].as_str().unwrap().to_owned(), e["state"].as_str().unwrap_or("").to_owned()))
        .collect()
}

/// A tap whose frames the test reads and writes, without headers before the frame.
pub fn plain_tap(netlink: &Netlink, name: &str) -> Tap {
    tap::create(netlink, &TapOptions { vnet_hdr: false, ..TapOptions::new(name) }).unwrap()
}

/// A tap in a bridge, with the kernel's own flags, switched on.
pub fn uplink(netlink: &Netlink, name: &str, bridge: &str) -> Tap {
    let tap = plain_tap(netlink, name);
    let bridge = link::find(netlink, bridge).unwrap().index;
    link::set_master(netlink, tap.index, Some(bridge)).unwrap();
    link::set_up(netlink, tap.index, true).unwrap();
    tap
}

/// A small Ethernet frame; `mark` tells it from others.
pub fn frame(to: MacAddr, from: MacAddr, mark: u8) -> Vec<u8> {
    let mut bytes = [to.0, from.0].concat();
    bytes.extend([0x88, 0xb5]); // an EtherType for experiments
    bytes.resize(60, mark);
    bytes
}

/// Sends a frame into a tap, as its guest would.
pub fn send(tap: &Tap, frame: &[u8]) {
    assert_eq!(rustix::io::write(&tap.queues[0], frame).unwrap(), frame.len());
}

/// Whether this very frame comes out of a tap within `patience`; others are passed over.
pub fn receives(tap: &Tap, wanted: &[u8], patience: Duration) -> bool {
    let deadline = std::time::Instant::now() + patience;
    loop {
        let mut buffer = [0; 2048];
        match rustix::io::read(&tap.queues[0], &mut buffer) {
            Ok(length) if &buffer[..length] == wanted => return true,
            Ok(_) => {}
            Err(Errno::AGAIN) => {
                let left = deadline.saturating_duration_since(std::time::Instant::now());
                if left.is_zero() || !readable(&tap.queues[0], left) {
                    return false;
                }
            }
            Err(errno) => panic!("{errno}"),
        }
    }
}

fn readable(fd: &impl AsFd, patience: Duration) -> bool {
    let timeout = Timespec::try_from(patience).unwrap();
    poll(&mut [PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::IN)], Some(&timeout)).unwrap() > 0
}

/// Closes a tap and waits until the kernel tells that its interface is gone. It may take a moment: a process that
/// another test is just starting has a copy of every descriptor until it runs its program.
pub fn close_and_wait(tap: Tap) {
    const RTNLGRP_LINK: u32 = 1;
    const RTM_DELLINK: u16 = 17;
    let mut socket = Socket::new(NETLINK_ROUTE).unwrap();
    socket.bind_auto().unwrap();
    socket.add_membership(RTNLGRP_LINK).unwrap();
    let index = tap.index.to_ne_bytes();
    drop(tap);
    loop {
        assert!(readable(&socket, Duration::from_secs(60)), "the tap outlives its descriptors");
        let (datagram, _) = socket.recv_from_full().unwrap();
        let message = NetlinkBuffer::new(&datagram[..]);
        if message.message_type() == RTM_DELLINK && message.payload()[4..8] == index {
            return;
        }
    }
}
