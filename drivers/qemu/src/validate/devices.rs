//! Devices that are neither disks, nor interfaces, nor displays.

use ferrovirt_conf::domain::{
    Address, ConsoleTargetType, Controller, ControllerModel, ControllerType, DeviceInfo, Input, InputBus,
    InputType, Iommu, IommuModel, Memballoon, MemballoonModel, Panic, PanicModel, Serial, SerialModel,
    SerialTargetType, Tpm, TpmBackend, TpmModel, TpmVersion, VirtioModel, Watchdog, WatchdogModel,
};
use ferrovirt_core::{Error, Result};

use super::{Subject, chardevs, hostdevs, refuse};
use crate::machine::Family;

const MAX_SPAPR_REGISTER: u64 = 0xffff_ffff;

pub(super) fn check(subject: &Subject<'_>) -> Result<()> {
    let devices = &subject.model.devices;
    devices.infos().into_iter().try_for_each(|info| check_info(subject, info))?;
    check_usb(subject)?;
    devices.controllers.iter().try_for_each(|controller| check_disk_controller(subject, controller))?;
    devices.serials.iter().try_for_each(|serial| check_serial(subject, serial))?;
    check_consoles(subject)?;
    chardevs::check(subject)?;
    devices.inputs.iter().try_for_each(|input| check_input(subject, input))?;
    devices.panics.iter().try_for_each(|panic| check_panic(subject, panic))?;
    check_watchdogs(subject)?;
    check_tpms(subject)?;
    hostdevs::check(subject)?;
    devices.memballoon.as_ref().map_or(Ok(()), check_memballoon)?;
    devices.iommu.as_ref().map_or(Ok(()), |iommu| check_iommu(subject, iommu))?;
    for shmem in &devices.shmems {
        let size = shmem.size.map_or(0, |size| size.0);
        if size != 0 && (size < 1 << 20 || !size.is_power_of_two()) {
            return Err(Error::xml(format!(
                "shared memory '{}' must be a power of two from 1 MiB on",
                shmem.name
            )));
        }
    }
    if devices.nvram.is_some() && subject.family != Family::PSeries {
        return refuse("the device <nvram> is for pSeries guests");
    }
    Ok(())
}

fn check_info(subject: &Subject<'_>, info: &DeviceInfo) -> Result<()> {
    let on_pci = matches!(info.address, None | Some(Address::Pci(_)));
    match &info.address {
        Some(Address::Pci(address)) if address.zpci.is_some() && !subject.has_device("zpci") => {
            return refuse("this QEMU has no zPCI");
        }
        Some(Address::Ccw(_)) if subject.family != Family::S390Ccw => {
            return refuse(format!("machine type '{}' has no CCW addresses", subject.machine()));
        }
        Some(Address::Pci(address))
            if address.zpci.and_then(|zpci| zpci.uid).is_some_and(|uid| uid.0 == 0) =>
        {
            return Err(Error::xml("the zPCI uid of a device is 1 or more"));
        }
        Some(Address::SpaprVio(address)) if address.reg.is_some_and(|reg| reg.0 > MAX_SPAPR_REGISTER) => {
            return refuse(format!("the 'reg' of an spapr-vio address is at most {MAX_SPAPR_REGISTER:#x}"));
        }
        Some(Address::VirtioS390) => {
            return refuse("addresses of type 'virtio-s390' are a thing of the past");
        }
        _ => {}
    }
    if info.acpi_index.is_some() && !on_pci {
        return refuse("an ACPI index is for PCI devices");
    }
    let rom = info.rom_enabled.is_some() || info.rom_bar.is_some() || info.rom_file.is_some();
    if rom && !on_pci && info.address != Some(Address::Unassigned) {
        return refuse("<rom> is for PCI devices");
    }
    Ok(())
}

/// USB must be there for USB devices, in the model that this binary has.
fn check_usb(subject: &Subject<'_>) -> Result<()> {
    use ControllerModel as M;
    let devices = &subject.model.devices;
    let usb = || devices.controllers.iter().filter(|c| c.kind == ControllerType::Usb);
    let off = !usb().any(|c| c.model != Some(M::None));
    if off && devices.inputs.iter().any(|input| input.bus == Some(InputBus::Usb)) {
        return refuse("there is a USB input device, but USB is switched off");
    }
    for controller in usb() {
        let device = match controller.model {
            Some(M::Piix3Uhci) => "piix3-usb-uhci",
            Some(M::Piix4Uhci) => "piix4-usb-uhci",
            Some(M::Ehci) => "usb-ehci",
            Some(M::Ich9Ehci1) => "ich9-usb-ehci1",
            Some(M::Ich9Uhci1) => "ich9-usb-uhci1",
            Some(M::Ich9Uhci2) => "ich9-usb-uhci2",
            Some(M::Ich9Uhci3) => "ich9-usb-uhci3",
            Some(M::Vt82c686bUhci) => "vt82c686b-usb-uhci",
            Some(M::PciOhci) => "pci-ohci",
            Some(M::NecXhci) => "nec-usb-xhci",
            Some(M::QemuXhci) => "qemu-xhci",
            _ => continue,
        };
        if !subject.has_device(device) {
            return refuse(format!("this QEMU has no USB controllers of model '{device}'"));
        }
    }
    Ok(())
}

/// IDE is a part of some machines only, SATA an add-on that not every QEMU has.
fn check_disk_controller(subject: &Subject<'_>, controller: &Controller) -> Result<()> {
    let builtin_ide = subject.family.has_builtin_ide(subject.machine());
    match controller.kind {
        ControllerType::Ide if builtin_ide && controller.index == Some(0) => Ok(()),
        ControllerType::Ide if builtin_ide => {
            refuse(format!("machine type '{}' has one IDE controller", subject.machine()))
        }
        ControllerType::Ide => refuse(format!("machine type '{}' has no IDE", subject.machine())),
        ControllerType::Sata if !subject.has_device("ich9-ahci") => refuse("this QEMU has no SATA"),
        _ => Ok(()),
    }
}

/// Where each kind of serial port is, and which chips it can be.
fn check_serial(subject: &Subject<'_>, serial: &Serial) -> Result<()> {
    use SerialTargetType as T;
    let kind = serial.target_type;
    let fits = matches!(
        (&serial.info.address, kind),
        (None, _)
            | (_, T::None)
            | (Some(Address::Isa(_)), T::IsaSerial | T::IsaDebug)
            | (Some(Address::Usb(_)), T::UsbSerial)
            | (Some(Address::Pci(_)), T::PciSerial)
            | (Some(Address::SpaprVio(_)), T::SpaprVioSerial)
    );
    if !fits {
        return refuse(format!("a serial port of type '{kind}' can't have such an address"));
    }
    let expected = match serial.model {
        SerialModel::None => return Ok(()),
        SerialModel::IsaSerial => T::IsaSerial,
        SerialModel::UsbSerial => T::UsbSerial,
        SerialModel::PciSerial => T::PciSerial,
        SerialModel::SpaprVty => T::SpaprVioSerial,
        SerialModel::Pl011 | SerialModel::Uart16550a => T::SystemSerial,
        SerialModel::Sclpconsole | SerialModel::Sclplmconsole => T::SclpSerial,
        SerialModel::IsaDebugcon => T::IsaDebug,
    };
    if kind != expected {
        return refuse(format!("a serial port of model '{}' needs the type '{expected}'", serial.model));
    }
    let exists = match (serial.model, subject.family) {
        (SerialModel::IsaSerial | SerialModel::IsaDebugcon, _) => subject.arch.is_x86(),
        (SerialModel::SpaprVty, family) => family == Family::PSeries,
        (SerialModel::Pl011, family) => family == Family::ArmVirt,
        (SerialModel::Uart16550a, family) => matches!(family, Family::RiscvVirt | Family::LoongArchVirt),
        (SerialModel::Sclpconsole | SerialModel::Sclplmconsole, _) => subject.arch.is_s390(),
        _ => true,
    };
    if exists {
        return Ok(());
    }
    refuse(format!(
        "there is no serial port of model '{}' on machine type '{}'",
        serial.model,
        subject.machine()
    ))
}

fn check_consoles(subject: &Subject<'_>) -> Result<()> {
    for console in &subject.model.devices.consoles {
        match console.target.kind {
            ConsoleTargetType::Sclp if subject.has_device("sclpconsole") => {}
            ConsoleTargetType::Sclplm if subject.has_device("sclplmconsole") => {}
            ConsoleTargetType::Virtio | ConsoleTargetType::Serial => {}
            other => return refuse(format!("this QEMU has no console of type '{other}'")),
        }
    }
    Ok(())
}

fn check_input(subject: &Subject<'_>, input: &Input) -> Result<()> {
    let lacks = |name: &str| refuse(format!("this QEMU has no input device '{name}'"));
    match (input.bus, input.kind) {
        (Some(InputBus::Ps2), _) => {
            if !subject.family.has_ps2() || !subject.has_device("i8042") {
                return lacks("ps2");
            }
            if subject.model.features.ps2.is_some_and(|ps2| !ps2.is_on()) {
                return refuse("there is a PS/2 input device, but <ps2> is off");
            }
            Ok(())
        }
        (Some(InputBus::Usb), InputType::Keyboard) if !subject.has_device("usb-kbd") => lacks("usb-kbd"),
        (Some(InputBus::Virtio), kind) => {
            if matches!(
                input.model,
                Some(VirtioModel::VirtioTransitional | VirtioModel::VirtioNonTransitional)
            ) {
                return refuse("virtio input devices come in the model 'virtio' only");
            }
            let device = match kind {
                InputType::Mouse => "virtio-mouse-device",
                InputType::Tablet => "virtio-tablet-device",
                InputType::Keyboard => "virtio-keyboard-device",
                InputType::Passthrough => "virtio-input-host-device",
                InputType::Evdev => return Ok(()),
            };
            if subject.has_device(device) { Ok(()) } else { lacks(device) }
        }
        _ => Ok(()),
    }
}

fn check_panic(subject: &Subject<'_>, panic: &Panic) -> Result<()> {
    let address = &panic.info.address;
    let nowhere = address.is_none();
    let (here, placed) = match panic.model {
        PanicModel::S390 => (subject.arch.is_s390(), nowhere),
        PanicModel::Hyperv => (subject.arch.is_x86(), nowhere),
        PanicModel::Pseries => (subject.family == Family::PSeries, nowhere),
        PanicModel::Isa => (subject.has_device("pvpanic"), matches!(address, None | Some(Address::Isa(_)))),
        PanicModel::Pvpanic => (subject.has_device("pvpanic-pci"), matches!(address, Some(Address::Pci(_)))),
        PanicModel::Default => (false, true),
    };
    if !here {
        return refuse(format!("there is no panic device of model '{}' in such a guest", panic.model));
    }
    if placed { Ok(()) } else { refuse(format!("a panic device of model '{}' can't be there", panic.model)) }
}

fn check_watchdogs(subject: &Subject<'_>) -> Result<()> {
    let all = &subject.model.devices.watchdogs;
    for (at, watchdog) in all.iter().enumerate() {
        let model = watchdog.model;
        let same = |other: &Watchdog| other.model == model;
        if model != WatchdogModel::I6300esb && all[..at].iter().any(same) {
            return refuse(format!("a guest has one watchdog of model '{model}'"));
        }
        if watchdog.action != all[0].action {
            return refuse("all watchdogs of a guest must have the same action");
        }
        let (here, on_pci) = match model {
            WatchdogModel::I6300esb => (true, true),
            WatchdogModel::Ib700 => (subject.family == Family::I440fx, false),
            WatchdogModel::Diag288 => (subject.arch.is_s390(), false),
            WatchdogModel::Itco => (subject.family == Family::Q35, false),
        };
        if !here {
            return refuse(format!(
                "machine type '{}' has no watchdog of model '{model}'",
                subject.machine()
            ));
        }
        let fits = match &watchdog.info.address {
            None => true,
            Some(address) => on_pci && matches!(address, Address::Pci(_)),
        };
        if !fits {
            return refuse(format!("a watchdog of model '{model}' can't have such an address"));
        }
    }
    Ok(())
}

fn check_tpms(subject: &Subject<'_>) -> Result<()> {
    let tpms = &subject.model.devices.tpms;
    let proxies = tpms.iter().filter(|tpm| tpm.model == Some(TpmModel::SpaprTpmProxy)).count();
    if proxies > 1 || tpms.len() - proxies > 1 {
        return refuse("a guest has one TPM, and on pSeries one proxy besides");
    }
    tpms.iter().try_for_each(|tpm| check_tpm_version(subject, tpm))
}

/// Version 1.2 is what old PCs have.
fn check_tpm_version(subject: &Subject<'_>, tpm: &Tpm) -> Result<()> {
    match &tpm.backend {
        TpmBackend::Emulator(emulator) if emulator.version == Some(TpmVersion::V1_2) => {}
        _ => return Ok(()),
    }
    match tpm.model {
        Some(TpmModel::TpmTis) if subject.arch.is_x86() => Ok(()),
        Some(TpmModel::TpmTis) => refuse(format!("there is no TPM of version 1.2 for '{}'", subject.arch)),
        model => {
            let model = model.map(|model| model.to_string()).unwrap_or_default();
            refuse(format!("a TPM of model '{model}' can't be of version 1.2"))
        }
    }
}

fn check_memballoon(balloon: &Memballoon) -> Result<()> {
    match balloon.model {
        MemballoonModel::Xen => refuse("QEMU has no memory balloon of model 'xen'"),
        _ => Ok(()),
    }
}

fn check_iommu(subject: &Subject<'_>, iommu: &Iommu) -> Result<()> {
    let model = iommu.model;
    let (machines, device): (&[Family], _) = match model {
        IommuModel::Intel => (&[Family::Q35], Some("intel-iommu")),
        IommuModel::Smmuv3 => (&[Family::ArmVirt], None),
        IommuModel::Virtio => (&[Family::Q35, Family::ArmVirt], Some("virtio-iommu-pci")),
    };
    if !machines.contains(&subject.family) {
        return refuse(format!(
            "there is no IOMMU of model '{model}' for machine type '{}'",
            subject.machine()
        ));
    }
    if device.is_some_and(|device| !subject.has_device(device)) {
        return refuse(format!("this QEMU has no IOMMU of model '{model}'"));
    }
    if model == IommuModel::Virtio {
        if !subject.model.features.acpi {
            return refuse("an IOMMU of model 'virtio' needs ACPI: add <acpi/> to <features>");
        }
        if !matches!(iommu.info.address, None | Some(Address::Pci(_))) {
            return refuse("an IOMMU of model 'virtio' is on PCI");
        }
    }
    let driver = &iommu.driver;
    for (property, asked) in [
        ("intremap", driver.intremap.is_some()),
        ("caching-mode", driver.caching_mode.is_some()),
        ("eim", driver.eim.is_some()),
        ("device-iotlb", driver.iotlb.is_some()),
        ("aw-bits", driver.aw_bits != 0),
    ] {
        if asked && !subject.capabilities.device_has_property("intel-iommu", property) {
            return refuse(format!("the IOMMU of this QEMU has no '{property}'"));
        }
    }
    Ok(())
}
