//! Where the driver's files are: libvirt's places.

use ferrovirt_core::layout::Layout;
use std::path::{Path, PathBuf};

/// The folders of one set of pools.
pub struct Paths {
    config: PathBuf,
    state: PathBuf,
}

impl Paths {
    pub fn new(layout: &Layout) -> Self {
        Self { config: layout.config.join("storage"), state: layout.state.join("storage") }
    }

    pub fn definitions(&self) -> &Path {
        &self.config
    }

    pub fn definition(&self, pool: &str) -> PathBuf {
        self.config.join(format!("{pool}.xml"))
    }

    pub fn autostart_link(&self, pool: &str) -> PathBuf {
        self.config.join("autostart").join(format!("{pool}.xml"))
    }

    pub fn state(&self) -> &Path {
        &self.state
    }

    /// There as long as the pool is active.
    pub fn status(&self, pool: &str) -> PathBuf {
        self.state.join(format!("{pool}.xml"))
    }

    /// There once this boot's pools have been started.
    pub fn autostarted(&self) -> PathBuf {
        self.state.join("autostarted")
    }
}
