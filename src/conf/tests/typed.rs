//! A program builds every kind of definition from values or from JSON, and never writes XML.

use ferrovirt_conf::backup::{BackupDisk, DomainBackup};
use ferrovirt_conf::checkpoint::{CheckpointDisk, CheckpointKind, DomainCheckpoint};
use ferrovirt_conf::cpu::Arch;
use ferrovirt_conf::domain::{
    Disk, DiskTarget, Domain, FileSource, MemoryAmount, ParseFlags, SnapshotLocation, StorageLocation,
    StorageSource, Vcpu, VirtType,
};
use ferrovirt_conf::interface::{
    HostBridge, HostInterface, HostInterfaceType, InterfaceIp, InterfaceProtocol, ProtocolFamily, StartMode,
};
use ferrovirt_conf::network::{
    Bridge, Dhcp, DhcpHost, DhcpRange, Forward, ForwardInterface, ForwardMode, IpConfig, Network,
    NetworkPort, PortGroup, PortOwner, PortPlug,
};
use ferrovirt_conf::nwfilter::{
    Condition, FilterEntry, NwFilter, Protocol, Rule, RuleAction, RuleDirection, Value,
};
use ferrovirt_conf::secret::{Secret, SecretUsage};
use ferrovirt_conf::snapshot::{DomainSnapshot, SnapshotDisk};
use ferrovirt_conf::storage::{
    CapacityRule, PoolDevice, PoolSource, PoolTarget, PoolType, StoragePool, StorageVolume, VolumeLayer,
};
use ferrovirt_conf::values::ScaledSize;
use ferrovirt_core::Result;
use ferrovirt_xml::{AutoBase, Node};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use uuid::Uuid;

const UUID: Uuid = Uuid::from_u128(0x6a1c_7f0e_2b3d_4c5e_8f90_a1b2_c3d4_e5f6);

/// `value` goes through JSON unchanged, `json` is a shorter way to say it, and its XML is read.
fn check<T>(value: &T, json: &str, print: impl Fn(&T) -> String, read: impl Fn(&str) -> Result<T>)
where
    T: Debug + PartialEq + Serialize + DeserializeOwned,
{
    let told = serde_json::to_string(value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&told).unwrap(), *value, "{told}");
    let written: T = serde_json::from_str(json).unwrap_or_else(|err| panic!("{err} in {json}\n{told}"));
    assert_eq!(written, *value, "{told}");
    let xml = print(value);
    let filled = print(&read(&xml).unwrap_or_else(|err| panic!("{err} in {xml}")));
    let again = read(&filled).unwrap_or_else(|err| panic!("{err} in {filled}"));
    assert_eq!(print(&again), filled);
}

#[test]
fn a_domain() {
    let disk = Disk {
        source: StorageSource { location: image("/srv/web.img"), ..StorageSource::default() },
        target: DiskTarget { dev: Some("vda".into()), ..DiskTarget::default() },
        ..Disk::default()
    };
    let mut guest = Domain {
        virt_type: VirtType::Kvm,
        name: "web".into(),
        memory: MemoryAmount { size: ScaledSize(1 << 20), ..MemoryAmount::default() },
        vcpu: Vcpu { max: 4, ..Vcpu::default() },
        ..Domain::default()
    };
    guest.os.arch = Some(Arch::X86_64);
    guest.devices.disks.push(disk);
    let json = r#"{"virt_type": "kvm", "name": "web", "memory": {"size": 1048576}, "vcpu": {"max": 4}, "os": {"arch": "x86_64"},
        "devices": {"disks": [{"source": {"location": {"type": "file", "path": "/srv/web.img"}}, "target": {"dev": "vda"}}]}}"#;
    let told: Domain = serde_json::from_str(json).unwrap_or_else(|err| {
        panic!("{err}\n{}", serde_json::to_string(&guest).unwrap());
    });
    assert_eq!(told, guest);
    guest.uuid = Some(UUID);
    guest.fill_defaults(ParseFlags::DEFINE).unwrap();
    guest.validate(ParseFlags::DEFINE).unwrap();
    assert_eq!(serde_json::from_value::<Domain>(serde_json::to_value(&guest).unwrap()).unwrap(), guest);
    let again = Domain::read(&guest.format(), ParseFlags::DEFINE).unwrap();
    assert_eq!(again.format(), guest.format());
}

fn image(path: &str) -> StorageLocation {
    StorageLocation::File(FileSource { path: Some(path.into()), ..FileSource::default() })
}

#[test]
fn networks() {
    let range = DhcpRange {
        start: Some("10.9.0.10".parse().unwrap()),
        end: Some("10.9.0.99".parse().unwrap()),
        lease: None,
    };
    let host = DhcpHost {
        mac: Some("52:54:00:11:22:33".into()),
        ip: Some("10.9.0.5".parse().unwrap()),
        ..DhcpHost::default()
    };
    let ip = IpConfig {
        family: None,
        address: "10.9.0.1".parse().unwrap(),
        netmask: None,
        prefix: Some(24),
        local_ptr: None,
        tftp_root: None,
        dhcp: Some(Dhcp { ranges: vec![range], hosts: vec![host], bootp: None }),
    };
    let network = Network {
        name: "lab".into(),
        uuid: Some(UUID),
        forward: Some(Forward { mode: ForwardMode::Nat, ..Forward::default() }),
        bridge: Some(Bridge { name: Some("virbr9".into()), ..Bridge::default() }),
        ips: vec![ip],
        ..Network::default()
    };
    let json = r#"{"name": "lab", "uuid": "6a1c7f0e-2b3d-4c5e-8f90-a1b2c3d4e5f6",
        "forward": {"mode": "nat"}, "bridge": {"name": "virbr9"},
        "ips": [{"address": "10.9.0.1", "prefix": 24, "dhcp": {
            "ranges": [{"start": "10.9.0.10", "end": "10.9.0.99"}],
            "hosts": [{"mac": "52:54:00:11:22:33", "ip": "10.9.0.5"}]}}]}"#;
    check(&network, json, Network::to_xml, |xml| Network::from_xml(xml, true));

    let forward = ForwardInterface { dev: "eth0".into(), ..ForwardInterface::default() };
    let network = Network {
        name: "wire".into(),
        uuid: Some(UUID),
        forward: Some(Forward {
            dev: Some("eth0".into()),
            mode: ForwardMode::Passthrough,
            interfaces: vec![forward],
            ..Forward::default()
        }),
        port_groups: vec![PortGroup { name: "dmz".into(), ..PortGroup::default() }],
        ..Network::default()
    };
    let json = r#"{"name": "wire", "uuid": "6a1c7f0e-2b3d-4c5e-8f90-a1b2c3d4e5f6",
        "forward": {"dev": "eth0", "mode": "passthrough", "interfaces": [{"dev": "eth0"}]},
        "port_groups": [{"name": "dmz"}]}"#;
    check(&network, json, Network::to_xml, |xml| Network::from_xml(xml, true));
}

#[test]
fn storage() {
    let device = PoolDevice { path: "/dev/nvme1n1".into(), part_separator: None, free_extents: Vec::new() };
    let pool = StoragePool {
        kind: PoolType::Logical,
        name: Some("fast".into()),
        uuid: Some(UUID),
        source: PoolSource {
            devices: vec![device],
            name: Some("vg0".into()),
            format: Some("lvm2".into()),
            ..PoolSource::default()
        },
        target: Some(PoolTarget { path: Some("/dev/vg0".into()), permissions: None }),
        ..StoragePool::default()
    };
    let json = r#"{"kind": "logical", "name": "fast", "uuid": "6a1c7f0e-2b3d-4c5e-8f90-a1b2c3d4e5f6",
        "source": {"devices": [{"path": "/dev/nvme1n1"}], "name": "vg0", "format": "lvm2"},
        "target": {"path": "/dev/vg0"}}"#;
    check(&pool, json, StoragePool::to_xml, |xml| StoragePool::from_xml(xml, true));

    let volume = StorageVolume {
        name: "root.qcow2".into(),
        capacity: 8 << 30,
        allocation: 1 << 20,
        has_allocation: true,
        target: VolumeLayer { format: Some("qcow2".into()), ..VolumeLayer::default() },
        backing: Some(VolumeLayer {
            path: Some("/srv/base.img".into()),
            format: Some("raw".into()),
            ..VolumeLayer::default()
        }),
        ..StorageVolume::default()
    };
    let json = r#"{"name": "root.qcow2", "capacity": 8589934592, "allocation": 1048576, "has_allocation": true,
        "target": {"format": "qcow2"}, "backing": {"path": "/srv/base.img", "format": "raw"}}"#;
    let read = |xml: &str| StorageVolume::from_xml(xml, PoolType::Dir, CapacityRule::Needed, false);
    check(&volume, json, StorageVolume::to_xml, read);
}

#[test]
fn filters_and_secrets() {
    let ssh = Rule {
        protocol: Some(Protocol::Tcp),
        conditions: vec![Condition {
            field: "dstportstart".into(),
            negated: false,
            value: Value::Decimal(22),
        }],
        ..Rule::new(RuleAction::Accept, RuleDirection::In)
    };
    let filter = NwFilter {
        name: "ssh".into(),
        uuid: Some(UUID),
        entries: vec![FilterEntry::Rule(ssh)],
        ..NwFilter::default()
    };
    let json = r#"{"name": "ssh", "uuid": "6a1c7f0e-2b3d-4c5e-8f90-a1b2c3d4e5f6", "entries": [{"rule": {
        "action": "accept", "direction": "in", "protocol": "tcp",
        "conditions": [{"field": "dstportstart", "value": {"decimal": 22}}]}}]}"#;
    check(&filter, json, NwFilter::to_xml, |xml| NwFilter::from_xml(xml, true));

    let secret = Secret {
        uuid: Some(UUID),
        usage: Some(SecretUsage::Ceph { name: "client.admin".into() }),
        ..Secret::default()
    };
    let json =
        r#"{"uuid": "6a1c7f0e-2b3d-4c5e-8f90-a1b2c3d4e5f6", "usage": {"ceph": {"name": "client.admin"}}}"#;
    check(&secret, json, Secret::to_xml, |xml| Secret::from_xml(xml, true));
}

#[test]
fn interfaces() {
    let ip = InterfaceIp { address: Some("10.9.0.2".into()), prefix: AutoBase(24) };
    let bridge = HostInterface {
        kind: HostInterfaceType::Bridge,
        name: "br0".into(),
        start: Some(StartMode::OnBoot),
        protocols: vec![InterfaceProtocol {
            family: ProtocolFamily::Ipv4,
            autoconf: false,
            dhcp: None,
            ips: vec![ip],
            gateway: Some("10.9.0.1".into()),
        }],
        bridge: Some(HostBridge {
            interfaces: vec![HostInterface { name: "eth0".into(), ..HostInterface::default() }],
            ..HostBridge::default()
        }),
        ..HostInterface::default()
    };
    let json = r#"{"kind": "bridge", "name": "br0", "start": "onboot", "protocols": [{"family": "ipv4",
        "ips": [{"address": "10.9.0.2", "prefix": 24}], "gateway": "10.9.0.1"}],
        "bridge": {"interfaces": [{"name": "eth0"}]}}"#;
    check(&bridge, json, HostInterface::to_xml, |xml| HostInterface::from_xml(xml, true));

    let port = NetworkPort {
        uuid: UUID,
        owner: PortOwner { name: "web".into(), uuid: UUID },
        group: None,
        mac: "52:54:00:11:22:33".parse().unwrap(),
        virtual_port: None,
        bandwidth: None,
        vlan: None,
        isolated: None,
        trust_guest_rx_filters: None,
        plug: Some(PortPlug::Network { bridge: "virbr9".into(), mac_table_manager: None }),
    };
    let json = r#"{"uuid": "6a1c7f0e-2b3d-4c5e-8f90-a1b2c3d4e5f6",
        "owner": {"name": "web", "uuid": "6a1c7f0e-2b3d-4c5e-8f90-a1b2c3d4e5f6"},
        "mac": "52:54:00:11:22:33", "plug": {"type": "network", "bridge": "virbr9"}}"#;
    check(&port, json, NetworkPort::to_xml, |xml| NetworkPort::from_xml(xml, true));
}

fn no_domain(_: &Node<'_>) -> Result<Domain> {
    unreachable!("these documents have no <domain>")
}

#[test]
fn points_in_time() {
    let disk = SnapshotDisk {
        name: "vda".into(),
        snapshot: Some(SnapshotLocation::External),
        source: StorageSource { location: image("/srv/web.1"), ..StorageSource::default() },
        ..SnapshotDisk::default()
    };
    let snapshot = DomainSnapshot { name: "before".into(), disks: vec![disk], ..DomainSnapshot::default() };
    let json = r#"{"name": "before",
        "disks": [{"name": "vda", "snapshot": "external", "source": {"location": {"type": "file", "path": "/srv/web.1"}}}]}"#;
    check(&snapshot, json, |s| s.to_xml(UUID, true), |xml| DomainSnapshot::from_xml(xml, false, &no_domain));

    let disk = CheckpointDisk { name: "vda".into(), kind: CheckpointKind::Bitmap, bitmap: Some("b1".into()) };
    let checkpoint =
        DomainCheckpoint { name: "monday".into(), disks: vec![disk], ..DomainCheckpoint::default() };
    let json = r#"{"name": "monday", "disks": [{"name": "vda", "kind": "bitmap", "bitmap": "b1"}]}"#;
    let print = |checkpoint: &DomainCheckpoint| checkpoint.to_xml(Default::default());
    check(&checkpoint, json, print, |xml| DomainCheckpoint::from_xml(xml, false, &no_domain));

    let backup = DomainBackup {
        incremental: Some("monday".into()),
        disks: vec![BackupDisk { name: "vda".into(), copy: Some(Default::default()) }],
        ..DomainBackup::default()
    };
    let json = r#"{"incremental": "monday", "disks": [{"name": "vda", "copy": {}}]}"#;
    check(&backup, json, DomainBackup::to_xml, DomainBackup::from_xml);
}
