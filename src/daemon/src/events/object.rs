//! Events of networks, pools, node devices and secrets, and what QEMU's monitors tell.

use super::Teller;
use ferrovirt_core::event::{Event, NetworkEventKind, ObjectEventKind};
use ferrovirt_rpc::program::qemu::QemuDomainMonitorEvent;
use ferrovirt_rpc::program::remote::*;
use std::sync::Arc;
use uuid::Uuid;

/// Tells of events of networks; `event_id` is a `virNetworkEventID`.
pub fn network_filter(event_id: i32, wanted: Option<Uuid>) -> Teller {
    Box::new(move |client, callback_id, event| {
        let Event::Network { network, kind } = event else { return };
        if kind.id() != event_id || wanted.is_some_and(|uuid| uuid != network.uuid) {
            return;
        }
        let net = network.clone();
        match kind.clone() {
            NetworkEventKind::Lifecycle { event, detail } => {
                client.send_event(&NetworkEventLifecycle { callback_id, net, event, detail });
            }
            NetworkEventKind::MetadataChange { kind, uri: nsuri } => {
                client.send_event(&NetworkEventCallbackMetadataChange { callback_id, net, kind, nsuri });
            }
        }
    })
}

/// The three families whose objects have a life cycle and one other event.
macro_rules! filters {
    ($(
        $(#[$doc:meta])*
        $name:ident: $event:ident { $object:ident by $key:ident: $key_ty:ty },
        $lifecycle:ident, $changed:ident, as $field:ident;
    )*) => {$(
        $(#[$doc])*
        pub fn $name(event_id: i32, wanted: Option<$key_ty>) -> Teller {
            Box::new(move |client, callback_id, event| {
                let Event::$event { $object, kind } = event else { return };
                if kind.id() != event_id || wanted.as_ref().is_some_and(|wanted| *wanted != $object.$key) {
                    return;
                }
                let $field = $object.clone();
                match *kind {
                    ObjectEventKind::Lifecycle { event, detail } => {
                        client.send_event(&$lifecycle { callback_id, $field, event, detail });
                    }
                    ObjectEventKind::Changed => client.send_event(&$changed { callback_id, $field }),
                }
            })
        }
    )*};
}

filters! {
    /// Tells of events of storage pools; `event_id` is a `virStoragePoolEventID`.
    storage_pool_filter: StoragePool { pool by uuid: Uuid },
        StoragePoolEventLifecycle, StoragePoolEventRefresh, as pool;
    /// Tells of events of node devices; `event_id` is a `virNodeDeviceEventID`.
    node_device_filter: NodeDevice { device by name: Arc<str> },
        NodeDeviceEventLifecycle, NodeDeviceEventUpdate, as dev;
    /// Tells of events of secrets; `event_id` is a `virSecretEventID`.
    secret_filter: Secret { secret by uuid: Uuid },
        SecretEventLifecycle, SecretEventValueChanged, as secret;
}

/// Tells of events of QEMU's monitors whose names match.
pub fn qemu_monitor_filter(matches: ferrovirt::MonitorEventFilter, wanted: Option<Uuid>) -> Teller {
    Box::new(move |client, callback_id, event| {
        let Event::QemuMonitor(event) = event else { return };
        if !matches(&event.event) || wanted.is_some_and(|uuid| uuid != event.domain.uuid) {
            return;
        }
        client.send_event(&QemuDomainMonitorEvent {
            callback_id,
            dom: event.domain.clone(),
            event: event.event.clone(),
            seconds: event.seconds,
            micros: event.micros,
            details: event.details.clone(),
        });
    })
}
