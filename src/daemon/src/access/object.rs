//! What the authority is told of an object, under libvirt's names.

use ferrovirt::Connection;
use ferrovirt_core::abi::{
    VIR_SECRET_USAGE_TYPE_CEPH, VIR_SECRET_USAGE_TYPE_ISCSI, VIR_SECRET_USAGE_TYPE_VOLUME,
};
use ferrovirt_core::driver::DomainStatsRecord;
use ferrovirt_core::{
    DomainId, Error, ErrorCode, InterfaceId, NetworkId, NetworkPortId, NodeDeviceId, NwFilterBindingId,
    NwFilterId, Result, SecretId, StoragePoolId, StorageVolId,
};
use ferrovirt_rpc::procedure::Object;

/// What is known of the object that somebody wants something of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The driver of the connection's hypervisor.
    hypervisor: String,
    details: Vec<(&'static str, String)>,
}

/// Objects that say what they are.
pub trait Told {
    fn told(&self) -> Vec<(&'static str, String)>;
}

impl<T: Told> Told for &T {
    fn told(&self) -> Vec<(&'static str, String)> {
        (**self).told()
    }
}

macro_rules! told {
    ($($id:ident |$it:ident| [$($name:literal: $value:expr),*];)*) => {$(
        impl Told for $id {
            fn told(&self) -> Vec<(&'static str, String)> {
                let $it = self;
                vec![$(($name, $value.to_string())),*]
            }
        }
    )*};
}

told! {
    DomainId |id| ["domain_name": id.name, "domain_uuid": id.uuid];
    NetworkId |id| ["network_name": id.name, "network_uuid": id.uuid];
    NetworkPortId |id| ["network_name": id.network.name, "network_uuid": id.network.uuid, "port_uuid": id.uuid];
    StoragePoolId |id| ["pool_name": id.name, "pool_uuid": id.uuid];
    StorageVolId |id| ["pool_name": id.pool, "vol_name": id.name, "vol_key": id.key];
    NodeDeviceId |id| ["node_device_name": id.name];
    InterfaceId |id| ["interface_name": id.name, "interface_macaddr": id.mac];
    NwFilterId |id| ["nwfilter_name": id.name, "nwfilter_uuid": id.uuid];
    NwFilterBindingId |id| ["nwfilter_binding_portdev": id.port_dev, "nwfilter_binding_filter": id.filter_name];
}

impl Told for DomainStatsRecord {
    fn told(&self) -> Vec<(&'static str, String)> {
        self.domain.told()
    }
}

impl Told for SecretId {
    fn told(&self) -> Vec<(&'static str, String)> {
        let usage = match self.usage_type as u32 {
            VIR_SECRET_USAGE_TYPE_VOLUME => Some("secret_usage_volume"),
            VIR_SECRET_USAGE_TYPE_CEPH => Some("secret_usage_ceph"),
            VIR_SECRET_USAGE_TYPE_ISCSI => Some("secret_usage_target"),
            0 => None,
            _ => Some("secret_usage_name"),
        };
        let uuid = ("secret_uuid", self.uuid.to_string());
        [uuid].into_iter().chain(usage.map(|name| (name, self.usage_id.to_string()))).collect()
    }
}

impl Known {
    /// Nothing but the connection.
    pub fn connection(connection: &Connection) -> Result<Self> {
        Ok(Self { hypervisor: connection.driver_type()?, details: Vec::new() })
    }

    /// An object on the same connection.
    pub fn with(&self, details: Vec<(&'static str, String)>) -> Self {
        Self { hypervisor: self.hypervisor.clone(), details }
    }

    /// An object that a client has named. What it is really called the driver says.
    pub fn looked_up(connection: &Connection, object: &Object) -> Result<Self> {
        let details = match object {
            Object::Domain(uuid) => connection.lookup_domain_by_uuid(*uuid)?.id().told(),
            Object::Network(uuid) => connection.lookup_network_by_uuid(*uuid)?.id().told(),
            Object::NetworkPort(id) => {
                let network = connection.lookup_network_by_uuid(id.network.uuid)?;
                NetworkPortId { network: network.id().clone(), uuid: id.uuid }.told()
            }
            Object::StoragePool(uuid) => connection.lookup_storage_pool_by_uuid(*uuid)?.id().told(),
            Object::StorageVol(id) => volume(connection, id)?,
            Object::NodeDevice(name) => connection.lookup_node_device_by_name(name)?.id().told(),
            Object::Interface(id) => connection.lookup_interface_by_name(&id.name)?.id().told(),
            Object::NwFilter(uuid) => connection.lookup_nw_filter_by_uuid(*uuid)?.id().told(),
            Object::NwFilterBinding(id) => {
                connection.lookup_nw_filter_binding_by_port_dev(&id.port_dev)?.id().told()
            }
            Object::Secret(uuid) => connection.lookup_secret_by_uuid(*uuid)?.id().told(),
        };
        Ok(Self { details, ..Self::connection(connection)? })
    }

    /// What to tell about a permission of this kind.
    pub fn details(&self, kind: &str) -> Vec<(&'static str, String)> {
        let driver = driver(kind).unwrap_or(&self.hypervisor);
        let details = if kind == "connect" { &[] } else { &self.details[..] };
        [("connect_driver", driver.to_owned())].into_iter().chain(details.iter().cloned()).collect()
    }

    /// What people call the object.
    pub fn name(&self) -> String {
        let named = self.details.iter().rev().find(|(name, _)| name.ends_with("_name"));
        match named.or(self.details.first()) {
            Some((_, value)) => format!("'{value}'"),
            None => "this".to_owned(),
        }
    }
}

/// A volume that a client names by its pool, name and key: all of them must be the same one's.
fn volume(connection: &Connection, id: &StorageVolId) -> Result<Vec<(&'static str, String)>> {
    let pool = connection.lookup_storage_pool_by_name(&id.pool)?;
    let found = pool.lookup_volume_by_name(&id.name)?;
    if found.id().key != id.key {
        let detail = format!("'{}' in pool '{}' has not the key '{}'", id.name, id.pool, id.key);
        return Err(Error::new(ErrorCode::NoStorageVol, detail));
    }
    let uuid = ("pool_uuid", pool.uuid().to_string());
    Ok(found.id().told().into_iter().chain([uuid]).collect())
}

/// The driver of a kind of object, as libvirt calls it, where that is not the hypervisor's.
fn driver(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "network" | "network_port" => "bridge",
        "storage_pool" | "storage_vol" => "storage",
        "node_device" | "interface" => "udev",
        "nwfilter" | "nwfilter_binding" => "nwfilter",
        "secret" => "secret",
        _ => return None,
    })
}
