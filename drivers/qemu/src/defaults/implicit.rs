//! Devices that nobody asked for: those of the machine itself.

use ferrovirt_conf::cpu::Arch;
use ferrovirt_conf::domain::{
    Controller, ControllerModel, ControllerType, DeviceInfo, Domain, Input, InputBus, InputType, Iommu,
    IommuDriver, IommuModel, Memballoon, MemballoonModel, Panic, PanicModel, Watchdog, WatchdogModel,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::OnOff;

use crate::capabilities::Capabilities;
use crate::machine::{self, Family};

/// CPUs whose interrupts need no extended mode of the IOMMU.
pub const VCPUS_WITHOUT_EIM: u32 = 255;

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
    if machine.usb && find(model, ControllerType::Usb).is_none() {
        add_usb(model, machine.usb_model);
    }
    if machine.sata {
        model.devices.ensure_controller(ControllerType::Sata, 0, None);
    }
    if let Some(root) = machine.pci_root {
        add_pci_root(model, root)?;
    }
    if machine.memballoon {
        model.devices.memballoon.get_or_insert_with(|| Memballoon::new(MemballoonModel::Virtio));
    }
    if machine.usb_inputs && !model.devices.graphics.is_empty() {
        add_usb_inputs(model);
    }
    if family == Family::PSeries || machine::arch(model).is_s390() {
        add_panic(model, if family == Family::PSeries { PanicModel::Pseries } else { PanicModel::S390 });
    }
    if machine.itco {
        add_itco(model);
    }
    if family == Family::Q35 && model.vcpu.max > VCPUS_WITHOUT_EIM {
        add_iommu(model, capabilities);
    }
    Ok(())
}

fn add_input(model: &mut Domain, kind: InputType, bus: InputBus) {
    let inputs = &mut model.devices.inputs;
    // One that does not say its bus is another one, even if it is put on the same bus later: so libvirt has it.
    let is_it = |input: &Input| input.kind == kind && input.bus == Some(bus);
    if !inputs.iter().any(is_it) {
        inputs.push(Input::new(kind, bus));
    }
}

/// The first controller of a type.
fn find(model: &Domain, kind: ControllerType) -> Option<&Controller> {
    model.devices.controllers.iter().find(|c| c.kind == kind && c.index == Some(0))
}

/// Adds the first USB controller, with its companions if it is of those that have some.
fn add_usb(model: &mut Domain, kind: Option<ControllerModel>) {
    use ControllerModel::{Ich9Ehci1, Ich9Uhci1, Ich9Uhci2, Ich9Uhci3};
    let usb = |model| Controller { model, ..Controller::new(ControllerType::Usb, 0) };
    model.devices.add_controller(usb(kind));
    if kind != Some(Ich9Ehci1) {
        return;
    }
    for (companion, port) in [(Ich9Uhci1, 0), (Ich9Uhci2, 2), (Ich9Uhci3, 4)] {
        let info = DeviceInfo { usb_master_port: Some(port), ..DeviceInfo::default() };
        model.devices.add_controller(Controller { info, ..usb(Some(companion)) });
    }
}

fn add_pci_root(model: &mut Domain, root: ControllerModel) -> Result<()> {
    let Some(given) = find(model, ControllerType::Pci) else {
        model.devices.ensure_controller(ControllerType::Pci, 0, Some(root));
        return Ok(());
    };
    let given = given.model;
    if given == Some(root) {
        return Ok(());
    }
    let given = given.map_or("none".into(), |model| model.to_string());
    Err(Error::xml(format!("PCI controller 0 of this machine type is of model '{root}', not '{given}'")))
}

/// A USB tablet makes a mouse superfluous.
fn add_usb_inputs(model: &mut Domain) {
    let on_usb = |input: &Input, kind| input.kind == kind && input.bus.is_none_or(|bus| bus == InputBus::Usb);
    let has = |model: &Domain, kind| model.devices.inputs.iter().any(|input| on_usb(input, kind));
    if !has(model, InputType::Keyboard) {
        model.devices.inputs.push(Input::new(InputType::Keyboard, InputBus::Usb));
    }
    if !has(model, InputType::Tablet) && !has(model, InputType::Mouse) {
        model.devices.inputs.push(Input::new(InputType::Mouse, InputBus::Usb));
    }
}

/// What firmware or hypervisor do anyway when the guest panics.
fn add_panic(model: &mut Domain, own: PanicModel) {
    let panics = &mut model.devices.panics;
    if !panics.iter().any(|panic| panic.model == PanicModel::Default || panic.model == own) {
        panics.push(Panic::default());
    }
}

/// So many CPUs need an IOMMU for their interrupts.
fn add_iommu(model: &mut Domain, capabilities: &Capabilities) {
    let able = ["intremap", "eim"].iter().all(|p| capabilities.device_has_property("intel-iommu", p));
    if able && model.devices.iommu.is_none() {
        let driver =
            IommuDriver { intremap: Some(OnOff::On), eim: Some(OnOff::On), ..IommuDriver::default() };
        model.devices.iommu =
            Some(Box::new(Iommu { model: IommuModel::Intel, driver, info: DeviceInfo::default() }));
    }
}

/// The watchdog of the ICH9 does what the others do.
fn add_itco(model: &mut Domain) {
    let watchdogs = &mut model.devices.watchdogs;
    if watchdogs.iter().all(|watchdog| watchdog.model != WatchdogModel::Itco) {
        let action = watchdogs.first().map(|watchdog| watchdog.action).unwrap_or_default();
        watchdogs.push(Watchdog { model: WatchdogModel::Itco, action, info: DeviceInfo::default() });
    }
}
