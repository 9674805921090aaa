//! Events: what drivers announce, and the hub that hands them to every connection that listens.

mod domain;
mod hub;
mod interest;
mod qemu_monitor;

pub use domain::{DomainEvent, DomainEventKind, GraphicsAddress};
pub use hub::{EventHub, Subscription};
pub use interest::{EventObject, Interest, MonitorEvents};
pub use qemu_monitor::QemuMonitorEvent;

use crate::{NetworkId, NodeDeviceId, SecretId, StoragePoolId};

/// Something that happened to an object.
#[derive(Debug, Clone)]
pub enum Event {
    Domain(DomainEvent),
    Network { network: NetworkId, kind: NetworkEventKind },
    StoragePool { pool: StoragePoolId, kind: ObjectEventKind },
    NodeDevice { device: NodeDeviceId, kind: ObjectEventKind },
    Secret { secret: SecretId, kind: ObjectEventKind },
    QemuMonitor(QemuMonitorEvent),
}

/// What happened to a network (`virNetworkEventID`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkEventKind {
    Lifecycle { event: i32, detail: i32 },
    MetadataChange { kind: i32, uri: Option<String> },
}

impl NetworkEventKind {
    /// The event id under which clients register for it.
    pub fn id(&self) -> i32 {
        match self {
            Self::Lifecycle { .. } => 0,
            Self::MetadataChange { .. } => 1,
        }
    }
}

/// What happened to a pool, a node device or a secret: the three have the same two kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectEventKind {
    Lifecycle {
        event: i32,
        detail: i32,
    },
    /// A pool was refreshed, a device updated, a secret's value changed.
    Changed,
}

impl ObjectEventKind {
    /// The event id under which clients register for it.
    pub fn id(&self) -> i32 {
        match self {
            Self::Lifecycle { .. } => 0,
            Self::Changed => 1,
        }
    }
}
