//! Where the devices of whole guests come to sit.

use ferrovirt_conf::domain::{Address, DeviceInfo, Domain};
use ferrovirt_core::ErrorCode;
use ferrovirt_xml::{OnOff, to_string};

use crate::sample::fill;

/// An address as `bus:slot.function`, or as the port on USB.
fn shown(info: &DeviceInfo) -> String {
    match &info.address {
        Some(Address::Pci(a)) => {
            let multi = if a.multifunction == Some(OnOff::On) { "+" } else { "" };
            format!("{:x}:{:x}.{:x}{multi}", a.bus.0, a.slot.0, a.function.0)
        }
        Some(Address::Usb(a)) => format!("usb {}:{}", a.bus, a.port.as_deref().unwrap_or("-")),
        Some(Address::VirtioSerial(a)) => format!("port {}:{}", a.controller, a.port),
        Some(_) => "elsewhere".into(),
        None => "-".into(),
    }
}

fn controllers(model: &Domain) -> Vec<String> {
    let name = |c: &ferrovirt_conf::domain::Controller| {
        c.model.map_or_else(|| c.kind.to_string(), |model| model.to_string())
    };
    model.devices.controllers.iter().map(|c| format!("{} {}", name(c), shown(&c.info))).collect()
}

fn filled(machine: &str, devices: &str) -> Domain {
    fill(machine, "", devices).unwrap()
}

const DISK: &str = "<disk><target dev='vda' bus='virtio'/></disk>";
const CARD: &str = "<interface type='user'><model type='virtio'/></interface>";

#[test]
fn a_pc_counts_slots_up_behind_its_chips_and_its_card() {
    let model = filled("pc", &format!("<graphics type='vnc'/><sound model='ac97'/>{DISK}{CARD}"));
    let devices = &model.devices;
    assert_eq!(controllers(&model), ["piix3-uhci 0:1.2", "pci-root -"]);
    assert_eq!(shown(&devices.videos[0].info), "0:2.0");
    assert_eq!(shown(&devices.interfaces[0].info), "0:3.0");
    assert_eq!(shown(&devices.sounds[0].info), "0:4.0");
    assert_eq!(shown(&devices.disks[0].info), "0:5.0");
    assert_eq!(shown(&devices.memballoon.as_ref().unwrap().info), "0:6.0");
}

#[test]
fn a_q35_gets_a_port_a_device_and_one_to_spare() {
    let model = filled("q35", &format!("<graphics type='vnc'/>{DISK}{CARD}"));
    let devices = &model.devices;
    assert_eq!(shown(&devices.videos[0].info), "0:1.0");
    assert_eq!(shown(&devices.interfaces[0].info), "1:0.0");
    assert_eq!(shown(&devices.disks[0].info), "3:0.0");
    assert_eq!(shown(&devices.memballoon.as_ref().unwrap().info), "4:0.0");
    let expected = [
        "pcie-root -",
        "pcie-root-port 0:2.0+",
        "pcie-root-port 0:2.1",
        "pcie-root-port 0:2.2",
        "pcie-root-port 0:2.3",
        "pcie-root-port 0:2.4",
        "qemu-xhci 2:0.0",
        "sata 0:1f.2",
    ];
    let mut all = controllers(&model);
    all.sort();
    let mut expected: Vec<String> = expected.map(String::from).into();
    expected.sort();
    assert_eq!(all, expected);
    let text = to_string(&model);
    assert!(text.contains("<target chassis='5' port='0x14'/>"), "{text}");
}

#[test]
fn conventional_devices_of_a_q35_are_behind_a_bridge() {
    let model = filled("q35", "<sound model='ac97'/>");
    assert_eq!(shown(&model.devices.sounds[0].info), "2:1.0");
    let all = controllers(&model);
    assert!(all.contains(&"pcie-to-pci-bridge 1:0.0".to_owned()), "{all:?}");
}

#[test]
fn who_manages_controllers_gets_none_to_spare() {
    let port = "<controller type='pci' index='1' model='pcie-root-port'/>";
    let model = filled(
        "q35",
        &format!("{port}<controller type='usb' index='0' model='none'/><memballoon model='none'/>"),
    );
    let ports = controllers(&model).iter().filter(|c| c.starts_with("pcie-root-port")).count();
    assert_eq!(ports, 1);
}

#[test]
fn usb2_controllers_share_a_slot() {
    let usb = "<controller type='usb' model='ich9-ehci1'/><controller type='usb' model='ich9-uhci1'/>\
               <controller type='usb' model='ich9-uhci2'/>";
    let model = filled("pc", usb);
    assert_eq!(controllers(&model)[..3], ["ich9-ehci1 0:2.7", "ich9-uhci1 0:2.0+", "ich9-uhci2 0:2.1"]);
    let model = filled("q35", usb);
    assert_eq!(controllers(&model)[..3], ["ich9-ehci1 0:1d.7", "ich9-uhci1 0:1d.0+", "ich9-uhci2 0:1d.1"]);
}

#[test]
fn usb_devices_get_ports_and_hubs_when_those_run_out() {
    let model = filled("pc", &"<input type='tablet' bus='usb'/>".repeat(3));
    let inputs: Vec<_> = model.devices.inputs.iter().map(|input| shown(&input.info)).collect();
    assert_eq!(inputs[..3], ["usb 0:2", "usb 0:1.1", "usb 0:1.2"]);
    assert_eq!(shown(&model.devices.hubs[0].info), "usb 0:1");
}

#[test]
fn channels_count_from_port_1_and_consoles_take_port_0() {
    let channel = "<channel type='pty'><target type='virtio' name='a'/></channel>";
    let console = "<console type='pty'><target type='virtio'/></console>";
    let model = filled("pc", &format!("{channel}{console}{channel}"));
    let ports: Vec<_> = model.devices.channels.iter().map(|channel| shown(&channel.info)).collect();
    assert_eq!(ports, ["port 0:1", "port 0:2"]);
    let small = "<controller type='virtio-serial' index='0' ports='2'/>";
    let model = filled("pc", &format!("{small}{channel}{channel}"));
    assert_eq!(shown(&model.devices.channels[1].info), "port 1:1");
}

#[test]
fn addresses_of_users_are_kept_or_refused() {
    let at = |device: &str, slot: &str, function: &str| {
        format!("{device}<address type='pci' domain='0' bus='0' slot='{slot}' function='{function}'/>")
    };
    let disk = |slot: &str| at("<disk><target dev='vda' bus='virtio'/>", slot, "0") + "</disk>";
    let model = filled("pc", &disk("0x03"));
    assert_eq!(shown(&model.devices.disks[0].info), "0:3.0");
    let rng = at("<rng model='virtio'><backend model='random'/>", "0x03", "0") + "</rng>";
    for (machine, devices, code) in [
        ("pc", format!("{}{rng}", disk("0x03")), ErrorCode::XmlError),
        (
            "pc",
            at("<controller type='usb' index='0' model='piix3-uhci'>", "4", "0") + "</controller>",
            ErrorCode::Internal,
        ),
        ("q35", at("<controller type='sata' index='0'>", "4", "0") + "</controller>", ErrorCode::Internal),
        ("pc", disk("0x01"), ErrorCode::XmlError),
    ] {
        let refused = fill(machine, "", &devices).expect_err(&devices);
        assert_eq!(refused.code(), code, "{devices}");
    }
    let usb = "<input type='tablet' bus='usb'><address type='usb' bus='0' port='1'/></input>";
    assert_eq!(fill("pc", "", &usb.repeat(2)).unwrap_err().code(), ErrorCode::XmlError);
}

#[test]
fn memory_modules_get_slots() {
    let module = "<memory model='dimm'><target><size unit='MiB'>16</size><node>0</node></target></memory>";
    let inside = "<maxMemory slots='2' unit='GiB'>1</maxMemory>";
    let model = fill("pc", inside, &module.repeat(2)).unwrap();
    let text = to_string(&model);
    assert!(text.contains("<address type='dimm' slot='1'/>"), "{text}");
    let full = fill("pc", inside, &module.repeat(3)).unwrap_err();
    assert_eq!(full.code(), ErrorCode::Internal);
}
