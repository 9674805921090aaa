//! The keys by which drivers find their objects; plain values that a handle carries.

use std::sync::Arc;
use uuid::Uuid;

/// Names a domain. `id` is -1 while it is shut off, as far as the holder knows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DomainId {
    pub name: Arc<str>,
    pub uuid: Uuid,
    pub id: i32,
}

/// Names a virtual network.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NetworkId {
    pub name: Arc<str>,
    pub uuid: Uuid,
}

/// Names a port of a virtual network.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NetworkPortId {
    pub network: NetworkId,
    pub uuid: Uuid,
}

/// Names a host interface by name and MAC address (empty where the driver has none).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InterfaceId {
    pub name: Arc<str>,
    pub mac: Arc<str>,
}

/// Names a storage pool.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoragePoolId {
    pub name: Arc<str>,
    pub uuid: Uuid,
}

/// Names a storage volume: unique by key, or by name within its pool.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StorageVolId {
    pub pool: Arc<str>,
    pub name: Arc<str>,
    pub key: Arc<str>,
}

/// Names a node device; the parent's name is empty for the root of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NodeDeviceId {
    pub name: Arc<str>,
    pub parent: Arc<str>,
}

/// Names a secret by UUID, and by what it is used for (`virSecretUsageType` and the usage's id).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SecretId {
    pub uuid: Uuid,
    pub usage_type: i32,
    pub usage_id: Arc<str>,
}

/// Names a network filter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NwFilterId {
    pub name: Arc<str>,
    pub uuid: Uuid,
}

/// Names the binding of a filter to a network port device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NwFilterBindingId {
    pub port_dev: Arc<str>,
    pub filter_name: Arc<str>,
}

/// Names a snapshot of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DomainSnapshotId {
    pub domain: DomainId,
    pub name: Arc<str>,
}

/// Names a checkpoint of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DomainCheckpointId {
    pub domain: DomainId,
    pub name: Arc<str>,
}
