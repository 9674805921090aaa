//! The driver's files and folders, where libvirt has them.

use ferrovirt_core::layout::Layout;
use std::path::PathBuf;
use uuid::Uuid;

/// The paths of one network driver.
#[derive(Debug, Clone)]
pub struct Paths {
    layout: Layout,
}

impl Paths {
    pub fn new(layout: Layout) -> Self {
        Self { layout }
    }

    /// Where the definitions are.
    pub fn definitions(&self) -> PathBuf {
        self.layout.config.join("qemu").join("networks")
    }

    pub fn definition(&self, name: &str) -> PathBuf {
        self.definitions().join(format!("{name}.xml"))
    }

    /// A link here starts the network with the driver.
    pub fn autostart_link(&self, name: &str) -> PathBuf {
        self.definitions().join("autostart").join(format!("{name}.xml"))
    }

    /// What is known of active networks.
    pub fn state(&self) -> PathBuf {
        self.layout.state.join("network")
    }

    /// Says that the autostart of this boot is done already.
    pub fn autostarted(&self) -> PathBuf {
        self.state().join("autostarted")
    }

    pub fn status(&self, name: &str) -> PathBuf {
        self.state().join(format!("{name}.xml"))
    }

    /// What is being put up or taken down: who finds it after a crash takes it down.
    pub fn pending(&self, name: &str) -> PathBuf {
        self.state().join(format!("{name}.pending"))
    }

    /// The number of the network's dnsmasq.
    pub fn pid_file(&self, name: &str) -> PathBuf {
        // A network called "driver" must not write over the driver's lock.
        let stem = if name == "driver" { "driver.dnsmasq" } else { name };
        self.state().join(format!("{stem}.pid"))
    }

    /// The ports that are plugged in.
    pub fn ports(&self, name: &str) -> PathBuf {
        self.state().join(name).join("ports")
    }

    pub fn port(&self, name: &str, port: Uuid) -> PathBuf {
        self.ports(name).join(format!("{port}.xml"))
    }

    /// The files of dnsmasq.
    pub fn dnsmasq(&self) -> PathBuf {
        self.layout.lib.join("dnsmasq")
    }

    pub fn dnsmasq_config(&self, name: &str) -> PathBuf {
        self.dnsmasq().join(format!("{name}.conf"))
    }

    /// Addresses kept for guests.
    pub fn dhcp_hosts(&self, name: &str) -> PathBuf {
        self.dnsmasq().join(format!("{name}.hostsfile"))
    }

    /// Names that DNS knows.
    pub fn dns_hosts(&self, name: &str) -> PathBuf {
        self.dnsmasq().join(format!("{name}.addnhosts"))
    }

    /// The leases that are out, kept by dnsmasq.
    pub fn leases(&self, name: &str) -> PathBuf {
        self.dnsmasq().join(format!("{name}.leases"))
    }

    /// The leases that libvirt's own helper notes, for networks that libvirt has started.
    pub fn foreign_leases(&self, bridge: &str) -> PathBuf {
        self.dnsmasq().join(format!("{bridge}.status"))
    }
}
