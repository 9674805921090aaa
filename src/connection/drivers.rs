//! The drivers that serve one connection, one a subject.

use ferrovirt_core::driver::{
    HypervisorDriver, InterfaceDriver, NetworkDriver, NodeDeviceDriver, NwFilterDriver, ReadOnly,
    SecretDriver, StorageDriver,
};
use std::sync::Arc;

/// A connection's drivers. A subject that nobody serves has [`Unsupported`], which answers so to everything.
#[derive(Clone)]
pub struct Drivers {
    pub hypervisor: Arc<dyn HypervisorDriver>,
    pub network: Arc<dyn NetworkDriver>,
    pub interface: Arc<dyn InterfaceDriver>,
    pub nodedev: Arc<dyn NodeDeviceDriver>,
    pub nwfilter: Arc<dyn NwFilterDriver>,
    pub secret: Arc<dyn SecretDriver>,
    pub storage: Arc<dyn StorageDriver>,
}

/// The driver of a subject that the connection does not have.
struct Unsupported;

impl NetworkDriver for Unsupported {}
impl InterfaceDriver for Unsupported {}
impl NodeDeviceDriver for Unsupported {}
impl NwFilterDriver for Unsupported {}
impl SecretDriver for Unsupported {}
impl StorageDriver for Unsupported {}

impl Drivers {
    /// The drivers of a connection that only runs guests; an opener adds what else it has.
    pub fn hypervisor_only(hypervisor: Arc<dyn HypervisorDriver>) -> Self {
        let none = Arc::new(Unsupported);
        Self {
            hypervisor,
            network: none.clone(),
            interface: none.clone(),
            nodedev: none.clone(),
            nwfilter: none.clone(),
            secret: none.clone(),
            storage: none,
        }
    }

    /// The same drivers, which refuse whatever changes something.
    pub(super) fn read_only(self) -> Self {
        Self {
            hypervisor: Arc::new(ReadOnly(self.hypervisor)),
            network: Arc::new(ReadOnly(self.network)),
            interface: Arc::new(ReadOnly(self.interface)),
            nodedev: Arc::new(ReadOnly(self.nodedev)),
            nwfilter: Arc::new(ReadOnly(self.nwfilter)),
            secret: Arc::new(ReadOnly(self.secret)),
            storage: Arc::new(ReadOnly(self.storage)),
        }
    }

    /// Takes the driver of a subject, by its name in URIs, from others.
    pub(super) fn take(&mut self, subject: &str, from: Self) {
        match subject {
            "interface" => self.interface = from.interface,
            "network" => self.network = from.network,
            "nodedev" => self.nodedev = from.nodedev,
            "nwfilter" => self.nwfilter = from.nwfilter,
            "secret" => self.secret = from.secret,
            "storage" => self.storage = from.storage,
            _ => self.hypervisor = from.hypervisor,
        }
    }
}
