//! The driver on a tree that is made for it.

use super::*;
use ferrovirt_core::driver::NodeDeviceDriver;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Mutex;
use tempfile::TempDir;

/// A device with its files, linked to from its subsystem.
fn add(root: &Path, place: &str, subsystem: &str, files: &[(&str, &str)]) {
    let folder = root.join("sys/devices").join(place);
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let class = root.join("sys").join(subsystem);
    fs::create_dir_all(&class).unwrap();
    symlink(&folder, class.join(folder.file_name().unwrap())).unwrap();
    let of = if subsystem.ends_with("/devices") { class.parent().unwrap() } else { &class };
    symlink(of, folder.join("subsystem")).unwrap();
}

const CARD: &str = "pci0000:00/0000:00:02.0";

fn tree() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let path = root.path();
    let pci = [
        ("uevent", "DRIVER=virtio-pci\nPCI_CLASS=18000\nPCI_ID=1AF4:1042\n"),
        ("vendor", "0x1af4\n"),
        ("device", "0x1042\n"),
        ("numa_node", "-1\n"),
        ("config", ""),
    ];
    add(path, CARD, "bus/pci/devices", &pci);
    add_disk(path);
    add(path, "virtual/tty/tty1", "class/tty", &[("uevent", "MAJOR=4\nMINOR=1\nDEVNAME=tty1\n")]);
    root
}

fn add_disk(root: &Path) {
    let disk = [
        ("uevent", "MAJOR=254\nMINOR=0\nDEVNAME=vda\nDEVTYPE=disk\n"),
        ("size", "2048\n"),
        ("queue/logical_block_size", "512\n"),
    ];
    add(root, &format!("{CARD}/virtio1/block/vda"), "class/block", &disk);
    fs::create_dir_all(root.join("run/udev/data")).unwrap();
    fs::write(root.join("run/udev/data/b254:0"), "S:disk/by-id/x\nE:ID_SERIAL=a b\nI:1\n").unwrap();
}

fn open(root: &Path) -> Arc<NodeDeviceState> {
    NodeDeviceState::open_at(&Layout::embedded(root), Tree::new(root)).unwrap()
}

#[test]
fn devices_are_told_of_with_their_parents() {
    let root = tree();
    let state = open(root.path());
    let names: Vec<_> = state.connect_list_all_node_devices(0).unwrap();
    let names: Vec<_> = names.iter().map(|id| (&*id.name, &*id.parent)).collect();
    let expected =
        [("block_vda_a_b", "pci_0000_00_02_0"), ("computer", ""), ("pci_0000_00_02_0", "computer")];
    assert_eq!(names, expected);
    let disk = state.node_device_lookup_by_name("block_vda_a_b").unwrap();
    let xml = state.node_device_get_xml_desc(&disk, 0).unwrap();
    for part in [
        "<path>/sys/devices/pci0000:00/0000:00:02.0/virtio1/block/vda</path>",
        "<devnode type='dev'>/dev/vda</devnode>\n  <devnode type='link'>/dev/disk/by-id/x</devnode>",
        "<drive_type>disk</drive_type>\n    <serial>a b</serial>\n    <size>1048576</size>",
        "<logical_block_size>512</logical_block_size>\n    <num_blocks>2048</num_blocks>",
    ] {
        assert!(xml.contains(part), "{part}\n{xml}");
    }
    assert_eq!(state.node_device_list_caps(&disk).unwrap(), ["storage"]);
    let flags = abi::VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV;
    assert_eq!(state.connect_list_all_node_devices(flags).unwrap().len(), 1);
    let card = state.node_device_lookup_by_name("pci_0000_00_02_0").unwrap();
    let xml = state.node_device_get_xml_desc(&card, 0).unwrap();
    assert!(
        xml.contains("<class>0x018000</class>\n    <domain>0</domain>") && !xml.contains("numa"),
        "{xml}"
    );
}

#[test]
fn what_comes_and_goes_is_told() {
    let root = tree();
    let state = open(root.path());
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let tell = told.clone();
    let _subscription = state.events().subscribe(move |event| {
        if let Event::NodeDevice { device, kind } = &**event {
            tell.lock().unwrap().push(format!("{} {kind:?}", device.name));
        }
    });
    let place = format!("/devices/{CARD}/virtio1/block/vda");
    let folder = root.path().join("sys").join(&place[1..]);
    let weak = Arc::downgrade(&state);
    fs::write(folder.join("size"), "4096\n").unwrap();
    NodeDeviceState::notice(&weak, &place, "change");
    NodeDeviceState::notice(&weak, &place, "change");
    fs::remove_dir_all(&folder).unwrap();
    NodeDeviceState::notice(&weak, &place, "remove");
    assert!(state.node_device_lookup_by_name("block_vda_a_b").is_err());
    fs::remove_file(root.path().join("sys/class/block/vda")).unwrap();
    add_disk(root.path());
    NodeDeviceState::notice(&weak, &place, "add");
    let told = told.lock().unwrap();
    let [changed, deleted, created] = &told[..] else { panic!("{told:?}") };
    assert!(changed.contains("Changed"));
    assert!(deleted.contains("event: 1") && created.contains("event: 0"), "{told:?}");
}

#[test]
fn only_some_devices_can_be_made() {
    let root = tree();
    let state = open(root.path());
    let code = |xml: &str| state.node_device_define_xml(xml, 0).unwrap_err().code();
    let mdev = |parent: &str| {
        format!(
            "<device><parent>{parent}</parent><capability type='mdev'><type id='t'/></capability></device>"
        )
    };
    assert_eq!(code(&mdev("nowhere")), ErrorCode::ConfigUnsupported);
    assert_eq!(code(&mdev("computer")), ErrorCode::ParseFailed);
    let system = "<device><capability type='net'><interface>x</interface></capability></device>";
    assert_eq!(code(system), ErrorCode::ConfigUnsupported);
    let card = state.node_device_lookup_by_name("pci_0000_00_02_0").unwrap();
    assert_eq!(state.node_device_destroy(&card).unwrap_err().code(), ErrorCode::ConfigUnsupported);
    let port = "<device><capability type='scsi_host'><capability type='fc_host'><wwnn>1</wwnn><wwpn>2</wwpn>\
                </capability></capability></device>";
    assert_eq!(state.node_device_create_xml(port, 0).unwrap_err().code(), ErrorCode::Internal);
}
