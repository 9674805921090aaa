//! The subjects that this hypervisor has nothing to say to.

use crate::driver::TestDriver;
use ferrovirt_core::driver::{DomainMigration, LxcExtension, NodeDeviceAssignment, QemuExtension};

impl LxcExtension for TestDriver {}
impl NodeDeviceAssignment for TestDriver {}
impl QemuExtension for TestDriver {}

impl DomainMigration for TestDriver {}
