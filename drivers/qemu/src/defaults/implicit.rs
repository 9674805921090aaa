//! Devices that nobody asked for: those of the machine itself, and those that other devices need.

use ferrovirt_conf::cpu::Arch;
use ferrovirt_conf::domain::{
    Address, ChannelTarget, ConsoleTargetType, ControllerModel, ControllerType, DeviceInfo, DiskBus, Domain,
    Input, InputBus, InputType, Memballoon, MemballoonModel, Watchdog, WatchdogModel,
};
use ferrovirt_core::{Error, Result};

use super::controllers;
use crate::capabilities::Capabilities;
use crate::machine::{self, Family};

/// What a machine has whether the definition says so or not.
#[derive(Default)]
struct Machine {
    usb: bool,
    usb_model: Option<ControllerModel>,
    sata: bool,
    pci_root: Option<ControllerModel>,
    memballoon: bool,
    usb_inputs: bool,
    itco: bool,
}

impl Machine {
    fn of(model: &Domain, capabilities: &Capabilities) -> Self {
        let (family, arch) = (Family::of_domain(model), machine::arch(model));
        let pci = Some(ControllerModel::PciRoot);
        let pcie = Some(ControllerModel::PcieRoot);
        let machine = model.os.machine.as_deref().unwrap_or("");
        match arch {
            Arch::I686 | Arch::X86_64 => Self::x86(family, capabilities),
            _ if arch.is_arm() => {
                let usb = family == Family::VersatilePb || machine.starts_with("realview");
                let pci_root = match family {
                    Family::VersatilePb => pci,
                    Family::ArmVirt => pcie,
                    _ => None,
                };
                Self { usb, usb_model: usb.then_some(ControllerModel::PciOhci), pci_root, ..Self::default() }
            }
            _ if arch.is_ppc64() => {
                Self { usb: true, usb_inputs: true, memballoon: true, pci_root: pci, ..Self::default() }
            }
            Arch::Alpha | Arch::Ppc | Arch::Ppcemb | Arch::Sh4 | Arch::Sh4eb | Arch::Sparc64 => {
                Self { usb: true, memballoon: true, pci_root: pci, ..Self::default() }
            }
            _ if arch.is_riscv() => {
                let pci_root = pcie.filter(|_| family == Family::RiscvVirt);
                Self { memballoon: true, pci_root, ..Self::default() }
            }
            _ if arch.is_s390() => {
                let pci_root = pci.filter(|_| capabilities.has_device("zpci"));
                Self { memballoon: true, pci_root, ..Self::default() }
            }
            Arch::Mips | Arch::Mipsel | Arch::Mips64 | Arch::Mips64el => {
                let pci_root = pci.filter(|_| family == Family::Malta);
                Self { usb: true, memballoon: true, pci_root, ..Self::default() }
            }
            Arch::Loongarch64 => Self { pci_root: pcie, ..Self::default() },
            _ => Self::default(),
        }
    }

    fn x86(family: Family, capabilities: &Capabilities) -> Self {
        let base = Self { memballoon: true, ..Self::default() };
        match family {
            Family::Isapc => base,
            Family::Q35 => {
                // The newest USB that there is; where there is none of these, none at all.
                let models = [
                    ("qemu-xhci", ControllerModel::QemuXhci),
                    ("nec-usb-xhci", ControllerModel::NecXhci),
                    ("ich9-usb-ehci1", ControllerModel::Ich9Ehci1),
                ];
                let found = models.into_iter().find(|(device, _)| capabilities.has_device(device));
                Self {
                    usb: found.is_some(),
                    usb_model: found.map(|(_, model)| model),
                    sata: true,
                    pci_root: Some(ControllerModel::PcieRoot),
                    itco: true,
                    ..base
                }
            }
            Family::I440fx => Self { usb: true, pci_root: Some(ControllerModel::PciRoot), ..base },
            _ => Self { usb: true, ..base },
        }
    }
}

/// Adds what the machine has.
pub fn add_machine_devices(model: &mut Domain, capabilities: &Capabilities) -> Result<()> {
    let family = Family::of_domain(model);
    let ps2_off = model.features.ps2.is_some_and(|ps2| !ps2.is_on());
    if family.has_ps2() && capabilities.has_device("i8042") && !ps2_off {
        add_input(model, InputType::Mouse, InputBus::Ps2);
        add_input(model, InputType::Keyboard, InputBus::Ps2);
    }
    let machine = Machine::of(model, capabilities);
    let all = &mut model.devices.controllers;
    if machine.usb && controllers::find(all, ControllerType::Usb, 0).is_none() {
        controllers::add_usb(all, 0, machine.usb_model);
    }
    if machine.sata {
        controllers::ensure(all, ControllerType::Sata, 0, None);
    }
    if let Some(root) = machine.pci_root {
        add_pci_root(model, root)?;
    }
    if machine.memballoon {
        model.devices.memballoon.get_or_insert_with(|| Memballoon::new(MemballoonModel::Virtio));
    }
    if machine.itco {
        add_itco(model);
    }
    Ok(())
}

fn add_input(model: &mut Domain, kind: InputType, bus: InputBus) {
    let inputs = &mut model.devices.inputs;
    // The bus of a mouse or keyboard on x86 goes without saying.
    let is_it = |input: &Input| input.kind == kind && input.bus.unwrap_or(InputBus::Ps2) == bus;
    if !inputs.iter().any(is_it) {
        inputs.push(Input::new(kind, bus));
    }
}

fn add_pci_root(model: &mut Domain, root: ControllerModel) -> Result<()> {
    let all = &mut model.devices.controllers;
    if controllers::ensure(all, ControllerType::Pci, 0, Some(root)) {
        return Ok(());
    }
    let given = controllers::find(all, ControllerType::Pci, 0).and_then(|controller| controller.model);
    if given == Some(root) {
        return Ok(());
    }
    let given = given.map_or("none".into(), |model| model.to_string());
    Err(Error::xml(format!("PCI controller 0 of this machine type is of model '{root}', not '{given}'")))
}

/// The watchdog of the ICH9 does what the others do.
fn add_itco(model: &mut Domain) {
    let watchdogs = &mut model.devices.watchdogs;
    if watchdogs.iter().all(|watchdog| watchdog.model != WatchdogModel::Itco) {
        let action = watchdogs.first().map(|watchdog| watchdog.action).unwrap_or_default();
        watchdogs.push(Watchdog { model: WatchdogModel::Itco, action, info: DeviceInfo::default() });
    }
}

/// Adds the controllers that disks, channels and consoles are on, by their addresses.
pub fn add_needed_controllers(model: &mut Domain) {
    let devices = &mut model.devices;
    for (bus, kind) in [
        (DiskBus::Scsi, ControllerType::Scsi),
        (DiskBus::Fdc, ControllerType::Fdc),
        (DiskBus::Ide, ControllerType::Ide),
        (DiskBus::Sata, ControllerType::Sata),
    ] {
        let on_bus = devices.disks.iter().filter(|disk| disk.target.bus == Some(bus));
        let last = on_bus.filter_map(|disk| drive_controller(&disk.info)).max();
        for index in last.map_or(0..0, |last| 0..last + 1) {
            controllers::ensure(&mut devices.controllers, kind, index, None);
        }
    }
    let channels = devices.channels.iter().filter(|c| matches!(c.target, ChannelTarget::Virtio { .. }));
    let consoles = devices.consoles.iter().filter(|c| c.target.kind == ConsoleTargetType::Virtio);
    for info in channels.map(|c| &c.info).chain(consoles.map(|c| &c.info)) {
        let index = match &info.address {
            Some(Address::VirtioSerial(address)) => address.controller,
            _ => 0,
        };
        controllers::ensure(&mut devices.controllers, ControllerType::VirtioSerial, index, None);
    }
}

fn drive_controller(info: &DeviceInfo) -> Option<u32> {
    match &info.address {
        Some(Address::Drive(address)) => Some(address.controller),
        _ => None,
    }
}

/// The first card is the one that firmware shows itself on.
pub fn add_video(model: &mut Domain) {
    use ferrovirt_conf::domain::VideoType;
    if let Some(first) = model.devices.videos.first_mut().filter(|v| v.model.kind != VideoType::None) {
        first.model.primary = Some(ferrovirt_xml::YesNo::Yes);
    }
}
