//! What a bare definition turns into.

use ferrovirt_conf::cpu::{CpuCheck, CpuFallback};
use ferrovirt_conf::domain::{
    AudioType, ControllerModel, ControllerType, Domain, ParseFlags, SerialModel, VideoType, WatchdogAction,
    WatchdogModel,
};
use ferrovirt_core::ErrorCode;
use ferrovirt_core::layout::Layout;
use ferrovirt_xml::to_string;

use crate::command::Settings;
use crate::layout::{Paths, Site};
use crate::sample::{self, fill};

fn filled(machine: &str, devices: &str) -> Domain {
    fill(machine, "", devices).unwrap()
}

fn controllers(model: &Domain) -> Vec<String> {
    let shown = |c: &ferrovirt_conf::domain::Controller| {
        format!("{}{} {}", c.kind, c.index.unwrap(), c.model.map_or("-".into(), |m| m.to_string()))
    };
    model.devices.controllers.iter().map(shown).collect()
}

#[test]
fn an_alias_becomes_the_machine_behind_it_and_pc_is_what_nobody_asked_for() {
    assert_eq!(filled("q35", "").os.machine.as_deref(), Some("pc-q35-10.0"));
    assert_eq!(filled("pc-i440fx-2.1", "").os.machine.as_deref(), Some("pc-i440fx-2.1"));
    let text = sample::definition("x", "", "").replace(" machine='x'", "");
    let mut model = Domain::parse(&text, ParseFlags::DEFINE).unwrap();
    let paths = Paths::new(Layout::system());
    let site = Site { paths: &paths, settings: &Settings::default(), secrets: None };
    super::fill(&mut model, &sample::capabilities(), site, ParseFlags::DEFINE).unwrap();
    assert_eq!(model.os.machine.as_deref(), Some("pc-i440fx-10.0"));
}

#[test]
fn the_cpu_is_qemus_own_unless_said() {
    let cpu = filled("pc", "").cpu.unwrap();
    let model = cpu.model.clone().unwrap();
    assert_eq!((model.name.as_deref(), model.fallback), (Some("qemu64"), Some(CpuFallback::Forbid)));
    assert_eq!(cpu.check, Some(CpuCheck::None));
    let passed = fill("pc", "<cpu mode='host-passthrough'/>", "").unwrap().cpu.unwrap();
    assert!(passed.model.is_none() && passed.check == Some(CpuCheck::None));
}

#[test]
fn a_pc_has_piix3_usb_and_a_q35_has_usb3_sata_and_a_watchdog() {
    assert_eq!(controllers(&filled("pc", "")), ["usb0 piix3-uhci", "pci0 pci-root"]);
    let q35 = filled("q35", "");
    assert_eq!(controllers(&q35)[..3], ["usb0 qemu-xhci", "sata0 -", "pci0 pcie-root"]);
    assert_eq!(q35.devices.watchdogs[0].model, WatchdogModel::Itco);
    let own = filled("q35", "<watchdog model='i6300esb' action='dump'/>");
    let actions: Vec<_> = own.devices.watchdogs.iter().map(|watchdog| watchdog.action).collect();
    assert_eq!(actions, [WatchdogAction::Dump, WatchdogAction::Dump]);
}

#[test]
fn mouse_and_keyboard_are_there_unless_ps2_is_off() {
    assert_eq!(filled("pc", "").devices.inputs.len(), 2);
    assert_eq!(filled("pc", "<input type='mouse' bus='ps2'/>").devices.inputs.len(), 2);
    let off = fill("pc", "<features><ps2 state='off'/></features>", "").unwrap();
    assert!(off.devices.inputs.is_empty());
}

#[test]
fn disks_are_served_by_qemu_and_bring_their_controllers() {
    let model = filled("pc", "<disk><target dev='sdi' bus='scsi'/></disk>");
    let text = to_string(&model);
    assert!(text.contains("<driver name='qemu' type='raw'/>"), "{text}");
    // Seven disks to a controller, so that the ninth is the second on the second.
    assert!(text.contains("<address type='drive' controller='1' bus='0' target='0' unit='1'/>"), "{text}");
    let scsi: Vec<_> = controllers(&model).into_iter().filter(|c| c.starts_with("scsi")).collect();
    assert_eq!(scsi, ["scsi0 lsilogic", "scsi1 lsilogic"]);
    let nowhere = fill("pc", "", "<disk><target dev='sdaaaaaaaaaaaa' bus='scsi'/></disk>");
    assert_eq!(nowhere.unwrap_err().code(), ErrorCode::XmlError);
}

#[test]
fn a_display_brings_a_card_and_sound_goes_with_it() {
    let model = filled("pc", "<graphics type='vnc'/>");
    assert_eq!(model.devices.videos[0].model.kind, VideoType::Cirrus);
    assert!(model.devices.videos[0].is_primary());
    assert_eq!(model.devices.audios[0].kind, AudioType::None);
    assert_eq!(filled("pc", "<graphics type='spice'/>").devices.audios[0].kind, AudioType::Spice);
    assert!(filled("pc", "<graphics type='sdl'/>").devices.audios.is_empty());
}

#[test]
fn the_first_console_is_the_first_serial_port() {
    let model = filled("pc", "<console type='pty'/>");
    assert_eq!(model.devices.serials[0].model, SerialModel::IsaSerial);
    let text = to_string(&model);
    assert!(text.contains("<target type='serial' port='0'/>"), "{text}");
}

#[test]
fn interfaces_have_a_model_and_a_mac() {
    let model = filled("pc", "<interface type='user'/>");
    let interface = &model.devices.interfaces[0];
    assert_eq!(interface.model.as_deref(), Some("rtl8139"));
    assert_eq!(interface.mac_address().unwrap().0[..3], [0x52, 0x54, 0x00]);
}

#[test]
fn a_path_that_was_made_up_for_a_channel_is_forgotten() {
    let channel = |path: &str| {
        format!("<channel type='unix'><source path='{path}'/><target type='virtio' name='a.0'/></channel>")
    };
    let folder = "/var/lib/libvirt/qemu/channel/target";
    let own = [
        format!("{folder}/guest.a.0"),
        format!("{folder}/domain-guest/a.0"),
        format!("{folder}/domain-7-guest/a.0"),
        "/run/libvirt/qemu/channel/7-guest/a.0".into(),
    ];
    for path in own {
        let text = to_string(&filled("pc", &channel(&path)));
        assert!(!text.contains(&path), "{text}");
    }
    for path in ["/tmp/a.0".into(), format!("{folder}/deep/er/a.0"), format!("{folder}/domain-guest/b")] {
        assert!(to_string(&filled("pc", &channel(&path))).contains(&path), "{path}");
    }
}

#[test]
fn cpus_without_a_node_are_in_the_first() {
    let inside =
        "<vcpu>4</vcpu><cpu><numa><cell memory='32768'/><cell cpus='2' memory='32768'/></numa></cpu>";
    let text = to_string(&fill("pc", inside, "").unwrap());
    assert!(text.contains("<cell id='0' cpus='0-1,3' memory='32768' unit='KiB'/>"), "{text}");
}

#[test]
fn memory_to_plug_in_gets_a_node() {
    let model = fill("pc", "<maxMemory slots='4' unit='GiB'>1</maxMemory>", "").unwrap();
    assert_eq!(model.numa().unwrap().cells.len(), 1);
}

#[test]
fn wrong_controllers_are_refused_with_libvirts_codes() {
    for (machine, controller, code) in [
        ("pc", "type='pci' index='0' model='pcie-root'", ErrorCode::XmlError),
        ("pc", "type='pci' index='1' model='pci-root'", ErrorCode::XmlError),
        ("q35", "type='pci' index='1' model='pci-expander-bus'", ErrorCode::ConfigUnsupported),
        ("pc", "type='pci' index='1' model='pcie-expander-bus'", ErrorCode::ConfigUnsupported),
        ("pc", "type='usb' index='0' model='qusb1'", ErrorCode::ConfigUnsupported),
        ("pc", "type='usb' index='0' model='qemu-xhci' ports='16'", ErrorCode::ConfigUnsupported),
    ] {
        let refused = fill(machine, "", &format!("<controller {controller}/>")).expect_err(controller);
        assert_eq!(refused.code(), code, "{controller}");
    }
    let model = filled("pc", "<controller type='usb' index='0' model='none'/>");
    assert_eq!(controllers(&model), ["usb0 none", "pci0 pci-root"]);
    assert_eq!(model.devices.controllers[0].model, Some(ControllerModel::None));
    assert_eq!(model.devices.controllers[0].kind, ControllerType::Usb);
}
