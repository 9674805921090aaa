//! Which UNIX socket a daemon listens at.

use super::wrong;
use crate::connection::address;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_driver_remote::Way;
use std::env;
use std::path::{Path, PathBuf};

/// Where the system's daemons listen. Another host's must be found by this name, too, so it is not '/run'.
const SYSTEM: &str = "/var/run/libvirt";
/// Where daemons are installed.
const PROGRAMS: &str = "/usr/sbin";

/// One daemon for everything, or one for each driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Auto,
    Legacy,
    Direct,
}

impl Mode {
    pub fn of(name: Option<&str>) -> Result<Option<Self>> {
        match name {
            None => Ok(None),
            Some("auto") => Ok(Some(Self::Auto)),
            Some("legacy") => Ok(Some(Self::Legacy)),
            Some("direct") => Ok(Some(Self::Direct)),
            Some(other) => {
                Err(wrong(format!("the mode '{other}' is unknown; there are 'auto', 'legacy' and 'direct'")))
            }
        }
    }
}

/// What the choice depends on.
pub(super) struct Sockets<'a> {
    pub driver: Option<&'a str>,
    /// The daemon is on this host.
    pub local: bool,
    /// The user's own daemon is meant, not the system's.
    pub own_daemon: bool,
    pub read_only: bool,
    /// The user's own daemon is started where it does not run.
    pub autostart: bool,
}

impl Sockets<'_> {
    /// The socket of this host's daemon, and the daemon that may be started.
    pub fn choose(&self, mode: Option<Mode>) -> Result<Way> {
        let (socket, program) = self.named(mode)?;
        let is_forbidden = env::var_os("LIBVIRT_AUTOSTART").is_some_and(|value| value == "0");
        let daemon = (self.autostart && !is_forbidden).then(|| daemon_program(&program));
        Ok(Way::Unix { socket, daemon })
    }

    /// The path of the socket, and the name of the program behind it.
    pub fn named(&self, mode: Option<Mode>) -> Result<(PathBuf, String)> {
        let legacy = (self.path("libvirt"), "libvirtd".to_owned());
        let direct = self.driver.map(|driver| format!("virt{driver}d"));
        let direct = direct.map(|daemon| (self.path(&daemon), daemon));
        match mode.unwrap_or(Mode::Auto) {
            Mode::Legacy => Ok(legacy),
            Mode::Direct if !self.local => {
                let detail =
                    "which daemon listens on another host can not be seen from here: leave out 'mode=direct'";
                Err(Error::new(ErrorCode::OperationUnsupported, detail).domain(ErrorDomain::Remote))
            }
            Mode::Direct => direct.ok_or_else(|| {
                let detail = "'direct' needs the name of a driver: give a URI, such as 'qemu:///system'";
                Error::new(ErrorCode::OperationUnsupported, detail).domain(ErrorDomain::Remote)
            }),
            Mode::Auto => Ok(match direct {
                Some((socket, daemon)) if self.local && socket.exists() => (socket, daemon),
                _ => legacy,
            }),
        }
    }

    fn path(&self, daemon: &str) -> PathBuf {
        if self.own_daemon {
            return address::user_runtime_directory().join(format!("{daemon}-sock"));
        }
        let kind = if self.read_only { "sock-ro" } else { "sock" };
        Path::new(SYSTEM).join(format!("{daemon}-{kind}"))
    }
}

/// The program to start: the one that the environment names, for tests and builds that are not installed, or the
/// installed one.
fn daemon_program(name: &str) -> PathBuf {
    let named = ["VIRTD_PATH", "LIBVIRTD_PATH"].into_iter().find_map(env::var_os);
    named.map_or_else(|| Path::new(PROGRAMS).join(name), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(sockets: &Sockets<'_>, mode: Mode) -> String {
        sockets.named(Some(mode)).unwrap().0.display().to_string()
    }

    #[test]
    fn sockets_are_named_after_the_daemon_and_what_may_be_done() {
        let mut sockets = Sockets {
            driver: Some("qemu"),
            local: true,
            own_daemon: false,
            read_only: false,
            autostart: false,
        };
        assert_eq!(path(&sockets, Mode::Legacy), "/var/run/libvirt/libvirt-sock");
        assert_eq!(path(&sockets, Mode::Direct), "/var/run/libvirt/virtqemud-sock");
        sockets.read_only = true;
        assert_eq!(path(&sockets, Mode::Direct), "/var/run/libvirt/virtqemud-sock-ro");
        sockets.own_daemon = true;
        assert!(path(&sockets, Mode::Direct).ends_with("/libvirt/virtqemud-sock"));
        sockets.driver = None;
        let err = sockets.named(Some(Mode::Direct)).unwrap_err();
        assert_eq!(err.code(), ErrorCode::OperationUnsupported);
    }
}
