//! Secrets, as a caller holds them.

use crate::flags::not_negative;
use crate::object::object;
use crate::object_events::ObjectEvents;
use crate::{CallbackId, Connection, Listener};
use ferrovirt_core::abi::VIR_SECRET_EVENT_ID_LAST;
use ferrovirt_core::driver::SecretDriver;
use ferrovirt_core::event::EventObject;
use ferrovirt_core::{Event, Result, SecretId};
use uuid::Uuid;

object! {
    /// A secret: a passphrase or key that other objects refer to. Cloning shares the handle.
    Secret keyed SecretId, served by secret: SecretDriver
}

impl Connection {
    /// The secrets there are; `flags` are `VIR_CONNECT_LIST_SECRETS_*`, 0 for all.
    pub fn list_all_secrets(&self, flags: u32) -> Result<Vec<Secret>> {
        Ok(Secret::all(self, self.drivers().secret.connect_list_all_secrets(flags)?))
    }

    /// The UUIDs of the secrets: they have no other name.
    pub fn list_secrets(&self) -> Result<Vec<String>> {
        let ids = self.drivers().secret.connect_list_all_secrets(0)?;
        Ok(ids.iter().map(|id| id.uuid.to_string()).collect())
    }

    pub fn lookup_secret_by_uuid(&self, uuid: Uuid) -> Result<Secret> {
        self.drivers().secret.secret_lookup_by_uuid(uuid).map(|id| Secret::new(self, id))
    }

    /// The secret for this use; `usage_type` is a `virSecretUsageType`.
    pub fn lookup_secret_by_usage(&self, usage_type: i32, usage_id: &str) -> Result<Secret> {
        self.drivers().secret.secret_lookup_by_usage(usage_type, usage_id).map(|id| Secret::new(self, id))
    }

    /// Makes a secret, without a value yet, or changes the description of the one with the same UUID.
    pub fn define_secret(&self, xml: &str, flags: u32) -> Result<Secret> {
        self.drivers().secret.secret_define_xml(xml, flags).map(|id| Secret::new(self, id))
    }

    /// Tells `listener` of every event of one kind (`virSecretEventID`), of all secrets or of one.
    pub fn register_secret_event(
        &self,
        secret: Option<&Secret>,
        event_id: i32,
        listener: Listener,
    ) -> Result<CallbackId> {
        let events = ObjectEvents {
            family: "secret",
            event_id,
            end: VIR_SECRET_EVENT_ID_LAST,
            object: secret.map(|secret| (secret.connection(), EventObject::Secret(secret.id().clone()))),
            hub: || self.drivers().secret.secret_events(),
        };
        let wanted = secret.map(Secret::uuid);
        let filter = move |event: &Event| match event {
            Event::Secret { secret, kind } => {
                kind.id() == event_id && wanted.is_none_or(|wanted| wanted == secret.uuid)
            }
            _ => false,
        };
        events.register(self, Box::new(filter), listener)
    }

    pub fn deregister_secret_event(&self, id: CallbackId) -> Result<()> {
        not_negative(id, "callbackID")?;
        self.drivers().secret.secret_events()?;
        self.events().deregister(id)
    }
}

impl Secret {
    pub fn uuid(&self) -> Uuid {
        self.id().uuid
    }

    /// What kind of object uses the secret: a `virSecretUsageType`.
    pub fn usage_type(&self) -> i32 {
        self.id().usage_type
    }

    /// Which object of that kind uses it.
    pub fn usage_id(&self) -> &str {
        &self.id().usage_id
    }

    pub fn xml_desc(&self, flags: u32) -> Result<String> {
        self.driver().secret_get_xml_desc(self.id(), flags)
    }

    pub fn set_value(&self, value: &[u8], flags: u32) -> Result<()> {
        self.driver().secret_set_value(self.id(), value, flags)
    }

    /// The value; refused where the secret is private.
    pub fn value(&self, flags: u32) -> Result<Vec<u8>> {
        self.driver().secret_get_value(self.id(), flags)
    }

    pub fn undefine(&self) -> Result<()> {
        self.driver().secret_undefine(self.id())
    }
}
