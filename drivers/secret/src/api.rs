//! The driver as connections see it: flags are checked here, the work is done elsewhere.

use crate::driver::SecretState;
use crate::kept::Kept;
use ferrovirt_core::abi::{
    VIR_CONNECT_LIST_SECRETS_EPHEMERAL, VIR_CONNECT_LIST_SECRETS_NO_EPHEMERAL,
    VIR_CONNECT_LIST_SECRETS_NO_PRIVATE, VIR_CONNECT_LIST_SECRETS_PRIVATE, VIR_SECRET_DEFINE_VALIDATE,
};
use ferrovirt_core::driver::SecretDriver;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, EventHub, Result, SecretId};
use std::sync::Arc;
use uuid::Uuid;

const LIST_FLAGS: u32 = VIR_CONNECT_LIST_SECRETS_EPHEMERAL
    | VIR_CONNECT_LIST_SECRETS_NO_EPHEMERAL
    | VIR_CONNECT_LIST_SECRETS_PRIVATE
    | VIR_CONNECT_LIST_SECRETS_NO_PRIVATE;

/// Runs a call: flags that it does not know are refused, errors that come from below get the driver's domain.
fn call<T>(name: &str, flags: u32, known: u32, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let outcome = match flags & !known {
        0 => work(),
        unknown => Err(Error::invalid_arg(format!("unsupported flags (0x{unknown:x}) in {name}"))),
    };
    outcome.map_err(|err| err.or_domain(ErrorDomain::Secret))
}

/// Whether a secret is among those that `VIR_CONNECT_LIST_SECRETS_*` ask for: of each pair of flags one that holds, or
/// none of the pair.
fn is_listed(kept: &Kept, flags: u32) -> bool {
    let pairs = [
        (
            kept.model.is_ephemeral(),
            VIR_CONNECT_LIST_SECRETS_EPHEMERAL,
            VIR_CONNECT_LIST_SECRETS_NO_EPHEMERAL,
        ),
        (kept.model.is_private(), VIR_CONNECT_LIST_SECRETS_PRIVATE, VIR_CONNECT_LIST_SECRETS_NO_PRIVATE),
    ];
    pairs.iter().all(|(holds, yes, no)| flags & (yes | no) == 0 || flags & if *holds { yes } else { no } != 0)
}

impl SecretDriver for SecretState {
    fn connect_list_all_secrets(&self, flags: u32) -> Result<Vec<SecretId>> {
        call("virConnectListAllSecrets", flags, LIST_FLAGS, || {
            Ok(self.all().iter().filter(|kept| is_listed(kept, flags)).map(|kept| kept.model.id()).collect())
        })
    }

    fn secret_lookup_by_uuid(&self, uuid: Uuid) -> Result<SecretId> {
        call("virSecretLookupByUUID", 0, 0, || Ok(self.find(uuid)?.model.id()))
    }

    fn secret_lookup_by_usage(&self, usage_type: i32, usage_id: &str) -> Result<SecretId> {
        call("virSecretLookupByUsage", 0, 0, || match self.find_by_usage(usage_type, usage_id) {
            Some(kept) => Ok(kept.model.id()),
            None => {
                let detail = format!("no secret with matching usage '{usage_id}'");
                Err(Error::new(ErrorCode::NoSecret, detail))
            }
        })
    }

    fn secret_define_xml(&self, xml: &str, flags: u32) -> Result<SecretId> {
        call("virSecretDefineXML", flags, VIR_SECRET_DEFINE_VALIDATE, || {
            self.define(xml, flags & VIR_SECRET_DEFINE_VALIDATE != 0)
        })
    }

    fn secret_get_xml_desc(&self, secret: &SecretId, flags: u32) -> Result<String> {
        call("virSecretGetXMLDesc", flags, 0, || Ok(self.find(secret.uuid)?.model.to_xml()))
    }

    fn secret_set_value(&self, secret: &SecretId, value: &[u8], flags: u32) -> Result<()> {
        call("virSecretSetValue", flags, 0, || self.set_value(secret, value))
    }

    fn secret_get_value(&self, secret: &SecretId, flags: u32) -> Result<Vec<u8>> {
        call("virSecretGetValue", flags, 0, || Ok(self.value_for_caller(secret)?.to_vec()))
    }

    fn secret_undefine(&self, secret: &SecretId) -> Result<()> {
        call("virSecretUndefine", 0, 0, || self.undefine(secret))
    }

    fn secret_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.events.clone())
    }
}
