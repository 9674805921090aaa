//! The drivers that serve one connection, one a subject.

use ferrovirt_core::Result;
use ferrovirt_core::driver::*;
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

/// The hypervisor of a connection that only leads to networks, pools or the like.
struct NoHypervisor(&'static str);

impl HostDriver for NoHypervisor {
    fn connect_get_type(&self) -> Result<String> {
        Ok(self.0.to_owned())
    }

    fn connect_is_alive(&self) -> Result<bool> {
        Ok(true)
    }

    fn connect_is_secure(&self) -> Result<bool> {
        Ok(true)
    }

    fn connect_is_encrypted(&self) -> Result<bool> {
        Ok(false)
    }
}

impl DomainLookup for NoHypervisor {}
impl DomainLifecycle for NoHypervisor {}
impl DomainConfig for NoHypervisor {}
impl DomainTuning for NoHypervisor {}
impl DomainStats for NoHypervisor {}
impl DomainDevices for NoHypervisor {}
impl DomainBlock for NoHypervisor {}
impl DomainJobs for NoHypervisor {}
impl DomainMigration for NoHypervisor {}
impl DomainGuest for NoHypervisor {}
impl DomainConsole for NoHypervisor {}
impl SnapshotDriver for NoHypervisor {}
impl CheckpointDriver for NoHypervisor {}
impl QemuExtension for NoHypervisor {}
impl LxcExtension for NoHypervisor {}
impl NodeDeviceAssignment for NoHypervisor {}

impl Drivers {
    /// The drivers of a connection that runs no guests; `kind` is what it calls its type.
    pub fn without_hypervisor(kind: &'static str) -> Self {
        Self::hypervisor_only(Arc::new(NoHypervisor(kind)))
    }

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
}
