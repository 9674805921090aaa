//! A hypervisor that can do nothing: what tests of the checks before any driver run on.

use super::{AccessMode, Connection, Drivers};
use ferrovirt_core::driver::*;
use std::sync::Arc;

struct Idle;

impl HostDriver for Idle {}
impl DomainLookup for Idle {}
impl DomainLifecycle for Idle {}
impl DomainConfig for Idle {}
impl DomainTuning for Idle {}
impl DomainStats for Idle {}
impl DomainDevices for Idle {}
impl DomainBlock for Idle {}
impl DomainJobs for Idle {}
impl DomainMigration for Idle {}
impl DomainGuest for Idle {}
impl DomainConsole for Idle {}
impl SnapshotDriver for Idle {}
impl CheckpointDriver for Idle {}
impl QemuExtension for Idle {}
impl LxcExtension for Idle {}
impl NodeDeviceAssignment for Idle {}

/// A connection to it, at `idle:///`.
pub(crate) fn test_connection() -> Connection {
    let drivers = Drivers::hypervisor_only(Arc::new(Idle));
    Connection::new("idle:///".into(), AccessMode::ReadWrite, drivers)
}

/// A connection to a hypervisor of the test's own.
pub(crate) fn test_connection_to(hypervisor: Arc<dyn HypervisorDriver>, access: AccessMode) -> Connection {
    Connection::new("test:///".into(), access, Drivers::hypervisor_only(hypervisor))
}
