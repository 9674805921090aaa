//! The secrets as other drivers of the host have them, which use the values of private ones without telling anybody.

use crate::driver::SecretState;
use ferrovirt_core::driver::SecretDriver;
use ferrovirt_core::{ErrorDomain, Result, SecretId};
use std::sync::Arc;
use uuid::Uuid;

struct ForHost(Arc<SecretState>);

impl SecretState {
    /// What the drivers beside this one are given.
    pub fn for_host(self: &Arc<Self>) -> Arc<dyn SecretDriver> {
        Arc::new(ForHost(self.clone()))
    }
}

impl SecretDriver for ForHost {
    fn secret_lookup_by_uuid(&self, uuid: Uuid) -> Result<SecretId> {
        self.0.secret_lookup_by_uuid(uuid)
    }

    fn secret_lookup_by_usage(&self, usage_type: i32, usage_id: &str) -> Result<SecretId> {
        self.0.secret_lookup_by_usage(usage_type, usage_id)
    }

    fn secret_define_xml(&self, xml: &str, flags: u32) -> Result<SecretId> {
        self.0.secret_define_xml(xml, flags)
    }

    fn secret_set_value(&self, secret: &SecretId, value: &[u8], flags: u32) -> Result<()> {
        self.0.secret_set_value(secret, value, flags)
    }

    fn secret_get_value(&self, secret: &SecretId, _: u32) -> Result<Vec<u8>> {
        self.0.value(secret).map(|value| value.to_vec()).map_err(|err| err.or_domain(ErrorDomain::Secret))
    }

    fn secret_undefine(&self, secret: &SecretId) -> Result<()> {
        self.0.secret_undefine(secret)
    }
}
