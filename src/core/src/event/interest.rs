//! What one listener wants to hear of, for sources that had better not send the rest.

use crate::{DomainId, NetworkId, NodeDeviceId, SecretId, StoragePoolId};
use std::fmt;

/// The events that a registration is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Interest {
    /// Of the family that the hub serves, such as `virDomainEventID`. Monitor events have none: it is 0.
    pub event_id: i32,
    /// The one object whose events are wanted; `None` for all.
    pub object: Option<EventObject>,
    /// Which of a monitor's events, as `virConnectDomainQemuMonitorEventRegister` is told it.
    pub monitor: Option<MonitorEvents>,
}

/// A monitor's events by name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct MonitorEvents {
    /// A name or a pattern; `None` for all.
    pub name: Option<String>,
    /// `VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_*`.
    pub flags: u32,
}

/// An object that has events.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EventObject {
    Domain(DomainId),
    Network(NetworkId),
    StoragePool(StoragePoolId),
    NodeDevice(NodeDeviceId),
    Secret(SecretId),
}

/// What tells it from others of its kind.
impl fmt::Display for EventObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(domain) => domain.uuid.fmt(f),
            Self::Network(network) => network.uuid.fmt(f),
            Self::StoragePool(pool) => pool.uuid.fmt(f),
            Self::NodeDevice(device) => f.write_str(&device.name),
            Self::Secret(secret) => secret.uuid.fmt(f),
        }
    }
}
