//! Where a host's state lives: libvirt's folders, under `/` for the system, under the home for a session, under
//! the given root for an embedded driver.

use std::path::{Path, PathBuf};

/// The folders of one installation of drivers. Drivers append their own names to them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Definitions: `/etc/libvirt`.
    pub config: PathBuf,
    /// What a reboot may forget: `/run/libvirt`.
    pub state: PathBuf,
    /// What can be made again: `/var/cache/libvirt`.
    pub cache: PathBuf,
    /// What must be kept: `/var/lib/libvirt`.
    pub lib: PathBuf,
    /// `/var/log/libvirt`.
    pub log: PathBuf,
}

impl Layout {
    /// The folders of the one system-wide installation.
    pub fn system() -> Self {
        Self {
            config: "/etc/libvirt".into(),
            state: "/run/libvirt".into(),
            cache: "/var/cache/libvirt".into(),
            lib: "/var/lib/libvirt".into(),
            log: "/var/log/libvirt".into(),
        }
    }

    /// The folders of one user's installation, below those that the user has for configuration, caches and what lives
    /// as long as the login.
    pub fn session(config: &Path, cache: &Path, runtime: &Path) -> Self {
        let (config, cache) = (config.join("libvirt"), cache.join("libvirt"));
        Self {
            lib: config.join("lib"),
            config,
            state: runtime.join("libvirt"),
            log: cache.join("log"),
            cache,
        }
    }

    /// The folders of an embedded driver: all below `root`.
    pub fn embedded(root: &Path) -> Self {
        Self {
            config: root.join("etc"),
            state: root.join("run"),
            cache: root.join("cache"),
            lib: root.join("lib"),
            log: root.join("log"),
        }
    }
}
