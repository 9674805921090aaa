//! Registering for events.

use super::On;
use crate::client::Client;
use crate::events::{
    Family, domain_filter, network_filter, node_device_filter, secret_filter, storage_pool_filter,
};
use ferrovirt_core::abi::{
    VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, VIR_DOMAIN_EVENT_ID_LAST, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
    VIR_NETWORK_EVENT_ID_LAST, VIR_NODE_DEVICE_EVENT_ID_LAST, VIR_SECRET_EVENT_ID_LAST,
    VIR_STORAGE_POOL_EVENT_ID_LAST,
};
use ferrovirt_core::event::{EventObject, Interest};
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::server::Dispatch;

const LIFECYCLE: i32 = VIR_DOMAIN_EVENT_ID_LIFECYCLE as i32;

pub(super) fn add(table: &mut Dispatch<Client>) {
    legacy(table);
    table.on(|client: &Client, call: ConnectDomainEventCallbackRegisterAny| {
        let on = On::the(client)?;
        known(call.event_id, VIR_DOMAIN_EVENT_ID_LAST)?;
        let interest = interest(call.event_id, call.dom.clone().map(EventObject::Domain));
        let hub = on.drivers().hypervisor.domain_events()?.narrow(&interest)?;
        let tell = domain_filter(call.event_id, call.dom.map(|domain| domain.uuid), false);
        client.events().add(client, Family::Domain, call.event_id, hub, tell)
    });
    table.on(|client: &Client, call: ConnectNetworkEventRegisterAny| {
        let on = On::the(client)?;
        known(call.event_id, VIR_NETWORK_EVENT_ID_LAST)?;
        let interest = interest(call.event_id, call.net.clone().map(EventObject::Network));
        let hub = on.drivers().network.network_events()?.narrow(&interest)?;
        let tell = network_filter(call.event_id, call.net.map(|net| net.uuid));
        client.events().add(client, Family::Network, call.event_id, hub, tell)
    });
    table.on(|client: &Client, call: ConnectStoragePoolEventRegisterAny| {
        let on = On::the(client)?;
        known(call.event_id, VIR_STORAGE_POOL_EVENT_ID_LAST)?;
        let interest = interest(call.event_id, call.pool.clone().map(EventObject::StoragePool));
        let hub = on.drivers().storage.storage_pool_events()?.narrow(&interest)?;
        let tell = storage_pool_filter(call.event_id, call.pool.map(|pool| pool.uuid));
        client.events().add(client, Family::StoragePool, call.event_id, hub, tell)
    });
    table.on(|client: &Client, call: ConnectNodeDeviceEventRegisterAny| {
        let on = On::the(client)?;
        known(call.event_id, VIR_NODE_DEVICE_EVENT_ID_LAST)?;
        let interest = interest(call.event_id, call.dev.clone().map(EventObject::NodeDevice));
        let hub = on.drivers().nodedev.node_device_events()?.narrow(&interest)?;
        let tell = node_device_filter(call.event_id, call.dev.map(|device| device.name));
        client.events().add(client, Family::NodeDevice, call.event_id, hub, tell)
    });
    table.on(|client: &Client, call: ConnectSecretEventRegisterAny| {
        let on = On::the(client)?;
        known(call.event_id, VIR_SECRET_EVENT_ID_LAST)?;
        let interest = interest(call.event_id, call.secret.clone().map(EventObject::Secret));
        let hub = on.drivers().secret.secret_events()?.narrow(&interest)?;
        let tell = secret_filter(call.event_id, call.secret.map(|secret| secret.uuid));
        client.events().add(client, Family::Secret, call.event_id, hub, tell)
    });
    deregister(table);
}

/// The calls whose registrations have no ids.
fn legacy(table: &mut Dispatch<Client>) {
    table.on(|client: &Client, _: ConnectDomainEventRegister| register_legacy(client, LIFECYCLE).map(|()| 1));
    table.on(|client: &Client, _: ConnectDomainEventDeregister| {
        On::the(client)?;
        client.events().remove_legacy(LIFECYCLE).map(|()| 0)
    });
    table.on(|client: &Client, call: ConnectDomainEventRegisterAny| register_legacy(client, call.event_id));
    table.on(|client: &Client, call: ConnectDomainEventDeregisterAny| {
        On::the(client)?;
        known(call.event_id, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED + 1)?;
        client.events().remove_legacy(call.event_id)
    });
}

fn register_legacy(client: &Client, event_id: i32) -> Result<()> {
    let on = On::the(client)?;
    // What came later has no message of the old kind.
    known(event_id, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED + 1)?;
    let hub = on.drivers().hypervisor.domain_events()?.narrow(&interest(event_id, None))?;
    client.events().add_legacy(client, event_id, hub, domain_filter(event_id, None, true))
}

fn deregister(table: &mut Dispatch<Client>) {
    fn end(client: &Client, family: Family, id: i32) -> Result<()> {
        On::the(client)?;
        client.events().remove(family, id)
    }
    table.on(|client: &Client, call: ConnectDomainEventCallbackDeregisterAny| {
        end(client, Family::Domain, call.callback_id)
    });
    table.on(|client: &Client, call: ConnectNetworkEventDeregisterAny| {
        end(client, Family::Network, call.callback_id)
    });
    table.on(|client: &Client, call: ConnectStoragePoolEventDeregisterAny| {
        end(client, Family::StoragePool, call.callback_id)
    });
    table.on(|client: &Client, call: ConnectNodeDeviceEventDeregisterAny| {
        end(client, Family::NodeDevice, call.callback_id)
    });
    table.on(|client: &Client, call: ConnectSecretEventDeregisterAny| {
        end(client, Family::Secret, call.callback_id)
    });
}

/// What to ask the driver for: one that is another daemon sends no more than that.
fn interest(event_id: i32, object: Option<EventObject>) -> Interest {
    Interest { event_id, object, monitor: None }
}

fn known(event_id: i32, end: u32) -> Result<()> {
    if u32::try_from(event_id).is_ok_and(|id| id < end) {
        return Ok(());
    }
    let last = end - 1;
    let detail = format!("unsupported event ID {event_id}: there are 0 to {last}");
    Err(Error::internal(detail).domain(ErrorDomain::Rpc))
}
