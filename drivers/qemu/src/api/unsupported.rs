//! The subjects of which this driver does nothing yet.

use crate::driver::QemuDriver;
use ferrovirt_core::driver::{
    CheckpointDriver, DomainBlock, DomainGuest, DomainJobs, DomainMigration, LxcExtension,
    NodeDeviceAssignment, SnapshotDriver,
};

impl CheckpointDriver for QemuDriver {}
impl DomainBlock for QemuDriver {}
impl DomainGuest for QemuDriver {}
impl DomainJobs for QemuDriver {}
impl DomainMigration for QemuDriver {}
impl LxcExtension for QemuDriver {}
impl NodeDeviceAssignment for QemuDriver {}
impl SnapshotDriver for QemuDriver {}
