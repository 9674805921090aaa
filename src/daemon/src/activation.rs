//! What systemd does for a daemon: it hands over sockets that listen already, and wants to know when clients can come.
#![allow(unsafe_code)]

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::atomic::{AtomicBool, Ordering};

/// The first descriptor that is handed over.
const FIRST: RawFd = 3;

/// A socket that was handed over, with the name that its unit has for it.
#[derive(Debug)]
pub struct Handed {
    pub name: String,
    pub socket: OwnedFd,
}

/// The sockets that were handed over to this process. They can be had once.
pub fn handed_over() -> Vec<Handed> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    let text = |name: &str| std::env::var(name).unwrap_or_default();
    let ours = text("LISTEN_PID").parse() == Ok(std::process::id());
    if !ours || TAKEN.swap(true, Ordering::SeqCst) {
        return Vec::new();
    }
    let count = text("LISTEN_FDS").parse::<u16>().unwrap_or(0);
    let names = text("LISTEN_FDNAMES");
    let mut names = names.split(':').map(str::to_owned);
    let sockets = (FIRST..FIRST + RawFd::from(count)).map(|number| {
        // SAFETY: whoever started this process opened these descriptors for it, and nobody else takes them: the flag
        // above lets this happen once, and it happens before the process has opened any of its own.
        let socket = unsafe { OwnedFd::from_raw_fd(number) };
        Handed { name: names.next().unwrap_or_default(), socket }
    });
    sockets.filter(keep_from_children).collect()
}

/// One that is not open after all is left out.
fn keep_from_children(handed: &Handed) -> bool {
    fcntl_getfd(&handed.socket)
        .and_then(|flags| fcntl_setfd(&handed.socket, flags | FdFlags::CLOEXEC))
        .is_ok()
}

/// Tells who started us how things stand, such as `READY=1`.
pub fn notify(state: &str) {
    let Some(path) = std::env::var("NOTIFY_SOCKET").ok().filter(|path| !path.is_empty()) else { return };
    let address = match path.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(&path),
    };
    let sent = address.and_then(|address| UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address));
    if let Err(err) = sent {
        tracing::warn!(%err, path, state, "whoever started the daemon can't be told how it stands");
    }
}
