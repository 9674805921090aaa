//! The subjects that this hypervisor has nothing to say to.

use crate::driver::TestDriver;
use ferrovirt_core::Result;
use ferrovirt_core::driver::{DomainMigration, Feature, LxcExtension, NodeDeviceAssignment, QemuExtension};

impl LxcExtension for TestDriver {}
impl NodeDeviceAssignment for TestDriver {}
impl QemuExtension for TestDriver {}

impl DomainMigration for TestDriver {
    fn connect_supports_feature(&self, feature: Feature) -> Result<bool> {
        Ok(matches!(feature, Feature::TypedParamString | Feature::NetworkUpdateHasCorrectOrder))
    }
}
