//! Devices of all kinds in the definition of a guest that does not run.

use crate::host::{definition, on_own_host};
use ferrovirt::ErrorCode;
use ferrovirt_core::abi::VIR_DOMAIN_AFFECT_CONFIG as CONFIG;

/// Devices that go in and come out, with what a part of each looks like in the definition.
const DEVICES: &[(&str, &str)] = &[
    ("<sound model='ich9'/>", "<sound model='ich9'>"),
    ("<watchdog model='i6300esb' action='reset'/>", "model='i6300esb'"),
    (
        "<filesystem type='mount'><source dir='/srv'/><target dir='share'/></filesystem>",
        "<target dir='share'/>",
    ),
    ("<channel type='unix'><target type='virtio' name='org.example.0'/></channel>", "name='org.example.0'"),
    ("<serial type='pty'><target port='3'/></serial>", "type='isa-serial' port='3'"),
    ("<parallel type='file'><source path='/tmp/lp'/><target port='0'/></parallel>", "<parallel"),
    ("<input type='tablet' bus='usb'/>", "type='tablet'"),
    ("<shmem name='shared'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>", "name='shared'"),
    ("<vsock model='virtio'><cid auto='no' address='7'/></vsock>", "address='7'"),
    ("<rng model='virtio'><backend model='random'>/dev/random</backend></rng>", "/dev/random"),
    ("<redirdev bus='usb' type='tcp'><source mode='connect' host='h' service='1'/></redirdev>", "<redirdev"),
    (
        "<hostdev mode='subsystem' type='usb' managed='no'><source><address bus='9' device='8'/></source></hostdev>",
        "device='8'",
    ),
    ("<lease><lockspace>s</lockspace><key>k</key><target path='/l'/></lease>", "<lockspace>s</lockspace>"),
    ("<controller type='scsi' index='5' model='virtio-scsi'/>", "type='scsi' index='5'"),
];

#[test]
fn devices_of_all_kinds_go_into_a_definition_and_come_out() {
    on_own_host(|host| {
        let domain = host.connection.define_domain(&definition("a", ""), 0).expect("defined");
        let text = || domain.xml_desc(0).expect("a description");
        for (device, part) in DEVICES {
            assert!(!text().contains(part), "{part} is there already");
            domain.attach_device(device, CONFIG).unwrap_or_else(|err| panic!("{device}: {err}"));
            assert!(text().contains(part), "{part} is not in {}", text());
        }
        for (device, part) in DEVICES {
            domain.detach_device(device, CONFIG).unwrap_or_else(|err| panic!("{device}: {err}"));
            assert!(!text().contains(part), "{part} is still in {}", text());
            let err = domain.detach_device(device, CONFIG).expect_err(device);
            let codes = [ErrorCode::DeviceMissing, ErrorCode::InvalidArg, ErrorCode::OperationFailed];
            assert!(codes.contains(&err.code()), "{device}: {err}");
        }
    });
}

#[test]
fn consoles_are_numbered_by_their_order_whenever_a_definition_is_about_to_change() {
    on_own_host(|host| {
        let domain = host.connection.define_domain(&definition("a", ""), 0).expect("defined");
        let console =
            |port: u32| format!("<console type='pty'><target type='virtio' port='{port}'/></console>");
        let ports = || -> Vec<u32> {
            let text = domain.xml_desc(0).expect("a description");
            let lines =
                text.lines().filter_map(|line| line.trim().strip_prefix("<target type='virtio' port='"));
            lines.map(|rest| rest.trim_end_matches("'/>").parse().expect("a port")).collect()
        };
        for expected in [vec![3], vec![0, 3], vec![0, 1, 3]] {
            domain.attach_device(&console(3), CONFIG).expect("attached");
            assert_eq!(ports(), expected);
        }
        let err = domain.detach_device(&console(3), CONFIG).expect_err("it is the third now");
        assert_eq!(err.code(), ErrorCode::InvalidArg);
        assert_eq!(
            domain.attach_device(&console(2), CONFIG).expect_err("twice").code(),
            ErrorCode::OperationInvalid
        );
        domain.detach_device(&console(2), CONFIG).expect("detached");
        assert_eq!(ports(), [0, 1]);
    });
}

#[test]
fn an_interface_is_found_without_its_address_where_it_is_the_only_one() {
    on_own_host(|host| {
        let card = "<interface type='user'><model type='virtio'/></interface>";
        let domain = host.connection.define_domain(&definition("a", card), 0).expect("defined");
        domain.attach_device(card, CONFIG).expect("attached");
        for change in [domain.detach_device(card, CONFIG), domain.update_device(card, CONFIG)] {
            assert_eq!(change.expect_err("there are two").code(), ErrorCode::OperationFailed);
        }
        let text = domain.xml_desc(0).expect("a description");
        let address =
            text.split("<mac address='").nth(1).and_then(|rest| rest.split('\'').next()).expect("one");
        let first = format!("<interface type='user'><mac address='{address}'/></interface>");
        domain.detach_device(&first, CONFIG).expect("detached by its address");
        domain.detach_device("<interface type='user'/>", CONFIG).expect("detached without");
        assert!(!domain.xml_desc(0).expect("a description").contains("<interface"));
    });
}

#[test]
fn what_can_not_be_read_can_not_be_detached() {
    on_own_host(|host| {
        let domain = host.connection.define_domain(&definition("a", ""), 0).expect("defined");
        for (device, code) in [
            ("<shmem name='a'><model type='ivshmem-plain'/><msi/></shmem>", ErrorCode::XmlError),
            ("<filesystem type='mount'><target dir='t'/></filesystem>", ErrorCode::NoSource),
            ("<controller type='pci' index='3' model='pci-expander-bus'/>", ErrorCode::ConfigUnsupported),
            (
                "<disk><source file='/a'><seclabel model='selinux' relabel='yes'/></source><target dev='vdb'/></disk>",
                ErrorCode::XmlError,
            ),
        ] {
            assert_eq!(domain.detach_device(device, CONFIG).expect_err(device).code(), code, "{device}");
        }
    });
}

#[test]
fn no_usb_controllers_is_said_once() {
    on_own_host(|host| {
        let domain = host.connection.define_domain(&definition("a", ""), 0).expect("defined");
        let none = "<controller type='usb' model='none'/>";
        domain.attach_device(none, CONFIG).expect("attached");
        for change in [domain.attach_device(none, CONFIG), domain.detach_device(none, CONFIG)] {
            assert_eq!(change.expect_err("the definition contradicts itself").code(), ErrorCode::XmlDetail);
        }
    });
}

#[test]
fn a_volume_that_is_nowhere_is_no_disk() {
    on_own_host(|host| {
        let domain = host.connection.define_domain(&definition("a", ""), 0).expect("defined");
        let disk = "<disk type='volume'><source pool='p' volume='v'/><target dev='vdb' bus='virtio'/></disk>";
        let err = domain.attach_device(disk, CONFIG).expect_err("there is no pool");
        assert_eq!(err.code(), ErrorCode::NoStoragePool);
    });
}

#[test]
fn a_disk_that_is_replaced_goes_where_there_is_room() {
    on_own_host(|host| {
        let usb = "<disk type='file' device='cdrom'><source file='/o'/><target dev='sda' bus='usb'/><address type='usb' bus='0' port='3'/></disk>";
        let devices = format!("<controller type='usb' model='qemu-xhci'/>{usb}");
        let domain = host.connection.define_domain(&definition("a", &devices), 0).expect("defined");
        let medium =
            "<disk type='file' device='cdrom'><source file='/m'/><target dev='sda' bus='usb'/></disk>";
        domain.update_device(medium, CONFIG).expect("another medium");
        // An old definition may lack places on USB, and gets none by a change of it; a new device completes it.
        assert!(!domain.xml_desc(0).expect("a description").contains("<address type='usb'"));
        domain.attach_device("<input type='tablet' bus='usb'/>", CONFIG).expect("attached");
        assert!(
            domain.xml_desc(0).expect("a description").contains("<address type='usb' bus='0' port='1'/>")
        );
    });
}

#[test]
fn a_device_that_clashes_or_can_not_be_is_refused_and_changes_nothing() {
    on_own_host(|host| {
        let domain = host.connection.define_domain(&definition("a", ""), 0).expect("defined");
        let sound = "<sound model='ich9'><alias name='ua-s'/></sound>";
        for device in [sound, DEVICES[2].0, DEVICES[3].0, DEVICES[8].0, DEVICES[12].0, DEVICES[13].0] {
            domain.attach_device(device, CONFIG).expect(device);
        }
        let before = domain.xml_desc(0).expect("a description");
        let memory = "<memory model='dimm'><target><size>1024</size><node>0</node></target></memory>";
        for (device, code) in [
            (sound, ErrorCode::ConfigUnsupported),
            (DEVICES[2].0, ErrorCode::OperationInvalid),
            (DEVICES[3].0, ErrorCode::OperationInvalid),
            (DEVICES[8].0, ErrorCode::OperationInvalid),
            (DEVICES[12].0, ErrorCode::OperationInvalid),
            (DEVICES[13].0, ErrorCode::OperationInvalid),
            ("<video><model type='qxl'/></video>", ErrorCode::OperationUnsupported),
            ("<graphics type='vnc'/>", ErrorCode::OperationUnsupported),
            (memory, ErrorCode::XmlDetail),
        ] {
            assert_eq!(domain.attach_device(device, CONFIG).expect_err(device).code(), code, "{device}");
        }
        let update = domain.update_device("<sound model='ac97'/>", CONFIG).expect_err("not that");
        assert_eq!(update.code(), ErrorCode::OperationUnsupported);
        assert_eq!(domain.xml_desc(0).expect("a description"), before);
    });
}

#[test]
fn a_command_line_needs_what_its_guest_speaks_of() {
    on_own_host(|host| {
        let code = |text: &str| {
            host.connection.domain_xml_to_native("qemu-argv", text, 0).expect_err("refused").code()
        };
        let listen = "<graphics type='vnc'><listen type='network' network='nowhere'/></graphics>";
        assert_eq!(code(&definition("a", listen)), ErrorCode::NoNetwork);
        let disk = "<disk type='volume'><source pool='p' volume='v'/><target dev='vdb' bus='virtio'/></disk>";
        assert_eq!(code(&definition("a", disk)), ErrorCode::NoStoragePool);
        let cpu =
            "<cpu mode='custom'><model>qemu64</model><feature policy='require' name='warp'/></cpu><devices>";
        assert_eq!(code(&definition("a", "").replace("<devices>", cpu)), ErrorCode::ConfigUnsupported);
    });
}
