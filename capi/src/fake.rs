//! A host in memory, for tests of the entry points: what C programs hold, get and are refused.

use crate::ffi::{last_error, release, retain};
use ferrovirt::driver::*;
use ferrovirt::event::EventHub;
use ferrovirt::{AccessMode, Connection, Drivers, Error, ErrorCode, Result, TypedParams};
use ferrovirt_core::abi::virConnectPtr;
use ferrovirt_core::{NetworkId, NetworkPortId, NodeDeviceId, SecretId, StoragePoolId, StorageVolId};
use parking_lot::Mutex;
use std::ffi::{CStr, c_char};
use std::sync::Arc;
use uuid::Uuid;

/// Held from announcing an event until the loop, which all tests share, has been turned: the turn is then one's own.
pub static EVENT_LOOP: Mutex<()> = Mutex::new(());

/// The drivers of the host, all in one.
#[derive(Default)]
pub struct FakeHost {
    /// What changes were asked for.
    pub changes: Mutex<Vec<String>>,
    pub secret_value: Mutex<Vec<u8>>,
    pub hub: Arc<EventHub>,
}

/// A connection to a host of its own, as C holds it: one count, which the test has to drop.
pub struct FakeConnection {
    pub host: Arc<FakeHost>,
    pub connection: Connection,
    pub pointer: virConnectPtr,
}

impl FakeConnection {
    pub fn open(access: AccessMode) -> Self {
        let host = Arc::new(FakeHost::default());
        let drivers = Drivers {
            network: host.clone(),
            storage: host.clone(),
            nodedev: host.clone(),
            secret: host.clone(),
            ..Drivers::hypervisor_only(host.clone())
        };
        let connection = Connection::new("fake:///".into(), access, drivers);
        let pointer = retain(&connection);
        Self { host, connection, pointer }
    }

    pub fn read_write() -> Self {
        Self::open(AccessMode::ReadWrite)
    }

    /// Drops the count, as `virConnectClose` does; how many are left comes back.
    pub fn close(&self) -> Option<usize> {
        release::<Connection>(self.pointer)
    }
}

/// The code and the domain of the thread's last error.
pub fn last() -> (i32, i32) {
    (last_error::last_code(), last_error::last_domain())
}

/// A string that the library handed out.
pub fn read(text: *const c_char) -> String {
    assert!(!text.is_null(), "a string was expected");
    // SAFETY: not NULL, and the entry points hand out NUL-terminated strings.
    unsafe { CStr::from_ptr(text) }.to_str().expect("UTF-8").to_owned()
}

/// Frees what the library left to the caller.
pub fn free<T>(pointer: *mut T) {
    // SAFETY: the tests pass what an entry point allocated in C's heap, once.
    unsafe { libc::free(pointer.cast()) }
}

impl FakeHost {
    pub fn note(&self, change: impl Into<String>) -> Result<()> {
        self.changes.lock().push(change.into());
        Ok(())
    }
}

fn network(name: &str, number: u128) -> NetworkId {
    NetworkId { name: name.into(), uuid: Uuid::from_u128(number) }
}

fn port(network: &NetworkId) -> NetworkPortId {
    NetworkPortId { network: network.clone(), uuid: Uuid::from_u128(77) }
}

fn pool() -> StoragePoolId {
    StoragePoolId { name: "images".into(), uuid: Uuid::from_u128(5) }
}

fn volume(name: &str) -> StorageVolId {
    StorageVolId { pool: "images".into(), name: name.into(), key: format!("/images/{name}").into() }
}

fn device(name: &str, parent: &str) -> NodeDeviceId {
    NodeDeviceId { name: name.into(), parent: parent.into() }
}

fn secret() -> SecretId {
    SecretId { uuid: Uuid::from_u128(9), usage_type: 2, usage_id: "ceph".into() }
}

/// Two networks: `default`, which runs, and `spare`, which does not.
impl NetworkDriver for FakeHost {
    fn connect_list_all_networks(&self, flags: u32) -> Result<Vec<NetworkId>> {
        // Inactive is bit 0, active bit 1.
        let all = [(network("default", 1), 2), (network("spare", 2), 1)];
        if flags > 3 {
            return Err(Error::invalid_arg("only filters by activity"));
        }
        Ok(all.into_iter().filter(|(_, bit)| flags == 0 || flags & bit != 0).map(|(id, _)| id).collect())
    }

    fn network_lookup_by_name(&self, name: &str) -> Result<NetworkId> {
        match name {
            "default" => Ok(network(name, 1)),
            _ => Err(Error::new(ErrorCode::NoNetwork, name)),
        }
    }

    fn network_lookup_by_uuid(&self, uuid: Uuid) -> Result<NetworkId> {
        if uuid == Uuid::from_u128(2) {
            Ok(network("spare", 2))
        } else {
            Err(Error::bare(ErrorCode::NoNetwork))
        }
    }

    fn network_create(&self, network: &NetworkId) -> Result<()> {
        self.note(format!("create {}", network.name))
    }

    fn network_get_autostart(&self, network: &NetworkId) -> Result<bool> {
        Ok(&*network.name == "default")
    }

    fn network_list_all_ports(&self, network: &NetworkId, _flags: u32) -> Result<Vec<NetworkPortId>> {
        Ok(vec![port(network)])
    }

    fn network_port_get_parameters(&self, _port: &NetworkPortId, _flags: u32) -> Result<TypedParams> {
        let mut params = TypedParams::new();
        params.add("inbound.average", 100_u32);
        Ok(params)
    }

    fn network_set_metadata(
        &self,
        _network: &NetworkId,
        kind: i32,
        metadata: Option<&str>,
        _key: Option<&str>,
        _uri: Option<&str>,
        _flags: u32,
    ) -> Result<()> {
        self.note(format!("metadata {kind} {}", metadata.unwrap_or("removed")))
    }

    fn network_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.hub.clone())
    }
}

/// One pool with two volumes.
impl StorageDriver for FakeHost {
    fn storage_pool_lookup_by_name(&self, _name: &str) -> Result<StoragePoolId> {
        Ok(pool())
    }

    fn storage_pool_lookup_by_volume(&self, _volume: &StorageVolId) -> Result<StoragePoolId> {
        Ok(pool())
    }

    fn storage_pool_get_info(&self, _pool: &StoragePoolId) -> Result<StoragePoolInfo> {
        Ok(StoragePoolInfo { state: 2, capacity: 100, allocation: 60, available: 40 })
    }

    fn storage_pool_list_all_volumes(&self, _pool: &StoragePoolId, _flags: u32) -> Result<Vec<StorageVolId>> {
        Ok(vec![volume("a.img"), volume("b.img")])
    }

    fn storage_vol_create_xml_from(
        &self,
        _pool: &StoragePoolId,
        xml: &str,
        source: &StorageVolId,
        _flags: u32,
    ) -> Result<StorageVolId> {
        self.note(format!("copy {}", source.name))?;
        Ok(volume(xml))
    }

    fn storage_vol_download(
        &self,
        volume: &StorageVolId,
        offset: u64,
        length: u64,
        _flags: u32,
    ) -> Result<Box<dyn StreamDriver>> {
        self.note(format!("download {} {offset} {length}", volume.name))?;
        Ok(Box::new(FakeStream))
    }

    fn storage_vol_resize(&self, volume: &StorageVolId, capacity: u64, _flags: u32) -> Result<()> {
        self.note(format!("resize {} {capacity}", volume.name))
    }
}

/// A root with one PCI device on it.
impl NodeDeviceDriver for FakeHost {
    fn connect_list_all_node_devices(&self, flags: u32) -> Result<Vec<NodeDeviceId>> {
        let all = [(device("computer", ""), 1), (device("pci_0000_00_1f_2", "computer"), 2)];
        Ok(all.into_iter().filter(|(_, bit)| flags == 0 || flags & bit != 0).map(|(id, _)| id).collect())
    }

    fn node_device_get_parent(&self, _device: &NodeDeviceId) -> Result<Option<String>> {
        Ok(None)
    }
}

impl SecretDriver for FakeHost {
    fn secret_lookup_by_uuid(&self, _uuid: Uuid) -> Result<SecretId> {
        Ok(secret())
    }

    fn secret_set_value(&self, _secret: &SecretId, value: &[u8], _flags: u32) -> Result<()> {
        *self.secret_value.lock() = value.to_vec();
        Ok(())
    }

    fn secret_get_value(&self, _secret: &SecretId, _flags: u32) -> Result<Vec<u8>> {
        Ok(self.secret_value.lock().clone())
    }
}

impl NodeDeviceAssignment for FakeHost {
    fn node_device_detach_flags(
        &self,
        device: &NodeDeviceId,
        driver: Option<&str>,
        _flags: u32,
    ) -> Result<()> {
        self.note(format!("detach {} to {}", device.name, driver.unwrap_or("any")))
    }
}

struct FakeStream;
impl StreamDriver for FakeStream {}

impl HostDriver for FakeHost {}
impl DomainConfig for FakeHost {}
impl DomainDevices for FakeHost {}
impl DomainJobs for FakeHost {}
impl DomainMigration for FakeHost {}
impl CheckpointDriver for FakeHost {}
impl QemuExtension for FakeHost {}
impl LxcExtension for FakeHost {}
