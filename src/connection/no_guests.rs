//! The hypervisor of a connection that has none: `secret:///…`, `nwfilter:///…` and their like serve one subject.

use ferrovirt_core::Result;
use ferrovirt_core::driver::*;

/// Runs no guests; says what the connection is.
pub(super) struct NoGuests {
    /// The name of the subject's driver.
    pub kind: &'static str,
}

impl HostDriver for NoGuests {
    fn connect_get_type(&self) -> Result<String> {
        Ok(self.kind.to_owned())
    }

    fn connect_is_alive(&self) -> Result<bool> {
        Ok(true)
    }

    fn connect_is_encrypted(&self) -> Result<bool> {
        Ok(false)
    }

    /// Nothing leaves this process.
    fn connect_is_secure(&self) -> Result<bool> {
        Ok(true)
    }
}

impl DomainLookup for NoGuests {}
impl DomainLifecycle for NoGuests {}
impl DomainConfig for NoGuests {}
impl DomainTuning for NoGuests {}
impl DomainStats for NoGuests {}
impl DomainDevices for NoGuests {}
impl DomainBlock for NoGuests {}
impl DomainJobs for NoGuests {}
impl DomainMigration for NoGuests {}
impl DomainGuest for NoGuests {}
impl DomainConsole for NoGuests {}
impl SnapshotDriver for NoGuests {}
impl CheckpointDriver for NoGuests {}
impl QemuExtension for NoGuests {}
impl LxcExtension for NoGuests {}
impl NodeDeviceAssignment for NoGuests {}
