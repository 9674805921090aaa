//! Secrets: passphrases and keys that other objects refer to.

use crate::SecretId;
use crate::event::EventHub;
use std::sync::Arc;
use uuid::Uuid;

driver_trait! {
    /// Secrets: passphrases and keys that other objects refer to.
    pub trait SecretDriver in Secret {
        /// Which secrets there are; `flags` are `VIR_CONNECT_LIST_SECRETS_*`.
        fn connect_list_all_secrets(&self, flags: u32) -> Vec<SecretId> = "virConnectListAllSecrets";
        fn secret_lookup_by_uuid(&self, uuid: Uuid) -> SecretId = "virSecretLookupByUUID";
        /// The secret for this use; `usage_type` is a `virSecretUsageType`.
        fn secret_lookup_by_usage(&self, usage_type: i32, usage_id: &str) -> SecretId = "virSecretLookupByUsage";
        fn secret_define_xml(&self, xml: &str, flags: u32) -> SecretId = "virSecretDefineXML" writes;
        fn secret_get_xml_desc(&self, secret: &SecretId, flags: u32) -> String = "virSecretGetXMLDesc";
        fn secret_set_value(&self, secret: &SecretId, value: &[u8], flags: u32) -> () = "virSecretSetValue" writes;
        fn secret_get_value(&self, secret: &SecretId, flags: u32) -> Vec<u8> = "virSecretGetValue" writes;
        fn secret_undefine(&self, secret: &SecretId) -> () = "virSecretUndefine" writes;
        /// Where this driver's events come from.
        fn secret_events(&self) -> Arc<EventHub> = "virConnectSecretEventRegisterAny";
    }
}
