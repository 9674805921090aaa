//! The bindings: which filter is at work on which port device.

use ferrovirt_conf::nwfilter::NwFilterBinding;
use ferrovirt_core::{Error, ErrorCode, NwFilterBindingId, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Those that were found when the driver was opened, by port device. There are no new ones until rules can be put to
/// work: a binding that does nothing would be a false promise of safety.
pub struct Bindings(BTreeMap<String, Arc<NwFilterBinding>>);

impl Bindings {
    pub fn new(found: Vec<NwFilterBinding>) -> Self {
        Self(found.into_iter().map(|binding| (binding.port_dev.clone(), Arc::new(binding))).collect())
    }

    pub fn all(&self) -> Vec<Arc<NwFilterBinding>> {
        self.0.values().cloned().collect()
    }

    pub fn find(&self, port_dev: &str) -> Result<Arc<NwFilterBinding>> {
        self.0.get(port_dev).cloned().ok_or_else(|| {
            let detail = format!("no nwfilter binding for port dev '{port_dev}'");
            Error::new(ErrorCode::NoNwfilterBinding, detail)
        })
    }
}

/// What a handle to it carries.
pub fn id(binding: &NwFilterBinding) -> NwFilterBindingId {
    NwFilterBindingId {
        port_dev: binding.port_dev.as_str().into(),
        filter_name: binding.filter.filter.as_str().into(),
    }
}
