//! A hypervisor that can do nothing: what tests of the checks before any driver run on.

use super::{AccessMode, Connection, Drivers};
use crate::Domain;
use ferrovirt_core::DomainId;
use ferrovirt_core::driver::*;
use std::sync::Arc;
use uuid::Uuid;

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

/// A connection to it.
pub(crate) fn test_connection() -> Connection {
    test_connection_to(Arc::new(Idle), AccessMode::ReadWrite)
}

/// A connection to a hypervisor of the test's own.
pub(crate) fn test_connection_to(hypervisor: Arc<dyn HypervisorDriver>, access: AccessMode) -> Connection {
    Connection::new("idle:///".into(), access, Drivers::hypervisor_only(hypervisor))
}

/// A domain on a connection to the hypervisor that can do nothing: whatever passes the checks ends in
/// `VIR_ERR_NO_SUPPORT`.
pub(crate) fn test_domain(access: AccessMode) -> Domain {
    let connection = test_connection_to(Arc::new(Idle), access);
    Domain::new(&connection, DomainId { name: "idle".into(), uuid: Uuid::nil(), id: -1 })
}
